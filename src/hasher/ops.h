/*
 * ops.h - for those that are hashers: what they do, behind hasher.h.
 */
#ifndef HASHER_OPS_H
#define HASHER_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "hasher/hasher.h"

/* The longest time without a call of on_pause. */
#define HASHER_PAUSE_MS 100

/* Each reports -1 after one message on stderr, and sets broken. */
struct hasher_ops {
	/* As hasher_try. */
	int (*take)(struct hasher *h, const struct entry *e);
	/* Sends what was taken and waits for more to go with it. 0 or -1. */
	int (*flush)(struct hasher *h);
	/* Moves work until a result was delivered, or fd, unless that is -1,
	 * can be read, but not beyond ms, at most HASHER_PAUSE_MS. 1: it can;
	 * 0; -1. */
	int (*turn)(struct hasher *h, int fd, int ms);
	/* Waits for all results that are due; nothing is taken after it. Calls
	 * hasher_pause meanwhile. 0 or -1. */
	int (*finish)(struct hasher *h);
	/* Looks how the work gets on. Called in each pause. */
	void (*look)(struct hasher *h);
	/* As the functions of hasher.h. */
	bool (*stalled)(struct hasher *h, struct hasher_stall *s);
	uint64_t (*bytes)(const struct hasher *h);
	int (*sandbox)(const struct hasher *h);
	bool (*report)(const struct hasher *h, unsigned n,
	    struct hasher_report *r);
	void (*free)(struct hasher *h);
};

/* Zeroed but for ops by whoever makes one; the rest is hasher.c's. */
struct hasher {
	const struct hasher_ops *ops;
	bool broken;              /* it was said that no more can be taken */
	uint64_t given, answered; /* entries */
	uint64_t seen;            /* answered, at the last pause */
	bool full;                /* a file was refused since hasher_idle or
	                           * hasher_wait */
	void *cookie;
	void (*on_result)(void *cookie, const struct result *r);
	void (*on_pause)(void *cookie);
};

/* Gives a result to whoever put r->entry. */
void hasher_deliver(struct hasher *h, const struct result *r);

/* Time to look, and to let others look. */
void hasher_pause(struct hasher *h);

#endif
