/*
 * jobs.h - how many workers a run has, and how many threads one of them.
 */
#ifndef MODE_JOBS_H
#define MODE_JOBS_H

struct run;

/*
 * -j, or usable CPUs: but one reader for each disk with moving heads, which
 * two would only make seek, and no more workers than there are files.
 */
int jobs_workers(const struct run *r);

/* Threads for each archive, so that all that may be read at a time have as many
 * as -j says. Of operands it is known how many there are. */
unsigned jobs_threads(const struct run *r, int jobs);

#endif
