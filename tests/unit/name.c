/* File names in checksum lines, there and back. */
#include "record/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define IS_UTF8(s) name_is_utf8(s, sizeof(s) - 1)

static void
check_escape(const char *name, const char *want)
{
	struct buf b = BUF_INIT;

	name_escape(&b, name, strlen(name));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_what_needs_escape(void **state)
{
	(void)state;
	assert_true(name_needs_escape("a\\b", 3));
	assert_true(name_needs_escape("a\n", 2));
	assert_true(name_needs_escape("\ra", 2));
	assert_false(name_needs_escape("a\tb \"'\377", 8));
	assert_false(name_needs_escape("", 0));
	assert_false(name_needs_escape("a\n", 1));
}

static void
test_escapes(void **state)
{
	(void)state;
	check_escape("b\\s", "b\\\\s");
	check_escape("nl\nx", "nl\\nx");
	check_escape("cr\r", "cr\\r");
	check_escape("\t\377 *", "\t\377 *");
}

static void
round_trip(const char *name, size_t len)
{
	struct buf b = BUF_INIT;

	name_escape(&b, name, len);
	assert_false(b.len && memchr(b.data, '\n', b.len));
	assert_false(b.len && memchr(b.data, '\r', b.len));
	assert_int_equal(name_unescape(b.data, &b.len), 0);
	assert_int_equal(b.len, len);
	assert_memory_equal(b.data, name, len);
	buf_release(&b);
}

static void
test_round_trip_of_every_byte(void **state)
{
	char name[3] = "x?y";

	(void)state;
	for (int c = 1; c < 256; c++) {
		name[1] = (char)c;
		if (c == '/')
			continue;
		round_trip(name + 1, 1);
		round_trip(name, 2);
		round_trip(name + 1, 2);
		round_trip(name, 3);
	}
}

static void
test_round_trip_of_random_names(void **state)
{
	static const char set[] = "\\\\\\\n\n\rnrx";
	uint32_t seed = 1;
	char name[24];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		size_t len = (size_t)i % sizeof(name) + 1;

		for (size_t k = 0; k < len; k++) {
			seed = seed * 1664525 + 1013904223;
			name[k] = set[(seed >> 16) % (sizeof(set) - 1)];
		}
		round_trip(name, len);
	}
}

static void
check_refused(const char *name)
{
	char copy[32];
	size_t len = strlen(name);

	memcpy(copy, name, len + 1);
	assert_int_equal(name_unescape(copy, &len), -1);
	assert_int_equal(len, strlen(name));
	assert_string_equal(copy, name);
}

static void
test_bad_escapes_are_refused_untouched(void **state)
{
	(void)state;
	check_refused("\\");
	check_refused("a\\n\\");
	check_refused("\\n\\t");
	check_refused("\\n\\0");
	check_refused("\\\\\\x");
}

static void
test_a_backslash_at_the_very_end_of_len(void **state)
{
	char name[] = "a\\n";
	size_t len = 2;

	(void)state;
	assert_int_equal(name_unescape(name, &len), -1);
}

static void
test_utf8(void **state)
{
	(void)state;
	assert_true(IS_UTF8(""));
	assert_true(IS_UTF8("plain \001 \177"));
	assert_true(IS_UTF8("\302\200 \337\277"));
	assert_true(IS_UTF8("\340\240\200 \357\277\277"));
	assert_true(IS_UTF8("\355\237\277 \356\200\200"));
	assert_true(IS_UTF8("\360\220\200\200 \364\217\277\277"));
}

static void
test_utf8_broken_or_cut_off(void **state)
{
	(void)state;
	assert_false(IS_UTF8("\200"));
	assert_false(IS_UTF8("a\377"));
	assert_false(IS_UTF8("\303"));
	assert_false(IS_UTF8("\303x"));
	assert_false(IS_UTF8("\342\202"));
	assert_false(IS_UTF8("\342\202x"));
	assert_false(IS_UTF8("\360\237\230"));
	assert_false(IS_UTF8("\360\237\230x"));
	assert_false(name_is_utf8("\303\251", 1));
}

static void
test_utf8_forbidden(void **state)
{
	(void)state;
	assert_false(IS_UTF8("\300\200"));         /* overlong, 2 */
	assert_false(IS_UTF8("\301\277"));
	assert_false(IS_UTF8("\340\237\277"));     /* overlong, 3 */
	assert_false(IS_UTF8("\360\217\277\277")); /* overlong, 4 */
	assert_false(IS_UTF8("\355\240\200"));     /* surrogate */
	assert_false(IS_UTF8("\364\220\200\200")); /* above U+10FFFF */
	assert_false(IS_UTF8("\365\200\200\200"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_needs_escape),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_round_trip_of_every_byte),
		cmocka_unit_test(test_round_trip_of_random_names),
		cmocka_unit_test(test_bad_escapes_are_refused_untouched),
		cmocka_unit_test(test_a_backslash_at_the_very_end_of_len),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_broken_or_cut_off),
		cmocka_unit_test(test_utf8_forbidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
