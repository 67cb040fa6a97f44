/*
 * reach.h - a far end that a relay is reaching, or has reached: the command that
 * leads there, what that prints, what is said at the beginning, and the end.
 *
 * What returns -1 has given it up, for the reason in why; or, where that is empty,
 * the pool has nothing for it any more.
 */
#ifndef HASHER_REACH_H
#define HASHER_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "far/channel.h"
#include "far/launch.h"
#include "hasher/hasher.h"
#include "hasher/watch.h"
#include "ppool/ppool.h"

struct host_line;

struct reach {
	const struct hasher_opts *opts;
	const struct hasher_host *host;
	struct host_line *line;
	struct watch_line *watch;
	ppool_worker *pool;
	int64_t silence;     /* after so long it is gone, ns */
	struct launch launch;
	struct channel channel;
	uint32_t jobs;       /* its workers; 0: it is not reached */
	int64_t quiet;       /* ns for which it was waited for in vain. Those in
	                      * which this process was stopped, or waited for
	                      * its owner, do not count */
	struct buf err;      /* of the launcher: a line that has no end yet */
	struct buf why;      /* it is given up; empty: it is not */
};

/* Launches, and says and hears what comes before the first request. The first group
 * of r is set, the rest zero. 0 or -1. */
int reach_begin(struct reach *r);

/* What its launcher has printed at last goes to the parent. */
void reach_drain(struct reach *r);

/* Ends the launcher, if it has not. */
void reach_release(struct reach *r);

/* Gives it up, unless it is: -1. */
int reach_lose(struct reach *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Has said nothing for too long, or what it says when it refuses: -1. */
int reach_silent(struct reach *r, const char *what);
int reach_refused(struct reach *r, const struct channel_frame *f);

/* Sends what can be sent now. 0 or -1. */
int reach_send(struct reach *r);

/* Waits for the far end, what its launcher prints, and, if pool is set, for what
 * the pool has; not beyond ms. Receives, and sends. 0 or -1. */
int reach_await(struct reach *r, bool pool, int ms);

/* The name of algorithm number n, as both ends know it. */
const char *reach_algorithm(const struct reach *r, int n);

#endif
