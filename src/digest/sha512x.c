#include "digest/sha512x.h"

#include <string.h>

const uint64_t sha512x_k[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f,
	0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019,
	0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242,
	0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
	0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3,
	0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275,
	0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f,
	0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
	0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc,
	0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6,
	0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001,
	0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
	0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99,
	0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb,
	0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc,
	0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
	0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207,
	0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba,
	0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
	0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a,
	0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

#ifdef SHA512X_X86
/* The compiler's run-time library also asks whether the system saves the wide
 * registers (XGETBV). */
static bool
has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool
has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl");
}

#define X86(compress, supported) compress, supported
#else
static bool
never(void)
{
	return false;
}

#define X86(compress, supported) NULL, never
#endif

/* tests/perf/kernel-bench measures the costs. */
const struct sha512x_kernel sha512x_kernels[] = {
	{ "libcrypto", 1, 100, sha512x_libcrypto, sha512x_libcrypto_usable },
	{ "avx2x4", 4, 215, X86(sha512x_avx2x4, has_avx2) },
	{ "avx512x4", 4, 144, X86(sha512x_avx512x4, has_avx512) },
	{ "avx512x8", 8, 263, X86(sha512x_avx512x8, has_avx512) },
	{ NULL, 0, 0, NULL, NULL }
};

#define TEST_BLOCKS 3

/* Whether lane's state is what libcrypto makes of the same start and bytes. */
static bool
agrees(const uint64_t got[8], unsigned lane, const unsigned char *p)
{
	uint64_t want[8], *h = want;

	memcpy(want, sha512x_k + 8 * lane, sizeof(want));
	sha512x_libcrypto(&h, &p, TEST_BLOCKS);
	return !memcmp(got, want, sizeof(want));
}

/* Every lane starts from another state and reads other bytes, at another
 * alignment: lanes that are swapped or mixed do not pass. */
bool
sha512x_trusted(const struct sha512x_kernel *k)
{
	unsigned char data[TEST_BLOCKS * SHA512X_BLOCK + SHA512X_MAX_WIDTH];
	uint64_t state[SHA512X_MAX_WIDTH][8], *h[SHA512X_MAX_WIDTH];
	const unsigned char *p[SHA512X_MAX_WIDTH];
	bool good = true;
	unsigned i;

	if (!sha512x_libcrypto_usable() || !k->supported())
		return false;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 % 251);
	for (i = 0; i < k->width; i++) {
		memcpy(state[i], sha512x_k + 8 * i, sizeof(state[i]));
		h[i] = state[i];
		p[i] = data + i;
	}
	k->compress(h, p, TEST_BLOCKS);
	for (i = 0; i < k->width; i++)
		good &= agrees(state[i], i, p[i]);
	return good;
}

/* The cost of one block of one message when `active` are there, in 840ths: 840
 * is a multiple of 1 to 8. */
static unsigned
share(const struct sha512x_kernel *k, unsigned active)
{
	unsigned moved = active < k->width ? active : k->width;

	return k->cost * 840 / moved;
}

const struct sha512x_kernel *
sha512x_choose(const struct sha512x_kernel *const set[], unsigned n,
    unsigned active)
{
	const struct sha512x_kernel *best = set[0];
	unsigned i;

	for (i = 1; i < n; i++)
		if (share(set[i], active) < share(best, active))
			best = set[i];
	return best;
}
