/* BLAKE2sp, against what Python's hashlib makes of the tree that its paper has. */
#include "archive/blake2sp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static unsigned char message[100000];

static void
fill(void)
{
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)(i * 7 + i / 251);
}

/* Of the first n bytes, given step at a time. */
static void
check(size_t n, size_t step, const char *want)
{
	unsigned char digest[BLAKE2SP_SIZE];
	char hex[2 * BLAKE2SP_SIZE + 1];
	struct blake2sp b;

	blake2sp_init(&b);
	for (size_t i = 0; i < n; i += step)
		blake2sp_update(&b, message + i, n - i < step ? n - i : step);
	blake2sp_final(&b, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(hex, want);
}

static void
test_lengths(void **state)
{
	static const struct {
		size_t n;
		const char *digest;
	} v[] = {
		{ 0, "dd0e891776933f43c7d032b08a917e25"
		    "741f8aa9a12c12e1cac8801500f2ca4f" },
		{ 1, "a6b9eecc25227ad788c99d3f236debc8"
		    "da408849e9a5178978727a81457f7239" },
		{ 64, "9ba0c37f1ab9fdd4b656b42702049eec"
		    "67f76c1ef76c3722b7b1e2a019674230" },
		{ 65, "8180a53baa5bdb2cfd292e8b084ce88d"
		    "bd6b2b61b60193732e392b11f46ac605" },
		{ 512, "08a65a68f54f72077155adc2e339db1d"
		    "ec6c860f640cb47584cb2f2d8977a8c1" },
		{ 513, "f405ed3422923e4cd0d141ab4ff13091"
		    "4fff2eb9e7f49588a5c02387e5d343ac" },
		{ 100000, "566059c008dd96a7d73fd5a20618a5d1"
		    "fab85a352bec235f92ae098e497f07c5" },
	};

	(void)state;
	fill();
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		for (size_t step = 1; step <= 4096; step += 455)
			check(v[i].n, step, v[i].digest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
