/* source/filter: each sentence of its header. */
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
	filter_include(f, "d/");
	assert_false(filter_wants(f, "d", false));
	assert_true(filter_wants(f, "e", true));
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
		cmocka_unit_test(test_bytes_that_are_no_characters),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_include_of_directories),
		cmocka_unit_test(test_exclude_beats_include),
		cmocka_unit_test(test_glob_is_copied),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_listed_below_an_operand),
		cmocka_unit_test(test_listed_and_included),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
