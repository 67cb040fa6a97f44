/* feed.c - the push side: items come one by one, results go to a callback. */
#include "ppool/core.h"

#include <stdlib.h>

/* Puts turn the pump at least so often, if no chunk was filled before. */
#define PUT_TURN_NS ((int64_t)500000)

/* A smaller part of the last chunk is not worth a worker's waking up. */
#define PART_NS ((uint64_t)100000)

struct ppool_feed {
	struct job job;
	struct ppool_feed_opts opts;
	ppool_result_fn *on_result;
	void *cookie;
	struct chunk *open; /* being filled */
	size_t target;      /* items at which it closes */
	uint64_t next;      /* index */
	uint64_t left;      /* items without a result */
	int64_t turned_at;
	bool finishing;     /* takes no more */
	ppool_err lost;     /* items were CANCELED: why */
};

/* ---- the open chunk ------------------------------------------------------- */

static void
close_open(struct ppool_feed *f)
{
	struct chunk *c = f->open;

	if (!c)
		return;
	f->open = NULL;
	ppool_job_push(&f->job, c);
}

/* How many items of the last chunk each worker should have. */
static uint32_t
part_size(const struct ppool_feed *f, uint32_t n)
{
	uint32_t workers = f->job.last - f->job.first + 1;
	uint32_t size = (n + workers - 1) / workers;
	uint64_t least = f->job.item_ns ? PART_NS / f->job.item_ns : 1;

	if (size < least)
		size = least < n ? (uint32_t)least : n;
	return size;
}

/* The last chunk is shared out, or one worker would have it for itself while
 * the others have nothing more to do. */
static void
close_last(struct ppool_feed *f)
{
	struct chunk *c = f->open, *part;
	uint32_t size;

	if (c && !f->opts.chunk_items) {
		size = part_size(f, c->n);
		while (c->n > size &&
		    (part = ppool_chunk_split(c, c->n - size)))
			ppool_job_push(&f->job, part);
	}
	close_open(f);
}

static bool
open_is_full(const struct ppool_feed *f)
{
	const struct chunk *c = f->open;
	size_t most = f->opts.chunk_items ? PPOOL_CHUNK_LIMIT :
	    PPOOL_CHUNK_BYTES;

	return c->n >= f->target || c->len >= most ||
	    (f->opts.chunk_weight && c->weight >= f->opts.chunk_weight);
}

/* A heavy item does not ride with those before it, which it would delay. */
static bool
open_would_burst(const struct ppool_feed *f, uint64_t weight)
{
	return f->open && f->opts.chunk_weight &&
	    weight >= f->opts.chunk_weight - f->open->weight;
}

static int
add(struct ppool_feed *f, const ppool_buf *pieces, size_t n,
    const struct task *task)
{
	if (!f->open)
		f->target = f->opts.chunk_items ? f->opts.chunk_items :
		    ppool_job_chunk(&f->job);
	if (ppool_chunk_append(&f->open, &f->job, pieces, n, task) < 0)
		return -1;
	f->next++;
	f->left++;
	ppool_job_wake(&f->job);
	return 0;
}

/* ---- the job -------------------------------------------------------------- */

static bool
feed_more(const struct job *j)
{
	const struct ppool_feed *f = (const struct ppool_feed *)j;

	return f->open;
}

/* Full chunks wait in job.ready; this is for workers that would starve. */
static struct chunk *
feed_produce(struct job *j, bool starved)
{
	struct ppool_feed *f = (struct ppool_feed *)j;
	struct chunk *c = f->open;

	if (!starved || !c || !ppool_has_idle(j->pool, j))
		return NULL;
	f->open = NULL;
	return c;
}

static void
feed_result(struct job *j, const ppool_result *r)
{
	struct ppool_feed *f = (struct ppool_feed *)j;
	struct ppool *p = j->pool;

	if (!p)
		return; /* there is no handle any more */
	if (!r->part)
		f->left--;
	if (r->err == PPOOL_CANCELED)
		f->lost = p->broken ? p->why : PPOOL_CANCELED;
	if (p->copied)
		return;
	p->depth++;
	f->on_result(f->cookie, r);
	p->depth--;
}

static void
feed_stop(struct job *j)
{
	close_open((struct ppool_feed *)j);
}

static void
feed_cancel(struct job *j)
{
	struct ppool_feed *f = (struct ppool_feed *)j;
	struct chunk *c = f->open;

	f->open = NULL;
	if (c)
		ppool_chunk_cancel(c);
}

static void
feed_free(struct job *j)
{
	free(j);
}

static const struct job_kind feed_kind = {
	.parts = true,
	.produce = feed_produce,
	.more = feed_more,
	.result = feed_result,
	.stop = feed_stop,
	.cancel = feed_cancel,
	.free = feed_free,
};

/* ---- the calls ------------------------------------------------------------ */

ppool_err
ppool_feed_open(ppool *pool, ppool_fn *fn, const ppool_feed_opts *opts,
    ppool_result_fn *on_result, void *cookie, ppool_feed **out)
{
	struct ppool_feed *f;
	ppool_err err;

	if (!out)
		return PPOOL_INVAL;
	*out = NULL;
	err = ppool_check_submit(pool, fn);
	if (err)
		return err;
	if (!on_result || (opts && opts->flags & ~PPOOL_AT_MOST_ONCE))
		return PPOOL_INVAL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return PPOOL_NOMEM;
	if (opts)
		f->opts = *opts;
	f->on_result = on_result;
	f->cookie = cookie;
	f->turned_at = ppool_now();
	ppool_job_init(&f->job, pool, &feed_kind, fn);
	f->job.flags |= f->opts.flags;
	f->job.window = f->opts.window;
	f->job.window_weight = f->opts.window_weight;
	f->job.heavy = f->opts.ahead ? f->opts.chunk_weight : 0;
	*out = f;
	return PPOOL_OK;
}

ppool_err
ppool_feed_only(ppool_feed *f, unsigned first, unsigned n)
{
	if (!f || !n)
		return PPOOL_INVAL;
	if (!f->job.pool)
		return PPOOL_CANCELED;
	if (first >= f->job.pool->n || n > f->job.pool->n - first)
		return PPOOL_INVAL;
	f->job.first = first;
	f->job.last = first + n - 1;
	return PPOOL_OK;
}

/* Is there still a pool to do anything with? */
static ppool_err
feed_check(const struct ppool_feed *f)
{
	ppool_err err;

	if (!f)
		return PPOOL_INVAL;
	if (!f->job.pool)
		return PPOOL_CANCELED;
	err = ppool_check(f->job.pool);
	if (!err && f->job.pool->depth)
		err = PPOOL_BUSY;
	return err;
}

static ppool_err
put_check(const struct ppool_feed *f)
{
	const struct ppool *p = f->job.pool;

	if (p->broken)
		return p->why;
	if (p->state == POOL_TERMINATED)
		return PPOOL_CANCELED;
	if (p->state == POOL_CLOSED || f->finishing)
		return PPOOL_CLOSED;
	return PPOOL_OK;
}

/* A turn costs some system calls: one is due now and then, not for each put. */
static bool
put_turn_is_due(struct ppool_feed *f)
{
	int64_t now = ppool_now();

	if (now - f->turned_at < PUT_TURN_NS)
		return false;
	f->turned_at = now;
	return true;
}

static bool
may_put(void *arg)
{
	const struct ppool_feed *f = arg;

	return f->job.ready.n <= f->opts.ahead;
}

/* Until few enough full chunks wait to be sent. A callback may free f. */
static ppool_err
wait_for_window(struct ppool_feed *f, int timeout_ms)
{
	ppool_err err;

	if (may_put(f))
		return PPOOL_OK;
	if (!timeout_ms && !put_turn_is_due(f))
		return PPOOL_TIMEOUT;
	ppool_job_hold(&f->job);
	err = ppool_until(f->job.pool, may_put, f, timeout_ms);
	if (!err)
		err = f->job.pool ? put_check(f) : PPOOL_CANCELED;
	ppool_job_drop(&f->job);
	return err;
}

/* A full chunk is sent, and what has come is read; otherwise only now and
 * then. */
static void
put_turn(struct ppool_feed *f)
{
	bool full = open_is_full(f);

	if (full) {
		close_open(f);
		f->turned_at = 0; /* due */
	}
	if (put_turn_is_due(f))
		ppool_turn(f->job.pool, 0, !full);
}

static ppool_err
put(struct ppool_feed *f, const ppool_buf *pieces, size_t n, uint64_t weight,
    void *cookie, int timeout_ms)
{
	struct task task = { .weight = weight, .cookie = cookie };
	ppool_err err = feed_check(f);

	if (!err)
		err = put_check(f);
	if (!err)
		err = ppool_check_item(pieces, n, f->job.pool->opts.max_item,
		    &task.len);
	if (!err)
		err = wait_for_window(f, timeout_ms);
	if (err)
		return err;
	task.index = f->next;
	if (open_would_burst(f, weight))
		close_open(f);
	if (add(f, pieces, n, &task) < 0)
		return PPOOL_NOMEM;
	put_turn(f);
	return PPOOL_OK;
}

ppool_err
ppool_feed_put(ppool_feed *f, const void *item, size_t len, uint64_t weight,
    void *cookie)
{
	return put(f, &(ppool_buf){ item, len }, 1, weight, cookie, -1);
}

ppool_err
ppool_feed_try(ppool_feed *f, const void *item, size_t len, uint64_t weight,
    void *cookie)
{
	return put(f, &(ppool_buf){ item, len }, 1, weight, cookie, 0);
}

ppool_err
ppool_feed_tryv(ppool_feed *f, const ppool_buf *pieces, size_t n,
    uint64_t weight, void *cookie)
{
	return put(f, pieces, n, weight, cookie, 0);
}

ppool_err
ppool_feed_flush(ppool_feed *f)
{
	ppool_err err = feed_check(f);

	if (err && err != PPOOL_BUSY)
		return err;
	close_open(f);
	if (!err)
		ppool_turn(f->job.pool, 0, true);
	return PPOOL_OK;
}

static bool
all_delivered(void *arg)
{
	const struct ppool_feed *f = arg;

	return !f->left || !f->job.pool;
}

ppool_err
ppool_feed_finish(ppool_feed *f, int timeout_ms)
{
	ppool_err err = feed_check(f);

	if (err == PPOOL_CANCELED) /* the pool is gone: was anything lost? */
		return f->lost;
	if (err)
		return err;
	if (!f->finishing) {
		f->finishing = true;
		close_last(f);
	}
	ppool_job_hold(&f->job);
	err = ppool_until(f->job.pool, all_delivered, f, timeout_ms);
	if (!err)
		err = f->job.pool ? f->lost : PPOOL_CANCELED;
	ppool_job_drop(&f->job);
	return err;
}

void
ppool_feed_free(ppool_feed *f)
{
	if (!f)
		return;
	ppool_chunk_free(f->open);
	f->open = NULL;
	ppool_job_abandon(&f->job);
}
