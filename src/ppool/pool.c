/* pool.c - create, look at, close, join, destroy. */
#include "ppool/core.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEFAULT_WINDOW = 2 };

#define DEFAULT_MAX_ITEM    ((size_t)16 << 20)
#define DEFAULT_MAX_PENDING ((size_t)64 << 20)

/* ---- create --------------------------------------------------------------- */

static ppool_err
check_opts(const struct ppool_opts *o)
{
	const unsigned flags = PPOOL_NO_RESPAWN | PPOOL_AT_MOST_ONCE |
	    PPOOL_ON_ASKING | PPOOL_BLAMELESS;

	if (o->processes < 0 || o->max_item > FRAME_MAX_ITEM ||
	    o->task_timeout_ms < 0 || o->kill_after_ms < 0 ||
	    o->flags & ~flags)
		return PPOOL_INVAL;
	/* Retired workers could not be replaced. */
	if (o->max_tasks && o->flags & PPOOL_NO_RESPAWN)
		return PPOOL_INVAL;
	return PPOOL_OK;
}

static void
fill_in_defaults(struct ppool_opts *o)
{
	o->processes = o->processes ? o->processes : ppool_cpus();
	o->window = o->window ? o->window : DEFAULT_WINDOW;
	o->max_item = o->max_item ? o->max_item : DEFAULT_MAX_ITEM;
	o->max_pending = o->max_pending ? o->max_pending : DEFAULT_MAX_PENDING;
	/* Nobody but the built-in loop says when an item begins. */
	if (o->serve)
		o->task_timeout_ms = 0;
}

static void *
map_anonymous(size_t size, int how)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS,
	    -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A page that fork(2) empties tells a copy of the pool without a system call.
 * Where there is no such thing, the process id does. */
static void
make_mark(struct ppool *p)
{
#if defined(MADV_WIPEONFORK) && !defined(PPOOL_PORTABLE)
	p->mark = map_anonymous(page_size(), MAP_PRIVATE);
	if (!p->mark)
		return;
	if (madvise(p->mark, page_size(), MADV_WIPEONFORK) == 0) {
		*p->mark = 1;
		return;
	}
	munmap(p->mark, page_size());
	p->mark = NULL;
#else
	(void)p;
#endif
}

static void
pool_free(struct ppool *p)
{
	ppool_watch_free(p);
	free(p->lost);
	if (p->mark)
		munmap(p->mark, page_size());
	if (p->lines)
		munmap(p->lines, p->lines_size);
	for (unsigned i = 0; p->peers && i < p->n; i++)
		free(p->peers[i].in);
	free(p->peers);
	free(p);
}

static struct ppool *
pool_alloc(const struct ppool_opts *opts)
{
	struct ppool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->opts = *opts;
	p->n = (unsigned)opts->processes;
	p->owner = getpid();
	p->why = PPOOL_BROKEN;
	p->reserved = -1;
	p->watch = -1;
	link_init(&p->jobs);
	link_init(&p->runnable);
	ppool_queue_init(&p->again);
	ppool_queue_init(&p->alone);
	p->peers = calloc(p->n, sizeof(*p->peers));
	p->lines_size = p->n * sizeof(*p->lines);
	p->lines = map_anonymous(p->lines_size, MAP_SHARED);
	if (!p->peers || !p->lines) {
		pool_free(p);
		return NULL;
	}
	for (unsigned i = 0; i < p->n; i++) {
		ppool_queue_init(&p->peers[i].held);
		p->peers[i].fd = p->peers[i].pidfd = -1;
		p->peers[i].line = &p->lines[i];
	}
	make_mark(p);
	return p;
}

ppool_err
ppool_create(ppool **pool, const ppool_opts *opts)
{
	struct ppool_opts o = { 0 };
	struct ppool *p;
	ppool_err err;
	int rc, saved;

	if (!pool)
		return PPOOL_INVAL;
	*pool = NULL;
	if (opts)
		o = *opts;
	err = check_opts(&o);
	if (err)
		return err;
	fill_in_defaults(&o);
	p = pool_alloc(&o);
	if (!p)
		return PPOOL_NOMEM;
	rc = ppool_watch_init(p);
	for (unsigned i = 0; rc == 0 && i < p->n; i++)
		rc = ppool_spawn(p, &p->peers[i]);
	if (rc == 0) {
		*pool = p;
		return PPOOL_OK;
	}
	saved = errno;
	p->opts.kill_after_ms = 0;
	ppool_destroy(p); /* and with it the workers that were forked */
	errno = saved;
	return saved == ENOMEM ? PPOOL_NOMEM : PPOOL_SYS;
}

/* ---- while it runs -------------------------------------------------------- */

size_t
ppool_pids(const ppool *pool, pid_t *pids, size_t max)
{
	size_t n = 0;

	for (unsigned i = 0; pool && i < pool->n; i++) {
		if (!pool->peers[i].live)
			continue;
		if (n < max)
			pids[n] = pool->peers[i].pid;
		n++;
	}
	return n;
}

static const struct peer *
live_peer(const struct ppool *p, unsigned n)
{
	return p && n < p->n && p->peers[n].live ? &p->peers[n] : NULL;
}

size_t
ppool_load(const ppool *pool, unsigned n)
{
	const struct peer *w = live_peer(pool, n);

	return w ? w->items : 0;
}

/* Which task of a chunk has this number, or is the first without an answer. */
static const struct task *
numbered_task(const struct chunk *c, uint64_t id)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (!c->tasks[i].answered &&
		    (id == PPOOL_OLDEST || c->base + i == id))
			return &c->tasks[i];
	return NULL;
}

ppool_err
ppool_held(const ppool *pool, unsigned n, uint64_t id, ppool_buf *item,
    void **cookie)
{
	const struct peer *w = live_peer(pool, n);
	const struct chunk *c;

	for (c = w ? w->held.first : NULL; c; c = c->next) {
		const struct task *task = numbered_task(c, id);

		if (!task)
			continue;
		if (item)
			*item = ppool_chunk_item(c, task);
		if (cookie)
			*cookie = task->cookie;
		return PPOOL_OK;
	}
	return PPOOL_INVAL;
}

static bool
something_new(void *arg)
{
	const struct ppool *p = arg;

	return p->events != p->polled_at || p->broken;
}

/* Or there is nothing to wait for: without a limit that would be for ever. */
static bool
new_or_idle(void *arg)
{
	return something_new(arg) || ppool_idle(arg);
}

ppool_err
ppool_poll(ppool *pool, int timeout_ms)
{
	bool (*ready)(void *arg) = timeout_ms < 0 ? new_or_idle : something_new;
	ppool_err err = ppool_check(pool);

	if (err)
		return err;
	if (pool->depth)
		return PPOOL_BUSY;
	pool->polled_at = pool->events;
	pool->pulling = true;
	if (ready(pool))
		err = ppool_turn(pool, 0, true);
	else
		err = ppool_until(pool, ready, pool, timeout_ms);
	pool->pulling = false;
	return pool->broken ? pool->why : err;
}

int
ppool_fd(const ppool *pool)
{
	return pool ? pool->watch : -1;
}

/* ---- its end -------------------------------------------------------------- */

ppool_err
ppool_close(ppool *pool)
{
	ppool_err err = ppool_check(pool);

	if (!err && pool->state == POOL_RUN)
		pool->state = POOL_CLOSED;
	return err;
}

ppool_err
ppool_terminate(ppool *pool)
{
	ppool_err err = ppool_check(pool);

	if (err || pool->state == POOL_TERMINATED)
		return err;
	pool->state = POOL_TERMINATED;
	if (!pool->broken)
		pool->doomed = true;
	ppool_settle(pool);
	return PPOOL_OK;
}

/* No more input: what the jobs have now is all there will be. */
static void
stop_jobs(struct ppool *p)
{
	struct link *l;

	for (l = p->jobs.next; l != &p->jobs; l = l->next) {
		struct job *j = (struct job *)l;

		if (j->kind->stop)
			j->kind->stop(j);
		ppool_job_turn(j);
	}
}

/* Tells the workers to leave when all is done. True when they have left. */
static bool
quit_when_done(void *arg)
{
	struct ppool *p = arg;

	if (!p->quit && !ppool_unfinished(p)) {
		p->quit = true;
		for (unsigned i = 0; i < p->n; i++)
			if (p->peers[i].live)
				ppool_peer_quit(&p->peers[i]);
	}
	return p->quit && !p->live;
}

ppool_err
ppool_join(ppool *pool, int timeout_ms)
{
	ppool_err err = ppool_check(pool);

	if (err)
		return err;
	if (pool->state == POOL_RUN)
		return PPOOL_RUNNING;
	if (pool->depth)
		return PPOOL_BUSY;
	if (!pool->joining) {
		pool->joining = true;
		stop_jobs(pool);
	}
	return ppool_until(pool, quit_when_done, pool, timeout_ms);
}

/* The handles of these jobs outlive the pool. */
static void
release_jobs(struct ppool *p)
{
	while (p->jobs.next != &p->jobs)
		ppool_job_leave((struct job *)p->jobs.next);
}

/* In a fork of the owner: the workers are not its own. */
static void
destroy_copy(struct ppool *p)
{
	p->copied = true;
	ppool_seize(p);
	ppool_cancel(p);
	release_jobs(p);
	ppool_watch_disown(p);
	pool_free(p);
}

void
ppool_destroy(ppool *pool)
{
	if (!pool)
		return;
	if (ppool_check(pool)) {
		destroy_copy(pool);
		return;
	}
	ppool_terminate(pool);
	/* The pump that called back still needs it. */
	if (pool->depth)
		return;
	while (ppool_join(pool, -1) == PPOOL_INTR)
		;
	ppool_reap_lost(pool);
	release_jobs(pool);
	pool_free(pool);
}
