/*
 * worker.h - the child's end of the pool: take names, keep every lane busy,
 * answer each file once.
 *
 * A worker holds several files open at a time, from whatever chunks they come,
 * because SIMD lanes pay only when there are several messages. It prints
 * nothing and ends nothing: what goes wrong with a file is its answer.
 */
#ifndef HASHER_WORKER_H
#define HASHER_WORKER_H

#include <stdbool.h>

#include "hasher/hasher.h"
#include "hasher/watch.h"
#include "ppool/ppool.h"

/* Streams that a worker can have open beside its files. It must not be sent
 * more, nor so many that no descriptor is left for files: any of them may be
 * silent for ever. */
#define WORKER_STREAMS 16

/* What open, fstat, read and close cost, in bytes digested meanwhile: a file weighs
 * its size and this. */
#define WORKER_FILE_WEIGHT 4096
/* Chunks a worker holds beyond its lanes: a big file is a chunk, and all lanes
 * should have one, but a file is better given to who is first to have room. */
#define WORKER_AHEAD 2

/* What a worker needs to know; made by the parent before the fork. */
struct worker_setup {
	struct algorithms *algorithms;
	const char *engine;      /* one of engine_choices */
	int dirfd;
	bool twice;              /* hasher_opts.twice */
	uint64_t limit;          /* hasher_opts.limit */
	unsigned threads;        /* that an archive may be decoded with */
	const struct walk_opts *walk; /* hasher_opts.walk */
	const struct sandbox *sandbox; /* NULL: none */
	struct watch_line *lines; /* shared with the parent: one a worker */
};

/* ppool_init_fn: sets up algorithm number 0, allocates the buffers. initarg is a
 * struct worker_setup. Non-zero (an errno) when that fails. */
int worker_init(void *initarg, void **state);

/* ppool_serve_fn. Requests and answers are wire.h's. */
int worker_serve(void *state, ppool_worker *pool);

#endif
