/*
 * rows.h - the inside of a table: for table.c, which fills it, and sorted.c, which
 * puts it in order.
 */
#ifndef RECORD_ROWS_H
#define RECORD_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "hasher/result.h"

#define ROWS_BLOCK 4096 /* rows */

struct row {
	const char *path;
	size_t len;
	uint64_t hash;
	uint64_t size;
	int code;
	int algorithm;
	unsigned char kind;
	unsigned char status;
	unsigned char digestlen;
	bool done; /* the result is here */
	const struct entry_root *root; /* in a chunk, or NULL */
	union {
		struct entry_identity id; /* until it is */
		unsigned char digest[DIGEST_MAX];
		const char *text; /* of RESULT_ARCHIVE and RESULT_LINK */
	};
};

/* Of a row, for who wants it. */
struct stamp {
	int64_t mtime;
	uint32_t mode;
};

struct chunk;

/* An entry being sorted: its key is eight bytes of its path. */
struct item {
	uint64_t key;
	uint64_t number;
};

struct table {
	struct row **blocks;
	struct stamp **stamps; /* as blocks; NULL: they are not kept */
	size_t nblocks, blocks_cap, stamps_cap;
	size_t room;           /* entries that there are blocks for */
	bool stamped;
	uint64_t count; /* at most NUMBER_MASK, even where size_t is small */

	struct chunk *chunks;
	struct chunk *used; /* the one in use, or NULL */
	char *free;      /* what is left of the chunk in use */
	size_t free_len;
	size_t chunk_size; /* of the next one */

	size_t forgotten; /* so many blocks have been freed */

	uint64_t *slots; /* NULL once sorted, or something is forgotten */
	size_t mask;     /* number of slots, a power of two, - 1 */
	struct siphash_key key;

	struct item *sorted;

	const struct entry_root *root; /* of the last entry that has one */
};

static inline struct row *
row_at(const struct table *t, uint64_t n)
{
	return &t->blocks[n / ROWS_BLOCK][n % ROWS_BLOCK];
}

#endif
