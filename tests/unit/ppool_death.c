/*
 * ppool_death.c - workers that die, at every moment there is, and an owner
 * that does. (37: Python hangs in nearly all of these.)
 *
 * With the argument no-pidfd, on a system that has not got pidfd_open(2):
 * tests/ppool-no-pidfd.t. Status 77: that cannot be had.
 */
#include "ppool_util.h"

#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* The ways a function can end its worker, and the code that tells of it. */
static const struct way {
	struct death death;
	int code;
} ways[] = {
	{ { DIE_SIGNAL, SIGKILL }, -SIGKILL },
	{ { DIE_SIGNAL, SIGTERM }, -SIGTERM },
	{ { DIE_ABORT, 0 }, -SIGABRT },
	{ { DIE_EXIT, 0 }, 0 },
	{ { DIE_EXIT, 3 }, 3 },
	{ { DIE_UNDERSCORE_EXIT, 255 }, 255 },
};

static void
kill_all(ppool *pool)
{
	pid_t pids[64];
	size_t n = ppool_pids(pool, pids, NITEMS(pids));

	assert_in_range(n, 0, NITEMS(pids));
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
}

static void
expect_a_working_pool(ppool *pool)
{
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	int v = 11;

	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
	assert_int_result(&r[0], 0, 121);
	ppool_async_free(job);
}

/* ---- in an item ---------------------------------------------------------- */

static void
apply_reports_a_death(void **state)
{
	ppool *pool = pool_of(2);

	(void)state;
	for (size_t i = 0; i < NITEMS(ways); i++) {
		ppool_async *job = NULL;
		const ppool_result *r = NULL;

		assert_int_equal(ppool_apply(pool, fn_die, &ways[i].death,
		    sizeof(ways[i].death), &job),
		    PPOOL_DIED);
		assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_DIED);
		assert_int_equal(r[0].code, ways[i].code);
		assert_int_equal(ppool_successful(job), PPOOL_DIED);
		ppool_async_free(job);
		expect_a_working_pool(pool);
	}
	assert_int_equal(ppool_pids(pool, NULL, 0), 2);
	pool_end(pool);
}

/* n items of which the one at place kills. */
static void
one_deadly(struct death *deaths, ppool_buf *items, int n, int place,
    const struct way *way)
{
	for (int i = 0; i < n; i++) {
		deaths[i] = i == place ? way->death :
		    (struct death){ DIE_NOT, 0 };
		items[i] = (ppool_buf){ &deaths[i], sizeof(deaths[i]) };
	}
}

static void
expect_one_dead(const ppool_result *r, int place, int code)
{
	if (r->index == (uint64_t)place) {
		assert_int_equal(r->err, PPOOL_DIED);
		assert_int_equal(r->code, code);
	} else {
		assert_int_equal(r->err, PPOOL_OK);
		assert_int_equal(r->len, 5);
	}
}

/* Whatever the chunk and wherever in it: the culprit alone. */
static void
map_loses_only_the_culprit(void **state)
{
	const size_t chunks[] = { 0, 1, 5, 20 };
	const int places[] = { 0, 7, 19 };
	struct death deaths[20];
	ppool_buf items[20];
	ppool *pool = pool_of(2);

	(void)state;
	for (size_t i = 0; i < NITEMS(ways) * 4 * 3; i++) {
		const struct way *way = &ways[i % NITEMS(ways)];
		int place = places[i / NITEMS(ways) % 3];
		ppool_async *job = NULL;
		const ppool_result *r = NULL;
		size_t n = 0;

		one_deadly(deaths, items, 20, place, way);
		assert_int_equal(ppool_map(pool, fn_die, items, 20,
		    chunks[i / NITEMS(ways) / 3], &job),
		    PPOOL_DIED);
		assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_DIED);
		assert_int_equal(n, 20);
		for (int k = 0; k < 20; k++)
			expect_one_dead(&r[k], place, way->code);
		ppool_async_free(job);
	}
	pool_end(pool);
}

struct list {
	ppool_buf *items;
	int n;
	int next;
};

static int
list_source(void *cookie, ppool_buf *item)
{
	struct list *list = cookie;

	if (list->next == list->n)
		return 0;
	*item = list->items[list->next++];
	return 1;
}

static void
imap_loses_only_the_culprit(void **state)
{
	struct death deaths[20];
	ppool_buf items[20];
	ppool *pool = pool_of(2);

	(void)state;
	for (size_t i = 0; i < NITEMS(ways) * 2; i++) {
		const struct way *way = &ways[i / 2];
		struct list list = { items, 20, 0 };
		ppool_iter *it = NULL;
		ppool_result r;
		int seen = 0;

		one_deadly(deaths, items, 20, 7, way);
		assert_int_equal((i % 2 ? ppool_imap : ppool_imap_unordered)(
			pool, fn_die, list_source, &list, 5, 0, &it), PPOOL_OK);
		for (int k = 0; k < 20; k++) {
			assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
			if (i % 2)
				assert_int_equal(r.index, k);
			assert_false(seen & 1 << r.index);
			seen |= 1 << r.index;
			expect_one_dead(&r, 7, way->code);
		}
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_END);
		ppool_iter_free(it);
	}
	pool_end(pool);
}

static void
every_item_deadly(void **state)
{
	struct death d = { DIE_SIGNAL, SIGKILL };
	ppool_buf items[40];
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	for (size_t i = 0; i < NITEMS(items); i++)
		items[i] = (ppool_buf){ &d, sizeof(d) };
	assert_int_equal(ppool_map(pool, fn_die, items, NITEMS(items), 8, &job),
	    PPOOL_DIED);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_DIED);
	for (size_t i = 0; i < NITEMS(items); i++)
		assert_int_equal(r[i].err, PPOOL_DIED);
	ppool_async_free(job);
	expect_a_working_pool(pool);
	pool_end(pool);
}

/* ---- killed from outside ------------------------------------------------- */

static int
init_keeps(void *initarg, void **state)
{
	*state = initarg;
	return 0;
}

struct attempt {
	int started; /* times the item was begun */
	int spared;  /* the attempt from which on it lives */
	int pid;     /* of a process it left behind */
};

/* Says that it runs, and then runs for ever unless it is spared. */
static int
fn_attempt(void *state, const void *in, size_t len, ppool_out *out)
{
	struct attempt *a = state;

	if (__atomic_add_fetch(&a->started, 1, __ATOMIC_SEQ_CST) < a->spared)
		sleep_ms(FOR_EVER_MS);
	return fn_echo(state, in, len, out);
}

/* Kills the workers, so many times, as soon as the item has been begun. */
static void
kill_attempts(ppool *pool, struct attempt *a, int times)
{
	for (int i = 1; i <= times; i++) {
		while (__atomic_load_n(&a->started, __ATOMIC_SEQ_CST) < i)
			ppool_poll(pool, 1);
		kill_all(pool);
	}
}

/* A status that the kernel did not keep is not made up. */
static void
a_status_that_nobody_has(void **state)
{
	const struct death death = { DIE_SIGNAL, SIGKILL };
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(ppool_apply(pool, fn_die, &death, sizeof(death), &job),
	    PPOOL_DIED);
	assert_int_equal(ppool_get(job, 0, &r, NULL), PPOOL_DIED);
	assert_int_equal(r->code, INT_MIN);
	ppool_async_free(job);
	expect_a_working_pool(pool);
	signal(SIGCHLD, SIG_DFL);
	pool_end(pool);
}

static void
killed_while_idle(void **state)
{
	ppool *pool = pool_of(3);
	pid_t before[3], after[3];

	(void)state;
	expect_a_working_pool(pool);
	assert_int_equal(ppool_pids(pool, before, 3), 3);
	kill_all(pool);
	sleep_ms(20);
	expect_a_working_pool(pool);
	for (int i = 0; i < 20; i++)
		expect_a_working_pool(pool);
	assert_in_range(ppool_pids(pool, after, 3), 1, 3);
	assert_int_not_equal(after[0], before[0]);
	pool_end(pool);
}

/* The work goes to a worker that is already dead, but nobody knows it yet. */
static void
killed_just_before_work_comes(void **state)
{
	ppool *pool = pool_of(2);
	ppool_buf *items = int_items(30);
	const ppool_result *r;
	size_t n;

	(void)state;
	for (int round = 0; round < 10; round++) {
		ppool_async *job = NULL;

		expect_a_working_pool(pool);
		kill_all(pool);
		assert_int_equal(ppool_map_async(pool, fn_square, items, 30, 5,
		    NULL, NULL, &job), PPOOL_OK);
		assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
		for (int i = 0; i < 30; i++)
			assert_int_result(&r[i], (uint64_t)i, i * i);
		ppool_async_free(job);
	}
	int_items_free(items);
	pool_end(pool);
}

static void
killed_while_running(void **state)
{
	struct attempt *a = shared_new(sizeof(*a));
	const ppool_opts opts = { .processes = 1, .init = init_keeps,
	    .initarg = a };
	ppool *pool = pool_with(&opts);
	ppool_async *job;
	const ppool_result *r = NULL;

	(void)state;
	a->spared = 2;
	assert_int_equal(ppool_apply_async(pool, fn_attempt, "x", 1, NULL,
	    NULL, &job), PPOOL_OK);
	kill_attempts(pool, a, 1);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_DIED);
	assert_int_equal(r[0].code, -SIGKILL);
	assert_int_equal(a->started, 1);
	ppool_async_free(job);
	expect_a_working_pool(pool);
	pool_end(pool);
	munmap(a, sizeof(*a));
}

static void
retries_run_it_again(void **state)
{
	struct attempt *a = shared_new(sizeof(*a));
	const ppool_opts opts = { .processes = 1, .init = init_keeps,
	    .initarg = a, .retries = 2 };
	ppool *pool = pool_with(&opts);
	ppool_async *job;

	(void)state;
	a->spared = 3;
	assert_int_equal(ppool_apply_async(pool, fn_attempt, "x", 1, NULL,
	    NULL, &job), PPOOL_OK);
	kill_attempts(pool, a, 2);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_OK);
	assert_int_equal(a->started, 3);
	ppool_async_free(job);
	a->started = 0;
	a->spared = 4;
	assert_int_equal(ppool_apply_async(pool, fn_attempt, "x", 1, NULL,
	    NULL, &job), PPOOL_OK);
	kill_attempts(pool, a, 3);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_DIED);
	assert_int_equal(a->started, 3);
	ppool_async_free(job);
	pool_end(pool);
	munmap(a, sizeof(*a));
}

/* The answer is larger than the socket holds, and the owner does not read. */
static void
killed_while_answering(void **state)
{
	enum { SIZE = 8 << 20 };
	struct attempt *a = shared_new(sizeof(*a));
	const ppool_opts opts = { .processes = 1, .init = init_keeps,
	    .initarg = a, .retries = 1 };
	ppool *pool = pool_with(&opts);
	char *data = calloc(1, SIZE);
	ppool_async *job;
	const ppool_result *r = NULL;

	(void)state;
	assert_non_null(data);
	assert_int_equal(ppool_apply_async(pool, fn_attempt, data, SIZE, NULL,
	    NULL, &job), PPOOL_OK);
	while (!__atomic_load_n(&a->started, __ATOMIC_SEQ_CST))
		ppool_poll(pool, 1);
	sleep_ms(30);
	kill_all(pool);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
	assert_int_equal(r[0].len, SIZE);
	assert_memory_equal(r[0].data, data, SIZE);
	ppool_async_free(job);
	free(data);
	pool_end(pool);
	munmap(a, sizeof(*a));
}

/* The owner is in the middle of sending when nobody is there to receive. */
static void
killed_while_receiving(void **state)
{
	enum { SIZE = 8 << 20 };
	const ppool_opts opts = { .processes = 1, .retries = 1 };
	ppool *pool = pool_with(&opts);
	char *data = calloc(1, SIZE);
	ppool_async *job;
	pid_t pid;

	(void)state;
	assert_non_null(data);
	expect_a_working_pool(pool);
	assert_int_equal(ppool_pids(pool, &pid, 1), 1);
	kill(pid, SIGSTOP);
	assert_int_equal(ppool_apply_async(pool, fn_echo, data, SIZE, NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, 10, NULL, NULL), PPOOL_TIMEOUT);
	kill(pid, SIGKILL);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_OK);
	ppool_async_free(job);
	free(data);
	pool_end(pool);
}

/* One that is stopped neither answers nor dies by itself. */
static void
terminate_ends_the_stopped(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job;
	pid_t pids[2];

	(void)state;
	expect_a_working_pool(pool);
	assert_int_equal(ppool_pids(pool, pids, 2), 2);
	kill(pids[0], SIGSTOP);
	kill(pids[1], SIGSTOP);
	assert_int_equal(ppool_apply_async(pool, fn_echo, "x", 1, NULL, NULL,
	    &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, 10, NULL, NULL), PPOOL_TIMEOUT);
	ppool_destroy(pool);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_CANCELED);
	ppool_async_free(job);
}

static int
init_waits(void *initarg, void **state)
{
	struct attempt *a = initarg;

	*state = a;
	if (__atomic_add_fetch(&a->started, 1, __ATOMIC_SEQ_CST) == a->spared)
		sleep_ms(FOR_EVER_MS);
	return 0;
}

/* Before its first word: the pool is broken, or goes on; it does not hang. */
static void
killed_in_the_initializer(void **state)
{
	struct attempt *a = shared_new(sizeof(*a));
	const ppool_opts opts = { .processes = 1, .init = init_waits,
	    .initarg = a };
	ppool *pool;
	ppool_async *job;
	ppool_err err;

	(void)state;
	a->spared = 1;
	pool = pool_with(&opts);
	assert_int_equal(ppool_apply_async(pool, fn_echo, "x", 1, NULL, NULL,
	    &job), PPOOL_OK);
	while (!__atomic_load_n(&a->started, __ATOMIC_SEQ_CST))
		ppool_poll(pool, 1);
	kill_all(pool);
	err = ppool_get(job, -1, NULL, NULL);
	assert_true(err == PPOOL_OK || err == PPOOL_CANCELED);
	assert_in_range(a->started, 1, 2);
	ppool_async_free(job);
	ppool_destroy(pool);
	munmap(a, sizeof(*a));
}

/* A grandchild keeps the socket open: the death is seen all the same. */
static int
fn_leaves_a_child(void *state, const void *in, size_t len, ppool_out *out)
{
	struct attempt *a = state;
	pid_t pid;

	(void)in;
	(void)len;
	(void)out;
	pid = fork();
	if (pid == 0) {
		alarm(90);
		pause();
		_exit(0);
	}
	a->pid = pid;
	raise(SIGKILL);
	return 0;
}

static void
a_death_with_the_socket_still_open(void **state)
{
	struct attempt *a = shared_new(sizeof(*a));
	const ppool_opts opts = { .processes = 1, .init = init_keeps,
	    .initarg = a };
	ppool *pool = pool_with(&opts);
	ppool_async *job = NULL;

	(void)state;
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 1), errno);
	assert_int_equal(ppool_apply(pool, fn_leaves_a_child, "x", 1, &job),
	    PPOOL_DIED);
	ppool_async_free(job);
	expect_a_working_pool(pool);
	assert_return_code(kill(a->pid, SIGKILL), errno);
	assert_int_equal(waitpid(a->pid, NULL, 0), a->pid);
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 0), errno);
	pool_end(pool);
	munmap(a, sizeof(*a));
}

/* ---- options about death ------------------------------------------------- */

struct runs {
	int of[200];
};

/* Counts its runs; item 7 of every ten kills. */
static int
fn_counted(void *state, const void *in, size_t len, ppool_out *out)
{
	struct runs *runs = state;
	int v = int_of(in, len);

	if (v < 0 || v >= (int)NITEMS(runs->of))
		return 98;
	__atomic_add_fetch(&runs->of[v], 1, __ATOMIC_SEQ_CST);
	if (v % 10 == 7)
		raise(SIGKILL);
	return fn_square(NULL, in, len, out);
}

static void
run_counted(unsigned flags, struct runs *runs, size_t *ok, size_t *died)
{
	const ppool_opts opts = { .processes = 2, .init = init_keeps,
	    .initarg = runs, .flags = flags };
	ppool *pool = pool_with(&opts);
	ppool_buf *items = int_items(200);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	size_t n = 0;

	*ok = *died = 0;
	assert_int_equal(ppool_map(pool, fn_counted, items, 200, 20, &job),
	    PPOOL_DIED);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_DIED);
	assert_int_equal(n, 200);
	for (int i = 0; i < 200; i++) {
		*ok += r[i].err == PPOOL_OK;
		*died += r[i].err == PPOOL_DIED;
		if (i % 10 == 7)
			assert_int_equal(r[i].err, PPOOL_DIED);
	}
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
}

static void
at_most_once_runs_nothing_twice(void **state)
{
	struct runs *runs = shared_new(sizeof(*runs));
	size_t ok, died;

	(void)state;
	run_counted(PPOOL_AT_MOST_ONCE, runs, &ok, &died);
	assert_int_equal(ok + died, 200);
	for (int i = 0; i < 200; i++)
		assert_in_range(runs->of[i], 0, 1);
	munmap(runs, sizeof(*runs));
}

static void
on_any(void *cookie, const ppool_result *r)
{
	(void)r;
	++*(int *)cookie;
}

/* The flag of a feed is for its items alone. */
static void
at_most_once_for_one_feed(void **state)
{
	struct runs *runs = shared_new(sizeof(*runs));
	const ppool_opts opts = { .processes = 2, .init = init_keeps,
	    .initarg = runs };
	const ppool_feed_opts fopts = { .chunk_items = 20,
	    .flags = PPOOL_AT_MOST_ONCE };
	ppool *pool = pool_with(&opts);
	ppool_feed *f = NULL;
	int results = 0;

	(void)state;
	assert_int_equal(ppool_feed_open(pool, fn_counted, &fopts, on_any,
	    &results, &f), PPOOL_OK);
	for (int v = 0; v < 200; v++)
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
		    PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	ppool_feed_free(f);
	pool_end(pool);
	assert_int_equal(results, 200);
	for (int i = 0; i < 200; i++)
		assert_in_range(runs->of[i], 0, 1);
	munmap(runs, sizeof(*runs));
}

static void
without_it_neighbours_run_again(void **state)
{
	struct runs *runs = shared_new(sizeof(*runs));
	size_t ok, died;

	(void)state;
	run_counted(0, runs, &ok, &died);
	assert_int_equal(ok, 180);
	assert_int_equal(died, 20);
	munmap(runs, sizeof(*runs));
}

static void
no_respawn_goes_on_with_the_others(void **state)
{
	const ppool_opts opts = { .processes = 2, .flags = PPOOL_NO_RESPAWN };
	struct death d = { DIE_SIGNAL, SIGKILL };
	ppool *pool = pool_with(&opts);
	ppool_async *job = NULL;

	(void)state;
	assert_int_equal(ppool_apply(pool, fn_die, &d, sizeof(d), &job),
	    PPOOL_DIED);
	ppool_async_free(job);
	job = NULL;
	expect_a_working_pool(pool);
	assert_int_equal(ppool_pids(pool, NULL, 0), 1);
	assert_int_equal(ppool_apply(pool, fn_die, &d, sizeof(d), &job),
	    PPOOL_DIED);
	ppool_async_free(job);
	job = NULL;
	assert_int_equal(ppool_apply(pool, fn_die, &d, sizeof(d), &job),
	    PPOOL_BROKEN);
	assert_null(job);
	assert_int_equal(ppool_pids(pool, NULL, 0), 0);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_destroy(pool);
}

static void
task_timeout_kills_the_slow(void **state)
{
	/* no other takes as long, on the busiest machine */
	const ppool_opts opts = { .processes = 2, .task_timeout_ms = 2000 };
	ppool *pool = pool_with(&opts);
	int ms[12];
	ppool_buf items[12];
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	for (int i = 0; i < 12; i++) {
		ms[i] = i == 5 ? FOR_EVER_MS : 1;
		items[i] = (ppool_buf){ &ms[i], sizeof(ms[i]) };
	}
	assert_int_equal(ppool_map(pool, fn_sleep, items, 12, 4, &job),
	    PPOOL_DIED);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_DIED);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(r[i].err, i == 5 ? PPOOL_DIED : PPOOL_OK);
		assert_int_equal(r[i].code, i == 5 ? -SIGKILL : 0);
	}
	ppool_async_free(job);
	pool_end(pool);
}

/* ---- the owner ----------------------------------------------------------- */

/* An owner of four workers, two of them busy, that tells their pids. */
static void
run_owner(int to)
{
	const ppool_opts opts = { .processes = 4 };
	ppool *pool = NULL;
	pid_t pids[4];
	/* without PDEATHSIG a busy worker finishes its item first */
	int v = PORTABLE ? 200 : FOR_EVER_MS;

	if (ppool_create(&pool, &opts))
		_exit(1);
	for (int i = 0; i < 2; i++)
		if (ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL, NULL,
		    NULL))
			_exit(1);
	ppool_poll(pool, 30);
	if (ppool_pids(pool, pids, 4) != 4 ||
	    write(to, pids, sizeof(pids)) != sizeof(pids))
		_exit(1);
	ppool_poll(pool, -1);
	_exit(1);
}

static void
no_worker_outlives_its_owner(void **state)
{
	pid_t owner, pids[4];
	int fds[2], status;

	(void)state;
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 1), errno);
	assert_return_code(pipe(fds), errno);
	owner = fork();
	if (owner == 0)
		run_owner(fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], pids, sizeof(pids)), sizeof(pids));
	close(fds[0]);
	kill(owner, SIGKILL);
	assert_int_equal(waitpid(owner, &status, 0), owner);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	/* a worker that went on would be waited for in vain */
	for (int i = 0; i < 4; i++)
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 0), errno);
}

/* ---- all of it at once --------------------------------------------------- */

enum { MANY = 120000, FEWER = 30000, POISON = 1009 };

struct massacre {
	ppool *pool;
	unsigned char *seen;
	int n;
	int results, poisoned, shot;
	int kills;
	unsigned random;
	bool wrong;
};

static unsigned
next_random(unsigned *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static int
fn_poison(void *state, const void *in, size_t len, ppool_out *out)
{
	int v = int_of(in, len);

	(void)state;
	if (v % POISON == 0)
		abort();
	return ppool_write(out, &v, sizeof(v)) == PPOOL_OK ? 0 : 99;
}

static void
on_survivor(void *cookie, const ppool_result *r)
{
	struct massacre *m = cookie;
	int v = int_of(r->item.data, r->item.len);

	m->results++;
	if (v < 0 || v >= m->n || v != (int)r->index || m->seen[v]++) {
		m->wrong = true;
		return;
	}
	if (r->err == PPOOL_OK)
		m->wrong |= v % POISON == 0 || int_of(r->data, r->len) != v;
	else if (r->err == PPOOL_DIED && v % POISON == 0)
		m->poisoned++; /* though the last time it may have been shot */
	else if (r->err == PPOOL_DIED && r->code == -SIGKILL)
		m->shot++;
	else
		m->wrong = true;
}

static void
shoot_one(struct massacre *m)
{
	pid_t pids[8];
	size_t n = ppool_pids(m->pool, pids, NITEMS(pids));

	if (n == 0)
		return;
	kill(pids[next_random(&m->random) % n], SIGKILL);
	m->kills++;
}

/* Nothing is lost and nothing comes twice, whoever dies whenever. */
static void
random_kills_in_a_long_run(void **state)
{
	const ppool_opts opts = { .processes = 3, .retries = 3 };
	struct massacre m = { .random = 2463534242u };
	ppool_feed *f = NULL;

	(void)state;
	/* a fork is slow in these */
	m.n = UNDER_ASAN || under_valgrind() ? FEWER : MANY;
	m.pool = pool_with(&opts);
	m.seen = calloc((size_t)m.n, 1);
	assert_non_null(m.seen);
	assert_int_equal(ppool_feed_open(m.pool, fn_poison, NULL, on_survivor,
	    &m, &f), PPOOL_OK);
	for (int v = 0; v < m.n; v++) {
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
		    PPOOL_OK);
		if (next_random(&m.random) % 1000 == 0)
			shoot_one(&m);
	}
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	ppool_feed_free(f);
	pool_end(m.pool);
	assert_false(m.wrong);
	assert_int_equal(m.results, m.n);
	assert_in_range(m.kills, m.n / 2400, m.n / 400);
	/* retries make it all but impossible to shoot one item four times */
	assert_int_equal(m.shot, 0);
	assert_int_equal(m.poisoned, (m.n + POISON - 1) / POISON);
	free(m.seen);
}

static void
random_kills_under_an_ordered_imap(void **state)
{
	const ppool_opts opts = { .processes = 2, .retries = 3 };
	struct massacre m = { .random = 88172645 };
	struct counter c = { .limit = 20000, .fail_at = -1 };
	ppool_iter *it = NULL;
	ppool_result r;

	(void)state;
	m.pool = pool_with(&opts);
	assert_int_equal(ppool_imap(m.pool, fn_echo, counter_source, &c, 10, 0,
	    &it), PPOOL_OK);
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(ppool_next(it, -1, &r), PPOOL_OK);
		assert_int_result(&r, (uint64_t)i, i);
		if (next_random(&m.random) % 400 == 0)
			shoot_one(&m);
	}
	assert_int_equal(ppool_next(it, -1, &r), PPOOL_END);
	ppool_iter_free(it);
	pool_end(m.pool);
}

/* From here on pidfd_open(2) fails as if there were none. Not by ptrace(2), whose
 * users have trouble of their own with tracees that die. 0 or -1. */
static int
deny_pidfd(void)
{
#ifdef SYS_pidfd_open
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { NITEMS(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0 ||
	    syscall(SYS_pidfd_open, getpid(), 0) != -1 || errno != ENOSYS)
		return -1;
#endif
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(apply_reports_a_death),
		CASE(map_loses_only_the_culprit),
		CASE(imap_loses_only_the_culprit),
		CASE(every_item_deadly),
		CASE(a_status_that_nobody_has),
		CASE(killed_while_idle),
		CASE(killed_just_before_work_comes),
		CASE(killed_while_running),
		CASE(retries_run_it_again),
		CASE(killed_while_answering),
		CASE(killed_while_receiving),
		CASE(terminate_ends_the_stopped),
		CASE(killed_in_the_initializer),
		CASE(a_death_with_the_socket_still_open),
		CASE(at_most_once_runs_nothing_twice),
		CASE(at_most_once_for_one_feed),
		CASE(without_it_neighbours_run_again),
		CASE(no_respawn_goes_on_with_the_others),
		CASE(task_timeout_kills_the_slow),
		CASE(no_worker_outlives_its_owner),
		CASE(random_kills_in_a_long_run),
		CASE(random_kills_under_an_ordered_imap),
	};

	if (argc > 1 && !strcmp(argv[1], "no-pidfd") && deny_pidfd() < 0)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
