/* base/outfile: all or nothing, modes, links, and what is not a file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/outfile.h"

static char dir[] = "/tmp/phash-unit-out.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	if (chdir("/") < 0)
		return -1;
	return rmdir(dir); /* fails when a temporary file was left behind */
}

/*
 * Writes text to path and commits or abandons, in a child, because a program
 * has one output. Returns its errno, 0 when all went well.
 */
static int
run(const char *path, const char *text, bool commit)
{
	struct buf b = BUF_INIT;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (outfile_open(path) < 0)
			_exit(errno);
		buf_puts(&b, text);
		if (outfile_write(&b) < 0)
			_exit(errno);
		if (!commit)
			outfile_abandon();
		else if (outfile_commit() < 0)
			_exit(errno);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
is(const char *path, const char *text)
{
	char buf[64];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, buf, sizeof(buf));
	assert_int_equal(n, (int)strlen(text));
	assert_memory_equal(buf, text, (size_t)n);
	close(fd);
}

static void
test_new_file(void **state)
{
	(void)state;
	assert_int_equal(run("new", "one\n", true), 0);
	is("new", "one\n");
	assert_int_equal(unlink("new"), 0);
}

static void
test_abandoned_leaves_the_old(void **state)
{
	(void)state;
	assert_int_equal(run("f", "old", true), 0);
	assert_int_equal(run("f", "new", false), 0);
	is("f", "old");
	assert_int_equal(unlink("f"), 0);
}

static void
test_mode_is_kept(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(run("f", "old", true), 0);
	assert_int_equal(chmod("f", 0640), 0);
	assert_int_equal(run("f", "new", true), 0);
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	is("f", "new");
	assert_int_equal(unlink("f"), 0);
}

static void
test_link_stays_a_link(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(run("f", "old", true), 0);
	assert_int_equal(symlink("f", "l"), 0);
	assert_int_equal(run("l", "new", true), 0);
	assert_int_equal(lstat("l", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	is("f", "new");
	assert_int_equal(unlink("f"), 0);
	assert_int_equal(unlink("l"), 0);
}

static void
test_device_stays_a_device(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(run("/dev/null", "text", true), 0);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(run("/dev/full", "text", true), ENOSPC);
}

static void
test_name_of_full_length(void **state)
{
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	assert_int_equal(run(name, "x", true), 0);
	is(name, "x");
	assert_int_equal(unlink(name), 0);
}

static void
test_impossible_places(void **state)
{
	(void)state;
	assert_int_equal(run("no/such", "x", true), ENOENT);
	assert_int_equal(run(".", "x", true), EISDIR);
	assert_int_equal(run("gone/", "x", true), EISDIR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_file),
		cmocka_unit_test(test_abandoned_leaves_the_old),
		cmocka_unit_test(test_mode_is_kept),
		cmocka_unit_test(test_link_stays_a_link),
		cmocka_unit_test(test_device_stays_a_device),
		cmocka_unit_test(test_name_of_full_length),
		cmocka_unit_test(test_impossible_places),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
