/* dispatch.c - chooses a chunk and a worker, and sends. */
#include "ppool/core.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* ---- who has room --------------------------------------------------------- */

/* Can this worker be given work at all? */
static bool
peer_usable(const struct peer *w)
{
	return w->live && !w->quitting && !w->eof && !w->bad && !w->kill_at &&
	    !w->timed_out;
}

static bool
peer_has_room(const struct ppool *p, const struct peer *w)
{
	return peer_usable(w) && w->held.n < p->opts.window &&
	    w - p->peers != p->reserved &&
	    !(w->held.first && w->held.first->alone);
}

static bool
has_room(const struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (peer_has_room(p, &p->peers[i]))
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

		if (peer_has_room(p, w) &&
		    (j->window ? !peer_share(w, j) : !w->held.n))
			return true;
	}
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

/* Who gets a chunk of job j: the one with the least to do. limit is the weight
 * that a worker may hold, 0 for no limit; one chunk always fits. */
static struct peer *
pick(const struct ppool *p, const struct job *j, uint64_t limit,
    uint64_t weight)
{
	struct peer *best = NULL;

	for (unsigned i = 0; i < p->n; i++) {
		struct peer *w = &p->peers[i];

		if (peer_has_room(p, w) &&
		    (!j->window || peer_share(w, j) < j->window) &&
		    (!limit || !w->held.n || w->weight + weight <= limit))
			best = lighter(best, w);
	}
	return best;
}

/* Of all that can be given work, room or not: the one with the least to do,
 * which is one that holds nothing, if there is such. */
static struct peer *
pick_lightest(const struct ppool *p)
{
	struct peer *best = NULL;

	for (unsigned i = 0; i < p->n; i++)
		if (peer_usable(&p->peers[i]))
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

	while (p->alone.first && (w = pick_lightest(p)) && !w->held.n)
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
		w = pick(p, c->job, 0, 0);
		if (!w)
			continue;
		ppool_queue_remove(&p->again, c);
		give(p, w, c);
	}
}

static bool
send_job(struct ppool *p, struct job *j, bool starved)
{
	struct chunk *c;
	struct peer *w;

	if (!j->ready.first) {
		c = j->kind->produce(j, starved);
		if (!c)
			return false;
		ppool_queue_add(&j->ready, c, 0);
	}
	if (ppool_over(p))
		return false;
	c = j->ready.first;
	w = pick(p, j, j->window_weight, c->weight);
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
