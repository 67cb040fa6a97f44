/*
 * vector8.h - the kernels' shared body with eight lanes, in whatever registers
 * the compiler finds: so that the logic of the eight-lane kernels is tested on
 * processors that have none.
 */
#ifndef VECTOR8_H
#define VECTOR8_H

#include "digest/sha512x.h"

static sha512x_compress vector8_compress;

#define LANES 8
#define COMPRESS vector8_compress
#define SWAP(x, n, mask) (((x) >> (n) & (mask)) | ((x) & (mask)) << (n))
#define BSWAP(x) SWAP(SWAP(SWAP(x, 8, 0x00ff00ff00ff00ff), \
    16, 0x0000ffff0000ffff), 32, 0x00000000ffffffff)
/* without vector registers, gcc takes minutes and gigabytes over it */
#if defined(__i386__) && !defined(__clang__)
#define TARGET __attribute__((target("sse2")))
#else
#define TARGET
#endif
#include "digest/sha512x_body.inc"

static bool
vector8_supported(void)
{
	return true;
}

static const struct sha512x_kernel vector8 = {
	"vector8", 8, 263, vector8_compress, vector8_supported
};

#endif
