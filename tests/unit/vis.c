/* record/vis: the escapes of vis(3), as unvis(3) of libbsd reads them. */
#include "record/vis.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* Decodes text, which is what want says; NULL: nothing. */
static void
decodes(const char *text, const char *want)
{
	char s[64];
	size_t len = strlen(text);

	memcpy(s, text, len);
	if (!want) {
		assert_false(vis_get(s, &len));
		return;
	}
	assert_true(vis_get(s, &len));
	assert_int_equal(len, strlen(want));
	assert_memory_equal(s, want, len);
}

static void
test_escapes(void **state)
{
	(void)state;
	decodes("", "");
	decodes("plain#=*[]?", "plain#=*[]?");
	decodes("\\101\\7\\12\\128", "A\a\n\n8");
	decodes("\\377", "\377");
	decodes("\\x41\\x4g\\xfF", "A\004g\377");
	decodes("\\a\\b\\f\\n\\r\\t\\v\\E\\s", "\a\b\f\n\r\t\v\033 ");
	decodes("\\^A\\^?\\^z", "\001\177\032");
	decodes("\\M-C\\M-<\\M-#\\M-\\", "\303\274\243\334");
	decodes("\\M^A\\M^?", "\201\377");
	decodes("a\\$b\\\nc", "abc");
	decodes("\\#\\\\\\/\\8\\-", "#\\/8-");
}

static void
test_none(void **state)
{
	static const char *const bad[] = { "\\", "a\\", "\\M", "\\M-",
	    "\\M^", "\\Mx", "\\^", "\\x", "\\xg", "\\400", "\\777", "\\ ",
	    "\\\t", "\\\177", "\\\303" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		decodes(bad[i], NULL);
}

static void
test_nul(void **state)
{
	char s[] = "a\\0b\\000";
	size_t len = strlen(s);

	(void)state;
	assert_true(vis_get(s, &len));
	assert_int_equal(len, 4);
	assert_memory_equal(s, "a\0b\0", 4);
}

static void
test_written(void **state)
{
	struct buf b = BUF_INIT;
	char all[256];
	size_t len, i;

	(void)state;
	vis_put(&b, "a/b.c-d!~", 9);
	assert_string_equal(buf_str(&b), "a/b.c-d!~");
	buf_clear(&b);
	vis_put(&b, "\\#=*?[] \n\177\303\0", 12);
	assert_string_equal(buf_str(&b), "\\134\\043\\075\\052\\077\\133\\135"
	    "\\040\\012\\177\\303\\000");
	buf_clear(&b);
	for (i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	vis_put(&b, all, sizeof(all));
	len = b.len;
	assert_true(vis_get(b.data, &len));
	assert_int_equal(len, sizeof(all));
	assert_memory_equal(b.data, all, sizeof(all));
	buf_release(&b);
}

static void
test_count(void **state)
{
	static const char s[] = "/a\\/b\\M-/\\057\\\\/\\M";

	(void)state;
	assert_int_equal(vis_count(s, strlen(s), '/'), 2);
	assert_int_equal(vis_count(s, 0, '/'), 0);
}

typedef int unvis(char *to, const char *from);

/* What we read, unvis(3) reads so, too. Returns whether we do. */
static bool
agrees(unvis *theirs, const char *text)
{
	char ours[16], other[16];
	size_t len = strlen(text);

	memcpy(ours, text, len);
	if (!vis_get(ours, &len))
		return false;
	assert_int_equal(theirs(other, text), len);
	assert_memory_equal(other, ours, len);
	return true;
}

/* What is not read: what unvis(3) has not understood, either, or what it
 * guesses at. */
static bool
may_be_refused(unvis *theirs, const char *text)
{
	char other[16];
	int n = theirs(other, text);

	return n < 0 || strchr(text, 'x') || strchr("M-^\\", text[strlen(text)
	    - 1]) || strpbrk(text, "4567");
}

static void
test_as_libbsd(void **state)
{
	static const char alphabet[] = "\\\\M-^?x0147a8fns$E#";
	const size_t n = sizeof(alphabet) - 1;
	void *lib = dlopen("libbsd.so.0", RTLD_NOW);
	unvis *theirs = NULL;
	size_t read = 0, i;
	char text[8] = "\\";

	(void)state;
	if (lib)
		*(void **)&theirs = dlsym(lib, "strunvis");
	if (!theirs)
		skip();
	/* a backslash and any two bytes */
	for (i = 0; i < 256 * 256; i++) {
		text[1] = (char)(i & 0xff);
		text[2] = (char)(i >> 8);
		text[3] = '\0';
		read += agrees(theirs, text);
	}
	assert_true(read > 15000);
	/* any five of those that mean something */
	for (i = read = 0; i < n * n * n * n * n; i++) {
		text[0] = alphabet[i % n];
		text[1] = alphabet[i / n % n];
		text[2] = alphabet[i / n / n % n];
		text[3] = alphabet[i / n / n / n % n];
		text[4] = alphabet[i / n / n / n / n];
		text[5] = '\0';
		if (agrees(theirs, text))
			read++;
		else
			assert_true(may_be_refused(theirs, text));
	}
	assert_true(read > n * n * n * n * n / 2);
	(void)dlclose(lib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_as_libbsd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
