#include "hasher/flight.h"

#include <stdlib.h>

#include "base/mem.h"

#define FLIGHT_BLOCK 64 /* flights */

struct flight_block {
	struct flight_block *next;
	struct flight flight[FLIGHT_BLOCK];
};

/* Entries of one root come one after the other. */
struct flight_root {
	struct entry_root root;
	size_t users; /* flights that have it, and flights.root */
};

static void
flight_root_drop(struct flight_root *r)
{
	if (r && !--r->users)
		free(r);
}

static struct flight_root *
flight_root_take(struct flights *fs, const struct entry_root *root)
{
	struct flight_root *r = fs->root;

	if (!root)
		return NULL;
	if (!r || r->root.below != root->below || r->root.dev != root->dev ||
	    r->root.ino != root->ino) {
		flight_root_drop(r);
		r = fs->root = mem_alloc(sizeof(*r));
		*r = (struct flight_root){ .root = *root, .users = 1 };
	}
	r->users++;
	return r;
}

static void
flights_add_block(struct flights *fs)
{
	struct flight_block *b = mem_zalloc(1, sizeof(*b));
	size_t i;

	b->next = fs->blocks;
	fs->blocks = b;
	for (i = 0; i < FLIGHT_BLOCK; i++)
		flights_end(fs, &b->flight[i]);
}

struct flight *
flights_begin(struct flights *fs, const struct entry *e)
{
	struct flight *f;

	if (!fs->free)
		flights_add_block(fs);
	f = fs->free;
	fs->free = f->next;
	f->entry = *e;
	f->root = flight_root_take(fs, e->root);
	f->entry.root = f->root ? &f->root->root : NULL;
	return f;
}

void
flights_end(struct flights *fs, struct flight *f)
{
	flight_root_drop(f->root);
	f->root = NULL;
	f->next = fs->free;
	fs->free = f;
}

void
flights_release(struct flights *fs)
{
	struct flight_block *b;
	size_t i;

	while ((b = fs->blocks)) {
		fs->blocks = b->next;
		for (i = 0; i < FLIGHT_BLOCK; i++)
			flight_root_drop(b->flight[i].root);
		free(b);
	}
	flight_root_drop(fs->root);
}
