/* base/progress: the figures of the line, by a clock of our own. */
#include "base/progress.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MB 1000000u
#define START 1000 /* the clock's time at the start; others are since then */

/* The linker puts these in the place of the C library's (Makefile). */
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

static double now;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	t->tv_sec = (time_t)now;
	t->tv_nsec = (long)((now - (double)t->tv_sec) * 1e9);
	return 0;
}

static int err[2]; /* stderr leads through it */

/* What was drawn, without what wipes the line before. */
static const char *
drawn(void)
{
	static char text[512];
	ssize_t n = read(err[0], text, sizeof(text) - 1);
	const char *last;

	text[n > 0 ? n : 0] = '\0';
	last = strrchr(text, '\033');
	return last ? last + 3 : text;
}

/* A redraw at that time, with so many bytes done. */
static const char *
tick(double at, uint64_t bytes)
{
	now = START + at;
	progress_bytes(bytes);
	assert_true(progress_due());
	progress_tick();
	return drawn();
}

/* Every quarter of a second between two times, with as many bytes for each. */
static uint64_t
work(double from, double to, uint64_t bytes, uint64_t each)
{
	for (; from < to; from += 0.25)
		(void)tick(from, bytes += each);
	return bytes;
}

static void
test_rate_is_that_of_the_last_seconds(void **state)
{
	uint64_t bytes;

	(void)state;
	now = START;
	progress_start(PROGRESS_SHOW);
	assert_string_equal(tick(0.5, 50 * MB), "0 files, 50 MB, 100 MB/s");
	bytes = work(0.75, 10, 50 * MB, 25 * MB);
	assert_string_equal(tick(10, bytes += 25 * MB),
	    "0 files, 1.0 GB, 100 MB/s");
	bytes = work(10.25, 12, bytes, 0);
	assert_string_equal(tick(12, bytes), "0 files, 1.0 GB, 50 MB/s");
	bytes = work(12.25, 20, bytes, 0);
	assert_string_equal(tick(20, bytes), "0 files, 1.0 GB, 0 B/s");
}

/* Goes on where the test above stopped: there is one progress in a program. */
static void
test_share_and_time_left(void **state)
{
	(void)state;
	progress_share(2, 8);
	assert_string_equal(tick(40, 1000 * MB),
	    "25%, 0 files, 1.0 GB, 0 B/s, 2:00 left");
	progress_found(4000 * MB);
	progress_found(0);
	progress_found_all();
	assert_string_equal(tick(50, 2000 * MB),
	    "50%, 0/2 files, 2.0 GB/4.0 GB, 100 MB/s, 0:50 left");
	progress_done("a", 1);
	assert_string_equal(tick(60, 4000 * MB),
	    "99%, 1/2 files, 4.0 GB/4.0 GB, 200 MB/s, 0:00 left");
	progress_done("b", 1);
	assert_string_equal(tick(70, 4000 * MB),
	    "100%, 2/2 files, 4.0 GB/4.0 GB, 0 B/s");
}

static void
test_long_times(void **state)
{
	(void)state;
	progress_found(4000 * MB);
	assert_string_equal(tick(4000, 4000 * MB),
	    "50%, 2/3 files, 4.0 GB/8.0 GB, 0 B/s, 1:06:40 left");
}

static void
test_the_end_forgets_the_names(void **state)
{
	(void)state;
	progress_waiting("w", 1);
	assert_string_equal(tick(4100, 4000 * MB),
	    "50%, 2/3 files, 4.0 GB/8.0 GB, waiting for w");
	progress_end();
	(void)drawn();
	progress_start(PROGRESS_SHOW);
	assert_null(strstr(tick(4200, 4000 * MB), "waiting"));
}

static void
test_one_name_at_a_time(void **state)
{
	(void)state;
	progress_end();
	(void)drawn();
	progress_start(PROGRESS_SHOW | PROGRESS_NAMES);
	progress_done("a", 1);
	progress_done("b", 1);
	assert_non_null(strstr(tick(4300, 4000 * MB), "B/s, b"));
	progress_waiting("v", 1);
	progress_waiting("w", 1);
	assert_non_null(strstr(tick(4400, 4000 * MB), ", waiting for w"));
}

static void
test_the_line_makes_way_where_it_stands(void **state)
{
	struct pollfd p = { .fd = err[0], .events = POLLIN };
	int other[2];

	(void)state;
	assert_int_equal(pipe(other), 0);
	(void)tick(4500, 4000 * MB);
	progress_yield(other[1], "a\n", 2);
	assert_int_equal(poll(&p, 1, 0), 0);
	progress_yield(err[1], "a\n", 2);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_string_equal(drawn(), "");
	close(other[0]);
	close(other[1]);
}

static int
setup(void **state)
{
	(void)state;
	return pipe(err) == 0 && dup2(err[1], STDERR_FILENO) >= 0 ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate_is_that_of_the_last_seconds),
		cmocka_unit_test(test_share_and_time_left),
		cmocka_unit_test(test_long_times),
		cmocka_unit_test(test_the_end_forgets_the_names),
		cmocka_unit_test(test_one_name_at_a_time),
		cmocka_unit_test(test_the_line_makes_way_where_it_stands),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
