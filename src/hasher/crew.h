/*
 * crew.h - the workers of a pool that hashes: those that do it themselves, or, with
 * hosts, one relay for each, and one worker here for what only this machine has:
 * streams.
 */
#ifndef HASHER_CREW_H
#define HASHER_CREW_H

#include <stdbool.h>

#include "hasher/hosts.h"
#include "hasher/relay.h"
#include "hasher/worker.h"
#include "ppool/ppool.h"

struct crew {
	struct hasher_opts opts;   /* as hasher_new was given them */
	struct worker_setup setup;
	struct relay_setup relays;
	struct hosts hosts;        /* n is 0: there are none */
	unsigned workers;          /* processes; the hosts' come first */
	unsigned streams;          /* that a worker may have; set before the fork */
};

/* Of opts all but cookie and callbacks is used. 0, or -1 with errno and nothing to
 * release. */
int crew_init(struct crew *c, const struct hasher_opts *opts);
void crew_release(struct crew *c);

/* The workers' lines, one for each, live as long as c. */
void crew_watch(struct crew *c, struct watch_line *lines);

/* Fills what pool and feeds are to be; files and streams are chunks that a worker
 * of this machine may hold. */
void crew_pool(struct crew *c, ppool_opts *po, unsigned files,
    unsigned streams);

/* Keeps each feed to its workers. */
ppool_err crew_feeds(const struct crew *c, ppool_feed *files,
    ppool_feed *streams);

#endif
