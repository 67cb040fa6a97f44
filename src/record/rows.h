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
	uint64_t size;  /* bytes hashed; where identities are kept, of the file
	                 * until the result is here */
	uint32_t len;
	uint32_t hash;  /* its low bits */
	int code;
	uint32_t root;  /* its number + 1; 0: none */
	uint32_t given; /* seconds since the epoch; 0: not known */
	int16_t algorithm;
	uint16_t mode;  /* where identities are kept, as dev */
	uint16_t dev;   /* its number + 1; 0: not known */
	unsigned char kind;
	unsigned char status;
	unsigned char digestlen;
	bool done;      /* the result is here */
	bool found;     /* it was added, not only recalled */
	bool old;       /* size, digest and identity are of an earlier run */
	union {
		struct entry_identity id; /* until it is, or elsewhere */
		unsigned char digest[DIGEST_MAX];
		const char *text; /* of RESULT_ARCHIVE and RESULT_LINK */
	};
};

/* The rest of the identity of a row, where it is kept. */
struct stamp {
	uint64_t ino;
	int64_t mtime, ctime;
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

	const struct entry_root **roots; /* in chunks; the last is the newest */
	size_t nroots, roots_cap;

	uint64_t *devs;  /* devices that entries are on */
	size_t ndevs, devs_cap;
	size_t dev;      /* the last one that was asked for */
};

static inline struct row *
row_at(const struct table *t, uint64_t n)
{
	return &t->blocks[n / ROWS_BLOCK][n % ROWS_BLOCK];
}

#endif
