/* base/xio: paths of any length, whole writes, descriptors 0 to 2. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xio.h"

#define LEVELS 50 /* of 200 bytes each: more than twice PATH_MAX */

static char dir[] = "/tmp/phash-unit-xio.XXXXXX";
static char level[201];

/* Makes the levels with a file at the bottom; back at the top. */
static int
setup(void **state)
{
	int i, fd, top;

	(void)state;
	memset(level, 'd', sizeof(level) - 1);
	if (!mkdtemp(dir) || chdir(dir) < 0)
		return -1;
	top = open(".", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < LEVELS; i++)
		if (mkdir(level, 0700) < 0 || chdir(level) < 0)
			return -1;
	fd = open("f", O_WRONLY | O_CREAT, 0600);
	if (top < 0 || fd < 0 || write(fd, "deep", 4) != 4 || close(fd) < 0)
		return -1;
	return fchdir(top) < 0 ? -1 : close(top);
}

static int
teardown(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < LEVELS; i++)
		if (chdir(level) < 0)
			return -1;
	if (unlink("f") < 0)
		return -1;
	for (i = 0; i < LEVELS; i++)
		if (chdir("..") < 0 || rmdir(level) < 0)
			return -1;
	return rmdir(dir);
}

static void
put_deep(struct buf *path, const char *separator, const char *last)
{
	int i;

	for (i = 0; i < LEVELS; i++) {
		buf_puts(path, level);
		buf_puts(path, separator);
	}
	buf_puts(path, last);
}

static void
reads_deep(int dirfd, const char *path)
{
	char text[8];
	int fd = xio_open(dirfd, path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	assert_memory_equal(text, "deep", 4);
	assert_int_equal(close(fd), 0);
	assert_int_equal(xio_stat(dirfd, path, &st, 0), 0);
	assert_int_equal(st.st_size, 4);
}

static void
test_relative_absolute_and_doubled_slashes(void **state)
{
	struct buf path = BUF_INIT;
	int at = open(dir, O_RDONLY | O_DIRECTORY);

	(void)state;
	put_deep(&path, "/", "f");
	assert_true(path.len > 2 * PATH_MAX);
	reads_deep(AT_FDCWD, buf_str(&path));
	reads_deep(at, buf_str(&path));
	buf_clear(&path);
	buf_printf(&path, "%s/", dir);
	put_deep(&path, "//", "f");
	reads_deep(AT_FDCWD, buf_str(&path));
	reads_deep(at, buf_str(&path));
	close(at);
	buf_release(&path);
}

static void
test_missing_at_the_bottom(void **state)
{
	struct buf path = BUF_INIT;
	struct stat st;

	(void)state;
	put_deep(&path, "/", "gone");
	assert_int_equal(xio_open(AT_FDCWD, buf_str(&path), O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(xio_stat(AT_FDCWD, buf_str(&path), &st, 0), -1);
	assert_int_equal(errno, ENOENT);
	buf_release(&path);
}

static void
test_component_too_long(void **state)
{
	char *path = malloc(PATH_MAX + 10);

	(void)state;
	memset(path, 'x', PATH_MAX + 9);
	path[PATH_MAX + 9] = '\0';
	assert_int_equal(xio_open(AT_FDCWD, path, O_RDONLY), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	free(path);
}

static void
test_no_descriptor_leaks(void **state)
{
	struct buf path = BUF_INIT;
	struct stat st;
	int before = open("/dev/null", O_RDONLY), after;

	(void)state;
	close(before);
	put_deep(&path, "/", "gone");
	assert_int_equal(xio_open(AT_FDCWD, buf_str(&path), O_RDONLY), -1);
	assert_int_equal(xio_stat(AT_FDCWD, buf_str(&path), &st, 0), -1);
	after = open("/dev/null", O_RDONLY);
	assert_int_equal(after, before);
	close(after);
	buf_release(&path);
}

static void
test_write_in_many_pieces(void **state)
{
	enum { SIZE = 300000 }; /* more than a pipe holds */
	static const char text[SIZE];
	char sink[4096];
	size_t got = 0;
	ssize_t n;
	int p[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0)
		_exit(xio_write(p[1], text, SIZE) < 0);
	close(p[1]);
	while ((n = read(p[0], sink, sizeof(sink))) > 0)
		got += (size_t)n;
	assert_int_equal(got, SIZE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(p[0]);
}

static void
test_closed_standard_descriptors(void **state)
{
	pid_t pid = fork();
	int status;
	char c;

	(void)state;
	if (pid == 0) {
		close(0);
		close(1);
		if (xio_open_std() < 0)
			_exit(1);
		if (write(1, "x", 1) >= 0 || errno != EBADF)
			_exit(2);
		if (read(0, &c, 1) >= 0 || errno != EBADF)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_inherited_descriptors(void **state)
{
	int own = open("/", O_RDONLY | O_CLOEXEC);
	int left = dup(own); /* not close-on-exec */
	const int fds[] = { 0, 2, own };
	int *all = xio_with_inherited(fds, 3), n, found = 0;

	(void)state;
	assert_memory_equal(all, fds, sizeof(fds));
	for (n = 3; all[n] >= 0; n++) {
		assert_int_not_equal(all[n], own);
		assert_true(all[n] > 2);
		found += all[n] == left;
	}
	assert_int_equal(found, 1);
	free(all);
	close(left);
	close(own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relative_absolute_and_doubled_slashes),
		cmocka_unit_test(test_missing_at_the_bottom),
		cmocka_unit_test(test_component_too_long),
		cmocka_unit_test(test_no_descriptor_leaks),
		cmocka_unit_test(test_write_in_many_pieces),
		cmocka_unit_test(test_closed_standard_descriptors),
		cmocka_unit_test(test_inherited_descriptors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
