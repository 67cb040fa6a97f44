/* ppool_imap.c - a source in, results one by one: imap, imap_unordered. */
#include "ppool_util.h"

typedef ppool_err imap_fn(ppool *, ppool_fn *, ppool_source_fn *, void *,
    size_t, size_t, ppool_iter **);

static ppool_iter *
iter_of(imap_fn *imap, ppool *pool, ppool_fn *fn, struct counter *c,
    size_t chunk, size_t buffer)
{
	ppool_iter *it = NULL;

	assert_int_equal(imap(pool, fn, counter_source, c, chunk, buffer, &it),
	    PPOOL_OK);
	assert_non_null(it);
	return it;
}

static void
expect_ordered(ppool_iter *it, int n)
{
	ppool_result r;

	for (int i = 0; i < n; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_result(&r, (uint64_t)i, i * i);
		assert_int_equal(int_of(r.item.data, r.item.len), i);
	}
}

/* n results, each item exactly once, each right. */
static void
expect_unordered(ppool_iter *it, int n)
{
	char *seen = calloc((size_t)n + 1, 1);
	ppool_result r;

	assert_non_null(seen);
	for (int i = 0; i < n; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_in_range(r.index, 0, n - 1);
		assert_int_equal(seen[r.index], 0);
		seen[r.index] = 1;
		assert_int_result(&r, r.index, (int)(r.index * r.index));
	}
	free(seen);
}

static void
expect_end(ppool_iter *it)
{
	ppool_result r;

	assert_int_equal(ppool_next(it, -1, &r), PPOOL_END);
	assert_int_equal(ppool_next(it, -1, &r), PPOOL_END);
	assert_int_equal(ppool_next(it, 0, &r), PPOOL_END);
}

enum { SOME = 300 };

/* 11. In order, whatever the chunk and the buffer; then END, for ever. */
static void
imap_keeps_the_order(void **state)
{
	const size_t chunks[] = { 0, 1, 2, 7, 100, 5000 };
	const size_t buffers[] = { 0, 1, 5, 1000 };
	ppool *pool = pool_of(3);

	(void)state;
	for (size_t i = 0; i < NITEMS(chunks) * NITEMS(buffers); i++) {
		struct counter c = { .limit = SOME, .fail_at = -1 };
		ppool_iter *it = iter_of(ppool_imap, pool, fn_square, &c,
		    chunks[i % NITEMS(chunks)],
		    buffers[i / NITEMS(chunks)]);

		expect_ordered(it, SOME);
		expect_end(it);
		ppool_iter_free(it);
	}
	pool_end(pool);
}

/* 13. In any order, each once. */
static void
imap_unordered_gives_each_once(void **state)
{
	const size_t chunks[] = { 0, 1, 2, 7, 100, 5000 };
	const size_t buffers[] = { 0, 1, 5, 1000 };
	ppool *pool = pool_of(3);

	(void)state;
	for (size_t i = 0; i < NITEMS(chunks) * NITEMS(buffers); i++) {
		struct counter c = { .limit = SOME, .fail_at = -1 };
		ppool_iter *it = iter_of(ppool_imap_unordered, pool, fn_square,
		    &c, chunks[i % NITEMS(chunks)],
		    buffers[i / NITEMS(chunks)]);

		expect_unordered(it, SOME);
		expect_end(it);
		ppool_iter_free(it);
	}
	pool_end(pool);
}

static int
fn_slow_first(void *state, const void *in, size_t len, ppool_out *out)
{
	if (int_of(in, len) == 0)
		sleep_ms(100);
	return fn_square(state, in, len, out);
}

static void
unordered_does_not_wait_for_the_slow(void **state)
{
	ppool *pool = pool_of(2);
	struct counter c = { .limit = 20, .fail_at = -1 };
	ppool_iter *it = iter_of(ppool_imap_unordered, pool, fn_slow_first, &c,
	    1, 50);
	ppool_result r;

	(void)state;
	assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
	assert_int_not_equal(r.index, 0);
	ppool_iter_free(it);
	pool_end(pool);
}

/* 17. Nothing in, nothing out. */
static void
imap_of_nothing(void **state)
{
	imap_fn *const imaps[] = { ppool_imap, ppool_imap_unordered };
	ppool *pool = pool_of(2);

	(void)state;
	for (size_t i = 0; i < NITEMS(imaps); i++) {
		struct counter c = { .limit = 0, .fail_at = -1 };
		ppool_iter *it = iter_of(imaps[i], pool, fn_square, &c, 1, 0);

		expect_end(it);
		ppool_iter_free(it);
	}
	pool_end(pool);
}

static void
expect_source_failure(ppool_iter *it, int n)
{
	ppool_result r;

	assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
	assert_int_equal(r.err, PPOOL_SOURCE);
	assert_int_equal(r.code, -5);
	assert_int_equal(r.index, n);
	assert_int_equal(r.item.len, 0);
	expect_end(it);
}

/*
 * 8, 12, 14. A source that fails at the first item, twice over, or at the
 * third, or in mid-chunk: every item before it comes first.
 */
static void
a_failing_source_comes_last(void **state)
{
	const struct { int fail_at; size_t chunk; } rows[] = {
		{ 0, 1 }, { 0, 1 }, { 0, 4 }, { 3, 1 }, { 3, 2 }, { 3, 4 },
		{ 10, 4 }, { 10, 0 }, { 7, 100 },
	};
	ppool *pool = pool_of(2);

	(void)state;
	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct counter a = { .limit = -1, .fail_at = rows[i].fail_at };
		struct counter b = a;
		ppool_iter *it = iter_of(ppool_imap, pool, fn_square, &a,
		    rows[i].chunk, 0);

		expect_ordered(it, rows[i].fail_at);
		expect_source_failure(it, rows[i].fail_at);
		ppool_iter_free(it);
		it = iter_of(ppool_imap_unordered, pool, fn_square, &b,
		    rows[i].chunk, 0);
		expect_unordered(it, rows[i].fail_at);
		expect_source_failure(it, rows[i].fail_at);
		ppool_iter_free(it);
	}
	pool_end(pool);
}

/* Python loses the rest of the chunk, and the rest of the input, here. */
static void
one_failure_hides_nothing(void **state)
{
	ppool *pool = pool_of(2);
	struct counter c = { .limit = 10, .fail_at = -1 };
	ppool_iter *it = iter_of(ppool_imap, pool, fn_odd_fails, &c, 4, 0);
	ppool_result r;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_equal(r.index, i);
		assert_int_equal(r.err, i % 2 ? PPOOL_TASK : PPOOL_OK);
	}
	expect_end(it);
	ppool_iter_free(it);
	pool_end(pool);
}

/* 25, 26. However far the source could go, it is asked only so far. */
static void
the_buffer_bounds_the_source(void **state)
{
	imap_fn *const imaps[] = { ppool_imap, ppool_imap_unordered };
	const size_t buffers[] = { 1, 2, 7, 64 };
	const size_t chunks[] = { 0, 1, 3, 100 };
	ppool *pool = pool_of(2);
	ppool_result r;

	(void)state;
	for (size_t i = 0; i < 2 * 4 * 4; i++) {
		struct counter c = { .limit = -1, .fail_at = -1 };
		size_t buffer = buffers[i / 2 % 4];
		ppool_iter *it = iter_of(imaps[i % 2], pool, fn_square, &c,
		    chunks[i / 8], buffer);

		for (int got = 1; got <= 300; got++) {
			assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
			/* the one in r has been handed out */
			assert_in_range(c.next - got, 0, buffer);
			if (got % 50 == 0)
				ppool_poll(pool, 1);
			assert_in_range(c.next - got, 0, buffer);
		}
		ppool_iter_free(it);
	}
	pool_end(pool);
}

/* A poll without a timeout does not wait for what only next can bring about. */
static void
poll_waits_for_no_full_buffer(void **state)
{
	imap_fn *const imaps[] = { ppool_imap, ppool_imap_unordered };
	const size_t chunks[] = { 0, 1, 4 };
	ppool *pool = pool_of(2);
	ppool_result r;

	(void)state;
	for (size_t i = 0; i < 2 * NITEMS(chunks); i++) {
		struct counter c = { .limit = -1, .fail_at = -1 };
		ppool_iter *it = iter_of(imaps[i % 2], pool, fn_square, &c,
		    chunks[i / 2], 4);

		/* one of these at least finds it full */
		for (int polls = 0; polls < 6; polls++)
			assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
		assert_int_equal(c.next, 4);
		/* and when there is room again, it is used */
		for (int got = 0; got < 4; got++)
			assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
		assert_in_range(c.next, 5, 8);
		ppool_iter_free(it);
	}
	/* room for two is none for a chunk of four */
	for (int i = 0; i < 2; i++) {
		struct counter c = { .limit = -1, .fail_at = -1 };
		ppool_iter *it = iter_of(imaps[i], pool, fn_square, &c, 4, 6);

		for (int polls = 0; polls < 6; polls++)
			assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
		assert_int_equal(c.next, 4);
		ppool_iter_free(it);
	}
	pool_end(pool);
}

static void
the_default_buffer_is_a_bound(void **state)
{
	const ppool_opts opts = { .processes = 2, .window = 3 };
	ppool *pool = pool_with(&opts);
	struct counter c = { .limit = -1, .fail_at = -1 };
	ppool_iter *it = iter_of(ppool_imap, pool, fn_square, &c, 5, 0);
	ppool_result r;

	(void)state;
	for (int got = 1; got <= 300; got++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_in_range(c.next - got, 0, 2 * 2 * 3 * 5);
	}
	ppool_iter_free(it);
	pool_end(pool);
}

static long
resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &size, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* 26. An endless source in constant memory, and terminate ends it. */
static void
an_endless_source_in_constant_memory(void **state)
{
	ppool *pool = pool_of(2);
	struct counter c = { .limit = -1, .fail_at = -1 };
	ppool_iter *it = iter_of(ppool_imap, pool, fn_echo, &c, 0, 0);
	ppool_result r;
	ppool_err err;
	long before = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_equal(r.index, i);
		if (i == 20000)
			before = resident_kib();
	}
	if (!UNDER_ASAN && !under_valgrind())
		assert_in_range(resident_kib() - before + 2048, 0, 4096);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	while ((err = ppool_next(it, -1, &r)) == PPOOL_OK)
		;
	assert_int_equal(err, PPOOL_CANCELED);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_iter_free(it);
	ppool_destroy(pool);
}

/* 27. One taken, the source throttled, then close and join: no deadlock. */
static void
join_cancels_an_open_iterator(void **state)
{
	imap_fn *const imaps[] = { ppool_imap, ppool_imap_unordered };
	ppool_result r;
	ppool_err err;

	(void)state;
	for (size_t i = 0; i < NITEMS(imaps); i++) {
		ppool *pool = pool_of(2);
		struct counter c = { .limit = 100, .fail_at = -1 };
		ppool_iter *it = iter_of(imaps[i], pool, fn_square, &c, 1, 4);
		int got = 1;

		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_equal(ppool_close(pool), PPOOL_OK);
		assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
		while ((err = ppool_next(it, -1, &r)) == PPOOL_OK) {
			assert_int_result(&r, r.index,
			    (int)(r.index * r.index));
			got++;
		}
		assert_int_equal(err, PPOOL_CANCELED);
		/* what had been pulled was handed out, and no more pulled */
		assert_int_equal(got, c.next);
		assert_in_range(got, 1, 5);
		ppool_iter_free(it);
		ppool_destroy(pool);
	}
}

/* close alone leaves an iterator running to its end. */
static void
close_lets_an_iterator_finish(void **state)
{
	ppool *pool = pool_of(2);
	struct counter c = { .limit = 200, .fail_at = -1 };
	ppool_iter *it = iter_of(ppool_imap, pool, fn_square, &c, 3, 6);

	(void)state;
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	expect_ordered(it, 200);
	expect_end(it);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_iter_free(it);
	ppool_destroy(pool);
}

static void
next_times_out(void **state)
{
	ppool *pool = pool_of(1);
	struct counter c = { .next = 40, .limit = 41, .fail_at = -1 };
	ppool_iter *it = iter_of(ppool_imap, pool, fn_sleep, &c, 1, 0);
	ppool_result r;

	(void)state;
	assert_int_equal(ppool_next(it, 0, &r), PPOOL_TIMEOUT);
	assert_int_equal(ppool_next(it, 1, &r), PPOOL_TIMEOUT);
	assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
	assert_int_result(&r, 0, 1600);
	expect_end(it);
	ppool_iter_free(it);
	pool_end(pool);
}

struct hesitant {
	int next;
	bool said_no;
};

/* Has nothing the first time it is asked for each item. */
static int
hesitant_source(void *cookie, ppool_buf *item)
{
	struct hesitant *h = cookie;

	h->said_no = !h->said_no;
	if (h->said_no)
		return 2;
	if (h->next == 10)
		return 0;
	*item = (ppool_buf){ &h->next, sizeof(h->next) };
	h->next++;
	return 1;
}

static int
empty_for_now(void *cookie, ppool_buf *item)
{
	(void)item;
	++*(int *)cookie;
	return 2;
}

static void
a_source_may_have_nothing_now(void **state)
{
	ppool *pool = pool_of(2);
	struct hesitant h = { 0 };
	ppool_iter *it = NULL;
	ppool_result r;
	int asked = 0;

	(void)state;
	assert_int_equal(ppool_imap(pool, fn_echo, hesitant_source, &h, 4, 0,
	    &it), PPOOL_OK);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_equal(r.index, i);
	}
	expect_end(it);
	ppool_iter_free(it);
	assert_int_equal(ppool_imap(pool, fn_echo, empty_for_now, &asked, 4, 0,
	    &it), PPOOL_OK);
	assert_int_equal(ppool_next(it, 0, &r), PPOOL_TIMEOUT);
	assert_int_equal(ppool_next(it, 5, &r), PPOOL_TIMEOUT);
	assert_true(asked > 0);
	ppool_iter_free(it);
	pool_end(pool);
}

struct waiter {
	ppool *pool;
	ppool_iter *it;
	ppool_err apply, next;
	bool asked;
};

static int
waiting_source(void *cookie, ppool_buf *item)
{
	struct waiter *w = cookie;
	ppool_async *job = NULL;
	ppool_result r;

	if (w->asked)
		return 0;
	w->asked = true;
	w->apply = ppool_apply(w->pool, fn_echo, "x", 1, &job);
	w->next = ppool_next(w->it, -1, &r);
	ppool_async_free(job);
	*item = (ppool_buf){ "y", 1 };
	return 1;
}

static void
waiting_in_a_source_is_busy(void **state)
{
	ppool *pool = pool_of(1);
	struct waiter w = { .pool = pool };
	ppool_result r;

	(void)state;
	assert_int_equal(ppool_imap(pool, fn_echo, waiting_source, &w, 1, 0,
	    &w.it), PPOOL_OK);
	assert_int_equal(ppool_next(w.it, -1, &r), PPOOL_OK);
	assert_int_equal(r.len, 1);
	assert_memory_equal(r.data, "y", 1);
	assert_int_equal(w.apply, PPOOL_BUSY);
	assert_int_equal(w.next, PPOOL_BUSY);
	expect_end(w.it);
	ppool_iter_free(w.it);
	pool_end(pool);
}

static int
freeing_source(void *cookie, ppool_buf *item)
{
	ppool_iter **it = cookie;

	ppool_iter_free(*it);
	*it = NULL;
	*item = (ppool_buf){ "x", 1 };
	return 1;
}

/* Not from within its own next, of course. */
static void
a_source_may_free_its_iterator(void **state)
{
	ppool *pool = pool_of(1);
	ppool_iter *it = NULL;

	(void)state;
	assert_int_equal(ppool_imap(pool, fn_echo, freeing_source, &it, 1, 0,
	    &it), PPOOL_OK);
	assert_int_equal(ppool_poll(pool, 1), PPOOL_TIMEOUT);
	assert_null(it);
	/* and then there is nothing to wait for */
	assert_int_equal(ppool_imap(pool, fn_echo, freeing_source, &it, 1, 0,
	    &it), PPOOL_OK);
	assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	assert_null(it);
	pool_end(pool);
}

static int
reusing_source(void *cookie, ppool_buf *item)
{
	static char bytes[8];
	int *next = cookie;

	if (*next == 100)
		return 0;
	snprintf(bytes, sizeof(bytes), "%d", (*next)++);
	*item = (ppool_buf){ bytes, strlen(bytes) };
	return 1;
}

static void
the_sources_bytes_are_copied(void **state)
{
	ppool *pool = pool_of(2);
	ppool_iter *it = NULL;
	ppool_result r;
	char want[8];
	int next = 0;

	(void)state;
	assert_int_equal(ppool_imap(pool, fn_echo, reusing_source, &next, 7, 0,
	    &it), PPOOL_OK);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		snprintf(want, sizeof(want), "%d", i);
		assert_int_equal(r.len, strlen(want));
		assert_memory_equal(r.data, want, r.len);
		assert_int_equal(r.item.len, strlen(want));
		assert_memory_equal(r.item.data, want, r.item.len);
	}
	expect_end(it);
	ppool_iter_free(it);
	pool_end(pool);
}

static int
growing_source(void *cookie, ppool_buf *item)
{
	static const char bytes[20];
	int *next = cookie;

	if (*next == 20)
		return 0;
	*item = (ppool_buf){ bytes, (size_t)(*next)++ };
	return 1;
}

/* 6, for sources: the item over the limit fails at its place. */
static void
too_big_an_item_fails_alone(void **state)
{
	const ppool_opts opts = { .processes = 2, .max_item = 10 };
	ppool *pool = pool_with(&opts);
	ppool_iter *it = NULL;
	ppool_result r;
	int next = 0;

	(void)state;
	assert_int_equal(ppool_imap(pool, fn_echo, growing_source, &next, 3, 0,
	    &it), PPOOL_OK);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_equal(r.index, i);
		assert_int_equal(r.err, i > 10 ? PPOOL_TOOBIG : PPOOL_OK);
	}
	expect_end(it);
	ppool_iter_free(it);
	pool_end(pool);
}

/* An iterator may be given up at any point. */
static bool *given_up; /* shared with workers */

static int
fn_die_when_given_up(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)state;
	(void)in;
	(void)len;
	(void)out;
	while (!__atomic_load_n(given_up, __ATOMIC_SEQ_CST))
		sleep_ms(1);
	_exit(1);
}

/* Its worker dies when nobody waits for the item any more. */
static void
poll_waits_for_nothing_given_up(void **state)
{
	struct counter c = { .limit = 1, .fail_at = -1 };
	ppool_iter *it;
	ppool *pool;

	(void)state;
	given_up = shared_new(sizeof(*given_up));
	pool = pool_of(1);
	it = iter_of(ppool_imap, pool, fn_die_when_given_up, &c, 1, 1);
	ppool_poll(pool, 0);
	assert_int_equal(c.next, 1);
	ppool_iter_free(it);
	__atomic_store_n(given_up, true, __ATOMIC_SEQ_CST);
	assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_load(pool, 0), 0);
	pool_end(pool);
	munmap(given_up, sizeof(*given_up));
}

static void
iterators_can_be_given_up(void **state)
{
	imap_fn *const imaps[] = { ppool_imap, ppool_imap_unordered };
	ppool *pool = pool_of(2);
	ppool_result r;

	(void)state;
	for (int taken = 0; taken < 40; taken++) {
		struct counter c = { .limit = -1, .fail_at = -1 };
		ppool_iter *it = iter_of(imaps[taken % 2], pool, fn_square, &c,
		    3, 0);

		for (int i = 0; i < taken; i++)
			assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		ppool_iter_free(it);
		ppool_iter_free(NULL);
	}
	pool_end(pool);
}

/* A full iterator that nobody reads holds up nothing else. */
static void
an_idle_iterator_starves_nobody(void **state)
{
	ppool *pool = pool_of(1);
	struct counter a = { .limit = -1, .fail_at = -1 };
	struct counter b = { .limit = 50, .fail_at = -1 };
	ppool_iter *idle = iter_of(ppool_imap, pool, fn_square, &a, 1, 2);
	ppool_iter *busy = iter_of(ppool_imap, pool, fn_square, &b, 1, 2);
	ppool_async *job = NULL;
	ppool_result r;
	int v = 4;

	(void)state;
	assert_int_equal(ppool_next(idle, -1, &r), PPOOL_OK);
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	ppool_async_free(job);
	expect_ordered(busy, 50);
	expect_end(busy);
	ppool_iter_free(idle);
	ppool_iter_free(busy);
	pool_end(pool);
}

/* One that never stops being read holds up nothing else, either. */
static void
an_endless_iterator_starves_nobody(void **state)
{
	ppool *pool = pool_of(1);
	struct counter c = { .limit = -1, .fail_at = -1 };
	ppool_iter *it = iter_of(ppool_imap, pool, fn_square, &c, 1, 8);
	ppool_async *job = NULL;
	ppool_result r;
	int v = 4;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_square, &v, sizeof(v), NULL,
	    NULL, &job), PPOOL_OK);
	while (!ppool_ready(job))
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
	ppool_async_free(job);
	ppool_iter_free(it);
	pool_end(pool);
}

static void
bad_arguments(void **state)
{
	ppool *pool = pool_of(1);
	struct counter c = { .limit = 1, .fail_at = -1 };
	ppool_iter *it = NULL;

	(void)state;
	assert_int_equal(ppool_imap(pool, NULL, counter_source, &c, 1, 0, &it),
	    PPOOL_INVAL);
	assert_int_equal(ppool_imap(pool, fn_echo, NULL, &c, 1, 0, &it),
	    PPOOL_INVAL);
	assert_int_equal(ppool_imap_unordered(pool, fn_echo, counter_source,
	    &c, 1, 0, NULL), PPOOL_INVAL);
	assert_int_equal(c.next, 0);
	pool_end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(imap_keeps_the_order),
		CASE(imap_unordered_gives_each_once),
		CASE(unordered_does_not_wait_for_the_slow),
		CASE(imap_of_nothing),
		CASE(a_failing_source_comes_last),
		CASE(one_failure_hides_nothing),
		CASE(the_buffer_bounds_the_source),
		CASE(poll_waits_for_no_full_buffer),
		CASE(poll_waits_for_nothing_given_up),
		CASE(the_default_buffer_is_a_bound),
		CASE(an_endless_source_in_constant_memory),
		CASE(join_cancels_an_open_iterator),
		CASE(close_lets_an_iterator_finish),
		CASE(next_times_out),
		CASE(a_source_may_have_nothing_now),
		CASE(waiting_in_a_source_is_busy),
		CASE(a_source_may_free_its_iterator),
		CASE(the_sources_bytes_are_copied),
		CASE(too_big_an_item_fails_alone),
		CASE(iterators_can_be_given_up),
		CASE(an_idle_iterator_starves_nobody),
		CASE(an_endless_iterator_starves_nobody),
		CASE(bad_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
