/*
 * spread.h - a walk that workers do: each is given whole directories, says what lies
 * in them, and the parent takes that for what it would have found itself.
 *
 * What a worker cannot list, the parent walks. Whatever is found, reported and counted
 * below an operand is the same; only the order is another.
 */
#ifndef MODE_SPREAD_H
#define MODE_SPREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "source/walk.h"

/* With so many workers and more they walk, unless --walk says otherwise; and with so
 * many where most files need not be read. */
#define SPREAD_JOBS 4
#define SPREAD_JOBS_REUSE 2
/* With so many bytes of listings to look at no more are asked for. */
#define SPREAD_BYTES ((size_t)1 << 20)

struct result;
struct run;
struct spread_dir;

/* Zero-initialised is one that does nothing. */
struct spread {
	bool on;
	struct walk_opts shared;      /* what workers walk by, without callbacks */
	const struct walk_opts *walk; /* the mode's */
	struct spread_dir *todo;      /* not yet given to a worker */
	struct spread_dir *listed;    /* with its result, not yet looked at... */
	size_t bytes;                 /* ...with so many bytes of listings */
	uint64_t open;                /* given, and without a result */
};

/* Before workers are forked: should they walk? Then s is on. */
void spread_init(struct spread *s, const struct run *r, int jobs);
void spread_release(struct spread *s);

/* What walk(3) is to be given in the place of w, which s borrows. */
struct walk_opts spread_walk(struct spread *s, const struct walk_opts *w);

/* The result of a directory. */
void spread_result(struct spread *s, const struct result *r);

/* Gives directories to workers and what they have listed to the callbacks of the
 * walk, until there are none. 0; non-zero when a callback says so, or the run is
 * over. */
int spread_run(struct spread *s, struct run *r);

#endif
