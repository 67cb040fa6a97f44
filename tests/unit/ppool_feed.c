/* ppool_feed.c - items pushed one by one, results by callback: feed. */
#include "ppool_util.h"

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
#define HAVE_MALLINFO2
#include <malloc.h>
#endif

struct tally {
	size_t n;      /* of seen */
	unsigned char *seen;
	size_t results;
	size_t ok, task, canceled, other;
	bool wrong;    /* a result of no item, or twice, or not the square */
};

static void
tally_init(struct tally *t, size_t n)
{
	*t = (struct tally){ .n = n, .seen = calloc(n + 1, 1) };
	assert_non_null(t->seen);
}

static void
on_result(void *cookie, const ppool_result *r)
{
	struct tally *t = cookie;
	int v = int_of(r->item.data, r->item.len);

	t->results++;
	if (r->index >= t->n || t->seen[r->index]++) {
		t->wrong = true;
		return;
	}
	switch (r->err) {
	case PPOOL_OK:
		t->ok++;
		t->wrong |= int_of(r->data, r->len) != v * v;
		break;
	case PPOOL_TASK:
		t->task++;
		break;
	case PPOOL_CANCELED:
		t->canceled++;
		break;
	default:
		t->other++;
	}
}

/* Every one of the n items once, and right. */
static void
expect_all(struct tally *t)
{
	assert_false(t->wrong);
	assert_int_equal(t->results, t->n);
	assert_int_equal(t->ok, t->n);
	free(t->seen);
}

static ppool_feed *
feed_of(ppool *pool, ppool_fn *fn, const ppool_feed_opts *opts, struct tally *t)
{
	ppool_feed *f = NULL;

	assert_int_equal(ppool_feed_open(pool, fn, opts, on_result, t, &f),
	    PPOOL_OK);
	assert_non_null(f);
	return f;
}

static void
put_ints(ppool_feed *f, int first, int end, uint64_t weight)
{
	for (int v = first; v < end; v++)
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), weight, NULL),
		    PPOOL_OK);
}

static void
every_item_is_answered_once(void **state)
{
	const ppool_feed_opts rows[] = {
		{ 0 },
		{ .chunk_items = 1 },
		{ .chunk_items = 20 },
		{ .chunk_items = 20, .chunk_weight = 35 },
		{ .chunk_weight = 1 },
		{ .chunk_items = 7, .window_weight = 1 },
		{ .chunk_items = 7, .chunk_weight = 30, .window_weight = 100 },
		{ .chunk_items = 100000 },
	};

	(void)state;
	for (int workers = 1; workers <= 4; workers++) {
		ppool *pool = pool_of(workers);

		for (size_t i = 0; i < NITEMS(rows); i++) {
			struct tally t;
			ppool_feed *f;

			tally_init(&t, 500);
			f = feed_of(pool, fn_square, &rows[i], &t);
			put_ints(f, 0, 500, 10);
			assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
			expect_all(&t);
			ppool_feed_free(f);
		}
		pool_end(pool);
	}
}

static void
feed_of_many(void **state)
{
	enum { N = 150000 };
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, N);
	f = feed_of(pool, fn_square, NULL, &t);
	/* squares up to 2^30, and again */
	for (int v = 0; v < N; v++) {
		int low = v % 30000;

		assert_int_equal(ppool_feed_put(f, &low, sizeof(low), 1, NULL),
		    PPOOL_OK);
	}
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

static void
feed_of_nothing(void **state)
{
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, 0);
	f = feed_of(pool, fn_square, NULL, &t);
	assert_int_equal(ppool_feed_flush(f), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, 0), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

/* Two windows of two chunks, those that may wait, and one being filled. */
static void
check_bounded(size_t ahead)
{
	const ppool_opts opts = { .processes = 2, .window = 2 };
	const ppool_feed_opts fopts = { .chunk_items = 5, .ahead = ahead };
	ppool *pool = pool_with(&opts);
	struct tally t;
	ppool_feed *f;

	tally_init(&t, 2000);
	f = feed_of(pool, fn_square, &fopts, &t);
	for (int v = 0; v < 2000; v++) {
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
		    PPOOL_OK);
		assert_in_range((size_t)v + 1 - t.results, 0,
		    2 * 2 * 5 + ahead * 5 + 5);
	}
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

/* Put waits only while every window is full, and then it does wait. */
static void
put_is_bounded(void **state)
{
	(void)state;
	check_bounded(0);
	check_bounded(7);
}

static void
put_does_not_wait_with_room(void **state)
{
	const ppool_opts opts = { .processes = 2, .window = 2 };
	const ppool_feed_opts fopts = { .chunk_items = 1 };
	ppool *pool = pool_with(&opts);
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, FOR_EVER_MS + 4);
	f = feed_of(pool, fn_sleep, &fopts, &t);
	/* nobody will ever answer: a put that waited would hang */
	put_ints(f, FOR_EVER_MS, FOR_EVER_MS + 4, 1);
	assert_int_equal(t.results, 0);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_feed_free(f);
	ppool_destroy(pool);
	free(t.seen);
}

/* A partial chunk stays here until it is flushed; poll brings the answers. */
static void
flush_sends_a_partial_chunk(void **state)
{
	const ppool_feed_opts fopts = { .chunk_items = 100 };
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, 3);
	f = feed_of(pool, fn_square, &fopts, &t);
	put_ints(f, 0, 3, 1);
	assert_int_equal(ppool_feed_flush(f), PPOOL_OK);
	while (t.results < 3)
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

static void
finish_times_out(void **state)
{
	ppool *pool = pool_of(1);
	struct tally t;
	ppool_feed *f;
	int v = 80;

	(void)state;
	tally_init(&t, 1);
	f = feed_of(pool, fn_sleep, NULL, &t);
	assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, 0), PPOOL_TIMEOUT);
	assert_int_equal(ppool_feed_finish(f, 1), PPOOL_TIMEOUT);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

static void
failures_are_results(void **state)
{
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, 100);
	f = feed_of(pool, fn_odd_fails, NULL, &t);
	put_ints(f, 0, 100, 1);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_false(t.wrong);
	assert_int_equal(t.ok, 50);
	assert_int_equal(t.task, 50);
	free(t.seen);
	ppool_feed_free(f);
	pool_end(pool);
}

static void
too_big_an_item_is_not_taken(void **state)
{
	const ppool_opts opts = { .processes = 2, .max_item = 32 };
	ppool *pool = pool_with(&opts);
	const char big[33] = "";
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, 20);
	f = feed_of(pool, fn_square, NULL, &t);
	put_ints(f, 0, 10, 1);
	assert_int_equal(ppool_feed_put(f, big, sizeof(big), 1, NULL),
	    PPOOL_TOOBIG);
	put_ints(f, 10, 20, 1);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

static void
a_closed_pool_finishes_what_it_took(void **state)
{
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;
	int v = 50;

	(void)state;
	tally_init(&t, 50);
	f = feed_of(pool, fn_square, NULL, &t);
	put_ints(f, 0, 50, 1);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
	    PPOOL_CLOSED);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_destroy(pool);
}

/* Without finish: join has the partial chunk done, too. */
static void
join_finishes_a_feed(void **state)
{
	const ppool_feed_opts fopts = { .chunk_items = 40 };
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, 50);
	f = feed_of(pool, fn_square, &fopts, &t);
	put_ints(f, 0, 50, 1);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	ppool_destroy(pool);
}

static void
terminate_cancels_what_is_left(void **state)
{
	const ppool_feed_opts fopts = { .chunk_items = 2 };
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;
	int v = FOR_EVER_MS;

	(void)state;
	tally_init(&t, 5);
	f = feed_of(pool, fn_sleep, &fopts, &t);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
		    PPOOL_OK);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
	    PPOOL_CANCELED);
	/* closing it does not make it a closed one */
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
	    PPOOL_CANCELED);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_false(t.wrong);
	assert_int_equal(t.results, 5);
	assert_int_equal(t.canceled, 5);
	free(t.seen);
	ppool_feed_free(f);
	ppool_destroy(pool);
}

static void
free_before_finish_drops_the_rest(void **state)
{
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;
	size_t before;

	(void)state;
	tally_init(&t, 200);
	f = feed_of(pool, fn_square, NULL, &t);
	put_ints(f, 0, 200, 1);
	before = t.results;
	ppool_feed_free(f);
	ppool_feed_free(NULL);
	pool_end(pool);
	assert_int_equal(t.results, before);
	assert_false(t.wrong);
	free(t.seen);
}

struct reentry {
	ppool_feed *f;
	ppool_err put, finish;
	int calls;
};

static void
on_result_puts(void *cookie, const ppool_result *r)
{
	struct reentry *e = cookie;

	(void)r;
	e->calls++;
	e->put = ppool_feed_put(e->f, "x", 1, 1, NULL);
	e->finish = ppool_feed_finish(e->f, -1);
}

static void
waiting_in_a_callback_is_busy(void **state)
{
	ppool *pool = pool_of(1);
	struct reentry e = { 0 };

	(void)state;
	assert_int_equal(ppool_feed_open(pool, fn_echo, NULL, on_result_puts,
	    &e, &e.f), PPOOL_OK);
	assert_int_equal(ppool_feed_put(e.f, "x", 1, 1, NULL), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(e.f, -1), PPOOL_OK);
	assert_int_equal(e.calls, 1);
	assert_int_equal(e.put, PPOOL_BUSY);
	assert_int_equal(e.finish, PPOOL_BUSY);
	ppool_feed_free(e.f);
	pool_end(pool);
}

static void
on_result_frees(void *cookie, const ppool_result *r)
{
	ppool_feed **f = cookie;

	ppool_feed_free(*f);
	*f = NULL;
	assert_int_equal(r->len, 1);
	assert_memory_equal(r->data, "x", 1);
}

/* Not from within its own put or finish, of course. */
static void
a_callback_may_free_its_feed(void **state)
{
	const ppool_feed_opts opts = { .chunk_items = 100 };
	ppool *pool = pool_of(1);
	ppool_feed *f = NULL;

	(void)state;
	assert_int_equal(ppool_feed_open(pool, fn_echo, &opts, on_result_frees,
	    &f, &f), PPOOL_OK);
	/* one in the chunk that is answered, one that is dropped with it */
	for (int i = 0; f && i < 2; i++)
		assert_int_equal(ppool_feed_put(f, "x", 1, 1, NULL), PPOOL_OK);
	while (f)
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	pool_end(pool);
}

static volatile sig_atomic_t ticks;

static void
on_tick(int sig)
{
	(void)sig;
	ticks++;
}

/* An interrupted put has not taken its item. */
static void
interrupted_put_takes_nothing(void **state)
{
	enum { N = 300 };
	const ppool_feed_opts fopts = { .chunk_items = 1 };
	const struct itimerspec every = { { 0, 700000 }, { 0, 700000 } };
	struct sigaction act = { .sa_handler = on_tick }, old;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1 };
	ppool *pool = pool_of(2);
	struct tally t;
	timer_t timer;
	ppool_feed *f;
	ppool_err err;
	int interrupted = 0, one = 1;

	(void)state;
	tally_init(&t, N);
	f = feed_of(pool, fn_sleep, &fopts, &t);
	assert_return_code(sigaction(SIGUSR1, &act, &old), errno);
	assert_return_code(timer_create(CLOCK_MONOTONIC, &event, &timer), errno);
	assert_return_code(timer_settime(timer, 0, &every, NULL), errno);
	for (int i = 0; i < N; i++) {
		while ((err = ppool_feed_put(f, &one, sizeof(one), 1, NULL)) ==
		    PPOOL_INTR)
			interrupted++;
		assert_int_equal(err, PPOOL_OK);
	}
	while ((err = ppool_feed_finish(f, -1)) == PPOOL_INTR)
		interrupted++;
	timer_delete(timer);
	sigaction(SIGUSR1, &old, NULL);
	assert_int_equal(err, PPOOL_OK);
	assert_true(ticks > 0);
	assert_true(interrupted > 0);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

/* A heavy item ends when a byte is written here; workers inherit it. */
static int gate[2];

static ppool *
pool_with_gate(const ppool_opts *opts)
{
	assert_return_code(pipe(gate), errno);
	return pool_with(opts);
}

static void
let_pass(size_t n)
{
	while (n--)
		assert_int_equal(write(gate[1], "!", 1), 1);
}

static void
gate_end(void)
{
	close(gate[0]);
	close(gate[1]);
}

static int
fn_heavy(void *state, const void *in, size_t len, ppool_out *out)
{
	char byte;

	if (int_of(in, len) == 0 && read(gate[0], &byte, 1) != 1)
		return 1;
	return fn_pid(state, in, len, out);
}

struct placed {
	int pids[41];
	int results;
};

static void
on_placed(void *cookie, const ppool_result *r)
{
	struct placed *p = cookie;

	p->pids[r->index] = int_of(r->data, r->len);
	p->results++;
}

/* The worker with the heavy item gets nothing else while it is full. */
static void
weight_decides_who_gets_a_chunk(void **state)
{
	const ppool_opts opts = { .processes = 2 };
	const ppool_feed_opts fopts = { .chunk_items = 1,
	    .window_weight = 1000 };
	struct placed placed = { .results = 0 };
	ppool *pool = pool_with_gate(&opts);
	ppool_feed *f = NULL;

	(void)state;
	assert_int_equal(ppool_feed_open(pool, fn_heavy, &fopts, on_placed,
	    &placed, &f), PPOOL_OK);
	put_ints(f, 0, 1, 1000);
	put_ints(f, 1, 41, 1);
	while (placed.results < 40)
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	let_pass(1);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(placed.results, 41);
	for (int i = 1; i < 41; i++)
		assert_int_not_equal(placed.pids[i], placed.pids[0]);
	ppool_feed_free(f);
	pool_end(pool);
	gate_end();
}

static void
put_weights(ppool_feed *f, size_t n, const int *values, uint64_t weight)
{
	for (size_t i = 0; i < n; i++)
		put_ints(f, values[i], values[i] + 1, weight);
}

/* Two that are too heavy for a sum of 64 bits weigh more than one. */
static void
sums_of_weights_do_not_wrap(void **state)
{
	const ppool_opts opts = { .processes = 2, .window = 4 };
	const ppool_feed_opts fopts = { .chunk_items = 1 };
	struct placed placed = { .results = 0 };
	ppool *pool = pool_with_gate(&opts);
	ppool_feed *f = NULL;

	(void)state;
	assert_int_equal(ppool_feed_open(pool, fn_heavy, &fopts, on_placed,
	    &placed, &f), PPOOL_OK);
	put_weights(f, 3, (const int[]){ 0, 0, 0 }, UINT64_MAX / 2 + 1);
	put_ints(f, 1, 2, 1);
	let_pass(3);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(placed.pids[2], placed.pids[0]);
	assert_int_not_equal(placed.pids[1], placed.pids[0]);
	assert_int_equal(placed.pids[3], placed.pids[1]);
	ppool_feed_free(f);
	pool_end(pool);
	gate_end();
}

/* What is answered weighs nothing, also when it was in a chunk that has been
 * shared out: then both workers are equal, and each gets an item. */
static void
no_weight_remains(void **state)
{
	const ppool_opts opts = { .processes = 2, .window = 8 };
	const ppool_feed_opts fopts = { .chunk_items = 1 };
	const int values[] = { 0, 0, 1, 1, 1, 1, 1, 1, 1 };
	struct placed placed = { .results = 0 };
	ppool *pool = pool_with_gate(&opts);
	ppool_feed *f = NULL;

	(void)state;
	/* chunks of 1, 1, 2 and 2 items, and 3 of 4 that are to be the last */
	assert_int_equal(ppool_feed_open(pool, fn_heavy, NULL, on_placed,
	    &placed, &f), PPOOL_OK);
	put_weights(f, 9, values, 100);
	assert_int_equal(ppool_feed_finish(f, 0), PPOOL_TIMEOUT);
	let_pass(2);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	ppool_feed_free(f);

	assert_int_equal(ppool_feed_open(pool, fn_heavy, &fopts, on_placed,
	    &placed, &f), PPOOL_OK);
	put_weights(f, 2, values, 1);
	let_pass(2);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_not_equal(placed.pids[0], placed.pids[1]);
	ppool_feed_free(f);
	pool_end(pool);
	gate_end();
}

#ifdef HAVE_MALLINFO2
/* Another malloc than the C library's has other counters. */
static bool
malloc_is_counted(void)
{
	size_t before = mallinfo2().uordblks;
	char *volatile p = malloc(20000); /* more than is kept for reuse */
	bool counted = p && mallinfo2().uordblks > before;

	free(p);
	return counted;
}

/* Not the room in which they could have grown: of that each would have 11 KiB,
 * and 3 of these for its tasks. */
static void
chunks_that_wait_keep_no_room(void **state)
{
	enum { CHUNKS = 1000 };
	const ppool_opts opts = { .processes = 1, .window = 1 };
	const ppool_feed_opts fopts = { .chunk_items = 1, .ahead = CHUNKS };
	struct tally t;
	ppool *pool;
	ppool_feed *f;
	size_t before;

	(void)state;
	if (!malloc_is_counted())
		skip();
	pool = pool_with_gate(&opts);
	tally_init(&t, CHUNKS);
	f = feed_of(pool, fn_heavy, &fopts, &t);
	before = mallinfo2().uordblks;
	put_ints(f, 0, CHUNKS, 1);
	assert_in_range((mallinfo2().uordblks - before) / CHUNKS, 0, 1024);
	ppool_destroy(pool);
	assert_int_equal(t.canceled, CHUNKS);
	ppool_feed_free(f);
	free(t.seen);
	gate_end();
}
#endif

struct order {
	uint64_t index[16];
	size_t n;
};

static void
on_order(void *cookie, const ppool_result *r)
{
	struct order *o = cookie;

	assert_in_range(o->n, 0, 15);
	o->index[o->n++] = r->index;
}

/* What waits behind a full window is sent by weight, in units of chunk_weight,
 * and in order where that is the same. */
static void
the_heaviest_waiting_goes_first(void **state)
{
	static const uint64_t weights[] = { 1, 5, 25, 5, 45, 28, 9 };
	static const uint64_t expected[] = { 0, 4, 2, 5, 1, 3, 6 };
	const ppool_opts opts = { .processes = 1, .window = 1 };
	const ppool_feed_opts fopts = { .chunk_items = 1, .chunk_weight = 10,
	    .ahead = 8 };
	struct order o = { .n = 0 };
	ppool *pool = pool_with_gate(&opts);
	ppool_feed *f = NULL;

	(void)state;
	assert_int_equal(ppool_feed_open(pool, fn_heavy, &fopts, on_order, &o,
	    &f), PPOOL_OK);
	for (int v = 0; v < 7; v++)
		put_ints(f, v, v + 1, weights[v]);
	assert_int_equal(o.n, 0);
	let_pass(1);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(o.n, 7);
	assert_memory_equal(o.index, expected, sizeof(expected));
	ppool_feed_free(f);
	pool_end(pool);
	gate_end();
}

/* Where put would wait, try does not take; nothing is lost or taken twice. */
static void
try_does_not_wait(void **state)
{
	const ppool_opts opts = { .processes = 1, .window = 1, .max_item = 64 };
	const ppool_feed_opts fopts = { .chunk_items = 1 };
	struct order o = { .n = 0 };
	ppool *pool = pool_with_gate(&opts);
	char big[65] = "";
	ppool_feed *f = NULL;
	int v = 2;

	(void)state;
	assert_int_equal(ppool_feed_open(pool, fn_heavy, &fopts, on_order, &o,
	    &f), PPOOL_OK);
	/* one with the worker, one that waits for it */
	for (int i = 0; i < 2; i++)
		assert_int_equal(ppool_feed_try(f, &i, sizeof(i), 1, NULL),
		    PPOOL_OK);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ppool_feed_try(f, &v, sizeof(v), 1, NULL),
		    PPOOL_TIMEOUT);
	assert_int_equal(ppool_feed_try(f, big, sizeof(big), 1, NULL),
	    PPOOL_TOOBIG);
	let_pass(1);
	/* it moves work by itself */
	while (ppool_feed_try(f, &v, sizeof(v), 1, NULL) == PPOOL_TIMEOUT)
		;
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(ppool_feed_try(f, &v, sizeof(v), 1, NULL),
	    PPOOL_CLOSED);
	assert_int_equal(o.n, 3);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(o.index[i], i);
	ppool_feed_free(f);
	pool_end(pool);
	gate_end();
}

/* One chunk always fits, however heavy it is. */
static void
heavier_than_any_window(void **state)
{
	const ppool_feed_opts fopts = { .chunk_items = 4, .window_weight = 10 };
	ppool *pool = pool_of(2);
	struct tally t;
	ppool_feed *f;

	(void)state;
	tally_init(&t, 50);
	f = feed_of(pool, fn_square, &fopts, &t);
	put_ints(f, 0, 49, UINT64_MAX / 2);
	put_ints(f, 49, 50, UINT64_MAX);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&t);
	ppool_feed_free(f);
	pool_end(pool);
}

/* Never answers an item that is 0, all others at once. */
static int
serve_but_0(void *state, ppool_worker *w)
{
	ppool_item item;

	(void)state;
	while (ppool_take(w, true, &item) == 1) {
		int v = int_of(item.data, item.len);

		v *= v;
		if (v && ppool_answer(w, &item, 0, &v, sizeof(v)))
			return 1;
	}
	return 0;
}

/* What never ends leaves room for other feeds, in workers and in puts. */
static void
a_window_leaves_room(void **state)
{
	const ppool_opts opts = { .processes = 2, .window = 4,
	    .serve = serve_but_0 };
	const ppool_feed_opts slow = { .chunk_items = 1, .ahead = 10,
	    .window = 3 };
	const ppool_feed_opts quick = { .window = 4 };
	ppool *pool = pool_with(&opts);
	const int zero = 0;
	struct tally ts, tq;
	ppool_feed *s, *q;

	(void)state;
	tally_init(&ts, 17);
	tally_init(&tq, 300);
	s = feed_of(pool, NULL, &slow, &ts);
	q = feed_of(pool, NULL, &quick, &tq);
	/* 6 are held, 10 wait, and one was put before those were too many */
	for (int i = 0; i < 17; i++)
		assert_int_equal(ppool_feed_try(s, &zero, sizeof(zero), 9, NULL),
		    PPOOL_OK);
	assert_int_equal(ppool_feed_try(s, &zero, sizeof(zero), 9, NULL),
	    PPOOL_TIMEOUT);
	/* not a full chunk, but of this feed the workers have none */
	put_ints(q, 1, 3, 1);
	while (tq.results < 2)
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	put_ints(q, 3, 301, 1);
	assert_int_equal(ppool_feed_finish(q, -1), PPOOL_OK);
	expect_all(&tq);
	assert_int_equal(ts.results, 0);
	ppool_destroy(pool);
	assert_int_equal(ts.canceled, 17);
	ppool_feed_free(s);
	ppool_feed_free(q);
	free(ts.seen);
}

static void
feeds_beside_other_jobs(void **state)
{
	ppool *pool = pool_of(2);
	struct tally a, b;
	ppool_feed *fa, *fb;
	ppool_async *job;

	(void)state;
	tally_init(&a, 300);
	tally_init(&b, 300);
	fa = feed_of(pool, fn_square, NULL, &a);
	fb = feed_of(pool, fn_square, NULL, &b);
	for (int v = 0; v < 300; v++) {
		put_ints(fa, v, v + 1, 1);
		put_ints(fb, v, v + 1, 1000);
		if (v % 50)
			continue;
		job = NULL;
		assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v),
		    &job), PPOOL_OK);
		ppool_async_free(job);
	}
	assert_int_equal(ppool_feed_finish(fb, -1), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(fa, -1), PPOOL_OK);
	expect_all(&a);
	expect_all(&b);
	ppool_feed_free(fa);
	ppool_feed_free(fb);
	pool_end(pool);
}

static void
a_feed_outlives_its_pool(void **state)
{
	ppool *pool = pool_of(1);
	struct tally t;
	ppool_feed *f;
	ppool_err err;
	int v = FOR_EVER_MS;

	(void)state;
	tally_init(&t, 1);
	f = feed_of(pool, fn_sleep, NULL, &t);
	assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL), PPOOL_OK);
	ppool_destroy(pool);
	assert_int_equal(t.canceled, 1);
	err = ppool_feed_put(f, &v, sizeof(v), 1, NULL);
	assert_true(err == PPOOL_CANCELED || err == PPOOL_CLOSED);
	ppool_feed_free(f);
	free(t.seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_item_is_answered_once),
		CASE(feed_of_many),
		CASE(feed_of_nothing),
		CASE(put_is_bounded),
		CASE(put_does_not_wait_with_room),
		CASE(flush_sends_a_partial_chunk),
		CASE(finish_times_out),
		CASE(failures_are_results),
		CASE(too_big_an_item_is_not_taken),
		CASE(a_closed_pool_finishes_what_it_took),
		CASE(join_finishes_a_feed),
		CASE(terminate_cancels_what_is_left),
		CASE(free_before_finish_drops_the_rest),
		CASE(waiting_in_a_callback_is_busy),
		CASE(a_callback_may_free_its_feed),
		CASE(interrupted_put_takes_nothing),
		CASE(weight_decides_who_gets_a_chunk),
		CASE(sums_of_weights_do_not_wrap),
		CASE(no_weight_remains),
#ifdef HAVE_MALLINFO2
		CASE(chunks_that_wait_keep_no_room),
#endif
		CASE(the_heaviest_waiting_goes_first),
		CASE(try_does_not_wait),
		CASE(heavier_than_any_window),
		CASE(a_window_leaves_room),
		CASE(feeds_beside_other_jobs),
		CASE(a_feed_outlives_its_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
