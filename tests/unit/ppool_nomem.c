/*
 * ppool_nomem.c - a pool in need: no memory, no processes, no descriptors.
 * Linked with --wrap for malloc, calloc, realloc and fork.
 */
#include "ppool_util.h"

static pid_t owner;        /* faults are the owner's alone */
static long mallocs_left;  /* -1: memory is plenty */
static long mallocs_failed;
static int forks_left;     /* -1: processes are plenty */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
pid_t __real_fork(void);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
pid_t __wrap_fork(void);

/* Exactly one allocation fails: the one after mallocs_left others. */
static bool
out_of_memory(void)
{
	if (mallocs_left < 0 || getpid() != owner || mallocs_left-- > 0)
		return false;
	mallocs_failed++;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return out_of_memory() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return out_of_memory() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return out_of_memory() ? NULL : __real_realloc(p, size);
}

pid_t
__wrap_fork(void)
{
	if (forks_left == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (forks_left > 0)
		forks_left--;
	return __real_fork();
}

static int
plenty(void **state)
{
	(void)state;
	owner = getpid();
	mallocs_left = -1;
	mallocs_failed = 0;
	forks_left = -1;
	return pool_enter(state);
}

#define NEEDY(test) cmocka_unit_test_setup_teardown(test, plenty, pool_leave)

/* ---- memory -------------------------------------------------------------- */

/* Results of one run; what is not a result is an error of a call. */
struct outcome {
	int ok, other, errors;
};

static void
count(struct outcome *o, ppool_err err)
{
	if (err == PPOOL_OK)
		o->ok++;
	else
		o->other++;
}

static void
run_apply(ppool *pool, struct outcome *o)
{
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	size_t n = 0;
	int v = 7;

	if (ppool_apply(pool, fn_square, &v, sizeof(v), &job) && !job) {
		o->errors++;
		return;
	}
	ppool_get(job, -1, &r, &n);
	for (size_t i = 0; i < n; i++)
		count(o, r[i].err);
	ppool_async_free(job);
}

static void
run_map(ppool *pool, struct outcome *o)
{
	int v[10];
	ppool_buf items[10];
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	size_t n = 0;

	for (int i = 0; i < 10; i++) {
		v[i] = i;
		items[i] = (ppool_buf){ &v[i], sizeof(v[i]) };
	}
	if (ppool_map(pool, fn_square, items, 10, 3, &job) && !job) {
		o->errors++;
		return;
	}
	ppool_get(job, -1, &r, &n);
	for (size_t i = 0; i < n; i++)
		count(o, r[i].err);
	ppool_async_free(job);
}

static void
run_imap(ppool *pool, struct outcome *o)
{
	struct counter c = { .limit = 10, .fail_at = -1 };
	ppool_iter *it = NULL;
	ppool_result r;
	ppool_err err;
	int tries = 0;

	if (ppool_imap(pool, fn_square, counter_source, &c, 3, 0, &it)) {
		o->errors++;
		return;
	}
	while ((err = ppool_next(it, -1, &r)) != PPOOL_END && tries++ < 20)
		if (err == PPOOL_OK)
			count(o, r.err);
		else
			o->errors++;
	ppool_iter_free(it);
}

static void
on_result(void *cookie, const ppool_result *r)
{
	count(cookie, r->err);
}

static void
run_feed(ppool *pool, struct outcome *o)
{
	const ppool_feed_opts opts = { .chunk_items = 3 };
	ppool_feed *f = NULL;

	if (ppool_feed_open(pool, fn_square, &opts, on_result, o, &f)) {
		o->errors++;
		return;
	}
	for (int v = 0; v < 10; v++)
		if (ppool_feed_put(f, &v, sizeof(v), 1, NULL))
			o->errors++;
	if (ppool_feed_finish(f, -1))
		o->errors++;
	ppool_feed_free(f);
}

/* A pool's whole life in which one allocation fails. */
static void
live_without(long nth, struct outcome *o)
{
	const ppool_opts opts = { .processes = 2 };
	ppool *pool = NULL;
	ppool_err err;

	*o = (struct outcome){ 0 };
	mallocs_left = nth;
	err = ppool_create(&pool, &opts);
	if (!err) {
		run_apply(pool, o);
		run_map(pool, o);
		run_imap(pool, o);
		run_feed(pool, o);
		ppool_close(pool);
		ppool_join(pool, -1);
		ppool_destroy(pool);
	}
	mallocs_left = -1;
	if (err) {
		assert_int_equal(err, PPOOL_NOMEM);
		assert_null(pool);
	}
}

/*
 * Each allocation in turn. Nothing crashes, hangs, leaks or leaves a child;
 * with only one failure it costs at most the call, or the results, it hit.
 */
static void
every_allocation_fails_once(void **state)
{
	struct outcome o;
	long nth = 0;

	(void)state;
	for (;;) {
		mallocs_failed = 0;
		live_without(nth, &o);
		if (!mallocs_failed)
			break;
		nth++;
	}
	assert_true(nth > 3);
	assert_int_equal(o.ok, 31);
	assert_int_equal(o.errors, 0);
}

/* ---- processes ----------------------------------------------------------- */

/* 35. The fourth fork fails: the first three are gone when create returns. */
static void
a_failing_fork_leaves_no_child(void **state)
{
	const ppool_opts opts = { .processes = 6 };
	ppool *pool = (ppool *)1;

	(void)state;
	for (int k = 0; k < 6; k++) {
		forks_left = k;
		errno = 0;
		assert_int_equal(ppool_create(&pool, &opts), PPOOL_SYS);
		assert_int_equal(errno, EAGAIN);
		assert_null(pool);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

static void
kill_workers(ppool *pool, size_t n)
{
	pid_t pids[8];

	assert_true(ppool_pids(pool, pids, 8) >= n);
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
}

/* No replacement can be forked: the others go on; with none, BROKEN. */
static void
a_failing_replacement(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	ppool_err err;
	int v = 8, died = 0;

	(void)state;
	forks_left = 0;
	kill_workers(pool, 1);
	for (int i = 0; i < 10; i++) {
		job = NULL;
		err = ppool_apply(pool, fn_square, &v, sizeof(v), &job);
		/* one item may have been given to the one just killed */
		died += err == PPOOL_DIED;
		assert_true(err == PPOOL_OK || err == PPOOL_DIED);
		ppool_async_free(job);
	}
	assert_true(died <= 1);
	do {
		/* the first may be listed still, if nothing was sent to it */
		kill_workers(pool, ppool_pids(pool, NULL, 0));
		job = NULL;
		err = ppool_apply(pool, fn_square, &v, sizeof(v), &job);
		ppool_async_free(job);
	} while (err == PPOOL_OK || err == PPOOL_DIED);
	assert_true(err == PPOOL_BROKEN || err == PPOOL_CANCELED);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_destroy(pool);
}

/* What could not be forked at one time can be at another. */
static void
a_replacement_is_tried_again(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	int v = 8;

	(void)state;
	forks_left = 0;
	kill_workers(pool, 1);
	/* it takes as long to die as the machine is busy */
	while (ppool_pids(pool, NULL, 0) != 1)
		ppool_poll(pool, 20);
	forks_left = -1;
	while (ppool_pids(pool, NULL, 0) < 2) {
		ppool_apply(pool, fn_square, &v, sizeof(v), &job);
		ppool_async_free(job);
		ppool_poll(pool, 10);
	}
	pool_end(pool);
}

/* ---- descriptors --------------------------------------------------------- */

static void
too_few_descriptors(void **state)
{
	const ppool_opts opts = { .processes = 8 };
	struct rlimit before, low;
	ppool *pool = (ppool *)1;
	int in_use = count_fds() - 3; /* ".", ".." and the directory itself */

	(void)state;
	if (under_valgrind())
		return;
	assert_return_code(getrlimit(RLIMIT_NOFILE, &before), errno);
	for (int spare = 0; spare < 8; spare++) {
		low = before;
		low.rlim_cur = (rlim_t)(in_use + spare);
		assert_return_code(setrlimit(RLIMIT_NOFILE, &low), errno);
		errno = 0;
		assert_int_equal(ppool_create(&pool, &opts), PPOOL_SYS);
		assert_int_equal(errno, EMFILE);
		assert_null(pool);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
	assert_return_code(setrlimit(RLIMIT_NOFILE, &before), errno);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NEEDY(every_allocation_fails_once),
		NEEDY(a_failing_fork_leaves_no_child),
		NEEDY(a_failing_replacement),
		NEEDY(a_replacement_is_tried_again),
		NEEDY(too_few_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
