/* Eight lanes in 512-bit registers. */
#include "digest/sha512x.h"

#ifdef SHA512X_X86

#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw"))), \
    apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw")
#endif

#define LANES 8
#define COMPRESS sha512x_avx512x8
#define TERNARY(x, y, z, table) ((vec)_mm512_ternarylogic_epi64( \
    (__m512i)(x), (__m512i)(y), (__m512i)(z), (table)))
#define BSWAP(x) ((vec)_mm512_shuffle_epi8((__m512i)(x), \
    _mm512_set4_epi64(0x08090a0b0c0d0e0f, 0x0001020304050607, \
    0x08090a0b0c0d0e0f, 0x0001020304050607)))
#define ROR(x, n) ((vec)_mm512_ror_epi64((__m512i)(x), (n)))
#define XOR3(x, y, z) TERNARY(x, y, z, 0x96)
#define CH(x, y, z) TERNARY(x, y, z, 0xca)
#define MAJ(x, y, z) TERNARY(x, y, z, 0xe8)
#include "digest/sha512x_body.inc"

#ifdef __clang__
#pragma clang attribute pop
#endif

#else
typedef int sha512x_avx512_is_empty; /* ISO C wants a declaration */
#endif
