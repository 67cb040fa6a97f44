/*
 * checksum.h - what the bytes of a member come to, against what its archive says.
 *
 * For what libarchive does not verify: of a RAR it verifies what is compressed,
 * but for a CRC of 0, and nothing of what is only stored.
 */
#ifndef ARCHIVE_CHECKSUM_H
#define ARCHIVE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/blake2sp.h"

/* What an archive says. */
struct checksums {
	bool has_crc;
	bool has_blake2sp;
	uint32_t crc; /* ISO 3309 */
	unsigned char blake2sp[BLAKE2SP_SIZE];
};

struct checksum {
	struct checksums want;
	unsigned long crc;
	struct blake2sp blake2sp;
};

void checksum_init(struct checksum *c, const struct checksums *want);
void checksum_update(struct checksum *c, const void *p, size_t n);

/* After the last byte, once: are they what they should be, as far as is known? */
bool checksum_holds(struct checksum *c);

#endif
