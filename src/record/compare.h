/*
 * compare.h - the merge of an audit: what is listed against what was found.
 *
 * There are two sides (side.h): want, what is listed, and have, what was found
 * and computed. Every name gets one verdict, and names are reported in bytewise
 * order of their plain form (scope.h). Of names on one side only, those of files
 * with the same digest are pairs: the file was moved. A verdict depends on names
 * and digests alone, never on the order of entries or results in time. Nothing
 * is read or printed here.
 *
 * The calls, in this order, groups of them any number of times:
 *
 *     compare_list                      an entry of the list
 *     compare_find compare_fail         a name that the walk finds
 *     compare_result                    what it yielded
 *     compare_end_walk                  no more names of the walk
 *     compare_find_listed compare_drop compare_fail compare_result
 *                                       what the walk has not found
 *     compare_end                       all results are there
 *     compare_again compare_result      further digests
 *     compare_judge
 *     compare_next                      a verdict, until there are no more
 *     compare_file
 */
#ifndef RECORD_COMPARE_H
#define RECORD_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hasher/result.h"
#include "record/moved.h"
#include "record/side.h"
#include "record/verdict.h"

#define COMPARE_NONE UINT64_MAX /* no number of an entry */

struct compare {
	struct side *want, *have;
	struct verdict_counts counts;
	int algorithm;       /* the first of the list that can be computed: of
	                      * files that are not listed; below 0: none yet */
	uint64_t hashed;     /* results with a digest */
	bool met;            /* from compare_end on: a name is on both sides */

	/* The rest is compare.c's own. */
	struct table *further;
	struct table *again;
	bool *dropped;
	uint64_t *to;
	bool *moved;
	struct moved_files missing, fresh;
};

struct compare *compare_new(void);
void compare_free(struct compare *c);

/*
 * The list says want of a name, which is as it was given, of algorithm number
 * n, below 0 if it cannot be computed. False, and nothing is changed, when that
 * contradicts an earlier entry of the same algorithm.
 */
bool compare_list(struct compare *c, const char *name, size_t len,
    const struct manifest_want *want, int n);

/*
 * A name was found, as it was given: returns its number in have and sets
 * *listed to that in want, or COMPARE_NONE. COMPARE_NONE when it was found
 * before.
 */
uint64_t compare_find(struct compare *c, const char *name, size_t len,
    uint64_t *listed);

/* A name was found, and can have no digest: r says why. */
void compare_fail(struct compare *c, const struct result *r);

/* Sorts want: entries are had by table_sorted_at from here on. */
void compare_end_walk(struct compare *c);

/* Number listed of want, which compare_find was not called for, exists. Returns
 * its number in have. */
uint64_t compare_find_listed(struct compare *c, uint64_t listed);

/* Number listed of want gets no verdict. */
void compare_drop(struct compare *c, uint64_t listed);

/* The algorithm that a file is to be hashed with: that of number listed in
 * want, or, with COMPARE_NONE, c->algorithm. */
int compare_algorithm(const struct compare *c, uint64_t listed);

/* A result; its cookie is a number in have, or from compare_end on that of
 * compare_again. 0, or -1 when there is none due of that number. */
int compare_result(struct compare *c, const struct result *r);

/*
 * Compares what there is, and finds what has to be hashed once more: files that
 * are listed with several algorithms, if they have the first digest, and new
 * ones that may be missing ones of other algorithms.
 */
void compare_end(struct compare *c);

/* The next of them; *at is 0 at first. Fills *e, name and cookie too. False at
 * the end. */
bool compare_again(const struct compare *c, uint64_t *at, struct entry *e);

/* All is there that compare_again asked for: the verdicts are known, and counted. */
void compare_judge(struct compare *c);

/* How far the merge of both sides has come. Zeroed at first. */
struct compare_cursor {
	size_t i, j; /* how many of sorted want and have were passed */
	uint64_t want, have; /* numbers of the current name, or COMPARE_NONE */
};

/* The verdict on a name, and what it follows from. */
struct compare_verdict {
	struct verdict_line line; /* without reason and name of algorithm; found
	                           * is NULL where there is no result */
	int algorithm;            /* line.want's */
	struct manifest_want want;
	struct result found;
};

/* The next verdict, in order of name; a pair is at its old name's place. From a
 * cursor that is kept, or from the beginning, they can be asked for again. False at
 * the end. */
bool compare_next(const struct compare *c, struct compare_cursor *t,
    struct compare_verdict *v);

/* The next file that was hashed, in order of name, with the name as the list
 * has it where it is listed; r's cookie is its number in have. False at the
 * end. */
bool compare_file(const struct compare *c, struct compare_cursor *t,
    struct result *r);

/* Are there entries of names that are listed before with another algorithm? */
bool compare_has_further(const struct compare *c);

/* How many names of a are in b with prefix before them? Both are sorted. */
size_t compare_behind(const struct table *a, const struct table *b,
    const char *prefix, size_t len);

#endif
