/*
 * flight.h - entries that are with the workers, as they came in.
 *
 * There are tens of thousands at a time, of a run of any length, so they are
 * allocated in blocks, used again, and share what they have in common.
 */
#ifndef HASHER_FLIGHT_H
#define HASHER_FLIGHT_H

#include "base/entry.h"

struct flight_block;
struct flight_root;

struct flight {
	union {
		struct entry entry;  /* root and all, but its name, which is
		                      * not copied */
		struct flight *next; /* in flights.free */
	};
	struct flight_root *root; /* entry.root is in it; or NULL */
};

/* Zero-initialised is empty. */
struct flights {
	struct flight_block *blocks;
	struct flight *free;
	struct flight_root *root; /* of the last entry that had one, or NULL */
};

/* Keeps e until flights_end. */
struct flight *flights_begin(struct flights *fs, const struct entry *e);

void flights_end(struct flights *fs, struct flight *f);

/* Also of those that have not ended. */
void flights_release(struct flights *fs);

#endif
