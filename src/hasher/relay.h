/*
 * relay.h - a worker of the pool that stands for another machine.
 *
 *     ppool_take -> [request] -> ssh HOST phash --serve -> [answer] -> witness
 *     -> ppool_answer
 *
 * It starts a phash there by a command, asks the pool for as much as that can
 * have in hand, passes requests on, and believes its answers only where the files
 * that were read are those that are seen here. When the other machine is gone, or
 * cannot be used, it resigns: what it had goes to others.
 */
#ifndef HASHER_RELAY_H
#define HASHER_RELAY_H

#include "hasher/hasher.h"
#include "hasher/watch.h"
#include "ppool/ppool.h"

struct host_line;

/* What a relay needs to know; made by the parent before the fork. */
struct relay_setup {
	const struct hasher_opts *opts;
	struct host_line *lines;       /* shared: one a host */
	struct watch_line *watch;      /* likewise */
};

/* The value of a ppool_serve_fn: serves host number n of opts. */
int relay_serve(const struct relay_setup *setup, unsigned n,
    ppool_worker *pool);

#endif
