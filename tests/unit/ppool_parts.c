/*
 * ppool_parts.c - results that come in parts.
 *
 * An item says how many parts it has and what happens; part k of item i is a
 * struct part, filled up to a size, and its end has the number of parts.
 */
#include "ppool_util.h"

enum { ITEMS = 8, BIG = 80 << 10 };

struct order {
	int id;
	int parts;
	int size;    /* of each, at least a struct part */
	int die_at;  /* dies before this part, the first time; -1: never */
};

struct part {
	int id, number;
};

struct shared {
	int deaths;     /* that have happened */
	int delivered;  /* parts, to the owner */
	int wait_for;   /* of them, before a worker dies */
	int again;      /* part before which the next one dies; 0: none */
	int wait_again;
};

struct seen {
	struct shared *sh;
	int next[ITEMS];      /* part that should come */
	int ended[ITEMS];
	ppool_err err[ITEMS]; /* at its end */
	bool wrong;
	bool slow;            /* a worker is faster than this */
	int free_at;          /* frees *f at this part; 0: never */
	ppool_feed **f;
};

static void
on_part(struct seen *s, const ppool_result *r)
{
	struct part part = { -1, -1 };

	if (s->slow)
		sleep_ms(1);
	if (r->len >= sizeof(part))
		memcpy(&part, r->data, sizeof(part));
	if (r->err || part.id != (int)r->index || s->ended[r->index] ||
	    part.number != s->next[r->index]++)
		s->wrong = true;
	if (++s->sh->delivered == s->free_at) {
		ppool_feed_free(*s->f);
		*s->f = NULL;
	}
}

static void
on_result(void *cookie, const ppool_result *r)
{
	struct seen *s = cookie;

	if (r->cookie != s || r->item.len != sizeof(struct order))
		s->wrong = true;
	if (r->part) {
		on_part(s, r);
		return;
	}
	s->ended[r->index]++;
	s->err[r->index] = r->err;
	if (!r->err && int_of(r->data, r->len) != s->next[r->index])
		s->wrong = true;
}

static int
init_state(void *initarg, void **state)
{
	*state = initarg;
	return 0;
}

static void
maybe_die(struct shared *sh, int die_at, int number)
{
	int deaths, wait_for;

	if (die_at < 0)
		return;
	deaths = __atomic_load_n(&sh->deaths, __ATOMIC_SEQ_CST);
	if (deaths > 1 || (deaths && !sh->again) ||
	    number != (deaths ? sh->again : die_at))
		return;
	wait_for = deaths ? sh->wait_again : sh->wait_for;
	__atomic_store_n(&sh->deaths, deaths + 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&sh->delivered, __ATOMIC_SEQ_CST) < wait_for)
		sleep_ms(1);
	raise(SIGKILL);
}

static int
send_part(ppool_worker *w, const ppool_item *item, int number)
{
	static char bytes[BIG];
	const struct order *o = item->data;
	const struct part part = { o->id, number };

	memcpy(bytes, &part, sizeof(part));
	return ppool_answer_part(w, item, bytes, (size_t)o->size);
}

static int
send_all(struct shared *sh, ppool_worker *w, const ppool_item *item)
{
	const struct order *o = item->data;

	for (int i = 0; i < o->parts; i++) {
		maybe_die(sh, o->die_at, i);
		if (send_part(w, item, i))
			return 1;
	}
	return ppool_answer(w, item, 0, &o->parts, sizeof(o->parts));
}

/* One after the other. */
static int
serve_in_turn(void *state, ppool_worker *w)
{
	ppool_item item;

	while (ppool_take(w, true, &item) == 1)
		if (send_all(state, w, &item))
			return 1;
	return 0;
}

/* Takes up to four, and then a part of each. What is answered is gone: of the
 * orders it has copies. */
static int
serve_mixed(void *state, ppool_worker *w)
{
	ppool_item item[4];
	struct order order[4];
	int n;

	while (ppool_take(w, true, &item[0]) == 1) {
		for (n = 1; n < 4 && ppool_take(w, false, &item[n]) == 1; n++)
			;
		for (int i = 0; i < n; i++)
			memcpy(&order[i], item[i].data, sizeof(order[i]));
		for (int number = 0; number < 1000; number++)
			for (int i = 0; i < n; i++) {
				const struct order *o = &order[i];

				maybe_die(state, o->die_at, number);
				if (number < o->parts)
					send_part(w, &item[i], number);
				if (number == o->parts)
					ppool_answer(w, &item[i], 0, &o->parts,
					    sizeof(o->parts));
			}
	}
	return 0;
}

static ppool *
begin(ppool_serve_fn *serve, struct seen *s, ppool_feed **f,
    const ppool_feed_opts *fopts)
{
	ppool_opts opts = { .processes = 2, .serve = serve, .init = init_state,
	    .retries = 2, .window = 1 };
	ppool *pool;

	*s = (struct seen){ .sh = shared_new(sizeof(*s->sh)), .f = f };
	opts.initarg = s->sh;
	pool = pool_with(&opts);
	assert_int_equal(ppool_feed_open(pool, NULL, fopts, on_result, s, f),
	    PPOOL_OK);
	return pool;
}

static void
put(ppool_feed *f, struct seen *s, int id, int parts, int size, int die_at)
{
	const struct order o = { id, parts, size, die_at };

	assert_int_equal(ppool_feed_put(f, &o, sizeof(o), 1, s), PPOOL_OK);
}

static void
end(ppool *pool, ppool_feed *f, struct seen *s)
{
	ppool_feed_free(f);
	pool_end(pool);
	munmap(s->sh, sizeof(*s->sh));
}

/* Every item once, with all its parts in order before its end. */
static void
expect_all(const struct seen *s, int items, const int *parts)
{
	assert_false(s->wrong);
	for (int i = 0; i < items; i++) {
		assert_int_equal(s->ended[i], 1);
		assert_int_equal(s->err[i], PPOOL_OK);
		assert_int_equal(s->next[i], parts[i]);
	}
}

static void
parts_come_in_order(void **state)
{
	static const int parts[ITEMS] = { 0, 1, 500, 3, 999, 0, 17, 64 };
	static const int sizes[] = { sizeof(struct part), 100, BIG };
	ppool_serve_fn *const serves[] = { serve_in_turn, serve_mixed };

	(void)state;
	for (size_t i = 0; i < 2 * NITEMS(sizes); i++) {
		struct seen s;
		ppool_feed *f = NULL;
		ppool *pool = begin(serves[i % 2], &s, &f,
		    &(ppool_feed_opts){ .chunk_items = 4 });

		for (int id = 0; id < ITEMS; id++)
			put(f, &s, id, parts[id], sizes[i / 2], -1);
		assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
		expect_all(&s, ITEMS, parts);
		end(pool, f, &s);
	}
}

static size_t
peak_kib(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (size_t)use.ru_maxrss;
}

/* They would be 16 MiB, and more, if they were kept. */
static void
a_million_parts_take_no_memory(void **state)
{
	const int parts = 1000000;
	struct seen s;
	ppool_feed *f = NULL;
	ppool *pool = begin(serve_in_turn, &s, &f, NULL);
	size_t before;

	(void)state;
	put(f, &s, 0, 1000, sizeof(struct part), -1);
	assert_int_equal(ppool_feed_flush(f), PPOOL_OK);
	while (!s.ended[0])
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	before = peak_kib();
	put(f, &s, 1, parts, sizeof(struct part), -1);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	expect_all(&s, 2, (const int[]){ 1000, parts });
	assert_in_range(peak_kib() - before, 0, 4096);
	end(pool, f, &s);
}

/* Whatever had been delivered by then, and whatever was on its way. */
static void
a_death_repeats_no_part(void **state)
{
	static const struct {
		int size, die_at, wait_for, again, wait_again;
	} rows[] = {
		{ BIG, 5, 5, 0, 0 }, /* all of them delivered */
		{ BIG, 5, 0, 0, 0 },
		{ BIG, 0, 0, 0, 0 },
		{ sizeof(struct part), 20000, 0, 0, 0 },
		{ sizeof(struct part), 20000, 5000, 0, 0 },
		{ 1000, 299, 100, 0, 0 },
		{ BIG, 5, 5, 9, 9 },
		{ BIG, 5, 5, 5, 5 },
		{ BIG, 5, 5, 2, 5 }, /* while it repeats what was delivered */
	};

	(void)state;
	for (size_t i = 0; i < NITEMS(rows); i++) {
		struct seen s;
		ppool_feed *f = NULL;
		ppool *pool = begin(serve_in_turn, &s, &f, NULL);
		int parts = rows[i].die_at + 300;

		s.sh->wait_for = rows[i].wait_for;
		s.sh->again = rows[i].again;
		s.sh->wait_again = rows[i].wait_again;
		put(f, &s, 0, parts, rows[i].size, rows[i].die_at);
		put(f, &s, 1, 3, rows[i].size, -1);
		assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
		expect_all(&s, 2, (const int[]){ parts, 3 });
		assert_int_equal(s.sh->deaths, rows[i].again ? 2 : 1);
		end(pool, f, &s);
	}
}

/* Nor of any other item that it had answered in part. */
static void
a_death_amid_several_repeats_no_part(void **state)
{
	static const int sizes[] = { sizeof(struct part), BIG };

	(void)state;
	for (size_t i = 0; i < NITEMS(sizes); i++) {
		struct seen s;
		ppool_feed *f = NULL;
		ppool *pool = begin(serve_mixed, &s, &f,
		    &(ppool_feed_opts){ .chunk_items = 4 });

		s.sh->wait_for = sizes[i] == BIG ? 11 : 0;
		for (int id = 0; id < 3; id++)
			put(f, &s, id, 300 + id, sizes[i], -1);
		put(f, &s, 3, 303, sizes[i], 5);
		assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
		expect_all(&s, 4, (const int[]){ 300, 301, 302, 303 });
		assert_int_equal(s.sh->deaths, 1);
		end(pool, f, &s);
	}
}

static void
at_most_once_dies_after_its_parts(void **state)
{
	const ppool_feed_opts fopts = { .flags = PPOOL_AT_MOST_ONCE };
	struct seen s;
	ppool_feed *f = NULL;
	ppool *pool = begin(serve_in_turn, &s, &f, &fopts);

	(void)state;
	s.sh->wait_for = 7;
	put(f, &s, 0, 300, BIG, 7);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_false(s.wrong);
	assert_int_equal(s.next[0], 7);
	assert_int_equal(s.ended[0], 1);
	assert_int_equal(s.err[0], PPOOL_DIED);
	end(pool, f, &s);
}

/* It never ends, and never lets the socket be empty: the owner goes on all the
 * same, and can give it up. */
static void
endless_parts_hold_nobody_up(void **state)
{
	struct seen s;
	ppool_feed *f = NULL;
	ppool *pool = begin(serve_in_turn, &s, &f,
	    &(ppool_feed_opts){ .chunk_items = 1 });

	(void)state;
	s.slow = true;
	put(f, &s, 0, INT32_MAX, 8 << 10, -1);
	for (int id = 1; id < ITEMS; id++)
		put(f, &s, id, 10, sizeof(struct part), -1);
	for (int id = 1; id < ITEMS; id++)
		while (!s.ended[id])
			assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	/* or it may not have been taken yet */
	while (!s.next[0])
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	for (unsigned n = 0; n < 2; n++)
		if (ppool_held(pool, n, PPOOL_OLDEST, NULL, NULL) == PPOOL_OK)
			assert_int_equal(ppool_give_up(pool, n, 0), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_false(s.wrong);
	assert_int_equal(s.ended[0], 1);
	assert_int_equal(s.err[0], PPOOL_GIVENUP);
	end(pool, f, &s);
}

static void
a_part_may_free_its_feed(void **state)
{
	struct seen s;
	ppool_feed *f = NULL;
	ppool *pool = begin(serve_in_turn, &s, &f, NULL);

	(void)state;
	s.free_at = 3; /* at once, it may be */
	put(f, &s, 0, 100, sizeof(struct part), -1);
	while (f)
		assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
	pool_end(pool);
	assert_int_equal(s.sh->delivered, 3);
	assert_int_equal(s.ended[0], 0);
	munmap(s.sh, sizeof(*s.sh));
}

/* A part that is too big, one that is not, and the end; and nothing after. */
static int
serve_oversized(void *state, ppool_worker *w)
{
	static char bytes[101];
	ppool_item item;
	int rc = 0;

	(void)state;
	while (!rc && ppool_take(w, true, &item) == 1)
		rc = ppool_answer_part(w, &item, bytes, sizeof(bytes)) ||
		    ppool_answer_part(w, &item, "x", 1) ||
		    ppool_answer(w, &item, 7, "y", 1) ||
		    ppool_answer_part(w, &item, "z", 1) != -1;
	return rc;
}

struct list {
	size_t n;
	ppool_result r[8];
};

static void
on_list(void *cookie, const ppool_result *r)
{
	struct list *l = cookie;

	if (l->n < NITEMS(l->r))
		l->r[l->n] = *r;
	l->n++;
}

static void
too_big_a_part_is_reported(void **state)
{
	const ppool_opts opts = { .processes = 1, .serve = serve_oversized,
	    .max_item = 100 };
	ppool *pool = pool_with(&opts);
	struct list l = { .n = 0 };
	ppool_feed *f = NULL;

	(void)state;
	assert_int_equal(ppool_feed_open(pool, NULL, NULL, on_list, &l, &f),
	    PPOOL_OK);
	assert_int_equal(ppool_feed_put(f, "", 0, 1, NULL), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.r[0].err, PPOOL_TOOBIG);
	assert_int_equal(l.r[0].len, 0);
	assert_true(l.r[0].part);
	assert_int_equal(l.r[1].err, PPOOL_OK);
	assert_int_equal(l.r[1].len, 1);
	assert_true(l.r[1].part);
	assert_int_equal(l.r[2].err, PPOOL_TASK);
	assert_int_equal(l.r[2].code, 7);
	assert_false(l.r[2].part);
	ppool_feed_free(f);
	pool_end(pool);
}

/* Where there is no callback for each, a result that lacks its parts does not
 * pass for a whole one. */
static void
only_feeds_take_parts(void **state)
{
	const ppool_opts opts = { .processes = 1, .serve = serve_in_turn };
	const struct order orders[] = {
		{ 0, 0, sizeof(struct part), -1 },
		{ 1, 2, sizeof(struct part), -1 },
	};
	const ppool_buf items[] = {
		{ &orders[0], sizeof(orders[0]) },
		{ &orders[1], sizeof(orders[1]) },
	};
	ppool *pool = pool_with(&opts);
	ppool_async *a = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_int_equal(ppool_map(pool, NULL, items, 2, 0, &a), PPOOL_INVAL);
	assert_int_equal(ppool_get(a, -1, &r, NULL), PPOOL_INVAL);
	assert_int_result(&r[0], 0, 0);
	assert_int_equal(r[1].err, PPOOL_INVAL);
	assert_int_equal(r[1].len, 0);
	ppool_async_free(a);
	pool_end(pool);
}

/* A failure is no whole result either, and says more. */
static void
a_failure_after_parts_stays_one(void **state)
{
	const ppool_opts opts = { .processes = 1, .serve = serve_oversized,
	    .max_item = 100 };
	ppool *pool = pool_with(&opts);
	ppool_async *a = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_int_equal(ppool_apply(pool, NULL, "", 0, &a), PPOOL_TASK);
	assert_int_equal(ppool_get(a, -1, &r, NULL), PPOOL_TASK);
	assert_int_equal(r->code, 7);
	ppool_async_free(a);
	pool_end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(parts_come_in_order),
		CASE(a_million_parts_take_no_memory),
		CASE(a_death_repeats_no_part),
		CASE(a_death_amid_several_repeats_no_part),
		CASE(at_most_once_dies_after_its_parts),
		CASE(endless_parts_hold_nobody_up),
		CASE(a_part_may_free_its_feed),
		CASE(too_big_a_part_is_reported),
		CASE(only_feeds_take_parts),
		CASE(a_failure_after_parts_stays_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
