/* Results as lines. */
#include "record/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "hasher/result.h"

static struct result
result_of(const char *path)
{
	struct result r = { .status = RESULT_OK, .size = 123, .digestlen = 4 };

	r.entry.name = path;
	r.entry.len = strlen(path);
	memcpy(r.digest, "\x00\x9f\xa0\xff", 4);
	return r;
}

static void
check(enum format_kind kind, bool base64, const struct result *r,
    const char *want)
{
	struct buf b = BUF_INIT, dir = BUF_INIT;
	const struct format f = { .kind = kind, .base64 = base64,
	    .end = '\n', .tag = "SHA512", .dir = &dir };

	format_result(&f, r, &b);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
	buf_release(&dir);
}

static void
check_path(enum format_kind kind, const char *path, const char *want)
{
	struct result r = result_of(path);

	check(kind, false, &r, want);
}

static void
test_tagged(void **state)
{
	(void)state;
	check_path(FORMAT_TAGGED, "a b", "SHA512 (a b) = 009fa0ff\n");
}

static void
test_untagged(void **state)
{
	(void)state;
	check_path(FORMAT_UNTAGGED, "a b", "009fa0ff  a b\n");
}

static void
test_json(void **state)
{
	(void)state;
	check_path(FORMAT_JSON, "a b",
	    "{\"path\":\"a b\",\"algorithm\":\"SHA512\","
	    "\"digest\":\"009fa0ff\",\"size\":123}\n");
}

#define FILE_OF_123 " type=file size=123 sha512digest=009fa0ff\n"

static void
test_mtree(void **state)
{
	struct result r = result_of("a b#=*?[]\\\n\377");

	(void)state;
	check(FORMAT_MTREE, false, &r, "./a\\040b\\043\\075\\052\\077\\133"
	    "\\135\\134\\012\\377" FILE_OF_123);
	check_path(FORMAT_MTREE, "./a", "./a" FILE_OF_123);
	check_path(FORMAT_MTREE, "/a/b", "\\057a/b" FILE_OF_123);
	check_path(FORMAT_MTREE, "../a/b", "../a/b" FILE_OF_123);
	check_path(FORMAT_MTREE, ".a/..b/c", "./.a type=dir\n"
	    "./.a/..b type=dir\n./.a/..b/c" FILE_OF_123);
	check_path(FORMAT_MTREE, "a//./b/../c/d", "./a type=dir\n"
	    "./a//./b/../c/d" FILE_OF_123);
}

static void
test_mode_and_time(void **state)
{
	struct result r = result_of("a");

	(void)state;
	r.entry.id.mode = S_IFREG | 04755;
	r.entry.id.mtime = ENTRY_NO_TIME;
	check(FORMAT_MTREE, false, &r, "./a type=file size=123 mode=4755 "
	    "sha512digest=009fa0ff\n");
	r.entry.id.mtime = 5000000007;
	check(FORMAT_MTREE, false, &r, "./a type=file size=123 mode=4755 "
	    "time=5.000000007 sha512digest=009fa0ff\n");
	r.entry.id.mtime = -1;
	r.entry.id.mode = S_IFREG;
	check(FORMAT_MTREE, false, &r, "./a type=file size=123 mode=0000 "
	    "time=-1.999999999 sha512digest=009fa0ff\n");
	r.entry.id.mtime = -2000000000;
	check(FORMAT_MTREE, false, &r, "./a type=file size=123 mode=0000 "
	    "time=-2.000000000 sha512digest=009fa0ff\n");
	r.entry.id.mode = S_IFIFO | 0644;
	check(FORMAT_MTREE, false, &r, "./a" FILE_OF_123);
}

/* Directories on the way are named once. */
static void
test_directories(void **state)
{
	static const char *const paths[] = { "d/a", "d/e/a", "d/e/b", "d/f/a",
	    "d/g", "de/a", "x", "./d/a" };
	struct buf b = BUF_INIT, dir = BUF_INIT;
	const struct format f = { .kind = FORMAT_MTREE, .tag = "SHA512",
	    .dir = &dir };

	(void)state;
	format_begin(&f, &b);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct result r = result_of(paths[i]);

		format_result(&f, &r, &b);
	}
	assert_string_equal(buf_str(&b), "#mtree\n. type=dir\n"
	    "./d type=dir\n./d/a" FILE_OF_123
	    "./d/e type=dir\n./d/e/a" FILE_OF_123 "./d/e/b" FILE_OF_123
	    "./d/f type=dir\n./d/f/a" FILE_OF_123 "./d/g" FILE_OF_123
	    "./de type=dir\n./de/a" FILE_OF_123 "./x" FILE_OF_123
	    "./d type=dir\n./d/a" FILE_OF_123);
	buf_release(&b);
	buf_release(&dir);
}

static void
test_what_a_format_can(void **state)
{
	struct format f = { .kind = FORMAT_MTREE, .tag = "SHA3-512" };
	struct buf b = BUF_INIT;

	(void)state;
	assert_false(format_can(&f));
	f.tag = "SHA1";
	assert_true(format_can(&f));
	f.kind = FORMAT_JSON;
	f.tag = "SHA3-512";
	assert_true(format_can(&f));
	format_begin(&f, &b);
	assert_int_equal(b.len, 0);
}

static void
test_escaped_lines_begin_with_a_backslash(void **state)
{
	(void)state;
	check_path(FORMAT_TAGGED, "a\n\\", "\\SHA512 (a\\n\\\\) = 009fa0ff\n");
	check_path(FORMAT_UNTAGGED, "a\rb", "\\009fa0ff  a\\rb\n");
}

static void
test_names_are_raw_in_lines_that_end_in_nul(void **state)
{
	static const char tagged[] = "SHA512 (a\n\\) = 009fa0ff";
	static const char untagged[] = "009fa0ff  a\n\\";
	static const char json[] = "{\"path\":\"a\\n\\\\\","
	    "\"algorithm\":\"SHA512\",\"digest\":\"009fa0ff\",\"size\":123}";
	struct format f = { .kind = FORMAT_TAGGED, .end = '\0',
	    .tag = "SHA512" };
	struct result r = result_of("a\n\\");
	struct buf b = BUF_INIT;

	(void)state;
	format_result(&f, &r, &b);
	assert_int_equal(b.len, sizeof(tagged));
	assert_memory_equal(b.data, tagged, sizeof(tagged));
	buf_clear(&b);
	f.kind = FORMAT_UNTAGGED;
	format_result(&f, &r, &b);
	assert_int_equal(b.len, sizeof(untagged));
	assert_memory_equal(b.data, untagged, sizeof(untagged));
	buf_clear(&b);
	f.kind = FORMAT_JSON;
	format_result(&f, &r, &b);
	assert_int_equal(b.len, sizeof(json));
	assert_memory_equal(b.data, json, sizeof(json));
	buf_release(&b);
}

static void
test_base64_in_every_kind(void **state)
{
	struct result r = result_of("f");

	(void)state;
	check(FORMAT_TAGGED, true, &r, "SHA512 (f) = AJ+g/w==\n");
	check(FORMAT_UNTAGGED, true, &r, "AJ+g/w==  f\n");
	check(FORMAT_JSON, true, &r,
	    "{\"path\":\"f\",\"algorithm\":\"SHA512\","
	    "\"digest\":\"AJ+g/w==\",\"size\":123}\n");
}

static void
test_failures_have_a_form_in_json_only(void **state)
{
	struct result r = result_of("f");

	(void)state;
	result_fail(&r, RESULT_CHANGED, 0);
	check(FORMAT_TAGGED, false, &r, "");
	check(FORMAT_UNTAGGED, false, &r, "");
	check(FORMAT_MTREE, false, &r, "");
	check(FORMAT_JSON, false, &r,
	    "{\"path\":\"f\",\"algorithm\":\"SHA512\","
	    "\"error\":\"file changed as we read it\"}\n");
}

static void
test_size_of_twenty_digits(void **state)
{
	struct result r = result_of("f");

	(void)state;
	r.size = UINT64_MAX;
	check(FORMAT_JSON, false, &r,
	    "{\"path\":\"f\",\"algorithm\":\"SHA512\","
	    "\"digest\":\"009fa0ff\",\"size\":18446744073709551615}\n");
	r.size = 0;
	check(FORMAT_JSON, false, &r,
	    "{\"path\":\"f\",\"algorithm\":\"SHA512\","
	    "\"digest\":\"009fa0ff\",\"size\":0}\n");
}

/* With identity, the line of a file that is known, and of one that lacks what. */
static void
check_identity(const struct result *r, const char *want)
{
	struct buf b = BUF_INIT;
	const struct format f = { .kind = FORMAT_JSON, .identity = true,
	    .end = '\n', .tag = "SHA512" };

	format_result(&f, r, &b);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

#define PLAIN "{\"path\":\"f\",\"algorithm\":\"SHA512\"," \
    "\"digest\":\"009fa0ff\",\"size\":123"

static void
test_identity(void **state)
{
	const struct entry_identity id = { .dev = 1, .ino = 2, .size = 123,
	    .mtime = -3, .ctime = 4, .mode = S_IFREG | 0644 };
	struct result r = result_of("f");

	(void)state;
	r.entry.id = id;
	r.entry.given = 5;
	check_identity(&r, PLAIN ",\"device\":1,\"inode\":2,\"mtime\":-3,"
	    "\"ctime\":4,\"read\":5}\n");
	r.entry.given = 0;
	check_identity(&r, PLAIN ",\"device\":1,\"inode\":2,\"mtime\":-3,"
	    "\"ctime\":4}\n");
	check(FORMAT_JSON, false, &r, PLAIN "}\n");
	r.entry.kind = ENTRY_STDIN;
	check_identity(&r, PLAIN "}\n");
	r.entry.kind = ENTRY_FOUND;
	r.entry.id.ino = 0;
	check_identity(&r, PLAIN "}\n");
	r.entry.id = id;
	r.entry.id.mode = S_IFIFO | 0644;
	check_identity(&r, PLAIN "}\n");
	r.entry.id = id;
	r.entry.id.mtime = ENTRY_NO_TIME;
	check_identity(&r, PLAIN "}\n");
	r.entry.id = id;
	r.entry.id.ctime = ENTRY_NO_TIME;
	check_identity(&r, PLAIN "}\n");
	r.entry.id = id;
	result_fail(&r, RESULT_CHANGED, 0);
	check_identity(&r, "{\"path\":\"f\",\"algorithm\":\"SHA512\","
	    "\"error\":\"file changed as we read it\"}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tagged),
		cmocka_unit_test(test_untagged),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_mtree),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_mode_and_time),
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_what_a_format_can),
		cmocka_unit_test(test_escaped_lines_begin_with_a_backslash),
		cmocka_unit_test(test_names_are_raw_in_lines_that_end_in_nul),
		cmocka_unit_test(test_base64_in_every_kind),
		cmocka_unit_test(test_failures_have_a_form_in_json_only),
		cmocka_unit_test(test_size_of_twenty_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
