/*
 * places.h - which verdicts are not OK, by the directory of their names.
 *
 * A place is a directory, with the slash at its end, or the top, which has no
 * bytes. Places are in bytewise order, in which each stands before those within
 * it, and the verdicts of one in the order in which they were added. Of a verdict
 * its cursor is kept (compare.h), in 24 bytes: the caller has the rest. A place
 * takes 64 bytes, its name, and its part of a table (table.h); of arrays that have
 * just grown a third is free.
 */
#ifndef RECORD_PLACES_H
#define RECORD_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/compare.h"

struct places;

struct place {
	const char *name; /* until places_free */
	size_t len;
	uint64_t n[VERDICTS]; /* verdicts */
	uint64_t all;         /* their sum */
	uint64_t first;       /* for places_next */
};

struct places *places_new(void);
void places_free(struct places *p);

/* Adds the verdict that compare_next says at a cursor, on a plain name. */
void places_add(struct places *p, const char *name, size_t len,
    enum verdict v, const struct compare_cursor *at);

/* There are no more. */
void places_sort(struct places *p);

/* The place number i, from 0; false: there are not so many. */
bool places_at(const struct places *p, size_t i, struct place *place);

/* The cursor of the next verdict of a place: *n is place.first at first. False
 * at the end. */
bool places_next(const struct places *p, uint64_t *n,
    struct compare_cursor *at);

/* The bytes of a plain name that are the directory it is in. */
size_t places_dir(const char *name, size_t len);

#endif
