/* Texts of options. */
#include "options/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_number(void **state)
{
	static const char *const bad[] = { "", " 1", "+1", "-1", "0x1", "1 ",
	    "1k", "10", "2", "99999999999999999999" };
	int n = -7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(value_number(bad[i], 3, 9, &n), -1);
	assert_int_equal(n, -7);
	assert_int_equal(value_number("3", 3, 9, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(value_number("009", 3, 9, &n), 0);
	assert_int_equal(n, 9);
	assert_int_equal(value_number("0", 0, 0, &n), 0);
	assert_int_equal(n, 0);
}

static void
test_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t n;
	} good[] = {
		{ "1", 1 }, { "18446744073709551615", UINT64_MAX },
		{ "2K", 2048 }, { "3M", UINT64_C(3) << 20 },
		{ "4G", UINT64_C(4) << 30 }, { "5T", UINT64_C(5) << 40 },
		{ "16777215T", UINT64_C(16777215) << 40 },
	};
	static const char *const bad[] = { "", "0", "0K", "K", "1k", "1KB", "1P",
	    "-1", " 1", "1.5G", "18446744073709551616", "16777216T", "1s" };
	uint64_t n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(value_bytes(bad[i], &n), -1);
	assert_int_equal(n, 7);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(value_bytes(good[i].text, &n), 0);
		assert_true(n == good[i].n);
	}
}

static void
test_time(void **state)
{
	static const struct {
		const char *text;
		int64_t n;
	} good[] = {
		{ "1s", 1 }, { "2m", 120 }, { "3h", 10800 }, { "4d", 345600 },
		{ "4294967295s", 4294967295 }, { "49710d", INT64_C(49710) * 86400 },
	};
	static const char *const bad[] = { "", "0s", "1", "s", "1S", "1M", "1sm",
	    "-1s", "4294967296s", "49711d", "2147483647d" };
	int64_t n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(value_time(bad[i], &n), -1);
	assert_int_equal(n, 7);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(value_time(good[i].text, &n), 0);
		assert_true(n == good[i].n);
	}
}

static void
test_part(void **state)
{
	static const char *const bad[] = { "", "1", "1/", "/2", "0/2", "3/2",
	    "1/11", "1/0", "1/2/", "1/2x", "x/2", "1 /2", "1/ 2", "-1/2",
	    "1/-2", "18446744073709551617/2" };
	unsigned k = 7, n = 8;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(value_part(bad[i], 10, &k, &n), -1);
	assert_int_equal(k, 7);
	assert_int_equal(n, 8);
	assert_int_equal(value_part("10/10", 10, &k, &n), 0);
	assert_int_equal(k, 10);
	assert_int_equal(n, 10);
	assert_int_equal(value_part("1/1", 10, &k, &n), 0);
	assert_int_equal(k, 1);
	assert_int_equal(n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
