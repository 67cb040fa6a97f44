/*
 * death.c - a worker is gone: what becomes of what it held.
 *
 * What it has answered counts, so its socket is emptied first. The items left
 * are of three kinds. Those it had not begun are simply sent again. In the
 * built-in loop at most one is being run: the suspect. With a serve function
 * everything taken and not answered is suspect.
 *
 * A single suspect is guilty: it is DIED, or run again, alone, as often as
 * opts.retries says. Of several one is guilty, or none, so each is run again
 * alone, where it will be a single suspect if it kills again. Thus every death
 * in an item brings its end nearer, and only the guilty are DIED.
 *
 * A function can also kill after it has returned: by what it did to the heap,
 * say. If workers die again and again with nobody to suspect, all they had
 * begun are suspect; and of an item that ran alone there is no doubt.
 *
 * When the owner gave a worker up it has named the guilty item itself: that one
 * is GIVENUP, and nobody is suspect. A worker that does not die of SIGKILL
 * waits in the kernel, for a file system that does not answer; its items do not
 * wait with it.
 */
#include "ppool/core.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/wait.h>

/* From so many deaths in a row without a suspect on; before PPOOL_CRASHES. */
enum { WIDE_CRASHES = 4 };

struct inquest {
	struct ppool *pool;
	int code;          /* for DIED */
	uint64_t taken;    /* items begun, of all it was ever sent */
	bool inside;       /* the last of them is being run */
	bool wide;         /* all that were begun are suspect */
	bool given_up;     /* by the owner, for item number given */
	uint64_t given;
	bool mercy;        /* a timeout meant another item than the suspect */
	unsigned suspects;
	bool died;         /* one was reported */
};

static bool
was_taken(const struct inquest *q, const struct chunk *c, uint32_t place)
{
	return c->base + place < q->taken;
}

static bool
is_suspect(const struct inquest *q, const struct chunk *c, uint32_t place)
{
	if (c->items[place].answered || !was_taken(q, c, place) || q->given_up)
		return false;
	if (q->wide || c->alone)
		return true;
	return q->inside && c->base + place + 1 == q->taken;
}

static unsigned
count_suspects(const struct inquest *q, const struct chunk *c)
{
	unsigned n = 0;

	for (; c; c = c->next)
		for (uint32_t i = 0; i < c->n; i++)
			n += is_suspect(q, c, i);
	return n;
}

static void
item_died(struct inquest *q, struct chunk *c, struct item *item)
{
	ppool_result r = { .err = PPOOL_DIED, .code = q->code };

	if (q->given_up)
		r = (ppool_result){ .err = PPOOL_GIVENUP };
	q->died = true;
	ppool_chunk_result(c, item, &r);
}

/* Moves an item to *to, which is made if it is NULL. Without memory it cannot
 * be sent again: its worker died, and that is what is reported. */
static void
send_again(struct inquest *q, struct chunk *c, struct item *item,
           struct chunk **to)
{
	if (!*to)
		*to = ppool_chunk_new(c->job);
	if (!*to || ppool_chunk_take(*to, c, item)) {
		item_died(q, c, item);
		return;
	}
	item->answered = true;
	c->left--;
}

static void
send_alone(struct inquest *q, struct chunk *c, struct item *item)
{
	struct chunk *single = NULL;

	send_again(q, c, item, &single);
	if (!single)
		return;
	if (!single->n) {
		ppool_chunk_free(single);
		return;
	}
	single->alone = true;
	ppool_queue_push(&q->pool->alone, single);
}

static void
judge_item(struct inquest *q, struct chunk *c, uint32_t place,
           struct chunk **rest)
{
	struct item *item = &c->items[place];

	if (was_taken(q, c, place) &&
	    (c->job->flags & PPOOL_AT_MOST_ONCE ||
	     (q->given_up && c->base + place == q->given))) {
		item_died(q, c, item);
	} else if (!is_suspect(q, c, place)) {
		if (c->alone)
			send_alone(q, c, item);
		else
			send_again(q, c, item, rest);
	} else if (q->suspects == 1 && !q->mercy &&
	           item->deaths++ >= q->pool->opts.retries) {
		item_died(q, c, item);
	} else {
		send_alone(q, c, item);
	}
}

static void
judge_chunk(struct inquest *q, struct chunk *c)
{
	struct chunk *rest = NULL;

	for (uint32_t i = 0; i < c->n; i++) {
		/* An answer may free the job's handle, and nobody asks. */
		if (!c->job->pool)
			break;
		if (!c->items[i].answered)
			judge_item(q, c, i, &rest);
	}
	if (rest && rest->n)
		ppool_queue_push(&q->pool->again, rest);
	else if (rest)
		ppool_chunk_free(rest);
	ppool_chunk_free(c);
}

/* Workers that die young, or with work, may do so for ever. */
static void
judge_crash(struct ppool *p, const struct slot *s, bool exited, bool worked)
{
	if (!s->hello && exited)
		ppool_break(p);
	else if ((worked || ppool_now() - s->born < PPOOL_YOUNG_NS) &&
	         ++p->crashes >= PPOOL_CRASHES)
		ppool_break(p);
}

/* known is false if somebody else has reaped it. */
static void
bury(struct ppool *p, struct slot *s, int status, bool known)
{
	uint64_t state = atomic_load(&s->line->state);
	bool exited = known && WIFEXITED(status);
	struct inquest q = {
		.pool = p,
		.taken = state / 2,
		.inside = state % 2,
		.given_up = s->given_up,
		.given = s->given_id,
		.mercy = s->shot && s->shot != state,
	};
	struct queue held;
	struct chunk *c;
	bool worked;

	q.code = INT_MIN;
	if (known)
		q.code = exited ? WEXITSTATUS(status) : -WTERMSIG(status);
	ppool_slot_read(p, s, true);
	ppool_slot_clear(p, s);
	if (ppool_over(p) || p->quit ||
	    (s->quitting && s->hello && !s->held.first))
		return;
	ppool_queue_init(&held);
	while ((c = ppool_queue_pop(&s->held)))
		ppool_queue_push(&held, c);
	s->nheld = 0;
	worked = held.first;
	q.wide = p->opts.serve || (!q.inside && p->crashes >= WIDE_CRASHES);
	q.suspects = count_suspects(&q, held.first);
	while ((c = ppool_queue_pop(&held)))
		judge_chunk(&q, c);
	if (q.died)
		p->crashes = 0;
	else if (!q.suspects && !q.given_up)
		judge_crash(p, s, exited, worked);
}

void
ppool_reap(struct ppool *p, struct slot *s)
{
	int status = 0;
	pid_t pid = waitpid(s->pid, &status, WNOHANG);

	if (pid == s->pid)
		bury(p, s, status, true);
	else if (pid < 0 && errno == ECHILD)
		bury(p, s, 0, false);
}

void
ppool_leave(struct ppool *p, struct slot *s)
{
	pid_t *lost = realloc(p->lost, (p->nlost + 1) * sizeof(*lost));

	/* without memory it remains a zombie one day, until the owner ends */
	if (lost) {
		p->lost = lost;
		p->lost[p->nlost++] = s->pid;
	}
	bury(p, s, 0, false);
}

void
ppool_reap_lost(struct ppool *p)
{
	for (size_t i = 0; i < p->nlost;) {
		if (waitpid(p->lost[i], NULL, WNOHANG) == 0)
			i++;
		else
			p->lost[i] = p->lost[--p->nlost];
	}
}

ppool_err
ppool_give_up(ppool *pool, unsigned n, uint64_t id)
{
	ppool_err err = ppool_check(pool);
	struct slot *s;

	if (err)
		return err;
	if (n >= pool->n || !pool->slots[n].live)
		return PPOOL_INVAL;
	s = &pool->slots[n];
	if (s->given_up)
		return PPOOL_OK;
	s->given_up = true;
	s->given_id = id;
	ppool_slot_end(s);
	return PPOOL_OK;
}

static bool
needs_workers(const struct ppool *p)
{
	if (ppool_over(p) || p->quit)
		return false;
	return p->state == POOL_RUN || ppool_unfinished(p) || p->nrunnable;
}

void
ppool_respawn(struct ppool *p)
{
	int64_t now;

	if (p->live == p->n || !needs_workers(p))
		return;
	if (p->opts.flags & PPOOL_NO_RESPAWN) {
		if (!p->live)
			ppool_break(p);
		return;
	}
	now = ppool_now();
	if (now < p->fork_at)
		return;
	for (unsigned i = 0; i < p->n; i++) {
		if (p->slots[i].live || !ppool_spawn(p, &p->slots[i]))
			continue;
		p->fork_at = now + PPOOL_FORK_NS;
		if (!p->live)
			ppool_break(p);
		return;
	}
}
