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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/entry.h"
#include "hasher/reader.h"
#include "hasher/result.h"
#include "scratch.h"

static int
teardown(void **state)
{
	static const char *const names[] = { "f", "link", "fifo", "d",
	    "stream" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (remove(names[i]) < 0 && errno != ENOENT)
			return -1;
	return scratch_leave(state);
}

/* Opens a file by its whole name. */
static int
open_as(struct reader *f, const char *name, enum entry_kind kind,
    struct result *r)
{
	const struct entry e = { .name = name, .len = strlen(name),
	    .kind = kind };
	static struct readers all; /* which is to outlive f */

	readers_init(&all, AT_FDCWD); /* nothing to release: e has no root */
	return reader_open(f, &all, &e, r);
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
	assert_int_equal(open_as(&f, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), &last, &r), 5);
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
	assert_int_equal(open_as(&f, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), &last, &r), 5);
	assert_false(last);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), &last, &r), 0);
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
	assert_int_equal(open_as(&f, "/proc/self/status", ENTRY_FOUND, &r), 0);
	assert_int_equal(f.st.st_size, 0);
	assert_true(reader_read(&f, buf, sizeof(buf), &last, &r) > 0);
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
	assert_int_equal(open_as(&f, "link", ENTRY_FOUND, &r), -1);
	assert_int_equal(r.status, RESULT_TYPE);
	assert_int_equal(open_as(&f, "fifo", ENTRY_FOUND, &r), -1);
	assert_int_equal(r.status, RESULT_TYPE); /* and it did not block */
	assert_int_equal(open_as(&f, "d", ENTRY_LINKED, &r), -1);
	assert_int_equal(r.status, RESULT_TYPE);
	assert_int_equal(open_as(&f, "gone", ENTRY_FOUND, &r), -1);
	assert_int_equal(r.status, RESULT_OPEN);
	assert_int_equal(r.code, ENOENT);
	assert_int_equal(open_as(&f, "link", ENTRY_LINKED, &r),
	    0);
	reader_close(&f);
	assert_int_equal(open_as(&f, "link", ENTRY_NAMED, &r), 0);
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
	assert_int_equal(open_as(&f, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), &last, &r), 5);
	put("f", "123456789"); /* the size moves */
	assert_int_equal(reader_settled(&f, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), &last, &r), 9);
	assert_memory_equal(buf, "123456789", 9); /* from the beginning */
	assert_true(last);
	times[1].tv_sec = 12345; /* only the times move */
	assert_int_equal(utimensat(AT_FDCWD, "f", times, 0), 0);
	assert_int_equal(reader_settled(&f, &r), -1);
	assert_int_equal(r.status, RESULT_CHANGED);
	reader_close(&f);
}

/* A file that grows at each read is not followed. */
static void
test_growing(void **state)
{
	struct result r = { .status = RESULT_OK };
	struct reader f;
	char buf[4];
	bool last;

	(void)state;
	put("f", "12345");
	assert_int_equal(open_as(&f, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(reader_read(&f, buf, 4, &last, &r), 4);
	assert_false(last);
	put("f", "123456789");
	assert_int_equal(reader_read(&f, buf, 4, &last, &r), 4);
	assert_true(last);
	assert_int_equal(reader_settled(&f, &r), 0);
	assert_int_equal(reader_read(&f, buf, 4, &last, &r), 4);
	assert_int_equal(reader_read(&f, buf, 4, &last, &r), 4);
	assert_false(last);
	put("f", "1234567890abcdef");
	assert_int_equal(reader_read(&f, buf, 4, &last, &r), 4);
	assert_true(last);
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
	assert_int_equal(open_as(&f, "d", ENTRY_NAMED, &r), 0);
	assert_int_equal(reader_read(&f, buf, sizeof(buf), &last, &r), -1);
	assert_int_equal(r.status, RESULT_READ);
	assert_int_equal(r.code, EISDIR);
	reader_close(&f);
}

/* Opens what a walk has found below "o", which is there now; NULL: it fails,
 * and r says why. */
static const char *
read_found(struct readers *all, const struct entry *e, struct result *r)
{
	static char buf[16];
	struct reader f;
	bool last;
	ssize_t n;

	*r = (struct result){ .status = RESULT_OK };
	if (reader_open(&f, all, e, r) < 0) {
		assert_int_equal(f.fd, -1);
		return NULL;
	}
	n = reader_read(&f, buf, sizeof(buf) - 1, &last, r);
	assert_true(n >= 0);
	buf[n] = '\0';
	reader_close(&f);
	return buf;
}

/* As the walk sees name now. */
static struct entry
found(const char *name, struct entry_root *root)
{
	struct entry e = { .name = name, .len = strlen(name), .root = root };
	struct stat st;

	assert_int_equal(stat("o", &st), 0);
	*root = (struct entry_root){ 2, st.st_dev, st.st_ino };
	assert_int_equal(stat(name, &st), 0);
	e.id = entry_identity(&st);
	return e;
}

static void
make_tree(const char *top, const char *text)
{
	char name[32];

	assert_int_equal(mkdir(top, 0700), 0);
	(void)snprintf(name, sizeof(name), "%s/d", top);
	assert_int_equal(mkdir(name, 0700), 0);
	(void)snprintf(name, sizeof(name), "%s/d/e", top);
	assert_int_equal(mkdir(name, 0700), 0);
	(void)snprintf(name, sizeof(name), "%s/d/e/f", top);
	put(name, text);
	(void)snprintf(name, sizeof(name), "%s/f", top);
	put(name, text);
}

static void
remove_tree(const char *top)
{
	static const char *const names[] = { "d/e/f", "f", "d/e", "d", "." };
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s/%s", top, names[i]);
		if (i + 1 == sizeof(names) / sizeof(names[0]))
			(void)snprintf(name, sizeof(name), "%s", top);
		assert_int_equal(remove(name), 0);
	}
}

static void
test_no_link_leads_out(void **state)
{
	static const char *const names[] = { "o/d/e/f", "o/f" };
	struct entry_root root;
	struct result r;
	struct readers all;
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct entry e;

		make_tree("o", "in");
		make_tree("x", "out");
		readers_init(&all, AT_FDCWD);
		e = found(names[i], &root);
		assert_string_equal(read_found(&all, &e, &r), "in");
		assert_string_equal(read_found(&all, &e, &r), "in");
		assert_true(all.dirs.kept);
		dirs_forget(&all.dirs);
		/* the directory above, or the operand itself */
		assert_int_equal(rename(i ? "o" : "o/d", "gone"), 0);
		assert_int_equal(symlink(i ? "x" : "../x/d",
		    i ? "o" : "o/d"), 0);
		assert_null(read_found(&all, &e, &r));
		assert_int_equal(r.status, RESULT_PLACE);
		assert_int_equal(r.code, 0);
		assert_int_equal(unlink(i ? "o" : "o/d"), 0);
		assert_int_equal(rename("gone", i ? "o" : "o/d"), 0);
		remove_tree("o");
		remove_tree("x");
		readers_release(&all);
	}
}

static void
test_a_kept_directory_is_not_trusted(void **state)
{
	struct entry_root root;
	struct result r;
	struct readers all;
	struct entry e;

	(void)state;
	make_tree("o", "old");
	make_tree("x", "new");
	readers_init(&all, AT_FDCWD);
	e = found("o/d/e/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "old");
	assert_int_equal(rename("o/d", "gone"), 0);
	assert_int_equal(rename("x/d", "o/d"), 0);
	e = found("o/d/e/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "new");
	assert_false(all.dirs.kept);
	/* the file in it was replaced: that is found too */
	assert_int_equal(unlink("o/d/e/f"), 0);
	put("o/d/e/f", "newer");
	assert_string_equal(read_found(&all, &e, &r), "newer");
	/* nothing in the kept one, but in its successor */
	e = found("o/d/e/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "newer");
	assert_int_equal(unlink("o/d/e/f"), 0);
	assert_int_equal(rename("o/d", "x/d"), 0);
	assert_int_equal(rename("gone", "o/d"), 0);
	assert_string_equal(read_found(&all, &e, &r), "old");
	assert_int_equal(unlink("o/d/e/f"), 0);
	assert_null(read_found(&all, &e, &r));
	assert_int_equal(r.status, RESULT_OPEN);
	assert_int_equal(r.code, ENOENT);
	/* nor is the one above it */
	put("o/d/e/f", "");
	put("o/d/f", "above");
	e = found("o/d/e/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "");
	assert_int_equal(rename("o/d", "gone"), 0);
	assert_int_equal(rename("x/d", "o/d"), 0);
	put("o/d/f", "another");
	e = found("o/d/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "another");
	/* not even if it says that the file cannot be opened */
	assert_int_equal(rename("o/d", "x/d"), 0);
	assert_int_equal(rename("gone", "o/d"), 0);
	e = found("o/d/e/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "");
	assert_int_equal(rename("o/d", "gone"), 0);
	assert_int_equal(rename("x/d", "o/d"), 0);
	assert_int_equal(unlink("gone/f"), 0);
	assert_int_equal(mknod("gone/f", S_IFSOCK | 0600, 0), 0);
	e = found("o/d/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "another");
	assert_int_equal(unlink("o/d/f"), 0);
	assert_int_equal(rename("o/d", "x/d"), 0);
	assert_int_equal(rename("gone", "o/d"), 0);
	assert_int_equal(unlink("o/d/f"), 0);
	put("x/d/e/f", "");
	remove_tree("o");
	remove_tree("x");
	readers_release(&all);
}

/* Names that differ only in what comes before the root's end. */
static void
test_each_operand_is_opened(void **state)
{
	static const char name[] = "x/d/e/f";
	struct entry_root root, other = { .below = 2 };
	struct entry e, in_x = { .name = name, .len = sizeof(name) - 1,
	    .root = &other };
	struct result r;
	struct readers all;

	(void)state;
	make_tree("o", "o");
	make_tree("x", "x");
	readers_init(&all, AT_FDCWD);
	e = found("o/d/e/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "o");
	assert_string_equal(read_found(&all, &in_x, &r), "x");
	assert_string_equal(read_found(&all, &e, &r), "o");
	other.below = 0; /* relative to the base */
	assert_string_equal(read_found(&all, &in_x, &r), "x");
	other.below = 4;
	assert_string_equal(read_found(&all, &in_x, &r), "x");
	remove_tree("o");
	remove_tree("x");
	readers_release(&all);
}

/* A root of the same name that is another directory. */
static void
test_another_root_of_that_name(void **state)
{
	struct entry_root root;
	struct result r;
	struct readers all;
	struct entry e;

	(void)state;
	make_tree("o", "old");
	readers_init(&all, AT_FDCWD);
	e = found("o/d/e/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "old");
	assert_int_equal(rename("o", "x"), 0);
	make_tree("o", "new");
	e = found("o/f", &root);
	assert_string_equal(read_found(&all, &e, &r), "new");
	remove_tree("o");
	remove_tree("x");
	readers_release(&all);
}

static bool no_memory;

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

void *
__wrap_realloc(void *p, size_t n)
{
	if (!no_memory)
		return __real_realloc(p, n);
	errno = ENOMEM;
	return NULL;
}

/* What was kept open is closed by then, and not trusted after it. */
static void
test_no_memory_for_a_name(void **state)
{
	struct entry_root root;
	struct entry e, other;
	struct result r;
	struct readers all;
	char name[1024];

	(void)state;
	make_tree("o", "above");
	assert_int_equal(unlink("o/d/e/f"), 0);
	put("o/d/e/f", "below");
	readers_init(&all, AT_FDCWD);
	e = found("o/d/e/f", &root);
	e.id.ino = 0; /* so that only the directory says which file it is */
	assert_string_equal(read_found(&all, &e, &r), "below");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, "o/", 2);
	name[sizeof(name) - 3] = '/';
	other = e;
	other.name = name;
	other.len = sizeof(name) - 1;
	no_memory = true;
	assert_null(read_found(&all, &other, &r));
	no_memory = false;
	assert_int_equal(r.status, RESULT_OPEN);
	assert_int_equal(r.code, ENOMEM);
	assert_string_equal(read_found(&all, &e, &r), "below");
	remove_tree("o");
	readers_release(&all);
}

/* A disk is not given up before its time, though a stream has bytes each time
 * that both are awaited. */
static void
test_a_stream_does_not_use_up_patience(void **state)
{
	struct result r;
	struct reader disk, stream, *both[] = { &disk, &stream };
	int64_t start;
	int to, n;

	(void)state;
	put("f", "12345");
	assert_int_equal(mkfifo("stream", 0600), 0);
	assert_int_equal(open_as(&disk, "f", ENTRY_FOUND, &r), 0);
	assert_int_equal(open_as(&stream, "stream", ENTRY_NAMED, &r), 0);
	to = open("stream", O_WRONLY);
	assert_int_equal(write(to, "x", 1), 1);
	start = clock_ns();
	for (n = 0; n < 10000; n++)
		reader_await(both, 2, 1000);
	assert_in_range(disk.awaited, 0, clock_ns() - start);
	disk.awaited = 0;
	reader_await(both, 1, 1000);
	/* what was asked for, though it has taken longer */
	assert_int_equal(disk.awaited, 50000);
	close(to);
	reader_close(&stream);
	reader_close(&disk);
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
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_directory_named),
		cmocka_unit_test(test_no_link_leads_out),
		cmocka_unit_test(test_a_kept_directory_is_not_trusted),
		cmocka_unit_test(test_each_operand_is_opened),
		cmocka_unit_test(test_another_root_of_that_name),
		cmocka_unit_test(test_no_memory_for_a_name),
		cmocka_unit_test(test_a_stream_does_not_use_up_patience),
	};

	return cmocka_run_group_tests(tests, scratch_enter, teardown);
}
