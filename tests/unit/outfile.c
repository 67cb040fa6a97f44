/* base/outfile: all or nothing, modes, links, and what is not a file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/outfile.h"
#include "scratch.h"

static bool no_links;

/* In place of the libc's. */
int
linkat(int fromfd, const char *from, int tofd, const char *to, int flags)
{
	if (!no_links)
		return (int)syscall(SYS_linkat, fromfd, from, tofd, to, flags);
	errno = EOPNOTSUPP;
	return -1;
}

/* Opens path and puts text into it. 0, or the errno. */
static int
begin(struct outfile *f, const char *path, const char *text)
{
	if (outfile_open(f, path) < 0)
		return errno;
	buf_puts(&f->lines, text);
	outfile_flush(f);
	return 0;
}

/* Writes text to path, and commits it or not. 0, or the errno of outfile_open,
 * or -1 when the output was lost. */
static int
run(const char *path, const char *text, bool commit)
{
	struct outfile f;
	int rc = begin(&f, path, text);

	if (rc == 0 && commit)
		rc = outfile_commit(&f, NULL);
	outfile_release(&f);
	return rc;
}

/* How many names the directory has. */
static int
names(void)
{
	DIR *d = opendir(".");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
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
	assert_int_equal(run("/dev/full", "text", true), -1);
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
	assert_int_equal(run("", "x", true), ENOENT);
}

static void
test_two_at_once(void **state)
{
	struct outfile a, b;

	(void)state;
	assert_int_equal(begin(&a, "a", "one"), 0);
	assert_int_equal(begin(&b, "b", "two"), 0);
	assert_int_equal(outfile_commit(&a, NULL), 0);
	is("a", "one");
	outfile_release(&b);
	assert_int_equal(names(), 1);
	outfile_release(&a);
	is("a", "one");
	assert_int_equal(unlink("a"), 0);
}

static void
test_stdout_stays_open(void **state)
{
	struct outfile f;

	(void)state;
	assert_int_equal(outfile_open(&f, NULL), 0);
	assert_int_equal(outfile_commit(&f, NULL), 0);
	outfile_release(&f);
	assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
}

/* Where files have names from the beginning, as linkat(2) fails. */
static void
test_abandoned_are_all_removed(void **state)
{
	struct outfile f[3];

	(void)state;
	no_links = true;
	assert_int_equal(begin(&f[0], "a", "x"), 0);
	assert_int_equal(begin(&f[1], "b", "x"), 0);
	assert_int_equal(begin(&f[2], "c", "x"), 0);
	no_links = false;
	assert_int_equal(names(), 3);
	outfile_release(&f[1]); /* from the middle */
	assert_int_equal(names(), 2);
	outfile_abandon();
	assert_int_equal(names(), 0);
	outfile_release(&f[0]);
	outfile_release(&f[2]);
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
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_stdout_stays_open),
		cmocka_unit_test(test_abandoned_are_all_removed),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
