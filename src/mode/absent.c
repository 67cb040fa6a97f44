#include "mode/absent.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/xio.h"
#include "hasher/hasher.h"
#include "hasher/result.h"
#include "mode/run.h"
#include "options.h"
#include "record/scope.h"
#include "record/table.h"
#include "source/lookup.h"

/* The devices of the operands: with -x what lies on others does not count. */
struct devices {
	dev_t *v;
	size_t n;
};

static struct devices
absent_devices(const struct run *s)
{
	const struct options *o = s->o;
	size_t n = o->noperands ? o->noperands : 1, i;
	struct devices d = { mem_zalloc(n, sizeof(*d.v)), 0 };
	struct stat st;

	for (i = 0; i < n; i++)
		if (xio_stat(s->dirfd, o->noperands ? o->operands[i] : ".",
		    &st, 0) == 0)
			d.v[d.n++] = st.st_dev;
	return d;
}

static bool
absent_is_on(const struct devices *d, dev_t dev)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->v[i] == dev)
			return true;
	return false;
}

/* Tells what is there; it lies below what the first bytes lead to. Non-zero: a
 * callback stopped it. */
static int
absent_tell(const struct absent *p, uint64_t n, const struct result *want,
    size_t below, const struct lookup_result *found)
{
	const struct entry_root root = { .below = below };
	struct result r = { .entry = { .name = want->entry.name,
	    .len = want->entry.len } };

	if (found->kind == LOOKUP_MISSING)
		return 0;
	if (found->kind == LOOKUP_ERROR || !S_ISREG(found->st.st_mode)) {
		(void)result_fail(&r, found->err ? RESULT_OPEN : RESULT_TYPE,
		    found->err);
		return p->on_error(p->cookie, &r);
	}
	r.entry.kind = p->run->o->follow ? ENTRY_LINKED : ENTRY_FOUND;
	if (!p->run->o->follow && below < r.entry.len)
		r.entry.root = &root;
	r.entry.id = entry_identity(&found->st);
	return p->on_name(p->cookie, &r.entry, n);
}

/* Looks at number n. Non-zero: a callback stopped it. */
static int
absent_look(const struct absent *p, struct lookup *l,
    const struct devices *devices, uint64_t n)
{
	struct lookup_result found;
	struct result want;
	size_t below;

	(void)table_get(p->want, n, &want);
	if (table_find(p->have, want.entry.name, want.entry.len) != UINT64_MAX)
		return 0;
	(void)scope_outside(p->scope, want.entry.name, want.entry.len, &below);
	lookup_name(l, want.entry.name, want.entry.len, below, &found);
	/* an operand itself lies on the file system of an operand, and so
	 * does what is below one that cannot be entered */
	if (p->run->o->one_file_system && found.has_dev &&
	    !absent_is_on(devices, found.dev)) {
		p->on_left_out(p->cookie, n);
		return 0;
	}
	return absent_tell(p, n, &want, below, &found);
}

void
absent_run(const struct absent *p)
{
	struct lookup *l = lookup_new(p->run->dirfd, p->run->o->follow);
	struct devices devices = { NULL, 0 };
	size_t i;

	if (p->run->o->one_file_system)
		devices = absent_devices(p->run);
	/* in order of name, as a lookup wants them */
	for (i = 0; i < table_count(p->want); i++)
		if (absent_look(p, l, &devices, table_sorted_at(p->want, i)))
			break;
	free(devices.v);
	lookup_free(l);
}
