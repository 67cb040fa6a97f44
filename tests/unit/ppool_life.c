/*
 * ppool_life.c - from create to destroy: workers, initializers, retirement,
 * close, terminate, join.
 *
 * The tests of Python's multiprocessing.Pool, by the numbers that the comments
 * of the cases in ppool_*.c carry:
 *
 *	 1 apply                         20 wrapped_exception
 *	 2 map                           21 map_no_failfast
 *	 3 starmap, starmap_async        22 release_task_refs
 *	 4 map_async                     23 enter
 *	 5 map_async_callbacks           24 resource_warning
 *	 6 map_unplicklable              25 imap when the buffer is full
 *	 7 map_chunksize                 26 infinite iterables
 *	 8 map, iterable raises          27 one taken, close and join
 *	 9 async                         28 failing callbacks
 *	10 async_timeout                 29 async_error_callback
 *	11 imap                          30 unpickleable_result
 *	12 imap, iterable raises         31 worker_lifetime
 *	13 imap_unordered                32 worker_lifetime_early_close
 *	14 imap_unordered, raises        33 maxtasksperchild_invalid: the
 *	15 make_pool                        type admits no invalid value
 *	16 terminate                     34 finalization at exit
 *	17 empty_iterable                35 no leak on failure: ppool_nomem.c
 *	18 context                       36 initializer sees initargs
 *	19 traceback                     37 killed workers: ppool_death.c
 */
#include "ppool_util.h"

#include <sched.h>

/* 15. As many workers as asked for, all alive, all different. */
static void
create_makes_workers(void **state)
{
	ppool *pool = pool_of(3);
	pid_t pids[4] = { 0 };

	(void)state;
	assert_int_equal(ppool_pids(pool, pids, 4), 3);
	for (int i = 0; i < 3; i++) {
		assert_return_code(kill(pids[i], 0), errno);
		assert_int_not_equal(pids[i], pids[(i + 1) % 3]);
	}
	assert_int_equal(pids[3], 0);
	assert_int_equal(ppool_pids(pool, NULL, 0), 3);
	pids[1] = 0;
	assert_int_equal(ppool_pids(pool, pids, 1), 3);
	assert_int_equal(pids[1], 0);
	pool_end(pool);
}

/* 15. Fewer than none is refused. */
static void
create_refuses_negative_numbers(void **state)
{
	const ppool_opts opts = { .processes = -1 };
	ppool *pool = (ppool *)1;

	(void)state;
	assert_int_equal(ppool_create(&pool, &opts), PPOOL_INVAL);
	assert_null(pool);
	assert_int_equal(ppool_create(NULL, NULL), PPOOL_INVAL);
}

static void
default_is_the_usable_cpus(void **state)
{
	ppool *pool = NULL;

	(void)state;
	assert_int_equal(ppool_create(&pool, NULL), PPOOL_OK);
	assert_int_equal(ppool_pids(pool, NULL, 0), ppool_cpus());
	pool_end(pool);
}

static void
cpus_follow_the_affinity(void **state)
{
	cpu_set_t before, one;
	int cpu = 0;

	(void)state;
	if (PORTABLE)
		return;
	assert_return_code(sched_getaffinity(0, sizeof(before), &before), errno);
	assert_in_range(ppool_cpus(), 1, CPU_COUNT(&before));
	while (!CPU_ISSET(cpu, &before))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_return_code(sched_setaffinity(0, sizeof(one), &one), errno);
	assert_int_equal(ppool_cpus(), 1);
	assert_return_code(sched_setaffinity(0, sizeof(before), &before), errno);
}

/* 16. Ten thousand long tasks in hand: terminate and join come back. */
static void
terminate_does_not_wait(void **state)
{
	enum { N = 10000 };
	ppool *pool = pool_of(4);
	ppool_buf *items = malloc(N * sizeof(*items));
	ppool_async *job;
	const ppool_result *r;
	size_t n;
	int ms = FOR_EVER_MS;

	(void)state;
	assert_non_null(items);
	for (int i = 0; i < N; i++)
		items[i] = (ppool_buf){ &ms, sizeof(ms) };
	assert_int_equal(ppool_map_async(pool, fn_sleep, items, N, 1, NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_poll(pool, 20), PPOOL_TIMEOUT);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_CANCELED);
	assert_int_equal(n, N);
	for (int i = 0; i < N; i++)
		assert_int_equal(r[i].err, PPOOL_CANCELED);
	ppool_async_free(job);
	ppool_destroy(pool);
	free(items);
}

static int
one_source(void *cookie, ppool_buf *item)
{
	(void)cookie;
	*item = (ppool_buf){ "x", 1 };
	return 1;
}

static void
on_result(void *cookie, const ppool_result *r)
{
	(void)cookie;
	(void)r;
}

static void
expect_closed(ppool *pool)
{
	const ppool_buf item = { "x", 1 };
	ppool_async *job = NULL;
	ppool_iter *it = NULL;
	ppool_feed *f = NULL;

	assert_int_equal(ppool_apply(pool, fn_echo, "x", 1, &job),
	    PPOOL_CLOSED);
	assert_int_equal(ppool_apply_async(pool, fn_echo, "x", 1, NULL, NULL,
	    &job), PPOOL_CLOSED);
	assert_int_equal(ppool_map(pool, fn_echo, &item, 1, 1, &job),
	    PPOOL_CLOSED);
	assert_int_equal(ppool_map_async(pool, fn_echo, &item, 1, 1, NULL,
	    NULL, &job), PPOOL_CLOSED);
	assert_int_equal(ppool_imap(pool, fn_echo, one_source, NULL, 1, 0, &it),
	    PPOOL_CLOSED);
	assert_int_equal(ppool_imap_unordered(pool, fn_echo, one_source, NULL,
	    1, 0, &it), PPOOL_CLOSED);
	assert_int_equal(ppool_feed_open(pool, fn_echo, NULL, on_result, NULL,
	    &f), PPOOL_CLOSED);
	assert_null(job);
	assert_null(it);
	assert_null(f);
}

/* 18, 23. A pool that was closed or terminated takes nothing more. */
static void
no_jobs_after_the_end(void **state)
{
	ppool *pool = pool_of(1);

	(void)state;
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	expect_closed(pool);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	expect_closed(pool);
	ppool_destroy(pool);
	pool = pool_of(1);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	expect_closed(pool);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	expect_closed(pool);
	ppool_destroy(pool);
}

static void
join_wants_close_first(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job = NULL;

	(void)state;
	assert_int_equal(ppool_join(pool, -1), PPOOL_RUNNING);
	assert_int_equal(ppool_apply(pool, fn_echo, "x", 1, &job), PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
}

static void
ends_can_be_repeated_and_mixed(void **state)
{
	ppool *pool = pool_of(2);

	(void)state;
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_pids(pool, NULL, 0), 0);
	ppool_destroy(pool);
	ppool_destroy(NULL);
}

static void
join_times_out(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job;
	int v = 80;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, 0), PPOOL_TIMEOUT);
	assert_int_equal(ppool_join(pool, 1), PPOOL_TIMEOUT);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_get(job, 0, NULL, NULL), PPOOL_OK);
	ppool_async_free(job);
	ppool_destroy(pool);
}

/* 24. Dropped while it runs, a pool leaves nothing (see pool_leave). */
static void
destroy_of_a_running_pool(void **state)
{
	ppool *pool = pool_of(3);
	int v = FOR_EVER_MS;

	(void)state;
	ppool_destroy(pool_of(2));
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, NULL), PPOOL_OK);
	ppool_destroy(pool);
}

static void
handles_outlive_the_pool(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *ready, *never;
	ppool_iter *it = NULL;
	const ppool_result *r;
	ppool_result one;
	ppool_err err;
	size_t n;
	int v = 3, ms = FOR_EVER_MS;

	(void)state;
	assert_int_equal(ppool_imap(pool, fn_echo, one_source, NULL, 1, 4, &it),
	    PPOOL_OK);
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &ready),
	    PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &ms, sizeof(ms),
	    NULL, NULL, &never), PPOOL_OK);
	ppool_destroy(pool);
	assert_true(ppool_ready(ready));
	assert_int_equal(ppool_get(ready, -1, &r, &n), PPOOL_OK);
	assert_int_result(&r[0], 0, 9);
	assert_true(ppool_ready(never));
	assert_int_equal(ppool_successful(never), PPOOL_CANCELED);
	assert_int_equal(ppool_wait(never, -1), PPOOL_OK);
	assert_int_equal(ppool_get(never, -1, &r, &n), PPOOL_CANCELED);
	while ((err = ppool_next(it, -1, &one)) == PPOOL_OK)
		;
	assert_int_equal(err, PPOOL_CANCELED);
	ppool_async_free(ready);
	ppool_async_free(never);
	ppool_iter_free(it);
}

/* ---- retirement ---------------------------------------------------------- */

/* How many different pids n results hold; the most results one of them has. */
static size_t
count_pids(const ppool_result *r, size_t n, size_t *most)
{
	size_t different = 0;

	*most = 0;
	for (size_t i = 0; i < n; i++) {
		size_t same = 0, earlier = 0;

		for (size_t j = 0; j < n; j++)
			if (int_of(r[i].data, r[i].len) ==
			    int_of(r[j].data, r[j].len)) {
				same++;
				earlier += j < i;
			}
		different += earlier == 0;
		if (same > *most)
			*most = same;
	}
	return different;
}

static size_t
pids_of_a_map(const ppool_opts *opts, size_t n, size_t chunk, size_t *most)
{
	ppool *pool = pool_with(opts);
	ppool_buf *items = int_items(n);
	ppool_async *job = NULL;
	const ppool_result *r;
	size_t got, pids;

	assert_int_equal(ppool_map(pool, fn_pid, items, n, chunk, &job),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &got), PPOOL_OK);
	assert_int_equal(got, n);
	pids = count_pids(r, got, most);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
	return pids;
}

/* 31. Three workers, ten items each, a hundred items: at least ten workers. */
static void
max_tasks_replaces_workers(void **state)
{
	const ppool_opts opts = { .processes = 3, .max_tasks = 10 };
	size_t most;

	(void)state;
	assert_in_range(pids_of_a_map(&opts, 100, 1, &most), 10, 13);
	assert_int_equal(most, 10);
}

/* Items, not chunks: Python's Pool would use one worker for all of these. */
static void
max_tasks_counts_items(void **state)
{
	const ppool_opts two = { .processes = 1, .max_tasks = 2 };
	const ppool_opts nine = { .processes = 1, .max_tasks = 9 };
	size_t most;

	(void)state;
	assert_int_equal(pids_of_a_map(&two, 6, 1, &most), 3);
	assert_int_equal(pids_of_a_map(&two, 6, 3, &most), 2);
	assert_int_equal(pids_of_a_map(&nine, 36, 3, &most), 4);
	assert_int_equal(most, 9);
}

/* 32. Every task a worker of its own, closed at once: join still ends. */
static void
max_tasks_and_early_close(void **state)
{
	const ppool_opts opts = { .processes = 3, .max_tasks = 1 };
	ppool *pool = pool_with(&opts);
	ppool_async *jobs[6];
	const ppool_result *r;
	size_t n;
	int v = 30;

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_int_equal(ppool_apply_async(pool, fn_sleep, &v,
		    sizeof(v), NULL, NULL,
		    &jobs[i]), PPOOL_OK);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(ppool_get(jobs[i], 0, &r, &n), PPOOL_OK);
		assert_int_result(&r[0], 0, 900);
		ppool_async_free(jobs[i]);
	}
	ppool_destroy(pool);
}

static void
the_opts_are_copied(void **state)
{
	ppool_opts opts = { .processes = 2, .max_tasks = 5 };
	ppool *pool = pool_with(&opts);
	ppool_buf *items = int_items(40);
	ppool_async *job = NULL;
	const ppool_result *r;
	size_t n, most;

	(void)state;
	memset(&opts, 0xff, sizeof(opts));
	assert_int_equal(ppool_map(pool, fn_pid, items, 40, 1, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
	count_pids(r, n, &most);
	assert_int_equal(most, 5);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
}

/* ---- initializers -------------------------------------------------------- */

struct started {
	int calls;
	int answer;
};

static int
init_counts(void *initarg, void **state)
{
	struct started *s = initarg;

	__atomic_add_fetch(&s->calls, 1, __ATOMIC_SEQ_CST);
	*state = &s->answer;
	return 0;
}

static int
fn_state(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)in;
	(void)len;
	return ppool_write(out, state, sizeof(int)) == PPOOL_OK ? 0 : 99;
}

/* 36. The initializer sees its argument; its state reaches the function. */
static void
init_runs_once_in_each_worker(void **state)
{
	struct started *s = shared_new(sizeof(*s));
	const ppool_opts opts = { .processes = 3, .init = init_counts,
	    .initarg = s };
	ppool *pool = pool_with(&opts);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	s->answer = 42;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ppool_apply(pool, fn_state, NULL, 0, &job),
		    PPOOL_OK);
		assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
		assert_int_result(&r[0], 0, 42);
		ppool_async_free(job);
	}
	pool_end(pool);
	assert_int_equal(s->calls, 3);
	munmap(s, sizeof(*s));
}

static void
init_runs_in_replacements(void **state)
{
	struct started *s = shared_new(sizeof(*s));
	const ppool_opts opts = { .processes = 1, .init = init_counts,
	    .initarg = s, .max_tasks = 1 };
	ppool *pool = pool_with(&opts);
	ppool_async *job = NULL;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ppool_apply(pool, fn_state, NULL, 0, &job),
		    PPOOL_OK);
		ppool_async_free(job);
	}
	pool_end(pool);
	assert_in_range(s->calls, 5, 6);
	munmap(s, sizeof(*s));
}

struct failing {
	int calls;
	struct death how; /* DIE_NOT: returns 1 */
};

static int
init_fails(void *initarg, void **state)
{
	struct failing *f = initarg;

	(void)state;
	__atomic_add_fetch(&f->calls, 1, __ATOMIC_SEQ_CST);
	die(&f->how);
	return 1;
}

/* However an initializer fails: BROKEN, and only a few workers were tried. */
static void
a_failing_init_breaks_the_pool(void **state)
{
	const struct death hows[] = {
		{ DIE_NOT, 0 }, { DIE_EXIT, 0 }, { DIE_EXIT, 3 },
		{ DIE_SIGNAL, SIGKILL }, { DIE_ABORT, 0 },
	};
	struct failing *f = shared_new(sizeof(*f));
	const ppool_opts opts = { .processes = 3, .init = init_fails,
	    .initarg = f };
	int v = 3;

	(void)state;
	for (size_t i = 0; i < NITEMS(hows); i++) {
		ppool *pool;
		ppool_async *job = NULL;
		ppool_err err;

		*f = (struct failing){ 0, hows[i] };
		pool = pool_with(&opts);
		err = ppool_apply(pool, fn_square, &v, sizeof(v), &job);
		assert_true(err == PPOOL_BROKEN || err == PPOOL_CANCELED);
		ppool_async_free(job);
		job = NULL;
		assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v),
		    &job), PPOOL_BROKEN);
		assert_null(job);
		/* who is killed may have been so for other reasons: some more */
		assert_in_range(f->calls, 1, hows[i].how == DIE_SIGNAL ||
		    hows[i].how == DIE_ABORT ? 16 : 6);
		assert_int_equal(ppool_terminate(pool), PPOOL_OK);
		assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
		ppool_destroy(pool);
	}
	munmap(f, sizeof(*f));
}

/* Fails when it is told to. */
static int
init_fails_later(void *initarg, void **state)
{
	int *now = initarg;

	(void)state;
	while (!__atomic_load_n(now, __ATOMIC_SEQ_CST))
		sleep_ms(1);
	return 1;
}

/* Every kind of waiting ends when a pool breaks. */
static void
a_broken_pool_hangs_nobody(void **state)
{
	int *now = shared_new(sizeof(*now));
	const ppool_opts opts = { .processes = 2, .init = init_fails_later,
	    .initarg = now };
	ppool *pool = pool_with(&opts);
	ppool_buf *items = int_items(10);
	ppool_async *job = NULL;
	ppool_iter *it = NULL;
	ppool_feed *feed = NULL;
	ppool_result r;
	ppool_err err;

	(void)state;
	assert_int_equal(ppool_map_async(pool, fn_square, items, 10, 1, NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_imap(pool, fn_square, one_source, NULL, 1, 0,
	    &it), PPOOL_OK);
	assert_int_equal(ppool_feed_open(pool, fn_square, NULL, on_result,
	    NULL, &feed), PPOOL_OK);
	__atomic_store_n(now, 1, __ATOMIC_SEQ_CST);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_CANCELED);
	while ((err = ppool_next(it, -1, &r)) == PPOOL_OK)
		assert_int_equal(r.err, PPOOL_CANCELED);
	assert_true(err == PPOOL_BROKEN || err == PPOOL_CANCELED);
	assert_int_equal(ppool_feed_put(feed, "x", 1, 1, NULL), PPOOL_BROKEN);
	err = ppool_feed_finish(feed, -1);
	assert_true(err == PPOOL_BROKEN || err == PPOOL_OK);
	assert_int_equal(ppool_poll(pool, -1), PPOOL_BROKEN);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_async_free(job);
	ppool_iter_free(it);
	ppool_feed_free(feed);
	ppool_destroy(pool);
	int_items_free(items);
	munmap(now, sizeof(*now));
}

static void
every_error_has_a_phrase(void **state)
{
	(void)state;
	for (int a = PPOOL_OK; a <= PPOOL_SYS; a++) {
		const char *text = ppool_strerror((ppool_err)a);

		assert_non_null(text);
		assert_true(text[0] != '\0');
		for (int b = PPOOL_OK; b < a; b++)
			assert_string_not_equal(text,
			    ppool_strerror((ppool_err)b));
	}
	assert_non_null(ppool_strerror((ppool_err)(PPOOL_SYS + 1)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(create_makes_workers),
		CASE(create_refuses_negative_numbers),
		CASE(default_is_the_usable_cpus),
		CASE(cpus_follow_the_affinity),
		CASE(terminate_does_not_wait),
		CASE(no_jobs_after_the_end),
		CASE(join_wants_close_first),
		CASE(ends_can_be_repeated_and_mixed),
		CASE(join_times_out),
		CASE(destroy_of_a_running_pool),
		CASE(handles_outlive_the_pool),
		CASE(max_tasks_replaces_workers),
		CASE(max_tasks_counts_items),
		CASE(max_tasks_and_early_close),
		CASE(the_opts_are_copied),
		CASE(init_runs_once_in_each_worker),
		CASE(init_runs_in_replacements),
		CASE(a_failing_init_breaks_the_pool),
		CASE(a_broken_pool_hangs_nobody),
		CASE(every_error_has_a_phrase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
