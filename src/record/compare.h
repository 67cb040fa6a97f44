/*
 * compare.h - two sides, sorted by name, and what of them belongs together.
 *
 * The sides are sorted tables (table.h): want, what is listed, and have, what
 * was found. A name has its turn once, whichever side it is on. Of names on
 * one side only, those of files with the same digest are pairs: the file was
 * moved. Which ones are pairs depends on names and digests alone, so that the
 * same trees always give the same pairs. Nothing is read or printed here.
 */
#ifndef RECORD_COMPARE_H
#define RECORD_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hasher/result.h"

struct table;

#define COMPARE_NONE UINT64_MAX    /* no number of an entry */
#define COMPARE_NO_SIZE UINT64_MAX /* the list does not say it */

/* A name's turn: its number on each side, or COMPARE_NONE. Zeroed at first. */
struct compare_turn {
	size_t i, j; /* places not yet taken in sorted want and have */
	uint64_t want, have;
};

/* The next name of both sides, in order; false at the end. */
bool compare_next(const struct table *want, const struct table *have,
    struct compare_turn *t);

/* How many names of a are in b, with prefix before them? */
size_t compare_behind(const struct table *a, const struct table *b,
    const char *prefix, size_t len);

/* A file on one side only. */
struct compare_file {
	uint64_t number; /* on its side */
	size_t place;    /* in order of name, among those of its side */
	int algorithm;   /* digests of different ones say nothing */
	uint64_t size;   /* or COMPARE_NO_SIZE */
	size_t digestlen;
	unsigned char digest[DIGEST_MAX];
};

/* Zero-initialised is empty; free(v) releases it. */
struct compare_files {
	struct compare_file *v;
	size_t n, cap;
};

/* Adds the file of r with its digest; number and place are the caller's. */
void compare_add(struct compare_files *fs, uint64_t number, size_t place,
    const struct result *r);

/* Sorts by algorithm and size, for compare_has. */
void compare_sort(struct compare_files *fs);

/* Is a file of that algorithm among them that has this size, or may have it?
 * Sorted, and by nothing else since. */
bool compare_has(const struct compare_files *fs, int algorithm,
    uint64_t size);

/*
 * Pairs what is missing with what is new, one to one: of several with the same
 * digest the first with the first in order of place. A new file may be there
 * once for each of several algorithms, and is paired once all the same.
 * moved_to, by number in want, is set to a number in have; moved, by number in
 * have, to true. Both are sorted anew for it.
 */
void compare_moved(struct compare_files *missing, struct compare_files *fresh,
    uint64_t *moved_to, bool *moved);

#endif
