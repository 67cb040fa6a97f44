/* Four lanes in 256-bit registers, with AVX-512's rotations and logic. */
#include "digest/sha512x.h"

#ifdef SHA512X_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,avx512f,avx512vl")))
#define LANES 4
#define COMPRESS sha512x_avx512x4
#define TERNARY(x, y, z, table) ((vec)_mm256_ternarylogic_epi64( \
    (__m256i)(x), (__m256i)(y), (__m256i)(z), (table)))
#define BSWAP(x) ((vec)_mm256_shuffle_epi8((__m256i)(x), \
    _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607, \
    0x08090a0b0c0d0e0f, 0x0001020304050607)))
#define ROR(x, n) ((vec)_mm256_ror_epi64((__m256i)(x), (n)))
#include "digest/sha512x_body.inc"

#endif
