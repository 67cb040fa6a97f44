/*
 * sha512x.h - the SHA-512 compression function (FIPS 180-4, 6.4.2) on several
 * messages at a time: a table of kernels, one for each instruction set.
 *
 * A kernel knows no padding and no message: it takes whole blocks of 128
 * bytes. SHA-384, SHA-512/256 and SHA-512/224 differ by initial value and
 * length of digest only, so that every kernel serves all four (message.h).
 */
#ifndef DIGEST_SHA512X_H
#define DIGEST_SHA512X_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA512X_BLOCK 128 /* bytes */
#define SHA512X_MAX_WIDTH 8   /* lanes of a kernel */
#define SHA512X_MAX_KERNELS 8 /* of a set: more than there are */

/*
 * Compresses `blocks` blocks of each lane: lane i has the state h[i], eight
 * words, and reads p[i], 128 * blocks bytes, however aligned. Every lane of the
 * kernel must be given; two may read the same bytes, none share a state.
 */
typedef void sha512x_compress(uint64_t *const h[],
    const unsigned char *const p[], size_t blocks);

struct sha512x_kernel {
	const char *name; /* "avx2x4"; also the engine's */
	unsigned width;   /* lanes */
	unsigned cost;    /* time for one block on every lane, where libcrypto
	                   * takes 100 for one block */
	sha512x_compress *compress; /* called only where it is supported */
	bool (*supported)(void); /* by this build, processor and system */
};

/*
 * All kernels, of whatever processors, the faster ones last; the first is
 * libcrypto's own, one lane wide. Ends with a NULL name.
 */
extern const struct sha512x_kernel sha512x_kernels[];

/*
 * Whether k may be used: the processor supports it, and on a test message in
 * each lane it agrees with libcrypto. Takes some 20 us.
 */
bool sha512x_trusted(const struct sha512x_kernel *k);

/*
 * Of the n kernels in set (n > 0), the one to step `active` messages with:
 * the cheapest for each message that it advances.
 */
const struct sha512x_kernel *sha512x_choose(
    const struct sha512x_kernel *const set[], unsigned n, unsigned active);

/* The round constants (FIPS 180-4, 4.2.3), for the kernels. */
extern const uint64_t sha512x_k[80];

/*
 * libcrypto's own, which the others must agree with (sha512x_libcrypto.c). Not
 * usable where libcrypto was built without the functions that it needs: then
 * no kernel is trusted. Fast where the processor has SHA-512 instructions and
 * libcrypto uses them: then several lanes are no faster.
 */
sha512x_compress sha512x_libcrypto;
bool sha512x_libcrypto_usable(void);
bool sha512x_libcrypto_fast(void);

#if defined(__x86_64__) && defined(__GNUC__)
#define SHA512X_X86
sha512x_compress sha512x_avx2x4;
sha512x_compress sha512x_avx512x4;
sha512x_compress sha512x_avx512x8;
#endif

#endif
