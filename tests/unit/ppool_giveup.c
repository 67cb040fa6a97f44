/* ppool_giveup.c - an owner that ends a worker for one of its items. */
#include "ppool_util.h"

#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "wrap_syscall.h"

enum { ITEMS = 6, TAKEN = 3, NAMED = 1, HANG_MS = 60000 };

/*
 * A process that no signal reaches, as when it waits in the kernel, simulated:
 * linked with --wrap=waitpid, kill and syscall. It sleeps, and would die; what
 * is sent to it does not arrive, and it is said to live on. While there is one
 * nobody else is killed. For one that does not die in fact see held_new.
 */
static pid_t undead;
static int shots; /* SIGKILL, to the undead */

/* The last process that was reaped: its number may be another's. */
static pid_t reaped;
static int shots_at_reaped;
static bool no_pidfds;

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __real_kill(pid_t pid, int sig);
int __wrap_kill(pid_t pid, int sig);

int
__wrap_kill(pid_t pid, int sig)
{
	shots_at_reaped += pid == reaped;
	if (pid != undead)
		return __real_kill(pid, sig);
	shots += sig == SIGKILL;
	return 0;
}

static bool
syscall_answers(long number, const long *arg, long *rc)
{
	*rc = 0;
#ifdef SYS_pidfd_open
	if (no_pidfds && number == SYS_pidfd_open) {
		errno = ENOSYS;
		*rc = -1;
		return true;
	}
#endif
#ifdef SYS_pidfd_send_signal
	if (undead && number == SYS_pidfd_send_signal) {
		shots += arg[1] == SIGKILL;
		return true;
	}
#else
	(void)arg;
#endif
	return false;
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	if (pid && pid == undead)
		return 0;
	pid = __real_waitpid(pid, status, options);
	if (pid > 0)
		reaped = pid;
	return pid;
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
#ifdef PR_SET_PTRACER /* for held_new, where not every process may trace */
	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
#endif
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
		assert_int_equal(ppool_feed_put(*f, &v, sizeof(v), 1, NULL),
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
	assert_int_equal(ppool_held(pool, 0, NAMED, &item, NULL), PPOOL_OK);
	assert_int_equal(int_of(item.data, item.len), NAMED);
	assert_int_equal(ppool_held(pool, 0, PPOOL_OLDEST, &item, NULL),
	    PPOOL_OK);
	assert_int_equal(int_of(item.data, item.len), 0);
	assert_int_equal(ppool_held(pool, 0, ITEMS, &item, NULL), PPOOL_INVAL);
	assert_int_equal(ppool_held(pool, 1, 0, &item, NULL), PPOOL_INVAL);
	assert_int_equal(ppool_give_up(pool, 1, 0), PPOOL_INVAL);

	assert_int_equal(ppool_give_up(pool, 0, NAMED), PPOOL_OK);
	end(pool, f, &o);
	assert_int_equal(o.err[NAMED], PPOOL_GIVENUP);
	assert_int_equal(o.ok, ITEMS - 1);
	assert_int_equal(sh->workers, 2);
	assert_int_equal(sh->number, 0);
	for (int v = 0; v < ITEMS; v++)
		assert_int_equal(sh->runs[v], v < TAKEN && v != NAMED ? 2 : 1);
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
	assert_int_equal(ppool_give_up(pool, 0, NAMED), PPOOL_OK);
	end(pool, f, &o);
	assert_int_equal(o.given_up, TAKEN);
	assert_int_equal(o.ok, ITEMS - TAKEN);
	for (int v = 0; v < ITEMS; v++)
		assert_int_equal(sh->runs[v], 1);
	munmap(sh, sizeof(*sh));
}

/* What was left behind, shot again and again, dies after all; then nobody is a
 * child any more. */
static void
revive(void)
{
	pid_t pid = undead;

	assert_true(shots > 1);
	shots = 0;
	undead = 0;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
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
	assert_int_equal(ppool_give_up(pool, 0, NAMED), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, HANG_MS), PPOOL_OK);
	assert_int_equal(o.n, ITEMS);
	assert_int_equal(o.err[NAMED], PPOOL_GIVENUP);
	assert_int_equal(o.ok, ITEMS - 1);
	ppool_feed_free(f);
	pool_end(pool);
	revive();
	munmap(sh, sizeof(*sh));
}

/*
 * A process that SIGKILL does not end: its tracer, which is returned, holds it
 * on its way out, and later signals are dropped (Linux 6.2). All that it has is
 * open still, as when it waits for a disk. 0: we may not trace.
 */
static pid_t
held_new(pid_t pid)
{
	char held = 0;
	pid_t tracer;
	int said[2];

	assert_return_code(pipe(said), errno);
	tracer = fork();
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		held = ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) == 0;
		if (write(said[1], &held, 1) == 1 && held)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(said[0], &held, 1), 1);
	close(said[0]);
	close(said[1]);
	if (held)
		return tracer;
	assert_int_equal(waitpid(tracer, NULL, 0), tracer);
	return 0;
}

/* It dies, and waits to be reaped. 0: it did so already. */
static void
held_release(pid_t tracer, pid_t pid)
{
	siginfo_t info;

	assert_return_code(kill(tracer, SIGKILL), errno);
	assert_int_equal(waitpid(tracer, NULL, 0), tracer);
	if (!pid)
		return;
	assert_return_code(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT),
	    errno);
	assert_int_equal(info.si_status, SIGKILL);
}

/* As in /proc; '-': there is no such process any more. */
static char
state_of(pid_t pid)
{
	char path[64], state = '-';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return state;
	assert_int_equal(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
	fclose(f);
	return state;
}

/* The pool leaves one behind, which dies while the pool is there, and is reaped
 * by it: when it is polled, or destroyed after all others have ended. */
static void
leave_held(bool at_end)
{
	struct shared *sh = shared_new(sizeof(*sh));
	struct outcome o;
	ppool_feed *f = NULL;
	ppool *pool = begin(sh, 0, &o, &f);
	pid_t pid, tracer;
	char state;

	assert_int_equal(ppool_pids(pool, &pid, 1), 1);
	tracer = held_new(pid);
	assert_int_equal(ppool_give_up(pool, 0, NAMED), PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, HANG_MS), PPOOL_OK);
	assert_int_equal(o.err[NAMED], PPOOL_GIVENUP);
	assert_int_equal(o.ok, ITEMS - 1);
	ppool_feed_free(f);
	assert_int_equal(ppool_close(pool), PPOOL_OK);
	if (at_end)
		assert_int_equal(ppool_join(pool, -1), PPOOL_OK);
	state = state_of(pid);
	if (tracer)
		held_release(tracer, state == '-' ? 0 : pid);
	while (!at_end && state_of(pid) != '-')
		(void)ppool_poll(pool, 1);
	ppool_destroy(pool);
	munmap(sh, sizeof(*sh));
	if (!tracer || state == '-')
		skip();
	assert_int_equal(state, 't');
}

static void
what_dies_later_is_reaped(void **state)
{
	(void)state;
	leave_held(false);
}

static void
what_dies_last_is_reaped(void **state)
{
	(void)state;
	leave_held(true);
}

static int
hang_in_guilty(void *state, const void *data, size_t len, ppool_out *out)
{
	(void)state;
	(void)out;
	while (int_of(data, len) == NAMED)
		pause();
	return 0;
}

/* Says what is no answer, and hangs. */
static int
babble_in_guilty(void *state, const void *data, size_t len, ppool_out *out)
{
	const char junk[64] = "junk";
	int type;

	for (int fd = 3; int_of(data, len) == NAMED && fd < 256; fd++)
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type,
		    &(socklen_t){ sizeof(type) }) == 0)
			(void)send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
	return hang_in_guilty(state, data, len, out);
}

/* The same when it is the pool that has a reason to kill it. */
static void
leave_in(ppool_fn *fn, int task_timeout_ms)
{
	const ppool_opts opts = { .processes = 1, .window = ITEMS,
	    .task_timeout_ms = task_timeout_ms };
	const ppool_feed_opts fopts = { .chunk_items = 1 };
	struct outcome o = { .n = 0 };
	ppool *pool = pool_with(&opts);
	ppool_feed *f = NULL;

	assert_int_equal(ppool_feed_open(pool, fn, &fopts, on_result, &o, &f),
	    PPOOL_OK);
	assert_int_equal(ppool_pids(pool, &undead, 1), 1);
	for (int v = 0; v < ITEMS; v++)
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
		    PPOOL_OK);
	assert_int_equal(ppool_feed_finish(f, HANG_MS), PPOOL_OK);
	assert_int_equal(o.n, ITEMS);
	assert_int_equal(o.err[NAMED], PPOOL_DIED);
	assert_int_equal(o.ok, ITEMS - 1);
	ppool_feed_free(f);
	pool_end(pool);
	revive();
}

static void
what_is_overdue_is_left(void **state)
{
	(void)state;
	leave_in(hang_in_guilty, 300);
}

static void
what_babbles_is_left(void **state)
{
	(void)state;
	leave_in(babble_in_guilty, 0);
}

/* More answers than an owner reads in one turn: some lie in the socket still
 * when it sees that their worker is dead. */
enum { LATE_ITEMS = 8, LATE_ANSWERED = 5, LATE_BYTES = 38000 };

static int
serve_and_die(void *state, ppool_worker *w)
{
	static const char bytes[LATE_BYTES];
	struct shared *sh = state;
	bool first = sh->workers == 1;
	ppool_item item[LATE_ITEMS];

	for (int n = 0; first && n < LATE_ITEMS; n++)
		if (ppool_take(w, true, &item[n]) != 1)
			return 1;
	for (int n = 0; first && n < LATE_ANSWERED; n++)
		if (ppool_answer(w, &item[n], 0, bytes, sizeof(bytes)))
			return 1;
	sh->taken = LATE_ITEMS;
	if (first)
		raise(SIGKILL);
	while (ppool_take(w, true, &item[0]) == 1)
		if (ppool_answer(w, &item[0], 0, "", 0))
			return 1;
	return 0;
}

struct late {
	ppool *pool;
	ppool_err said; /* to ppool_give_up */
	ppool_err err[LATE_ITEMS];
	size_t len[LATE_ITEMS];
};

static void
on_late_result(void *cookie, const ppool_result *r)
{
	struct late *l = cookie;

	l->err[r->index] = r->err;
	l->len[r->index] = r->len;
	if (r->index == LATE_ANSWERED - 1 && r->len)
		l->said = ppool_give_up(l->pool, 0, LATE_ITEMS - 1);
}

static void
give_up_while_the_dead_is_heard(void)
{
	struct shared *sh = shared_new(sizeof(*sh));
	const ppool_opts opts = { .processes = 1, .init = init_shared,
	    .initarg = sh, .serve = serve_and_die, .window = LATE_ITEMS,
	    .retries = 3 };
	const ppool_feed_opts fopts = { .chunk_items = 1 };
	struct late l = { .pool = pool_with(&opts), .said = PPOOL_INVAL };
	ppool_feed *f = NULL;

	assert_int_equal(ppool_feed_open(l.pool, NULL, &fopts, on_late_result,
	    &l, &f), PPOOL_OK);
	for (int v = 0; v < LATE_ITEMS; v++)
		assert_int_equal(ppool_feed_put(f, &v, sizeof(v), 1, NULL),
		    PPOOL_OK);
	assert_int_equal(ppool_feed_flush(f), PPOOL_OK);
	/* where the socket is too small it must be read first */
	for (int ms = 0; ms < 5000 && sh->taken < LATE_ITEMS; ms++)
		sleep_ms(1);
	sleep_ms(50); /* for its end */
	assert_int_equal(ppool_feed_finish(f, -1), PPOOL_OK);
	assert_int_equal(l.said, PPOOL_OK);
	for (int v = 0; v < LATE_ITEMS; v++) {
		assert_int_equal(l.err[v], v == LATE_ITEMS - 1 ? PPOOL_GIVENUP :
		    PPOOL_OK);
		assert_int_equal(l.len[v], v < LATE_ANSWERED ? LATE_BYTES : 0);
	}
	ppool_feed_free(f);
	pool_end(l.pool);
	munmap(sh, sizeof(*sh));
}

/* And no signal goes to a process that is there no more. */
static void
give_up_counts_while_the_dead_is_heard(void **state)
{
	(void)state;
	shots_at_reaped = 0;
	give_up_while_the_dead_is_heard();
	no_pidfds = true;
	give_up_while_the_dead_is_heard();
	no_pidfds = false;
	assert_int_equal(shots_at_reaped, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(give_up_costs_one_item),
		CASE(give_up_blames_nobody_else),
		CASE(give_up_runs_nothing_twice),
		CASE(give_up_counts_while_the_dead_is_heard),
		CASE(what_cannot_be_killed_is_left),
		CASE(what_dies_later_is_reaped),
		CASE(what_dies_last_is_reaped),
		CASE(what_is_overdue_is_left),
		CASE(what_babbles_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
