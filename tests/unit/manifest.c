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

/* Who answers for the list. */
struct known {
	const char *plain;      /* the algorithm of lines without a tag */
	int asked;              /* for tags */
	char tag[MANIFEST_TAG_MAX + 1]; /* the last of them */
	size_t bytes;           /* of its digest */
};

enum { SHA512, MD5_128, LARGE, TWO, UNKNOWN = -7 };

static const struct manifest_algorithm algorithms[] = {
	{ SHA512, 64, "SHA512" }, { SHA512, 64, "SHA2-512" },
	{ MD5_128, 16, "MD5" }, { LARGE, 65, "LARGE" }, { TWO, 2, "TWO" },
	{ UNKNOWN, 2, "NOBODY" },
};

static struct manifest_algorithm
known(void *cookie, const char *tag, size_t len, size_t bytes,
    bool base64)
{
	const struct manifest_algorithm unknown = { .number = UNKNOWN };
	struct known *k = cookie;

	(void)base64;
	if (tag) {
		k->asked++;
		k->bytes = bytes;
		memcpy(k->tag, tag, len);
		k->tag[len] = '\0';
	} else {
		tag = k->plain;
		len = strlen(tag);
	}
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (strlen(algorithms[i].tag) == len &&
		    !memcmp(tag, algorithms[i].tag, len))
			return algorithms[i];
	return unknown;
}

/* One list under test; the line last read, in memory of exactly its size. */
struct list {
	struct manifest m;
	struct manifest_entry e;
	struct known k;
	char *line;
};

static struct list
new_list(void)
{
	struct list l = { .m = { .algorithm = known },
	    .k = { .plain = "SHA512" } };

	return l;
}

static enum manifest_kind
read_bytes(struct list *l, const char *line, size_t len)
{
	free(l->line);
	l->m.cookie = &l->k;
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
assert_entry_is(struct list *l, int algorithm, const char *hex,
    const char *name)
{
	char digit[3];

	assert_int_equal(l->e.len, strlen(name));
	assert_memory_equal(l->e.name, name, l->e.len);
	assert_int_equal(l->e.algorithm, algorithm);
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
	assert_entry_is(&l, SHA512, HEX, name);
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

/* The line is an entry whose digest no file has. */
static void
impossible(const char *line)
{
	struct list l = new_list();

	assert_int_equal(read_line(&l, line), MANIFEST_ENTRY);
	assert_int_equal(l.e.algorithm, SHA512);
	assert_int_equal(l.e.want.digestlen, 0);
	free(l.line);
}

/* The line is an entry of an algorithm that nobody here can compute. */
static void
foreign(const char *line, const char *tag, const char *name)
{
	struct list l = new_list();

	assert_int_equal(read_line(&l, line), MANIFEST_ENTRY);
	assert_int_equal(l.e.algorithm, UNKNOWN);
	assert_int_equal(l.e.want.digestlen, 0);
	assert_string_equal(l.k.tag, tag);
	assert_int_equal(l.e.len, strlen(name));
	assert_memory_equal(l.e.name, name, l.e.len);
	free(l.line);
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

/* Bits that no byte comes of, and other padding: other texts for the same
 * digest, or none. cksum takes them for entries, too. */
static void
test_base64_that_no_digest_has(void **state)
{
	char line[] = BASE64 "  f", tagged[] = "SHA512 (f) = " BASE64;
	char longer[sizeof(line) + 1];

	(void)state;
	snprintf(longer, sizeof(longer), "%.86sA==  f", line);
	malformed(longer);
	line[85] = 'x';
	impossible(line);
	tagged[13 + 86] = 'A';
	impossible(tagged);
	line[86] = 'A';
	impossible(line);
	line[87] = 'A';
	impossible(line);
	memset(line, '=', 88);
	impossible(line);
	line[87] = '.';
	malformed(line);
	line[87] = '=';
	line[3] = 'A';
	malformed(line);
}

static void
test_short_digests_are_hex_where_they_can_be(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, "TWO (f) = 0123"), MANIFEST_ENTRY);
	assert_entry_is(&l, TWO, "0123", "f");
	assert_int_equal(read_line(&l, "TWO (f) = ASM="), MANIFEST_ENTRY);
	assert_entry_is(&l, TWO, "0123", "f");
	free(l.line);
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
	entry("SHA512     (f) = " HEX, "f");
}

static void
test_tagged_malformed(void **state)
{
	(void)state;
	malformed("SHA512 (f) = " HEX " ");
	malformed("SHA512 (f) = " HEX "0");
	malformed("SHA512 (f) = " MD5);
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
	malformed("LARGE (f) = " HEX "00");
}

static void
test_algorithms_that_cannot_be_computed(void **state)
{
	(void)state;
	foreign("WHIRLPOOL (f) = " HEX, "WHIRLPOOL", "f");
	foreign("WHIRLPOOL(f)= " UPPER, "WHIRLPOOL", "f");
	foreign("BLAKE2b-256 (f) = " BASE64, "BLAKE2b-256", "f");
	foreign("CRC32    (f) = 01234567", "CRC32", "f");
	foreign("SKEIN1024 (f) = " HEX HEX, "SKEIN1024", "f");
	foreign("TTH (f) = LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNQ", "TTH",
	    "f");
	foreign("\\X (a\\nb) = " MD5 "\r", "X", "a\nb");
	/* the tag says that it is so short */
	foreign("BLAKE2b-8 (f) = ff", "BLAKE2b-8", "f");
	foreign("X-24 (f) = /w+A", "X-24", "f");
	/* a tag begins with a letter: any */
	foreign("ADLER32 (f) = 01234567", "ADLER32", "f");
	foreign("z (f) = " HEX, "z", "f");
	malformed("_X (f) = " HEX);
	malformed("1X (f) = " HEX);
}

static void
test_what_is_no_entry_of_an_unknown_algorithm(void **state)
{
	(void)state;
	malformed("X (f) = 012345");
	malformed("X (f) = 012345678");
	malformed("X (f) = " HEX HEX "00");
	malformed("X (f) = " HEX " ");
	malformed("X (f) = " HEX "g");
	malformed("X (f) = no digest");
	malformed("X (f) = ");
	malformed("X (f) = ====");
	malformed("X (f) = LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLN1");
	malformed("X (f) " HEX);
	malformed("X f = " HEX);
	malformed("7 (f) = " HEX);
	malformed("-X (f) = " HEX);
	malformed("X Y (f) = " HEX);
	malformed("\\X (a\\b) = " HEX);
	malformed("BLAKE2b-16 (f) = ff");
	malformed("BLAKE2b-100000000000000000008 (f) = ff");
	malformed("8 (f) = ff");
}

/* A digest that might be a tag is one. */
static void
test_a_short_plain_digest_before_a_parenthesis(void **state)
{
	struct list l = new_list();

	(void)state;
	l.k.plain = "TWO";
	assert_int_equal(read_line(&l, "abcd (f) = 01234567"), MANIFEST_ENTRY);
	assert_entry_is(&l, TWO, "abcd", "(f) = 01234567");
	free(l.line);
}

/* What the tag leaves open, the digest may tell. */
static void
test_the_bytes_of_a_digest_are_told(void **state)
{
	struct list l = new_list();

	(void)state;
	read_line(&l, "X (f) = " HEX);
	assert_int_equal(l.k.bytes, 64);
	read_line(&l, "X (f) = " BASE64);
	assert_int_equal(l.k.bytes, 64);
	read_line(&l, "X (f) = abcdef01");
	assert_int_equal(l.k.bytes, 4);
	read_line(&l, "X (f) = abc=");
	assert_int_equal(l.k.bytes, 2);
	read_line(&l, "X (f) = abcde");
	assert_int_equal(l.k.bytes, 0);
	read_line(&l, "X (f");
	assert_int_equal(l.k.bytes, 0);
	free(l.line);
}

/* The tag of a malformed line is named, where it is known. */
static void
test_the_tag_for_messages(void **state)
{
	struct list l = new_list();

	(void)state;
	l.k.plain = "MD5";
	read_line(&l, "junk");
	assert_string_equal(l.m.tag, "MD5");
	read_line(&l, "SHA2-512 (f) = 00");
	assert_string_equal(l.m.tag, "SHA2-512");
	read_line(&l, "X (f) = 00");
	assert_string_equal(l.m.tag, "MD5");
	read_line(&l, "{\"path\":\"f\",\"algorithm\":\"SHA512\","
	    "\"digest\":\"00\"}");
	assert_string_equal(l.m.tag, "SHA512");
	read_bytes(&l, "SHA512\0", 7);
	assert_string_equal(l.m.tag, "MD5");
	free(l.line);
}

static void
test_a_byte_order_mark(void **state)
{
	struct list l = new_list();

	(void)state;
	entry("\357\273\277" HEX "  f", "f");
	entry("\357\273\277SHA512 (f) = " HEX, "f");
	is(MANIFEST_SKIP, "\357\273\277");
	is(MANIFEST_SKIP, "\357\273\277# " HEX "  f");
	malformed("\357\273" HEX "  f");
	malformed("\357\273\277\357\273\277" HEX "  f");
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_ENTRY);
	assert_int_equal(read_line(&l, "\357\273\277" HEX "  f"),
	    MANIFEST_MALFORMED);
	free(l.line);
}

static void
test_lists_of_other_kinds(void **state)
{
	struct list l = new_list(), sfv = new_list();

	(void)state;
	is(MANIFEST_HASHDEEP, "%%%% HASHDEEP-1.0");
	is(MANIFEST_HASHDEEP, "\357\273\277%%%% HASHDEEP-1.0\r");
	is(MANIFEST_SFV, "; Generated by cksfv v1.3");
	malformed("%%%% size,md5,filename");
	malformed("; " HEX);
	malformed("f 01234567");
	assert_int_equal(read_line(&l, ""), MANIFEST_SKIP);
	assert_int_equal(read_line(&l, "%%%% HASHDEEP-1.0"),
	    MANIFEST_MALFORMED);
	free(l.line);
	sfv.m.is_sfv = true;
	assert_int_equal(read_line(&sfv, "f 01234567"), MANIFEST_SFV);
	free(sfv.line);
}

static void
test_tag_decides_the_algorithm(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, "MD5 (f) = " MD5), MANIFEST_ENTRY);
	assert_entry_is(&l, MD5_128, MD5, "f");
	assert_int_equal(read_line(&l, "SHA2-512(f)= " HEX), MANIFEST_ENTRY);
	assert_entry_is(&l, SHA512, HEX, "f");
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_ENTRY);
	assert_entry_is(&l, SHA512, HEX, "f");
	free(l.line);
}

static void
test_the_list_decides_without_a_tag(void **state)
{
	struct list l = new_list();

	(void)state;
	l.k.plain = "MD5";
	assert_int_equal(read_line(&l, MD5 "  f"), MANIFEST_ENTRY);
	assert_entry_is(&l, MD5_128, MD5, "f");
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_MALFORMED);
	free(l.line);
}

/* Whoever answers may have to fetch an algorithm for it. */
static void
test_no_long_tag_is_asked_for(void **state)
{
	struct list l = new_list();

	(void)state;
	read_line(&l, "A123456789012345678901234567890(f)=00");
	assert_int_equal(l.k.asked, 1);
	read_line(&l, "A1234567890123456789012345678901(f)=00");
	assert_int_equal(l.k.asked, 1);
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

/* It may be no digest at all. */
static void
test_an_unknown_digest_decides_no_order(void **state)
{
	struct list l = new_list();

	(void)state;
	l.k.plain = "NOBODY";
	assert_int_equal(read_line(&l, "beef name"), MANIFEST_ENTRY);
	assert_int_equal(l.m.order, MANIFEST_UNDECIDED);
	assert_int_equal(l.e.len, 4);
	assert_int_equal(read_line(&l, "beef  name"), MANIFEST_ENTRY);
	assert_int_equal(l.m.order, MANIFEST_UNDECIDED);
	assert_int_equal(l.e.len, 4);
	l.k.plain = "TWO";
	assert_int_equal(read_line(&l, "beef  name"), MANIFEST_ENTRY);
	assert_int_equal(l.m.order, MANIFEST_STANDARD);
	l.k.plain = "NOBODY";
	assert_int_equal(read_line(&l, "beef name"), MANIFEST_MALFORMED);
	free(l.line);
}

static void
test_the_first_line_decides_reversed(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, HEX " f"), MANIFEST_ENTRY);
	assert_int_equal(read_line(&l, HEX "  f"), MANIFEST_ENTRY);
	assert_entry_is(&l, SHA512, HEX, " f");
	assert_int_equal(read_line(&l, HEX " *f"), MANIFEST_ENTRY);
	assert_entry_is(&l, SHA512, HEX, "*f");
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
form(const char *line, enum format_kind form, bool base64)
{
	struct list l = new_list();

	assert_int_equal(read_line(&l, line), MANIFEST_ENTRY);
	assert_int_equal(l.e.form, form);
	assert_int_equal(l.e.base64, base64);
	free(l.line);
}

static void
test_forms(void **state)
{
	(void)state;
	form(HEX "  f", FORMAT_UNTAGGED, false);
	form(BASE64 "  f", FORMAT_UNTAGGED, true);
	form("SHA512 (f) = " HEX, FORMAT_TAGGED, false);
	form("SHA512 (f) = " BASE64, FORMAT_TAGGED, true);
	form("{\"path\":\"f\",\"digest\":\"" HEX "\"}", FORMAT_JSON, false);
	form("{\"path\":\"f\",\"digest\":\"" BASE64 "\"}", FORMAT_JSON,
	    true);
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
	assert_entry_is(&l, SHA512, HEX, "a\nb\\n\r");
	assert_int_equal(read_line(&l, "SHA512 (a\n\\) = " HEX),
	    MANIFEST_ENTRY);
	assert_entry_is(&l, SHA512, HEX, "a\n\\");
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
	entry("{\"path_base64\":\"/x==\"," MEMBERS "}", "\377");
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
	assert_entry_is(&l, MD5_128, MD5, "f");
	free(l.line);
}

static void
test_json_tag_unknown(void **state)
{
	(void)state;
	foreign("{\"path\":\"f\",\"algorithm\":\"WHIRLPOOL\",\"digest\":\""
	    HEX "\"}", "WHIRLPOOL", "f");
	foreign("{\"path\":\"f\",\"algorithm\":\"\",\"digest\":\"" HEX
	    "\"}", "", "f");
	foreign("{\"path\":\"f\",\"algorithm\":\"SHA512\\u0000\","
	    "\"digest\":\"" HEX "\"}", "", "f");
	foreign("{\"path\":\"f\",\"algorithm\":\"a-1\",\"digest\":\"" BASE64
	    "\",\"size\":1}", "a-1", "f");
	malformed("{\"path\":\"f\",\"algorithm\":\"X\",\"digest\":\"no\"}");
	malformed("{\"path\":\"f\",\"algorithm\":\"X\",\"digest\":\"\"}");
	malformed("{\"algorithm\":\"X\",\"digest\":\"" HEX "\"}");
	impossible("{\"path\":\"f\",\"digest\":\"3a81oZNherrMQXNJriBBMRLm+k6J"
	    "qX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknx==\"}");
}

static void
test_json_asks_for_tags_only(void **state)
{
	struct list l = new_list();

	(void)state;
	read_line(&l, "{\"path\":\"f\",\"algorithm\":\"A\\u0000\","
	    "\"digest\":\"" HEX "\"}");
	assert_string_equal(l.k.tag, "");
	read_line(&l, "{\"path\":\"f\",\"algorithm\":"
	    "\"A1234567890123456789012345678901\",\"digest\":\"" HEX "\"}");
	assert_string_equal(l.k.tag, "");
	read_line(&l, "{\"path\":\"f\",\"algorithm\":"
	    "\"A123456789012345678901234567890\",\"digest\":\"" HEX "\"}");
	assert_string_equal(l.k.tag, "A123456789012345678901234567890");
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

#define FILE_MEMBERS "\"device\":18446744073709551615,\"inode\":7,\"mtime\":-8," \
    "\"ctime\":9223372036854775807,\"read\":10"

/* The line is an entry; does it say which file it was? */
static void
says_file(const char *members, bool known)
{
	struct list l = new_list();
	char line[1024];

	(void)snprintf(line, sizeof(line), "{\"path\":\"f\"," MEMBERS ",%s}",
	    members);
	assert_int_equal(read_line(&l, line), MANIFEST_ENTRY);
	assert_int_equal(l.e.file.known, known);
	free(l.line);
}

static void
test_json_identity(void **state)
{
	struct list l = new_list();

	(void)state;
	assert_int_equal(read_line(&l, "{" FILE_MEMBERS ",\"path\":\"f\"," MEMBERS
	    "}"), MANIFEST_ENTRY);
	assert_true(l.e.file.known);
	assert_true(l.e.file.dev == UINT64_MAX);
	assert_int_equal(l.e.file.ino, 7);
	assert_int_equal(l.e.file.mtime, -8);
	assert_true(l.e.file.ctime == INT64_MAX);
	assert_int_equal(l.e.file.read, 10);
	assert_int_equal(read_line(&l, "{\"path\":\"f\"," MEMBERS "}"),
	    MANIFEST_ENTRY);
	assert_false(l.e.file.known);
	free(l.line);
	says_file("\"device\":1,\"inode\":2,\"mtime\":3,\"ctime\":4,\"read\":5",
	    true);
	says_file("\"device\":1,\"inode\":2,\"mtime\":3,\"ctime\":4", false);
	says_file("\"inode\":2,\"mtime\":3,\"ctime\":4,\"read\":5", false);
	says_file("\"device\":-1,\"inode\":2,\"mtime\":3,\"ctime\":4,\"read\":5",
	    false);
	says_file("\"device\":1,\"inode\":2,\"mtime\":3.0,\"ctime\":4,\"read\":5",
	    false);
	says_file("\"device\":1,\"inode\":2,\"mtime\":3,\"read\":5,"
	    "\"ctime\":9223372036854775808", false);
	says_file("\"device\":1,\"inode\":2,\"mtime\":3,\"read\":5,"
	    "\"ctime\":-9223372036854775808", false);
	says_file("\"device\":{},\"inode\":[\"inode\"],\"mtime\":\"3\",\"ctime\":null,"
	    "\"read\":true", false);
	malformed("{\"path\":\"f\"," MEMBERS ",\"ctime\":-}");
	malformed("{\"path\":\"f\"," MEMBERS ",\"ctime\":1,\"ctime\":1}");
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
		cmocka_unit_test(test_base64_that_no_digest_has),
		cmocka_unit_test(test_short_digests_are_hex_where_they_can_be),
		cmocka_unit_test(test_tagged),
		cmocka_unit_test(test_tagged_malformed),
		cmocka_unit_test(test_algorithms_that_cannot_be_computed),
		cmocka_unit_test(
		    test_what_is_no_entry_of_an_unknown_algorithm),
		cmocka_unit_test(
		    test_a_short_plain_digest_before_a_parenthesis),
		cmocka_unit_test(test_the_bytes_of_a_digest_are_told),
		cmocka_unit_test(test_the_tag_for_messages),
		cmocka_unit_test(test_a_byte_order_mark),
		cmocka_unit_test(test_lists_of_other_kinds),
		cmocka_unit_test(test_tag_decides_the_algorithm),
		cmocka_unit_test(test_the_list_decides_without_a_tag),
		cmocka_unit_test(test_no_long_tag_is_asked_for),
		cmocka_unit_test(test_escaped_names),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_the_first_line_decides_reversed),
		cmocka_unit_test(test_an_unknown_digest_decides_no_order),
		cmocka_unit_test(test_the_first_line_decides_standard),
		cmocka_unit_test(test_other_lines_do_not_decide),
		cmocka_unit_test(test_forms),
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
		cmocka_unit_test(test_json_tag_unknown),
		cmocka_unit_test(test_json_asks_for_tags_only),
		cmocka_unit_test(test_json_size),
		cmocka_unit_test(test_json_identity),
		cmocka_unit_test(test_json_malformed),
		cmocka_unit_test(test_json_member_twice),
		cmocka_unit_test(test_json_names_without_nul),
		cmocka_unit_test(test_json_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
