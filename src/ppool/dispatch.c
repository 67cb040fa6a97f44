/* dispatch.c - chooses a chunk and a worker, and sends. */
#include "ppool/core.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* So much longer than another may a worker take for a chunk in any case. */
#define LATE_MS 250

/* ---- who has room --------------------------------------------------------- */

/* Can this worker be given work at all? */
static bool
peer_usable(const struct peer *w)
{
	return w->live && !w->quitting && !w->resigned && !w->eof && !w->bad &&
	    !w->kill_at && !w->timed_out;
}

/* Has it asked for any? */
static bool
peer_takes(const struct peer *w)
{
	return w->room || w->room_weight;
}

/* May it be given chunks of this job? */
static bool
peer_is_for(const struct ppool *p, const struct peer *w, const struct job *j)
{
	unsigned n = (unsigned)(w - p->peers);

	return n >= j->first && n <= j->last;
}

bool
ppool_has_workers(const struct ppool *p, const struct job *j)
{
	for (unsigned i = j->first; i <= j->last && i < p->n; i++)
		if (!p->peers[i].resigned)
			return true;
	return false;
}

/* For a chunk of this weight. */
static bool
peer_has_room(const struct ppool *p, const struct peer *w, uint64_t weight)
{
	bool fits = w->held.n < w->room || (w->held.n < p->opts.window &&
	    weight < w->room_weight && w->weight <= w->room_weight - weight);

	return fits && peer_usable(w) && w - p->peers != p->reserved &&
	    !(w->held.first && w->held.first->alone);
}

static bool
has_room(const struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (peer_has_room(p, &p->peers[i], 0))
			return true;
	return false;
}

/* Chunks of a job that a worker holds. */
static unsigned
peer_share(const struct peer *w, const struct job *j)
{
	unsigned n = 0;

	for (const struct chunk *c = w->held.first; c; c = c->next)
		n += c->job == j;
	return n;
}

bool
ppool_has_idle(const struct ppool *p, const struct job *j)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct peer *w = &p->peers[i];

		if (peer_is_for(p, w, j) && peer_has_room(p, w, 0) &&
		    (j->window ? !peer_share(w, j) : !w->held.n))
			return true;
	}
	return false;
}

/* Has this worker, which is for job j, room for one more of its chunks, if that is
 * light enough? */
static bool
peer_has_place(const struct ppool *p, const struct peer *w,
    const struct job *j, uint64_t weight)
{
	return peer_has_room(p, w, weight) &&
	    (!j->window || peer_share(w, j) < j->window);
}

/* Has any? If not, no chunk of the job need be tried. */
static bool
job_has_place(const struct ppool *p, const struct job *j)
{
	for (unsigned i = j->first; i <= j->last && i < p->n; i++)
		if (peer_has_place(p, &p->peers[i], j, 0))
			return true;
	return false;
}

/* The one of two with less to do; best may be NULL. */
static struct peer *
lighter(struct peer *best, struct peer *w)
{
	if (!best || w->weight < best->weight ||
	    (w->weight == best->weight && w->items < best->items))
		return w;
	return best;
}

/* When it would be through with a chunk more, in ms from now, if it has said
 * what its pace is. */
static uint64_t
peer_end(const struct peer *w, uint64_t weight)
{
	uint64_t sum = w->weight + weight;

	return sum / w->pace * 1000 + sum % w->pace * 1000 / w->pace;
}

/* The one of two that has room for a chunk of this weight and gets it. */
static struct peer *
better(struct peer *best, struct peer *w, uint64_t weight)
{
	if (!best || !best->pace || !w->pace)
		return lighter(best, w);
	return peer_end(w, weight) < peer_end(best, weight) ? w : best;
}

/* Is it better to wait for another one, though that has no room now? So the
 * last chunks do not go to who takes much longer for them. */
static bool
is_late(const struct peer *best, const struct peer *other, uint64_t weight)
{
	return best->pace && peer_end(best, weight) / 2 >
	    peer_end(other, weight) + LATE_MS;
}

/* Who gets a chunk of job j: the one with the least to do, or that will be
 * through with it first; NULL: nobody has room, or it should wait. limit is the
 * weight that a worker may hold, 0 for no limit; one chunk always fits. */
static struct peer *
pick(const struct ppool *p, const struct job *j, uint64_t limit,
    uint64_t weight)
{
	struct peer *best = NULL, *soonest = NULL;

	for (unsigned i = 0; i < p->n; i++) {
		struct peer *w = &p->peers[i];

		if (!peer_is_for(p, w, j))
			continue;
		if (w->pace && peer_usable(w) && peer_takes(w) && (!soonest ||
		    peer_end(w, weight) < peer_end(soonest, weight)))
			soonest = w;
		if (peer_has_place(p, w, j, weight) &&
		    (!limit || !w->held.n || w->weight + weight <= limit))
			best = better(best, w, weight);
	}
	return best && soonest && is_late(best, soonest, weight) ? NULL : best;
}

/* Of all that can be given work of this job, full or not: the one with the least
 * to do, which is one that holds nothing, if there is such. */
static struct peer *
pick_lightest(const struct ppool *p, const struct job *j)
{
	struct peer *best = NULL;

	for (unsigned i = 0; i < p->n; i++)
		if (peer_usable(&p->peers[i]) && peer_takes(&p->peers[i]) &&
		    peer_is_for(p, &p->peers[i], j))
			best = lighter(best, &p->peers[i]);
	return best;
}

/* ---- sending -------------------------------------------------------------- */

static void
peer_blocked(struct ppool *p, struct peer *w, bool blocked)
{
	if (w->blocked == blocked)
		return;
	w->blocked = blocked;
	ppool_watch_change(p, w);
}

void
ppool_peer_send(struct ppool *p, struct peer *w)
{
	while (w->unsent && !w->kill_at && !w->eof && !w->bad) {
		struct chunk *c = w->unsent;
		ssize_t n = send(w->fd, c->frame + w->unsent_off,
		    c->len - w->unsent_off,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (ppool_lacks_memory(p, n) ||
		    (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) {
			peer_blocked(p, w, true);
			return;
		}
		if (n < 0) {
			/* Its end, or the process's, will be seen. */
			w->kill_at = ppool_now() + PPOOL_GRACE_NS;
			break;
		}
		w->unsent_off += (size_t)n;
		if (w->unsent_off < c->len)
			continue;
		w->unsent = c->next;
		w->unsent_off = 0;
	}
	peer_blocked(p, w, false);
	if (w->quitting)
		ppool_peer_quit(w);
}

void
ppool_peer_quit(struct peer *w)
{
	w->quitting = true;
	if (!w->unsent)
		shutdown(w->fd, SHUT_WR);
}

static void
give(struct ppool *p, struct peer *w, struct chunk *c)
{
	const struct frame_work head = {
		.len = (uint32_t)(c->len - sizeof(head)),
		.n = c->n,
		.seq = ++p->next_seq,
		.fn = (uint64_t)(uintptr_t)c->job->fn,
	};

	memcpy(c->frame, &head, sizeof(head));
	c->seq = head.seq;
	c->base = w->sent;
	c->job->sent++;
	ppool_queue_add(&w->held, c, 0);
	w->sent += c->n;
	w->items += c->n;
	w->weight += c->weight;
	if (!w->unsent) {
		w->unsent = c;
		w->unsent_off = 0;
		ppool_peer_send(p, w);
	}
	if (p->opts.max_tasks && w->sent >= p->opts.max_tasks)
		ppool_peer_quit(w);
}

/* ---- what is sent first --------------------------------------------------- */

/* A chunk to be alone needs a worker that holds nothing. While one waits, some
 * worker is reserved for it: it is sent nothing else. */
static void
send_singles(struct ppool *p)
{
	struct peer *w = NULL;

	while (p->alone.first && (w = pick_lightest(p,
	    p->alone.first->job)) && !w->held.n)
		give(p, w, ppool_queue_pop(&p->alone));
	if (!p->alone.first)
		p->reserved = -1;
	else if (p->reserved < 0 || !peer_usable(&p->peers[p->reserved]))
		p->reserved = w ? (int)(w - p->peers) : -1;
}

/* A chunk that nobody has room for does not hold back those of other jobs. */
static void
send_returned(struct ppool *p)
{
	struct chunk *c, *next;
	struct peer *w;

	for (c = p->again.first; c; c = next) {
		next = c->next;
		w = pick(p, c->job, 0, c->weight);
		if (!w)
			continue;
		ppool_queue_remove(&p->again, c);
		give(p, w, c);
	}
}

/* The next chunk that may have a place where this one has none. */
static struct chunk *
next_lighter(const struct chunk *c)
{
	struct chunk *next = c->next;

	while (next && next->weight >= c->weight)
		next = next->next;
	return next;
}

static bool
send_job(struct ppool *p, struct job *j, bool starved)
{
	struct peer *w = NULL;
	struct chunk *c;

	if (!j->ready.first) {
		c = j->kind->produce(j, starved);
		if (!c)
			return false;
		ppool_queue_add(&j->ready, c, 0);
	}
	if (ppool_over(p) || !job_has_place(p, j))
		return false;
	for (c = j->ready.first; c; c = next_lighter(c)) {
		w = pick(p, j, j->window_weight, c->weight);
		if (w)
			break;
	}
	if (!w)
		return false;
	ppool_queue_remove(&j->ready, c);
	give(p, w, c);
	return true;
}

/* Jobs take turns, a chunk each, until none has any or no worker has room. */
static void
send_new(struct ppool *p, bool starved)
{
	unsigned misses = 0;

	while (misses < p->nrunnable && !ppool_over(p) && has_room(p)) {
		struct job *j = (struct job *)((char *)p->runnable.next -
		    offsetof(struct job, run));

		ppool_job_hold(j);
		if (send_job(p, j, starved))
			misses = 0;
		else
			misses++;
		if (j->pool)
			ppool_job_turn(j);
		ppool_job_drop(j);
	}
}

void
ppool_dispatch(struct ppool *p, bool starved)
{
	if (ppool_over(p))
		return;
	send_singles(p);
	send_returned(p);
	send_new(p, starved);
}
