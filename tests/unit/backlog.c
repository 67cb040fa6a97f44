/* Numbers that wait, first in, first out. */
#include "mode/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
take(struct backlog *b, uint64_t want)
{
	uint64_t n;

	assert_true(backlog_next(b, &n));
	assert_int_equal(n, want);
	assert_true(backlog_next(b, &n)); /* looking takes nothing */
	assert_int_equal(n, want);
	backlog_take(b);
}

static void
test_in_order(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 2, 7, 6, 5, 6, 7, 100, 3 };
	struct backlog b = { 0 };
	uint64_t n;
	size_t i;

	(void)state;
	assert_false(backlog_next(&b, &n));
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		backlog_add(&b, numbers[i]);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		take(&b, numbers[i]);
	assert_false(backlog_next(&b, &n));
	backlog_release(&b);
	backlog_release(&b);
}

/* A million that follow each other are one run; what was taken of it does not go
 * on. */
static void
test_runs(void **state)
{
	struct backlog b = { 0 };
	uint64_t i, n;

	(void)state;
	for (i = 5; i < 1000000; i++)
		backlog_add(&b, i);
	assert_int_equal(b.n, 1);
	for (i = 5; i < 1000000; i++)
		take(&b, i);
	assert_false(backlog_next(&b, &n));
	backlog_add(&b, 1000000);
	take(&b, 1000000);
	assert_false(backlog_next(&b, &n));
	backlog_release(&b);
}

/* With as many put in as taken out, memory does not grow. */
static void
test_steady(void **state)
{
	struct backlog b = { 0 };
	uint64_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		backlog_add(&b, 2 * i);
	for (; i < 100000; i++) {
		backlog_add(&b, 2 * i);
		take(&b, 2 * (i - 100));
	}
	assert_true(b.cap < 1000);
	backlog_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_steady),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
