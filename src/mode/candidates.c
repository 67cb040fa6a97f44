#include "mode/candidates.h"

#include <string.h>

#include "base/diag.h"
#include "hasher/result.h"
#include "mode/contents.h"
#include "mode/found.h"
#include "mode/run.h"
#include "record/compare.h"
#include "record/scope.h"
#include "record/side.h"
#include "record/table.h"

/* Cookies of candidates: no other has so high a number. */
#define CANDIDATE (UINT64_C(1) << 62)

void
candidates_init(struct candidates *c, struct run *run,
    const struct compare *compare, struct found *found)
{
	memset(c, 0, sizeof(*c));
	c->run = run;
	c->compare = compare;
	c->found = found;
	c->archives.rules = archives_rules(run);
	c->table = table_new();
}

void
candidates_release(struct candidates *c)
{
	table_free(c->table);
	archives_release(&c->archives);
	buf_release(&c->plain);
}

void
candidates_keep_stamps(struct candidates *c)
{
	c->archives.rules.stamps = true;
}

bool
candidates_have_prefix(const struct candidates *c)
{
	return c->archives.rules.prefix;
}

int
candidates_put(struct candidates *c, const struct entry *given)
{
	struct entry e = *given;
	size_t len = e.len;
	const char *plain = scope_plain(&c->plain, e.name, &len);
	bool is_new;

	e.cookie = CANDIDATE | table_add(c->table, e.name, e.len, &is_new);
	if (!is_new)
		return 0;
	e.algorithm = compare_algorithm(c->compare,
	    table_find(c->compare->want->table, plain, len));
	if (e.algorithm < 0)
		e.algorithm = 0; /* a member may be new all the same */
	return run_put(c->run, &e);
}

bool
candidates_result(struct candidates *c, const struct result *r)
{
	if (!(r->entry.cookie & CANDIDATE))
		return false;
	if (r->archive)
		archives_add(&c->archives, r);
	else if (table_set(c->table, r->entry.cookie & ~CANDIDATE, r) < 0)
		diag_bug("candidates: a result for no name");
	return true;
}

/* Number n, which has been read to its end. */
static void
candidates_count_one(struct candidates *c, uint64_t n)
{
	struct contents *in = NULL;
	struct result r;
	uint64_t i, lowest;

	/* the lowest is at hand; any other would be searched for */
	if (archives_first(&c->archives, &lowest) && lowest == (CANDIDATE | n))
		in = archives_take(&c->archives, lowest);

	for (i = 0; in && i < table_count(in->table); i++) {
		table_forget(in->table, i);
		if (!contents_get(in, i, &r))
			continue;
		found_result(c->found, &r);
		if (contents_is_double(in, i))
			diag_name(r.entry.name, r.entry.len, CONTENTS_DOUBLE);
	}
	contents_free(in);
	(void)table_get(c->table, n, &r);
	if (r.status == RESULT_OPENED)
		c->opened++;
	else
		found_result(c->found, &r);
}

void
candidates_count(struct candidates *c)
{
	uint64_t n;

	if (!table_count(c->table) || run_wait_all(c->run) < 0)
		return;
	for (n = 0; n < table_count(c->table); n++)
		candidates_count_one(c, n);
}
