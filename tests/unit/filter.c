/* source/filter and source/glob: each sentence of their headers. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source/filter.h"

/* Is path left out by this one exclude? */
static bool
excluded(const char *glob, const char *path, bool is_dir)
{
	struct filter *f = filter_new();
	bool wanted;

	filter_exclude(f, glob);
	wanted = filter_wants(f, path, is_dir);
	filter_free(f);
	return !wanted;
}

static void
test_nothing_is_asked(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	assert_true(filter_wants(f, "d/f", false));
	assert_true(filter_wants(f, "d/f", true));
	assert_true(filter_wants_listed(f, "d/f", 0));
	filter_free(f);
	filter_free(NULL);
}

static void
test_last_component(void **state)
{
	(void)state;
	assert_true(excluded("*.o", "a.o", false));
	assert_true(excluded("*.o", "d/e/a.o", false));
	assert_true(excluded("*.o", "d/a.o", true));
	assert_false(excluded("*.o", "a.o/f", false));
	assert_false(excluded("*.o", "a.oo", false));
	assert_false(excluded("b", "ab", false));
	assert_false(excluded("b", "d/ab", false));
}

static void
test_wildcards(void **state)
{
	(void)state;
	assert_true(excluded("*.o", "d/.hidden.o", false));
	assert_true(excluded("?x", "d/.x", false));
	assert_true(excluded("[a-c]", "d/b", false));
	assert_true(excluded("\\*", "d/*", false));
	assert_false(excluded("\\*", "d/a", false));
	assert_false(excluded("d*f", "d/f", false));
	assert_false(excluded("d?f", "d/f", false));
}

static void
test_several_components(void **state)
{
	(void)state;
	assert_true(excluded("build/a?.o", "build/ab.o", false));
	assert_true(excluded("build/a?.o", "d/build/ab.o", false));
	assert_true(excluded("build/a?.o", "d//build/ab.o", false));
	assert_false(excluded("build/a?.o", "rebuild/ab.o", false));
	assert_false(excluded("build/a?.o", "build/d/ab.o", false));
	assert_false(excluded("build/a?.o", "build/ab.o/f", false));
}

static void
test_leading_slash(void **state)
{
	(void)state;
	assert_true(excluded("/src/build", "src/build", true));
	assert_true(excluded("/src/build", "./src/build", true));
	assert_true(excluded("/src/build", "/src/build", true));
	assert_true(excluded("/*.o", "a.o", false));
	assert_false(excluded("/src/build", "d/src/build", true));
	assert_false(excluded("/*.o", "d/a.o", false));
}

static void
test_trailing_slash(void **state)
{
	(void)state;
	assert_true(excluded("build/", "d/build", true));
	assert_false(excluded("build/", "d/build", false));
	assert_true(excluded("/src/build/", "src/build", true));
	assert_false(excluded("/src/build/", "src/build", false));
	/* the slash at the end is not one inside */
	assert_true(excluded("b*/", "d/build", true));
}

static void
test_leading_dot_slash(void **state)
{
	(void)state;
	assert_true(excluded("./x", "x", false));
	assert_true(excluded("./x", "./x", false));
	assert_true(excluded("./d/x", "d/x", false));
	assert_false(excluded("./x", "d/x", false));
	assert_false(excluded(".x", "d/x", false));
	assert_true(excluded(".x", "d/.x", false));
}

/* In patterns and in paths. */
static void
test_levels_that_are_none(void **state)
{
	(void)state;
	assert_true(excluded("d//x", "d/x", false));
	assert_true(excluded("d/./x", "d/x", false));
	assert_true(excluded("d/x", "d/.//x", false));
	assert_true(excluded("//d/x", "d/x", false));
	assert_true(excluded("../x", "../x", false));
	assert_false(excluded("d/../x", "x", false));
}

static void
test_any_number_of_levels(void **state)
{
	(void)state;
	assert_true(excluded("a/**/b", "a/b", false));
	assert_true(excluded("a/**/b", "a/x/b", false));
	assert_true(excluded("a/**/b", "d/a/x/y/b", false));
	assert_false(excluded("a/**/b", "ab", false));
	assert_false(excluded("a/**/b", "a/b/c", false));
	assert_false(excluded("a/**/b", "b/a", false));
	assert_true(excluded("/a/**/b", "a/x/a/b", false));
	assert_false(excluded("/a/**/b", "x/a/b", false));
	assert_true(excluded("a/**/b/**/c", "a/1/b/2/3/c", false));
	assert_false(excluded("a/**/b/**/c", "a/1/c/2/3/b", false));
	assert_true(excluded("**/x", "x", false));
	assert_true(excluded("**/x", "d/e/x", false));
	assert_true(excluded("/**/x", "d/e/x", false));
	assert_false(excluded("**/x", "d/x/f", false));
	assert_true(excluded("**/d/x", "e/d/x", false));
	assert_true(excluded("**/build/", "e/build", true));
	assert_false(excluded("**/build/", "e/build", false));
}

static void
test_any_number_of_levels_at_the_end(void **state)
{
	(void)state;
	assert_true(excluded("x/**", "x/f", false));
	assert_true(excluded("x/**", "d/x/e/f", false));
	assert_false(excluded("x/**", "d/x", true));
	assert_false(excluded("x/**", "d/y", false));
	assert_true(excluded("/x/**", "x/e/f", false));
	assert_false(excluded("/x/**", "d/x/f", false));
	assert_true(excluded("**", "f", false));
	assert_true(excluded("**", "d/f", false));
	assert_true(excluded("**/**", "d/f", false));
	assert_true(excluded("x/**/", "x/d", true));
	assert_false(excluded("x/**/", "x/d", false));
}

/* Within a level ** is what * is. */
static void
test_two_stars_in_a_level(void **state)
{
	(void)state;
	assert_true(excluded("a**b", "d/axxb", false));
	assert_false(excluded("a**b", "a/b", false));
	assert_true(excluded("\\*\\*", "d/**", false));
	assert_false(excluded("\\*\\*", "d/e", false));
}

static void
test_braces(void **state)
{
	(void)state;
	assert_true(excluded("*.{c,h}", "d/a.c", false));
	assert_true(excluded("*.{c,h}", "d/a.h", false));
	assert_false(excluded("*.{c,h}", "d/a.o", false));
	assert_true(excluded("{a,b}{1,2}", "b1", false));
	assert_true(excluded("{a,b}{1,2}", "a2", false));
	assert_false(excluded("{a,b}{1,2}", "ab", false));
	assert_true(excluded("a{,.bak}", "a", false));
	assert_true(excluded("a{,.bak}", "a.bak", false));
	assert_true(excluded("{src/a,lib}/x", "d/src/a/x", false));
	assert_true(excluded("{src/a,lib}/x", "lib/x", false));
	assert_true(excluded("{/top,any}", "top", false));
	assert_false(excluded("{/top,any}", "d/top", false));
	assert_true(excluded("{/top,any}", "d/any", false));
	assert_true(excluded("{a,b{c,d}}", "a", false));
	assert_true(excluded("{a,b{c,d}}", "bd", false));
	assert_false(excluded("{a,b{c,d}}", "b", false));
	assert_true(excluded("{{a,b},{c,d{e,}}}f", "def", false));
	assert_true(excluded("{a,b}/", "d/b", true));
	assert_false(excluded("{a,b}/", "d/b", false));
}

static void
test_braces_that_are_none(void **state)
{
	(void)state;
	assert_true(excluded("{a}", "{a}", false));
	assert_true(excluded("{}", "{}", false));
	assert_true(excluded("a{b", "a{b", false));
	assert_true(excluded("a{b,c", "a{b,c", false));
	assert_true(excluded("a}b,c", "a}b,c", false));
	assert_true(excluded("{a{b,c}}", "{ab}", false));
	assert_true(excluded("{a{b,c}}", "{ac}", false));
	assert_true(excluded("\\{a,b}", "{a,b}", false));
	assert_true(excluded("{a\\,b}", "{a,b}", false));
	assert_true(excluded("{a\\,b,c}", "a,b", false));
	assert_true(excluded("[{]a,b}", "{a,b}", false));
	assert_true(excluded("{[,}],x}", "}", false));
	assert_true(excluded("{[,}],x}", ",", false));
	assert_true(excluded("{[,}],x}", "x", false));
	assert_true(excluded("{a,b}}", "a}", false));
}

static void
test_brackets(void **state)
{
	(void)state;
	assert_true(excluded("[]]", "]", false));
	assert_true(excluded("[!]]", "a", false));
	assert_true(excluded("[[:digit:]]x", "7x", false));
	assert_true(excluded("[[]", "[", false));
	assert_true(excluded("[[ab]a]", "ba]", false));
	assert_true(excluded("[[=a=]]x", "ax", false));
	assert_true(excluded("[[.].]]x", "]x", false));
	assert_true(excluded("[a-]", "-", false));
	assert_true(excluded("[\\]]", "]", false));
	assert_true(excluded("\\[", "[", false));
	assert_true(excluded("a]", "a]", false));
}

/* What can match nothing is no pattern, and nothing of it is kept. */
static void
test_refused(void **state)
{
	static const char *const bad[] = { "", "/", "//", ".", "./", "a/[", "[",
	    "[a", "[]", "[!]", "[a/b]", "[[:digit:]", "[[:nope:]]", "a\\",
	    "a\\/b", "[9-0]", "[xz-a]", "[[:digit:]z-a]", "{a,}", "{[,b}", "[a{b,c" };
	struct filter *f = filter_new();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(filter_exclude(f, bad[i]));
		assert_non_null(filter_include(f, bad[i]));
	}
	assert_null(filter_exclude(f, "[a-z]"));
	/* which way round these are depends on the locale */
	assert_null(filter_exclude(f, "[a-Z]"));
	assert_null(filter_exclude(f, "[Z-1]"));
	assert_null(filter_exclude(f, "**"));
	filter_free(f);
}

/* Alternatives are counted, however they are written. */
static void
test_too_many_alternatives(void **state)
{
	char nested[3 * 2000 + 1];
	struct filter *f = filter_new();
	size_t i;

	(void)state;
	assert_null(filter_exclude(f, "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"
	    "{a,b}{a,b}{a,b}"));
	assert_non_null(filter_exclude(f, "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"
	    "{a,b}{a,b}{a,b}{a,b}{a,b}"));
	for (i = 0; i < 2000; i++) {
		nested[2 * i] = '{';
		nested[2 * i + 1] = ',';
		nested[4000 + i] = '}';
	}
	nested[6000] = '\0';
	assert_non_null(filter_exclude(f, nested));
	filter_free(f);
}

static void
test_bytes_that_are_no_characters(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	assert_true(excluded("*.o", "d/\xff.o", false));
	assert_true(excluded("\xff.o", "d/\xff.o", false));
	assert_true(excluded("?.o", "d/\xc3\xa4.o", false));
	setlocale(LC_CTYPE, "C");
}

static void
test_include(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	filter_include(f, "*.c");
	filter_include(f, "Makefile");
	assert_true(filter_wants(f, "d/a.c", false));
	assert_true(filter_wants(f, "d/Makefile", false));
	assert_false(filter_wants(f, "d/a.h", false));
	assert_true(filter_wants(f, "d/e", true));
	filter_free(f);
}

static void
test_include_of_directories(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	filter_include(f, "sub/");
	assert_true(filter_wants(f, "d/sub/f", false));
	assert_true(filter_wants(f, "d/sub/e/f", false));
	assert_true(filter_wants(f, "./sub/f", false));
	assert_false(filter_wants(f, "d/f", false));
	assert_false(filter_wants(f, "d/sub", false));
	assert_true(filter_wants(f, "e", true));
	assert_true(filter_wants_listed(f, "sub/f", 0));
	assert_false(filter_wants_listed(f, "sub", 0));
	filter_free(f);
}

static void
test_exclude_beats_include(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	filter_include(f, "*.c");
	filter_exclude(f, "b*");
	assert_true(filter_wants(f, "a.c", false));
	assert_false(filter_wants(f, "b.c", false));
	assert_false(filter_wants(f, "b.c", true));
	filter_free(f);
}

static void
test_glob_is_copied(void **state)
{
	struct filter *f = filter_new();
	char glob[] = "a";

	(void)state;
	filter_exclude(f, glob);
	glob[0] = 'b';
	assert_false(filter_wants(f, "a", false));
	assert_true(filter_wants(f, "b", false));
	filter_free(f);
}

static void
test_listed(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	filter_exclude(f, "build/");
	filter_exclude(f, "/top");
	filter_exclude(f, "*.o");
	assert_true(filter_wants_listed(f, "src/a.c", 0));
	assert_false(filter_wants_listed(f, "src/a.o", 0));
	assert_false(filter_wants_listed(f, "src/build/a.c", 0));
	assert_false(filter_wants_listed(f, "build/d/a.c", 0));
	assert_false(filter_wants_listed(f, "./build/a.c", 0));
	assert_false(filter_wants_listed(f, "top/d/a.c", 0));
	assert_false(filter_wants_listed(f, "./top/a.c", 0));
	assert_true(filter_wants_listed(f, "d/top/a.c", 0));
	/* as the last component it is a file */
	assert_true(filter_wants_listed(f, "src/build", 0));
	filter_free(f);
}

static void
test_listed_below_an_operand(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	filter_exclude(f, "d");
	filter_exclude(f, "/top");
	filter_include(f, "*.c");
	assert_true(filter_wants_listed(f, "d/a.c", 2));
	assert_true(filter_wants_listed(f, "d/d/a.c", 4));
	assert_false(filter_wants_listed(f, "d/d/a.c", 2));
	assert_false(filter_wants_listed(f, "d/a.o", 2));
	assert_true(filter_wants_listed(f, "top/a.c", 4));
	assert_true(filter_wants_listed(f, "/top/a.c", 5));
	assert_false(filter_wants_listed(f, "/top/a.c", 1));
	/* the operand itself */
	assert_true(filter_wants_listed(f, "x/d", 3));
	assert_true(filter_wants_listed(f, "a.o", 3));
	filter_free(f);
}

static void
test_listed_and_included(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	filter_include(f, "*.c");
	assert_true(filter_wants_listed(f, "src/d/a.c", 0));
	assert_true(filter_wants_listed(f, "./a.c", 0));
	assert_false(filter_wants_listed(f, "src/d.c/a", 0));
	filter_free(f);
}

/* A list may hold any path: the work is in proportion to its length. */
static void
test_listed_and_long(void **state)
{
	static char path[2 * 200000 + 2];
	struct filter *f = filter_new();
	size_t i;

	(void)state;
	for (i = 0; i < 200000; i++) {
		path[2 * i] = 'b';
		path[2 * i + 1] = '/';
	}
	path[2 * i] = 'f';
	filter_exclude(f, "a/**/b/x");
	filter_exclude(f, "b/y");
	filter_exclude(f, "z");
	assert_true(filter_wants_listed(f, path, 0));
	filter_exclude(f, "b/b/f");
	assert_false(filter_wants_listed(f, path, 0));
	filter_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_asked),
		cmocka_unit_test(test_last_component),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_several_components),
		cmocka_unit_test(test_leading_slash),
		cmocka_unit_test(test_trailing_slash),
		cmocka_unit_test(test_leading_dot_slash),
		cmocka_unit_test(test_levels_that_are_none),
		cmocka_unit_test(test_any_number_of_levels),
		cmocka_unit_test(test_any_number_of_levels_at_the_end),
		cmocka_unit_test(test_two_stars_in_a_level),
		cmocka_unit_test(test_braces),
		cmocka_unit_test(test_braces_that_are_none),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many_alternatives),
		cmocka_unit_test(test_bytes_that_are_no_characters),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_include_of_directories),
		cmocka_unit_test(test_exclude_beats_include),
		cmocka_unit_test(test_glob_is_copied),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_listed_below_an_operand),
		cmocka_unit_test(test_listed_and_included),
		cmocka_unit_test(test_listed_and_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
