/*
 * death.c - a worker has ended: what becomes of what it held.
 *
 * What it has answered counts, so its socket is emptied first. Items that it
 * had not begun cannot have caused its death, and are simply sent again. In the
 * built-in loop at most one is being run, which is the possible cause; with a
 * serve function, everything taken and not answered is.
 *
 * A single possible cause is DIED, or is run again, alone, as often as
 * opts.retries says. Of several, one was the cause, or none: each is run again
 * alone, where it is a single one if its worker dies again. Thus every death
 * with an item in progress brings the end of that item nearer, and an item is
 * DIED only if its worker died with nothing else in progress.
 *
 * A function can also kill its worker after it has returned: by what it did to
 * the heap, say. If workers die again and again with no possible cause, all
 * items that they had begun become one; and so is an item that ran alone.
 *
 * A worker that resigns says that nothing it was sent is the cause; and with
 * BLAMELESS none ever is, so that only deaths of workers that have answered
 * nothing count towards the end of the pool.
 *
 * When the owner gave a worker up it has named the cause itself: that item is
 * GIVENUP, and no other is a possible cause. A worker that does not end after
 * SIGKILL waits in the kernel, for a file system that does not answer; its
 * items do not wait with it.
 */
#include "ppool/core.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/wait.h>

/* From so many deaths in a row without a cause on; before PPOOL_CRASHES. */
enum { WIDE_CRASHES = 4 };

struct death {
	struct ppool *pool;
	int code;         /* for DIED */
	uint64_t taken;   /* items begun, of all it was ever sent */
	bool inside;      /* the last of them was being run */
	bool wide;        /* all that were begun are possible causes */
	bool given_up;    /* by the owner, for item number given */
	bool blameless;   /* no item is a cause */
	uint64_t given;
	bool early;       /* a timeout meant the item before the one in
	                   * progress: the death does not count against this */
	unsigned causes;  /* possible ones */
	bool reported;    /* an item was */
};

static bool
was_taken(const struct death *d, const struct chunk *c, uint32_t place)
{
	return c->base + place < d->taken;
}

static bool
may_be_cause(const struct death *d, const struct chunk *c, uint32_t place)
{
	if (c->tasks[place].answered || !was_taken(d, c, place) ||
	    d->given_up || d->blameless)
		return false;
	if (d->wide || c->alone)
		return true;
	return d->inside && c->base + place + 1 == d->taken;
}

static unsigned
count_causes(const struct death *d, const struct chunk *c)
{
	unsigned n = 0;

	for (; c; c = c->next)
		for (uint32_t i = 0; i < c->n; i++)
			n += may_be_cause(d, c, i);
	return n;
}

/* err is DIED or GIVENUP. */
static void
report(struct death *d, struct chunk *c, struct task *task, ppool_err err)
{
	ppool_result r = { .err = err, .code = err == PPOOL_DIED ? d->code : 0 };

	d->reported = true;
	ppool_chunk_result(c, task, &r);
}

/* Moves a task to *to. Without memory it cannot be sent again: its worker died,
 * and that is what is reported. */
static void
requeue(struct death *d, struct chunk *c, struct task *task, struct chunk **to)
{
	if (ppool_chunk_take(to, c, task) < 0) {
		report(d, c, task, PPOOL_DIED);
		return;
	}
	task->answered = true;
	c->left--;
}

static void
requeue_alone(struct death *d, struct chunk *c, struct task *task)
{
	struct chunk *single = NULL;

	requeue(d, c, task, &single);
	if (!single)
		return;
	single->alone = true;
	ppool_queue_add(&d->pool->alone, single, 0);
}

/* Is this task known to be the one that its worker died of? */
static bool
is_cause(const struct death *d, const struct chunk *c, uint32_t place)
{
	return may_be_cause(d, c, place) && d->causes == 1 && !d->early;
}

/* Does a task that its worker had get a result instead of another run? Its
 * deaths are counted. */
static bool
has_ended(const struct death *d, const struct chunk *c, uint32_t place)
{
	const struct task *task = &c->tasks[place];

	if (!was_taken(d, c, place))
		return false;
	if (c->job->flags & PPOOL_AT_MOST_ONCE ||
	    (d->given_up && c->base + place == d->given))
		return true;
	return is_cause(d, c, place) && task->deaths > d->pool->opts.retries;
}

static void
dispose_of_chunk(struct death *d, struct chunk *c)
{
	struct chunk *rest = NULL;

	/* A result may free the job's handle, and nobody waits for more. */
	for (uint32_t i = 0; i < c->n && c->job->pool; i++) {
		struct task *task = &c->tasks[i];

		if (task->answered)
			continue;
		task->deaths += is_cause(d, c, i);
		if (has_ended(d, c, i))
			report(d, c, task, d->given_up ? PPOOL_GIVENUP :
			    PPOOL_DIED);
		else if (c->alone || may_be_cause(d, c, i))
			requeue_alone(d, c, task);
		else
			requeue(d, c, task, &rest);
	}
	if (rest)
		ppool_queue_add(&d->pool->again, rest, 0);
	ppool_chunk_free(c);
}

/* Workers that die young, or with work, may do so for ever; one whose
 * initializer exits will. */
static void
count_crash(struct ppool *p, const struct peer *w, bool exited, bool worked)
{
	bool counts = worked || ppool_now() - w->born < PPOOL_YOUNG_NS;

	if ((!w->hello && exited) || (counts && ++p->crashes >= PPOOL_CRASHES))
		ppool_break(p);
}

/* code is for DIED; exited: by itself. */
static void
peer_died(struct ppool *p, struct peer *w, int code, bool exited)
{
	uint64_t state = atomic_load(&w->line->state);
	struct death d = {
		.pool = p,
		.code = code,
		.taken = state / 2,
		.inside = state % 2,
		.early = w->timed_out && w->timed_out != state,
	};
	struct queue held;
	struct chunk *c;
	bool worked;

	ppool_peer_read(p, w, true);
	/* a callback may have given it up even now */
	d.given_up = w->given_up;
	d.given = w->given_id;
	d.blameless = w->resigned || p->opts.flags & PPOOL_BLAMELESS;
	ppool_peer_clear(p, w);
	if (ppool_over(p) || p->quit ||
	    (w->quitting && w->hello && !w->held.first))
		return;
	ppool_queue_init(&held);
	while ((c = ppool_queue_pop(&w->held)))
		ppool_queue_add(&held, c, 0);
	worked = held.first;
	d.wide = p->opts.serve || (!d.inside && p->crashes >= WIDE_CRASHES);
	d.causes = count_causes(&d, held.first);
	while ((c = ppool_queue_pop(&held)))
		dispose_of_chunk(&d, c);
	if (d.reported)
		p->crashes = 0;
	else if (!d.causes && !d.given_up && !w->resigned &&
	    !(d.blameless && w->useful))
		count_crash(p, w, exited, worked);
}

void
ppool_reap(struct ppool *p, struct peer *w)
{
	int status = 0;
	pid_t pid = waitpid(w->pid, &status, WNOHANG);

	w->reaped = pid != 0;
	if (pid == w->pid && WIFEXITED(status))
		peer_died(p, w, WEXITSTATUS(status), true);
	else if (pid == w->pid)
		peer_died(p, w, -WTERMSIG(status), false);
	else if (pid < 0 && errno == ECHILD) /* somebody else has reaped it */
		peer_died(p, w, INT_MIN, false);
}

void
ppool_leave(struct ppool *p, struct peer *w)
{
	pid_t *lost = realloc(p->lost, (p->nlost + 1) * sizeof(*lost));

	/* without memory it remains a zombie one day, until the owner ends */
	if (lost) {
		p->lost = lost;
		p->lost[p->nlost++] = w->pid;
	}
	peer_died(p, w, INT_MIN, false);
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
	struct peer *w;

	if (err)
		return err;
	if (n >= pool->n || !pool->peers[n].live)
		return PPOOL_INVAL;
	w = &pool->peers[n];
	if (!w->given_up) {
		w->given_up = true;
		w->given_id = id;
		ppool_peer_end(w);
	}
	return PPOOL_OK;
}

static bool
needs_workers(const struct ppool *p)
{
	if (p->live == p->n || ppool_over(p) || p->quit)
		return false;
	return p->state == POOL_RUN || !ppool_idle(p);
}

static bool
has_stranded(const struct ppool *p, const struct queue *q)
{
	for (const struct chunk *c = q->first; c; c = c->next)
		if (!ppool_has_workers(p, c->job))
			return true;
	return false;
}

/* Does a chunk wait whose workers have all resigned? */
static bool
lacks_workers(const struct ppool *p)
{
	if (!p->resigned)
		return false;
	for (const struct link *l = p->jobs.next; l != &p->jobs; l = l->next)
		if (has_stranded(p, &((const struct job *)l)->ready))
			return true;
	return has_stranded(p, &p->again) || has_stranded(p, &p->alone);
}

void
ppool_respawn(struct ppool *p)
{
	int64_t now;

	if (!needs_workers(p))
		return;
	if (lacks_workers(p)) {
		ppool_break(p);
		return;
	}
	if (p->opts.flags & PPOOL_NO_RESPAWN) {
		if (!p->live)
			ppool_break(p);
		return;
	}
	now = ppool_now();
	if (now < p->fork_at)
		return;
	for (unsigned i = 0; i < p->n; i++) {
		if (p->peers[i].live || p->peers[i].resigned ||
		    ppool_spawn(p, &p->peers[i]) == 0)
			continue;
		p->fork_at = now + PPOOL_FORK_NS;
		if (!p->live)
			ppool_break(p);
		return;
	}
}
