/* source/tally: counts by device and inode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source/tally.h"

static void
test_counts(void **state)
{
	struct tally t = { NULL, 0, 0 };

	(void)state;
	assert_int_equal(tally_add(&t, 1, 10), 1);
	assert_int_equal(tally_add(&t, 1, 10), 2);
	assert_int_equal(tally_add(&t, 2, 10), 1);
	assert_int_equal(tally_add(&t, 1, 20), 1);
	assert_int_equal(tally_add(&t, 0, 0), 1);
	assert_int_equal(tally_add(&t, 0, 0), 2);
	assert_int_equal(tally_add(&t, 1, 10), 3);
	tally_release(&t);
	assert_int_equal(tally_add(&t, 1, 10), 1);
	tally_release(&t);
}

static void
test_many(void **state)
{
	struct tally t = { NULL, 0, 0 };
	unsigned round;
	ino_t ino;

	(void)state;
	for (round = 1; round <= 3; round++) {
		for (ino = 0; ino < 10000; ino++) {
			assert_int_equal(tally_add(&t, 1, ino), round);
			assert_int_equal(tally_add(&t, 2, ino << 20), round);
		}
	}
	assert_int_equal(t.n, 20000);
	tally_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
