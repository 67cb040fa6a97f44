/*
 * hasher/witness: what another machine says of a file, against what was seen here
 * and what is here now. Of each case the comment says what has happened.
 */
#include "hasher/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/entry.h"
#include "hasher/result.h"
#include "scratch.h"

static struct witness witness;
static struct buf why;

static struct entry
seen(const char *name)
{
	struct entry e = { .name = name, .len = strlen(name),
	    .kind = ENTRY_NAMED };
	struct stat st;

	assert_return_code(stat(name, &st), errno);
	e.id = entry_identity(&st);
	return e;
}

static struct result
said(const struct entry *e, enum result_status status, int code)
{
	struct result r = { .entry = *e, .digestlen = 4 };

	if (status != RESULT_OK)
		(void)result_fail(&r, status, code);
	r.entry.id.dev += 3; /* its own number of the device */
	return r;
}

static bool
believes(const struct entry *e, struct result *r)
{
	buf_clear(&why);
	return witness_believes(&witness, e, r, &why);
}

/* Its contents and time are others from now on. */
static void
change(const char *name, const char *text)
{
	const struct timespec t[2] = { { .tv_nsec = UTIME_OMIT },
	    { .tv_sec = 1000000000 + (time_t)strlen(text) } };

	put(name, text);
	assert_return_code(utimensat(AT_FDCWD, name, t, 0), errno);
}

static int before; /* descriptors */

static int
enter(void **state)
{
	(void)state;
	before = descriptors();
	witness_init(&witness, AT_FDCWD);
	put("a", "1");
	put("b", "22");
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	witness_release(&witness);
	buf_release(&why);
	unlink("a");
	unlink("b");
	return descriptors() == before ? 0 : -1;
}

static void
test_same(void **state)
{
	struct entry a = seen("a");
	struct result r = said(&a, RESULT_OK, 0);

	(void)state;
	assert_true(believes(&a, &r));
	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(why.len, 0);
	/* nothing is known of it here */
	a.id = (struct entry_identity){ 0 };
	r.entry.id.size = 99;
	assert_true(believes(&a, &r));
}

static void
test_other(void **state)
{
	struct entry a = seen("a");
	struct result r = said(&a, RESULT_OK, 0);

	(void)state;
	r.entry.id.size++;
	assert_false(believes(&a, &r));
	assert_string_equal(buf_str(&why), "does not see the same files: a has "
	    "another size, time or inode there");
	r = said(&a, RESULT_CHANGED, 0);
	r.entry.id.mtime--;
	assert_false(believes(&a, &r));
}

/* If inodes of one file are the same, all are, of that device. */
static void
test_inodes(void **state)
{
	struct entry a = seen("a"), b = seen("b");
	struct result r = said(&a, RESULT_OK, 0);

	(void)state;
	assert_true(believes(&a, &r));
	r = said(&b, RESULT_OK, 0);
	r.entry.id.ino++;
	assert_false(believes(&b, &r));
	/* where they are not, none need be */
	witness_release(&witness);
	witness_init(&witness, AT_FDCWD);
	assert_true(believes(&b, &r));
	r = said(&a, RESULT_OK, 0);
	r.entry.id.ino += 2;
	assert_true(believes(&a, &r));
}

/* It was changed before it was read there. */
static void
test_changed_since(void **state)
{
	const struct entry a = seen("a");
	struct entry now;
	struct result r;

	(void)state;
	change("a", "longer");
	now = seen("a");
	r = said(&now, RESULT_OK, 0);
	assert_true(believes(&a, &r));
	assert_int_equal(r.status, RESULT_OK);
}

/* It changes all the time: what was read there is newer than what was seen. */
static void
test_changes_on(void **state)
{
	struct entry a = seen("a"), then;
	struct result r;

	(void)state;
	a.id.mtime = 0;
	change("a", "longer");
	then = seen("a");
	change("a", "longer still");
	r = said(&then, RESULT_OK, 0);
	assert_true(believes(&a, &r));
	/* nor need the time be another */
	r.entry.id.mtime = a.id.mtime;
	assert_true(believes(&a, &r));
	/* an old copy is not */
	r.entry.id.mtime = -1;
	assert_false(believes(&a, &r));
}

/* Its size is another one now, or its time: each is enough. */
static void
test_either_changed(void **state)
{
	struct entry a = seen("a");
	struct result r = said(&a, RESULT_OK, 0);

	(void)state;
	r.entry.id.mtime++; /* what is there now is neither seen nor said */
	a.id.size++;
	assert_true(believes(&a, &r));
	a = seen("a");
	a.id.mtime--;
	r.entry.id.size++;
	assert_true(believes(&a, &r));
}

/* It cannot be opened here just now: what was said of the open file stands. */
static void
test_busy_here(void **state)
{
	const struct entry a = seen("a");
	struct result r = said(&a, RESULT_OK, 0);
	struct rlimit most, none;

	(void)state;
	r.entry.id.size++;
	assert_return_code(getrlimit(RLIMIT_NOFILE, &most), errno);
	none = most;
	none.rlim_cur = 0;
	assert_return_code(setrlimit(RLIMIT_NOFILE, &none), errno);
	assert_true(believes(&a, &r));
	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(r.digestlen, 4);
	r = said(&a, RESULT_OPEN, EACCES);
	assert_true(believes(&a, &r));
	assert_return_code(setrlimit(RLIMIT_NOFILE, &most), errno);
	assert_int_equal(r.err, EMFILE);
}

/* More file systems than are remembered: the first still are, others are not. */
static void
test_many_devices(void **state)
{
	const struct entry a = seen("a");
	struct entry e = a;
	struct result r = said(&a, RESULT_OK, 0);

	(void)state;
	assert_true(believes(&a, &r)); /* what another look sees */
	for (uint64_t i = 1; i < WITNESS_DEVICES + 2; i++) {
		e.id.dev = (UINT64_C(1) << 40) + i;
		r = said(&e, RESULT_OK, 0);
		assert_true(believes(&e, &r));
	}
	for (uint64_t i = 1; i < WITNESS_DEVICES + 2; i++) {
		e.id.dev = (UINT64_C(1) << 40) + i;
		r = said(&e, RESULT_OK, 0);
		r.entry.id.ino++;
		assert_int_equal(believes(&e, &r), i >= WITNESS_DEVICES);
	}
}

/* It differs there, and is gone here: it has no digest. */
static void
test_gone_since(void **state)
{
	const struct entry a = seen("a");
	struct result r = said(&a, RESULT_OK, 0);

	(void)state;
	r.entry.id.size++;
	assert_int_equal(unlink("a"), 0);
	assert_true(believes(&a, &r));
	assert_int_equal(r.status, RESULT_OPEN);
	assert_int_equal(r.err, ENOENT);
	assert_int_equal(r.digestlen, 0);
}

static void
test_absent_there(void **state)
{
	const struct entry a = seen("a");
	struct result r = said(&a, RESULT_OPEN, EACCES);

	(void)state;
	assert_false(believes(&a, &r));
	assert_string_equal(buf_str(&why), "does not see the same files: a "
	    "cannot be opened there: Permission denied");
	r = said(&a, RESULT_PLACE, 0);
	assert_false(believes(&a, &r));
	/* that it was written to is no reason for it to be unreadable */
	change("a", "longer");
	r = said(&a, RESULT_OPEN, EACCES);
	assert_false(believes(&a, &r));
	/* but it may have been made again, with the inode that it had */
	r = said(&a, RESULT_OPEN, ENOENT);
	assert_true(believes(&a, &r));
	/* another file has its name by now: for a moment none may have had */
	put("new", "new");
	assert_return_code(rename("new", "a"), errno);
	r = said(&a, RESULT_OPEN, ENOENT);
	assert_true(believes(&a, &r));
	assert_int_equal(r.err, ENOENT);
	r = said(&a, RESULT_READ, ESTALE);
	assert_true(believes(&a, &r));
	r = said(&a, RESULT_TYPE, 0);
	assert_true(believes(&a, &r));
	r = said(&a, RESULT_PLACE, 0);
	assert_true(believes(&a, &r));
	/* which is no reason why it may not be opened */
	r = said(&a, RESULT_OPEN, EACCES);
	assert_false(believes(&a, &r));
	/* it is not here, either: the reason is this machine's */
	assert_int_equal(unlink("a"), 0);
	r = said(&a, RESULT_OPEN, EACCES);
	assert_true(believes(&a, &r));
	assert_int_equal(r.err, ENOENT);
}

static void
test_unreadable_there(void **state)
{
	const struct entry a = seen("a");
	struct result r = said(&a, RESULT_READ, EIO);

	(void)state;
	assert_false(believes(&a, &r));
	assert_string_equal(buf_str(&why), "does not see the same files: a "
	    "cannot be read there: Input/output error");
	/* nor is there an end, here */
	r = said(&a, RESULT_READ, EIO);
	r.size = 1000;
	assert_false(believes(&a, &r));
	/* a directory cannot be read here, either */
	assert_int_equal(unlink("a"), 0);
	assert_int_equal(mkdir("a", 0700), 0);
	r = said(&a, RESULT_READ, EIO);
	assert_true(believes(&a, &r));
	assert_int_equal(r.err, EISDIR);
	assert_int_equal(rmdir("a"), 0);
}

/* What has nothing to do with which file it is. */
static void
test_else(void **state)
{
	const struct entry a = seen("a");
	struct result r = said(&a, RESULT_STALLED, 7);

	(void)state;
	r.entry.id.size = 77;
	assert_true(believes(&a, &r));
	assert_int_equal(r.seconds, 7);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_same),
		CASE(test_other),
		CASE(test_inodes),
		CASE(test_changed_since),
		CASE(test_changes_on),
		CASE(test_either_changed),
		CASE(test_busy_here),
		CASE(test_many_devices),
		CASE(test_gone_since),
		CASE(test_absent_there),
		CASE(test_unreadable_there),
		CASE(test_else),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
