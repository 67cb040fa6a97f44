/*
 * hasher/dirs: each name in the directory that its path leads to, however one got
 * there, with as few opened as need be.
 */
#include "hasher/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "scratch.h"

#define DEPTH 7   /* more than are kept */
#define CHILDREN 2
#define TOP "top/"

static int opened;

int __real_xio_open(int dirfd, const char *path, int flags);
int __wrap_xio_open(int dirfd, const char *path, int flags);

int
__wrap_xio_open(int dirfd, const char *path, int flags)
{
	opened++;
	return __real_xio_open(dirfd, path, flags);
}

/* Calls f for each directory of the tree, below before above if post is set. */
static void
each(char *path, int depth, bool post, int (*f)(const char *path))
{
	size_t len = strlen(path);

	if (!post)
		assert_return_code(f(path), errno);
	for (int i = 0; depth && i < CHILDREN; i++) {
		path[len] = (char)('a' + i);
		memcpy(path + len + 1, "/", 2);
		each(path, depth - 1, post, f);
		path[len] = '\0';
	}
	if (post)
		assert_return_code(f(path), errno);
}

static int
make(const char *path)
{
	return mkdir(path, 0700);
}

static int
enter_tree(void **state)
{
	char path[64] = TOP;

	if (scratch_enter(state) < 0)
		return -1;
	each(path, DEPTH, false, make);
	return 0;
}

static int
leave_tree(void **state)
{
	char path[64] = TOP;

	each(path, DEPTH, true, rmdir);
	return scratch_leave(state);
}

static struct entry_root root;

/* dirs_enter for a file in the directory path, which ends in a slash. */
static int
enter(struct dirs *d, const char *path)
{
	char name[700];
	struct entry e = { .name = name, .root = &root };
	const char *file;
	int fd;

	e.len = (size_t)snprintf(name, sizeof(name), "%sfile", path);
	opened = 0;
	fd = dirs_enter(d, &e, &file);
	assert_ptr_equal(file, name + strlen(path));
	return fd;
}

static void
assert_is(int fd, const char *path)
{
	struct stat a, b;

	assert_return_code(fstat(fd, &a), errno);
	assert_return_code(stat(path, &b), errno);
	assert_int_equal(a.st_ino, b.st_ino);
}

static void
begin(struct dirs *d)
{
	struct stat st;

	assert_return_code(stat(TOP, &st), errno);
	root = (struct entry_root){ strlen(TOP), st.st_dev, st.st_ino };
	dirs_init(d, AT_FDCWD);
}

static unsigned
pick(unsigned n)
{
	static uint32_t seed = 1;

	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

static void
test_any_order(void **state)
{
	struct dirs d;

	(void)state;
	begin(&d);
	for (int i = 0; i < 20000; i++) {
		char path[64] = TOP;
		unsigned depth = pick(DEPTH + 1);

		for (unsigned k = 0; k < depth; k++)
			(void)snprintf(path + strlen(TOP) + 2 * k, 3, "%c/",
			    'a' + (int)pick(CHILDREN));
		if (pick(8) == 0) { /* that is not there */
			(void)snprintf(path + strlen(path), 5, "no/a");
			memcpy(path + strlen(path), "/", 2);
			assert_int_equal(enter(&d, path), -1);
			assert_int_equal(errno, ENOENT);
		} else {
			assert_is(enter(&d, path), path);
			/* those on the way to it, and the operand's */
			assert_true(opened <= (int)depth + 1);
		}
	}
	dirs_release(&d);
}

static void
test_few_are_opened(void **state)
{
	struct dirs d;

	(void)state;
	begin(&d);
	assert_is(enter(&d, TOP), TOP);
	assert_int_equal(opened, 1);
	assert_false(d.kept);
	assert_is(enter(&d, TOP "a/b/a/"), TOP "a/b/a/");
	assert_int_equal(opened, 3);
	assert_true(d.kept);
	assert_is(enter(&d, TOP "a/b/a/"), TOP "a/b/a/");
	assert_int_equal(opened, 0);
	assert_is(enter(&d, TOP "a/b/b/"), TOP "a/b/b/");
	assert_int_equal(opened, 1);
	assert_is(enter(&d, TOP "a/b/"), TOP "a/b/");
	assert_int_equal(opened, 0);
	assert_is(enter(&d, TOP "a/b/a/a/a/b/"), TOP "a/b/a/a/a/b/");
	assert_int_equal(opened, 4);
	/* that far down, what is far above is not kept */
	assert_is(enter(&d, TOP "a/b/b/"), TOP "a/b/b/");
	assert_int_equal(opened, 3);
	assert_is(enter(&d, TOP "a/"), TOP "a/");
	assert_int_equal(opened, 0);
	assert_is(enter(&d, TOP), TOP);
	assert_int_equal(opened, 0);
	/* what cannot be entered leaves the way to it open */
	assert_int_equal(enter(&d, TOP "a/b/no/a/"), -1);
	assert_is(enter(&d, TOP "a/b/"), TOP "a/b/");
	assert_int_equal(opened, 0);
	dirs_forget(&d);
	assert_is(enter(&d, TOP "a/b/"), TOP "a/b/");
	assert_int_equal(opened, 3);
	assert_false(d.kept);
	dirs_release(&d);
}

static void
test_what_is_kept_is_closed(void **state)
{
	const int before = descriptors();
	struct dirs d;

	(void)state;
	begin(&d);
	for (int i = 0; i < 3; i++) {
		assert_is(enter(&d, TOP "a/a/a/a/a/a/"), TOP "a/a/a/a/a/a/");
		/* the operand's and the last ones */
		assert_int_equal(descriptors(), before + 1 + DIRS_LEVELS);
		assert_is(enter(&d, TOP "b/b/b/b/b/b/"), TOP "b/b/b/b/b/b/");
	}
	dirs_forget(&d);
	assert_int_equal(descriptors(), before);
	assert_is(enter(&d, TOP "a/"), TOP "a/");
	dirs_release(&d);
	assert_int_equal(descriptors(), before);
}

/* An operand that is not there, and one that is another directory now. */
static void
test_operands(void **state)
{
	const int before = descriptors();
	struct dirs d;

	(void)state;
	begin(&d);
	root.ino++;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(enter(&d, TOP "a/"), -1);
		assert_int_equal(errno, ENOTDIR);
		assert_int_equal(descriptors(), before);
	}
	root.ino = 0; /* nobody knows */
	assert_is(enter(&d, TOP "a/"), TOP "a/");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(enter(&d, "pot/a/"), -1);
		assert_int_equal(errno, ENOENT);
		assert_int_equal(descriptors(), before);
	}
	root.below = 0;
	assert_is(enter(&d, TOP "a/"), TOP "a/");
	assert_int_equal(opened, 2);
	assert_int_equal(enter(&d, ""), AT_FDCWD);
	dirs_release(&d);
}

/* A name a byte longer than what there is memory for, and each length before. */
static void
test_long_names(void **state)
{
	char path[640] = TOP;
	struct dirs d;

	(void)state;
	begin(&d);
	for (size_t len = strlen(TOP); len < 600; len++) {
		path[len] = 'n';
		memcpy(path + len + 1, "/", 2);
		assert_int_equal(enter(&d, path), -1);
	}
	dirs_release(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_few_are_opened),
		cmocka_unit_test(test_what_is_kept_is_closed),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, enter_tree, leave_tree);
}
