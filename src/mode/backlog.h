/*
 * backlog.h - numbers of names that wait to be handed over, first in, first out.
 *
 * Numbers mostly come one after the other, so runs of them are kept: a backlog of
 * all files of a walk is one run. Of numbers without any order each is a run of
 * its own, of 16 bytes.
 */
#ifndef MODE_BACKLOG_H
#define MODE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backlog_run {
	uint64_t first, n;
};

/* Zero-initialised is empty. */
struct backlog {
	struct backlog_run *v;
	size_t at, n, cap; /* runs before at have been taken */
};

void backlog_add(struct backlog *b, uint64_t number);

/* The next one. False: there is none. */
bool backlog_next(const struct backlog *b, uint64_t *number);

/* Takes that one off. */
void backlog_take(struct backlog *b);

void backlog_release(struct backlog *b);

#endif
