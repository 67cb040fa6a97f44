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

struct hasher;
struct hasher_name;
struct table;

/* Zero-initialised, but for the two that are borrowed. */
struct backlog {
	struct hasher *hasher;
	struct table *table;
	uint64_t next; /* entry of the table: those before it were handed over */
};

/*
 * Entry number n of the table, its newest, is a file to be hashed: of name its
 * how and size are kept. Hands over what the workers have room for. The token
 * of a result is the number of its entry. 0, or -1 as hasher_put.
 */
int backlog_add(struct backlog *b, uint64_t n, const struct hasher_name *name);

/* Hands over the rest, waiting for the workers. 0, or -1 as hasher_put. */
int backlog_finish(struct backlog *b);

#endif
