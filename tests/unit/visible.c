/* record/visible: any bytes as text in which nothing is hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "record/visible.h"

static void
becomes(enum visible_form form, const char *s, size_t len, const char *want)
{
	struct buf b = BUF_INIT;

	visible_put(&b, form, s, len);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

/* In both forms. */
static void
is(const char *s, const char *want)
{
	becomes(VISIBLE_MARKUP, s, strlen(s), want);
	becomes(VISIBLE_DATA, s, strlen(s), want);
	assert_int_equal(visible_is_all(s, strlen(s)), !strcmp(s, want));
}

static void
test_seen(void **state)
{
	(void)state;
	is("", "");
	is("a b~", "a b~");
	is("\xc2\xa1", "\xc2\xa1"); /* the first behind C1 and its blank */
	is("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80",
	    "\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80");
	is("\xef\xbf\xbd", "\xef\xbf\xbd"); /* U+FFFD */
	is("\xe1\x9a\x81", "\xe1\x9a\x81"); /* beside a blank */
	is("\xe2\xa0\x81", "\xe2\xa0\x81"); /* Braille with a dot */
}

static void
test_not_seen(void **state)
{
	(void)state;
	is("a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f");
	is("\x01\x1f", "\\x01\\x1f");
	is("\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\\xc2\\xa0");
	is("\xe1\x9a\x80", "\\xe1\\x9a\\x80");
	is("\xe2\x80\x80\xe2\x80\x8a", "\\xe2\\x80\\x80\\xe2\\x80\\x8a");
	is("\xe2\x80\xaf\xe2\x81\x9f", "\\xe2\\x80\\xaf\\xe2\\x81\\x9f");
	is("\xe3\x80\x80\xe2\xa0\x80", "\\xe3\\x80\\x80\\xe2\\xa0\\x80");
	is("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* turns the direction */
	is("\xef\xb7\x90\xef\xb7\xaf", "\\xef\\xb7\\x90\\xef\\xb7\\xaf");
	is("\xef\xbf\xbe\xef\xbf\xbf", "\\xef\\xbf\\xbe\\xef\\xbf\\xbf");
	is("\xf0\x9f\xbf\xbe", "\\xf0\\x9f\\xbf\\xbe");
	becomes(VISIBLE_MARKUP, "a\0b", 3, "a\\x00b");
}

static void
test_no_utf8(void **state)
{
	(void)state;
	is("\xff", "\\xff");
	is("\xc0\xaf", "\\xc0\\xaf");
	is("\xed\xa0\x80", "\\xed\\xa0\\x80");
	is("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	is("\xc3x", "\\xc3x");
	is("\xe6\x97", "\\xe6\\x97");
	becomes(VISIBLE_DATA, "\xe6\x97\xa5", 2, "\\xe6\\x97"); /* no further */
	is("\x80\xc3\xa9", "\\x80\xc3\xa9");
}

static void
test_escapes(void **state)
{
	static const char all[] = "\\&<>\"'%";

	(void)state;
	becomes(VISIBLE_MARKUP, all, sizeof(all) - 1,
	    "\\\\&amp;&lt;&gt;&quot;&#39;%");
	becomes(VISIBLE_DATA, all, sizeof(all) - 1, "\\\\&<>\"'%25");
	assert_true(visible_is_all(all, sizeof(all) - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_not_seen),
		cmocka_unit_test(test_no_utf8),
		cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
