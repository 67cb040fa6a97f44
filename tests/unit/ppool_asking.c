/* ppool_asking.c - workers that say what they may be sent, and that resign. */
#include "ppool_util.h"

#include <poll.h>

enum { WORKERS = 3, ITEMS = 12, WINDOW = 8 };

/* What a worker of this number does: it is set before the pool is made. */
struct plan {
	bool asks;             /* at once; otherwise when told */
	unsigned chunks;
	uint64_t weight, pace;
	unsigned resign_at;    /* as the so manieth item is taken; 0: never */
	bool stays;            /* and does not leave */
	bool dies;             /* instead */
};

/* What workers share with the test. */
struct shared {
	struct plan plan[WORKERS];
	_Atomic bool told;     /* those that did not ask do so */
	_Atomic bool answer;   /* items are answered */
	_Atomic int started;   /* workers */
	_Atomic int asked;     /* times that one did */
	_Atomic int taken[WORKERS];
	_Atomic int runs[ITEMS];
};

static int
init_shared(void *initarg, void **state)
{
	struct shared *sh = initarg;

	sh->started++;
	*state = sh;
	return 0;
}

static int
ask(ppool_worker *w, struct shared *sh, const struct plan *p)
{
	int rc = ppool_ask(w, p->chunks, p->weight, p->pace);

	sh->asked++;
	return rc;
}

/* Resigns, with items that it has not answered. */
static int
resign(ppool_worker *w, const struct plan *p)
{
	int rc;

	if (p->dies)
		raise(SIGKILL);
	rc = ppool_resign(w);
	while (p->stays)
		pause();
	return rc ? 9 : 0;
}

/* Takes what comes, and answers what it has as soon as it should. It waits for
 * the pool in poll(2), as one that has more to wait for. */
static int
serve(void *state, ppool_worker *w)
{
	struct shared *sh = state;
	unsigned me = ppool_number(w);
	const struct plan *p = &sh->plan[me];
	ppool_item held[ITEMS];
	bool asked = p->asks;
	int n = 0, took = 0;

	if (asked && ask(w, sh, p))
		return 1;
	while (took >= 0 || n) {
		struct pollfd fd = { ppool_worker_fd(w), POLLIN, 0 };

		if (!asked && sh->told) {
			asked = true;
			if (ask(w, sh, p))
				return 2;
		}
		while ((took = ppool_take(w, false, &held[n])) == 1) {
			sh->runs[int_of(held[n].data, held[n].len)]++;
			n++;
			if (p->resign_at &&
			    (unsigned)++sh->taken[me] == p->resign_at)
				return resign(w, p);
		}
		while (n && sh->answer) {
			n--;
			if (ppool_answer(w, &held[n], 0, NULL, 0))
				return 3;
		}
		if (ppool_worker_flush(w))
			return 4;
		(void)poll(&fd, took >= 0, 2);
	}
	return 0;
}

struct outcome {
	int n, ok;
	ppool_err err[ITEMS];
};

static void
on_result(void *cookie, const ppool_result *r)
{
	struct outcome *o = cookie;

	assert_in_range(r->index, 0, ITEMS - 1);
	o->err[r->index] = r->err;
	o->n++;
	o->ok += r->err == PPOOL_OK;
}

/* What a case has. Its plans are made between asking_new and asking_begin. */
struct asking {
	struct shared *sh;
	ppool *pool;
	ppool_feed *f;
	struct outcome o;
};

static struct asking
asking_new(void)
{
	return (struct asking){ .sh = shared_new(sizeof(struct shared)) };
}

/* With chunks of so many items; o gets the results. */
static ppool_feed *
feed_of(ppool *pool, struct outcome *o, size_t items, unsigned flags)
{
	const ppool_feed_opts opts = { .chunk_items = items, .ahead = ITEMS,
	    .flags = flags };
	ppool_feed *f = NULL;

	assert_int_equal(ppool_feed_open(pool, NULL, &opts, on_result, o, &f),
	    PPOOL_OK);
	return f;
}

/* flags are the pool's; AT_MOST_ONCE is the feed's. */
static void
asking_begin(struct asking *a, size_t items, unsigned flags)
{
	const ppool_opts opts = { .processes = WORKERS, .init = init_shared,
	    .initarg = a->sh, .serve = serve, .window = WINDOW,
	    .flags = PPOOL_ON_ASKING | (flags & ~PPOOL_AT_MOST_ONCE) };

	a->pool = pool_with(&opts);
	a->f = feed_of(a->pool, &a->o, items, flags & PPOOL_AT_MOST_ONCE);
}

/* All n items get their results. */
static void
asking_finish(struct asking *a, int n)
{
	assert_int_equal(ppool_feed_finish(a->f, -1), PPOOL_OK);
	assert_int_equal(a->o.n, n);
	ppool_feed_free(a->f);
	pool_end(a->pool);
}

static void
asking_free(struct asking *a)
{
	munmap(a->sh, sizeof(*a->sh));
}

static void
put(ppool_feed *f, int v, uint64_t weight)
{
	assert_int_equal(ppool_feed_put(f, &v, sizeof(v), weight, NULL),
	    PPOOL_OK);
}

/* Items from 0 on, of weight 1; none waits for its chunk to be full. */
static void
put_all(const struct asking *a, int n)
{
	for (int v = 0; v < n; v++)
		put(a->f, v, 1);
	assert_int_equal(ppool_feed_flush(a->f), PPOOL_OK);
}

/* Until the workers have had time to do what they should not. */
static void
let_pass(const struct asking *a)
{
	for (int i = 0; i < 20; i++)
		(void)ppool_poll(a->pool, 2);
}

/* Until so many have asked, and the owner has heard it. */
static void
let_ask(const struct asking *a, int n)
{
	while (a->sh->asked < n)
		(void)ppool_poll(a->pool, 1);
	let_pass(a);
}

static void
nothing_is_sent_before_it_is_asked_for(void **state)
{
	struct asking a = asking_new();

	(void)state;
	a.sh->plan[1] = (struct plan){ .chunks = 2 };
	a.sh->answer = true;
	asking_begin(&a, 1, 0);
	put_all(&a, 4);
	let_pass(&a);
	assert_int_equal(a.o.n, 0);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(ppool_load(a.pool, i), 0);
	a.sh->told = true;
	asking_finish(&a, 4);
	assert_int_equal(a.o.ok, 4);
	asking_free(&a);
}

/* Chunks beyond those of its room only up to a weight, and to the window. */
static void
room_is_chunks_or_weight(void **state)
{
	const struct {
		unsigned chunks;
		uint64_t weight;
		int held;
	} cases[] = {
		{ 1, 0, 1 }, { 3, 0, 3 }, { 1, 50, 5 }, { 1, 59, 5 },
		{ 6, 20, 6 }, { 0, 30, 3 }, { 100, 0, WINDOW },
		{ 0, UINT64_MAX, WINDOW },
	};

	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		struct asking a = asking_new();

		a.sh->plan[0] = (struct plan){ .asks = true,
		    .chunks = cases[i].chunks, .weight = cases[i].weight };
		asking_begin(&a, 1, 0);
		for (int v = 0; v < ITEMS; v++)
			put(a.f, v, 10);
		let_pass(&a);
		while (ppool_load(a.pool, 0) < (size_t)cases[i].held)
			(void)ppool_poll(a.pool, 2);
		let_pass(&a);
		assert_int_equal(ppool_load(a.pool, 0), cases[i].held);
		a.sh->answer = true;
		asking_finish(&a, ITEMS);
		assert_int_equal(a.o.ok, ITEMS);
		asking_free(&a);
	}
}

/* What a worker cannot do goes to others, whatever it is, and counts against
 * nothing; it is not replaced. */
static void
who_resigns_loses_nothing(void **state)
{
	struct asking a = asking_new();
	pid_t pids[WORKERS];
	int twice = 0;

	(void)state;
	a.sh->plan[0] = (struct plan){ .asks = true, .chunks = WINDOW,
	    .resign_at = 3 };
	a.sh->plan[2] = (struct plan){ .chunks = 1 };
	asking_begin(&a, 2, 0);
	put_all(&a, ITEMS);
	while (ppool_pids(a.pool, pids, WORKERS) == WORKERS)
		(void)ppool_poll(a.pool, 2);
	assert_int_equal(a.o.n, 0);
	a.sh->told = a.sh->answer = true;
	asking_finish(&a, ITEMS);
	assert_int_equal(a.o.ok, ITEMS);
	for (int v = 0; v < ITEMS; v++)
		twice += a.sh->runs[v] == 2;
	assert_int_equal(twice, 3); /* each of which may have killed it */
	assert_int_equal(a.sh->started, WORKERS);
	asking_free(&a);
}

static void
what_may_run_once_dies_with_who_resigns(void **state)
{
	struct asking a = asking_new();

	(void)state;
	a.sh->plan[0] = (struct plan){ .asks = true, .chunks = WINDOW,
	    .resign_at = 2 };
	a.sh->plan[1] = (struct plan){ .chunks = 1 };
	asking_begin(&a, 4, PPOOL_AT_MOST_ONCE);
	put_all(&a, 4);
	while (a.o.n < 2)
		(void)ppool_poll(a.pool, 2);
	a.sh->told = a.sh->answer = true;
	asking_finish(&a, 4);
	assert_int_equal(a.o.err[0], PPOOL_DIED);
	assert_int_equal(a.o.err[1], PPOOL_DIED);
	assert_int_equal(a.o.ok, 2);
	for (int v = 0; v < 4; v++)
		assert_int_equal(a.sh->runs[v], 1);
	asking_free(&a);
}

/* One that says so and hangs is killed. */
static void
who_resigns_must_leave(void **state)
{
	struct asking a = asking_new();

	(void)state;
	a.sh->plan[0] = (struct plan){ .asks = true, .chunks = 1,
	    .resign_at = 1, .stays = true };
	a.sh->plan[1] = (struct plan){ .chunks = 1 };
	a.sh->answer = true;
	asking_begin(&a, 1, 0);
	put(a.f, 0, 1);
	while (!a.sh->taken[0])
		(void)ppool_poll(a.pool, 2);
	a.sh->told = true;
	asking_finish(&a, 1);
	assert_int_equal(a.o.ok, 1);
	assert_int_equal(a.sh->runs[0], 2);
	asking_free(&a);
}

/* With BLAMELESS what a dead worker had is run again together, and the worker is
 * replaced. */
static void
who_dies_blames_nobody(void **state)
{
	struct asking a = asking_new();

	(void)state;
	a.sh->plan[0] = (struct plan){ .asks = true, .chunks = WINDOW,
	    .resign_at = 3, .dies = true };
	a.sh->plan[2] = (struct plan){ .chunks = WINDOW };
	asking_begin(&a, ITEMS, PPOOL_BLAMELESS);
	let_ask(&a, 1);
	put_all(&a, ITEMS);
	while (a.sh->taken[0] < 3)
		(void)ppool_poll(a.pool, 2);
	a.sh->plan[0].chunks = 0;
	a.sh->told = true;
	while (ppool_load(a.pool, 2) + ppool_load(a.pool, 0) < ITEMS)
		(void)ppool_poll(a.pool, 2);
	a.sh->answer = true;
	asking_finish(&a, ITEMS);
	assert_int_equal(a.o.ok, ITEMS);
	assert_int_equal(a.sh->started, WORKERS + 1);
	asking_free(&a);
}

/* Then nobody is left for what waits; but while nothing does, all is well. */
static void
when_all_have_resigned_the_pool_is_broken(void **state)
{
	struct asking a = asking_new();

	(void)state;
	for (unsigned i = 0; i < WORKERS; i++)
		a.sh->plan[i] = (struct plan){ .asks = true, .chunks = 1,
		    .resign_at = 1 };
	asking_begin(&a, 1, 0);
	put(a.f, 0, 1);
	assert_int_equal(ppool_feed_finish(a.f, -1), PPOOL_BROKEN);
	assert_int_equal(a.o.err[0], PPOOL_CANCELED);
	assert_int_equal(a.sh->runs[0], WORKERS);
	assert_int_equal(a.sh->started, WORKERS);
	ppool_feed_free(a.f);
	ppool_destroy(a.pool);
	asking_free(&a);
}

/* A feed that only some workers serve; and when they have resigned. */
static void
feed_goes_only_where_it_may(void **state)
{
	struct asking a = asking_new();
	struct outcome others = { .n = 0 };
	ppool_feed *other;

	(void)state;
	for (unsigned i = 0; i < WORKERS; i++)
		a.sh->plan[i] = (struct plan){ .asks = true, .chunks = 1 };
	a.sh->plan[1].resign_at = 5;
	asking_begin(&a, 1, 0);
	other = feed_of(a.pool, &others, 1, 0);
	assert_int_equal(ppool_feed_only(a.f, 3, 1), PPOOL_INVAL);
	assert_int_equal(ppool_feed_only(a.f, 1, 3), PPOOL_INVAL);
	assert_int_equal(ppool_feed_only(a.f, 1, 0), PPOOL_INVAL);
	assert_int_equal(ppool_feed_only(NULL, 1, 1), PPOOL_INVAL);
	assert_int_equal(ppool_feed_only(a.f, 1, 1), PPOOL_OK);
	assert_int_equal(ppool_feed_only(other, 2, 1), PPOOL_OK);

	a.sh->answer = true;
	for (int v = 0; v < 4; v++) {
		put(a.f, v, 1);
		put(other, v, 1);
	}
	while (a.o.n < 4 || others.n < 4)
		(void)ppool_poll(a.pool, 2);
	assert_int_equal(a.sh->taken[1], 4);
	put(a.f, 4, 1); /* at which it resigns */
	assert_int_equal(ppool_feed_finish(a.f, -1), PPOOL_BROKEN);
	assert_int_equal(a.o.err[4], PPOOL_CANCELED);
	assert_int_equal(ppool_feed_finish(other, -1), PPOOL_OK);
	ppool_feed_free(a.f);
	ppool_feed_free(other);
	assert_int_equal(ppool_feed_only(NULL, 1, 1), PPOOL_INVAL);
	ppool_destroy(a.pool);
	asking_free(&a);
}

/*
 * Of those that say their pace: a chunk goes to the one that will have done it
 * first; and a heavy one waits for the fast one, though the slow one has room,
 * but does not hold back what is light.
 */
static void
heavy_chunks_wait_for_the_fast(void **state)
{
	enum { SLOW = 0, FAST = 2 };
	struct asking a = asking_new();

	(void)state;
	a.sh->plan[SLOW] = (struct plan){ .asks = true, .chunks = 8,
	    .pace = 10 };
	a.sh->plan[FAST] = (struct plan){ .asks = true, .chunks = 2,
	    .pace = 1000 };
	asking_begin(&a, 1, 0);
	let_ask(&a, 2);
	for (int v = 0; v < 4; v++)
		put(a.f, v, 5000); /* 5 s for FAST, 500 for SLOW */
	put(a.f, 4, 1);
	while (ppool_load(a.pool, SLOW) < 1)
		(void)ppool_poll(a.pool, 2);
	let_pass(&a);
	assert_int_equal(ppool_load(a.pool, FAST), 2);
	assert_int_equal(ppool_load(a.pool, SLOW), 1);
	assert_int_equal(a.sh->runs[4], 1);
	a.sh->answer = true;
	asking_finish(&a, 5);
	assert_int_equal(a.o.ok, 5);
	asking_free(&a);
}

/* The slow one gets what it will do nearly as soon. */
static void
slow_one_has_its_share(void **state)
{
	enum { SLOW = 0, FAST = 2 };
	struct asking a = asking_new();

	(void)state;
	a.sh->plan[SLOW] = (struct plan){ .asks = true, .chunks = 8,
	    .pace = 1000 };
	a.sh->plan[FAST] = (struct plan){ .asks = true, .chunks = 8,
	    .pace = 3000 };
	asking_begin(&a, 1, 0);
	let_ask(&a, 2);
	for (int v = 0; v < 8; v++)
		put(a.f, v, 6000);
	let_pass(&a);
	while (ppool_load(a.pool, FAST) + ppool_load(a.pool, SLOW) < 8)
		(void)ppool_poll(a.pool, 2);
	assert_int_equal(ppool_load(a.pool, FAST), 6);
	assert_int_equal(ppool_load(a.pool, SLOW), 2);
	a.sh->answer = true;
	asking_finish(&a, 8);
	asking_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_is_sent_before_it_is_asked_for),
		CASE(room_is_chunks_or_weight),
		CASE(who_resigns_loses_nothing),
		CASE(what_may_run_once_dies_with_who_resigns),
		CASE(who_resigns_must_leave),
		CASE(who_dies_blames_nobody),
		CASE(when_all_have_resigned_the_pool_is_broken),
		CASE(feed_goes_only_where_it_may),
		CASE(heavy_chunks_wait_for_the_fast),
		CASE(slow_one_has_its_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
