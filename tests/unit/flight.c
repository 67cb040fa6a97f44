/* hasher/flight.c: entries that are kept until they have ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hasher/flight.h"

static void
test_an_entry_is_kept_with_a_root_of_its_own(void **state)
{
	struct flights fs = { NULL, NULL, NULL };
	struct entry_root root = { 3, 5, 7 };
	struct entry e = { .len = 9, .root = &root, .cookie = 11 };
	struct flight *f = flights_begin(&fs, &e);

	(void)state;
	root = (struct entry_root){ 0, 0, 0 };
	e.len = e.cookie = 0;
	assert_int_equal(f->entry.len, 9);
	assert_int_equal(f->entry.cookie, 11);
	assert_ptr_not_equal(f->entry.root, &root);
	assert_int_equal(f->entry.root->below, 3);
	assert_int_equal(f->entry.root->dev, 5);
	assert_int_equal(f->entry.root->ino, 7);
	flights_end(&fs, f);
	flights_release(&fs);
}

static void
test_roots_are_shared_while_they_are_equal(void **state)
{
	static const struct entry_root roots[] = { { 1, 2, 3 }, { 1, 2, 3 },
	    { 4, 2, 3 }, { 1, 5, 3 }, { 1, 2, 6 } };
	struct flights fs = { NULL, NULL, NULL };
	struct flight *f[5];
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		const struct entry e = { .root = &roots[i] };

		f[i] = flights_begin(&fs, &e);
		assert_memory_equal(f[i]->entry.root, &roots[i],
		    sizeof(roots[i]));
	}
	assert_ptr_equal(f[0]->entry.root, f[1]->entry.root);
	/* the one ends, the other has its root still */
	flights_end(&fs, f[0]);
	assert_int_equal(f[1]->entry.root->ino, 3);
	flights_release(&fs); /* with four that have not ended */
}

static void
test_an_entry_without_a_root_has_none(void **state)
{
	static const struct entry_root root = { 1, 2, 3 };
	const struct entry with = { .root = &root }, without = { .len = 1 };
	struct flights fs = { NULL, NULL, NULL };

	(void)state;
	flights_end(&fs, flights_begin(&fs, &with));
	/* in the place of the first one */
	assert_null(flights_begin(&fs, &without)->entry.root);
	flights_release(&fs);
}

static void
test_ended_ones_are_used_again(void **state)
{
	struct flights fs = { NULL, NULL, NULL };
	struct flight *kept[1000], *f;
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		const struct entry e = { .cookie = i };

		kept[i] = flights_begin(&fs, &e);
	}
	for (i = 0; i < 1000; i++)
		assert_int_equal(kept[i]->entry.cookie, i);
	for (i = 0; i < 100000; i++) {
		const struct entry e = { .cookie = i };

		flights_end(&fs, kept[i % 1000]);
		f = flights_begin(&fs, &e);
		assert_ptr_equal(f, kept[i % 1000]);
	}
	flights_release(&fs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_entry_is_kept_with_a_root_of_its_own),
		cmocka_unit_test(test_roots_are_shared_while_they_are_equal),
		cmocka_unit_test(test_an_entry_without_a_root_has_none),
		cmocka_unit_test(test_ended_ones_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
