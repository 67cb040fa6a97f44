/*
 * blake2sp.h - BLAKE2sp, which RAR 5 may have instead of a CRC: eight leaves of
 * BLAKE2s (RFC 7693), each of every eighth block, and a root of what they come to
 * ("BLAKE2: simpler, smaller, fast as MD5", 2.10). libcrypto has none of its trees.
 */
#ifndef ARCHIVE_BLAKE2SP_H
#define ARCHIVE_BLAKE2SP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLAKE2SP_SIZE 32
#define BLAKE2SP_LEAVES 8
#define BLAKE2S_BLOCK 64

struct blake2s {
	uint32_t h[8];
	uint64_t t;      /* bytes that were compressed */
	size_t n;        /* bytes in block, which may be the last */
	bool last;       /* the last node of its depth */
	unsigned char block[BLAKE2S_BLOCK];
};

struct blake2sp {
	struct blake2s leaf[BLAKE2SP_LEAVES];
	uint64_t bytes;
};

void blake2sp_init(struct blake2sp *b);
void blake2sp_update(struct blake2sp *b, const void *p, size_t n);

/* Afterwards b is void. */
void blake2sp_final(struct blake2sp *b, unsigned char digest[BLAKE2SP_SIZE]);

#endif
