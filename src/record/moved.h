/*
 * moved.h - files on one side of a comparison only, and which of them are the
 * same file under two names.
 *
 * Which ones are pairs depends on names and digests alone, so that the same
 * trees always give the same pairs.
 */
#ifndef RECORD_MOVED_H
#define RECORD_MOVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest/digest.h"

struct result;

#define MOVED_NO_SIZE UINT64_MAX /* the list does not say it */

struct moved_file {
	uint64_t number; /* on its side */
	uint64_t place;  /* in order of name, among those of its side */
	int algorithm;   /* digests of different ones say nothing */
	uint64_t size;   /* or MOVED_NO_SIZE */
	size_t digestlen;
	unsigned char digest[DIGEST_MAX];
};

/* Zero-initialised is empty; free(v) releases it. */
struct moved_files {
	struct moved_file *v;
	size_t n, cap;
};

/* Adds the file of r with its digest. */
void moved_add(struct moved_files *fs, uint64_t number, uint64_t place,
    const struct result *r);

/* Sorts by algorithm and size, for moved_has. */
void moved_sort(struct moved_files *fs);

/* Is a file of that algorithm among them that has this size, or no known one?
 * fs must be in the order of moved_sort. */
bool moved_has(const struct moved_files *fs, int algorithm, uint64_t size);

/*
 * Pairs what is missing with what is new, one to one: of several with the same
 * digest the first with the first in order of place. A new file may be there
 * once for each of several algorithms, and is paired once all the same. to, by
 * number of the missing, is set to a number of the new; moved, by number of the
 * new, to true. Both are sorted anew for it.
 */
void moved_pair(struct moved_files *missing, struct moved_files *fresh,
    uint64_t *to, bool *moved);

#endif
