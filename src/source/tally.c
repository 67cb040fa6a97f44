#include "source/tally.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define TALLY_MIN 64

struct tally_entry {
	dev_t dev;
	ino_t ino;
	unsigned count; /* 0: this place is free */
};

/* The place of a file, or the free one where it belongs. */
static struct tally_entry *
tally_find(const struct tally *t, dev_t dev, ino_t ino)
{
	/* spread by the golden ratio: inode numbers come in rows */
	uint64_t hash = ((uint64_t)ino ^ (uint64_t)dev << 40) *
	    UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(hash >> 32) & (t->cap - 1);

	while (t->v[i].count && (t->v[i].dev != dev || t->v[i].ino != ino))
		i = (i + 1) & (t->cap - 1);
	return &t->v[i];
}

static void
tally_grow(struct tally *t)
{
	struct tally old = *t;
	size_t i;

	t->cap = old.cap ? 2 * old.cap : TALLY_MIN;
	t->v = mem_zalloc(t->cap, sizeof(*t->v));
	for (i = 0; i < old.cap; i++)
		if (old.v[i].count)
			*tally_find(t, old.v[i].dev, old.v[i].ino) = old.v[i];
	free(old.v);
}

unsigned
tally_add(struct tally *t, dev_t dev, ino_t ino)
{
	struct tally_entry *e;

	if (2 * t->n >= t->cap)
		tally_grow(t);
	e = tally_find(t, dev, ino);
	if (!e->count)
		t->n++;
	e->dev = dev;
	e->ino = ino;
	if (e->count + 1)
		e->count++; /* it ends at the greatest number */
	return e->count;
}

void
tally_release(struct tally *t)
{
	free(t->v);
	t->v = NULL;
	t->n = t->cap = 0;
}
