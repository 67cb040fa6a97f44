/* ppool_apply.c - one call at a time: apply, apply_async, get, wait. */
#include "ppool_util.h"

/* 1. One call gives what the function gives here. */
static void
apply_gives_the_value(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	const ppool_result *r;
	size_t n;
	int v = 9;

	(void)state;
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
	assert_int_equal(n, 1);
	assert_int_result(&r[0], 0, 81);
	ppool_async_free(job);
	pool_end(pool);
}

static void
apply_copies_its_item(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *jobs[8];
	const ppool_result *r;
	size_t n;
	int v;

	(void)state;
	for (v = 0; v < 8; v++)
		assert_int_equal(ppool_apply_async(pool, fn_square, &v,
		    sizeof(v), NULL, NULL,
		    &jobs[v]), PPOOL_OK);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(ppool_get(jobs[i], -1, &r, &n), PPOOL_OK);
		assert_int_result(&r[0], 0, i * i);
		assert_int_equal(int_of(r[0].item.data, r[0].item.len), i);
		ppool_async_free(jobs[i]);
	}
	pool_end(pool);
}

static void
apply_of_nothing(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job = NULL;
	const ppool_result *r;
	size_t n;

	(void)state;
	assert_int_equal(ppool_apply(pool, fn_echo, NULL, 0, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, 0, &r, &n), PPOOL_OK);
	assert_int_equal(n, 1);
	assert_int_equal(r[0].len, 0);
	ppool_async_free(job);
	pool_end(pool);
}

/* Larger than any socket buffer, both ways at once on every worker. */
static void
apply_big_both_ways(void **state)
{
	enum { SIZE = 4 << 20 };
	ppool *pool = pool_of(2);
	ppool_async *jobs[4];
	char *data = malloc(SIZE);
	const ppool_result *r;
	size_t n;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 31 % 251);
	for (size_t i = 0; i < NITEMS(jobs); i++)
		assert_int_equal(ppool_apply_async(pool, fn_echo, data,
		    SIZE - i, NULL, NULL,
		    &jobs[i]), PPOOL_OK);
	for (size_t i = 0; i < NITEMS(jobs); i++) {
		assert_int_equal(ppool_get(jobs[i], -1, &r, &n), PPOOL_OK);
		assert_int_equal(r[0].len, SIZE - i);
		assert_memory_equal(r[0].data, data, SIZE - i);
		ppool_async_free(jobs[i]);
	}
	free(data);
	pool_end(pool);
}

/* 9. A result that is not there at once is waited for. */
static void
get_waits(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job;
	const ppool_result *r;
	size_t n;
	int v = 100;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, &job), PPOOL_OK);
	assert_false(ppool_ready(job));
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
	assert_int_result(&r[0], 0, 10000);
	ppool_async_free(job);
	pool_end(pool);
}

/* 10. get and wait with a timeout; then terminate and join end at once. */
static void
get_times_out(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job;
	const ppool_result *r;
	size_t n;
	int v = FOR_EVER_MS;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, 0, &r, &n), PPOOL_TIMEOUT);
	assert_int_equal(ppool_get(job, 20, &r, &n), PPOOL_TIMEOUT);
	assert_int_equal(ppool_wait(job, 0), PPOOL_TIMEOUT);
	assert_int_equal(ppool_wait(job, 20), PPOOL_TIMEOUT);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_true(ppool_ready(job));
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_CANCELED);
	assert_int_equal(n, 1);
	assert_int_equal(r[0].err, PPOOL_CANCELED);
	ppool_async_free(job);
	ppool_destroy(pool);
}

static void
timeout_does_not_cancel(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job;
	const ppool_result *r;
	size_t n;
	int v = 60;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, 0, &r, &n), PPOOL_TIMEOUT);
	assert_int_equal(ppool_wait(job, -1), PPOOL_OK);
	assert_int_equal(ppool_get(job, 0, &r, &n), PPOOL_OK);
	assert_int_result(&r[0], 0, 3600);
	ppool_async_free(job);
	pool_end(pool);
}

static void
ready_and_successful(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *good, *bad;
	int v = 50, odd = 3;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, &good), PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_odd_fails, &odd,
	    sizeof(odd), NULL, NULL, &bad),
	    PPOOL_OK);
	assert_false(ppool_ready(good));
	assert_int_equal(ppool_successful(good), PPOOL_NOTREADY);
	assert_int_equal(ppool_wait(good, -1), PPOOL_OK);
	assert_true(ppool_ready(good));
	assert_int_equal(ppool_successful(good), PPOOL_OK);
	assert_int_equal(ppool_wait(bad, -1), PPOOL_OK);
	assert_true(ppool_ready(bad));
	assert_int_equal(ppool_successful(bad), PPOOL_TASK);
	ppool_async_free(good);
	ppool_async_free(bad);
	pool_end(pool);
}

/* 19, 20. What went wrong arrives: its code and its text; get repeats it. */
static void
failure_keeps_code_and_text(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job = NULL;
	const ppool_result *r;
	size_t n;
	int v = 5;

	(void)state;
	assert_int_equal(ppool_apply(pool, fn_odd_fails, &v, sizeof(v), &job),
	    PPOOL_TASK);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_TASK);
		assert_int_equal(n, 1);
		assert_int_equal(r[0].err, PPOOL_TASK);
		assert_int_equal(r[0].code, 7);
		assert_int_equal(r[0].len, 8);
		assert_memory_equal(r[0].data, "5 is odd", 8);
	}
	ppool_async_free(job);
	pool_end(pool);
}

struct seen {
	int calls;
	size_t n;
	ppool_err err;
	int code;
	int value;
};

static void
on_done(void *cookie, const ppool_result *r, size_t n)
{
	struct seen *seen = cookie;

	seen->calls++;
	seen->n = n;
	seen->err = r[0].err;
	seen->code = r[0].code;
	seen->value = int_of(r[0].data, r[0].len);
}

/* Callback of apply_async, with success. */
static void
callback_gets_the_result(void **state)
{
	ppool *pool = pool_of(1);
	struct seen seen = { 0 };
	ppool_async *job;
	int v = 6;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    on_done, &seen, &job), PPOOL_OK);
	assert_int_equal(ppool_wait(job, -1), PPOOL_OK);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.err, PPOOL_OK);
	assert_int_equal(seen.value, 36);
	ppool_async_free(job);
	pool_end(pool);
	assert_int_equal(seen.calls, 1);
}

/* 29. Callback of apply_async, with failure. */
static void
callback_gets_the_failure(void **state)
{
	ppool *pool = pool_of(1);
	struct seen seen = { 0 };
	ppool_async *job;
	int v = 3;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_odd_fails, &v, sizeof(v),
	    on_done, &seen, &job), PPOOL_OK);
	assert_int_equal(ppool_wait(job, -1), PPOOL_OK);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.err, PPOOL_TASK);
	assert_int_equal(seen.code, 7);
	ppool_async_free(job);
	pool_end(pool);
	assert_int_equal(seen.calls, 1);
}

/* Without a handle the pool frees the job; close and join still finish it. */
static void
callback_without_a_handle(void **state)
{
	ppool *pool = pool_of(2);
	struct seen seen = { 0 };

	(void)state;
	for (int v = 0; v < 50; v++)
		assert_int_equal(ppool_apply_async(pool, fn_square, &v,
		    sizeof(v), on_done, &seen,
		    NULL), PPOOL_OK);
	pool_end(pool);
	assert_int_equal(seen.calls, 50);
}

static void
callback_after_the_handle_was_freed(void **state)
{
	ppool *pool = pool_of(1);
	struct seen seen = { 0 };
	ppool_async *job;
	int v = 30;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v),
	    on_done, &seen, &job), PPOOL_OK);
	ppool_async_free(job);
	ppool_async_free(NULL);
	pool_end(pool);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.value, 900);
}

static void
callback_of_a_canceled_job(void **state)
{
	ppool *pool = pool_of(1);
	struct seen seen = { 0 };
	int v = FOR_EVER_MS;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v),
	    on_done, &seen, NULL), PPOOL_OK);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_destroy(pool);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.err, PPOOL_CANCELED);
}

struct busy {
	ppool *pool;
	ppool_async *other;
	ppool_iter *it;
	int calls;
	ppool_err get, wait, apply, next, poll;
};

static void
on_done_waits(void *cookie, const ppool_result *r, size_t n)
{
	struct busy *b = cookie;
	ppool_async *job = NULL;
	ppool_result ignored;
	int v = 2;

	(void)r;
	(void)n;
	b->calls++;
	b->get = ppool_get(b->other, -1, NULL, NULL);
	b->wait = ppool_wait(b->other, -1);
	b->apply = ppool_apply(b->pool, fn_square, &v, sizeof(v), &job);
	b->next = ppool_next(b->it, -1, &ignored);
	b->poll = ppool_poll(b->pool, -1);
	ppool_async_free(job);
}

/* 28. Nothing a callback does can hang the pool. */
static void
waiting_in_a_callback_is_busy(void **state)
{
	ppool *pool = pool_of(2);
	struct counter c = { .limit = 3, .fail_at = -1 };
	struct busy b = { .pool = pool };
	ppool_async *quick = NULL;
	int v = 1, slow = FOR_EVER_MS;

	(void)state;
	assert_int_equal(ppool_imap(pool, fn_square, counter_source, &c, 1, 0,
	    &b.it), PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &slow, sizeof(slow),
	    NULL, NULL, &b.other), PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    on_done_waits, &b, &quick),
	    PPOOL_OK);
	assert_int_equal(ppool_wait(quick, -1), PPOOL_OK);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.get, PPOOL_BUSY);
	assert_int_equal(b.wait, PPOOL_BUSY);
	assert_int_equal(b.apply, PPOOL_BUSY);
	assert_int_equal(b.next, PPOOL_BUSY);
	assert_int_equal(b.poll, PPOOL_BUSY);
	assert_int_equal(c.next, 0);
	ppool_iter_free(b.it);
	ppool_async_free(quick);
	ppool_async_free(b.other);
	ppool_destroy(pool);
}

struct chain {
	ppool *pool;
	int left;
	ppool_err last;
};

static void
on_done_submits(void *cookie, const ppool_result *r, size_t n)
{
	struct chain *chain = cookie;
	int v = 2;

	(void)r;
	(void)n;
	if (--chain->left > 0)
		chain->last = ppool_apply_async(chain->pool, fn_square, &v,
		    sizeof(v), on_done_submits,
		    chain, NULL);
}

/* 28. A callback may submit. */
static void
callback_submits(void **state)
{
	ppool *pool = pool_of(2);
	struct chain chain = { .pool = pool, .left = 20 };
	int v = 2;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    on_done_submits, &chain, NULL),
	    PPOOL_OK);
	while (chain.left > 0) {
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
		assert_int_equal(chain.last, PPOOL_OK);
	}
	pool_end(pool);
}

static void
on_done_closes(void *cookie, const ppool_result *r, size_t n)
{
	(void)r;
	(void)n;
	ppool_close(cookie);
}

static void
on_done_terminates(void *cookie, const ppool_result *r, size_t n)
{
	(void)r;
	(void)n;
	ppool_terminate(cookie);
}

static void
on_done_frees(void *cookie, const ppool_result *r, size_t n)
{
	ppool_async **job = cookie;

	assert_int_equal(n, 1);
	ppool_async_free(*job);
	*job = NULL;
	/* what the callback was given lives until it returns */
	assert_int_equal(int_of(r[0].data, r[0].len), 4);
}

/* A callback may free its own job, and others. */
static void
callback_frees(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *own = NULL, *slow = NULL, *other = NULL;
	int v = 2, ms = 50;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &ms, sizeof(ms),
	    NULL, NULL, &slow), PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    on_done_frees, &slow, &other),
	    PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    on_done_frees, &own, &own),
	    PPOOL_OK);
	while (own || slow)
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	ppool_async_free(other);
	pool_end(pool);
}

/* 28. A callback may close. */
static void
callback_closes(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job, *closer;
	int v = 1, slow = 30;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &slow, sizeof(slow),
	    NULL, NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    on_done_closes, pool, &closer),
	    PPOOL_OK);
	assert_int_equal(ppool_get(closer, -1, NULL, NULL), PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    NULL, NULL, NULL), PPOOL_CLOSED);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_async_free(job);
	ppool_async_free(closer);
	ppool_destroy(pool);
}

/* 28. A callback may terminate. */
static void
callback_terminates(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job;
	int v = 1, slow = FOR_EVER_MS;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &slow, sizeof(slow),
	    NULL, NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v),
	    on_done_terminates, pool, NULL),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_CANCELED);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_async_free(job);
	ppool_destroy(pool);
}

/* 6. An item that cannot be sent is refused; the pool goes on. */
static void
too_big_an_item_is_refused(void **state)
{
	const ppool_opts opts = { .processes = 1, .max_item = 100 };
	ppool *pool = pool_with(&opts);
	ppool_async *job = NULL;
	char big[101] = "";
	int v = 3;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_echo, big, 101, NULL, NULL,
	    NULL), PPOOL_TOOBIG);
	assert_int_equal(ppool_apply(pool, fn_echo, big, 100, &job), PPOOL_OK);
	ppool_async_free(job);
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
}

static int
fn_too_much(void *state, const void *in, size_t len, ppool_out *out)
{
	char block[64] = "";

	(void)state;
	(void)in;
	(void)len;
	for (int i = 0; i < 8; i++)
		ppool_write(out, block, sizeof(block));
	return 0;
}

/* 30. Results that cannot be sent say so and cost no worker. */
static void
too_big_a_result_costs_no_worker(void **state)
{
	const ppool_opts opts = { .processes = 2, .max_item = 256 };
	ppool *pool = pool_with(&opts);
	pid_t before[2], after[2];
	ppool_async *job;

	(void)state;
	assert_int_equal(ppool_pids(pool, before, 2), 2);
	for (int i = 0; i < 20; i++) {
		job = NULL;
		assert_int_equal(ppool_apply(pool, fn_too_much, NULL, 0, &job),
		    PPOOL_TOOBIG);
		ppool_async_free(job);
	}
	assert_int_equal(ppool_pids(pool, after, 2), 2);
	assert_memory_equal(before, after, sizeof(before));
	pool_end(pool);
}

static void
pending_is_bounded(void **state)
{
	enum { SIZE = 64 << 10, JOBS = 100 };
	const ppool_opts opts = { .processes = 2, .max_pending = 4 * SIZE };
	ppool *pool = pool_with(&opts);
	struct seen seen = { 0 };
	char *data = calloc(1, SIZE);

	(void)state;
	assert_non_null(data);
	for (int i = 0; i < JOBS; i++) {
		assert_int_equal(ppool_apply_async(pool, fn_echo, data, SIZE,
		    on_done, &seen, NULL),
		    PPOOL_OK);
		/* queued, and the windows of two workers */
		assert_in_range(i + 1 - seen.calls, 0, 4 + 2 * 2 + 1);
	}
	free(data);
	pool_end(pool);
	assert_int_equal(seen.calls, JOBS);
}

static void
bad_arguments(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job = NULL;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, NULL, "x", 1, NULL, NULL,
	    NULL), PPOOL_INVAL);
	assert_int_equal(ppool_apply(pool, NULL, "x", 1, &job), PPOOL_INVAL);
	assert_null(job);
	assert_int_equal(ppool_apply_async(pool, fn_echo, NULL, 1, NULL, NULL,
	    NULL), PPOOL_INVAL);
	pool_end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(apply_gives_the_value),
		CASE(apply_copies_its_item),
		CASE(apply_of_nothing),
		CASE(apply_big_both_ways),
		CASE(get_waits),
		CASE(get_times_out),
		CASE(timeout_does_not_cancel),
		CASE(ready_and_successful),
		CASE(failure_keeps_code_and_text),
		CASE(callback_gets_the_result),
		CASE(callback_gets_the_failure),
		CASE(callback_without_a_handle),
		CASE(callback_after_the_handle_was_freed),
		CASE(callback_of_a_canceled_job),
		CASE(waiting_in_a_callback_is_busy),
		CASE(callback_submits),
		CASE(callback_frees),
		CASE(callback_closes),
		CASE(callback_terminates),
		CASE(too_big_an_item_is_refused),
		CASE(too_big_a_result_costs_no_worker),
		CASE(pending_is_bounded),
		CASE(bad_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
