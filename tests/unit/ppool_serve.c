/* ppool_serve.c - take and answer, and workers that do not keep to it. */
#include "ppool_util.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { HELD = 8 };

/*
 * Holds up to HELD items and answers the newest first: nothing comes back in
 * the order it was given.
 */
static int
serve_backwards(void *state, ppool_worker *w)
{
	ppool_item held[HELD];
	int n = 0, got = 0, v;

	(void)state;
	for (;;) {
		while (n < HELD && (got = ppool_take(w, n == 0, &held[n])) == 1)
			n++;
		if (n == 0 && got < 0)
			return 0;
		n--;
		v = int_of(held[n].data, held[n].len);
		v *= v;
		if (ppool_answer(w, &held[n], 0, &v, sizeof(v)))
			return 1;
	}
}

static ppool *
server_of(int workers, ppool_serve_fn *serve)
{
	const ppool_opts opts = { .processes = workers, .serve = serve };

	return pool_with(&opts);
}

/* A server need not call the item's function. */
static int
not_called(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)state;
	(void)in;
	(void)len;
	(void)out;
	return 1;
}

static void
serves_map(void **state)
{
	ppool *pool = server_of(3, serve_backwards);
	ppool_buf *items = int_items(200);
	const ppool_result *r = NULL;
	size_t n = 0;

	(void)state;
	for (size_t chunk = 0; chunk < 60; chunk += 15) {
		ppool_async *job = NULL;

		assert_int_equal(ppool_map(pool, not_called, items, 200, chunk,
		    &job), PPOOL_OK);
		assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
		for (int i = 0; i < 200; i++)
			assert_int_result(&r[i], (uint64_t)i, i * i);
		ppool_async_free(job);
	}
	int_items_free(items);
	pool_end(pool);
}

static void
serves_apply(void **state)
{
	ppool *pool = server_of(2, serve_backwards);

	(void)state;
	for (int v = 0; v < 20; v++) {
		ppool_async *job = NULL;
		const ppool_result *r = NULL;

		assert_int_equal(ppool_apply(pool, not_called, &v, sizeof(v),
		    &job), PPOOL_OK);
		assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
		assert_int_result(&r[0], 0, v * v);
		ppool_async_free(job);
	}
	pool_end(pool);
}

static void
serves_imap(void **state)
{
	ppool *pool = server_of(2, serve_backwards);
	struct counter c = { .limit = 500, .fail_at = -1 };
	ppool_iter *it = NULL;
	ppool_result r;

	(void)state;
	assert_int_equal(ppool_imap(pool, not_called, counter_source, &c, 20, 0,
	    &it), PPOOL_OK);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_result(&r, (uint64_t)i, i * i);
	}
	assert_int_equal(ppool_next(it, -1, &r), PPOOL_END);
	ppool_iter_free(it);
	pool_end(pool);
}

struct tally {
	unsigned char seen[2000];
	int results, ok, died;
	int died_code;
	bool wrong;
};

static void
on_result(void *cookie, const ppool_result *r)
{
	struct tally *t = cookie;
	int v = int_of(r->item.data, r->item.len);

	t->results++;
	if (r->index >= sizeof(t->seen) || t->seen[r->index]++) {
		t->wrong = true;
		return;
	}
	if (r->err == PPOOL_OK) {
		t->ok++;
		t->wrong |= int_of(r->data, r->len) != v * v;
	} else if (r->err == PPOOL_DIED) {
		t->died++;
		t->died_code = r->code;
	} else {
		t->wrong = true;
	}
}

/* n ints through a feed in chunks of so many. */
static void
feed_ints(ppool *pool, int n, size_t chunk, struct tally *t)
{
	const ppool_feed_opts opts = { .chunk_items = chunk };
	ppool_feed *f = NULL;

	memset(t, 0, sizeof(*t));
	assert_int_equal(ppool_feed_open(pool, not_called, &opts, on_result, t,
	    &f), PPOOL_OK);
	for (int v = 0; v < n; v++)
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
		    PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	ppool_feed_free(f);
	assert_false(t->wrong);
	assert_int_equal(t->results, n);
}

static void
serves_a_feed(void **state)
{
	ppool *pool = server_of(2, serve_backwards);
	struct tally t;

	(void)state;
	for (size_t chunk = 0; chunk < 50; chunk += 7) {
		feed_ints(pool, 1000, chunk, &t);
		assert_int_equal(t.ok, 1000);
	}
	pool_end(pool);
}

static void
a_servers_feed_needs_no_function(void **state)
{
	ppool *pool = server_of(1, serve_backwards), *plain = pool_of(1);
	struct tally t = { .results = 0 };
	ppool_feed *f = NULL;
	int v = 9;

	(void)state;
	assert_int_equal(ppool_feed_open(plain, NULL, NULL, on_result, &t, &f),
	    PPOOL_INVAL);
	assert_int_equal(ppool_feed_open(pool, NULL, NULL, on_result, &t, &f),
	    PPOOL_OK);
	assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	ppool_feed_free(f);
	assert_int_equal(t.ok, 1);
	assert_false(t.wrong);
	pool_end(pool);
	pool_end(plain);
}

static void
max_tasks_retires_a_server(void **state)
{
	const ppool_opts opts = { .processes = 2, .serve = serve_backwards,
	    .max_tasks = 25 };
	ppool *pool = pool_with(&opts);
	struct tally t;

	(void)state;
	feed_ints(pool, 1000, 3, &t);
	assert_int_equal(t.ok, 1000);
	pool_end(pool);
}

/* Answers say how often take had nothing while an item was held. */
static int
serve_polling(void *state, ppool_worker *w)
{
	ppool_item item, next;
	int got, nothing;

	(void)state;
	got = ppool_take(w, true, &item);
	while (got == 1) {
		nothing = 0;
		while ((got = ppool_take(w, false, &next)) == 0 && nothing < 3)
			nothing++;
		if (ppool_answer(w, &item, 0, &nothing, sizeof(nothing)))
			return 1;
		item = next;
		if (got == 0)
			got = ppool_take(w, true, &item);
	}
	return 0;
}

static void
take_need_not_wait(void **state)
{
	ppool *pool = server_of(1, serve_polling);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_int_equal(ppool_apply(pool, not_called, "x", 1, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
	assert_int_equal(int_of(r[0].data, r[0].len), 3);
	ppool_async_free(job);
	pool_end(pool);
}

/* Takes everything there is to come before it answers the first item. */
static int
serve_hoarding(void *state, ppool_worker *w)
{
	ppool_item held[200];

	(void)state;
	for (size_t i = 0; i < NITEMS(held); i++)
		if (ppool_take(w, true, &held[i]) != 1)
			return 1;
	for (size_t i = 0; i < NITEMS(held); i++)
		if (ppool_answer(w, &held[i], 0, held[i].data, held[i].len))
			return 1;
	return ppool_take(w, true, &held[0]) == -1 ? 0 : 1;
}

static void
an_item_is_valid_until_answered(void **state)
{
	ppool *pool = server_of(1, serve_hoarding);
	char texts[200][700];
	ppool_buf items[200];
	const ppool_result *r = NULL;
	ppool_async *job = NULL;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		memset(texts[i], 'a' + i % 26, sizeof(texts[i]));
		items[i] = (ppool_buf){ texts[i], sizeof(texts[i]) };
	}
	/* chunks of 100: two of them fill the window, and the hoard */
	assert_int_equal(ppool_map(pool, not_called, items, 200, 100, &job),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(r[i].len, sizeof(texts[i]));
		assert_memory_equal(r[i].data, texts[i], sizeof(texts[i]));
	}
	ppool_async_free(job);
	pool_end(pool);
}

static int
serve_failing(void *state, ppool_worker *w)
{
	ppool_item item;

	(void)state;
	while (ppool_take(w, true, &item) == 1)
		if (ppool_answer(w, &item, 42, "sorry", 5))
			return 1;
	return 0;
}

static void
a_code_is_a_task_failure(void **state)
{
	ppool *pool = server_of(1, serve_failing);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_int_equal(ppool_apply(pool, not_called, "x", 1, &job),
	    PPOOL_TASK);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_TASK);
	assert_int_equal(r[0].code, 42);
	assert_int_equal(r[0].len, 5);
	assert_memory_equal(r[0].data, "sorry", 5);
	ppool_async_free(job);
	pool_end(pool);
}

static int
serve_verbose(void *state, ppool_worker *w)
{
	char text[2000] = "";
	ppool_item item;

	(void)state;
	while (ppool_take(w, true, &item) == 1) {
		int v = int_of(item.data, item.len);

		if (ppool_answer(w, &item, 0, text, v % 5 ? 900 : 2000))
			return 1;
	}
	return 0;
}

static void
too_big_an_answer_fails_alone(void **state)
{
	const ppool_opts opts = { .processes = 2, .serve = serve_verbose,
	    .max_item = 1000 };
	ppool *pool = pool_with(&opts);
	ppool_buf *items = int_items(50);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_int_equal(ppool_map(pool, not_called, items, 50, 5, &job),
	    PPOOL_TOOBIG);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_TOOBIG);
	for (int i = 0; i < 50; i++)
		assert_int_equal(r[i].err, i % 5 ? PPOOL_OK : PPOOL_TOOBIG);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
}

static int
init_keeps(void *initarg, void **state)
{
	*state = initarg;
	return 0;
}

static int
serve_the_state(void *state, ppool_worker *w)
{
	ppool_item item;

	while (ppool_take(w, true, &item) == 1)
		if (ppool_answer(w, &item, 0, state, strlen(state)))
			return 1;
	return 0;
}

static void
serve_sees_the_state(void **state)
{
	char text[] = "from the initializer";
	const ppool_opts opts = { .processes = 1, .serve = serve_the_state,
	    .init = init_keeps, .initarg = text };
	ppool *pool = pool_with(&opts);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_int_equal(ppool_apply(pool, not_called, "x", 1, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
	assert_int_equal(r[0].len, strlen(text));
	assert_memory_equal(r[0].data, text, strlen(text));
	ppool_async_free(job);
	pool_end(pool);
}

/* ---- workers that misbehave at the items divisible by 100 ---------------- */

/* The worker's own socket: it has closed every other one. */
static int
own_socket(void)
{
	int type, found = -1;
	socklen_t len;

	for (int fd = 0; fd < 256; fd++) {
		len = sizeof(type);
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
			found = fd;
	}
	return found;
}

static void
send_bytes(const void *data, size_t len)
{
	if (send(own_socket(), data, len, MSG_NOSIGNAL) < 0)
		_exit(1);
}

static const uint64_t UNTAKEN = 0x123456789abcdef;

enum evil {
	EVIL_ONES, EVIL_ZEROS, EVIL_TEXT, EVIL_BYTE, EVIL_LONG, EVIL_NOISE,
	EVIL_SHUTDOWN, EVIL_UNTAKEN, EVIL_RETURN, EVIL_NONE
};

/* What each kind of worker does instead of an answer. */
static void
misbehave(enum evil how, ppool_worker *w)
{
	const ppool_item untaken = { .id = UNTAKEN };
	unsigned char bytes[4096];
	unsigned x = 12345;

	switch (how) {
	case EVIL_ONES:
		memset(bytes, 0xff, sizeof(bytes));
		send_bytes(bytes, sizeof(bytes));
		break;
	case EVIL_ZEROS:
		memset(bytes, 0, sizeof(bytes));
		send_bytes(bytes, sizeof(bytes));
		break;
	case EVIL_TEXT:
		send_bytes("HTTP/1.0 400 Bad Request\r\n\r\n", 28);
		break;
	case EVIL_BYTE: /* what follows is out of step */
		send_bytes("", 1);
		break;
	case EVIL_LONG: /* a frame of 4 GiB is announced */
		memset(bytes, 0, 64);
		memset(bytes, 0xff, 4);
		send_bytes(bytes, 64);
		break;
	case EVIL_NOISE:
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)((x = x * 1103515245 + 12345)
			    >> 16);
		send_bytes(bytes, sizeof(bytes));
		break;
	case EVIL_SHUTDOWN:
		shutdown(own_socket(), SHUT_RDWR);
		break;
	case EVIL_UNTAKEN:
		ppool_answer(w, &untaken, 0, "x", 1);
		break;
	case EVIL_RETURN:
	case EVIL_NONE:
		break;
	}
}

static int
serve_evil(void *state, ppool_worker *w)
{
	enum evil how = *(enum evil *)state;
	ppool_item item;
	int v;

	while (ppool_take(w, true, &item) == 1) {
		v = int_of(item.data, item.len);
		if (v % 100 == 99) {
			misbehave(how, w);
			if (how == EVIL_RETURN)
				return 5;
			if (how == EVIL_UNTAKEN)
				item.id = UNTAKEN;
		}
		v *= v;
		if (ppool_answer(w, &item, 0, &v, sizeof(v)))
			return 1;
	}
	return 0;
}

/* Nothing more comes of workers that are gone, though another process has open what
 * the pool has closed. */
static void
nothing_is_readable_in_the_end(ppool *pool)
{
	struct pollfd p = { .fd = ppool_fd(pool), .events = POLLIN };
	int i;

	for (i = 0; i < 2000 && poll(&p, 1, 0) > 0; i++) {
		(void)ppool_poll(pool, 0);
		sleep_ms(1);
	}
	assert_true(i < 2000);
}

static void
evil_costs_only_its_worker(enum evil how, size_t chunk)
{
	const ppool_opts opts = { .processes = 2, .serve = serve_evil,
	    .init = init_keeps, .initarg = &how };
	ppool *pool = pool_with(&opts);
	pid_t copy = fork_of_which_the_copy_waits();
	struct tally t;

	assert_true(copy > 0);
	feed_ints(pool, 500, chunk, &t);
	assert_int_equal(t.ok, 495);
	assert_int_equal(t.died, 5);
	if (how <= EVIL_NOISE)
		assert_int_equal(t.died_code, -SIGKILL);
	if (how == EVIL_RETURN)
		assert_int_equal(t.died_code, 5);
	for (size_t i = 99; i < 500; i += 100)
		assert_int_equal(t.seen[i], 1);
	nothing_is_readable_in_the_end(pool);
	kill(copy, SIGKILL);
	waitpid(copy, NULL, 0);
	pool_end(pool);
}

static void
garbage_costs_only_its_worker(void **state)
{
	(void)state;
	for (int how = EVIL_ONES; how <= EVIL_NOISE; how++) {
		evil_costs_only_its_worker((enum evil)how, 1);
		evil_costs_only_its_worker((enum evil)how, 20);
	}
}

static void
a_shut_socket_costs_only_its_worker(void **state)
{
	(void)state;
	evil_costs_only_its_worker(EVIL_SHUTDOWN, 1);
	evil_costs_only_its_worker(EVIL_SHUTDOWN, 20);
}

static void
an_unknown_id_costs_only_its_worker(void **state)
{
	(void)state;
	evil_costs_only_its_worker(EVIL_UNTAKEN, 1);
	evil_costs_only_its_worker(EVIL_UNTAKEN, 20);
}

static void
leaving_with_an_item_is_a_death(void **state)
{
	(void)state;
	evil_costs_only_its_worker(EVIL_RETURN, 1);
	evil_costs_only_its_worker(EVIL_RETURN, 20);
}

static int
serve_twice(void *state, ppool_worker *w)
{
	ppool_item item;
	int v;

	(void)state;
	while (ppool_take(w, true, &item) == 1) {
		v = int_of(item.data, item.len);
		v *= v;
		ppool_answer(w, &item, 0, &v, sizeof(v));
		if (v % 9 == 0)
			ppool_answer(w, &item, 0, &v, sizeof(v));
	}
	return 0;
}

/* However often a worker answers, a result is delivered once. */
static void
a_second_answer_is_not_a_second_result(void **state)
{
	ppool *pool = server_of(2, serve_twice);
	struct tally t;

	(void)state;
	feed_ints(pool, 100, 1, &t);
	feed_ints(pool, 100, 10, &t);
	pool_end(pool);
}

static int
init_garbage(void *initarg, void **state)
{
	(void)state;
	send_bytes(initarg, 200);
	return 0;
}

/* Before the first word of a worker: the pool is broken, and says so. */
static void
garbage_from_the_initializer_breaks_the_pool(void **state)
{
	char bytes[200];
	const ppool_opts opts = { .processes = 2, .init = init_garbage,
	    .initarg = bytes };
	ppool *pool;
	ppool_async *job = NULL;
	ppool_err err;

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	pool = pool_with(&opts);
	err = ppool_apply(pool, fn_echo, "x", 1, &job);
	assert_true(err == PPOOL_BROKEN || err == PPOOL_CANCELED);
	ppool_async_free(job);
	ppool_destroy(pool);
}

static int
serve_nothing(void *state, ppool_worker *w)
{
	(void)state;
	(void)w;
	return 3;
}

/* A server that never serves is a crash loop, not a fork storm. */
static void
a_server_that_leaves_at_once(void **state)
{
	ppool *pool = server_of(2, serve_nothing);
	ppool_async *job = NULL;
	ppool_err err;

	(void)state;
	err = ppool_apply(pool, not_called, "x", 1, &job);
	assert_true(err == PPOOL_DIED || err == PPOOL_BROKEN ||
	    err == PPOOL_CANCELED);
	ppool_async_free(job);
	ppool_destroy(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(serves_map),
		CASE(serves_apply),
		CASE(serves_imap),
		CASE(serves_a_feed),
		CASE(a_servers_feed_needs_no_function),
		CASE(max_tasks_retires_a_server),
		CASE(take_need_not_wait),
		CASE(an_item_is_valid_until_answered),
		CASE(a_code_is_a_task_failure),
		CASE(too_big_an_answer_fails_alone),
		CASE(serve_sees_the_state),
		CASE(garbage_costs_only_its_worker),
		CASE(a_shut_socket_costs_only_its_worker),
		CASE(an_unknown_id_costs_only_its_worker),
		CASE(leaving_with_an_item_is_a_death),
		CASE(a_second_answer_is_not_a_second_result),
		CASE(garbage_from_the_initializer_breaks_the_pool),
		CASE(a_server_that_leaves_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
