/*
 * backlog.h - names that were found and are not yet with the workers.
 *
 * Where a table keeps every name until the end, the walk need not wait for the
 * workers: it runs to its end, so that the number of files and bytes is known
 * early, and the workers are given names as they have room.
 */
#ifndef MODE_BACKLOG_H
#define MODE_BACKLOG_H

#include <stdint.h>

struct entry;
struct hasher;
struct table;

/* Zero-initialised, but for the first group, which is the caller's. */
struct backlog {
	struct hasher *hasher;
	struct table *table;
	void *cookie;
	/* Gives e, an entry of the table whose cookie is its number there,
	 * the name that the file is opened by. May be NULL. */
	void (*spell)(void *cookie, struct entry *e);

	uint64_t next; /* entries before it were handed over */
};

/*
 * Entry number n of the table, its newest, is a file to be hashed, of which e
 * says the rest. Hands over what the workers have room for, leaving out entries
 * that have a result. 0, or -1 as hasher_put.
 */
int backlog_add(struct backlog *b, uint64_t n, const struct entry *e);

/* Hands over what the workers have room for by now. 0, or -1 as hasher_put. */
int backlog_more(struct backlog *b);

/* Hands over the rest, waiting for the workers. 0, or -1 as hasher_put. */
int backlog_finish(struct backlog *b);

#endif
