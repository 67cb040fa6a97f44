#include "ppool/core.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Can this worker be given work at all? */
static bool
slot_usable(const struct slot *s)
{
	return s->live && !s->quitting && !s->eof && !s->bad && !s->kill_at &&
	       !s->shot;
}

static bool
slot_has_room(const struct ppool *p, const struct slot *s)
{
	return slot_usable(s) && s->nheld < p->opts.window &&
	       s - p->slots != p->reserved &&
	       !(s->held.first && s->held.first->alone);
}

static bool
has_room(const struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (slot_has_room(p, &p->slots[i]))
			return true;
	return false;
}

static bool
slot_lighter(const struct slot *a, const struct slot *b)
{
	if (a->weight != b->weight)
		return a->weight < b->weight;
	return a->items < b->items;
}

/* Chunks of a job that a worker holds. */
static unsigned
slot_share(const struct slot *s, const struct job *j)
{
	unsigned n = 0;

	for (const struct chunk *c = s->held.first; c; c = c->next)
		n += c->job == j;
	return n;
}

/* Who gets a chunk of job j: the one with the least to do. limit is the weight
 * that a worker may hold, 0 for no limit; one chunk always fits. */
static struct slot *
pick(const struct ppool *p, const struct job *j, uint64_t limit,
     uint64_t weight)
{
	struct slot *best = NULL;

	for (unsigned i = 0; i < p->n; i++) {
		struct slot *s = &p->slots[i];

		if (!slot_has_room(p, s))
			continue;
		if (j->window && slot_share(s, j) >= j->window)
			continue;
		if (limit && s->nheld && s->weight + weight > limit)
			continue;
		if (!best || slot_lighter(s, best))
			best = s;
	}
	return best;
}

/* The socket is dead, and so is the worker, or nearly: its end will be seen. */
static void
send_failed(struct slot *s)
{
	if (!s->kill_at)
		s->kill_at = ppool_now() + PPOOL_GRACE_NS;
}

static void
slot_blocked(struct ppool *p, struct slot *s, bool blocked)
{
	if (s->blocked == blocked)
		return;
	s->blocked = blocked;
	ppool_watch_change(p, s);
}

void
ppool_slot_send(struct ppool *p, struct slot *s)
{
	while (s->unsent && !s->kill_at && !s->eof && !s->bad) {
		struct chunk *c = s->unsent;
		ssize_t n = send(s->fd, c->frame + s->unsent_off,
		                 c->len - s->unsent_off,
		                 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (ppool_lacks_memory(p, n) ||
		    (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) {
			slot_blocked(p, s, true);
			return;
		}
		if (n < 0) {
			send_failed(s);
			break;
		}
		s->unsent_off += (size_t)n;
		if (s->unsent_off < c->len)
			continue;
		s->unsent = c->next;
		s->unsent_off = 0;
	}
	slot_blocked(p, s, false);
	if (s->quitting && !s->unsent)
		shutdown(s->fd, SHUT_WR);
}

void
ppool_slot_quit(struct slot *s)
{
	s->quitting = true;
	if (!s->unsent)
		shutdown(s->fd, SHUT_WR);
}

static void
give(struct ppool *p, struct slot *s, struct chunk *c)
{
	const struct frame_work head = {
		.len = (uint32_t)(c->len - sizeof(head)),
		.n = c->n,
		.seq = ++p->next_seq,
		.fn = (uint64_t)(uintptr_t)c->job->fn,
	};

	memcpy(c->frame, &head, sizeof(head));
	c->seq = head.seq;
	c->base = s->sent;
	c->job->sent++;
	ppool_queue_push(&s->held, c);
	s->nheld++;
	s->sent += c->n;
	s->items += c->n;
	s->weight += c->weight;
	if (!s->unsent) {
		s->unsent = c;
		s->unsent_off = 0;
		ppool_slot_send(p, s);
	}
	if (p->opts.max_tasks && s->sent >= p->opts.max_tasks)
		ppool_slot_quit(s);
}

static struct slot *
pick_empty(const struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (slot_usable(&p->slots[i]) && !p->slots[i].nheld)
			return &p->slots[i];
	return NULL;
}

/* The worker that will first have nothing left, if it gets nothing more. */
static int
pick_reserved(const struct ppool *p)
{
	int best = -1;

	for (unsigned i = 0; i < p->n; i++)
		if (slot_usable(&p->slots[i]) &&
		    (best < 0 || slot_lighter(&p->slots[i], &p->slots[best])))
			best = (int)i;
	return best;
}

/* Chunks to be alone wait for an empty worker; one is always being emptied,
 * or they could wait for ever. */
static void
send_alone(struct ppool *p)
{
	struct slot *s;

	while (p->alone.first && (s = pick_empty(p)))
		give(p, s, ppool_queue_pop(&p->alone));
	if (!p->alone.first)
		p->reserved = -1;
	else if (p->reserved < 0 || !slot_usable(&p->slots[p->reserved]))
		p->reserved = pick_reserved(p);
}

/* A chunk that nobody has room for does not hold back those of other jobs. */
static void
send_again(struct ppool *p)
{
	struct chunk *c, *next;
	struct slot *s;

	for (c = p->again.first; c; c = next) {
		next = c->next;
		s = pick(p, c->job, 0, 0);
		if (!s)
			continue;
		ppool_queue_remove(&p->again, c);
		give(p, s, c);
	}
}

static bool
send_job(struct ppool *p, struct job *j, bool starved)
{
	struct chunk *c;
	struct slot *s;

	if (!j->ready.first) {
		c = j->kind->produce(j, starved);
		if (!c)
			return false;
		ppool_queue_push(&j->ready, c);
	}
	if (ppool_over(p))
		return false;
	c = j->ready.first;
	s = pick(p, j, j->window_weight, c->weight);
	if (!s)
		return false;
	ppool_queue_remove(&j->ready, c);
	give(p, s, c);
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

bool
ppool_has_idle(const struct ppool *p, const struct job *j)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct slot *s = &p->slots[i];

		if (slot_has_room(p, s) &&
		    (j->window ? !slot_share(s, j) : !s->nheld))
			return true;
	}
	return false;
}

void
ppool_dispatch(struct ppool *p, bool starved)
{
	if (ppool_over(p))
		return;
	send_alone(p);
	send_again(p);
	send_new(p, starved);
}
