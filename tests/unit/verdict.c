/* record/verdict: every verdict, every text, every rule. */
#include "record/verdict.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "hasher/result.h"

static const struct manifest_want want = { .digestlen = 2,
    .digest = { 1, 2 } };
static const struct manifest_want want_sized = { .digestlen = 2,
    .digest = { 1, 2 }, .has_size = true, .size = 3 };

static const struct result same = { .status = RESULT_OK, .digestlen = 2,
    .digest = { 1, 2 }, .size = 3 };
static const struct result other = { .status = RESULT_OK, .digestlen = 2,
    .digest = { 1, 3 }, .size = 3 };
static const struct result longer = { .status = RESULT_OK, .digestlen = 3,
    .digest = { 1, 2, 3 }, .size = 3 };
static const struct result resized = { .status = RESULT_OK, .digestlen = 2,
    .digest = { 1, 2 }, .size = 4 };
static const struct result gone = { .status = RESULT_OPEN, .code = ENOENT };
static const struct result no_dir = { .status = RESULT_OPEN, .code = ENOTDIR };
static const struct result bad_read = { .status = RESULT_READ,
    .code = ENOENT };
static const struct result torn = { .status = RESULT_CHANGED };
static const struct result typed = { .status = RESULT_TYPE };
static const struct result lost = { .status = RESULT_LOST };

static const struct verdict_rules plain;
static const struct verdict_rules ignoring = { .ignore_missing = true };
static const struct verdict_rules strict = { .strict = true };
static const struct verdict_rules quiet = { .quiet = true };
static const struct verdict_rules silent = { .status = true };
static const struct verdict_rules warning = { .warn = true };
static const struct verdict_rules audit = { .audit = true };
static const struct verdict_rules audit_ignoring = { .audit = true,
    .ignore_missing = true };
static const struct verdict_rules audit_quiet = { .audit = true,
    .quiet = true };
static const struct verdict_rules audit_silent = { .audit = true,
    .status = true };

static void
test_check(void **state)
{
	const struct manifest_want none = { .digestlen = 0 };
	const struct result empty = { .status = RESULT_OK };

	(void)state;
	assert_int_equal(verdict_check(&plain, &want, &same), VERDICT_OK);
	assert_int_equal(verdict_check(&plain, &want, &other), VERDICT_CHANGED);
	assert_int_equal(verdict_check(&plain, &want, &longer),
	    VERDICT_CHANGED);
	assert_int_equal(verdict_check(&plain, &none, &empty), VERDICT_CHANGED);
}

static void
test_check_size(void **state)
{
	(void)state;
	assert_int_equal(verdict_check(&plain, &want_sized, &same),
	    VERDICT_OK);
	assert_int_equal(verdict_check(&plain, &want_sized, &resized),
	    VERDICT_CHANGED);
	assert_int_equal(verdict_check(&plain, &want, &resized), VERDICT_OK);
}

static void
test_check_unreadable(void **state)
{
	(void)state;
	assert_int_equal(verdict_check(&plain, &want, &gone),
	    VERDICT_UNREADABLE);
	assert_int_equal(verdict_check(&plain, &want, &torn),
	    VERDICT_UNREADABLE);
	assert_int_equal(verdict_check(&plain, &want, &lost),
	    VERDICT_UNREADABLE);
}

static void
test_check_ignores_only_what_does_not_exist(void **state)
{
	(void)state;
	assert_int_equal(verdict_check(&ignoring, &want, &gone),
	    VERDICT_MISSING);
	assert_int_equal(verdict_check(&ignoring, &want, &no_dir),
	    VERDICT_UNREADABLE);
	assert_int_equal(verdict_check(&ignoring, &want, &bad_read),
	    VERDICT_UNREADABLE);
	assert_int_equal(verdict_check(&ignoring, &want, &other),
	    VERDICT_CHANGED);
}

static void
check_line(const struct verdict_rules *rules, enum verdict v,
    const char *name, const char *text)
{
	const struct verdict_line l = { .verdict = v, .name = name,
	    .len = strlen(name) };
	struct buf b = BUF_INIT;

	if (verdict_told(rules, v))
		verdict_line(rules, &l, '\n', &b);
	assert_string_equal(buf_str(&b), text);
	buf_release(&b);
}

static void
test_check_lines(void **state)
{
	(void)state;
	check_line(&plain, VERDICT_OK, "f", "f: OK\n");
	check_line(&plain, VERDICT_CHANGED, "f", "f: FAILED\n");
	check_line(&plain, VERDICT_UNREADABLE, "f",
	    "f: FAILED open or read\n");
	check_line(&ignoring, VERDICT_MISSING, "f", "");
}

static void
test_check_lines_under_quiet(void **state)
{
	(void)state;
	check_line(&quiet, VERDICT_OK, "f", "");
	check_line(&quiet, VERDICT_CHANGED, "f", "f: FAILED\n");
	check_line(&quiet, VERDICT_UNREADABLE, "f",
	    "f: FAILED open or read\n");
}

static void
test_check_lines_under_status(void **state)
{
	(void)state;
	for (int v = 0; v < VERDICTS; v++)
		check_line(&silent, (enum verdict)v, "f", "");
}

static void
test_check_lines_are_safe_for_terminals(void **state)
{
	(void)state;
	check_line(&plain, VERDICT_OK, "sp ace", "'sp ace': OK\n");
	check_line(&plain, VERDICT_OK, "nl\nx", "'nl'$'\\n''x': OK\n");
	check_line(&plain, VERDICT_OK, "it's", "\"it's\": OK\n");
	check_line(&plain, VERDICT_OK, "\033[2J", "''$'\\033''[2J': OK\n");
	check_line(&plain, VERDICT_OK, "a: OK\nb", "'a: OK'$'\\n''b': OK\n");
}

static void
check_json(const struct verdict_rules *rules, struct verdict_line c,
    char end, const char *text)
{
	struct buf b = BUF_INIT;

	c.name = "f";
	c.len = 1;
	c.algorithm = "X";
	if (verdict_told(rules, c.verdict))
		verdict_json(rules, &c, end, &b);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(buf_str(&b), text, b.len);
	buf_release(&b);
}

static void
test_check_json(void **state)
{
	const struct manifest_want none = { .digestlen = 0 };
	struct verdict_line c = { .verdict = VERDICT_OK, .want = &want,
	    .found = &same };

	(void)state;
	check_json(&plain, c, '\n',
	    "{\"verdict\":\"OK\",\"path\":\"f\",\"algorithm\":\"X\"}\n");
	check_json(&quiet, c, '\n', "");
	c.verdict = VERDICT_CHANGED;
	c.found = &longer;
	check_json(&quiet, c, '\n', "{\"verdict\":\"FAILED\",\"path\":\"f\","
	    "\"algorithm\":\"X\",\"digest\":\"010203\",\"size\":3,"
	    "\"expected_digest\":\"0102\"}\n");
	c.want = &want_sized;
	c.found = &resized;
	check_json(&plain, c, '!', "{\"verdict\":\"FAILED\",\"path\":\"f\","
	    "\"algorithm\":\"X\",\"digest\":\"0102\",\"size\":4,"
	    "\"expected_digest\":\"0102\",\"expected_size\":3}!");
	c.want = &none;
	check_json(&plain, c, '\n', "{\"verdict\":\"FAILED\",\"path\":\"f\","
	    "\"algorithm\":\"X\",\"digest\":\"0102\",\"size\":4}\n");
	check_json(&silent, c, '\n', "");
	c.verdict = VERDICT_UNREADABLE;
	c.reason = "it \"is\"";
	check_json(&plain, c, '\n', "{\"verdict\":\"UNREADABLE\","
	    "\"path\":\"f\",\"algorithm\":\"X\",\"error\":"
	    "\"it \\\"is\\\"\"}\n");
	c.verdict = VERDICT_MISSING;
	check_json(&ignoring, c, '\n', "");
}

static void
test_malformed_line(void **state)
{
	struct manifest m = { .tag = "SHA512", .line = 3 };
	struct buf b = BUF_INIT;

	(void)state;
	verdict_malformed(&warning, &m, "standard input", &b);
	assert_string_equal(buf_str(&b), "'standard input': 3: improperly "
	    "formatted SHA512 checksum line");
	buf_clear(&b);
	verdict_malformed(&plain, &m, "list", &b);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
test_lines_are_counted(void **state)
{
	struct verdict_lines lines = { .malformed = 0 };

	(void)state;
	verdict_count_line(&lines, MANIFEST_ENTRY);
	verdict_count_line(&lines, MANIFEST_SKIP);
	assert_true(lines.malformed == 0);
	verdict_count_line(&lines, MANIFEST_MALFORMED);
	verdict_count_line(&lines, MANIFEST_NUL);
	verdict_count_line(&lines, MANIFEST_NO_DIGEST);
	verdict_count_line(&lines, MANIFEST_BARE);
	assert_true(lines.malformed == 4);
	assert_true(lines.nul == 1);
	assert_true(lines.no_digest == 1);
	assert_true(lines.bare == 1);
}

/* All that is said at the end of the list called "list", a line each. */
static void
check_end(const struct verdict_rules *rules, const struct verdict_counts *c,
    const char *text)
{
	struct buf all = BUF_INIT, b = BUF_INIT;
	unsigned n;

	for (n = 0; verdict_end(rules, c, false, "list", n, &b); n++) {
		if (b.len) {
			buf_put(&all, b.data, b.len);
			buf_putc(&all, '\n');
		}
		buf_clear(&b);
	}
	assert_string_equal(buf_str(&all), text);
	buf_release(&all);
	buf_release(&b);
}

static const struct verdict_counts all_ok = { .listed[VERDICT_OK] = 1 };
static const struct verdict_counts one_each = { .lines.malformed = 1,
    .listed[VERDICT_OK] = 1, .listed[VERDICT_CHANGED] = 1,
    .listed[VERDICT_MISSING] = 1, .listed[VERDICT_UNREADABLE] = 1 };
static const struct verdict_counts two_each = { .lines.malformed = 2,
    .listed[VERDICT_OK] = 2, .listed[VERDICT_CHANGED] = 2,
    .listed[VERDICT_MISSING] = 2, .listed[VERDICT_UNREADABLE] = 2 };
static const struct verdict_counts nothing = { .lines.malformed = 2 };
static const struct verdict_counts all_ignored = {
    .listed[VERDICT_MISSING] = 2 };
static const struct verdict_counts malformed_too = { .lines.malformed = 1,
    .listed[VERDICT_OK] = 1 };

static void
test_end_is_silent_when_all_is_well(void **state)
{
	(void)state;
	check_end(&plain, &all_ok, "");
}

static void
test_end_singular(void **state)
{
	(void)state;
	check_end(&plain, &one_each,
	    "WARNING: 1 line is improperly formatted\n"
	    "WARNING: 1 listed file could not be read\n"
	    "WARNING: 1 computed checksum did NOT match\n");
}

static void
test_end_plural(void **state)
{
	(void)state;
	check_end(&quiet, &two_each,
	    "WARNING: 2 lines are improperly formatted\n"
	    "WARNING: 2 listed files could not be read\n"
	    "WARNING: 2 computed checksums did NOT match\n");
}

static void
test_end_under_status(void **state)
{
	const struct verdict_counts nul = { .lines = { .malformed = 1,
	    .nul = 1 } };

	(void)state;
	check_end(&silent, &two_each, "");
	check_end(&silent, &nul,
	    "list: no properly formatted checksum lines found\n");
}

static void
test_end_of_a_list_without_entries(void **state)
{
	const struct verdict_counts empty = { .refused = 0 };

	(void)state;
	check_end(&plain, &nothing,
	    "list: no properly formatted checksum lines found\n");
	check_end(&ignoring, &empty,
	    "list: no properly formatted checksum lines found\n");
}

static void
test_end_without_a_match(void **state)
{
	const struct verdict_counts failed = { .listed[VERDICT_CHANGED] = 1 };

	(void)state;
	check_end(&ignoring, &all_ignored, "list: no file was verified\n");
	check_end(&ignoring, &failed,
	    "WARNING: 1 computed checksum did NOT match\n"
	    "list: no file was verified\n");
	check_end(&ignoring, &all_ok, "");
	check_end(&plain, &failed,
	    "WARNING: 1 computed checksum did NOT match\n");
}

static void
test_end_with_hints(void **state)
{
	const struct verdict_counts nul = { .lines = { .malformed = 1,
	    .nul = 1 } };
	const struct verdict_counts error = { .lines = { .malformed = 1,
	    .no_digest = 1 },
	    .listed[VERDICT_OK] = 1 };
	const struct verdict_counts bare = { .lines = { .malformed = 2,
	    .bare = 2 }, .listed[VERDICT_OK] = 1 };

	(void)state;
	check_end(&plain, &bare,
	    "WARNING: 2 lines are improperly formatted\n"
	    "list: a file without a digest (mtree -K sha512 writes one)\n");
	check_end(&plain, &nul,
	    "list: no properly formatted checksum lines found\n"
	    "list: NUL in a line (-z reads lists whose lines end with NUL)\n");
	check_end(&plain, &error,
	    "WARNING: 1 line is improperly formatted\n"
	    "list: an entry without a digest "
	    "(the file could not be read when the list was made)\n");
}

static void
test_list_is_quoted(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_true(verdict_end(&plain, &nothing, false,
	    "standard input", 0, &b));
	assert_string_equal(buf_str(&b), "'standard input': no properly "
	    "formatted checksum lines found");
	buf_release(&b);
}

static void
test_check_passed(void **state)
{
	const struct verdict_counts failed = { .listed[VERDICT_OK] = 1,
	    .listed[VERDICT_CHANGED] = 1 };
	const struct verdict_counts unreadable = { .listed[VERDICT_OK] = 1,
	    .listed[VERDICT_UNREADABLE] = 1 };
	const struct verdict_counts some_ignored = { .listed[VERDICT_OK] = 1,
	    .listed[VERDICT_MISSING] = 1 };

	(void)state;
	assert_true(verdict_passed(&plain, &all_ok));
	assert_false(verdict_passed(&plain, &failed));
	assert_false(verdict_passed(&plain, &unreadable));
	assert_false(verdict_passed(&plain, &nothing));
	assert_true(verdict_passed(&ignoring, &some_ignored));
	assert_false(verdict_passed(&ignoring, &all_ignored));
}

static void
test_check_passed_strictly(void **state)
{
	(void)state;
	assert_true(verdict_passed(&plain, &malformed_too));
	assert_false(verdict_passed(&strict, &malformed_too));
	assert_true(verdict_passed(&strict, &all_ok));
}

static void
test_audit(void **state)
{
	(void)state;
	assert_int_equal(verdict_audit(&want, &same), VERDICT_OK);
	assert_int_equal(verdict_audit(&want, &other), VERDICT_CHANGED);
	assert_int_equal(verdict_audit(&want_sized, &resized),
	    VERDICT_CHANGED);
	assert_int_equal(verdict_audit(&want, NULL), VERDICT_MISSING);
	assert_int_equal(verdict_audit(&want, &gone), VERDICT_MISSING);
	assert_int_equal(verdict_audit(&want, &typed), VERDICT_CHANGED);
	assert_int_equal(verdict_audit(NULL, &typed),
	    VERDICT_UNREADABLE);
	assert_int_equal(verdict_audit(NULL, &same), VERDICT_NEW);
	assert_int_equal(verdict_audit(&want, &torn),
	    VERDICT_UNREADABLE);
	assert_int_equal(verdict_audit(NULL, &lost), VERDICT_UNREADABLE);
	assert_int_equal(verdict_audit(NULL, &gone), VERDICT_UNREADABLE);
}

static void
audit_line(enum verdict v, const char *old, const char *name,
    const char *text)
{
	const struct verdict_line l = { .verdict = v, .old = old,
	    .oldlen = old ? strlen(old) : 0, .name = name,
	    .len = strlen(name) };
	struct buf b = BUF_INIT;

	verdict_line(&audit, &l, '\n', &b);
	assert_string_equal(buf_str(&b), text);
	buf_release(&b);
}

static void
test_audit_lines_that_end_in_nul(void **state)
{
	static const char moved[] = "MOVED a\nb\0c d";
	const struct verdict_line l = { .verdict = VERDICT_MOVED,
	    .old = "a\nb", .oldlen = 3, .name = "c d", .len = 3 };
	struct buf b = BUF_INIT;

	(void)state;
	verdict_line(&audit, &l, '\0', &b);
	assert_int_equal(b.len, sizeof(moved));
	assert_memory_equal(b.data, moved, sizeof(moved));
	buf_release(&b);
}

static void
test_audit_objects(void **state)
{
	const struct verdict_line moved = { .verdict = VERDICT_MOVED,
	    .old = "a\377", .oldlen = 2, .name = "b\n", .len = 2 };
	const struct verdict_line bad = { .verdict = VERDICT_UNREADABLE,
	    .name = "f", .len = 1, .reason = "Permission denied" };
	struct buf b = BUF_INIT;

	(void)state;
	verdict_json(&audit, &moved, '\n', &b);
	verdict_json(&audit, &bad, '\n', &b);
	assert_string_equal(buf_str(&b),
	    "{\"verdict\":\"MOVED\",\"old_path_base64\":\"Yf8=\","
	    "\"path\":\"b\\n\"}\n"
	    "{\"verdict\":\"UNREADABLE\",\"path\":\"f\","
	    "\"error\":\"Permission denied\"}\n");
	buf_release(&b);
}

static void
test_audit_objects_of_what_changed(void **state)
{
	struct verdict_line l = { .verdict = VERDICT_CHANGED,
	    .name = "f", .len = 1, .algorithm = "MD5", .want = &want_sized,
	    .found = &resized };
	struct buf b = BUF_INIT;

	(void)state;
	verdict_json(&audit, &l, '\n', &b);
	l.want = &want;
	l.found = &typed;
	l.reason = "no longer a regular file";
	verdict_json(&audit, &l, '\n', &b);
	l.verdict = VERDICT_OK;
	l.found = &same;
	l.reason = NULL;
	verdict_json(&audit, &l, '\n', &b);
	assert_string_equal(buf_str(&b),
	    "{\"verdict\":\"CHANGED\",\"path\":\"f\",\"algorithm\":\"MD5\","
	    "\"digest\":\"0102\",\"size\":4,\"expected_digest\":\"0102\","
	    "\"expected_size\":3}\n"
	    "{\"verdict\":\"CHANGED\",\"path\":\"f\",\"algorithm\":\"MD5\","
	    "\"expected_digest\":\"0102\",\"error\":"
	    "\"no longer a regular file\"}\n"
	    "{\"verdict\":\"OK\",\"path\":\"f\"}\n");
	buf_release(&b);
}

static void
test_audit_lines(void **state)
{
	(void)state;
	audit_line(VERDICT_OK, NULL, "f", "OK f\n");
	audit_line(VERDICT_CHANGED, NULL, "f", "CHANGED f\n");
	audit_line(VERDICT_MISSING, NULL, "f", "MISSING f\n");
	audit_line(VERDICT_NEW, NULL, "f", "NEW f\n");
	audit_line(VERDICT_UNREADABLE, NULL, "f", "UNREADABLE f\n");
	audit_line(VERDICT_MOVED, "a", "b", "MOVED a -> b\n");
}

static void
test_audit_lines_have_one_meaning(void **state)
{
	(void)state;
	audit_line(VERDICT_MOVED, "a -> b", "c\nd",
	    "MOVED 'a -> b' -> 'c'$'\\n''d'\n");
	audit_line(VERDICT_NEW, NULL, "a\nOK b",
	    "NEW 'a'$'\\n''OK b'\n");
}

/* All messages at the end of an audit that did not pass. */
static void
audit_end_under(const struct verdict_rules *rules,
    const struct verdict_counts *c, const char *text)
{
	struct buf all = BUF_INIT, b = BUF_INIT;
	unsigned n;

	for (n = 0; verdict_end(rules, c, false, "list", n, &b); n++) {
		if (b.len) {
			buf_put(&all, b.data, b.len);
			buf_putc(&all, '\n');
		}
		buf_clear(&b);
	}
	assert_string_equal(buf_str(&all), text);
	buf_release(&all);
	buf_release(&b);
}

static void
audit_end(const struct verdict_counts *c, const char *text)
{
	audit_end_under(&audit, c, text);
}

static void
test_audit_end_adds_up(void **state)
{
	const struct verdict_counts c = {
		.listed = { 4, 1, 1, 0, 2, 1 },
		.found[VERDICT_NEW] = 3,
		.found[VERDICT_UNREADABLE] = 5,
	};

	(void)state;
	audit_end(&c, "9 listed: 4 OK, 1 CHANGED, 1 MISSING, 2 MOVED, "
	    "1 UNREADABLE; not listed: 3 NEW, 5 UNREADABLE\n");
}

static void
test_audit_end_with_warnings(void **state)
{
	const struct verdict_counts c = {
		.lines = { .malformed = 3, .nul = 1, .no_digest = 1 },
		.refused = 1,
	};

	(void)state;
	audit_end(&c, "WARNING: 3 lines are improperly formatted\n"
	    "WARNING: 1 entry was refused\n"
	    "list: NUL in a line (-z reads lists whose lines end with NUL)\n"
	    "list: an entry without a digest "
	    "(the file could not be read when the list was made)\n"
	    "0 listed: 0 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; "
	    "not listed: 0 NEW, 0 UNREADABLE\n");
}

static void
test_audit_end_of_a_list_without_entries(void **state)
{
	const struct verdict_counts c = { .lines.malformed = 1 };

	(void)state;
	audit_end(&c, "list: no properly formatted checksum lines found\n"
	    "0 listed: 0 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; "
	    "not listed: 0 NEW, 0 UNREADABLE\n");
}

static void
test_audit_end_under_quiet(void **state)
{
	const struct verdict_counts c = { .listed = { 1 } };
	struct buf b = BUF_INIT;
	unsigned n;

	(void)state;
	audit_end_under(&audit_quiet, &c, "1 listed: 1 OK, 0 CHANGED, 0 MISSING, "
	    "0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE\n");
	for (n = 0; verdict_end(&audit_quiet, &c, true, "list", n, &b); n++)
		assert_int_equal(b.len, 0);
	assert_true(n > 0);
	buf_release(&b);
}

static void
test_audit_end_under_status(void **state)
{
	const struct verdict_counts c = { .listed = { 1, 1 },
	    .refused = 1,
	    .lines = { .malformed = 2, .nul = 1, .no_digest = 1 } };
	const struct verdict_counts none = { .refused = 0 };

	(void)state;
	audit_end_under(&audit_silent, &c, "");
	audit_end_under(&audit_silent, &none,
	    "list: no properly formatted checksum lines found\n");
}

static void
test_audit_sums_as_an_object(void **state)
{
	static const struct verdict_counts c = { .listed = { 1, 2, 3, 0, 4, 5 },
	    .found = { [VERDICT_NEW] = 6, [VERDICT_UNREADABLE] = 7 },
	    .refused = 8, .lines.malformed = 9 };
	struct buf b = BUF_INIT;

	(void)state;
	verdict_json_sums(&audit, &c, false, '\n', &b);
	assert_string_equal(buf_str(&b), "{\"summary\":{\"listed\":15,"
	    "\"ok\":1,\"changed\":2,\"missing\":3,\"new\":6,\"moved\":4,"
	    "\"unreadable\":12,\"refused\":8,\"malformed\":9,"
	    "\"passed\":false}}\n");
	buf_clear(&b);
	verdict_json_sums(&audit_quiet, &all_ok, true, '\n', &b);
	verdict_json_sums(&audit_silent, &c, false, '\n', &b);
	assert_int_equal(b.len, 0);
	verdict_json_sums(&audit_quiet, &c, false, '\0', &b);
	assert_string_equal(b.data + b.len - 3, "}}");
	buf_release(&b);
}

static void
test_audit_counts_what_is_wrong(void **state)
{
	static const struct verdict_counts c = { .listed = { 1, 2, 3, 0, 4, 5 },
	    .found = { [VERDICT_NEW] = 6, [VERDICT_UNREADABLE] = 7 } };

	(void)state;
	assert_int_equal(verdict_wrong(&audit, &c), 27);
	assert_int_equal(verdict_wrong(&audit_quiet, &c), 27);
	assert_int_equal(verdict_wrong(&audit_ignoring, &c), 24);
}

static void
test_audit_which_are_wrong(void **state)
{
	(void)state;
	for (int v = 0; v < VERDICTS; v++)
		assert_int_equal(verdict_is_wrong(&audit, (enum verdict)v),
		    v != VERDICT_OK);
	assert_false(verdict_is_wrong(&audit_ignoring, VERDICT_MISSING));
	assert_true(verdict_is_wrong(&audit_ignoring, VERDICT_NEW));
}

/* Which message is one of the sums, which a hint, and which a fault. */
static void
test_audit_end_kinds(void **state)
{
	static const struct verdict_counts c = {
		.listed[VERDICT_CHANGED] = 1,
		.lines = { .malformed = 3, .nul = 1, .no_digest = 1, .bare = 1 },
		.refused = 1,
		.guess = { "SHA512", "BLAKE2b" },
	};
	static const char *const begin[] = {
		[VERDICT_END_HINT] = "l: nothing matched",
		[VERDICT_END_SUMS] = "1 listed: ",
	};
	struct buf b = BUF_INIT;
	unsigned of[3] = { 0, 0, 0 };

	(void)state;
	for (unsigned n = 0; verdict_end(&audit, &c, false, "l", n, &b); n++) {
		enum verdict_end kind = verdict_end_kind(n);

		if (!b.len)
			continue;
		of[kind]++;
		if (begin[kind])
			assert_memory_equal(buf_str(&b), begin[kind],
			    strlen(begin[kind]));
		buf_clear(&b);
	}
	assert_int_equal(of[VERDICT_END_FAULT], 5);
	assert_int_equal(of[VERDICT_END_HINT], 1);
	assert_int_equal(of[VERDICT_END_SUMS], 1);
	buf_release(&b);
}

/* With all entries in other parts, a line that is none is the reason. */
static void
test_end_of_other_parts(void **state)
{
	static const struct verdict_counts c = { .other_parts = 1,
	    .lines.malformed = 1 };
	struct buf b = BUF_INIT;

	(void)state;
	for (unsigned n = 0; verdict_end(&plain, &c, false, "l", n, &b); n++)
		;
	assert_string_equal(buf_str(&b),
	    "WARNING: 1 line is improperly formatted");
	buf_release(&b);
}

static void
test_audit_tells(void **state)
{
	(void)state;
	for (int v = 0; v < VERDICTS; v++) {
		const enum verdict verdict = (enum verdict)v;

		assert_true(verdict_told(&plain, verdict));
		assert_false(verdict_told(&silent, verdict));
		assert_int_equal(verdict_told(&quiet, verdict),
		    v != VERDICT_OK);
		assert_int_equal(verdict_told(&ignoring, verdict),
		    v != VERDICT_MISSING);
	}
}

/* One of anything but OK is enough to fail, and so is nothing at all. */
static void
test_audit_passed(void **state)
{
	const struct verdict_counts ok = {
	    .listed[VERDICT_OK] = 2 };
	struct verdict_counts c = { .refused = 0 };

	(void)state;
	assert_true(verdict_passed(&audit, &ok));
	assert_false(verdict_passed(&audit, &c));
	for (int v = VERDICT_OK + 1; v < VERDICTS; v++) {
		c = ok;
		c.listed[v] = 1;
		assert_false(verdict_passed(&audit, &c));
		c = ok;
		c.found[v] = 1;
		assert_false(verdict_passed(&audit, &c));
	}
	c = ok;
	c.refused = 1;
	assert_false(verdict_passed(&audit, &c));
	c = ok;
	c.lines.malformed = 1;
	assert_false(verdict_passed(&audit, &c));
}

static void
test_audit_passed_without_what_is_missing(void **state)
{
	struct verdict_counts c = { .listed = { 1, 0, 1 } };

	(void)state;
	assert_true(verdict_passed(&audit_ignoring, &c));
	assert_false(verdict_passed(&audit, &c));
	c.listed[VERDICT_MOVED] = 1;
	assert_false(verdict_passed(&audit_ignoring, &c));
	c.listed[VERDICT_MOVED] = 0;
	c.listed[VERDICT_OK] = 0;
	assert_false(verdict_passed(&audit_ignoring, &c));
}

static void
assert_last_message(const struct verdict_counts *c,
    const struct verdict_rules *rules, const char *text)
{
	struct buf b = BUF_INIT, last = BUF_INIT;

	for (unsigned n = 0; verdict_end(rules, c, false, "l", n, &b); n++) {
		if (!b.len)
			continue;
		buf_clear(&last);
		buf_put(&last, b.data, b.len);
		buf_clear(&b);
	}
	assert_string_equal(buf_str(&last), text);
	buf_release(&b);
	buf_release(&last);
}

static void
test_a_wrong_guess(void **state)
{
	struct verdict_counts c = { .guess = { "X", "Y, Z" },
	    .listed[VERDICT_CHANGED] = 2 };
	struct verdict_counts a = { .guess = { "X", "Y" },
	    .listed[VERDICT_CHANGED] = 1 };
	struct buf b = BUF_INIT;
	unsigned n = 0;

	(void)state;
	assert_last_message(&c, &plain, "l: nothing matched as X; digests of "
	    "this length may also be Y, Z (-a says which)");
	assert_last_message(&c, &silent, "");
	c.listed[VERDICT_OK] = 1;
	assert_last_message(&c, &plain,
	    "WARNING: 2 computed checksums did NOT match");
	c.listed[VERDICT_OK] = 0;
	c.guess.others = NULL;
	assert_last_message(&c, &plain,
	    "WARNING: 2 computed checksums did NOT match");
	while (verdict_end(&audit, &a, false, "l", n++, &b) &&
	    !b.len)
		;
	assert_string_equal(buf_str(&b), "l: nothing matched as X; digests of "
	    "this length may also be Y (-a says which)");
	buf_release(&b);
}

static void
test_other_lists(void **state)
{
	(void)state;
	for (int k = MANIFEST_ENTRY; k < MANIFEST_HASHDEEP; k++)
		assert_null(verdict_other_list((enum manifest_kind)k));
	assert_non_null(verdict_other_list(MANIFEST_HASHDEEP));
	assert_non_null(verdict_other_list(MANIFEST_SFV));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_size),
		cmocka_unit_test(test_check_unreadable),
		cmocka_unit_test(test_check_ignores_only_what_does_not_exist),
		cmocka_unit_test(test_check_lines),
		cmocka_unit_test(test_check_lines_under_quiet),
		cmocka_unit_test(test_check_lines_under_status),
		cmocka_unit_test(test_check_lines_are_safe_for_terminals),
		cmocka_unit_test(test_check_json),
		cmocka_unit_test(test_a_wrong_guess),
		cmocka_unit_test(test_other_lists),
		cmocka_unit_test(test_malformed_line),
		cmocka_unit_test(test_lines_are_counted),
		cmocka_unit_test(test_end_is_silent_when_all_is_well),
		cmocka_unit_test(test_end_singular),
		cmocka_unit_test(test_end_plural),
		cmocka_unit_test(test_end_under_status),
		cmocka_unit_test(test_end_of_a_list_without_entries),
		cmocka_unit_test(test_end_without_a_match),
		cmocka_unit_test(test_end_with_hints),
		cmocka_unit_test(test_list_is_quoted),
		cmocka_unit_test(test_check_passed),
		cmocka_unit_test(test_check_passed_strictly),
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_audit_lines),
		cmocka_unit_test(test_audit_lines_that_end_in_nul),
		cmocka_unit_test(test_audit_objects),
		cmocka_unit_test(test_audit_objects_of_what_changed),
		cmocka_unit_test(test_audit_lines_have_one_meaning),
		cmocka_unit_test(test_audit_end_adds_up),
		cmocka_unit_test(test_audit_end_with_warnings),
		cmocka_unit_test(test_audit_end_of_a_list_without_entries),
		cmocka_unit_test(test_audit_end_under_quiet),
		cmocka_unit_test(test_audit_end_under_status),
		cmocka_unit_test(test_audit_sums_as_an_object),
		cmocka_unit_test(test_audit_counts_what_is_wrong),
		cmocka_unit_test(test_audit_which_are_wrong),
		cmocka_unit_test(test_audit_end_kinds),
		cmocka_unit_test(test_end_of_other_parts),
		cmocka_unit_test(test_audit_tells),
		cmocka_unit_test(test_audit_passed),
		cmocka_unit_test(test_audit_passed_without_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
