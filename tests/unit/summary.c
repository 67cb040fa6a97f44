/* record/summary: which directories explain what is wrong. */
#include "record/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static const struct verdict_rules audit = { .audit = true };

/* Names with their verdicts. */
struct name {
	char text[40];
	enum verdict verdict;
};

static struct name names[4000];
static size_t nnames;

static void
none(void)
{
	nnames = 0;
}

/* So many names "dir/00", "dir/01" ... */
static void
add(const char *dir, size_t n, enum verdict v)
{
	static unsigned serial;

	for (; n > 0; n--) {
		struct name *name = &names[nnames++];

		assert_true(nnames <= sizeof(names) / sizeof(names[0]));
		snprintf(name->text, sizeof(name->text), "%s%05u", dir,
		    serial++);
		name->verdict = v;
	}
}

static int
compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static void
put(void *cookie, struct buf *out, const char *name, size_t len)
{
	assert_null(cookie);
	buf_put(out, name, len);
}

/* Are these the lines, each ended by LF? */
static void
check_with(const struct verdict_rules *rules, const char *want)
{
	struct verdict_counts c = { .refused = 0 };
	struct buf b = BUF_INIT;
	struct summary *s;

	qsort(names, nnames, sizeof(names[0]), compare);
	for (size_t i = 0; i < nnames; i++)
		(names[i].verdict == VERDICT_NEW ? c.found : c.listed)
		    [names[i].verdict]++;
	s = summary_new(rules, &c);
	for (size_t i = 0; s && i < nnames; i++)
		summary_find(s, names[i].verdict, names[i].text,
		    strlen(names[i].text));
	if (s)
		summary_found(s);
	for (size_t i = 0; s && i < nnames; i++)
		summary_place(s, names[i].verdict, names[i].text,
		    strlen(names[i].text));
	for (size_t n = 0; s && summary_line(s, n, &b, NULL, put); n++)
		buf_putc(&b, '\n');
	assert_string_equal(buf_str(&b), want);
	summary_free(s);
	buf_release(&b);
}

static void
check(const char *want)
{
	check_with(&audit, want);
}

static void
test_a_screenful_is_read_as_it_is(void **state)
{
	(void)state;
	none();
	add("a/", 24, VERDICT_CHANGED);
	add("a/", 100, VERDICT_OK);
	check("");
	add("a/", 1, VERDICT_CHANGED);
	check("CHANGED: 25 of 125 files below a\n");
}

static void
test_all_of_a_directory(void **state)
{
	(void)state;
	none();
	add("usr/lib/", 100, VERDICT_CHANGED);
	add("usr/", 30, VERDICT_OK);
	check("CHANGED: all 100 files below usr/lib\n");
}

static void
test_the_top(void **state)
{
	(void)state;
	none();
	add("", 30, VERDICT_NEW);
	check("NEW: all 30 files\n");
	add("", 1, VERDICT_OK);
	check("NEW: 30 of 31 files\n");
}

static void
test_absolute_names(void **state)
{
	(void)state;
	none();
	add("/", 30, VERDICT_NEW);
	check("NEW: all 30 files below /\n");
	add("/x/", 30, VERDICT_NEW);
	check("NEW: all 60 files below /\n");
}

/* That which has them all alone, and not what is around it. */
static void
test_the_deepest_is_named(void **state)
{
	(void)state;
	none();
	add("a/b/c/d/", 30, VERDICT_MISSING);
	check("MISSING: all 30 files below a/b/c/d\n");
}

static void
test_what_is_around_many_is_named(void **state)
{
	(void)state;
	none();
	add("a/b/", 30, VERDICT_MISSING);
	add("a/c/", 30, VERDICT_MISSING);
	add("a/d/", 2, VERDICT_MISSING);
	check("MISSING: all 62 files below a\n");
	add("a/d/", 6, VERDICT_OK);
	check("MISSING: 62 of 68 files below a\n");
	/* less than nine tenths */
	add("a/d/", 2, VERDICT_OK);
	check("MISSING: all 30 files below a/b\n"
	    "MISSING: all 30 files below a/c\n"
	    "MISSING: 2 more files below a/d\n");
}

static void
test_scattered_names_are_of_what_has_them(void **state)
{
	char dir[16];

	(void)state;
	none();
	for (int i = 0; i < 30; i++) {
		snprintf(dir, sizeof(dir), "a/%d/", i);
		add(dir, 1, VERDICT_CHANGED);
		add(dir, 3, VERDICT_OK);
	}
	add("b/", 1, VERDICT_OK);
	check("CHANGED: 30 of 120 files below a\n");
}

static void
test_what_is_left(void **state)
{
	(void)state;
	none();
	add("a/", 30, VERDICT_CHANGED);
	add("etc/x/", 1, VERDICT_CHANGED);
	add("etc/y/", 1, VERDICT_CHANGED);
	add("z/", 40, VERDICT_OK);
	check("CHANGED: all 30 files below a\n"
	    "CHANGED: 2 more files below etc\n");
	add("z/", 1, VERDICT_CHANGED);
	check("CHANGED: all 30 files below a\n"
	    "CHANGED: 3 more files\n");
}

static void
test_one_name_that_is_left_is_told(void **state)
{
	(void)state;
	none();
	add("a/", 30, VERDICT_CHANGED);
	add("b/", 9, VERDICT_OK);
	snprintf(names[nnames++].text, sizeof(names[0].text), "b/x");
	names[nnames - 1].verdict = VERDICT_MISSING;
	check("CHANGED: all 30 files below a\n"
	    "MISSING: b/x\n");
}

/* Of what is around, others have a part; it stands behind them. */
static void
test_one_within_another(void **state)
{
	(void)state;
	none();
	add("a/deep/", 30, VERDICT_CHANGED);
	add("a/", 50, VERDICT_CHANGED);
	add("a/", 50, VERDICT_OK);
	check("CHANGED: all 30 files below a/deep\n"
	    "CHANGED: 50 more files below a\n");
}

static void
test_each_verdict_has_its_own(void **state)
{
	(void)state;
	none();
	add("a/", 20, VERDICT_CHANGED);
	add("b/", 3, VERDICT_MISSING);
	add("c/", 4, VERDICT_NEW);
	add("d/", 2, VERDICT_MOVED);
	add("e/", 2, VERDICT_UNREADABLE);
	add("f/", 2, VERDICT_OK);
	check("CHANGED: all 20 files below a\n"
	    "MISSING: all 3 files below b\n"
	    "NEW: all 4 files below c\n"
	    "MOVED: all 2 files from below d\n"
	    "UNREADABLE: all 2 files below e\n");
}

static void
test_what_is_not_told_is_not_summed_up(void **state)
{
	static const struct verdict_rules rules = { .audit = true,
	    .ignore_missing = true };

	(void)state;
	none();
	add("a/", 20, VERDICT_CHANGED);
	add("b/", 30, VERDICT_MISSING);
	check_with(&rules, "");
	add("a/", 10, VERDICT_CHANGED);
	check_with(&rules, "CHANGED: all 30 files below a\n");
}

/* At most four lines of a verdict, whatever there is. */
static void
test_lines_are_few(void **state)
{
	struct verdict_counts c = { .refused = 0 };
	struct buf b = BUF_INIT;
	struct summary *s;
	char name[32];
	size_t n;

	(void)state;
	for (unsigned seed = 0; seed < 300; seed++) {
		unsigned dirs = 1 + seed % 17, files = 30 + seed;

		c.listed[VERDICT_MISSING] = files;
		s = summary_new(&audit, &c);
		for (int round = 0; round < 2; round++) {
			for (unsigned i = 0; i < files; i++) {
				snprintf(name, sizeof(name), "%02u/%u/%05u",
				    i * dirs / files, i * 3 * dirs / files % 3,
				    i);
				(round ? summary_place : summary_find)(s,
				    VERDICT_MISSING, name, strlen(name));
			}
			if (!round)
				summary_found(s);
		}
		for (n = 0; summary_line(s, n, &b, NULL, put); n++)
			buf_clear(&b);
		assert_in_range(n, 1, 4);
		summary_free(s);
	}
	buf_release(&b);
}

/* Below a certain depth there are no more levels. */
static void
test_very_deep_names(void **state)
{
	struct verdict_counts c = { .listed[VERDICT_MISSING] = 30 };
	struct summary *s = summary_new(&audit, &c);
	struct buf b = BUF_INIT, name = BUF_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_puts(&name, "d/");
	for (int i = 0; i < 60; i++) {
		if (i == 30)
			summary_found(s);
		buf_printf(&name, "%02d", i % 30);
		(i < 30 ? summary_find : summary_place)(s, VERDICT_MISSING,
		    name.data, name.len);
		name.len -= 2;
	}
	assert_true(summary_line(s, 0, &b, NULL, put));
	assert_int_equal(strncmp(buf_str(&b),
	    "MISSING: all 30 files below d/d/", 32), 0);
	assert_int_equal(b.len, strlen("MISSING: all 30 files below ") +
	    2 * 255 - 1);
	assert_false(summary_line(s, 1, &b, NULL, put));
	summary_free(s);
	buf_release(&b);
	buf_release(&name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_screenful_is_read_as_it_is),
		cmocka_unit_test(test_all_of_a_directory),
		cmocka_unit_test(test_the_top),
		cmocka_unit_test(test_absolute_names),
		cmocka_unit_test(test_the_deepest_is_named),
		cmocka_unit_test(test_what_is_around_many_is_named),
		cmocka_unit_test(test_scattered_names_are_of_what_has_them),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_one_name_that_is_left_is_told),
		cmocka_unit_test(test_one_within_another),
		cmocka_unit_test(test_each_verdict_has_its_own),
		cmocka_unit_test(test_what_is_not_told_is_not_summed_up),
		cmocka_unit_test(test_lines_are_few),
		cmocka_unit_test(test_very_deep_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
