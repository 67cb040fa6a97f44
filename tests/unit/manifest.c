/* record/manifest: every form of a line, and everything that is none. */
#include "record/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The digests of "abc" (FIPS 180-4, RFC 1321). */
#define HEX "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define UPPER "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D" \
    "39A2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F"
#define BASE64 "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj" \
    "/uu9RU1EI2Q86A4qmslPpUyknw=="
#define MD5 "900150983cd24fb0d6963f7d28e17f72"

static size_t
known_size(void *cookie, const char *tag, size_t len)
{
	if (cookie)
		++*(int *)cookie;
	if (len == 6 && !memcmp(tag, "SHA512", 6))
		return 64;
	if (len == 8 && !memcmp(tag, "SHA2-512", 8))
		return 64;
	if (len == 3 && !memcmp(tag, "MD5", 3))
		return 16;
	return len == 5 && !memcmp(tag, "LARGE", 5) ? 65 : 0;
}

/* One list under test; the line last read, in memory of exactly its size. */
struct list {
	struct manifest m;
	struct manifest_entry e;
	char *line;
};

static struct list
new_list(void)
{
	struct list l = { .m = { .digest_size = known_size,
	    .tag = "SHA512" } };

	return l;
}

static enum manifest_kind
read_bytes(struct list *l, const char *line, size_t len)
{
	free(l->line);
	l->line = malloc(len ? len : 1);
	assert_non_null(l->line);
	memcpy(l->line, line, len);
	return manifest_line(&l->m, l->line, len, &l->e);
}

static enum manifest_kind
read_line(struct list *l, const char *line)
{
	return read_bytes(l, line, strlen(line));
}

static void
assert_entry_is(struct list *l, const char *tag, const char *hex,
    const char *name)
{
	char digit[3];

	assert_int_equal(l->e.len, strlen(name));
	assert_memory_equal(l->e.name, name, l->e.len);
	assert_int_equal(l->e.taglen, strlen(tag));
	assert_memory_equal(l->e.tag, tag, l->e.taglen);
	assert_int_equal(l->e.want.digestlen * 2, strlen(hex));
	for (size_t i = 0; i < l->e.want.digestlen; i++) {
		snprintf(digit, sizeof(digit), "%02x", l->e.want.digest[i]);
		assert_memory_equal(digit, hex + 2 * i, 2);
	}
}

/* The line is the entry name, in a list of its own. */
static void
entry(const char *line, const char *name)
{
	struct list l = new_list();

	assert_int_equal(read_line(&l, line), MANIFEST_ENTRY);
	assert_entry_is(&l, "SHA512", HEX, name);
	free(l.line);
}

static void
is(enum manifest_kind kind, const char *line)
{
	struct list l = new_list();

	assert_int_equal(read_line(&l, line), kind);
	free(l.line);
}

static void
malformed(const char *line)
{
	is(MANIFEST_MALFORMED, line);
}

static void
test_untagged(void **state)
{
	(void)state;
	entry(HEX "  dir/f", "dir/f");
	entry(HEX " *f", "f");
	entry(HEX "\t f", "f");
	entry(UPPER "  f", "f");
	entry(BASE64 "  f", "f");
	entry(HEX "   f ", " f ");
	entry(" \t" HEX "  f", "f");
	entry(HEX "  SHA512 (f) = " HEX, "SHA512 (f) = " HEX);
}

static void
test_untagged_malformed(void **state)
{
	(void)state;
	malformed(HEX);
	malformed(HEX " ");
	malformed(HEX "f");
	malformed(HEX "0  f");
	malformed("dd  f");
	malformed("  f");
	malformed(MD5 "  f");
	malformed("x" HEX "  f");
	malformed("\357\273\277" HEX "  f");
	malformed("just words");
	malformed(" ");
}

static void
test_bad_digits(void **state)
{
	char line[] = HEX "  f", coded[] = BASE64 "  f";

	(void)state;
	line[127] = 'g';
	malformed(line);
	line[127] = '/';
	malformed(line);
	line[127] = ':';
	malformed(line);
	coded[10] = '-';
	malformed(coded);
	coded[10] = '=';
	malformed(coded);
}

/* Bits that no byte comes of, and characters that no bits come of: other
 * texts for the same digest. */
static void
test_base64_has_one_form(void **state)
{
	char line[] = BASE64 "  f", longer[sizeof(line) + 1];

	(void)state;
	snprintf(longer, sizeof(longer), "%.86sA==  f", line);
	malformed(longer);
	line[85] = 'x';
	malformed(line);
}

static void
test_tagged(void **state)
{
	(void)state;
	entry("SHA512 (dir/f) = " HEX, "dir/f");
	entry("SHA512 (f) = " UPPER, "f");
	entry("SHA512 (f) = " BASE64, "f");
	entry("SHA512(f)= " HEX, "f");
	entry("SHA512 (f)=" HEX, "f");
	entry("SHA512 (f) \t=\t " HEX, "f");
	entry(" \tSHA512 (f) = " HEX, "f");
	entry("SHA512 (a) = b) = " HEX, "a) = b");
	entry("SHA512 ((f) = " HEX, "(f");
	entry("SHA512 () = " HEX, "");
}

static void
test_tagged_malformed(void **state)
{
	(void)state;
	malformed("SHA512 (f) = " HEX " ");
	malformed("SHA512 (f) = " HEX "0");
	malformed("SHA512 (f) = " MD5);
	malformed("SHA512  (f) = " HEX);
	malformed("SHA512\t(f) = " HEX);
	malformed("SHA512 (f) " HEX);
	malformed("SHA512 (f) = ");
	malformed("SHA512 (f) =");
	malformed("SHA512 (f)");
	malformed("SHA512 (f = " HEX);
	malformed("SHA512 (");
	malformed("SHA512(");
	malformed("SHA512)");
	malformed("SHA512");
	malformed("SHA512 f");
	malformed("(f) = " HEX);
	malformed("WHIRLPOOL (f) = " HEX);
	malformed("LARGE (f) = " HEX "00");
}

static void
test_tag_decides_the_algorithm(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, "MD5 (f) = " MD5), MANIFEST_ENTRY);
	assert_entry_is(&l, "MD5", MD5, "f");
	assert_int_equal(read_line(&l, "SHA2-512(f)= " HEX), MANIFEST_ENTRY);
	assert_entry_is(&l, "SHA2-512", HEX, "f");
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_ENTRY);
	assert_entry_is(&l, "SHA512", HEX, "f");
	free(l.line);
}

static void
test_the_list_decides_without_a_tag(void **state)
{
	struct list l = new_list();

	(void)state;
	l.m.tag = "MD5";
	assert_int_equal(read_line(&l, MD5 "  f"), MANIFEST_ENTRY);
	assert_entry_is(&l, "MD5", MD5, "f");
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_MALFORMED);
	free(l.line);
}

/* Whoever answers may have to fetch an algorithm for it. */
static void
test_no_long_tag_is_asked_for(void **state)
{
	struct list l = new_list();
	int asked = 0;

	(void)state;
	l.m.cookie = &asked;
	read_line(&l, "A123456789012345678901234567890(f)=00");
	assert_int_equal(asked, 1);
	read_line(&l, "A1234567890123456789012345678901(f)=00");
	assert_int_equal(asked, 1);
	free(l.line);
}

static void
test_escaped_names(void **state)
{
	(void)state;
	entry("\\" HEX "  nl\\nx", "nl\nx");
	entry("\\" HEX "  b\\\\s\\r", "b\\s\r");
	entry(" \\" HEX "  f", "f");
	entry("\\SHA512 (nl\\nx) = " HEX, "nl\nx");
	entry(HEX "  b\\s\\n", "b\\s\\n");
	entry("SHA512 (b\\s) = " HEX, "b\\s");
	malformed("\\" HEX "  b\\s");
	malformed("\\" HEX "  b\\");
	malformed("\\SHA512 (b\\) = " HEX);
	malformed("\\\\" HEX "  f");
	malformed("\\");
}

static void
test_reversed(void **state)
{
	(void)state;
	entry(HEX " f", "f");
	entry(HEX "\tf", "f");
	entry(HEX "\t\tf", "\tf");
	entry(HEX "  ", " ");
	entry(HEX " *", "*");
	entry(HEX " (f) = " HEX, "(f) = " HEX);
}

static void
test_the_first_line_decides_reversed(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, HEX " f"), MANIFEST_ENTRY);
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_ENTRY);
	assert_entry_is(&l, "SHA512", HEX, " f");
	assert_int_equal(read_line(&l, HEX " *f"), MANIFEST_ENTRY);
	assert_entry_is(&l, "SHA512", HEX, "*f");
	free(l.line);
}

static void
test_the_first_line_decides_standard(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_ENTRY);
	assert_int_equal(read_line(&l, HEX " f"), MANIFEST_MALFORMED);
	assert_int_equal(read_line(&l, HEX "  "), MANIFEST_MALFORMED);
	assert_int_equal(read_line(&l, HEX " *f"), MANIFEST_ENTRY);
	free(l.line);
}

static void
test_other_lines_do_not_decide(void **state)
{
	struct list l = new_list();

	(void)state;
	read_line(&l, "SHA512 (f) = " HEX);
	read_line(&l, MD5 " f");
	read_line(&l, "{\"path\":\"f\",\"digest\":\"" HEX "\"}");
	assert_int_equal(l.m.order, MANIFEST_UNDECIDED);
	free(l.line);
}

static void
test_skipped(void **state)
{
	(void)state;
	is(MANIFEST_SKIP, "");
	is(MANIFEST_SKIP, "\r");
	is(MANIFEST_SKIP, "#" HEX "  f");
	malformed(" # not at the beginning");
}

static void
test_carriage_return(void **state)
{
	(void)state;
	entry("SHA512 (f) = " HEX "\r", "f");
	entry(HEX "  f\r", "f");
	entry(HEX "  f\r\r", "f\r");
	malformed("SHA512 (f) = " HEX "\r\r");
	malformed("\r\r");
}

static void
test_lines_are_counted(void **state)
{
	struct list l = new_list();

	(void)state;
	read_line(&l, "# comment");
	read_line(&l, "nonsense");
	read_line(&l, "");
	assert_true(l.m.line == 3);
	free(l.line);
}

static void
test_nul(void **state)
{
	static const char line[] = HEX "  a\0" HEX "  b";
	static const char comment[] = "# a\0" HEX "  b";
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_bytes(&l, line, sizeof(line) - 1), MANIFEST_NUL);
	assert_int_equal(read_bytes(&l, comment, sizeof(comment) - 1),
	    MANIFEST_NUL);
	assert_int_equal(read_bytes(&l, "\0", 1), MANIFEST_NUL);
	free(l.line);
}

static void
test_zero_has_raw_names(void **state)
{
	struct list l = new_list();

	(void)state;
	l.m.zero = true;
	assert_int_equal(read_line(&l, HEX "  a\nb\\n\r"), MANIFEST_ENTRY);
	assert_entry_is(&l, "SHA512", HEX, "a\nb\\n\r");
	assert_int_equal(read_line(&l, "SHA512 (a\n\\) = " HEX),
	    MANIFEST_ENTRY);
	assert_entry_is(&l, "SHA512", HEX, "a\n\\");
	assert_int_equal(read_line(&l, "\\" HEX "  a"), MANIFEST_MALFORMED);
	assert_int_equal(read_line(&l, "SHA512 (a) = " HEX "\r"),
	    MANIFEST_MALFORMED);
	free(l.line);
}

/* Two lines that are taken for one are no entry. */
static void
test_zero_reads_no_lines_of_text(void **state)
{
	struct list l = new_list();

	(void)state;
	l.m.zero = true;
	assert_int_equal(read_line(&l, "SHA512 (a) = " HEX "\nSHA512 (b) = "
	    HEX "\n"), MANIFEST_MALFORMED);
	free(l.line);
}

static void
test_stdin_is_not_in_itself(void **state)
{
	struct list l = new_list();

	(void)state;
	entry(HEX "  -", "-");
	l.m.is_stdin = true;
	assert_int_equal(read_line(&l, HEX "  -"), MANIFEST_MALFORMED);
	assert_int_equal(read_line(&l, "SHA512 (-) = " HEX),
	    MANIFEST_MALFORMED);
	assert_int_equal(read_line(&l, "{\"path\":\"-\",\"digest\":\"" HEX
	    "\"}"), MANIFEST_MALFORMED);
	assert_int_equal(read_line(&l, HEX "  ./-"), MANIFEST_ENTRY);
	assert_int_equal(read_line(&l, HEX "  -a"), MANIFEST_ENTRY);
	free(l.line);
}

#define MEMBERS "\"algorithm\":\"SHA512\",\"digest\":\"" HEX "\""

static void
test_json(void **state)
{
	(void)state;
	entry("{\"path\":\"f\"," MEMBERS ",\"size\":3}", "f");
	entry(" {\t" MEMBERS " , \"path\" : \"f\" } ", "f");
	entry("{\"path\":\"f\",\"digest\":\"" HEX "\"}", "f");
	entry("{\"path\":\"f\",\"digest\":\"" BASE64 "\"}\r", "f");
	entry("{\"path\":\"\\\\\\n\\u00e9\\ud83d\\ude00\"," MEMBERS "}",
	    "\\\n\303\251\360\237\230\200");
	entry("{\"path_base64\":\"/y8K\"," MEMBERS "}", "\377/\n");
	entry("{\"path_base64\":\"/w==\"," MEMBERS "}", "\377");
}

static void
test_json_passes_over_other_members(void **state)
{
	(void)state;
	entry("{\"mtime\":-1.5e+3,\"path\":\"f\",\"x\":{\"path\":[\"g\",{}]},"
	    MEMBERS ",\"pat\":\"g\",\"y\":null}", "f");
}

static void
test_json_tag(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, "{\"path\":\"f\",\"algorithm\":\"MD5\","
	    "\"digest\":\"" MD5 "\"}"), MANIFEST_ENTRY);
	assert_entry_is(&l, "MD5", MD5, "f");
	free(l.line);
	malformed("{\"path\":\"f\",\"algorithm\":\"WHIRLPOOL\",\"digest\":\""
	    HEX "\"}");
	malformed("{\"path\":\"f\",\"algorithm\":\"\",\"digest\":\"" HEX
	    "\"}");
	malformed("{\"path\":\"f\",\"algorithm\":\"SHA512\\u0000\","
	    "\"digest\":\"" HEX "\"}");
}

static void
test_json_asks_for_tags_only(void **state)
{
	struct list l = new_list();
	int asked = 0;

	(void)state;
	l.m.cookie = &asked;
	read_line(&l, "{\"path\":\"f\",\"algorithm\":\"A\\u0000\","
	    "\"digest\":\"" HEX "\"}");
	read_line(&l, "{\"path\":\"f\",\"algorithm\":"
	    "\"A1234567890123456789012345678901\",\"digest\":\"" HEX "\"}");
	assert_int_equal(asked, 0);
	read_line(&l, "{\"path\":\"f\",\"algorithm\":"
	    "\"A123456789012345678901234567890\",\"digest\":\"" HEX "\"}");
	assert_int_equal(asked, 1);
	free(l.line);
}

static void
test_json_size(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, "{\"path\":\"f\"," MEMBERS "}"),
	    MANIFEST_ENTRY);
	assert_false(l.e.want.has_size);
	assert_int_equal(read_line(&l, "{\"path\":\"f\"," MEMBERS
	    ",\"size\":18446744073709551615}"), MANIFEST_ENTRY);
	assert_true(l.e.want.has_size);
	assert_true(l.e.want.size == UINT64_MAX);
	free(l.line);
	malformed("{\"path\":\"f\"," MEMBERS ",\"size\":18446744073709551616}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"size\":-1}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"size\":1.0}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"size\":1e2}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"size\":\"3\"}");
}

static void
test_json_malformed(void **state)
{
	(void)state;
	malformed("{");
	malformed("{}");
	malformed("{" MEMBERS "}");
	malformed("{\"path\":\"f\"}");
	malformed("{\"path\":\"f\"," MEMBERS "} x");
	malformed("{\"path\":\"f\"," MEMBERS ",}");
	malformed("{\"path\":\"f\"," MEMBERS);
	malformed("{\"path\":3," MEMBERS "}");
	malformed("{\"path\":\"f\",\"digest\":\"" MD5 "\"}");
	malformed("[\"path\"]");
	malformed("\\{\"path\":\"f\"," MEMBERS "}");
}

/* Of two, another reader might believe the other. */
static void
test_json_member_twice(void **state)
{
	(void)state;
	malformed("{\"path\":\"f\",\"path\":\"g\"," MEMBERS "}");
	malformed("{\"path\":\"f\",\"path_base64\":\"Zg==\"," MEMBERS "}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"digest\":\"" HEX "\"}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"size\":1,\"size\":1}");
}

static void
test_json_names_without_nul(void **state)
{
	(void)state;
	malformed("{\"path\":\"a\\u0000b\"," MEMBERS "}");
	malformed("{\"path_base64\":\"YQBi\"," MEMBERS "}");
	malformed("{\"path_base64\":\"YQ=\"," MEMBERS "}");
	malformed("{\"path_base64\":\"\"," MEMBERS "}");
}

static void
test_json_error(void **state)
{
	(void)state;
	is(MANIFEST_NO_DIGEST, "{\"path\":\"f\",\"algorithm\":\"SHA512\","
	    "\"error\":\"Permission denied\"}");
	malformed("{\"error\":\"Permission denied\"}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"error\":\"no\"}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untagged),
		cmocka_unit_test(test_untagged_malformed),
		cmocka_unit_test(test_bad_digits),
		cmocka_unit_test(test_base64_has_one_form),
		cmocka_unit_test(test_tagged),
		cmocka_unit_test(test_tagged_malformed),
		cmocka_unit_test(test_tag_decides_the_algorithm),
		cmocka_unit_test(test_the_list_decides_without_a_tag),
		cmocka_unit_test(test_no_long_tag_is_asked_for),
		cmocka_unit_test(test_escaped_names),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_the_first_line_decides_reversed),
		cmocka_unit_test(test_the_first_line_decides_standard),
		cmocka_unit_test(test_other_lines_do_not_decide),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_carriage_return),
		cmocka_unit_test(test_lines_are_counted),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_zero_has_raw_names),
		cmocka_unit_test(test_zero_reads_no_lines_of_text),
		cmocka_unit_test(test_stdin_is_not_in_itself),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_passes_over_other_members),
		cmocka_unit_test(test_json_tag),
		cmocka_unit_test(test_json_asks_for_tags_only),
		cmocka_unit_test(test_json_size),
		cmocka_unit_test(test_json_malformed),
		cmocka_unit_test(test_json_member_twice),
		cmocka_unit_test(test_json_names_without_nul),
		cmocka_unit_test(test_json_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
