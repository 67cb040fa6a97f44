/* ppool_cookie.c - what an item is made of, and what comes back beside it. */
#include "ppool_util.h"

enum { ITEMS = 300, MAX_ITEM = 64 };

struct seen {
	int cookies[ITEMS]; /* what &cookies[i] is the cookie of item i for */
	size_t results;
	size_t wrong;
	char data[MAX_ITEM]; /* of the last one */
	size_t len;
};

static void
on_result(void *cookie, const ppool_result *r)
{
	struct seen *s = cookie;

	s->results++;
	s->len = r->len;
	if (r->len)
		memcpy(s->data, r->data, r->len);
	if (r->cookie != &s->cookies[r->index])
		s->wrong++;
	else
		s->cookies[r->index]++;
}

static ppool_feed *
feed_of(ppool *pool, ppool_fn *fn, struct seen *s)
{
	ppool_feed *f = NULL;

	*s = (struct seen){ .results = 0 };
	assert_int_equal(ppool_feed_open(pool, fn, NULL, on_result, s, &f),
	    PPOOL_OK);
	return f;
}

/* The first worker to see an item of 100 or more dies, and each of 200. */
static int
fn_some_die(void *state, const void *in, size_t len, ppool_out *out)
{
	int *died = state;
	int v = int_of(in, len);

	if (v >= 200 || (v >= 100 && !__atomic_exchange_n(died, 1,
	    __ATOMIC_SEQ_CST)))
		raise(SIGKILL);
	return fn_square(state, in, len, out);
}

static int
init_state(void *initarg, void **state)
{
	*state = initarg;
	return 0;
}

/* Whatever becomes of the item, and however often it is run. */
static void
a_cookie_comes_back(void **state)
{
	int *died = shared_new(sizeof(*died));
	const ppool_opts opts = { .processes = 2, .init = init_state,
	    .initarg = died };
	ppool *pool = pool_with(&opts);
	struct seen s;
	ppool_feed *f = feed_of(pool, fn_some_die, &s);

	(void)state;
	for (int i = 0; i < ITEMS; i++) {
		int v = i == ITEMS - 1 ? 200 : i < 150 ? i : 99;

		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1,
		    &s.cookies[i]), PPOOL_OK);
	}
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(s.wrong, 0);
	for (int i = 0; i < ITEMS; i++)
		assert_int_equal(s.cookies[i], 1);
	assert_int_equal(*died, 1);
	ppool_feed_free(f);
	pool_end(pool);
	munmap(died, sizeof(*died));
}

static void
held_shows_the_cookie(void **state)
{
	ppool *pool = pool_of(1);
	struct seen s;
	ppool_feed *f = feed_of(pool, fn_sleep, &s);
	const int ms = FOR_EVER_MS;
	ppool_buf item;
	void *cookie = NULL;

	(void)state;
	assert_int_equal(ppool_feed_put(f, &ms, sizeof(ms), 1, &s.cookies[0]),
	    PPOOL_OK);
	assert_int_equal(ppool_feed_flush(f), PPOOL_OK);
	assert_int_equal(ppool_held(pool, 0, PPOOL_OLDEST, NULL, &cookie),
	    PPOOL_OK);
	assert_ptr_equal(cookie, &s.cookies[0]);
	assert_int_equal(ppool_held(pool, 0, PPOOL_OLDEST, &item, NULL),
	    PPOOL_OK);
	assert_int_equal(int_of(item.data, item.len), ms);
	ppool_destroy(pool);
	assert_int_equal(s.cookies[0], 1); /* CANCELED is a result too */
	ppool_feed_free(f);
}

static void
other_jobs_have_none(void **state)
{
	struct counter c = { .limit = 1, .fail_at = -1 };
	ppool *pool = pool_of(1);
	ppool_async *a = NULL;
	ppool_iter *it = NULL;
	const ppool_result *r = NULL;
	ppool_result next;

	(void)state;
	assert_int_equal(ppool_apply(pool, fn_echo, "x", 1, &a), PPOOL_OK);
	assert_int_equal(ppool_get(a, -1, &r, NULL), PPOOL_OK);
	assert_null(r->cookie);
	ppool_async_free(a);
	assert_int_equal(ppool_imap(pool, fn_echo, counter_source, &c, 0, 0,
	    &it), PPOOL_OK);
	assert_int_equal(ppool_next(it, -1, &next), PPOOL_OK);
	assert_null(next.cookie);
	ppool_iter_free(it);
	pool_end(pool);
}

struct row {
	const char *want;
	size_t n;
	ppool_buf pieces[4];
};

/* What the worker sees is the pieces, one behind the other, and nothing else:
 * not their number, not the cookie. */
static void
pieces_are_joined(void **state)
{
	static const struct row rows[] = {
		{ "", 0, { { NULL, 0 } } },
		{ "", 2, { { NULL, 0 }, { "x", 0 } } },
		{ "a", 1, { { "a", 1 } } },
		{ "abcdefgh", 3, { { "abc", 3 }, { NULL, 0 }, { "defgh", 5 } } },
		{ "abcdefghi", 4,
		  { { "abc", 3 }, { "def", 3 }, { "gh", 2 }, { "i", 1 } } },
	};
	ppool *pool = pool_of(1);
	struct seen s;
	ppool_feed *f = feed_of(pool, fn_echo, &s);

	(void)state;
	for (size_t i = 0; i < NITEMS(rows); i++) {
		const struct row *row = &rows[i];

		assert_int_equal(ppool_feed_tryv(f, row->pieces, row->n, 1,
		    &s.cookies[i]), PPOOL_OK);
		assert_int_equal(ppool_feed_flush(f), PPOOL_OK);
		while (s.results == i)
			assert_int_equal(ppool_poll(pool, -1), PPOOL_OK);
		assert_int_equal(s.len, strlen(row->want));
		assert_memory_equal(s.data, row->want, s.len);
	}
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(s.wrong, 0);
	ppool_feed_free(f);
	pool_end(pool);
}

static void
bad_pieces_are_not_taken(void **state)
{
	const ppool_opts opts = { .processes = 1, .max_item = MAX_ITEM };
	const ppool_buf half = { "", MAX_ITEM / 2 + 1 };
	const ppool_buf rows[][2] = {
		{ { "x", 1 }, { NULL, 1 } },
		{ half, half },
		{ { "x", 2 }, { "x", SIZE_MAX - 1 } },
	};
	ppool *pool = pool_with(&opts);
	struct seen s;
	ppool_feed *f = feed_of(pool, fn_echo, &s);

	(void)state;
	assert_int_equal(ppool_feed_tryv(f, NULL, 1, 1, NULL), PPOOL_INVAL);
	assert_int_equal(ppool_feed_tryv(f, rows[0], 2, 1, NULL), PPOOL_INVAL);
	assert_int_equal(ppool_feed_tryv(f, rows[1], 2, 1, NULL), PPOOL_TOOBIG);
	assert_int_equal(ppool_feed_tryv(f, rows[2], 2, 1, NULL), PPOOL_TOOBIG);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(s.results, 0);
	ppool_feed_free(f);
	pool_end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_cookie_comes_back),
		CASE(held_shows_the_cookie),
		CASE(other_jobs_have_none),
		CASE(pieces_are_joined),
		CASE(bad_pieces_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
