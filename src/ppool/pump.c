/* pump.c - sends, waits and reads; timers; the end of everything. */
#include "ppool/core.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

/* ---- timers --------------------------------------------------------------- */

static int
timeout_until(int64_t when)
{
	int64_t ns = when ? when - ppool_now() : 0;

	if (when == PPOOL_NEVER)
		return -1;
	if (ns <= 0)
		return 0;
	ns = (ns + 999999) / 1000000;
	return ns < INT_MAX ? (int)ns : INT_MAX;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When its item will have taken too long, as far as is known now. */
static int64_t
peer_overdue(const struct ppool *p, const struct peer *w, int64_t now)
{
	int64_t limit = (int64_t)p->opts.task_timeout_ms * 1000000;

	if (atomic_load(&w->line->state) % 2 == 0)
		return now + limit;
	return atomic_load(&w->line->since) + limit;
}

/* When the rest of a frame will have been waited for too long. A worker sends
 * one without a pause; only a function that writes to a descriptor that is not
 * its own can have sent the beginning alone. */
static int64_t
peer_cut_off(const struct ppool *p, const struct peer *w)
{
	int64_t limit = (int64_t)p->opts.task_timeout_ms * 1000000;

	if (!w->part_at)
		return PPOOL_NEVER;
	if (!limit)
		limit = PPOOL_FRAME_NS;
	else if (limit < PPOOL_GRACE_NS)
		limit = PPOOL_GRACE_NS; /* it may be the machine that is slow */
	return w->part_at + limit;
}

static int64_t
peer_due(const struct ppool *p, const struct peer *w, int64_t now)
{
	int64_t when = w->kill_at ? w->kill_at : PPOOL_NEVER;

	if (p->opts.task_timeout_ms && w->held.n && !w->timed_out)
		when = earlier(when, peer_overdue(p, w, now));
	when = earlier(when, peer_cut_off(p, w));
	if (w->pidfd < 0)
		when = earlier(when, now + (w->eof || w->bad ? PPOOL_REAP_NS :
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
		if (p->peers[i].live)
			when = earlier(when, peer_due(p, &p->peers[i], now));
	if (p->fork_at > now)
		when = earlier(when, p->fork_at);
	return when;
}

/* Kills who spends too long in an item, if it is still in that item. */
static void
check_overdue(const struct ppool *p, struct peer *w, int64_t now)
{
	uint64_t state = atomic_load(&w->line->state);

	if (!p->opts.task_timeout_ms || w->timed_out || !w->held.n ||
	    state % 2 == 0 || peer_overdue(p, w, now) > now ||
	    atomic_load(&w->line->state) != state)
		return;
	w->timed_out = state;
	ppool_peer_end(w);
}

static void
run_timers(struct ppool *p)
{
	int64_t now = ppool_now();

	if (p->nlost)
		ppool_reap_lost(p);
	for (unsigned i = 0; i < p->n; i++) {
		struct peer *w = &p->peers[i];

		if (!w->live)
			continue;
		if (w->kill_at && w->kill_at <= now) {
			ppool_peer_kill(w, SIGKILL);
			w->kill_at = now + PPOOL_GRACE_NS;
			if (w->kills++ == PPOOL_KILLS) {
				ppool_leave(p, w);
				continue;
			}
		}
		if (peer_cut_off(p, w) <= now)
			ppool_peer_bad(p, w);
		check_overdue(p, w, now);
	}
}

/* ---- the end of everything ------------------------------------------------ */

void
ppool_seize(struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct peer *w = &p->peers[i];
		struct chunk *c;

		while ((c = ppool_queue_pop(&w->held)))
			ppool_queue_add(&p->again, c, 0);
		w->unsent = NULL;
	}
}

static void
stop_workers(struct ppool *p)
{
	bool ask = p->state == POOL_TERMINATED && p->opts.kill_after_ms;

	for (unsigned i = 0; i < p->n; i++) {
		struct peer *w = &p->peers[i];

		if (!w->live)
			continue;
		ppool_peer_kill(w, ask ? SIGTERM : SIGKILL);
		w->kill_at = ppool_deadline(ask ? p->opts.kill_after_ms : 1000);
		if (w->eof || w->bad)
			continue;
		/* Whatever it does next, it must not wait for the owner. */
		shutdown(w->fd, SHUT_RDWR);
		w->eof = true;
		ppool_watch_change(p, w);
	}
}

static void
cancel_job(struct job *j)
{
	struct chunk *c;

	ppool_job_hold(j);
	while ((c = ppool_queue_pop(&j->ready)))
		ppool_chunk_cancel(c);
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
		ppool_chunk_cancel(c);
	/* todo takes the place of the list's head. */
	link_add(&p->jobs, &todo);
	link_del(&p->jobs);
	link_init(&p->jobs);
	/* Back one by one: each may vanish while others are called back. */
	while (todo.next != &todo) {
		struct link *l = todo.next;

		link_del(l);
		link_add(&p->jobs, l);
		cancel_job((struct job *)l);
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

/* ---- the pump ------------------------------------------------------------- */

/* The kernel lacked memory: sleeps before the next attempt. It is the last one
 * after PPOOL_SCARCE_NS. */
static void
wait_for_memory(struct ppool *p)
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

static void
serve_peer(struct ppool *p, struct peer *w)
{
	bool readable = w->readable, writable = w->writable;
	bool check = w->check || w->pidfd < 0;

	w->readable = w->writable = w->check = false;
	if (readable)
		ppool_peer_read(p, w, false);
	if (writable)
		ppool_peer_send(p, w);
	if (check)
		ppool_reap(p, w);
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
	/* Who waits for ever looks again, before there is nothing to wait for;
	 * when the workers were told to leave there is that. */
	if (p->events != events ||
	    (deadline == PPOOL_NEVER && ppool_idle(p) && !p->quit))
		deadline = 0;
	if (deadline)
		deadline = earlier(deadline, next_due(p));
	if (ppool_watch_wait(p, timeout_until(deadline)) < 0)
		interrupted = errno == EINTR;
	for (unsigned i = 0; i < p->n; i++)
		if (p->peers[i].live)
			serve_peer(p, &p->peers[i]);
	run_timers(p);
	ppool_respawn(p);
	ppool_dispatch(p, starved);
	if (p->scarce)
		wait_for_memory(p);
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
