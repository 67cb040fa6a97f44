/* Files on one side only: which are the same. */
#include "record/moved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hasher/result.h"

#define NONE UINT64_MAX
#define FILES 8

/* A match of a few files; digests of two bytes. */
struct match {
	struct moved_files missing, fresh;
	uint64_t moved_to[FILES];
	bool moved[FILES];
};

static void
add(struct moved_files *fs, uint64_t number, int algorithm,
    const char *digest, uint64_t size)
{
	struct result r = { .size = size, .digestlen = strlen(digest),
	    .entry.algorithm = algorithm };

	memcpy(r.digest, digest, r.digestlen);
	moved_add(fs, number, number, &r);
}

/* Matches, and checks where each of the missing files 0 to 3 went. */
static void
moved_to(struct match *m, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t to[] = { a, b, c, d };
	size_t pairs = 0;

	for (int i = 0; i < FILES; i++)
		m->moved_to[i] = NONE;
	moved_pair(&m->missing, &m->fresh, m->moved_to, m->moved);
	for (int i = 0; i < 4; i++) {
		assert_true(m->moved_to[i] == to[i]);
		pairs += to[i] != NONE;
		if (to[i] != NONE)
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
	moved_to(&m, 6, 7, 4, NONE);
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
	moved_to(&m, 4, NONE, 5, NONE);
}

static void
test_sizes_that_are_known_must_be_the_same(void **state)
{
	struct match m = { .moved = { false } };

	(void)state;
	add(&m.missing, 0, 0, "aa", 6);
	add(&m.missing, 1, 0, "aa", MOVED_NO_SIZE);
	add(&m.fresh, 4, 0, "aa", 5);
	moved_to(&m, NONE, 4, NONE, NONE);
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
	moved_to(&m, NONE, NONE, NONE, NONE);
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
	moved_to(&m, 4, 5, NONE, NONE);
}

static void
test_sizes_of_an_algorithm(void **state)
{
	struct moved_files fs = { NULL, 0, 0 };

	(void)state;
	moved_sort(&fs);
	assert_false(moved_has(&fs, 0, 5));
	add(&fs, 0, 1, "aa", 7);
	add(&fs, 1, 0, "bb", 5);
	add(&fs, 2, 2, "cc", MOVED_NO_SIZE);
	add(&fs, 3, 0, "dd", 3);
	moved_sort(&fs);
	assert_true(moved_has(&fs, 0, 3));
	assert_true(moved_has(&fs, 0, 5));
	assert_false(moved_has(&fs, 0, 7));
	assert_true(moved_has(&fs, 1, 7));
	assert_false(moved_has(&fs, 1, 5));
	assert_true(moved_has(&fs, 2, 0));
	assert_false(moved_has(&fs, 3, 3));
	free(fs.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_are_in_order_of_place),
		cmocka_unit_test(test_each_is_paired_once),
		cmocka_unit_test(test_sizes_that_are_known_must_be_the_same),
		cmocka_unit_test(
		    test_digests_of_different_algorithms_say_nothing),
		cmocka_unit_test(test_a_new_file_with_two_digests),
		cmocka_unit_test(test_sizes_of_an_algorithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
