/*
 * ppool_process.c - the pool among the other concerns of a process: signals,
 * descriptors, children, event loops.
 */
#include "ppool_util.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>

/* 34. exit with a pool in mid-work: status 0, and no worker stays. */
static void
exit_with_a_live_pool(void **state)
{
	static ppool *pool; /* still reachable when leaks are looked for */
	pid_t owner;
	/* without PDEATHSIG a busy worker finishes its item first */
	int status, v = PORTABLE ? 100 : FOR_EVER_MS;

	(void)state;
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 1), errno);
	owner = fork();
	if (owner == 0) {
		if (ppool_create(&pool, &(ppool_opts){ .processes = 3 }) ||
		    ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
		    NULL, NULL))
			_exit(1);
		ppool_poll(pool, 10);
		exit(0);
	}
	assert_int_equal(waitpid(owner, &status, 0), owner);
	assert_int_equal(status, 0);
	/* the orphans are ours now; none sleeps on */
	while (waitpid(-1, &status, 0) > 0)
		;
	assert_int_equal(errno, ECHILD);
	assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 0), errno);
}

static int
fn_sigint(void *state, const void *in, size_t len, ppool_out *out)
{
	raise(SIGINT);
	return fn_square(state, in, len, out);
}

/* The terminal sends ^C to all; only the owner decides. */
static void
workers_ignore_sigint(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job = NULL;
	int v = 2;

	(void)state;
	assert_int_equal(ppool_apply(pool, fn_sigint, &v, sizeof(v), &job),
	    PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
}

static void
on_signal(int sig)
{
	(void)sig;
}

static int
fn_signals(void *state, const void *in, size_t len, ppool_out *out)
{
	struct sigaction act;
	sigset_t mask;
	int clean;

	(void)state;
	(void)in;
	(void)len;
	sigaction(SIGUSR1, NULL, &act);
	clean = act.sa_handler == SIG_DFL;
	sigaction(SIGTERM, NULL, &act);
	clean = clean && act.sa_handler == SIG_DFL;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	clean = clean && !sigismember(&mask, SIGUSR1) &&
	    !sigismember(&mask, SIGTERM);
	return ppool_write(out, &clean, sizeof(clean)) == PPOOL_OK ? 0 : 99;
}

/* The owner's handlers are not the workers'. */
static void
workers_reset_handlers(void **state)
{
	const struct sigaction act = { .sa_handler = on_signal };
	struct sigaction usr1, term;
	ppool *pool;
	ppool_async *job = NULL;
	const ppool_result *r = NULL;

	(void)state;
	assert_return_code(sigaction(SIGUSR1, &act, &usr1), errno);
	assert_return_code(sigaction(SIGTERM, &act, &term), errno);
	pool = pool_of(1);
	assert_int_equal(ppool_apply(pool, fn_signals, NULL, 0, &job),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
	assert_int_result(&r[0], 0, 1);
	ppool_async_free(job);
	pool_end(pool);
	sigaction(SIGUSR1, &usr1, NULL);
	sigaction(SIGTERM, &term, NULL);
}

static void
signal_owner_soon(timer_t *timer)
{
	const struct itimerspec once = { { 0, 20000000 }, { 0, 20000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1 };

	assert_return_code(timer_create(CLOCK_MONOTONIC, &event, timer), errno);
	assert_return_code(timer_settime(*timer, 0, &once, NULL), errno);
}

/* Even with SA_RESTART: the application decides what an interrupt means. */
static void
waiting_is_interrupted(void **state)
{
	const struct sigaction act = { .sa_handler = on_signal,
	    .sa_flags = SA_RESTART };
	struct sigaction old;
	ppool *pool = pool_of(1);
	struct counter c = { .next = FOR_EVER_MS, .limit = -1, .fail_at = -1 };
	ppool_async *job;
	ppool_iter *it = NULL;
	ppool_result r;
	timer_t timer;
	int v = FOR_EVER_MS;

	(void)state;
	assert_return_code(sigaction(SIGUSR1, &act, &old), errno);
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, &job), PPOOL_OK);
	assert_int_equal(ppool_imap(pool, fn_sleep, counter_source, &c, 1, 0,
	    &it), PPOOL_OK);
	signal_owner_soon(&timer);
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_INTR);
	assert_int_equal(ppool_wait(job, -1), PPOOL_INTR);
	assert_int_equal(ppool_next(it, -1, &r), PPOOL_INTR);
	assert_int_equal(ppool_poll(pool, -1), PPOOL_INTR);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_INTR);
	timer_delete(timer);
	sigaction(SIGUSR1, &old, NULL);
	assert_int_equal(ppool_terminate(pool), PPOOL_OK);
	assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	ppool_async_free(job);
	ppool_iter_free(it);
	ppool_destroy(pool);
}

static int
fn_deaf(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)state;
	(void)out;
	signal(SIGTERM, SIG_IGN);
	*(int *)state = 1;
	sleep_ms(int_of(in, len));
	return 0;
}

static int
fn_polite(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)in;
	(void)len;
	(void)out;
	*(int *)state = 1;
	pause();
	return 0;
}

static int
init_keeps(void *initarg, void **state)
{
	*state = initarg;
	return 0;
}

/* SIGTERM first; who ignores it gets SIGKILL. */
static void
terminate_asks_first(void **state)
{
	ppool_fn *const fns[] = { fn_deaf, fn_polite };
	int *running = shared_new(sizeof(*running));
	const ppool_opts opts = { .processes = 2, .kill_after_ms = 50,
	    .init = init_keeps, .initarg = running };
	int v = FOR_EVER_MS;

	(void)state;
	for (size_t i = 0; i < NITEMS(fns); i++) {
		ppool *pool = pool_with(&opts);

		*running = 0;
		assert_int_equal(ppool_apply_async(pool, fns[i], &v, sizeof(v),
		    NULL, NULL, NULL), PPOOL_OK);
		while (!__atomic_load_n(running, __ATOMIC_SEQ_CST))
			ppool_poll(pool, 1);
		assert_int_equal(ppool_terminate(pool), PPOOL_OK);
		assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
		ppool_destroy(pool);
	}
	munmap(running, sizeof(*running));
}

static int
fn_fds(void *state, const void *in, size_t len, ppool_out *out)
{
	int n = count_fds();

	(void)state;
	(void)in;
	(void)len;
	return ppool_write(out, &n, sizeof(n)) == PPOOL_OK ? 0 : 99;
}

/* No worker holds another's socket, not even one that came later. */
static void
workers_hold_only_their_own_socket(void **state)
{
	const ppool_opts opts = { .processes = 4, .max_tasks = 2 };
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	ppool *other, *pool;
	ppool_buf *items;
	size_t n = 0;
	int before;

	(void)state;
	if (under_valgrind())
		return;
	other = pool_of(2);
	before = count_fds();
	pool = pool_with(&opts);
	items = int_items(40);
	assert_int_equal(ppool_map(pool, fn_fds, items, 40, 1, &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, &n), PPOOL_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(int_of(r[i].data, r[i].len), before + 1);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
	pool_end(other);
}

static void
an_outer_loop_can_wait_for_the_pool(void **state)
{
	ppool *pool = pool_of(2);
	struct pollfd pfd = { .fd = ppool_fd(pool), .events = POLLIN };
	ppool_async *jobs[20];
	int left = 20;

	(void)state;
	if (PORTABLE) {
		assert_int_equal(pfd.fd, -1);
		ppool_destroy(pool);
		return;
	}
	assert_true(pfd.fd >= 0);
	for (int v = 0; v < 20; v++)
		assert_int_equal(ppool_apply_async(pool, fn_sleep, &v,
		    sizeof(v), NULL, NULL,
		    &jobs[v]), PPOOL_OK);
	while (left > 0) {
		ppool_err err;

		assert_int_equal(poll(&pfd, 1, -1), 1);
		err = ppool_poll(pool, 0);
		assert_true(err == PPOOL_OK || err == PPOOL_TIMEOUT);
		left = 0;
		for (int i = 0; i < 20; i++)
			left += !ppool_ready(jobs[i]);
	}
	for (int i = 0; i < 20; i++)
		ppool_async_free(jobs[i]);
	pool_end(pool);
}

static pid_t *heir; /* shared with workers */

/* Leaves a process that holds its socket, and dies. */
static int
fn_leave_heir(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)state;
	(void)in;
	(void)len;
	(void)out;
	*heir = fork_of_which_the_copy_waits();
	return *heir < 0 ? 1 : raise(SIGKILL);
}

/* Though a fork of the owner has open what it closes, and though the end of the
 * dead worker's socket comes when it is the pool's no more. */
static void
an_outer_loop_is_told_nothing_of_the_dead(void **state)
{
	struct pollfd pfd = { .events = POLLIN };
	ppool_async *job = NULL;
	ppool *pool;
	pid_t copy;
	int v = 3;

	(void)state;
	heir = shared_new(sizeof(*heir));
	pool = pool_of(1);
	copy = fork_of_which_the_copy_waits();
	assert_true(copy > 0);
	assert_int_equal(ppool_apply(pool, fn_leave_heir, NULL, 0, &job),
	    PPOOL_DIED);
	assert_true(*heir > 0);
	ppool_async_free(job);
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	ppool_async_free(job);
	pfd.fd = ppool_fd(pool); /* -1: none, which is never readable */
	assert_int_equal(poll(&pfd, 1, 0), 0);
	kill(*heir, SIGKILL);
	assert_int_equal(poll(&pfd, 1, 100), 0);
	kill(copy, SIGKILL);
	waitpid(copy, NULL, 0);
	pool_end(pool);
	munmap(heir, sizeof(*heir));
}

/* A fork of the owner has a copy it cannot use, and does no harm with it. */
static void
a_forked_copy_is_refused(void **state)
{
	ppool *pool = pool_of(2);
	ppool_async *job = NULL, *asleep;
	pid_t child;
	int status, v = 5, ms = 300;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &ms, sizeof(ms),
	    NULL, NULL, &asleep), PPOOL_OK);
	child = fork();
	if (child == 0) {
		ppool_err apply = ppool_apply_async(pool, fn_square, &v,
		    sizeof(v), NULL, NULL,
		    NULL);
		ppool_err join = ppool_join(pool, -1);
		ppool_err terminate = ppool_terminate(pool);

		ppool_destroy(pool);
		_exit(apply == PPOOL_INVAL && join == PPOOL_INVAL &&
		    terminate == PPOOL_INVAL &&
		    ppool_get(asleep, 0, NULL, NULL) == PPOOL_CANCELED ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(ppool_pids(pool, NULL, 0), 2);
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	ppool_async_free(job);
	assert_int_equal(ppool_get(asleep, -1, NULL, NULL), PPOOL_OK);
	ppool_async_free(asleep);
	pool_end(pool);
}

static void
two_pools_do_not_meet(void **state)
{
	ppool *a = pool_of(2), *b = pool_of(2);
	ppool_async *job = NULL;
	int v = 6;

	(void)state;
	ppool_destroy(a);
	assert_int_equal(ppool_apply(b, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	ppool_async_free(job);
	pool_end(b);
}

/* The application's own children stay its own. */
static void
other_children_are_left_alone(void **state)
{
	ppool *pool = pool_of(2);
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0)
		_exit(17);
	pool_end(pool);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 17);
}

static void
works_without_sigchld(void **state)
{
	ppool *pool;
	ppool_async *job = NULL;
	struct death d = { DIE_SIGNAL, SIGKILL };
	int v = 6;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	pool = pool_of(2);
	assert_int_equal(ppool_apply(pool, fn_die, &d, sizeof(d), &job),
	    PPOOL_DIED);
	ppool_async_free(job);
	assert_int_equal(ppool_apply(pool, fn_square, &v, sizeof(v), &job),
	    PPOOL_OK);
	ppool_async_free(job);
	pool_end(pool);
	signal(SIGCHLD, SIG_DFL);
}

/* How many of standard output and standard error are open. */
static int
count_outputs(void)
{
	int n = 0;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int
fn_outputs(void *state, const void *in, size_t len, ppool_out *out)
{
	(void)state;
	(void)in;
	(void)len;
	(void)out;
	return count_outputs();
}

/* Where they are closed no descriptor of the pool takes their place: what is
 * printed there, in the owner or a worker, would go to the pool. */
static void
works_without_standard_descriptors(void **state)
{
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		ppool *pool = NULL;
		ppool_async *job = NULL;
		ppool_err err;

		close(0);
		close(1);
		close(2);
		err = ppool_create(&pool, &(ppool_opts){ .processes = 3 });
		if (!err)
			err = ppool_apply(pool, fn_outputs, NULL, 0, &job);
		if (!err && count_outputs())
			err = PPOOL_SYS;
		if (!err)
			err = ppool_close(pool);
		if (!err)
			err = ppool_join(pool, -1);
		_exit((int)err);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Stopped and continued, as by ^Z and fg: no handler ran. */
static void
stop_and_continue_is_no_interrupt(void **state)
{
	ppool *pool = pool_of(1);
	ppool_async *job;
	pid_t helper, self = getpid();
	int v = 200;

	(void)state;
	assert_int_equal(ppool_apply_async(pool, fn_sleep, &v, sizeof(v), NULL,
	    NULL, &job), PPOOL_OK);
	helper = fork();
	if (helper == 0) {
		sleep_ms(40);
		kill(self, SIGSTOP);
		sleep_ms(40);
		kill(self, SIGCONT);
		_exit(0);
	}
	assert_int_equal(ppool_get(job, -1, NULL, NULL), PPOOL_OK);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	ppool_async_free(job);
	pool_end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(exit_with_a_live_pool),
		CASE(workers_ignore_sigint),
		CASE(workers_reset_handlers),
		CASE(waiting_is_interrupted),
		CASE(stop_and_continue_is_no_interrupt),
		CASE(terminate_asks_first),
		CASE(workers_hold_only_their_own_socket),
		CASE(an_outer_loop_can_wait_for_the_pool),
		CASE(an_outer_loop_is_told_nothing_of_the_dead),
		CASE(a_forked_copy_is_refused),
		CASE(two_pools_do_not_meet),
		CASE(other_children_are_left_alone),
		CASE(works_without_sigchld),
		CASE(works_without_standard_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
