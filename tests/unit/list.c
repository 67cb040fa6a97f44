/* source/list: operands and lists of them, and what can be wrong there. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing.h"
#include "scratch.h"
#include "source/list.h"

static int
teardown(void **state)
{
	(void)remove("a");
	(void)remove("b");
	return scratch_leave(state);
}

#define PUT(path, literal) scratch_write(path, literal, sizeof(literal) - 1)

static struct list *
list_of(const char *path, bool zero)
{
	struct list *l = list_new(NULL, 0);

	assert_int_equal(list_add_file(l, path, zero), 0);
	return l;
}

/* The next event, and where it came from. */
static void
expect_event(struct list *l, enum list_event want, const char *where,
    size_t number)
{
	const char *name;
	size_t len, n;
	int err;

	assert_int_equal(list_next(l, &name, &len, &err), want);
	if (where)
		assert_string_equal(list_where(l, &n), where);
	else
		assert_null(list_where(l, &n));
	assert_int_equal(n, number);
}

static void
expect_name(struct list *l, const char *want)
{
	const char *name;
	size_t len;
	int err;

	assert_int_equal(list_next(l, &name, &len, &err), LIST_NAME);
	assert_string_equal(name, want);
	assert_int_equal(len, strlen(want));
}

static void
expect_end(struct list *l)
{
	const char *name;
	size_t len;
	int err;

	assert_int_equal(list_next(l, &name, &len, &err), LIST_END);
	assert_int_equal(list_next(l, &name, &len, &err), LIST_END);
	list_free(l);
}

static void
test_nothing(void **state)
{
	(void)state;
	expect_end(list_new(NULL, 0));
	list_free(NULL);
}

static void
test_operands(void **state)
{
	char *operands[] = { (char *)"x", (char *)"", (char *)"-" };
	struct list *l = list_new(operands, 3);

	(void)state;
	expect_name(l, "x");
	expect_event(l, LIST_EMPTY, NULL, 2);
	expect_event(l, LIST_NAME, NULL, 3);
	expect_end(l);
}

static void
test_lines(void **state)
{
	struct list *l;

	(void)state;
	PUT("a", "x\n two words\ny\r\n#\n-\n");
	l = list_of("a", false);
	expect_name(l, "x");
	expect_name(l, " two words");
	expect_name(l, "y\r");
	expect_name(l, "#");
	expect_event(l, LIST_NAME, "a", 5);
	expect_end(l);
}

static void
test_records(void **state)
{
	struct list *l;

	(void)state;
	PUT("a", "x\0new\nline\0");
	l = list_of("a", true);
	expect_name(l, "x");
	expect_name(l, "new\nline");
	expect_end(l);
}

static void
test_last_without_its_end(void **state)
{
	struct list *l;

	(void)state;
	PUT("a", "x\ny");
	l = list_of("a", false);
	expect_name(l, "x");
	expect_name(l, "y");
	expect_end(l);
	PUT("a", "x\0y");
	l = list_of("a", true);
	expect_name(l, "x");
	expect_name(l, "y");
	expect_end(l);
}

static void
test_empty_list(void **state)
{
	(void)state;
	PUT("a", "");
	expect_end(list_of("a", false));
	expect_end(list_of("a", true));
}

static void
test_empty_names(void **state)
{
	struct list *l;

	(void)state;
	PUT("a", "\nx\n\n");
	l = list_of("a", false);
	expect_event(l, LIST_EMPTY, "a", 1);
	expect_event(l, LIST_NAME, "a", 2);
	expect_event(l, LIST_EMPTY, "a", 3);
	expect_end(l);
	PUT("a", "x\0\0y\0");
	l = list_of("a", true);
	expect_event(l, LIST_NAME, "a", 1);
	expect_event(l, LIST_EMPTY, "a", 2);
	expect_event(l, LIST_NAME, "a", 3);
	expect_end(l);
}

static void
test_nul_in_a_line(void **state)
{
	struct list *l;
	const char *name;
	size_t len;
	int err;

	(void)state;
	PUT("a", "x\ny\0z\nend\n");
	l = list_of("a", false);
	expect_name(l, "x");
	assert_int_equal(list_next(l, &name, &len, &err), LIST_NUL);
	assert_int_equal(len, 3);
	assert_memory_equal(name, "y\0z", 4);
	expect_name(l, "end");
	expect_end(l);
}

static void
test_several_in_order(void **state)
{
	char *operands[] = { (char *)"first" };
	struct list *l = list_new(operands, 1);

	(void)state;
	PUT("a", "x\ny\n");
	PUT("b", "z\0\0");
	assert_int_equal(list_add_file(l, "a", false), 0);
	assert_int_equal(list_add_file(l, "b", true), 0);
	expect_event(l, LIST_NAME, NULL, 1);
	expect_event(l, LIST_NAME, "a", 1);
	expect_event(l, LIST_NAME, "a", 2);
	expect_name(l, "z");
	expect_event(l, LIST_EMPTY, "b", 2);
	expect_end(l);
}

static void
test_opened_at_once(void **state)
{
	struct list *l;

	(void)state;
	PUT("a", "x\n");
	l = list_of("a", false);
	assert_int_equal(unlink("a"), 0);
	expect_name(l, "x");
	expect_end(l);
}

static void
test_does_not_exist(void **state)
{
	struct list *l = list_new(NULL, 0);

	(void)state;
	errno = 0;
	assert_int_equal(list_add_file(l, "none", false), -1);
	assert_int_equal(errno, ENOENT);
	expect_end(l);
}

static void
test_long_name(void **state)
{
	const size_t n = 300000;
	char *text = malloc(n + 1);
	struct list *l;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', n);
	text[n] = '\n';
	scratch_write("a", text, n + 1);
	text[n] = '\0';
	l = list_of("a", false);
	expect_name(l, text);
	expect_end(l);
	free(text);
}

static void
test_directory(void **state)
{
	struct list *l = list_new(NULL, 0);
	const char *name;
	size_t len;
	int err = 0;

	(void)state;
	PUT("a", "x\n");
	assert_int_equal(list_add_file(l, "/", false), 0);
	assert_int_equal(list_add_file(l, "a", false), 0);
	assert_int_equal(list_next(l, &name, &len, &err), LIST_ERROR);
	assert_int_equal(err, EISDIR);
	expect_event(l, LIST_NAME, "a", 1);
	expect_end(l);
}

/* The rest of a name is lost: what came of it is no name. */
static void
test_read_error_in_a_name(void **state)
{
	int saved = dup(STDIN_FILENO), fd = failing("x\nhalf");
	struct list *l;
	const char *name;
	size_t len, n;
	int err = 0;

	(void)state;
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	l = list_of("-", false);
	expect_name(l, "x");
	assert_int_equal(list_next(l, &name, &len, &err), LIST_ERROR);
	assert_int_equal(err, EIO);
	assert_string_equal(list_where(l, &n), "-");
	assert_int_equal(n, 2);
	expect_end(l);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
}

static int
on_wait(void *cookie, int fd)
{
	int *to = cookie;

	(void)fd;
	if (*to < 0)
		return -1;
	assert_int_equal(write(*to, "x\n", 2), 2);
	return 0;
}

/* A list that has nothing to read yet, after one that is at its end. */
static void
test_waits(void **state)
{
	struct list *l;
	const char *name;
	size_t len;
	int to, none = -1, err = 0;

	(void)state;
	PUT("a", "y");
	(void)remove("b");
	assert_int_equal(mkfifo("b", 0600), 0);
	to = open("b", O_RDWR);
	assert_true(to >= 0);
	l = list_of("a", false);
	assert_int_equal(list_add_file(l, "b", false), 0);
	list_on_wait(l, on_wait, &to);
	expect_name(l, "y");
	expect_name(l, "x");
	close(to);
	expect_end(l);

	to = open("b", O_RDWR);
	assert_true(to >= 0);
	l = list_of("b", false);
	list_on_wait(l, on_wait, &none);
	assert_int_equal(list_next(l, &name, &len, &err), LIST_ERROR);
	assert_int_equal(err, ECANCELED);
	expect_end(l);
	close(to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_last_without_its_end),
		cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_empty_names),
		cmocka_unit_test(test_nul_in_a_line),
		cmocka_unit_test(test_several_in_order),
		cmocka_unit_test(test_opened_at_once),
		cmocka_unit_test(test_does_not_exist),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_read_error_in_a_name),
		cmocka_unit_test(test_waits),
	};

	return cmocka_run_group_tests(tests, scratch_enter, teardown);
}
