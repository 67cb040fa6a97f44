/* record/places: verdicts by directory, whatever order they are added in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/places.h"

static struct places *places;

static int
setup(void **state)
{
	(void)state;
	places = places_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	places_free(places);
	return 0;
}

/* Adds one whose cursor has number n. */
static void
add(const char *name, enum verdict v, size_t n)
{
	const struct compare_cursor at = { .i = n, .j = 2 * n };

	places_add(places, name, strlen(name), v, &at);
}

/* Number i is called name, and has those cursors, count of them, in order. */
static void
has(size_t i, const char *name, const size_t *cursors, size_t count)
{
	struct compare_cursor at;
	struct place place;

	assert_true(places_at(places, i, &place));
	assert_int_equal(place.len, strlen(name));
	assert_memory_equal(place.name, name, place.len);
	assert_int_equal(place.all, count);
	for (size_t k = 0; k < count; k++) {
		assert_true(places_next(places, &place.first, &at));
		assert_int_equal(at.i, cursors[k]);
		assert_int_equal(at.j, 2 * cursors[k]);
	}
	assert_false(places_next(places, &place.first, &at));
}

static void
test_none(void **state)
{
	struct place place;

	(void)state;
	places_sort(places);
	assert_false(places_at(places, 0, &place));
	places_free(NULL);
}

static void
test_order(void **state)
{
	static const size_t top[] = { 3, 5 }, a[] = { 1, 8 }, ab[] = { 2 };
	static const size_t a_b[] = { 4 }, b[] = { 0, 6, 7 };
	struct place place;

	(void)state;
	add("b/x", VERDICT_NEW, 0);
	add("a/x", VERDICT_CHANGED, 1);
	add("a/b/x", VERDICT_MISSING, 2);
	add("x", VERDICT_NEW, 3);
	add("a-b/x", VERDICT_MOVED, 4);
	add("a", VERDICT_UNREADABLE, 5);
	add("b/a", VERDICT_NEW, 6);
	add("b/", VERDICT_CHANGED, 7);
	add("a/b", VERDICT_NEW, 8);
	places_sort(places);
	has(0, "", top, 2);
	has(1, "a-b/", a_b, 1);
	has(2, "a/", a, 2);
	has(3, "a/b/", ab, 1);
	has(4, "b/", b, 3);
	assert_false(places_at(places, 5, &place));
}

static void
test_counts(void **state)
{
	struct place place;

	(void)state;
	add("d/1", VERDICT_NEW, 0);
	add("e/1", VERDICT_NEW, 1);
	add("d/2", VERDICT_CHANGED, 2);
	add("d/3", VERDICT_NEW, 3);
	places_sort(places);
	assert_true(places_at(places, 0, &place));
	assert_int_equal(place.n[VERDICT_NEW], 2);
	assert_int_equal(place.n[VERDICT_CHANGED], 1);
	assert_int_equal(place.n[VERDICT_MISSING], 0);
	assert_int_equal(place.all, 3);
}

/* So many that everything has grown more than once. */
static void
test_many(void **state)
{
	char name[40];
	struct place place;
	struct compare_cursor at;

	(void)state;
	for (size_t n = 0; n < 10000; n++) {
		snprintf(name, sizeof(name), "%03zu/%zu", n % 500, n);
		add(name, VERDICT_NEW, n);
	}
	places_sort(places);
	for (size_t i = 0; i < 500; i++) {
		assert_true(places_at(places, i, &place));
		snprintf(name, sizeof(name), "%03zu/", i);
		assert_int_equal(place.len, 4);
		assert_memory_equal(place.name, name, 4);
		assert_int_equal(place.all, 20);
		for (size_t k = 0; k < 20; k++) {
			assert_true(places_next(places, &place.first, &at));
			assert_int_equal(at.i, 500 * k + i);
		}
		assert_false(places_next(places, &place.first, &at));
	}
	assert_false(places_at(places, 500, &place));
}

static void
test_directories(void **state)
{
	(void)state;
	assert_int_equal(places_dir("", 0), 0);
	assert_int_equal(places_dir("a", 1), 0);
	assert_int_equal(places_dir("a/b", 3), 2);
	assert_int_equal(places_dir("/", 1), 1);
	assert_int_equal(places_dir("a/b/", 4), 4);
	assert_int_equal(places_dir("a/bc/d", 3), 2); /* of what is given */
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_none),
		CASE(test_order),
		CASE(test_counts),
		CASE(test_many),
		CASE(test_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
