/* record/mtree: specifications, through record/manifest. */
#include "record/mtree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static struct buf seen;

/* Digests of one and two bytes, so that lines are short. */
static struct manifest_algorithm
algorithm(void *cookie, const char *tag, size_t len, size_t bytes,
    bool base64)
{
	struct manifest_algorithm a = { .number = -3, .tag = "usual" };

	(void)cookie;
	(void)bytes;
	(void)base64;
	if (tag && len == 6 && !memcmp(tag, "SHA512", 6))
		a = (struct manifest_algorithm){ 0, 2, "SHA512" };
	if (tag && len == 3 && !memcmp(tag, "MD5", 3))
		a = (struct manifest_algorithm){ 1, 1, "MD5" };
	if (tag && len == 4 && !memcmp(tag, "SHA1", 4))
		a.number = -4;
	return a;
}

/* Notes a line: "NAME:ALGORITHM:DIGEST:SIZE ", or what else it is. */
static void
note(const struct manifest *m, enum manifest_kind kind,
    const struct manifest_entry *e)
{
	switch (kind) {
	case MANIFEST_ENTRY:
		assert_int_equal(e->form, FORMAT_MTREE);
		assert_false(e->base64);
		buf_put(&seen, e->name, e->len);
		buf_printf(&seen, ":%d:", e->algorithm);
		for (size_t i = 0; i < e->want.digestlen; i++)
			buf_printf(&seen, "%02x", e->want.digest[i]);
		buf_putc(&seen, ':');
		if (e->want.has_size)
			buf_printf(&seen, "%d", (int)e->want.size);
		buf_putc(&seen, ' ');
		break;
	case MANIFEST_SKIP:
		break;
	case MANIFEST_BARE:
		buf_puts(&seen, "BARE ");
		break;
	default:
		assert_string_equal(m->tag, m->mtree ? "mtree" : "usual");
		buf_puts(&seen, "BAD ");
		break;
	}
}

/* What a list says. */
static const char *
read_list(const char *text)
{
	struct manifest m = { .algorithm = algorithm };
	struct buf copy = BUF_INIT;
	struct manifest_entry e;
	enum manifest_kind kind;
	char *at, *end;

	buf_clear(&seen);
	buf_puts(&copy, text);
	for (at = copy.data; at < copy.data + copy.len; at = end + 1) {
		end = memchr(at, '\n', (size_t)(copy.data + copy.len - at));
		if (!end)
			end = copy.data + copy.len;
		kind = manifest_line(&m, at, (size_t)(end - at), &e);
		assert_non_null(m.mtree);
		note(&m, kind, &e);
	}
	kind = manifest_end(&m, &e);
	note(&m, kind, &e);
	manifest_release(&m);
	buf_release(&copy);
	return buf_str(&seen);
}

#define SAYS(list, what) \
	assert_string_equal(read_list("#mtree\n" list), what)

#define X64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_full(void **state)
{
	(void)state;
	SAYS("./a type=file sha512=0102 size=7\n", "./a:0:0102:7 ");
	SAYS("./d/e md5digest=ff type=file mode=0644\n", "./d/e:1:ff: ");
	SAYS("../a/b\tsha512digest=ABcd", "../a/b:0:abcd: ");
	SAYS("./a type=dir\n./b type=link link=c\n./a/c type=file md5=00\n",
	    "./a/c:1:00: ");
	SAYS("\\057abs type=file md5=00\n\\057a/b type=file md5=00\n",
	    "/abs:1:00: /a/b:1:00: ");
	SAYS("./a\\040b\\M-C\\M-<\\# type=file md5=01\n", "./a b\303\274#:1:01: ");
}

static void
test_nested(void **state)
{
	(void)state;
	SAYS("/set type=file\n. type=dir\n a md5=01\n b\\sc md5=02\n"
	    "d type=dir mode=0755\n e md5=03\n f type=dir\n g md5=04\n..\n"
	    " h md5=05\n..\n i md5=06\n..\n",
	    "./a:1:01: ./b c:1:02: ./d/e:1:03: ./d/f/g:1:04: ./d/h:1:05: "
	    "./i:1:06: ");
	SAYS("a type=file md5=01\nd type=dir\nb type=file md5=02\n..\n"
	    "c type=file md5=03\n", "a:1:01: d/b:1:02: c:1:03: ");
	/* a full path changes nothing */
	SAYS(". type=dir\nd type=dir\n./x/y type=dir\na type=file md5=01\n"
	    "./z type=file md5=02\n", "./d/a:1:01: ./z:1:02: ");
}

static void
test_up(void **state)
{
	(void)state;
	SAYS("..\na type=file md5=01\n", "BAD a:1:01: ");
	SAYS(". type=dir\nd type=dir\n.. size=x\na type=file md5=01\n"
	    ".. optional # up\nb type=file md5=02\n",
	    "BAD ./a:1:01: b:1:02: ");
	SAYS(". type=dir\n..\n..\na type=file md5=01\n", "BAD a:1:01: ");
	SAYS(". type=dir\n\\056. type=dir\na type=file md5=01\n..\n"
	    "b type=file md5=02\n", "BAD BAD ./b:1:02: ");
}

static void
test_set(void **state)
{
	(void)state;
	SAYS("/set type=file md5=01 size=3\n./a\n./b md5=02\n./c size=4\n"
	    "/unset size\n./d\n/unset type\n./e\n/unset md5digest\n./f\n",
	    "./a:1:01:3 ./b:1:02:3 ./c:1:01:4 ./d:1:01: ./e:1:01: BARE ");
	SAYS("/set type=dir\n./a\n/unset all\n./b md5=01\n", "./b:1:01: ");
	SAYS("/set type=file uid=0\n/set gid=0\n./a md5=01\n", "./a:1:01: ");
	SAYS("/unset mode sha512\n/unset (\n", "BAD ");
	/* what is not understood makes nobody know what is set */
	SAYS("/set type=file size=x md5=01\n./a type=file\n", "BAD BARE ");
	SAYS("/set type=link\n/set type=file uname=A B\n./a md5=01\n"
	    "/set uid=0\n./b md5=02\n/set type=file\n./c md5=03\n",
	    "BAD BAD BAD ./c:1:03: ");
	SAYS("/set type=file size=9\n/unset size (\n./a md5=01\n"
	    "./b type=file md5=02\n/unset all\n./c md5=03\n",
	    "BAD BAD ./b:1:02: ./c:1:03: ");
	SAYS("/set type=fiel\n./a md5=01\n./b type=file md5=02\na md5=03\n"
	    "b type=file md5=04\n", "BAD BAD ./b:1:02: BAD BAD ");
	SAYS("/nonsense\n/set-type=file\n", "BAD BAD ");
}

static void
test_lines(void **state)
{
	(void)state;
	SAYS("./a type=file \\\n   md5=01\n", "./a:1:01: ");
	SAYS("./a type=file md5=0\\\n1\n", "./a:1:01: ");
	SAYS("./a type=file md5=01 \\\n\n./b type=file md5=02\n",
	    "./a:1:01: ./b:1:02: ");
	SAYS("./a type=file md5=01 \\", "./a:1:01: ");
	SAYS("./a\\\\ type=file \\\n\\\nmd5=01\n", "./a\\:1:01: ");
	SAYS("# a \\\n./a type=file md5=01 # b \\\n./c type=file md5=02\n",
	    "./a:1:01: ./c:1:02: ");
	SAYS("./a type=file \\\n # b \\\n./c type=file md5=02\n",
	    "BARE ./c:1:02: ");
	SAYS("./a type=file md5=01 \\\n#b size=\n./c md5=02\n",
	    "./a:1:01: ./c:1:02: ");
	SAYS("./a type=file x=\\\n#b md5=01\n", "./a:1:01: ");
	SAYS("./a type=file md5=01 x=\\\\\n./b type=file md5=02\n",
	    "./a:1:01: ./b:1:02: ");
	SAYS("\n  # c\n\t\n./a type=file #\n./b#c md5=01 type=file\n",
	    "BARE ./b#c:1:01: ");
	SAYS("./a type=file md5=01\r\n\r\n", "./a:1:01: ");
}

static void
test_digests(void **state)
{
	(void)state;
	/* the strongest that can be computed */
	SAYS("./a md5=01 sha512digest=0203 sha1=04\n", "./a:0:0203: ");
	SAYS("./a sha1=04 md5digest=01 sha256digest=05\n", "./a:1:01: ");
	SAYS("./a rmd160=04 cksum=77 size=1\n", "./a:-3::1 ");
	SAYS("./a sha1=04 ripemd160=05\n./b sha1=04\n", "./a:-3:: ./b:-4:: ");
	/* more bytes than any digest has */
	SAYS("./a md5=" X64 X64 "00\n./b type=file md5=01\n",
	    "BAD ./b:1:01: ");
	SAYS("./a ripemd160digest=04 sha384=05\n", "./a:-3:: ");
	SAYS("./a type=file cksum=77\n./b\n", "BARE BARE ");
	SAYS("./a type=link md5=01\n./a type=fifo\n", "");
	SAYS("./a md5=0102\n./a md5=1\n./a md5=\n./a md5=zz\n./a md5sum=1\n",
	    "BAD BAD BAD BAD BARE ");
}

static void
test_keywords(void **state)
{
	(void)state;
	SAYS("./a type=file md5=01 optional nochange ignore\n", "./a:1:01: ");
	SAYS("./a type=file md5=01 xattr.user.foo=YmFy+/= a0=\303\274\n",
	    "./a:1:01: ");
	SAYS("./a type=file md5=01 flags=none x-y_20=(\n", "./a:1:01: ");
	SAYS("./a b type=file md5=01\n", "BAD ");
	SAYS("./a type=file md5=01 X=1\n./a type=file md5=01 =1\n",
	    "BAD BAD ");
	SAYS("./a type=file md5=01 size=\n./a type=file md5=01 size=-1\n"
	    "./a type=file md5=01 size=0x1\n"
	    "./a type=file md5=01 size=18446744073709551616\n"
	    "./a type=file md5=01 size=007\n",
	    "BAD BAD BAD BAD ./a:1:01:7 ");
}

static void
test_names(void **state)
{
	(void)state;
	SAYS("./a\\057b type=file md5=01\n./\\0 type=file md5=01\n"
	    "./a\\q\\M type=file md5=01\n/a type=file md5=01\n"
	    "\\$ type=file md5=01\n", "BAD BAD BAD BAD BAD ");
	SAYS("a\\057b type=file md5=01\n", "BAD ");
	SAYS(". type=dir\nb\\M-/ type=file md5=01\n", "./b\257:1:01: ");
	/* nobody knows where these are, but where they end */
	SAYS(". type=dir\na\\057b type=dir\nc type=dir\nd type=file md5=01\n"
	    "..\n./e type=file md5=02\n..\nf type=file md5=03\n",
	    "BAD BAD ./e:1:02: ./f:1:03: ");
	SAYS(". type=dir\nd type=dir bad\na type=file md5=01\n..\n"
	    "b type=file md5=02\n", "BAD ./d/a:1:01: ./b:1:02: ");
	SAYS(". type=dir\na\\057b type=dir\nc type=dir\n..\nd type=file "
	    "md5=01\n..\ne type=file md5=02\n", "BAD BAD ./e:1:02: ");
	SAYS(". type=dir\n\\057d type=dir\na type=file md5=01\n..\n"
	    "\\057b type=file md5=02\n\\057c type=dir\n..\n",
	    "BAD BAD /b:1:02: BAD ");
	SAYS("/a\\057b type=file md5=01\n", "BAD ");
	/* nobody knows whether it is one */
	SAYS(". type=dir\nd\na type=file md5=01\n..\n./b type=file md5=02\n",
	    "BAD BAD BAD ./b:1:02: ");
	SAYS(". type=dir\nd md5=01\na type=file md5=02\n",
	    "./d:1:01: ./a:1:02: ");
	/* nor here, to the end */
	SAYS(". type=dir\nd type=drr\na type=file md5=01\ne type=dir\n..\n"
	    "b type=file md5=02\n./c type=file md5=03\n",
	    "BAD BAD BAD BAD BAD ./c:1:03: ");
}

static void
test_long(void **state)
{
	static char list[4 << 20];
	size_t n = 0;

	(void)state;
	n += (size_t)sprintf(list, "#mtree\n");
	while (n < 5000)
		n += (size_t)sprintf(list + n, "%0999d type=dir\n", 7);
	(void)sprintf(list + n, "a type=file md5=01\n..\n./b type=file "
	    "md5=02\n");
	assert_string_equal(read_list(list), "BAD BAD ./b:1:02: ");
	n = (size_t)sprintf(list, "#mtree\n./");
	while (n < 3 << 20)
		n += (size_t)sprintf(list + n, "%0999d", 7);
	(void)sprintf(list + n, " type=file md5=01\n");
	assert_int_equal(strlen(read_list(list)), n - 7 + strlen(":1:01: "));
	n = (size_t)sprintf(list, "#mtree\n./a type=file \\\n");
	while (n < 3 << 20)
		n += (size_t)sprintf(list + n, "x=%0999d \\\n", 7);
	(void)sprintf(list + n, "md5=01\n./b type=file md5=02\n"
	    "c type=file md5=03\n");
	assert_string_equal(read_list(list), "BAD ./b:1:02: BAD ");
}

/* Which lists are specifications. */
static bool
is_mtree(const char *text, bool zero)
{
	struct manifest m = { .algorithm = algorithm, .zero = zero };
	struct manifest_entry e;
	char line[256];
	size_t len;
	bool is;

	for (; *text; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\n");
		memcpy(line, text, len);
		(void)manifest_line(&m, line, len, &e);
	}
	is = m.mtree != NULL;
	manifest_release(&m);
	return is;
}

static void
test_which(void **state)
{
	(void)state;
	assert_true(is_mtree("#mtree", false));
	assert_true(is_mtree("#mtree 2.0", false));
	assert_false(is_mtree("#mtree-free", false));
	assert_true(is_mtree("\357\273\277#mtree", false));
	assert_false(is_mtree("#mtree", true));
	assert_false(is_mtree("#\n#mtree", false));
	assert_false(is_mtree("# mtree\n", false));
	assert_true(is_mtree("# user: x\n\n/set type=file uid=0", false));
	assert_true(is_mtree("/set uid=0", false));
	assert_false(is_mtree("a type=file md5=01", false));
	assert_false(is_mtree("/set", false));
	assert_false(is_mtree("/set x", false));
	assert_true(is_mtree(".               type=dir \\", false));
	assert_true(is_mtree("./a type=file md5=01", false));
	assert_false(is_mtree("./a md5=01", false));
	assert_false(is_mtree("./a type=file b c", false));
	assert_false(is_mtree("0102  x type=file", false));
	assert_false(is_mtree("0102  type=file", false));
	assert_false(is_mtree("SHA512 (type=file) = 0102", false));
	assert_false(is_mtree("{\"path\":\"type=file\"}", false));
	/* only the first line decides */
	assert_false(is_mtree("0102  x\n./a type=file md5=01", false));
}

/* A specification has no name for standard input. */
static void
test_stdin(void **state)
{
	(void)state;
	SAYS("- type=file md5=01\n. type=dir\n- type=file md5=02\n"
	    "d type=dir\n- type=file md5=03\n",
	    "./-:1:01: ./-:1:02: ./d/-:1:03: ");
}

/* A line with NUL may have been a directory, and have gone on; the first one,
 * too. */
static void
test_nul(void **state)
{
	static const struct {
		char line[40];
		size_t len;
	} lists[][6] = {
		{ { "#mtree", 6 }, { ". type=dir", 10 }, { "a type=dir \\", 12 },
		  { "x\0", 3 }, { "b type=file md5=01", 18 },
		  { "./c type=file md5=02", 20 } },
		{ { "a type=dir\0", 11 }, { "# comment", 9 },
		  { "/set uname=root", 15 }, { "./c type=file md5=01", 20 },
		  { "b type=file md5=02", 18 }, { "./d md5=03", 10 } },
	};
	static const char *const what[] = { "BAD BAD ./c:1:02: ",
	    "BAD ./c:1:01: BAD BAD " };
	struct manifest_entry e;
	char line[40];
	size_t n, i;

	(void)state;
	for (n = 0; n < 2; n++) {
		struct manifest m = { .algorithm = algorithm };

		buf_clear(&seen);
		for (i = 0; i < 6; i++) {
			memcpy(line, lists[n][i].line, sizeof(line));
			note(&m, manifest_line(&m, line, lists[n][i].len, &e),
			    &e);
		}
		assert_string_equal(buf_str(&seen), what[n]);
		manifest_release(&m);
	}
}

static void
test_keyword(void **state)
{
	(void)state;
	assert_string_equal(mtree_keyword("SHA512"), "sha512");
	assert_string_equal(mtree_keyword("RIPEMD160"), "rmd160");
	assert_null(mtree_keyword("SHA3-512"));
}

static int
tear_down(void **state)
{
	(void)state;
	buf_release(&seen);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_stdin),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_keyword),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
