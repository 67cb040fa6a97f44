/*
 * The multi-lane kernels. The one of this processor's that cannot be chosen is
 * tested through the body that it shares with vector8.
 */
#include "digest/sha512x.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vector8.h"

#define MOST_BLOCKS 20

/* A kernel that answers as libcrypto does, lane by lane. */
static void
serial(uint64_t *const h[], const unsigned char *const p[], size_t blocks)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		sha512x_libcrypto(&h[i], &p[i], blocks);
}

static void
swaps_lanes(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
	const unsigned char *swapped[4] = { p[0], p[2], p[1], p[3] };

	serial(h, swapped, blocks);
}

static void
forgets_last_block(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
	serial(h, p, blocks - 1);
}

static void
flips_last_bit(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
	serial(h, p, blocks);
	h[3][7] ^= 1;
}

static bool
never(void)
{
	return false;
}

/* Runs check on every kernel that this machine can run. */
static void
each_kernel(void (*check)(const struct sha512x_kernel *))
{
	const struct sha512x_kernel *k;

	for (k = sha512x_kernels; k->name; k++)
		if (k->supported())
			check(k);
	check(&vector8);
}

static void
check_trusted(const struct sha512x_kernel *k)
{
	assert_true(sha512x_trusted(k));
}

static void
test_every_kernel_is_trusted(void **state)
{
	(void)state;
	each_kernel(check_trusted);
}

/* FIPS 180-4's example: the one block of "abc", in one lane after another. */
static void
check_abc(const struct sha512x_kernel *k)
{
	static const uint64_t iv[8] = {
		0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
		0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		0x510e527fade682d1, 0x9b05688c2b3e6c1f,
		0x1f83d9abfb41bd6b, 0x5be0cd19137e2179
	};
	static const uint64_t want[8] = {
		0xddaf35a193617aba, 0xcc417349ae204131,
		0x12e6fa4e89a97ea2, 0x0a9eeee64b55d39a,
		0x2192992a274fc1a8, 0x36ba3c23a3feebbd,
		0x454d4423643ce80e, 0x2a9ac94fa54ca49f
	};
	unsigned char abc[128] = "abc\x80", noise[128];
	uint64_t state[SHA512X_MAX_WIDTH][8] = { { 0 } };
	uint64_t *h[SHA512X_MAX_WIDTH];
	const unsigned char *p[SHA512X_MAX_WIDTH];
	unsigned lane, i;

	abc[127] = 24;
	memset(noise, 0x5a, sizeof(noise));
	for (lane = 0; lane < k->width; lane++) {
		for (i = 0; i < k->width; i++) {
			h[i] = state[i];
			p[i] = i == lane ? abc : noise;
		}
		memcpy(state[lane], iv, sizeof(iv));
		k->compress(h, p, 1);
		assert_memory_equal(state[lane], want, sizeof(want));
	}
}

static void
test_the_standards_example(void **state)
{
	(void)state;
	each_kernel(check_abc);
}

/* Bytes of period 251: a prime, so that no two lanes and no two blocks are
 * the same, and every lane at another alignment. */
static void
check_lengths(const struct sha512x_kernel *k)
{
	static unsigned char data[SHA512X_MAX_WIDTH * 331 +
	    MOST_BLOCKS * SHA512X_BLOCK];
	uint64_t got[SHA512X_MAX_WIDTH][8], want[8], *h[SHA512X_MAX_WIDTH];
	uint64_t *wanth = want;
	const unsigned char *p[SHA512X_MAX_WIDTH];
	size_t blocks, i;
	unsigned lane;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i % 251);
	for (blocks = 0; blocks <= MOST_BLOCKS; blocks++) {
		for (lane = 0; lane < k->width; lane++) {
			memset(got[lane], (int)(lane + blocks), 64);
			h[lane] = got[lane];
			p[lane] = data + (size_t)331 * lane;
		}
		k->compress(h, p, blocks);
		for (lane = 0; lane < k->width; lane++) {
			memset(want, (int)(lane + blocks), 64);
			sha512x_libcrypto(&wanth, &p[lane], blocks);
			assert_memory_equal(got[lane], want, 64);
		}
	}
}

static void
test_every_number_of_blocks(void **state)
{
	(void)state;
	each_kernel(check_lengths);
}

static void
test_two_lanes_may_read_the_same(void **state)
{
	unsigned char data[SHA512X_BLOCK] = "x";
	uint64_t got[8][8] = { { 0 } }, *h[8];
	const unsigned char *p[8];
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		h[i] = got[i];
		p[i] = data;
	}
	vector8.compress(h, p, 1);
	for (i = 1; i < 8; i++)
		assert_memory_equal(got[i], got[0], sizeof(got[0]));
}

static void
wrong(sha512x_compress *compress)
{
	struct sha512x_kernel k = { "wrong", 4, 100, compress,
	    vector8_supported };

	assert_false(sha512x_trusted(&k));
}

static void
test_a_kernel_that_errs_is_not_trusted(void **state)
{
	struct sha512x_kernel good = { "good", 4, 100, serial,
	    vector8_supported };

	(void)state;
	assert_true(sha512x_trusted(&good));
	wrong(swaps_lanes);
	wrong(forgets_last_block);
	wrong(flips_last_bit);
}

/* ... and is not called: it would die of an illegal instruction. */
static void
test_a_kernel_without_its_processor_is_not_trusted(void **state)
{
	struct sha512x_kernel k = { "never", 4, 100, NULL, never };

	(void)state;
	assert_false(sha512x_trusted(&k));
}

/* An emulated processor, as valgrind's, may have less than the real one. */
static void
expect_supported(const char *name, bool promised)
{
	const char *wrapper = getenv("TEST_WRAPPER");
	const struct sha512x_kernel *k = sha512x_kernels;
	bool supported;

	while (k->name && strcmp(k->name, name))
		k++;
	assert_non_null(k->name);
	supported = k->supported();
	if (wrapper && *wrapper)
		assert_true(promised || !supported);
	else
		assert_int_equal(supported, promised);
}

/* The kernel that the flags line of Linux's cpuinfo promises is there. */
static void
test_what_the_system_promises_is_supported(void **state)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[4096];
	bool avx2 = false, avx512 = false;

	(void)state;
	if (!f)
		skip();
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "flags", 5))
			continue;
		avx2 = strstr(line, " avx2 ");
		avx512 = strstr(line, " avx512f ") &&
		    strstr(line, " avx512bw ") && strstr(line, " avx512vl ");
		break;
	}
	fclose(f);
	expect_supported("avx2x4", avx2);
	expect_supported("avx512x4", avx512);
	expect_supported("avx512x8", avx512);
}

static void
test_the_cheapest_is_chosen(void **state)
{
	static const struct sha512x_kernel k[] = {
		{ "one", 1, 100, NULL, NULL },
		{ "four", 4, 205, NULL, NULL },
		{ "eight", 8, 263, NULL, NULL },
	};
	static const struct sha512x_kernel *const set[] = { k, k + 1, k + 2 };
	/* 205 for two costs more than twice 100; 263 / 5 more than 205 / 4 */
	static const unsigned want[] = { 0, 0, 1, 1, 1, 2, 2, 2 };
	unsigned active;

	(void)state;
	for (active = 1; active <= 8; active++)
		assert_ptr_equal(sha512x_choose(set, 3, active),
		    set[want[active - 1]]);
	/* alone, the widest serves one message too */
	assert_ptr_equal(sha512x_choose(set + 2, 1, 1), set[2]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kernel_is_trusted),
		cmocka_unit_test(test_the_standards_example),
		cmocka_unit_test(test_every_number_of_blocks),
		cmocka_unit_test(test_two_lanes_may_read_the_same),
		cmocka_unit_test(test_a_kernel_that_errs_is_not_trusted),
		cmocka_unit_test(
		    test_a_kernel_without_its_processor_is_not_trusted),
		cmocka_unit_test(test_what_the_system_promises_is_supported),
		cmocka_unit_test(test_the_cheapest_is_chosen),
	};

	if (!sha512x_libcrypto_usable()) {
		printf("1..0 # SKIP libcrypto without SHA512_Update\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
