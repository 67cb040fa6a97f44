/* hasher/reader: kinds of files, the saved read, and change while reading. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hasher/reader.h"
#include "hasher/result.h"

static char dir[] = "/tmp/phash-unit-reader.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "f", "link", "fifo", "d" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (remove(names[i]) < 0 && errno != ENOENT)
			return -1;
	return chdir("/") == 0 ? rmdir(dir) : -1;
}

static void
put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	assert_int_equal(close(fd), 0);
}

static void
test_regular_in_one_read(void **state)
{
	struct result r = { .status = RESULT_OK };
	struct reader f;
	char buf[16];
	bool last;

	(void)state;
	put("f", "12345");
	assert_int_equal(reader_open(&f, AT_FDCWD, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), true, &last, &r), 5);
	assert_true(last); /* short, and as long as fstat said */
	assert_int_equal(reader_settled(&f, &r), 1);
	reader_close(&f);
	assert_int_equal(f.fd, -1);
}

/* A buffer just filled is no sign of the end, whatever the size says. */
static void
test_full_buffer_reads_on(void **state)
{
	struct result r;
	struct reader f;
	char buf[5];
	bool last;

	(void)state;
	put("f", "12345");
	assert_int_equal(reader_open(&f, AT_FDCWD, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), true, &last, &r), 5);
	assert_false(last);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), true, &last, &r), 0);
	assert_true(last);
	reader_close(&f);
}

static void
test_size_zero_is_not_trusted(void **state)
{
	struct result r;
	struct reader f;
	char buf[4096];
	bool last;

	(void)state;
	assert_int_equal(reader_open(&f, AT_FDCWD, "/proc/self/status",
	    ENTRY_FOUND, &r), 0);
	assert_int_equal(f.st.st_size, 0);
	assert_true(reader_read(&f, buf, sizeof(buf), true, &last, &r) > 0);
	assert_false(last);
	reader_close(&f);
}

static void
test_kinds_refused_in_a_walk(void **state)
{
	struct result r;
	struct reader f;

	(void)state;
	put("f", "x");
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(reader_open(&f, AT_FDCWD, "link", ENTRY_FOUND, &r), -1);
	assert_int_equal(r.status, RESULT_TYPE);
	assert_int_equal(reader_open(&f, AT_FDCWD, "fifo", ENTRY_FOUND, &r), -1);
	assert_int_equal(r.status, RESULT_TYPE); /* and it did not block */
	assert_int_equal(reader_open(&f, AT_FDCWD, "d", ENTRY_LINKED, &r), -1);
	assert_int_equal(r.status, RESULT_TYPE);
	assert_int_equal(reader_open(&f, AT_FDCWD, "gone", ENTRY_FOUND, &r), -1);
	assert_int_equal(r.status, RESULT_OPEN);
	assert_int_equal(r.code, ENOENT);
	assert_int_equal(reader_open(&f, AT_FDCWD, "link", ENTRY_LINKED, &r),
	    0);
	reader_close(&f);
	assert_int_equal(reader_open(&f, AT_FDCWD, "link", ENTRY_NAMED, &r), 0);
	reader_close(&f);
}

static void
test_changed_once_then_twice(void **state)
{
	struct result r = { .status = RESULT_OK };
	struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct reader f;
	char buf[16];
	bool last;

	(void)state;
	put("f", "12345");
	assert_int_equal(reader_open(&f, AT_FDCWD, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), true, &last, &r), 5);
	put("f", "123456789"); /* the size moves */
	assert_int_equal(reader_settled(&f, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), true, &last, &r), 9);
	assert_memory_equal(buf, "123456789", 9); /* from the beginning */
	assert_true(last);
	times[1].tv_sec = 12345; /* only the times move */
	assert_int_equal(utimensat(AT_FDCWD, "f", times, 0), 0);
	assert_int_equal(reader_settled(&f, &r), -1);
	assert_int_equal(r.status, RESULT_CHANGED);
	reader_close(&f);
}

static void
test_directory_named(void **state)
{
	struct result r;
	struct reader f;
	char buf[16];
	bool last;

	(void)state;
	assert_int_equal(reader_open(&f, AT_FDCWD, "d", ENTRY_NAMED, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), true, &last, &r), -1);
	assert_int_equal(r.status, RESULT_READ);
	assert_int_equal(r.code, EISDIR);
	reader_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regular_in_one_read),
		cmocka_unit_test(test_full_buffer_reads_on),
		cmocka_unit_test(test_size_zero_is_not_trusted),
		cmocka_unit_test(test_kinds_refused_in_a_walk),
		cmocka_unit_test(test_changed_once_then_twice),
		cmocka_unit_test(test_directory_named),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
