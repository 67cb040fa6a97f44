/*
 * base/outfile: a signal before and after every call that makes, names, renames
 * or removes the temporary file, and a handler that does what the program's
 * does. Linked with --wrap=linkat, renameat, unlinkat, openat and openat64.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/outfile.h"
#include "scratch.h"

#define TEXT "whole\n"

/* How a child ends that was not killed by the signal. */
enum {
	DONE,     /* it had no such moment */
	FAILED,
	IGNORED,  /* the signal has not come by the end, */
	LATE,     /* nor by the next call */
	NOT_OURS, /* the handler removed a name that was gone */
};

int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);
int __real_unlinkat(int dirfd, const char *name, int flags);
int __wrap_unlinkat(int dirfd, const char *name, int flags);
int __wrap_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat64(int dirfd, const char *name, int flags, ...);

static bool can_link;     /* where not, the file has a name from the start */
static unsigned chosen;   /* the moment of the signal */
static unsigned moments;  /* so far: an even one is before a call */
static bool sent;
static volatile sig_atomic_t dying;

static bool
is_temporary(const char *name)
{
	return strstr(name, ".phash-tmp") != NULL;
}

static void
moment(void)
{
	int saved = errno;

	if (dying)
		return;
	if (sent && moments % 2 == 0)
		_exit(LATE);
	if (moments++ == chosen) {
		sent = true;
		raise(SIGTERM);
	}
	errno = saved;
}

int
__wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
	int rc = -1;

	moment();
	errno = EPERM;
	if (can_link)
		rc = __real_linkat(from, old, to, new, flags);
	moment();
	return rc;
}

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	int rc;

	moment();
	rc = __real_renameat(from, old, to, new);
	moment();
	return rc;
}

int
__wrap_unlinkat(int dirfd, const char *name, int flags)
{
	int rc;

	moment();
	rc = __real_unlinkat(dirfd, name, flags);
	if (rc < 0)
		_exit(NOT_OURS);
	moment();
	return rc;
}

static int
open_any(int dirfd, const char *name, int flags, va_list ap)
{
	bool counts = is_temporary(name) && flags & O_CREAT;
	unsigned mode = 0;
	int fd;

	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
		mode = va_arg(ap, unsigned);
	if (counts)
		moment();
	fd = (int)syscall(SYS_openat, dirfd, name, flags, mode);
	if (counts)
		moment();
	return fd;
}

int
__wrap_openat(int dirfd, const char *name, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_any(dirfd, name, flags, ap);
	va_end(ap);
	return fd;
}

int
__wrap_openat64(int dirfd, const char *name, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_any(dirfd, name, flags, ap);
	va_end(ap);
	return fd;
}

static void
die_of_signal(int sig)
{
	dying = 1;
	outfile_abandon();
	raise(sig);
}

/* Writes a list as the program does, with a signal at the chosen moment. */
static void
write_list(void)
{
	struct sigaction sa = { .sa_handler = die_of_signal,
	    .sa_flags = (int)SA_RESETHAND };
	struct outfile f;

	if (sigaction(SIGTERM, &sa, NULL) < 0 || outfile_open(&f, "list") < 0)
		_exit(FAILED);
	buf_puts(&f.lines, TEXT);
	if (outfile_commit(&f, "list") < 0)
		_exit(FAILED);
	_exit(sent ? IGNORED : DONE);
}

static int
status_at(unsigned number)
{
	int status;
	pid_t pid;

	chosen = number;
	pid = fork();
	if (pid == 0)
		write_list();
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Is there nothing, or the whole list and nothing else? Removes it. */
static void
check_directory(void)
{
	char text[sizeof(TEXT) + 1];
	int fd = open("list", O_RDONLY);

	if (fd >= 0) {
		assert_int_equal(read(fd, text, sizeof(text)), strlen(TEXT));
		assert_memory_equal(text, TEXT, strlen(TEXT));
		close(fd);
		assert_int_equal(unlink("list"), 0);
	}
	/* what is left behind is in the way */
	assert_int_equal(rmdir(scratch), 0);
	assert_int_equal(mkdir(scratch, 0700), 0);
	assert_int_equal(chdir(scratch), 0);
}

static void
every_moment(void)
{
	unsigned number = 0;
	int status;

	while ((status = status_at(number))) {
		if (!WIFSIGNALED(status))
			fail_msg("moment %u: %d", number, WEXITSTATUS(status));
		assert_int_equal(WTERMSIG(status), SIGTERM);
		check_directory();
		number++;
	}
	check_directory();
	/* the name was made and renamed, at least */
	assert_in_range(number, 4, 100);
}

static void
test_where_files_need_no_name(void **state)
{
	(void)state;
	can_link = true;
	every_moment();
}

static void
test_where_files_have_a_name_from_the_start(void **state)
{
	(void)state;
	can_link = false;
	every_moment();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_files_need_no_name),
		cmocka_unit_test(test_where_files_have_a_name_from_the_start),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
