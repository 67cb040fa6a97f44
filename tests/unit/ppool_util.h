/*
 * ppool_util.h - what the tests of the pool share.
 *
 * Every case runs between pool_enter and pool_leave (see the macro CASE): a
 * case that leaves a child or a descriptor behind fails, and one that hangs is
 * ended by an alarm. The numbers in the comments of the cases are those of the
 * list of Python's own tests in ppool_life.c.
 */
#ifndef PPOOL_UTIL_H
#define PPOOL_UTIL_H

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ppool/ppool.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

/* The stand-ins of other systems: a busy worker is not told of its owner's
 * death (PR_SET_PDEATHSIG), CPUs are not counted by affinity, no epoll. */
#ifdef PPOOL_PORTABLE
#define PORTABLE 1
#else
#define PORTABLE 0
#endif

/* It keeps memory and descriptors of its own in the process. */
static inline bool
under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, pool_enter, pool_leave)

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

/* Longer than any alarm: a task of this length never ends by itself. */
#define FOR_EVER_MS 1000000

static int pool_fds_before;

static inline int
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static inline int
pool_enter(void **state)
{
	const struct rlimit no_core = { 0, 0 };

	(void)state;
	setrlimit(RLIMIT_CORE, &no_core);
	/* A worker that calls exit() must have nothing of ours to flush. */
	fflush(NULL);
	pool_fds_before = count_fds();
	alarm(under_valgrind() ? 250 : 60);
	return 0;
}

static inline int
pool_leave(void **state)
{
	int fds = count_fds();
	pid_t child = waitpid(-1, NULL, WNOHANG);

	(void)state;
	alarm(0);
	if (child != -1 || errno != ECHILD) {
		print_error("a child was left behind (%d)\n", (int)child);
		return -1;
	}
	if (fds != pool_fds_before) {
		print_error("%d descriptors became %d\n", pool_fds_before, fds);
		return -1;
	}
	return 0;
}

/* A pool of n workers, everything else by default. */
static inline ppool *
pool_of(int n)
{
	const ppool_opts opts = { .processes = n };
	ppool *pool = NULL;

	assert_int_equal(ppool_create(&pool, &opts), PPOOL_OK);
	assert_non_null(pool);
	return pool;
}

static inline ppool *
pool_with(const ppool_opts *opts)
{
	ppool *pool = NULL;

	assert_int_equal(ppool_create(&pool, opts), PPOOL_OK);
	assert_non_null(pool);
	return pool;
}

/* The polite end; every worker must go by itself. */
static inline void
pool_end(ppool *pool)
{
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_destroy(pool);
}

static inline void
sleep_ms(int ms)
{
	struct timespec left = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}

/* Zeroed memory that workers and owner share. */
static inline void *
shared_new(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static inline int
int_of(const void *data, size_t len)
{
	int v = -1;

	if (data && len == sizeof(v))
		memcpy(&v, data, sizeof(v));
	return v;
}

static inline void
assert_int_result(const ppool_result *r, uint64_t index, int value)
{
	assert_int_equal(r->err, PPOOL_OK);
	assert_int_equal(r->index, index);
	assert_int_equal(r->len, sizeof(int));
	assert_int_equal(int_of(r->data, r->len), value);
}

/* n items, the ints from 0; free() the array and its first data. */
static inline ppool_buf *
int_items(size_t n)
{
	ppool_buf *items = malloc((n + 1) * sizeof(*items));
	int *ints = malloc((n + 1) * sizeof(*ints));

	assert_non_null(items);
	assert_non_null(ints);
	for (size_t i = 0; i <= n; i++) {
		ints[i] = (int)i;
		items[i] = (ppool_buf){ &ints[i], sizeof(ints[i]) };
	}
	return items;
}

static inline void
int_items_free(ppool_buf *items)
{
	free((void *)(uintptr_t)items[0].data);
	free(items);
}

/* A source of the ints from 0 up to limit. */
struct counter {
	int next;
	int limit;   /* -1: endless */
	int fail_at; /* -1: never; otherwise fails with -5 there */
	int value;
};

static inline int
counter_source(void *cookie, ppool_buf *item)
{
	struct counter *c = cookie;

	if (c->fail_at >= 0 && c->next >= c->fail_at)
		return -5;
	if (c->limit >= 0 && c->next >= c->limit)
		return 0;
	c->value = c->next++;
	*item = (ppool_buf){ &c->value, sizeof(c->value) };
	return 1;
}

/* ---- what workers run ---------------------------------------------------- */

static inline int
fn_square(void *state, const void *in, size_t len, ppool_out *out)
{
	int v = int_of(in, len);

	(void)state;
	v *= v;
	return ppool_write(out, &v, sizeof(v)) == PPOOL_OK ? 0 : 99;
}

static inline int
fn_echo(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)state;
	return ppool_write(out, in, len) == PPOOL_OK ? 0 : 99;
}

/* Sleeps as many milliseconds as the item says, then gives its square. */
static inline int
fn_sleep(void *state, const void *in, size_t len, ppool_out *out)
{
	sleep_ms(int_of(in, len));
	return fn_square(state, in, len, out);
}

static inline int
fn_pid(void *state, const void *in, size_t len, ppool_out *out)
{
	int pid = getpid();

	(void)state;
	(void)in;
	(void)len;
	return ppool_write(out, &pid, sizeof(pid)) == PPOOL_OK ? 0 : 99;
}

/* Odd items fail with 7 and a message. */
static inline int
fn_odd_fails(void *state, const void *in, size_t len, ppool_out *out)
{
	int v = int_of(in, len);
	char text[32];
	int n;

	if (v % 2 == 0)
		return fn_square(state, in, len, out);
	n = snprintf(text, sizeof(text), "%d is odd", v);
	ppool_write(out, text, (size_t)n);
	return 7;
}

enum death_how { DIE_NOT, DIE_SIGNAL, DIE_EXIT, DIE_UNDERSCORE_EXIT, DIE_ABORT };

struct death {
	enum death_how how;
	int arg; /* the signal, or the status */
};

static inline void
die(const struct death *d)
{
	switch (d->how) {
	case DIE_NOT:
		return;
	case DIE_SIGNAL:
		raise(d->arg);
		return;
	case DIE_EXIT:
		exit(d->arg);
	case DIE_UNDERSCORE_EXIT:
		_exit(d->arg);
	case DIE_ABORT:
		abort();
	}
}

static inline int
fn_die(void *state, const void *in, size_t len, ppool_out *out)
{
	struct death d = { DIE_NOT, 0 };

	(void)state;
	if (len == sizeof(d))
		memcpy(&d, in, sizeof(d));
	die(&d);
	return ppool_write(out, "alive", 5) == PPOOL_OK ? 0 : 99;
}

/* For a minute: while it lives, nobody sees the end of what the test writes. */
static inline pid_t
fork_of_which_the_copy_waits(void)
{
	pid_t pid = fork();

	if (pid == 0)
		alarm(60);
	while (pid == 0)
		pause();
	return pid;
}

#endif
