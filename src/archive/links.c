#include "archive/links.h"

#include <stdlib.h>
#include <string.h>

#include "archive/members.h"

struct link {
	uint64_t dev, ino;
	struct member member; /* its name is a copy */
};

void
links_release(struct links *ls)
{
	while (ls->n)
		free((void *)(uintptr_t)ls->v[--ls->n].member.name);
	free(ls->v);
	ls->v = NULL;
}

static int
links_grow(struct links *ls)
{
	size_t cap = ls->cap ? ls->cap * 2 : 16;
	struct link *v = realloc(ls->v, cap * sizeof(*v));

	if (!v)
		return -1;
	ls->v = v;
	ls->cap = cap;
	return 0;
}

int
links_hold(struct links *ls, uint64_t dev, uint64_t ino, const struct member *m)
{
	char *name = strdup(m->name);

	if (!name || (ls->n == ls->cap && links_grow(ls) < 0)) {
		free(name);
		return -1;
	}
	ls->v[ls->n] = (struct link){ dev, ino, *m };
	ls->v[ls->n++].member.name = name;
	return 0;
}

/* By file, as a comparison. */
static int
link_differ(const struct link *a, const struct link *b)
{
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return (a->ino > b->ino) - (a->ino < b->ino);
}

/* Of each file, the one with the data is the last. */
static int
link_compare(const void *pa, const void *pb)
{
	const struct link *a = pa, *b = pb;
	int c = link_differ(a, b);

	if (!c)
		c = (a->member.size > 0) - (b->member.size > 0);
	return c ? c : strcmp(a->member.name, b->member.name);
}

bool
links_next(struct links *ls, struct member *m)
{
	size_t last;

	if (!ls->told && ls->n)
		qsort(ls->v, ls->n, sizeof(*ls->v), link_compare);
	while (ls->told < ls->n && ls->v[ls->told].member.size)
		ls->told++;
	if (ls->told == ls->n)
		return false;
	for (last = ls->told; last + 1 < ls->n &&
	    !link_differ(&ls->v[last + 1], &ls->v[ls->told]);)
		last++;
	*m = ls->v[ls->told++].member;
	m->link = NULL;
	if (ls->v[last].member.size)
		m->link = ls->v[last].member.name;
	return true;
}
