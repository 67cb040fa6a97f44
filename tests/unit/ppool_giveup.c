/* ppool_giveup.c - an owner that ends a worker for one of its items. */
#include "ppool_util.h"

enum { ITEMS = 6, TAKEN = 3, GUILTY = 1 };

/* A process that seems not to die: linked with --wrap=waitpid. */
static pid_t undead;

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	if (pid && pid == undead)
		return 0;
	return __real_waitpid(pid, status, options);
}

/* What workers share with the test. */
struct shared {
	_Atomic int workers; /* that were started */
	_Atomic int taken;   /* items by the first of them, which hangs then */
	_Atomic int runs[ITEMS];
	_Atomic unsigned number; /* of the last worker */
};

static int
init_shared(void *initarg, void **state)
{
	struct shared *sh = initarg;

	sh->workers++;
	*state = sh;
	return 0;
}

static int
serve_once(void *state, ppool_worker *w)
{
	struct shared *sh = state;
	bool first = sh->workers == 1;
	ppool_item item;

	sh->number = ppool_number(w);
	while (ppool_take(w, true, &item) == 1) {
		int v = int_of(item.data, item.len);

		sh->runs[v]++;
		if (first && ++sh->taken < TAKEN)
			continue;
		while (first)
			pause();
		v *= v;
		if (ppool_answer(w, &item, 0, &v, sizeof(v)))
			return 1;
	}
	return 0;
}

struct outcome {
	int n, ok, given_up;
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
	o->given_up += r->err == PPOOL_GIVENUP;
}

/* A feed of six items, in a chunk or two, up to the moment when a worker hangs. */
static ppool *
begin(struct shared *sh, unsigned flags, struct outcome *o, ppool_feed **f)
{
	const ppool_opts opts = { .processes = 1, .init = init_shared,
	                          .initarg = sh, .serve = serve_once,
	                          .window = ITEMS };
	const ppool_feed_opts fopts = { .chunk_items = ITEMS, .flags = flags };
	ppool *pool = pool_with(&opts);

	*o = (struct outcome){ .n = 0 };
	assert_int_equal(ppool_feed_open(pool, NULL, &fopts, on_result, o, f),
	                 PPOOL_OK);
	for (int v = 0; v < ITEMS; v++)
		assert_int_equal(ppool_feed_put(*f, &v, sizeof(v), 1),
		                 PPOOL_OK);
	assert_int_equal(ppool_feed_flush(*f), PPOOL_OK);
	while (sh->taken < TAKEN)
		(void)ppool_poll(pool, 1);
	return pool;
}

static void
end(ppool *pool, ppool_feed *f, const struct outcome *o)
{
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(o->n, ITEMS);
	ppool_feed_free(f);
	pool_end(pool);
}

/* Only the item that was named is lost; the others are run again. */
static void
give_up_costs_one_item(void **state)
{
	struct shared *sh = shared_new(sizeof(*sh));
	struct outcome o;
	ppool_feed *f = NULL;
	ppool *pool = begin(sh, 0, &o, &f);
	ppool_buf item;

	(void)state;
	assert_int_equal(ppool_load(pool, 0), ITEMS);
	assert_int_equal(ppool_load(pool, 1), 0);
	assert_int_equal(ppool_held(pool, 0, GUILTY, &item), PPOOL_OK);
	assert_int_equal(int_of(item.data, item.len), GUILTY);
	assert_int_equal(ppool_held(pool, 0, PPOOL_OLDEST, &item), PPOOL_OK);
	assert_int_equal(int_of(item.data, item.len), 0);
	assert_int_equal(ppool_held(pool, 0, ITEMS, &item), PPOOL_INVAL);
	assert_int_equal(ppool_held(pool, 1, 0, &item), PPOOL_INVAL);
	assert_int_equal(ppool_give_up(pool, 1, 0), PPOOL_INVAL);

	assert_int_equal(ppool_give_up(pool, 0, GUILTY), PPOOL_OK);
	end(pool, f, &o);
	assert_int_equal(o.err[GUILTY], PPOOL_GIVENUP);
	assert_int_equal(o.ok, ITEMS - 1);
	assert_int_equal(sh->workers, 2);
	assert_int_equal(sh->number, 0);
	for (int v = 0; v < ITEMS; v++)
		assert_int_equal(sh->runs[v], v < TAKEN && v != GUILTY ? 2 : 1);
	munmap(sh, sizeof(*sh));
}

/* An item that it does not have, or has not begun, cannot be to blame. */
static void
give_up_blames_nobody_else(void **state)
{
	const uint64_t ids[] = { TAKEN, ITEMS, PPOOL_OLDEST };

	(void)state;
	for (size_t i = 0; i < NITEMS(ids); i++) {
		struct shared *sh = shared_new(sizeof(*sh));
		struct outcome o;
		ppool_feed *f = NULL;
		ppool *pool = begin(sh, 0, &o, &f);

		assert_int_equal(ppool_give_up(pool, 0, ids[i]), PPOOL_OK);
		end(pool, f, &o);
		assert_int_equal(o.ok, ITEMS);
		munmap(sh, sizeof(*sh));
	}
}

static void
give_up_runs_nothing_twice(void **state)
{
	struct shared *sh = shared_new(sizeof(*sh));
	struct outcome o;
	ppool_feed *f = NULL;
	ppool *pool = begin(sh, PPOOL_AT_MOST_ONCE, &o, &f);

	(void)state;
	assert_int_equal(ppool_give_up(pool, 0, GUILTY), PPOOL_OK);
	end(pool, f, &o);
	assert_int_equal(o.given_up, TAKEN);
	assert_int_equal(o.ok, ITEMS - TAKEN);
	for (int v = 0; v < ITEMS; v++)
		assert_int_equal(sh->runs[v], 1);
	munmap(sh, sizeof(*sh));
}

/* A worker that hangs in the kernel is left behind, and others work on. */
static void
what_cannot_be_killed_is_left(void **state)
{
	struct shared *sh = shared_new(sizeof(*sh));
	struct outcome o;
	ppool_feed *f = NULL;
	ppool *pool = begin(sh, 0, &o, &f);

	(void)state;
	assert_int_equal(ppool_pids(pool, &undead, 1), 1);
	assert_int_equal(ppool_give_up(pool, 0, GUILTY), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(o.n, ITEMS);
	assert_int_equal(o.err[GUILTY], PPOOL_GIVENUP);
	assert_int_equal(o.ok, ITEMS - 1);
	undead = 0;
	ppool_feed_free(f);
	pool_end(pool); /* and reaped when it dies after all */
	munmap(sh, sizeof(*sh));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(give_up_costs_one_item),
		CASE(give_up_blames_nobody_else),
		CASE(give_up_runs_nothing_twice),
		CASE(what_cannot_be_killed_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
