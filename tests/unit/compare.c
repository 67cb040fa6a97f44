/* An audit's merge, fed by hand: no tree, no list. */
#include "record/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/table.h"

/* Two algorithms; below 0: one that cannot be computed. */
enum { A, B, UNKNOWN = -1 };

/* What the file called name yields: a digest for each algorithm, "" when it has
 * no digest. */
struct file {
	const char *name;
	const char *digest[2];
};

static struct manifest_want
wanted(const char *digest)
{
	struct manifest_want want = { .digestlen = strlen(digest) };

	memcpy(want.digest, digest, want.digestlen);
	return want;
}

static bool
list(struct compare *c, const char *name, int algorithm, const char *digest)
{
	struct manifest_want want = wanted(digest);

	return compare_list(c, name, strlen(name), &want, algorithm);
}

static void
answer(struct compare *c, const struct file *f, uint64_t cookie, int algorithm)
{
	struct result r = { .entry = { .algorithm = algorithm,
	    .cookie = cookie }, .status = RESULT_OK };
	const char *digest = algorithm < 0 ? "" : f->digest[algorithm];

	r.digestlen = strlen(digest);
	memcpy(r.digest, digest, r.digestlen);
	if (algorithm < 0)
		(void)result_fail(&r, RESULT_ALGORITHM, 0);
	else if (!r.digestlen)
		(void)result_fail(&r, RESULT_OPEN, 13);
	assert_int_equal(compare_result(c, &r), 0);
	assert_int_equal(compare_result(c, &r), -1); /* once is enough */
}

/* Feeds what the walk finds, which a NULL ends. */
static void
find(struct compare *c, const struct file *files)
{
	uint64_t n, listed;

	for (; files->name; files++) {
		n = compare_find(c, files->name, strlen(files->name), &listed);
		assert_true(n != COMPARE_NONE);
		answer(c, files, n, compare_algorithm(c, listed));
	}
	compare_end_walk(c);
}

/* To the verdicts; returns how many digests were asked for again. */
static int
judge(struct compare *c, const struct file *files)
{
	const struct file *f;
	struct entry e;
	uint64_t at = 0;
	int again = 0;

	compare_end(c);
	for (; compare_again(c, &at, &e); again++) {
		for (f = files; strcmp(f->name, e.name) != 0; f++)
			;
		answer(c, f, e.cookie, e.algorithm);
	}
	compare_judge(c);
	return again;
}

/* The next verdict, on a name or "OLD > NAME". */
static void
verdict(struct compare *c, struct compare_cursor *t, enum verdict want,
    const char *names)
{
	struct compare_verdict v;
	char text[64] = "";

	assert_true(compare_next(c, t, &v));
	if (v.line.old) {
		strncat(text, v.line.old, v.line.oldlen);
		strcat(text, " > ");
	}
	strncat(text, v.line.name, v.line.len);
	assert_string_equal(text, names);
	assert_int_equal(v.line.verdict, want);
}

static void
no_more(struct compare *c, struct compare_cursor *t)
{
	struct compare_verdict v;

	assert_false(compare_next(c, t, &v));
	compare_free(c);
}

static void
test_nothing(void **state)
{
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };

	(void)state;
	compare_end_walk(c);
	assert_int_equal(judge(c, NULL), 0);
	assert_false(c->met);
	no_more(c, &t);
}

static void
test_every_verdict_in_order_of_name(void **state)
{
	static const struct file files[] = { { "z", { "zz" } },
	    { "./b", { "bb" } }, { "new", { "nn" } }, { "a", { "xx" } },
	    { "locked", { "" } }, { "dark", { "" } }, { NULL, { NULL } } };
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };

	(void)state;
	assert_true(list(c, "dark", A, "dd"));
	assert_true(list(c, "gone", A, "gg"));
	assert_true(list(c, "./y", A, "zz"));
	assert_true(list(c, "b", A, "bb"));
	assert_true(list(c, "a", A, "aa"));
	find(c, files);
	assert_int_equal(judge(c, files), 0);
	assert_true(c->met);
	verdict(c, &t, VERDICT_CHANGED, "a");
	verdict(c, &t, VERDICT_OK, "b");
	verdict(c, &t, VERDICT_UNREADABLE, "dark");
	verdict(c, &t, VERDICT_MISSING, "gone");
	verdict(c, &t, VERDICT_UNREADABLE, "locked");
	verdict(c, &t, VERDICT_NEW, "new");
	verdict(c, &t, VERDICT_MOVED, "y > z");
	for (int v = 0; v < VERDICTS; v++)
		assert_int_equal(c->counts.listed[v], v != VERDICT_NEW);
	assert_int_equal(c->counts.found[VERDICT_NEW], 1);
	assert_int_equal(c->counts.found[VERDICT_UNREADABLE], 1);
	assert_int_equal(c->hashed, 4);
	no_more(c, &t);
}

static void
test_an_entry_may_be_repeated_but_not_contradicted(void **state)
{
	struct compare *c = compare_new();

	(void)state;
	assert_true(list(c, "a", A, "aa"));
	assert_true(list(c, "./a", A, "aa"));
	assert_false(list(c, "a", A, "bb"));
	assert_false(compare_has_further(c));
	assert_true(list(c, "a", B, "bb"));
	assert_true(list(c, "a", B, "bb"));
	assert_false(list(c, "a", B, "aa"));
	assert_true(list(c, "a", UNKNOWN, ""));
	assert_true(compare_has_further(c));
	compare_free(c);
}

static void
test_the_first_algorithm_that_is_known(void **state)
{
	struct compare *c = compare_new();

	(void)state;
	assert_int_equal(compare_algorithm(c, COMPARE_NONE), 0);
	assert_true(list(c, "a", UNKNOWN, ""));
	assert_int_equal(compare_algorithm(c, COMPARE_NONE), 0);
	assert_true(list(c, "b", B, "bb"));
	assert_true(list(c, "c", A, "cc"));
	assert_int_equal(compare_algorithm(c, COMPARE_NONE), B);
	assert_int_equal(compare_algorithm(c, 0), UNKNOWN);
	assert_int_equal(compare_algorithm(c, 2), A);
	compare_free(c);
}

static void
test_a_name_is_found_once(void **state)
{
	struct compare *c = compare_new();
	uint64_t listed;

	(void)state;
	assert_true(list(c, "x", A, "xx"));
	assert_true(list(c, "d//f", A, "ff"));
	assert_int_equal(compare_find(c, "./d/f", 5, &listed), 0);
	assert_int_equal(listed, 1);
	assert_true(compare_find(c, "d/./f", 5, &listed) == COMPARE_NONE);
	assert_int_equal(compare_find(c, "f", 1, &listed), 1);
	assert_true(listed == COMPARE_NONE);
	compare_free(c);
}

/* Names listed with both algorithms, of which one may be wrong. */
static void
test_all_entries_of_a_name_count(void **state)
{
	static const struct file files[] = { { "first", { "ff", "FF" } },
	    { "good", { "gg", "GG" } }, { "second", { "ss", "SS" } },
	    { "strange", { "tt", "TT" } }, { NULL, { NULL } } };
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };

	(void)state;
	for (const struct file *f = files; f->name; f++)
		assert_true(list(c, f->name, A, *f->name == 'f' ? "xx" :
		    f->digest[A]));
	for (const struct file *f = files; f->name; f++)
		assert_true(list(c, f->name, *f->name == 's' &&
		    f->name[1] == 't' ? UNKNOWN : B, *f->name == 's' ?
		    f->name[1] == 't' ? "" : "XX" : f->digest[B]));
	assert_true(list(c, "gone", A, "oo"));
	assert_true(list(c, "gone", B, "OO"));
	find(c, files);
	/* where the first entry decides, the second is not asked for */
	assert_int_equal(judge(c, files), 2);
	verdict(c, &t, VERDICT_CHANGED, "first");
	verdict(c, &t, VERDICT_MISSING, "gone");
	verdict(c, &t, VERDICT_OK, "good");
	verdict(c, &t, VERDICT_CHANGED, "second");
	verdict(c, &t, VERDICT_UNREADABLE, "strange");
	no_more(c, &t);
}

/* What is said of a name is what the entry says that the file differs from. */
static void
test_the_first_entry_that_differs_is_reported(void **state)
{
	static const struct file files[] = { { "a", { "aa", "AA" } },
	    { NULL, { NULL } } };
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };
	struct compare_verdict v;

	(void)state;
	assert_true(list(c, "a", A, "aa"));
	assert_true(list(c, "a", B, "XX"));
	assert_true(list(c, "a", UNKNOWN, ""));
	find(c, files);
	assert_int_equal(judge(c, files), 1);
	assert_true(compare_next(c, &t, &v));
	assert_int_equal(v.line.verdict, VERDICT_CHANGED);
	assert_int_equal(v.algorithm, B);
	assert_memory_equal(v.line.want->digest, "XX", 2);
	assert_memory_equal(v.line.found->digest, "AA", 2);
	no_more(c, &t);
}

static void
test_what_moved_among_several_algorithms(void **state)
{
	static const struct file files[] = { { "x", { "aa", "AA" } },
	    { "y", { "bb", "BB" } }, { "z", { "cc", "CC" } },
	    { NULL, { NULL } } };
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };

	(void)state;
	assert_true(list(c, "a", A, "aa"));
	assert_true(list(c, "b", B, "BB"));
	find(c, files);
	assert_int_equal(judge(c, files), 3);
	verdict(c, &t, VERDICT_MOVED, "a > x");
	verdict(c, &t, VERDICT_MOVED, "b > y");
	verdict(c, &t, VERDICT_NEW, "z");
	no_more(c, &t);
}

/* A listed file whose further digest is that of a missing name is not that file,
 * moved. */
static void
test_a_listed_file_is_no_new_one(void **state)
{
	static const struct file files[] = { { "x", { "aa", "AA" } },
	    { NULL, { NULL } } };
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };

	(void)state;
	assert_true(list(c, "x", A, "aa"));
	assert_true(list(c, "x", B, "AA"));
	assert_true(list(c, "gone", B, "AA"));
	find(c, files);
	assert_int_equal(judge(c, files), 1);
	verdict(c, &t, VERDICT_MISSING, "gone");
	verdict(c, &t, VERDICT_OK, "x");
	no_more(c, &t);
}

static void
test_what_the_walk_has_not_found(void **state)
{
	static const struct file none[] = { { NULL, { NULL } } };
	static const struct file there[] = { { "there", { "tt" } } };
	struct result link = { .entry = { .name = "link", .len = 4 },
	    .status = RESULT_TYPE };
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };

	(void)state;
	assert_true(list(c, "there", A, "tt"));
	assert_true(list(c, "left-out", A, "ll"));
	assert_true(list(c, "link", A, "kk"));
	find(c, none);
	answer(c, there, compare_find_listed(c, 0), A);
	compare_drop(c, 1);
	compare_fail(c, &link);
	assert_int_equal(judge(c, none), 0);
	assert_int_equal(c->counts.left_out, 1);
	verdict(c, &t, VERDICT_CHANGED, "link");
	verdict(c, &t, VERDICT_OK, "there");
	no_more(c, &t);
}

static void
test_files_of_a_new_list(void **state)
{
	static const struct file files[] = { { "./new", { "nn" } },
	    { "d/f", { "ff" } }, { "dark", { "" } }, { NULL, { NULL } } };
	static const char *const names[] = { "d//f", "new" };
	struct compare *c = compare_new();
	struct compare_cursor t = { .i = 0 };
	struct result r;

	(void)state;
	assert_true(list(c, "d//f", A, "xx"));
	assert_true(list(c, "gone", A, "gg"));
	find(c, files);
	(void)judge(c, files);
	for (int i = 0; i < 2; i++) {
		assert_true(compare_file(c, &t, &r));
		assert_string_equal(r.entry.name, names[i]);
		assert_int_equal(side_is_dotted(c->have, r.entry.cookie), i);
	}
	assert_false(compare_file(c, &t, &r));
	compare_free(c);
}

/* A sorted table of these names, which a NULL ends. */
static struct table *
sorted(const char *const *names)
{
	struct table *t = table_new();
	bool is_new;

	for (; *names; names++)
		(void)table_add(t, *names, strlen(*names), &is_new);
	table_sort(t);
	return t;
}

static size_t
behind(const struct table *a, const struct table *b, const char *prefix)
{
	return compare_behind(a, b, prefix, strlen(prefix));
}

static void
test_names_behind_a_prefix(void **state)
{
	static const char *const some[] = { "a", "b/c", "d", "e", NULL };
	static const char *const more[] = { "a", "d/a", "d/b/c", "d/d", "d/x",
	    "dd", "e", NULL };
	struct table *a = sorted(some), *b = sorted(more);

	(void)state;
	assert_int_equal(behind(a, b, "d/"), 3);
	assert_int_equal(behind(b, a, "d/"), 0);
	assert_int_equal(behind(a, b, "d"), 1);
	assert_int_equal(behind(a, b, ""), 2);
	assert_int_equal(behind(a, b, "x/"), 0);
	table_free(a);
	table_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_every_verdict_in_order_of_name),
		cmocka_unit_test(
		    test_an_entry_may_be_repeated_but_not_contradicted),
		cmocka_unit_test(test_the_first_algorithm_that_is_known),
		cmocka_unit_test(test_a_name_is_found_once),
		cmocka_unit_test(test_all_entries_of_a_name_count),
		cmocka_unit_test(test_the_first_entry_that_differs_is_reported),
		cmocka_unit_test(test_what_moved_among_several_algorithms),
		cmocka_unit_test(test_a_listed_file_is_no_new_one),
		cmocka_unit_test(test_what_the_walk_has_not_found),
		cmocka_unit_test(test_files_of_a_new_list),
		cmocka_unit_test(test_names_behind_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
