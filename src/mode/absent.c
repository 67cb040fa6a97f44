#include "mode/absent.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/xio.h"
#include "hasher/result.h"
#include "mode/run.h"
#include "options/options.h"
#include "record/compare.h"
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

struct absent {
	const struct run *run;
	const struct scope *scope;
	struct compare *compare;
	struct devices devices;
	void *cookie;
	int (*on_file)(void *cookie, const struct entry *e, uint64_t listed);
};

/* Tells what is there; it lies below what the first bytes lead to. Non-zero:
 * on_file stopped it. */
static int
absent_tell(const struct absent *p, uint64_t n, struct result *r,
    size_t below, const struct lookup_result *found)
{
	const struct entry_root root = { .below = below };
	bool follow = p->run->o->follow;
	struct entry *e = &r->entry;

	if (found->kind == LOOKUP_MISSING)
		return 0;
	if (found->kind == LOOKUP_ERROR || !S_ISREG(found->st.st_mode)) {
		(void)result_fail(r, found->err ? RESULT_OPEN : RESULT_TYPE,
		    found->err);
		compare_fail(p->compare, r);
		return 0;
	}
	e->kind = follow ? ENTRY_LINKED : ENTRY_FOUND;
	if (!follow && below < e->len)
		e->root = &root;
	e->id = entry_identity(&found->st);
	return p->on_file(p->cookie, e, n);
}

/* Looks at number n. Non-zero: on_file stopped it. */
static int
absent_look(const struct absent *p, struct lookup *l, uint64_t n)
{
	struct lookup_result found;
	struct result want, r = { .status = RESULT_LOST };
	size_t below;

	(void)table_get(p->compare->want->table, n, &want);
	r.entry.name = want.entry.name;
	r.entry.len = want.entry.len;
	if (table_find(p->compare->have->table, r.entry.name, r.entry.len) !=
	    COMPARE_NONE)
		return 0;
	(void)scope_outside(p->scope, r.entry.name, r.entry.len, &below);
	lookup_name(l, r.entry.name, r.entry.len, below, &found);
	/* an operand itself lies on the file system of an operand, and so
	 * does what is below one that cannot be entered */
	if (p->run->o->one_file_system && found.has_dev &&
	    !absent_is_on(&p->devices, found.dev)) {
		compare_drop(p->compare, n);
		return 0;
	}
	return absent_tell(p, n, &r, below, &found);
}

void
absent_run(const struct run *run, const struct scope *scope,
    struct compare *compare, void *cookie,
    int (*on_file)(void *cookie, const struct entry *e, uint64_t listed))
{
	struct absent p = { run, scope, compare, { NULL, 0 }, cookie, on_file };
	const struct table *want = compare->want->table;
	struct lookup *l = lookup_new(run->dirfd, run->o->follow);
	size_t i;

	if (run->o->one_file_system)
		p.devices = absent_devices(run);
	/* in order of name, as a lookup wants them */
	for (i = 0; i < table_count(want); i++)
		if (absent_look(&p, l, table_sorted_at(want, i)))
			break;
	free(p.devices.v);
	lookup_free(l);
}
