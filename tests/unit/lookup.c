/* Names looked at one by one, in a real tree. */
#include "source/lookup.h"

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

#include "base/buf.h"

#define DEEP 100 /* levels, more than are kept open */

static char top[] = "/tmp/phash-lookup.XXXXXX";
static int topfd;

static void
make_file(const char *name)
{
	int fd = openat(topfd, name, O_WRONLY | O_CREAT | O_EXCL, 0644);

	assert_true(fd >= 0);
	close(fd);
}

/* The path of the deep directory's ancestor of n levels, with a slash. */
static const char *
deep(struct buf *b, int n)
{
	buf_clear(b);
	buf_puts(b, "x/");
	while (n-- > 0)
		buf_puts(b, "n/");
	return buf_str(b);
}

static int
make_tree(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	if (!mkdtemp(top))
		return -1;
	topfd = open(top, O_RDONLY | O_DIRECTORY);
	assert_int_equal(mkdirat(topfd, "d", 0755), 0);
	assert_int_equal(mkdirat(topfd, "d/e", 0755), 0);
	make_file("d/e/f");
	make_file("f");
	assert_int_equal(symlinkat("d", topfd, "link"), 0);
	assert_int_equal(symlinkat("../f", topfd, "d/l"), 0);
	assert_int_equal(symlinkat("loop", topfd, "loop"), 0);
	for (int n = 0; n <= DEEP; n++) {
		assert_int_equal(mkdirat(topfd, deep(&b, n), 0755), 0);
		buf_puts(&b, "f");
		make_file(buf_str(&b));
	}
	buf_release(&b);
	return 0;
}

static int
remove_tree(void **state)
{
	char command[64];

	(void)state;
	close(topfd);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

/* What is at name, as the type of a file; 0: MISSING, -errno: ERROR. */
static int
at(struct lookup *l, const char *name, size_t below)
{
	struct lookup_result r;

	lookup_name(l, name, strlen(name), below, &r);
	switch (r.kind) {
	case LOOKUP_FOUND:
		return (int)(r.st.st_mode & S_IFMT);
	case LOOKUP_MISSING:
		return 0;
	case LOOKUP_ERROR:
		return -r.err;
	}
	return -1;
}

static void
test_what_is_there(void **state)
{
	struct lookup *l = lookup_new(topfd, false);

	(void)state;
	assert_int_equal(at(l, "d", 0), S_IFDIR);
	assert_int_equal(at(l, "d/e/", 0), S_IFDIR);
	assert_int_equal(at(l, "d/e/f", 0), S_IFREG);
	assert_int_equal(at(l, "d/e/g", 0), 0);
	assert_int_equal(at(l, "f", 0), S_IFREG);
	assert_int_equal(at(l, "f/", 0), 0);
	assert_int_equal(at(l, "f/g", 0), 0);
	assert_int_equal(at(l, "g", 0), 0);
	assert_int_equal(at(l, "g/g/g", 0), 0);
	assert_int_equal(at(l, "g/g/h", 0), 0);
	lookup_free(l);
}

static void
test_links_are_not_followed(void **state)
{
	struct lookup *l = lookup_new(topfd, false);

	(void)state;
	assert_int_equal(at(l, "d/l", 0), S_IFLNK);
	assert_int_equal(at(l, "link", 0), S_IFLNK);
	assert_int_equal(at(l, "link/", 0), 0);
	assert_int_equal(at(l, "link/e/f", 0), 0);
	assert_int_equal(at(l, "link/e/g", 0), 0);
	assert_int_equal(at(l, "loop", 0), S_IFLNK);
	assert_int_equal(at(l, "loop/f", 0), 0);
	/* closed for all of a kind */
	assert_int_equal(at(l, "loop/g", 0), 0);
	assert_int_equal(at(l, "loop/g", 5), -ELOOP);
	assert_int_equal(at(l, "loop/h", 5), -ELOOP);
	lookup_free(l);
}

static void
test_links_are_followed(void **state)
{
	struct lookup *l = lookup_new(topfd, true);

	(void)state;
	assert_int_equal(at(l, "d/l", 0), S_IFREG);
	assert_int_equal(at(l, "link/e/f", 0), S_IFREG);
	assert_int_equal(at(l, "link/e/g", 0), 0);
	assert_int_equal(at(l, "loop", 0), -ELOOP);
	assert_int_equal(at(l, "loop/f", 0), -ELOOP);
	lookup_free(l);
}

static void
test_the_way_to_below_is_followed(void **state)
{
	struct lookup *l = lookup_new(topfd, false);

	(void)state;
	assert_int_equal(at(l, "link/e/f", 5), S_IFREG);
	assert_int_equal(at(l, "link/e/f", 7), S_IFREG);
	assert_int_equal(at(l, "link/l", 5), S_IFLNK);
	assert_int_equal(at(l, "loop/f", 5), -ELOOP);
	/* closed for one that is not below an operand, open for one that is */
	assert_int_equal(at(l, "link/e/f", 0), 0);
	assert_int_equal(at(l, "link/e/f", 7), S_IFREG);
	assert_int_equal(at(l, "link/e/f", 0), 0);
	assert_int_equal(at(l, "link/e/f", 5), S_IFREG);
	assert_int_equal(at(l, "link/e/f", 0), 0);
	assert_int_equal(at(l, "loop/f", 5), -ELOOP);
	assert_int_equal(at(l, "loop/f", 0), 0);
	/* all of it: the operand */
	assert_int_equal(at(l, "link", 4), S_IFDIR);
	assert_int_equal(at(l, "d/l", 3), S_IFREG);
	lookup_free(l);
}

static void
test_below_the_root(void **state)
{
	struct lookup *l = lookup_new(topfd, false);
	struct buf b = BUF_INIT;

	(void)state;
	buf_printf(&b, "%s/d/e/f", top);
	assert_int_equal(at(l, buf_str(&b), 1), S_IFREG);
	assert_int_equal(at(l, buf_str(&b), strlen(top) + 1), S_IFREG);
	lookup_free(l);
	buf_release(&b);
}

static void
test_any_order(void **state)
{
	struct lookup *l = lookup_new(topfd, false);

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(at(l, "g/g", 0), 0);
		assert_int_equal(at(l, "d/e/f", 0), S_IFREG);
		assert_int_equal(at(l, "d/e", 0), S_IFDIR);
		assert_int_equal(at(l, "d/ee/f", 0), 0);
		assert_int_equal(at(l, "d/e/f", 0), S_IFREG);
	}
	lookup_free(l);
}

static void
test_deep_names(void **state)
{
	struct lookup *l = lookup_new(topfd, false);
	struct buf b = BUF_INIT;

	(void)state;
	for (int n = DEEP; n >= 0; n--) {
		(void)deep(&b, n);
		buf_puts(&b, "f");
		assert_int_equal(at(l, buf_str(&b), 0), S_IFREG);
		(void)deep(&b, n);
		buf_puts(&b, "g");
		assert_int_equal(at(l, buf_str(&b), 0), 0);
	}
	lookup_free(l);
	buf_release(&b);
}

static void
test_a_component_that_is_too_long(void **state)
{
	struct lookup *l = lookup_new(topfd, false);
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[298] = 'f';
	name[299] = '\0';
	assert_int_equal(at(l, name, 0), -ENAMETOOLONG);
	name[297] = '/';
	assert_int_equal(at(l, name, 0), -ENAMETOOLONG);
	lookup_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_there),
		cmocka_unit_test(test_links_are_not_followed),
		cmocka_unit_test(test_links_are_followed),
		cmocka_unit_test(test_the_way_to_below_is_followed),
		cmocka_unit_test(test_below_the_root),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_deep_names),
		cmocka_unit_test(test_a_component_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
