/* async.c - apply and map: a job whose size is known, with all its results. */
#include "ppool/core.h"

#include <stdlib.h>

struct ppool_async {
	struct job job;
	const ppool_buf *items; /* the caller's, or &own */
	ppool_buf own;          /* apply: a copy */
	size_t pending;         /* counted in pool->pending */
	size_t n;
	size_t next;            /* first not in a chunk yet */
	size_t left;            /* without a result */
	size_t chunk, chunk_bytes;
	ppool_result *results;
	ppool_done_fn *done;
	void *cookie;
	bool ready;
	ppool_err first;        /* failure in input order */
};

/* ---- results -------------------------------------------------------------- */

static void
complete(struct ppool_async *a)
{
	struct ppool *p = a->job.pool;

	ppool_job_hold(&a->job);
	a->ready = true;
	for (size_t i = 0; i < a->n && !a->first; i++)
		a->first = a->results[i].err;
	p->nasync--;
	p->events++;
	if (a->done && !p->copied) {
		p->depth++;
		a->done(a->cookie, a->results, a->n);
		p->depth--;
	}
	ppool_job_leave(&a->job);
	ppool_job_drop(&a->job);
}

static void
async_result(struct job *j, const ppool_result *r)
{
	struct ppool_async *a = (struct ppool_async *)j;
	ppool_result *mine = &a->results[r->index];
	ppool_buf data = { r->data, r->len };

	*mine = *r;
	if (ppool_buf_copy(&data) < 0)
		mine->err = PPOOL_NOMEM;
	mine->data = data.data;
	mine->len = data.len;
	mine->item = a->items[r->index];
	if (--a->left == 0)
		complete(a);
}

/* For an item that never was in a chunk. */
static void
next_fails(struct ppool_async *a, ppool_err err)
{
	const ppool_result r = { .err = err, .index = a->next++ };

	async_result(&a->job, &r);
}

/* ---- chunks --------------------------------------------------------------- */

static void
not_pending(struct ppool_async *a)
{
	a->job.pool->pending -= a->pending;
	a->pending = 0;
}

static bool
async_more(const struct job *j)
{
	const struct ppool_async *a = (const struct ppool_async *)j;

	return a->next < a->n;
}

static struct chunk *
async_produce(struct job *j, bool starved)
{
	struct ppool_async *a = (struct ppool_async *)j;
	struct chunk *c = NULL;

	(void)starved;
	not_pending(a);
	while (a->next < a->n &&
	    (!c || (c->n < a->chunk && c->len < a->chunk_bytes))) {
		const ppool_buf *item = &a->items[a->next];
		struct task task = { .index = a->next };

		if (ppool_check_item(item, 1, j->pool->opts.max_item,
		    &task.len)) {
			next_fails(a, PPOOL_TOOBIG);
			continue;
		}
		if (ppool_chunk_append(&c, j, item, 1, &task) < 0)
			break;
		a->next++;
	}
	/* Not even one item fits into memory. */
	if (!c && a->next < a->n)
		next_fails(a, PPOOL_NOMEM);
	return c;
}

static void
async_cancel(struct job *j)
{
	struct ppool_async *a = (struct ppool_async *)j;

	if (j->pool)
		not_pending(a);
	while (a->next < a->n)
		next_fails(a, PPOOL_CANCELED);
}

static void
async_free(struct job *j)
{
	struct ppool_async *a = (struct ppool_async *)j;

	for (size_t i = 0; i < a->n; i++)
		free((void *)(uintptr_t)a->results[i].data);
	free((void *)(uintptr_t)a->own.data);
	free(a->results);
	free(a);
}

static const struct job_kind async_kind = {
	.produce = async_produce,
	.more = async_more,
	.result = async_result,
	.cancel = async_cancel,
	.free = async_free,
};

/* ---- submitting ----------------------------------------------------------- */

static struct ppool_async *
async_new(struct ppool *p, size_t n, ppool_done_fn *done, void *cookie)
{
	struct ppool_async *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->results = calloc(n ? n : 1, sizeof(*a->results));
	if (!a->results) {
		free(a);
		return NULL;
	}
	a->n = a->left = n;
	a->done = done;
	a->cookie = cookie;
	a->job.pool = p;
	return a;
}

static void
submit(struct ppool_async *a, ppool_fn *fn, ppool_async **out)
{
	struct ppool *p = a->job.pool;

	ppool_job_init(&a->job, p, &async_kind, fn);
	p->nasync++;
	if (out)
		*out = a;
	else
		ppool_job_drop(&a->job);
	if (a->n)
		ppool_job_wake(&a->job);
	else
		complete(a);
	if (!p->depth)
		ppool_turn(p, 0, false);
}

/* May this copy be queued? */
static bool
pending_has_room(void *arg)
{
	const struct ppool_async *a = arg;
	const struct ppool *p = a->job.pool;

	return ppool_over(p) || !p->pending ||
	    (p->pending < p->opts.max_pending &&
	    a->own.len <= p->opts.max_pending - p->pending);
}

ppool_err
ppool_apply_async(ppool *pool, ppool_fn *fn, const void *in, size_t len,
    ppool_done_fn *done, void *cookie, ppool_async **out)
{
	const ppool_buf item = { in, len };
	uint32_t sum;
	struct ppool_async *a;
	ppool_err err = ppool_check_submit(pool, fn);

	if (out)
		*out = NULL;
	if (!err)
		err = ppool_check_item(&item, 1, pool->opts.max_item, &sum);
	if (err)
		return err;
	a = async_new(pool, 1, done, cookie);
	if (!a)
		return PPOOL_NOMEM;
	a->own = item;
	a->items = &a->own;
	a->chunk = 1;
	a->chunk_bytes = SIZE_MAX;
	err = ppool_buf_copy(&a->own) < 0 ? PPOOL_NOMEM :
	    ppool_until(pool, pending_has_room, a, -1);
	/* It may have been closed meanwhile. */
	if (!err)
		err = ppool_check_submit(pool, fn);
	if (err) {
		async_free(&a->job);
		return err;
	}
	a->pending = len;
	pool->pending += len;
	submit(a, fn, out);
	return PPOOL_OK;
}

static size_t
default_chunk(const struct ppool *p, size_t n)
{
	size_t share = 4 * (size_t)p->n;
	size_t chunk = n / share + (n % share != 0);

	return chunk < PPOOL_CHUNK_ITEMS ? chunk : PPOOL_CHUNK_ITEMS;
}

ppool_err
ppool_map_async(ppool *pool, ppool_fn *fn, const ppool_buf *items, size_t n,
    size_t chunk, ppool_done_fn *done, void *cookie,
    ppool_async **out)
{
	struct ppool_async *a;
	uint32_t len;
	ppool_err err = ppool_check_submit(pool, fn);

	if (out)
		*out = NULL;
	if (!err && n && !items)
		err = PPOOL_INVAL;
	/* What is too big is that item's result: see async_produce. */
	for (size_t i = 0; !err && i < n; i++)
		err = ppool_check_item(&items[i], 1, SIZE_MAX, &len);
	if (err)
		return err;
	a = async_new(pool, n, done, cookie);
	if (!a)
		return PPOOL_NOMEM;
	a->items = items;
	a->chunk = chunk ? chunk : default_chunk(pool, n);
	a->chunk_bytes = chunk ? PPOOL_CHUNK_LIMIT : PPOOL_CHUNK_BYTES;
	submit(a, fn, out);
	return PPOOL_OK;
}

/* May this be waited for? */
static ppool_err
check_wait(const ppool *pool, ppool_async **out)
{
	if (!out)
		return PPOOL_INVAL;
	*out = NULL;
	return pool && pool->depth ? PPOOL_BUSY : PPOOL_OK;
}

/* An interrupt is the caller's to see, who has the handle and may call get
 * again. */
ppool_err
ppool_apply(ppool *pool, ppool_fn *fn, const void *in, size_t len,
    ppool_async **out)
{
	ppool_err err = check_wait(pool, out);

	if (!err)
		err = ppool_apply_async(pool, fn, in, len, NULL, NULL, out);
	return err ? err : ppool_get(*out, -1, NULL, NULL);
}

ppool_err
ppool_map(ppool *pool, ppool_fn *fn, const ppool_buf *items, size_t n,
    size_t chunk, ppool_async **out)
{
	ppool_err err = check_wait(pool, out);

	if (!err)
		err = ppool_map_async(pool, fn, items, n, chunk, NULL, NULL,
		    out);
	return err ? err : ppool_get(*out, -1, NULL, NULL);
}

/* ---- handles -------------------------------------------------------------- */

static bool
is_ready(void *arg)
{
	const struct ppool_async *a = arg;

	return a->ready;
}

ppool_err
ppool_wait(ppool_async *a, int timeout_ms)
{
	ppool_err err;

	if (!a)
		return PPOOL_INVAL;
	if (a->ready)
		return PPOOL_OK;
	err = ppool_check(a->job.pool);
	if (err)
		return err;
	/* A callback may free it. */
	ppool_job_hold(&a->job);
	err = ppool_until(a->job.pool, is_ready, a, timeout_ms);
	ppool_job_drop(&a->job);
	return err;
}

ppool_err
ppool_get(ppool_async *a, int timeout_ms, const ppool_result **r, size_t *n)
{
	ppool_err err = ppool_wait(a, timeout_ms);

	if (err)
		return err;
	if (r)
		*r = a->results;
	if (n)
		*n = a->n;
	return a->first;
}

bool
ppool_ready(const ppool_async *a)
{
	return a && a->ready;
}

ppool_err
ppool_successful(const ppool_async *a)
{
	if (!a)
		return PPOOL_INVAL;
	return a->ready ? a->first : PPOOL_NOTREADY;
}

void
ppool_async_free(ppool_async *a)
{
	if (a)
		ppool_job_drop(&a->job);
}
