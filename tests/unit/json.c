/* record/json: a text of one value, and everything that is none; members. */
#include "record/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* A copy of text of exactly its size. */
static struct json
begin(const char *text, char **copy)
{
	size_t len = strlen(text);
	struct json j;

	*copy = malloc(len ? len : 1);
	assert_non_null(*copy);
	memcpy(*copy, text, len);
	j.at = *copy;
	j.end = *copy + len;
	return j;
}

static bool
is_value(const char *text)
{
	char *copy;
	struct json j = begin(text, &copy);
	bool is = json_skip(&j) && json_at_end(&j);

	free(copy);
	return is;
}

static void
string(const char *text, const char *want, size_t len)
{
	struct json_text t;
	char *copy;
	struct json j = begin(text, &copy);

	assert_true(json_string(&j, &t));
	assert_true(json_at_end(&j));
	assert_int_equal(t.len, len);
	assert_memory_equal(t.s, want, len);
	free(copy);
}

static void
no_string(const char *text)
{
	struct json_text t;
	char *copy;
	struct json j = begin(text, &copy);

	assert_false(json_string(&j, &t));
	free(copy);
}

static void
test_strings(void **state)
{
	(void)state;
	string("\"\"", "", 0);
	string(" \t\n\r\"a b\"", "a b", 3);
	string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
	string("\"\303\251\"", "\303\251", 2);
	string("\"\177\"", "\177", 1);
}

static void
test_code_points(void **state)
{
	(void)state;
	string("\"\\u0000\\u007F\"", "\0\177", 2);
	string("\"\\u00aA\\u00Ff\"", "\302\252\303\277", 4);
	string("\"\\u0080\\u07ff\"", "\302\200\337\277", 4);
	string("\"\\u0800\\uffff\"", "\340\240\200\357\277\277", 6);
	string("\"\\ud800\\udc00\\uDBFF\\uDFFF\"",
	    "\360\220\200\200\364\217\277\277", 8);
}

static void
test_broken_strings(void **state)
{
	(void)state;
	no_string("");
	no_string("a");
	no_string("\"");
	no_string("\"a");
	no_string("\"a\\");
	no_string("\"\\a\"");
	no_string("\"\n\"");
	no_string("\"\037\"");
	no_string("\"\377\"");
	no_string("\"\\u12\"");
	no_string("\"\\u123");
	no_string("\"\\u12g4\"");
}

static void
test_escaped_nul_byte(void **state)
{
	char text[] = "\"\\\0\"";
	struct json j = { text, text + sizeof(text) - 1 };
	struct json_text t;

	(void)state;
	assert_false(json_string(&j, &t));
}

static void
test_half_pairs(void **state)
{
	(void)state;
	no_string("\"\\ud800\"");
	no_string("\"\\udc00\"");
	no_string("\"\\ud800\\u0041\"");
	no_string("\"\\ud800\\ud800\"");
	no_string("\"\\ud800\\n\"");
	no_string("\"\\udc00\\ud800\"");
	no_string("\"\\ud800\\");
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_true(is_value("0"));
	assert_true(is_value("-0"));
	assert_true(is_value("10.25e-3"));
	assert_true(is_value("1E+2"));
	assert_false(is_value("01"));
	assert_false(is_value("-"));
	assert_false(is_value("+1"));
	assert_false(is_value(".5"));
	assert_false(is_value("1."));
	assert_false(is_value("1e"));
	assert_false(is_value("1e+"));
	assert_false(is_value("0x1"));
}

static void
test_values(void **state)
{
	(void)state;
	assert_true(is_value("true"));
	assert_true(is_value("false"));
	assert_true(is_value("null"));
	assert_true(is_value("[]"));
	assert_true(is_value("{}"));
	assert_true(is_value(" [ 1 , [ ] , { \"a\" : \"b\" , \"c\" : null } ] "));
}

static void
test_broken_values(void **state)
{
	(void)state;
	assert_false(is_value(""));
	assert_false(is_value("tru"));
	assert_false(is_value("truex"));
	assert_false(is_value("["));
	assert_false(is_value("[1"));
	assert_false(is_value("[1,]"));
	assert_false(is_value("[1 2]"));
	assert_false(is_value("[}"));
	assert_false(is_value("{\"a\"}"));
	assert_false(is_value("{\"a\":}"));
	assert_false(is_value("{1:2}"));
	assert_false(is_value("{\"a\":1,}"));
	assert_false(is_value("]"));
}

/* A list may hold a line of a billion "[". */
static void
test_depth_has_a_limit(void **state)
{
	char text[2 * (JSON_MAX_DEPTH + 1) + 1] = "";

	(void)state;
	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	assert_true(is_value(text));
	memset(text, '[', JSON_MAX_DEPTH + 1);
	memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
	assert_false(is_value(text));
}

static void
test_take(void **state)
{
	char *copy;
	struct json j = begin(" { ,", &copy);

	(void)state;
	assert_false(json_take(&j, '}'));
	assert_true(json_take(&j, '{'));
	assert_false(json_at_end(&j));
	assert_true(json_take(&j, ','));
	assert_true(json_at_end(&j));
	assert_false(json_take(&j, ','));
	free(copy);
}

static void
check_text(const char *text, const char *want)
{
	struct buf b = BUF_INIT;

	buf_putc(&b, '{');
	json_put_text(&b, "t", text);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_put_text(void **state)
{
	(void)state;
	check_text("", "{\"t\":\"\"");
	check_text("a\"b\\c/", "{\"t\":\"a\\\"b\\\\c/\"");
	check_text("\b\f\n\r\t", "{\"t\":\"\\b\\f\\n\\r\\t\"");
	check_text("\001x\037", "{\"t\":\"\\u0001x\\u001f\"");
	check_text("\177\303\251", "{\"t\":\"\177\303\251\"");
}

static void
check_path(const char *path, size_t len, const char *want)
{
	struct buf b = BUF_INIT;

	buf_putc(&b, '{');
	json_put_path(&b, "was", path, len);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_put_path(void **state)
{
	(void)state;
	check_path("\303\251\n", 3, "{\"was\":\"\303\251\\n\"");
	check_path("\377\376", 2, "{\"was_base64\":\"//4=\"");
	check_path("a\0b", 3, "{\"was\":\"a\\u0000b\"");
}

static void
test_put_members(void **state)
{
	static const unsigned char p[] = { 0x00, 0x9f, 0xa0, 0xff };
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "{}{");
	json_put_number(&b, "a", 0);
	json_put_number(&b, "b", UINT64_MAX);
	json_put_bytes(&b, "c", p, sizeof(p), false);
	json_put_bytes(&b, "d", p, sizeof(p), true);
	json_put_text(&b, "e", "{");
	json_put_text(&b, "f", "");
	json_put_signed(&b, "g", 0);
	json_put_signed(&b, "h", INT64_MIN);
	json_put_signed(&b, "i", INT64_MAX);
	assert_string_equal(buf_str(&b), "{}{\"a\":0,"
	    "\"b\":18446744073709551615,\"c\":\"009fa0ff\","
	    "\"d\":\"AJ+g/w==\",\"e\":\"{\",\"f\":\"\",\"g\":0,"
	    "\"h\":-9223372036854775808,\"i\":9223372036854775807");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_code_points),
		cmocka_unit_test(test_broken_strings),
		cmocka_unit_test(test_escaped_nul_byte),
		cmocka_unit_test(test_half_pairs),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_broken_values),
		cmocka_unit_test(test_depth_has_a_limit),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_put_text),
		cmocka_unit_test(test_put_path),
		cmocka_unit_test(test_put_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
