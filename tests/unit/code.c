/* Bytes as text and back. */
#include "record/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
test_hex_of_every_byte(void **state)
{
	struct buf b = BUF_INIT, want = BUF_INIT;
	unsigned char c, back;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		c = (unsigned char)i;
		code_put(&b, &c, 1, false);
		buf_printf(&want, "%02x", i);
		assert_int_equal(code_get_hex(b.data + 2 * i, 1, &back), 0);
		assert_int_equal(back, c);
	}
	assert_string_equal(buf_str(&b), buf_str(&want));
	buf_release(&b);
	buf_release(&want);
}

static void
test_hex_in_capitals(void **state)
{
	unsigned char p[4];

	(void)state;
	assert_int_equal(code_get_hex("DEadBEef", 4, p), 0);
	assert_memory_equal(p, "\xde\xad\xbe\xef", 4);
}

/* For every character that there is, in both places. */
static void
test_no_hex(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	unsigned char p;
	char s[2];
	int want;

	(void)state;
	for (int c = 1; c < 256; c++) {
		want = strchr(digits, c) ? 0 : -1;
		s[0] = (char)c;
		s[1] = '0';
		assert_int_equal(code_get_hex(s, 1, &p), want);
		assert_int_equal(code_is_hex(s, 2), !want);
		s[1] = s[0];
		s[0] = '0';
		assert_int_equal(code_get_hex(s, 1, &p), want);
		assert_int_equal(code_is_hex(s, 2), !want);
	}
}

/* RFC 4648, section 10. */
static void
test_base64_vectors(void **state)
{
	static const char *const want[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	struct buf b = BUF_INIT;
	unsigned char p[8];
	unsigned rest;

	(void)state;
	for (size_t len = 0; len <= 6; len++) {
		buf_clear(&b);
		code_put(&b, "foobar", len, true);
		assert_string_equal(buf_str(&b), want[len]);
		assert_int_equal(code_base64_bytes(b.data, b.len), len);
		assert_true(code_is_base64(b.data, b.len));
		assert_int_equal(code_get_base64(b.data, len, p, &rest), 0);
		assert_memory_equal(p, "foobar", len);
		assert_int_equal(rest, 0);
	}
	buf_release(&b);
}

static void
test_base64_of_every_digit(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf b = BUF_INIT;
	unsigned char p[48];
	unsigned rest;

	(void)state;
	assert_int_equal(code_get_base64(digits, sizeof(p), p, &rest), 0);
	code_put(&b, p, sizeof(p), true);
	assert_string_equal(buf_str(&b), digits);
	for (int c = 1; c < 256; c++) {
		char s[] = { 'A', 'A', 'A', (char)c };

		assert_int_equal(code_get_base64(s, 3, p, &rest),
		    strchr(digits, c) ? 0 : -1);
		assert_int_equal(code_is_base64(s, 4),
		    strchr(digits, c) || c == '=');
	}
	buf_release(&b);
}

static void
test_base64_in_its_own_place(void **state)
{
	char s[] = "Zm9vYmFy";
	unsigned rest;

	(void)state;
	assert_int_equal(code_get_base64(s, 6, (unsigned char *)s, &rest), 0);
	assert_memory_equal(s, "foobar", 6);
}

/* RFC 4648, section 3.5: "Zh==" and "Zm9=" are read as "Zg==" and "Zm8=" are,
 * but no encoder writes them. */
static void
test_base64_with_stray_bits(void **state)
{
	unsigned char p[2];
	unsigned rest;

	(void)state;
	assert_int_equal(code_get_base64("Zh==", 1, p, &rest), 0);
	assert_int_equal(rest, 1);
	assert_int_equal(p[0], 'f');
	assert_int_equal(code_get_base64("Zm9=", 2, p, &rest), 0);
	assert_int_equal(rest, 1);
	assert_memory_equal(p, "fo", 2);
	assert_int_equal(code_get_base64("Z/==", 1, p, &rest), 0);
	assert_int_equal(rest, 15);
}

static void
test_base64_bytes(void **state)
{
	(void)state;
	assert_int_equal(code_base64_bytes("", 0), 0);
	assert_int_equal(code_base64_bytes("Zm8", 3), 0);
	assert_int_equal(code_base64_bytes("Zm9vY", 5), 0);
	assert_int_equal(code_base64_bytes("====", 4), 1);
	assert_int_equal(code_base64_bytes("Zm=v", 4), 3);
}

static void
test_padding_ends_the_digits(void **state)
{
	(void)state;
	assert_true(code_is_base64("Zg======", 8));
	assert_true(code_is_base64("", 0));
	assert_false(code_is_base64("Zm=v", 4));
	assert_false(code_is_base64("Zm_v", 4));
	assert_false(code_is_hex("ff==", 4));
}

/* RFC 4648, section 10, and in small letters. */
static void
test_base32(void **state)
{
	(void)state;
	assert_true(code_is_base32("MZXW6YTBOI======", 16));
	assert_true(code_is_base32("mzxw6ytboi", 10));
	assert_false(code_is_base32("MZXW1", 5));
	assert_false(code_is_base32("MZXW8", 5));
	assert_false(code_is_base32("MZ=W", 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex_of_every_byte),
		cmocka_unit_test(test_hex_in_capitals),
		cmocka_unit_test(test_no_hex),
		cmocka_unit_test(test_base64_vectors),
		cmocka_unit_test(test_base64_of_every_digit),
		cmocka_unit_test(test_base64_in_its_own_place),
		cmocka_unit_test(test_base64_with_stray_bits),
		cmocka_unit_test(test_base64_bytes),
		cmocka_unit_test(test_padding_ends_the_digits),
		cmocka_unit_test(test_base32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
