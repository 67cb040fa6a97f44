#include "mode/archives.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hasher/result.h"
#include "mode/contents.h"
#include "mode/run.h"
#include "options/options.h"

struct archives_open {
	uint64_t cookie;
	struct contents *contents;
};

/* Its place, or as->n. The newest are asked for most. */
static size_t
archives_find(const struct archives *as, uint64_t cookie)
{
	size_t i = as->n;

	while (i--)
		if (as->v[i].cookie == cookie)
			return i;
	return as->n;
}

/* Hands over what is in the archive at place i; as->n: NULL. */
static struct contents *
archives_take_at(struct archives *as, size_t i)
{
	struct contents *c;

	if (i == as->n)
		return NULL;
	c = as->v[i].contents;
	memmove(as->v + i, as->v + i + 1, (--as->n - i) * sizeof(*as->v));
	return c;
}

void
archives_release(struct archives *as)
{
	while (as->n)
		contents_free(archives_take_at(as, as->n - 1));
	free(as->v);
	as->v = NULL;
}

void
archives_add(struct archives *as, const struct result *member)
{
	size_t i = archives_find(as, member->entry.cookie);

	if (i == as->n) {
		as->v = mem_grow(as->v, &as->cap, as->n + 1, sizeof(*as->v));
		as->v[as->n].cookie = member->entry.cookie;
		as->v[as->n++].contents = contents_new(&as->rules);
		as->sorted = false;
	}
	contents_add(as->v[i].contents, member);
}

struct contents *
archives_take(struct archives *as, uint64_t cookie)
{
	return archives_take_at(as, archives_find(as, cookie));
}

/* For qsort(3): the lowest last, where they are dropped. */
static int
by_cookie(const void *pa, const void *pb)
{
	const struct archives_open *a = pa, *b = pb;

	return (a->cookie < b->cookie) - (a->cookie > b->cookie);
}

bool
archives_first(struct archives *as, uint64_t *cookie)
{
	if (!as->n)
		return false;
	if (!as->sorted)
		qsort(as->v, as->n, sizeof(*as->v), by_cookie);
	as->sorted = true;
	*cookie = as->v[as->n - 1].cookie;
	return true;
}

struct contents_rules
archives_rules(const struct run *run)
{
	const struct options *o = run->o;
	bool several = o->noperands > 1 || o->nlists ||
	    o->archive == OPTIONS_ARCHIVE_RECURSIVE;

	return (struct contents_rules){
		.prefix = o->archive_prefix == OPTIONS_ALWAYS ||
		    (o->archive_prefix == OPTIONS_AUTO && several),
		.filter = run->filter,
		.stamps = o->format == FORMAT_MTREE,
	};
}
