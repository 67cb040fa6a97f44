/*
 * machines.h - from what --on and --rsh say to the commands that lead to other
 * machines.
 *
 *     --on=HOST[:JOBS],...   each its own; a HOST with colons in [ ]
 *     --on=slurm             those of the allocation of Slurm that this runs in
 *
 * The command is that of --rsh in words, as a shell has them, with quotes but
 * without expansions; {} in them stands for the host, which is otherwise the word
 * behind them; then come the path of phash there and --serve.
 */
#ifndef MODE_MACHINES_H
#define MODE_MACHINES_H

#include <stddef.h>

#include "hasher/hasher.h"

struct options;

struct machines {
	struct hasher_host *v;
	size_t n, cap;
	char *directory; /* the run's, as all of them call it */
};

/* Zeroed, and after -C has moved. 0, or -1 after a message; release it in both
 * cases. */
int machines_init(struct machines *m, const struct options *o);

/* Seconds of silence after which one is lost. */
int machines_timeout(const struct options *o);

void machines_release(struct machines *m);

#endif
