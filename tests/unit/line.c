/* base/line: lines and records, their ends, and the ends that are errors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/line.h"

/* Reads text as a file; want has the lines, count of them. */
static void
reads(const char *text, size_t n, int delim, const char *const want[],
    size_t count)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, n, "r");
	struct line l = { NULL, 0, 0 };
	size_t i;

	assert_non_null(f);
	for (i = 0; i < count; i++) {
		assert_int_equal(line_next(&l, f, delim), 1);
		assert_int_equal(l.len, strlen(want[i]));
		assert_string_equal(l.data, want[i]);
	}
	assert_int_equal(line_next(&l, f, delim), 0);
	assert_int_equal(line_next(&l, f, delim), 0);
	fclose(f);
	line_release(&l);
	assert_null(l.data);
}

static void
test_lines(void **state)
{
	static const char *const want[] = { "a", "", "b c\r", "last" };

	(void)state;
	reads("a\n\nb c\r\nlast\n", 13, '\n', want, 4);
	reads("a\n\nb c\r\nlast", 12, '\n', want, 4);
}

static void
test_records(void **state)
{
	static const char *const want[] = { "a\nb", "c" };

	(void)state;
	reads("a\nb\0c\0", 6, '\0', want, 2);
	reads("a\nb\0c", 5, '\0', want, 2);
}

static void
test_nul_in_a_line_is_kept(void **state)
{
	FILE *f = fmemopen((void *)(uintptr_t)"a\0b\n", 4, "r");
	struct line l = { NULL, 0, 0 };

	(void)state;
	assert_int_equal(line_next(&l, f, '\n'), 1);
	assert_int_equal(l.len, 3);
	assert_memory_equal(l.data, "a\0b", 4);
	fclose(f);
	line_release(&l);
}

static void
test_read_error(void **state)
{
	FILE *f = fopen("/", "r");
	struct line l = { NULL, 0, 0 };

	(void)state;
	assert_non_null(f);
	assert_int_equal(line_next(&l, f, '\n'), -1);
	assert_int_equal(errno, EISDIR);
	fclose(f);
	line_release(&l);
}

/* A stream that has two good letters of a line, and then fails. */
static ssize_t
read_and_fail(void *cookie, char *p, size_t n)
{
	int *calls = cookie;

	if ((*calls)++ || n < 2) {
		errno = EIO;
		return -1;
	}
	memcpy(p, "ab", 2);
	return 2;
}

static void
test_line_cut_short_is_no_line(void **state)
{
	int calls = 0;
	FILE *f = fopencookie(&calls, "r",
	    (cookie_io_functions_t){ .read = read_and_fail });
	struct line l = { NULL, 0, 0 };

	(void)state;
	assert_non_null(f);
	assert_int_equal(line_next(&l, f, '\n'), -1);
	assert_int_equal(errno, EIO);
	fclose(f);
	line_release(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_nul_in_a_line_is_kept),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_line_cut_short_is_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
