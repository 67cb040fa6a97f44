/* Two sorted sides: turns, and pairs of what moved. */
#include "record/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/table.h"

/* A sorted side with these names, which a NULL ends. */
static struct table *
side(const char *const *names)
{
	struct table *t = table_new();
	bool is_new;

	for (; *names; names++)
		(void)table_add(t, *names, strlen(*names), &is_new);
	table_sort(t);
	return t;
}

/* The turn of a name that is want on one side and have on the other. */
static void
turn(const struct table *w, const struct table *h, struct compare_turn *t,
    const char *want, const char *have)
{
	struct result r;

	assert_true(compare_next(w, h, t));
	assert_int_equal(t->want == COMPARE_NONE, want == NULL);
	assert_int_equal(t->have == COMPARE_NONE, have == NULL);
	if (want) {
		(void)table_get(w, t->want, &r);
		assert_string_equal(r.entry.name, want);
	}
	if (have) {
		(void)table_get(h, t->have, &r);
		assert_string_equal(r.entry.name, have);
	}
}

static void
test_turns(void **state)
{
	static const char *const want[] = { "d", "b/x", "b", NULL };
	static const char *const have[] = { "a", "b", "c", "d", "e", NULL };
	struct table *w = side(want), *h = side(have);
	struct compare_turn t = { 0, 0, 0, 0 };

	(void)state;
	turn(w, h, &t, NULL, "a");
	turn(w, h, &t, "b", "b");
	turn(w, h, &t, "b/x", NULL);
	turn(w, h, &t, NULL, "c");
	turn(w, h, &t, "d", "d");
	turn(w, h, &t, NULL, "e");
	assert_false(compare_next(w, h, &t));
	table_free(w);
	table_free(h);
}

static void
test_no_turns(void **state)
{
	static const char *const none[] = { NULL };
	struct table *w = side(none), *h = side(none);
	struct compare_turn t = { 0, 0, 0, 0 };

	(void)state;
	assert_false(compare_next(w, h, &t));
	table_free(w);
	table_free(h);
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
	struct table *a = side(some), *b = side(more);

	(void)state;
	assert_int_equal(behind(a, b, "d/"), 3);
	assert_int_equal(behind(b, a, "d/"), 0);
	assert_int_equal(behind(a, b, "d"), 1);
	assert_int_equal(behind(a, b, ""), 2);
	assert_int_equal(behind(a, b, "x/"), 0);
	table_free(a);
	table_free(b);
}

#define FILES 8

/* A match of a few files; digests of two bytes. */
struct match {
	struct compare_files missing, fresh;
	uint64_t moved_to[FILES];
	bool moved[FILES];
};

static void
add(struct compare_files *fs, uint64_t number, int algorithm,
    const char *digest, uint64_t size)
{
	struct result r = { .size = size, .digestlen = strlen(digest),
	    .entry.algorithm = algorithm };

	memcpy(r.digest, digest, r.digestlen);
	compare_add(fs, number, (size_t)number, &r);
}

/* Matches, and checks where each of the missing files 0 to 3 went. */
static void
moved_to(struct match *m, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t to[] = { a, b, c, d };
	size_t pairs = 0;

	for (int i = 0; i < FILES; i++)
		m->moved_to[i] = COMPARE_NONE;
	compare_moved(&m->missing, &m->fresh, m->moved_to, m->moved);
	for (int i = 0; i < 4; i++) {
		assert_true(m->moved_to[i] == to[i]);
		pairs += to[i] != COMPARE_NONE;
		if (to[i] != COMPARE_NONE)
			assert_true(m->moved[to[i]]);
	}
	for (int i = 0; i < FILES; i++)
		pairs -= m->moved[i];
	assert_int_equal(pairs, 0);
	free(m->missing.v);
	free(m->fresh.v);
}

static void
test_pairs_are_in_order_of_place(void **state)
{
	struct match m = { .moved = { false } };

	(void)state;
	add(&m.missing, 1, 0, "aa", 5);
	add(&m.missing, 0, 0, "aa", 5);
	add(&m.missing, 2, 0, "bb", 5);
	add(&m.fresh, 7, 0, "aa", 5);
	add(&m.fresh, 4, 0, "bb", 5);
	add(&m.fresh, 6, 0, "aa", 5);
	moved_to(&m, 6, 7, 4, COMPARE_NONE);
}

static void
test_each_is_paired_once(void **state)
{
	struct match m = { .moved = { false } };

	(void)state;
	add(&m.missing, 0, 0, "aa", 5);
	add(&m.missing, 1, 0, "aa", 5);
	add(&m.fresh, 4, 0, "aa", 5);
	add(&m.fresh, 5, 0, "bb", 5);
	add(&m.fresh, 6, 0, "bb", 5);
	add(&m.missing, 2, 0, "bb", 5);
	moved_to(&m, 4, COMPARE_NONE, 5, COMPARE_NONE);
}

static void
test_sizes_that_are_known_must_be_the_same(void **state)
{
	struct match m = { .moved = { false } };

	(void)state;
	add(&m.missing, 0, 0, "aa", 6);
	add(&m.missing, 1, 0, "aa", COMPARE_NO_SIZE);
	add(&m.fresh, 4, 0, "aa", 5);
	moved_to(&m, COMPARE_NONE, 4, COMPARE_NONE, COMPARE_NONE);
}

static void
test_digests_of_different_algorithms_say_nothing(void **state)
{
	struct match m = { .moved = { false } };

	(void)state;
	add(&m.missing, 0, 0, "aa", 5);
	add(&m.missing, 1, 1, "a", 5);
	add(&m.fresh, 4, 1, "aa", 5);
	add(&m.fresh, 5, 1, "aaa", 5);
	moved_to(&m, COMPARE_NONE, COMPARE_NONE, COMPARE_NONE, COMPARE_NONE);
}

/* File 4 has both digests, and may take the place of one missing file only. */
static void
test_a_new_file_with_two_digests(void **state)
{
	struct match m = { .moved = { false } };

	(void)state;
	add(&m.missing, 0, 0, "aa", 5);
	add(&m.missing, 1, 1, "xx", 5);
	add(&m.missing, 2, 1, "xx", 5);
	add(&m.fresh, 4, 0, "aa", 5);
	add(&m.fresh, 4, 1, "xx", 5);
	add(&m.fresh, 5, 1, "xx", 5);
	moved_to(&m, 4, 5, COMPARE_NONE, COMPARE_NONE);
}

static void
test_sizes_of_an_algorithm(void **state)
{
	struct compare_files fs = { NULL, 0, 0 };

	(void)state;
	compare_sort(&fs);
	assert_false(compare_has(&fs, 0, 5));
	add(&fs, 0, 1, "aa", 7);
	add(&fs, 1, 0, "bb", 5);
	add(&fs, 2, 2, "cc", COMPARE_NO_SIZE);
	add(&fs, 3, 0, "dd", 3);
	compare_sort(&fs);
	assert_true(compare_has(&fs, 0, 3));
	assert_true(compare_has(&fs, 0, 5));
	assert_false(compare_has(&fs, 0, 7));
	assert_true(compare_has(&fs, 1, 7));
	assert_false(compare_has(&fs, 1, 5));
	assert_true(compare_has(&fs, 2, 0));
	assert_false(compare_has(&fs, 3, 3));
	free(fs.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_no_turns),
		cmocka_unit_test(test_names_behind_a_prefix),
		cmocka_unit_test(test_pairs_are_in_order_of_place),
		cmocka_unit_test(test_each_is_paired_once),
		cmocka_unit_test(
		    test_sizes_that_are_known_must_be_the_same),
		cmocka_unit_test(
		    test_digests_of_different_algorithms_say_nothing),
		cmocka_unit_test(test_a_new_file_with_two_digests),
		cmocka_unit_test(test_sizes_of_an_algorithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
