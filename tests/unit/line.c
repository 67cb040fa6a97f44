/* base/line: lines and records, their ends, the ends that are errors, and what
 * is done while there is nothing to read. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/line.h"
#include "failing.h"

/* A pipe with this in it, and nothing else to come; less than it holds. */
static int
pipe_of(const void *text, size_t n)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, n), n);
	close(fds[1]);
	return fds[0];
}

/* Reads text; want has the lines, count of them. */
static void
reads(const char *text, size_t n, int delim, const char *const want[],
    size_t count)
{
	int fd = pipe_of(text, n);
	struct line l = { .wait = NULL };
	size_t i;

	for (i = 0; i < count; i++) {
		assert_int_equal(line_next(&l, fd, delim), 1);
		assert_int_equal(l.len, strlen(want[i]));
		assert_string_equal(l.data, want[i]);
	}
	assert_int_equal(line_next(&l, fd, delim), 0);
	assert_int_equal(line_next(&l, fd, delim), 0);
	close(fd);
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
	reads("", 0, '\n', want, 0);
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
test_either(void **state)
{
	static const char *const lines[] = { "a", "b" };
	static const char *const empty[] = { "", "\na" };
	static const char *const one[] = { "last" };

	(void)state;
	reads("a\nb\n", 4, LINE_EITHER, lines, 2);
	reads("a\0b", 3, LINE_EITHER, lines, 2);
	reads("\0\na", 3, LINE_EITHER, empty, 2);
	reads("last", 4, LINE_EITHER, one, 1);
	reads("", 0, LINE_EITHER, NULL, 0);
}

static void
test_either_of_each_descriptor(void **state)
{
	int a = pipe_of("a\0", 2), b = pipe_of("b\nc\n", 4);
	struct line l = { .wait = NULL };

	(void)state;
	assert_int_equal(line_next(&l, a, LINE_EITHER), 1);
	assert_int_equal(line_next(&l, a, LINE_EITHER), 0);
	line_release(&l);
	assert_int_equal(line_next(&l, b, LINE_EITHER), 1);
	assert_string_equal(l.data, "b");
	close(a);
	close(b);
	line_release(&l);
}

static void
test_nul_in_a_line_is_kept(void **state)
{
	int fd = pipe_of("a\0b\n", 4);
	struct line l = { .wait = NULL };

	(void)state;
	assert_int_equal(line_next(&l, fd, '\n'), 1);
	assert_int_equal(l.len, 3);
	assert_memory_equal(l.data, "a\0b", 4);
	close(fd);
	line_release(&l);
}

/* Lines of every length, so that they end and begin anywhere in the buffer. */
static void
test_all_lengths(void **state)
{
	static const size_t far[] = { 65534, 65535, 65536, 65537, 131071,
	    131072, 131073, 1000000 };
	const size_t near = 1000, n = near + sizeof(far) / sizeof(far[0]);
	FILE *f = tmpfile();
	struct line l = { .wait = NULL };
	size_t i, j, len;

	(void)state;
	assert_non_null(f);
	for (i = 0; i < n; i++) {
		len = i < near ? i : far[i - near];
		for (j = 0; j < len; j++)
			putc('a' + (int)(j % 26), f);
		putc('\n', f);
	}
	assert_int_equal(fflush(f), 0);
	assert_int_equal(lseek(fileno(f), 0, SEEK_SET), 0);
	for (i = 0; i < n; i++) {
		len = i < near ? i : far[i - near];
		assert_int_equal(line_next(&l, fileno(f), '\n'), 1);
		assert_int_equal(l.len, len);
		for (j = 0; j < len; j++)
			assert_int_equal(l.data[j], 'a' + (int)(j % 26));
		assert_int_equal(l.data[len], '\0');
	}
	assert_int_equal(line_next(&l, fileno(f), '\n'), 0);
	line_release(&l);
	fclose(f);
}

static void
test_read_error(void **state)
{
	int fd = open("/", O_RDONLY);
	struct line l = { .wait = NULL };

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(line_next(&l, fd, '\n'), -1);
	assert_int_equal(errno, EISDIR);
	close(fd);
	line_release(&l);
}

static void
test_longest_line(void **state)
{
	FILE *f = tmpfile();
	struct line l = { .wait = NULL };

	(void)state;
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), LINE_LONGEST), 0);
	assert_int_equal(pwrite(fileno(f), "\nx", 2, LINE_LONGEST), 2);
	assert_int_equal(line_next(&l, fileno(f), '\n'), 1);
	assert_int_equal(l.len, LINE_LONGEST);
	assert_int_equal(line_next(&l, fileno(f), '\n'), 1);
	assert_string_equal(l.data, "x");
	line_release(&l);
	(void)fclose(f);
}

/* It would take all memory. */
static void
test_endless_line(void **state)
{
	int fd = open("/dev/zero", O_RDONLY);
	struct line l = { .wait = NULL };

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(line_next(&l, fd, '\n'), -1);
	assert_int_equal(errno, EFBIG);
	assert_true(l.cap <= 2 * LINE_LONGEST);
	close(fd);
	line_release(&l);
}

static void
test_line_cut_short_is_no_line(void **state)
{
	int fd = failing("one\nab");
	struct line l = { .wait = NULL };

	(void)state;
	assert_int_equal(line_next(&l, fd, '\n'), 1);
	assert_string_equal(l.data, "one");
	assert_int_equal(line_next(&l, fd, '\n'), -1);
	assert_int_equal(errno, EIO);
	close(fd);
	line_release(&l);
}

static void
test_another_descriptor(void **state)
{
	int a = pipe_of("a", 1), b = pipe_of("b\n", 2);
	struct line l = { .wait = NULL };

	(void)state;
	assert_int_equal(line_next(&l, a, '\n'), 1);
	assert_int_equal(line_next(&l, a, '\n'), 0);
	line_release(&l);
	assert_int_equal(line_next(&l, b, '\n'), 1);
	assert_string_equal(l.data, "b");
	close(a);
	close(b);
	line_release(&l);
}

/* ---- waiting ----------------------------------------------------------------- */

/* What comes while it waits, piece by piece; then the end. */
struct slow {
	int to;
	const char *const *pieces;
	int waited, rc;
};

static int
feed(void *cookie, int fd)
{
	struct slow *s = cookie;
	const char *piece = *s->pieces;

	(void)fd;
	s->waited++;
	if (!piece) {
		close(s->to);
	} else {
		assert_int_equal(write(s->to, piece, strlen(piece)),
		    strlen(piece));
		s->pieces++;
	}
	return s->rc;
}

static void
test_waits_only_for_what_is_not_there(void **state)
{
	static const char *const pieces[] = { "a\nb\nc", "d\n", "e", NULL };
	struct slow s = { .pieces = pieces };
	struct line l = { .wait = feed, .cookie = &s };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s.to = fds[1];
	assert_int_equal(line_next(&l, fds[0], '\n'), 1);
	assert_int_equal(s.waited, 1);
	assert_int_equal(line_next(&l, fds[0], '\n'), 1);
	assert_string_equal(l.data, "b");
	assert_int_equal(s.waited, 1);
	assert_int_equal(line_next(&l, fds[0], '\n'), 1);
	assert_string_equal(l.data, "cd");
	assert_int_equal(s.waited, 2);
	assert_int_equal(line_next(&l, fds[0], '\n'), 1);
	assert_string_equal(l.data, "e");
	assert_int_equal(s.waited, 4);
	assert_int_equal(line_next(&l, fds[0], '\n'), 0);
	assert_int_equal(s.waited, 4);
	close(fds[0]);
	line_release(&l);
}

static void
test_does_not_wait_for_a_file(void **state)
{
	struct slow s = { .rc = -1 };
	struct line l = { .wait = feed, .cookie = &s };
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(line_next(&l, fd, '\n'), 0);
	assert_int_equal(s.waited, 0);
	close(fd);
	line_release(&l);
}

static void
test_waits_no_more(void **state)
{
	static const char *const pieces[] = { "a\n", NULL };
	struct slow s = { .pieces = pieces, .rc = -1 };
	struct line l = { .wait = feed, .cookie = &s };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s.to = fds[1];
	assert_int_equal(line_next(&l, fds[0], '\n'), -1);
	assert_int_equal(errno, ECANCELED);
	close(fds[0]);
	close(fds[1]);
	line_release(&l);
}

/* Whoever shares a pipe with us may have made it non-blocking. */
static void
test_not_blocking(void **state)
{
	static const char *const pieces[] = { "a\n", NULL };
	struct slow s = { .pieces = pieces };
	struct line l = { .wait = feed, .cookie = &s };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	s.to = fds[1];
	assert_int_equal(line_next(&l, fds[0], '\n'), 1);
	assert_int_equal(s.waited, 1);
	assert_int_equal(line_next(&l, fds[0], '\n'), 0);
	close(fds[0]);
	line_release(&l);
}

/* ---- poll(2) that fails ------------------------------------------------------ */

/* So many calls fail with this error; behind the last there is a line. pauses: how
 * many have waited for nothing but time. */
static struct {
	int calls, error, to, pauses;
} failing_poll;

int __real_poll(struct pollfd *p, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *p, nfds_t n, int timeout);

int
__wrap_poll(struct pollfd *p, nfds_t n, int timeout)
{
	failing_poll.pauses += n == 0;
	if (failing_poll.calls == 0)
		return __real_poll(p, n, timeout);
	if (--failing_poll.calls == 0)
		assert_int_equal(write(failing_poll.to, "a\n", 2), 2);
	errno = failing_poll.error;
	return -1;
}

/* What reading a line gives from a pipe that does not block, while poll(2) fails. */
static int
reads_while_poll_fails(struct line *l, int calls, int error)
{
	int fds[2], rc;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	failing_poll.pauses = 0;
	failing_poll.calls = calls;
	failing_poll.error = error;
	failing_poll.to = fds[1];
	rc = line_next(l, fds[0], '\n');
	error = errno;
	failing_poll.calls = 0;
	close(fds[0]);
	close(fds[1]);
	line_release(l);
	errno = error;
	return rc;
}

/* A signal ends no waiting, and does not say that there is something to read. */
static void
test_poll_is_interrupted(void **state)
{
	static const char *const pieces[] = { "b\n", NULL };
	struct slow s = { .pieces = pieces };
	struct line l = { .wait = NULL };

	(void)state;
	assert_int_equal(reads_while_poll_fails(&l, 4, EINTR), 1);
	assert_int_equal(failing_poll.pauses, 0);
	l = (struct line){ .wait = feed, .cookie = &s };
	s.to = open("/dev/null", O_WRONLY);
	assert_int_equal(reads_while_poll_fails(&l, 1, EINTR), 1);
	assert_int_equal(s.waited, 1);
	close(s.to);
}

/* Any other error is one: what is there is read, and there is no waiting. */
static void
test_poll_fails(void **state)
{
	struct slow s = { .rc = -1 };
	struct line l = { .wait = NULL };

	(void)state;
	assert_int_equal(reads_while_poll_fails(&l, 3, ENOMEM), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(failing_poll.pauses, 1);
	l = (struct line){ .wait = feed, .cookie = &s };
	assert_int_equal(reads_while_poll_fails(&l, 1, ENOMEM), 1);
	assert_int_equal(s.waited, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_either),
		cmocka_unit_test(test_either_of_each_descriptor),
		cmocka_unit_test(test_nul_in_a_line_is_kept),
		cmocka_unit_test(test_all_lengths),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_line_cut_short_is_no_line),
		cmocka_unit_test(test_another_descriptor),
		cmocka_unit_test(test_waits_only_for_what_is_not_there),
		cmocka_unit_test(test_does_not_wait_for_a_file),
		cmocka_unit_test(test_waits_no_more),
		cmocka_unit_test(test_not_blocking),
		cmocka_unit_test(test_poll_is_interrupted),
		cmocka_unit_test(test_poll_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
