#include "ppool/core.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <time.h>

/* ---- time ----------------------------------------------------------------- */

int64_t
ppool_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
ppool_deadline(int timeout_ms)
{
	if (timeout_ms < 0)
		return PPOOL_NEVER;
	return ppool_now() + (int64_t)timeout_ms * 1000000;
}

static int
timeout_until(int64_t when)
{
	int64_t left;

	if (when == PPOOL_NEVER)
		return -1;
	if (!when)
		return 0;
	left = when - ppool_now();
	if (left <= 0)
		return 0;
	left = (left + 999999) / 1000000;
	return left < INT_MAX ? (int)left : INT_MAX;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ---- timers --------------------------------------------------------------- */

/* When its item will have taken too long, as far as is known now. */
static int64_t
slot_overdue(const struct ppool *p, const struct slot *s, int64_t now)
{
	int64_t limit = (int64_t)p->opts.task_timeout_ms * 1000000;

	if (atomic_load(&s->line->state) % 2 == 0)
		return now + limit;
	return atomic_load(&s->line->since) + limit;
}

/* When the rest of a frame will have been waited for too long. A worker sends
 * one without a pause; only a function that writes to a descriptor that is not
 * its own can have sent the beginning alone. */
static int64_t
slot_cut_off(const struct ppool *p, const struct slot *s)
{
	int64_t limit = (int64_t)p->opts.task_timeout_ms * 1000000;

	if (!s->part_at)
		return PPOOL_NEVER;
	if (!limit)
		limit = PPOOL_FRAME_NS;
	else if (limit < PPOOL_GRACE_NS)
		limit = PPOOL_GRACE_NS; /* it may be the machine that is slow */
	return s->part_at + limit;
}

static int64_t
slot_due(const struct ppool *p, const struct slot *s, int64_t now)
{
	int64_t when = s->kill_at ? s->kill_at : PPOOL_NEVER;

	if (p->opts.task_timeout_ms && s->nheld && !s->shot)
		when = earlier(when, slot_overdue(p, s, now));
	when = earlier(when, slot_cut_off(p, s));
	if (s->pidfd < 0)
		when = earlier(when, now + (s->eof || s->bad ? PPOOL_REAP_NS :
		                            PPOOL_TICK_NS));
	return when;
}

/* When the pump must turn even if no worker says anything. */
static int64_t
next_due(const struct ppool *p)
{
	int64_t now = ppool_now();
	int64_t when = p->stalled ? now + PPOOL_STALL_NS : PPOOL_NEVER;

	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].live)
			when = earlier(when, slot_due(p, &p->slots[i], now));
	if (p->fork_at > now)
		when = earlier(when, p->fork_at);
	return when;
}

/* Kills who spends too long in an item, if it is still in that item. */
static void
check_overdue(const struct ppool *p, struct slot *s, int64_t now)
{
	uint64_t state = atomic_load(&s->line->state);

	if (s->shot || !s->nheld || state % 2 == 0 ||
	    slot_overdue(p, s, now) > now ||
	    atomic_load(&s->line->state) != state)
		return;
	s->shot = state;
	ppool_slot_end(s);
}

static void
run_timers(struct ppool *p)
{
	int64_t now = ppool_now();

	if (p->nlost)
		ppool_reap_lost(p);
	for (unsigned i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];

		if (!s->live)
			continue;
		if (s->kill_at && s->kill_at <= now) {
			ppool_slot_kill(s, SIGKILL);
			s->kill_at = now + PPOOL_GRACE_NS;
			if (s->kills++ == PPOOL_KILLS) {
				ppool_leave(p, s);
				continue;
			}
		}
		if (slot_cut_off(p, s) <= now)
			ppool_slot_bad(p, s);
		if (p->opts.task_timeout_ms)
			check_overdue(p, s, now);
	}
}

/* ---- the end of everything ------------------------------------------------ */

bool
ppool_over(const struct ppool *p)
{
	return p->broken || p->state == POOL_TERMINATED;
}

void
ppool_break(struct ppool *p)
{
	if (ppool_over(p))
		return;
	p->broken = true;
	p->doomed = true;
}

void
ppool_seize(struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];
		struct chunk *c;

		while ((c = ppool_queue_pop(&s->held)))
			ppool_queue_push(&p->again, c);
		s->nheld = 0;
		s->unsent = NULL;
	}
}

static void
stop_workers(struct ppool *p)
{
	bool ask = p->state == POOL_TERMINATED && p->opts.kill_after_ms;

	for (unsigned i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];

		if (!s->live)
			continue;
		ppool_slot_kill(s, ask ? SIGTERM : SIGKILL);
		s->kill_at = ppool_deadline(ask ? p->opts.kill_after_ms : 1000);
		if (s->eof || s->bad)
			continue;
		/* Whatever it does next, it must not wait for the owner. */
		shutdown(s->fd, SHUT_RDWR);
		s->eof = true;
		ppool_watch_change(p, s);
	}
}

static void
cancel_job(struct job *j)
{
	struct chunk *c;

	ppool_job_hold(j);
	while ((c = ppool_queue_pop(&j->ready)))
		ppool_chunk_fail(c, PPOOL_CANCELED, 0);
	j->kind->cancel(j);
	if (j->pool)
		ppool_job_turn(j);
	ppool_job_drop(j);
}

void
ppool_cancel(struct ppool *p)
{
	struct link todo;
	struct chunk *c;

	while ((c = ppool_queue_pop(&p->again)) ||
	       (c = ppool_queue_pop(&p->alone)))
		ppool_chunk_fail(c, PPOOL_CANCELED, 0);
	link_init(&todo);
	while (!link_empty(&p->jobs)) {
		struct link *l = p->jobs.next;

		link_del(l);
		link_add(&todo, l);
	}
	/* Back one by one: each may vanish while others are called back. */
	while (!link_empty(&todo)) {
		struct link *l = todo.next;

		link_del(l);
		link_add(&p->jobs, l);
		cancel_job((struct job *)((char *)l -
		                          offsetof(struct job, all)));
	}
}

void
ppool_settle(struct ppool *p)
{
	while (p->doomed && !p->depth) {
		p->doomed = false;
		p->events++;
		ppool_seize(p);
		stop_workers(p);
		ppool_cancel(p);
	}
}

/* ---- want of memory ------------------------------------------------------- */

bool
ppool_lacks_memory(struct ppool *p, ssize_t n)
{
	if (n >= 0) {
		p->scarce_since = 0;
		return false;
	}
	if (errno != ENOBUFS && errno != ENOMEM)
		return false;
	p->scarce = true;
	return true;
}

void
ppool_nap(void)
{
	const struct timespec nap = { 0, PPOOL_SHORT_NS };
	int saved = errno;

	nanosleep(&nap, NULL);
	errno = saved;
}

/* Before the next attempt; and after a time there is none. */
static void
bear_scarcity(struct ppool *p)
{
	int64_t now = ppool_now();

	p->scarce = false;
	if (!p->scarce_since)
		p->scarce_since = now;
	if (now - p->scarce_since < PPOOL_SCARCE_NS || ppool_over(p)) {
		ppool_nap();
		return;
	}
	p->why = PPOOL_NOMEM;
	ppool_break(p);
}

/* ---- the pump ------------------------------------------------------------- */

static void
serve_slot(struct ppool *p, struct slot *s)
{
	bool readable = s->readable, writable = s->writable;
	bool check = s->check || s->pidfd < 0;

	s->readable = s->writable = s->check = false;
	if (readable)
		ppool_slot_read(p, s, false);
	if (writable)
		ppool_slot_send(p, s);
	if (check)
		ppool_reap(p, s);
}

/* Where the kernel cannot say what has happened. */
static void
look_at_all(struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];

		s->readable = s->check = s->live;
		s->writable = s->live && s->blocked;
	}
}

ppool_err
ppool_turn(struct ppool *p, int64_t deadline, bool starved)
{
	uint64_t events = p->events;
	bool interrupted = false;

	p->round++;
	p->stalled = false;
	ppool_dispatch(p, starved);
	ppool_settle(p);
	if (p->events != events)
		deadline = 0;
	if (deadline)
		deadline = earlier(deadline, next_due(p));
	if (ppool_watch_wait(p, timeout_until(deadline))) {
		interrupted = errno == EINTR;
		if (ppool_lacks_memory(p, -1))
			look_at_all(p);
	}
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].live)
			serve_slot(p, &p->slots[i]);
	run_timers(p);
	ppool_respawn(p);
	ppool_dispatch(p, starved);
	if (p->scarce)
		bear_scarcity(p);
	ppool_settle(p);
	return interrupted ? PPOOL_INTR : PPOOL_OK;
}

ppool_err
ppool_until(struct ppool *p, bool (*ready)(void *arg), void *arg,
            int timeout_ms)
{
	int64_t deadline;
	ppool_err err;

	if (ready(arg))
		return PPOOL_OK;
	if (p->depth)
		return PPOOL_BUSY;
	deadline = timeout_ms ? ppool_deadline(timeout_ms) : 0;
	do {
		err = ppool_turn(p, deadline, true);
		if (ready(arg))
			return PPOOL_OK;
		if (err)
			return err;
	} while (deadline && (deadline == PPOOL_NEVER ||
	                      ppool_now() < deadline));
	return PPOOL_TIMEOUT;
}
