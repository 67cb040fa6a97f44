/* Eight lanes in 512-bit registers. */
#include "digest/sha512x.h"

#ifdef SHA512X_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw")))
#define LANES 8
#define COMPRESS sha512x_avx512x8
#define TERNARY(x, y, z, table) ((vec)_mm512_ternarylogic_epi64( \
    (__m512i)(x), (__m512i)(y), (__m512i)(z), (table)))
#define BSWAP(x) ((vec)_mm512_shuffle_epi8((__m512i)(x), \
    _mm512_set4_epi64(0x08090a0b0c0d0e0f, 0x0001020304050607, \
    0x08090a0b0c0d0e0f, 0x0001020304050607)))
#define ROR(x, n) ((vec)_mm512_ror_epi64((__m512i)(x), (n)))
#include "digest/sha512x_body.inc"

#endif
