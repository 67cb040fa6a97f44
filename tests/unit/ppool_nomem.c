/*
 * ppool_nomem.c - a pool in need: no memory, no processes, no descriptors, and
 * no answer of poll(2).
 * Linked with --wrap for malloc, calloc, realloc, fork, poll, nanosleep,
 * epoll_create1 and epoll_ctl.
 */
#include "ppool_util.h"

#include <poll.h>
#include <sys/socket.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

static pid_t owner;        /* faults are the owner's alone */
static long mallocs_left;  /* -1: memory is plenty */
static long mallocs_failed;
static int forks_left;     /* -1: processes are plenty */
static int poll_error;     /* errno of each poll; 0: they do not fail */
static long naps;
static nfds_t entries;     /* of the last poll */
static struct polls {
	long all;
	long waiting;      /* with a timeout other than 0 */
	long idle_entries; /* that stood for nothing to wait for */
	long hangups;      /* that were reported */
} *polls;                  /* shared with workers */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
pid_t __real_fork(void);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
pid_t __wrap_fork(void);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_nanosleep(const struct timespec *t, struct timespec *left);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left);

/* Exactly one allocation fails: the one after mallocs_left others. */
static bool
out_of_memory(void)
{
	if (mallocs_left < 0 || getpid() != owner || mallocs_left-- > 0)
		return false;
	mallocs_failed++;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return out_of_memory() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return out_of_memory() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return out_of_memory() ? NULL : __real_realloc(p, size);
}

pid_t
__wrap_fork(void)
{
	if (forks_left == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (forks_left > 0)
		forks_left--;
	return __real_fork();
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int rc;

	entries = n;
	for (nfds_t i = 0; i < n; i++)
		__atomic_add_fetch(&polls->idle_entries,
		    fds[i].fd < 0 || !fds[i].events, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&polls->waiting, timeout_ms != 0, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&polls->all, 1, __ATOMIC_SEQ_CST);
	if (poll_error) {
		errno = poll_error;
		return -1;
	}
	rc = __real_poll(fds, n, timeout_ms);
	for (nfds_t i = 0; i < n; i++)
		__atomic_add_fetch(&polls->hangups,
		    (fds[i].revents & POLLHUP) != 0, __ATOMIC_SEQ_CST);
	return rc;
}

int
__wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	naps++;
	return __real_nanosleep(t, left);
}

#ifdef __linux__
static int epolls_left; /* -1: they do not fail */

int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __real_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int __wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);

static bool
epoll_fails(void)
{
	if (epolls_left < 0 || getpid() != owner || epolls_left-- > 0)
		return false;
	errno = ENOSPC;
	return true;
}

int
__wrap_epoll_create1(int flags)
{
	return epoll_fails() ? -1 : __real_epoll_create1(flags);
}

int
__wrap_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	return epoll_fails() ? -1 : __real_epoll_ctl(epfd, op, fd, ev);
}
#endif

static int
plenty(void **state)
{
	(void)state;
	owner = getpid();
	polls = shared_new(sizeof(*polls));
	naps = 0;
	poll_error = 0;
#ifdef __linux__
	epolls_left = -1;
#endif
	mallocs_left = -1;
	mallocs_failed = 0;
	forks_left = -1;
	return pool_enter(state);
}

static int
no_more(void **state)
{
	munmap(polls, sizeof(*polls));
	return pool_leave(state);
}

#define NEEDY(test) cmocka_unit_test_setup_teardown(test, plenty, no_more)

/* ---- memory -------------------------------------------------------------- */

/* Results of one run; what is not a result is an error of a call. */
struct outcome {
	int ok, other, errors;
};

static void
count(struct outcome *o, ppool_err err)
{
	if (err == PPOOL_OK)
		o->ok++;
	else
		o->other++;
}

static void
run_apply(ppool *pool, struct outcome *o)
{
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	size_t n = 0;
	int v = 7;

	if (ppool_apply(pool, fn_square, &v, sizeof(v), &job) && !job) {
		o->errors++;
		return;
	}
	ppool_get(job, -1, &r, &n);
	for (size_t i = 0; i < n; i++)
		count(o, r[i].err);
	ppool_async_free(job);
}

static void
run_map(ppool *pool, struct outcome *o)
{
	int v[10];
	ppool_buf items[10];
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	size_t n = 0;

	for (int i = 0; i < 10; i++) {
		v[i] = i;
		items[i] = (ppool_buf){ &v[i], sizeof(v[i]) };
	}
	if (ppool_map(pool, fn_square, items, 10, 3, &job) && !job) {
		o->errors++;
		return;
	}
	ppool_get(job, -1, &r, &n);
	for (size_t i = 0; i < n; i++)
		count(o, r[i].err);
	ppool_async_free(job);
}

static void
run_imap(ppool *pool, struct outcome *o)
{
	struct counter c = { .limit = 10, .fail_at = -1 };
	ppool_iter *it = NULL;
	ppool_result r;
	ppool_err err;
	int tries = 0;

	if (ppool_imap(pool, fn_square, counter_source, &c, 3, 0, &it)) {
		o->errors++;
		return;
	}
	while ((err = ppool_next(it, -1, &r)) != PPOOL_END && tries++ < 20)
		if (err == PPOOL_OK)
			count(o, r.err);
		else
			o->errors++;
	ppool_iter_free(it);
}

static void
on_result(void *cookie, const ppool_result *r)
{
	count(cookie, r->err);
}

static void
run_feed(ppool *pool, struct outcome *o)
{
	const ppool_feed_opts opts = { .chunk_items = 3 };
	ppool_feed *f = NULL;

	if (ppool_feed_open(pool, fn_square, &opts, on_result, o, &f)) {
		o->errors++;
		return;
	}
	for (int v = 0; v < 10; v++)
		if (ppool_feed_put(f, &v, sizeof(v), 1, NULL))
			o->errors++;
	if (ppool_feed_finish(f, -1))
		o->errors++;
	ppool_feed_free(f);
}

/* A pool's whole life in which one allocation fails. */
static void
live_without(long nth, struct outcome *o)
{
	const ppool_opts opts = { .processes = 2 };
	ppool *pool = NULL;
	ppool_err err;

	*o = (struct outcome){ 0 };
	mallocs_left = nth;
	err = ppool_create(&pool, &opts);
	if (!err) {
		run_apply(pool, o);
		run_map(pool, o);
		run_imap(pool, o);
		run_feed(pool, o);
		ppool_close(pool);
		ppool_join(pool, -1);
		ppool_destroy(pool);
	}
	mallocs_left = -1;
	if (err) {
		assert_int_equal(err, PPOOL_NOMEM);
		assert_null(pool);
	}
}

/*
 * Each allocation in turn. Nothing crashes, hangs, leaks or leaves a child;
 * with only one failure it costs at most the call, or the results, it hit.
 */
static void
every_allocation_fails_once(void **state)
{
	struct outcome o;
	long nth = 0;

	(void)state;
	for (;;) {
		mallocs_failed = 0;
		live_without(nth, &o);
		if (!mallocs_failed)
			break;
		nth++;
	}
	assert_true(nth > 3);
	assert_int_equal(o.ok, 31);
	assert_int_equal(o.errors, 0);
}

/* ---- processes ----------------------------------------------------------- */

/* 35. The fourth fork fails: the first three are gone when create returns. */
static void
a_failing_fork_leaves_no_child(void **state)
{
	const ppool_opts opts = { .processes = 6 };
	ppool *pool = (ppool *)1;

	(void)state;
	for (int k = 0; k < 6; k++) {
		forks_left = k;
		errno = 0;
		assert_int_equal(ppool_create(&pool, &opts), PPOOL_SYS);
		assert_int_equal(errno, EAGAIN);
		assert_null(pool);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

static void
kill_workers(ppool *pool, size_t n)
{
	pid_t pids[8];

	assert_true(ppool_pids(pool, pids, 8) >= n);
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
}

/* No replacement can be forked: the others go on; with none, BROKEN. */
static void
a_failing_replacement(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	ppool_err err;
	int v = 8, died = 0;

	(void)state;
	forks_left = 0;
	kill_workers(pool, 1);
	for (int i = 0; i < 10; i++) {
		job = NULL;
		err = ppool_apply(pool, fn_square, &v, sizeof(v), &job);
		/* one item may have been given to the one just killed */
		died += err == PPOOL_DIED;
		assert_true(err == PPOOL_OK || err == PPOOL_DIED);
		ppool_async_free(job);
	}
	assert_true(died <= 1);
	do {
		/* the first may be listed still, if nothing was sent to it */
		kill_workers(pool, ppool_pids(pool, NULL, 0));
		job = NULL;
		err = ppool_apply(pool, fn_square, &v, sizeof(v), &job);
		ppool_async_free(job);
	} while (err == PPOOL_OK || err == PPOOL_DIED);
	assert_true(err == PPOOL_BROKEN || err == PPOOL_CANCELED);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_destroy(pool);
}

/* What could not be forked at one time can be at another. */
static void
a_replacement_is_tried_again(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job = NULL;
	int v = 8;

	(void)state;
	forks_left = 0;
	kill_workers(pool, 1);
	/* it takes as long to die as the machine is busy */
	while (ppool_pids(pool, NULL, 0) != 1)
		ppool_poll(pool, 20);
	forks_left = -1;
	while (ppool_pids(pool, NULL, 0) < 2) {
		ppool_apply(pool, fn_square, &v, sizeof(v), &job);
		ppool_async_free(job);
		ppool_poll(pool, 10);
	}
	pool_end(pool);
}

/* ---- descriptors --------------------------------------------------------- */

static void
too_few_descriptors(void **state)
{
	const ppool_opts opts = { .processes = 8 };
	struct rlimit before, low;
	ppool *pool = (ppool *)1;
	int in_use = count_fds() - 3; /* ".", ".." and the directory itself */

	(void)state;
	if (under_valgrind())
		return;
	assert_return_code(getrlimit(RLIMIT_NOFILE, &before), errno);
	for (int spare = 0; spare < 8; spare++) {
		low = before;
		low.rlim_cur = (rlim_t)(in_use + spare);
		assert_return_code(setrlimit(RLIMIT_NOFILE, &low), errno);
		errno = 0;
		assert_int_equal(ppool_create(&pool, &opts), PPOOL_SYS);
		assert_int_equal(errno, EMFILE);
		assert_null(pool);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
	assert_return_code(setrlimit(RLIMIT_NOFILE, &before), errno);
}

#ifdef __linux__
/* Each call in turn: the set, and for each worker a socket and a process, until
 * none fails. */
static void
too_few_watches(void **state)
{
	const ppool_opts opts = { .processes = 2 };
	ppool *pool = (ppool *)1;
	int calls = 0;

	(void)state;
	for (;; calls++) {
		epolls_left = calls;
		if (ppool_create(&pool, &opts) == PPOOL_OK)
			break;
		assert_int_equal(errno, ENOSPC);
		assert_null(pool);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
	epolls_left = -1;
	/* there may be no descriptors of processes, and no set at all */
	assert_in_range(calls, PORTABLE ? 0 : 3, 5);
	pool_end(pool);
}
#endif

/* ---- waiting ------------------------------------------------------------- */

/* Until the owner has polled so often. */
static int
fn_outlast(void *state, const void *in, size_t len, ppool_out *out)
{
	while (__atomic_load_n(&polls->all, __ATOMIC_SEQ_CST) < 20)
		sleep_ms(1);
	return fn_square(state, in, len, out);
}

/* Whatever the reason: results come all the same, and each look for them that
 * was to wait is followed by a pause. */
static void
poll_fails_for_ever(void **state)
{
	static const int errors[] = { EINVAL, ENOMEM, ENOSYS };
	const struct death death = { DIE_SIGNAL, SIGKILL };

	(void)state;
	for (size_t i = 0; i < NITEMS(errors); i++) {
		ppool *pool = pool_of(2);
		ppool_buf *items = int_items(4);
		ppool_async *a = NULL;
		const ppool_result *r = NULL;

		*polls = (struct polls){ 0 };
		naps = 0;
		poll_error = errors[i];
		assert_int_equal(ppool_map(pool, fn_outlast, items, 4, 1, &a),
		    PPOOL_OK);
		ppool_get(a, -1, &r, NULL);
		for (int v = 0; v < 4; v++)
			assert_int_result(&r[v], (uint64_t)v, v * v);
		ppool_async_free(a);
		assert_int_equal(ppool_apply(pool, fn_die, &death,
		    sizeof(death), &a), PPOOL_DIED);
		ppool_async_free(a);
		assert_int_equal(ppool_poll(pool, 0), PPOOL_TIMEOUT);
		pool_end(pool);
		poll_error = 0;
		assert_true(polls->all >= 20);
		assert_int_equal(naps, polls->waiting);
		int_items_free(items);
	}
}

/* Whatever errno says, which no success sets. */
static void
a_timeout_is_no_failure(void **state)
{
	static const int errors[] = { 0, EINTR, EINVAL };
	ppool *pool = pool_of(1);
	int v = 3;
	ppool_async *a = NULL;

	(void)state;
	/* it has said all that it says by itself */
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &a),
	    PPOOL_OK);
	ppool_async_free(a);
	for (size_t i = 0; i < NITEMS(errors); i++) {
		errno = errors[i];
		assert_int_equal(ppool_poll(pool, 1), PPOOL_TIMEOUT);
	}
	assert_int_equal(naps, 0);
	pool_end(pool);
}

/* Closes its socket, which is the only one, and stays. */
static int
fn_hang_up(void *state, const void *in, size_t len, ppool_out *out)
{
	int type;

	(void)state;
	(void)in;
	(void)len;
	(void)out;
	for (int fd = 3; fd < 256; fd++)
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type,
		    &(socklen_t){ sizeof(type) }) == 0)
			close(fd);
	sleep_ms(FOR_EVER_MS);
	return 0;
}

/* Its end would be reported for as long as the worker has until it is killed. */
static void
a_socket_at_its_end_is_polled_no_more(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *a = NULL;

	(void)state;
	assert_int_equal(ppool_apply(pool, fn_hang_up, NULL, 0, &a),
	    PPOOL_DIED);
	ppool_async_free(a);
	/* with what it had said before, and then */
	assert_in_range(polls->hangups, 1, 2);
	pool_end(pool);
}

/* More of them than RLIMIT_NOFILE has poll(2) fail. */
static void
only_what_is_in_use_is_polled(void **state)
{
	ppool *pool = pool_of(5);
	pid_t pids[5];
	nfds_t each;

	(void)state;
	forks_left = 0;
	assert_int_equal(ppool_poll(pool, 0), PPOOL_TIMEOUT);
	each = entries / 5;
	assert_true(each == 1 || each == 2); /* there may be no pidfds */
	assert_int_equal(entries, 5 * each);
	for (size_t left = 5; left > 1; left--) {
		/* in the middle, where there is one */
		assert_int_equal(ppool_pids(pool, pids, 5), left);
		kill(pids[left / 2], SIGKILL);
		while (ppool_pids(pool, NULL, 0) == left)
			ppool_poll(pool, 100);
		ppool_poll(pool, 0);
		assert_int_equal(entries, (left - 1) * each);
	}
	assert_int_equal(polls->idle_entries, 0);
	pool_end(pool);
}

/* Leaves when the owner has slept. */
static int
serve_lingering(void *state, ppool_worker *w)
{
	ppool_item item;

	(void)state;
	while (ppool_take(w, true, &item) == 1)
		;
	while (!__atomic_load_n(&polls->waiting, __ATOMIC_SEQ_CST))
		sleep_ms(1);
	return 0;
}

static void
join_sleeps_while_workers_leave(void **state)
{
	const ppool_opts opts = { .processes = 1, .serve = serve_lingering };
	ppool *pool = pool_with(&opts);

	(void)state;
	*polls = (struct polls){ 0 };
	pool_end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NEEDY(every_allocation_fails_once),
		NEEDY(a_failing_fork_leaves_no_child),
		NEEDY(a_failing_replacement),
		NEEDY(a_replacement_is_tried_again),
		NEEDY(too_few_descriptors),
#ifdef __linux__
		NEEDY(too_few_watches),
#endif
		NEEDY(poll_fails_for_ever),
		NEEDY(a_timeout_is_no_failure),
		NEEDY(a_socket_at_its_end_is_polled_no_more),
		NEEDY(only_what_is_in_use_is_polled),
		NEEDY(join_sleeps_while_workers_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
