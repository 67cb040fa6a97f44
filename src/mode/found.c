#include "mode/found.h"

#include <string.h>

#include "base/diag.h"
#include "hasher/result.h"
#include "record/compare.h"
#include "record/manifest.h"
#include "record/moved.h"
#include "record/scope.h"
#include "record/side.h"
#include "record/table.h"
#include "record/verdict.h"

void
found_refuse(struct found *f, const char *name, size_t len,
    const char *why)
{
	f->compare->counts.refused++;
	if (!f->rules->status)
		diag_name(name, len, "%s", why);
}

/* Adds a name and what it yielded. False: it was found before. */
static bool
found_add(struct found *f, const struct result *given)
{
	struct result r = *given;
	uint64_t listed;
	int n = 0;

	r.entry.cookie = compare_find(f->compare, r.entry.name, r.entry.len,
	    &listed);
	if (r.entry.cookie == COMPARE_NONE)
		return false;
	/* nobody can tell whether it is what the list wants, if that cannot be
	 * computed */
	if (listed != COMPARE_NONE)
		n = compare_algorithm(f->compare, listed);
	if (n < 0) {
		r.entry.algorithm = n;
		(void)result_fail(&r, RESULT_ALGORITHM, 0);
	}
	(void)compare_result(f->compare, &r); /* new: it has none */
	return true;
}

void
found_result(struct found *f, const struct result *r)
{
	if (!found_add(f, r))
		found_refuse(f, r->entry.name, r->entry.len,
		    "found twice, and counted once");
}

/* Do two entries of one name say the same, as far as both say it? */
static bool
found_agree(const struct result *a, const struct result *b)
{
	return a->digestlen == b->digestlen &&
	    !memcmp(a->digest, b->digest, a->digestlen) &&
	    (a->size == b->size || a->size == MOVED_NO_SIZE ||
	    b->size == MOVED_NO_SIZE);
}

/* What was found before under the name of r. */
static void
found_before(struct found *f, const struct result *r, struct result *old)
{
	const struct table *have = f->compare->have->table;
	size_t len = r->entry.len;
	const char *plain = scope_plain(&f->plain, r->entry.name, &len);

	(void)table_get(have, table_find(have, plain, len), old);
}

void
found_listed(struct found *f, const struct manifest_entry *e)
{
	struct result r = { .entry = { .name = e->name, .len = e->len,
	    .algorithm = e->algorithm } }, old;

	r.size = e->want.has_size ? e->want.size : MOVED_NO_SIZE;
	r.digestlen = e->want.digestlen;
	memcpy(r.digest, e->want.digest, r.digestlen);
	if (e->algorithm < 0)
		(void)result_fail(&r, RESULT_ALGORITHM, 0);
	if (found_add(f, &r))
		return;
	found_before(f, &r, &old);
	if (!found_agree(&old, &r))
		found_refuse(f, e->name, e->len, "listed twice, and not the "
		    "same");
}
