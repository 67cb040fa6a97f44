#include "source/trail.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct trail_dir {
	dev_t dev;
	ino_t ino;
};

static void
trail_reserve(struct trail *t, int depth)
{
	t->v = mem_grow(t->v, &t->cap, (size_t)depth + 1, sizeof(*t->v));
}

void
trail_set(struct trail *t, int depth, const struct stat *st)
{
	trail_reserve(t, depth);
	t->v[depth].dev = st->st_dev;
	t->v[depth].ino = st->st_ino;
}

bool
trail_has(const struct trail *t, int depth, const struct stat *st)
{
	int i;

	for (i = 0; i < depth; i++)
		if (t->v[i].dev == st->st_dev && t->v[i].ino == st->st_ino)
			return true;
	return false;
}

void
trail_copy(struct trail *to, const struct trail *from, int depth)
{
	trail_reserve(to, depth);
	memcpy(to->v, from->v, ((size_t)depth + 1) * sizeof(*to->v));
}

void
trail_release(struct trail *t)
{
	free(t->v);
	t->v = NULL;
	t->cap = 0;
}
