/*
 * little.h - integers as bytes, the lowest first, as they cross sockets.
 */
#ifndef BASE_LITTLE_H
#define BASE_LITTLE_H

#include <stdint.h>
#include <string.h>

#include "base/compat.h"

/* They return where the next byte goes... */
static inline unsigned char *
little_put32(unsigned char *to, uint32_t x)
{
	x = htole32(x);
	memcpy(to, &x, sizeof(x));
	return to + sizeof(x);
}

static inline unsigned char *
little_put64(unsigned char *to, uint64_t x)
{
	x = htole64(x);
	memcpy(to, &x, sizeof(x));
	return to + sizeof(x);
}

/* ...or move *from there. That so many bytes are there was seen to before. */
static inline uint32_t
little_get32(const unsigned char **from)
{
	uint32_t x;

	memcpy(&x, *from, sizeof(x));
	*from += sizeof(x);
	return le32toh(x);
}

static inline uint64_t
little_get64(const unsigned char **from)
{
	uint64_t x;

	memcpy(&x, *from, sizeof(x));
	*from += sizeof(x);
	return le64toh(x);
}

#endif
