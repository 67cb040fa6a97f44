/* Four lanes in 256-bit registers. */
#include "digest/sha512x.h"

#ifdef SHA512X_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define LANES 4
#define COMPRESS sha512x_avx2x4
#define BYTES(x, m) ((vec)_mm256_shuffle_epi8((__m256i)(x), m))
#define BSWAP(x) BYTES(x, _mm256_set_epi64x(0x08090a0b0c0d0e0f, \
    0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607))
#define ROR8(x) BYTES(x, _mm256_set_epi64x(0x080f0e0d0c0b0a09, \
    0x0007060504030201, 0x080f0e0d0c0b0a09, 0x0007060504030201))
#include "digest/sha512x_body.inc"

#endif
