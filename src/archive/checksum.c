#include "archive/checksum.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

void
checksum_init(struct checksum *c, const struct checksums *want)
{
	c->want = *want;
	c->crc = crc32(0, NULL, 0);
	if (want->has_blake2sp)
		blake2sp_init(&c->blake2sp);
}

void
checksum_update(struct checksum *c, const void *p, size_t n)
{
	const unsigned char *bytes = p;
	uInt some;

	if (c->want.has_blake2sp)
		blake2sp_update(&c->blake2sp, p, n);
	for (; c->want.has_crc && n; n -= some) {
		some = n < UINT_MAX ? (uInt)n : UINT_MAX;
		c->crc = crc32(c->crc, bytes, some);
		bytes += some;
	}
}

bool
checksum_holds(struct checksum *c)
{
	unsigned char digest[BLAKE2SP_SIZE];

	if (c->want.has_crc && c->crc != c->want.crc)
		return false;
	if (!c->want.has_blake2sp)
		return true;
	blake2sp_final(&c->blake2sp, digest);
	return !memcmp(digest, c->want.blake2sp, sizeof(digest));
}
