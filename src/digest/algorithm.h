/*
 * algorithm.h - the algorithms of a run, by number.
 *
 * An algorithm is asked for by its number, which means the same to all
 * processes of the run. Lists name further algorithms when the workers are
 * already forked: therefore the tag of each number is in memory shared with
 * processes forked from this one, and each of them fetches the digest when it
 * first needs it.
 */
#ifndef DIGEST_ALGORITHM_H
#define DIGEST_ALGORITHM_H

#define ALGORITHMS_MAX 64 /* numbers are below; fewer than 256 */

struct algorithms;
struct digest;

/* With no algorithm. NULL with errno when out of memory. */
struct algorithms *algorithms_new(void);

/* Releases it in this process alone; NULL is fine. */
void algorithms_free(struct algorithms *a);

/*
 * The number of the algorithm that name means (digest_new); all its names have
 * the same one. The first added has 0. -1 with errno: as digest_new has it, or
 * ENOSPC when there are ALGORITHMS_MAX others. Only for the process that made
 * a.
 */
int algorithms_add(struct algorithms *a, const char *name);

/* For a forked process, which only looks up: makes the tags read-only there, so
 * that it cannot change what numbers mean to others. */
void algorithms_seal(struct algorithms *a);

/* The digest of number n; belongs to a. NULL with errno: EINVAL when there is
 * none of that number, or as digest_new has it; never for a number that
 * algorithms_add gave to this process. */
const struct digest *algorithms_digest(struct algorithms *a, int n);

#endif
