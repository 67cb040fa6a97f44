/*
 * algorithm.h - the algorithms of a run, by number.
 *
 * Which digest is asked for is said by a number, which means the same to all
 * processes of the run. Lists bring names when the workers are already forked:
 * so the tag of each number stands in memory that processes forked from this
 * one share, and each of them fetches a digest when it first needs it.
 */
#ifndef DIGEST_ALGORITHM_H
#define DIGEST_ALGORITHM_H

#define ALGORITHMS_MAX 64 /* numbers are below; fewer than 256 */

struct algorithms;
struct digest;

/* None yet. NULL with errno when out of memory. */
struct algorithms *algorithms_new(void);

/* Releases what this process has of it; NULL is fine. */
void algorithms_free(struct algorithms *a);

/*
 * The number of the algorithm that name means (digest_new); all its names have
 * the same one. The first added has 0. -1 with errno: as digest_new has it, or
 * ENOSPC when there are ALGORITHMS_MAX others. Only for the process that made
 * a.
 */
int algorithms_add(struct algorithms *a, const char *name);

/* For a forked process, which only looks up: it cannot change what numbers mean
 * to others any more. */
void algorithms_seal(struct algorithms *a);

/* The digest of number n; belongs to a. NULL with errno: EINVAL when there is
 * none of that number, or as digest_new has it; never for a number that
 * algorithms_add gave to this process. */
const struct digest *algorithms_digest(struct algorithms *a, int n);

#endif
