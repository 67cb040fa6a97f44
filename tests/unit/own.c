/* source/own: our own files by name, whatever inode numbers say. */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
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

#include "source/own.h"

static char top[PATH_MAX];
static struct own *own;
static bool no_inodes; /* every inode number is 1 */
static bool no_proc;   /* /proc says nothing */

#if defined(__GLIBC__) && defined(_FILE_OFFSET_BITS) && _FILE_OFFSET_BITS == 64
#define FSTATAT_SYMBOL "fstatat64"
#define FSTAT_SYMBOL "fstat64"
#else
#define FSTATAT_SYMBOL "fstatat"
#define FSTAT_SYMBOL "fstat"
#endif

/* This and the next two are in the place of the C library's. */
int
fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	static int (*real)(int, const char *, struct stat *, int);
	void *symbol;
	int rc;

	if (!real) {
		symbol = dlsym(RTLD_NEXT, FSTATAT_SYMBOL);
		memcpy(&real, &symbol, sizeof(real));
	}
	rc = real(dirfd, path, st, flags);
	if (no_inodes)
		st->st_ino = 1;
	return rc;
}

int
fstat(int fd, struct stat *st)
{
	static int (*real)(int, struct stat *);
	void *symbol;
	int rc;

	if (!real) {
		symbol = dlsym(RTLD_NEXT, FSTAT_SYMBOL);
		memcpy(&real, &symbol, sizeof(real));
	}
	rc = real(fd, st);
	if (no_inodes)
		st->st_ino = 1;
	return rc;
}

/* By its symbol alone: headers may have one of their own, inline. */
ssize_t faulty_readlinkat(int dirfd, const char *path, char *to, size_t n)
    __asm__("readlinkat");

ssize_t
faulty_readlinkat(int dirfd, const char *path, char *to, size_t n)
{
	static ssize_t (*real)(int, const char *, char *, size_t);
	void *symbol;

	if (!real) {
		symbol = dlsym(RTLD_NEXT, "readlinkat");
		memcpy(&real, &symbol, sizeof(real));
	}
	return no_proc && !strncmp(path, "/proc", 5) ? -1 :
	    real(dirfd, path, to, n);
}

static int
enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(top, sizeof(top), "%s/phash-unit-own.XXXXXX",
	    tmp ? tmp : "/tmp");
	own = own_new();
	no_inodes = no_proc = false;
	return !mkdtemp(top) || chdir(top) < 0 || mkdir("d", 0700) < 0 ||
	    mkdir("e", 0700) < 0 ? -1 : 0;
}

static int
leave(void **state)
{
	char command[PATH_MAX + 20];

	(void)state;
	own_free(own);
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return chdir("/") < 0 || system(command) ? -1 : 0;
}

/* An empty file, open. */
static int
make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static enum own_verdict
found(const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(AT_FDCWD, path, &st, 0), 0);
	return own_find(own, AT_FDCWD, path, &st);
}

static void
test_by_every_path(void **state)
{
	char absolute[PATH_MAX + 10];
	struct stat st;
	int d;

	(void)state;
	close(make("d/own"));
	assert_int_equal(symlink("d", "l"), 0);
	assert_int_equal(symlink("../d/own", "e/link"), 0);
	assert_int_equal(symlink("e/link", "link"), 0);
	own_add(own, "d/own");
	assert_int_equal(found("d/own"), OWN_FILE);
	assert_int_equal(found("./d//own"), OWN_FILE);
	assert_int_equal(found("e/../d/own"), OWN_FILE);
	assert_int_equal(found("l/own"), OWN_FILE);
	assert_int_equal(found("link"), OWN_FILE);
	snprintf(absolute, sizeof(absolute), "%s/d/own", top);
	assert_int_equal(found(absolute), OWN_FILE);
	d = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fstatat(d, "own", &st, 0), 0);
	assert_int_equal(own_find(own, d, "own", &st), OWN_FILE);
	close(d);
}

static void
test_added_by_every_path(void **state)
{
	static const char *const paths[] = { "d/own", "./d/../d/own", "l/own",
	    "e/link", "link" };
	size_t i;

	(void)state;
	close(make("d/own"));
	assert_int_equal(symlink("d", "l"), 0);
	assert_int_equal(symlink("../d/own", "e/link"), 0);
	assert_int_equal(symlink("e/link", "link"), 0);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		own_add(own, paths[i]);
		assert_int_equal(found("d/own"), OWN_FILE);
		own_free(own);
		own = own_new();
	}
}

static void
test_others(void **state)
{
	(void)state;
	close(make("d/own"));
	close(make("d/f"));
	close(make("e/own"));
	assert_int_equal(link("d/own", "d/hard"), 0);
	assert_int_equal(symlink("d/hard", "link"), 0);
	assert_int_equal(found("d/own"), OWN_NOT);
	own_add(own, "d/own");
	assert_int_equal(found("d/f"), OWN_NOT);
	assert_int_equal(found("e/own"), OWN_NOT);
	assert_int_equal(found("d/hard"), OWN_NOT);
	assert_int_equal(found("link"), OWN_NOT);
}

/* A rename puts another inode there. */
static void
test_replaced(void **state)
{
	(void)state;
	close(make("own"));
	close(make("new"));
	own_add(own, "own");
	assert_int_equal(rename("new", "own"), 0);
	assert_int_equal(found("own"), OWN_FILE);
}

static void
test_what_is_no_file(void **state)
{
	int fds[2];

	(void)state;
	own_add(own, "none");
	own_add(own, "d");
	assert_int_equal(symlink("loop", "loop"), 0);
	own_add(own, "loop");
	assert_int_equal(pipe(fds), 0);
	own_add_open(own, fds[1], true);
	own_add_open(own, -1, true);
	close(fds[0]);
	close(fds[1]);
	close(make("none"));
	assert_int_equal(found("none"), OWN_NOT);
	own_free(NULL);
}

static void
test_open_and_written_to(void **state)
{
	int fd = make("d/own");

	(void)state;
	assert_int_equal(link("d/own", "e/hard"), 0);
	assert_int_equal(symlink("d/own", "link"), 0);
	own_add_open(own, fd, true);
	assert_int_equal(found("d/own"), OWN_FILE);
	assert_int_equal(found("link"), OWN_FILE);
	assert_int_equal(found("e/hard"), OWN_OTHER_NAME);
	close(fd);
}

static void
test_open_and_only_read(void **state)
{
	int fd = make("d/own");

	(void)state;
	assert_int_equal(link("d/own", "e/hard"), 0);
	own_add_open(own, fd, false);
	assert_int_equal(found("d/own"), OWN_FILE);
	assert_int_equal(found("e/hard"), OWN_NOT);
	close(fd);
}

/* Its inode is then all that is known. */
static void
test_open_without_proc(void **state)
{
	int fd = make("d/own");

	(void)state;
	no_proc = true;
	close(make("d/f"));
	own_add_open(own, fd, true);
	assert_int_equal(found("d/own"), OWN_FILE);
	assert_int_equal(found("d/f"), OWN_NOT);
	/* which of two names is meant cannot be told */
	assert_int_equal(link("d/own", "e/hard"), 0);
	assert_int_equal(found("d/own"), OWN_OTHER_NAME);
	assert_int_equal(found("e/hard"), OWN_OTHER_NAME);
	close(fd);
}

static void
test_open_and_deleted(void **state)
{
	int fd = make("d/own");

	(void)state;
	assert_int_equal(unlink("d/own"), 0);
	own_add_open(own, fd, true);
	close(make("d/own"));
	close(make("d/own (deleted)"));
	assert_int_equal(found("d/own"), OWN_NOT);
	assert_int_equal(found("d/own (deleted)"), OWN_NOT);
	close(fd);
}

/* A file system without inode numbers. */
static void
test_equal_inodes(void **state)
{
	int fd;

	(void)state;
	no_inodes = true;
	fd = make("d/own");
	close(make("d/f"));
	close(make("e/own"));
	own_add(own, "d/own");
	own_add_open(own, fd, true);
	assert_int_equal(found("d/own"), OWN_FILE);
	assert_int_equal(found("./e/../d/own"), OWN_FILE);
	assert_int_equal(found("d/f"), OWN_NOT);
	assert_int_equal(found("e/own"), OWN_NOT);
	close(fd);
}

static void
test_equal_inodes_without_proc(void **state)
{
	int fd;

	(void)state;
	no_inodes = no_proc = true;
	fd = make("d/own");
	close(make("d/f"));
	own_add_open(own, fd, true);
	/* nothing is known of it: what cannot be told is not left out */
	assert_int_equal(found("d/f"), OWN_NOT);
	close(fd);
}

static void
test_no_descriptor_stays_open(void **state)
{
	int before = dup(0), after;

	(void)state;
	assert_true(before >= 0);
	close(before);
	no_inodes = true;
	close(make("d/own"));
	own_add(own, "d/own");
	assert_int_equal(found("d/own"), OWN_FILE);
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_by_every_path),
		CASE(test_added_by_every_path),
		CASE(test_others),
		CASE(test_replaced),
		CASE(test_what_is_no_file),
		CASE(test_open_and_written_to),
		CASE(test_open_and_only_read),
		CASE(test_open_without_proc),
		CASE(test_open_and_deleted),
		CASE(test_equal_inodes),
		CASE(test_equal_inodes_without_proc),
		CASE(test_no_descriptor_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
