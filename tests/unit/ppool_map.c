/* ppool_map.c - arrays in, results in input order: map and map_async. */
#include "ppool_util.h"

static void
expect_squares(ppool_async *job, size_t n)
{
	const ppool_result *r = NULL;
	size_t got = 0;

	assert_int_equal(ppool_get(job, -1, &r, &got), PPOOL_OK);
	assert_int_equal(got, n);
	for (size_t i = 0; i < n; i++)
		assert_int_result(&r[i], i, (int)(i * i));
}

static void
map_squares(ppool *pool, size_t n, size_t chunk)
{
	ppool_buf *items = int_items(n);
	ppool_async *job = NULL;

	assert_int_equal(ppool_map(pool, fn_square, items, n, chunk, &job),
	    PPOOL_OK);
	expect_squares(job, n);
	ppool_async_free(job);
	int_items_free(items);
}

/* 2. Ten items, the default chunk; a hundred in chunks of 20. */
static void
map_keeps_the_order(void **state)
{
	ppool *pool = pool_of(3);

	(void)state;
	map_squares(pool, 10, 0);
	map_squares(pool, 100, 20);
	pool_end(pool);
}

static void
map_of_every_chunk_size(void **state)
{
	const size_t chunks[] = { 0, 1, 2, 3, 7, 22, 23, 24, 1000 };

	(void)state;
	for (int workers = 1; workers <= 5; workers += 2) {
		ppool *pool = pool_of(workers);

		for (size_t i = 0; i < NITEMS(chunks); i++)
			map_squares(pool, 23, chunks[i]);
		pool_end(pool);
	}
}

static void
map_of_many(void **state)
{
	ppool *pool = pool_of(2);

	(void)state;
	map_squares(pool, 40000, 0);
	map_squares(pool, 20000, 1);
	pool_end(pool);
}

static void
map_on_many_workers(void **state)
{
	ppool *pool = pool_of(64);

	(void)state;
	map_squares(pool, 1000, 1);
	pool_end(pool);
}

static int
fn_multiply(void *state, const void *in, size_t len, ppool_out *out)
{
	int pair[2] = { 0, 0 };

	(void)state;
	if (len == sizeof(pair))
		memcpy(pair, in, sizeof(pair));
	pair[0] *= pair[1];
	ppool_write(out, &pair[0], sizeof(pair[0]));
	return 0;
}

/* 3. Several arguments travel as one item. */
static void
map_of_pairs(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	const ppool_result *r;
	int pairs[30][2];
	ppool_buf items[30];
	size_t n;

	(void)state;
	for (int i = 0; i < 30; i++) {
		pairs[i][0] = i;
		pairs[i][1] = 29 - i;
		items[i] = (ppool_buf){ pairs[i], sizeof(pairs[i]) };
	}
	assert_int_equal(ppool_map_async(pool, fn_multiply, items, 30, 4, NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
	for (int i = 0; i < 30; i++)
		assert_int_result(&r[i], (uint64_t)i, i * (29 - i));
	ppool_async_free(job);
	pool_end(pool);
}

/* 4. map_async and get give what map gives. */
static void
map_async_gives_the_same(void **state)
{
	ppool *pool = pool_of(3);
	ppool_buf *items = int_items(100);
	ppool_async *job = NULL;

	(void)state;
	assert_int_equal(ppool_map_async(pool, fn_square, items, 100, 0, NULL,
	    NULL, &job), PPOOL_OK);
	expect_squares(job, 100);
	assert_true(ppool_ready(job));
	assert_int_equal(ppool_successful(job), PPOOL_OK);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
}

static void
results_name_their_items(void **state)
{
	ppool *pool = pool_of(2);
	ppool_buf *items = int_items(50);
	ppool_async *job = NULL;
	const ppool_result *r;
	size_t n;

	(void)state;
	assert_int_equal(ppool_map(pool, fn_square, items, 50, 7, &job),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
	for (int i = 0; i < 50; i++)
		assert_int_equal(int_of(r[i].item.data, r[i].item.len), i);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
}

struct seen {
	int calls;
	size_t n;
	size_t ok;
	size_t task;
	bool in_order;
};

static void
on_done(void *cookie, const ppool_result *r, size_t n)
{
	struct seen *seen = cookie;

	seen->calls++;
	seen->n = n;
	seen->in_order = true;
	for (size_t i = 0; i < n; i++) {
		seen->ok += r[i].err == PPOOL_OK;
		seen->task += r[i].err == PPOOL_TASK;
		seen->in_order = seen->in_order && r[i].index == i;
	}
}

/* 5. The callback runs once, with the whole list; failures are in it. */
static void
map_async_calls_back_once(void **state)
{
	ppool *pool = pool_of(2);
	ppool_buf *items = int_items(21);
	struct seen good = { 0 }, bad = { 0 };
	ppool_async *job;

	(void)state;
	assert_int_equal(ppool_map_async(pool, fn_square, items, 21, 2, on_done,
	    &good, NULL), PPOOL_OK);
	assert_int_equal(ppool_map_async(pool, fn_odd_fails, items, 21, 2,
	    on_done, &bad, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_TASK);
	ppool_async_free(job);
	pool_end(pool);
	assert_int_equal(good.calls, 1);
	assert_int_equal(good.n, 21);
	assert_int_equal(good.ok, 21);
	assert_true(good.in_order);
	assert_int_equal(bad.calls, 1);
	assert_int_equal(bad.n, 21);
	assert_int_equal(bad.ok, 11);
	assert_int_equal(bad.task, 10);
	int_items_free(items);
}

static void
one_failure_hides_nothing(void **state)
{
	ppool *pool = pool_of(2);
	ppool_buf *items = int_items(20);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(ppool_map(pool, fn_odd_fails, items, 20, 5, &job),
	    PPOOL_TASK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_TASK);
	assert_int_equal(n, 20);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(r[i].index, i);
		assert_int_equal(r[i].err, i % 2 ? PPOOL_TASK : PPOOL_OK);
		assert_int_equal(r[i].code, i % 2 ? 7 : 0);
		if (i % 2 == 0)
			assert_int_result(&r[i], (uint64_t)i, i * i);
	}
	assert_int_equal(ppool_successful(job), PPOOL_TASK);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
}

/* 6. An item that cannot be sent fails alone. */
static void
too_big_an_item_fails_alone(void **state)
{
	const ppool_opts opts = { .processes = 2, .max_item = 64 };
	ppool *pool = pool_with(&opts);
	char data[65] = "x";
	ppool_buf items[9];
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 9; i++)
		items[i] = (ppool_buf){ data, i == 4 ? 65 : 64 };
	assert_int_equal(ppool_map(pool, fn_echo, items, 9, 3, &job),
	    PPOOL_TOOBIG);
	assert_non_null(job);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_TOOBIG);
	assert_int_equal(n, 9);
	for (int i = 0; i < 9; i++)
		assert_int_equal(r[i].err, i == 4 ? PPOOL_TOOBIG : PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
}

/* The sum of the lengths is no limit: it may even wrap. */
static void
items_are_too_big_each_for_itself(void **state)
{
	const ppool_buf items[] = { { "x", SIZE_MAX }, { "y", 1 } };
	ppool *pool = pool_of(1);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_int_equal(ppool_map(pool, fn_echo, items, NITEMS(items), 1,
	    &job), PPOOL_TOOBIG);
	assert_non_null(job);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_TOOBIG);
	assert_int_equal(r[0].err, PPOOL_TOOBIG);
	assert_int_equal(r[1].err, PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
}

/* 7, 17. Nothing to do is done at once, and done is told. */
static void
map_of_nothing(void **state)
{
	ppool *pool = pool_of(2);
	struct seen seen = { 0 };
	ppool_async *job = NULL;
	size_t n = 7;

	(void)state;
	for (size_t chunk = 0; chunk < 3; chunk++) {
		job = NULL;
		assert_int_equal(ppool_map(pool, fn_square, NULL, 0, chunk,
		    &job), PPOOL_OK);
		assert_int_equal(ppool_get(job, -1, NULL, &n), PPOOL_OK);
		assert_int_equal(n, 0);
		ppool_async_free(job);
	}
	assert_int_equal(ppool_map_async(pool, fn_square, NULL, 0, 1, on_done,
	    &seen, &job), PPOOL_OK);
	assert_true(ppool_ready(job));
	assert_int_equal(ppool_successful(job), PPOOL_OK);
	assert_int_equal(ppool_wait(job, -1), PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
	assert_int_equal(seen.calls, 1);
}

static int
fn_fail_with_a_mebibyte(void *state, const void *in, size_t len, ppool_out *out)
{
	static char text[1 << 20];

	(void)state;
	if (int_of(in, len) < 2) {
		ppool_write(out, text, sizeof(text));
		return 1;
	}
	sleep_ms(10);
	return fn_square(NULL, in, len, out);
}

/* 21. Two large failures first: join still waits for every other item. */
static void
map_does_not_stop_at_a_failure(void **state)
{
	ppool *pool = pool_of(2);
	ppool_buf *items = int_items(30);
	ppool_async *job = NULL;
	const ppool_result *r;
	size_t n;

	(void)state;
	assert_int_equal(ppool_map_async(pool, fn_fail_with_a_mebibyte, items,
	    30, 1, NULL, NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	assert_int_equal(ppool_get(job, 0, &r, &n), PPOOL_TASK);
	assert_int_equal(r[0].len, 1 << 20);
	assert_int_equal(r[1].len, 1 << 20);
	for (int i = 2; i < 30; i++)
		assert_int_result(&r[i], (uint64_t)i, i * i);
	ppool_async_free(job);
	ppool_destroy(pool);
	int_items_free(items);
}

static long
resident_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &size, &resident), 2);
	fclose(f);
	return resident;
}

/* 22. Arguments and results are let go with their job. */
static void
map_releases_its_memory(void **state)
{
	enum { SIZE = 1 << 20 };
	ppool *pool = pool_of(2);
	char *data = calloc(1, SIZE);
	ppool_buf items[4];
	ppool_async *job;
	long before = 0;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < NITEMS(items); i++)
		items[i] = (ppool_buf){ data, SIZE };
	for (int round = 0; round < 20; round++) {
		job = NULL;
		assert_int_equal(ppool_map(pool, fn_echo, items, NITEMS(items),
		    1, &job), PPOOL_OK);
		ppool_async_free(job);
		if (round == 4)
			before = resident_pages();
	}
	/* 15 rounds of 4 MiB went by; a sanitizer and valgrind keep
	 * them in quarantine. */
	if (!UNDER_ASAN && !under_valgrind())
		assert_in_range((resident_pages() - before) *
		    sysconf(_SC_PAGESIZE) + (20 << 20), 0, 40 << 20);
	free(data);
	pool_end(pool);
}

static void
map_async_free_before_ready(void **state)
{
	ppool *pool = pool_of(2);
	ppool_buf *items = int_items(100);
	struct seen seen = { 0 };
	ppool_async *job;

	(void)state;
	assert_int_equal(ppool_map_async(pool, fn_square, items, 100, 3,
	    on_done, &seen, &job), PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.ok, 100);
	int_items_free(items);
}

static void
jobs_of_all_kinds_beside_each_other(void **state)
{
	ppool *pool = pool_of(2);
	ppool_buf *items = int_items(60);
	ppool_async *maps[5], *one = NULL;
	int v = 12;

	(void)state;
	for (size_t i = 0; i < NITEMS(maps); i++)
		assert_int_equal(ppool_map_async(pool, fn_square, items, 60, i,
		    NULL, NULL, &maps[i]),
		    PPOOL_OK);
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &one),
	    PPOOL_OK);
	ppool_async_free(one);
	for (size_t i = NITEMS(maps); i-- > 0;) {
		expect_squares(maps[i], 60);
		ppool_async_free(maps[i]);
	}
	pool_end(pool);
	int_items_free(items);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(map_keeps_the_order),
		CASE(map_of_every_chunk_size),
		CASE(map_of_many),
		CASE(map_on_many_workers),
		CASE(map_of_pairs),
		CASE(map_async_gives_the_same),
		CASE(results_name_their_items),
		CASE(map_async_calls_back_once),
		CASE(one_failure_hides_nothing),
		CASE(too_big_an_item_fails_alone),
		CASE(items_are_too_big_each_for_itself),
		CASE(map_of_nothing),
		CASE(map_does_not_stop_at_a_failure),
		CASE(map_releases_its_memory),
		CASE(map_async_free_before_ready),
		CASE(jobs_of_all_kinds_beside_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
