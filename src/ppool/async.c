/* async.c - apply and map: a job whose size is known, with all its results. */
#include "ppool/core.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of results, which stay where they are. */
struct block {
	struct block *next;
	size_t used, size;
	max_align_t data[];
};

enum { BLOCK_MOST = 64 << 10 };

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
	struct block *blocks;
	ppool_done_fn *done;
	void *cookie;
	bool ready;
	ppool_err first;        /* failure in input order */
};

/* ---- results -------------------------------------------------------------- */

static void *
keep(struct ppool_async *a, const void *data, size_t len)
{
	const size_t align = sizeof(max_align_t);
	struct block *b = a->blocks;
	void *at;

	if (!b || b->size - b->used < len) {
		size_t size = b ? 2 * b->size : len;

		if (size > BLOCK_MOST)
			size = BLOCK_MOST;
		if (size < len)
			size = len;
		size = (size + align - 1) / align * align;
		b = malloc(sizeof(*b) + size);
		if (!b)
			return NULL;
		b->used = 0;
		b->size = size;
		b->next = a->blocks;
		a->blocks = b;
	}
	at = (char *)b->data + b->used;
	memcpy(at, data, len);
	b->used += (len + align - 1) / align * align;
	return at;
}

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

	*mine = *r;
	mine->item = a->items[r->index];
	if (r->len) {
		mine->data = keep(a, r->data, r->len);
		if (!mine->data) {
			mine->err = PPOOL_NOMEM;
			mine->len = 0;
		}
	}
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
	struct chunk *c = ppool_chunk_new(j);

	(void)starved;
	not_pending(a);
	while (c && a->next < a->n && c->n < a->chunk &&
	       c->len < a->chunk_bytes) {
		const ppool_buf *item = &a->items[a->next];

		if (item->len > j->pool->opts.max_item) {
			next_fails(a, PPOOL_TOOBIG);
			continue;
		}
		if (ppool_chunk_add(c, item, 1,
		                    &(struct task){ .index = a->next }))
			break;
		a->next++;
	}
	if (c && c->n)
		return c;
	if (c)
		ppool_chunk_free(c);
	/* Not even one item fits into memory. */
	if (a->next < a->n)
		next_fails(a, PPOOL_NOMEM);
	return NULL;
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
	struct block *b;

	while ((b = a->blocks)) {
		a->blocks = b->next;
		free(b);
	}
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
async_new(struct ppool *p, size_t n)
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

struct wanted {
	const struct ppool *pool;
	size_t len;
};

static bool
pending_has_room(void *arg)
{
	const struct wanted *w = arg;

	return ppool_over(w->pool) || !w->pool->pending ||
	       (w->pool->pending < w->pool->opts.max_pending &&
	        w->len <= w->pool->opts.max_pending - w->pool->pending);
}

/* Until a copy of this size may be queued. */
static ppool_err
wait_for_room(ppool *pool, ppool_fn *fn, size_t len)
{
	struct wanted w = { pool, len };
	ppool_err err = ppool_check_submit(pool, fn);

	if (!err)
		err = ppool_until(pool, pending_has_room, &w, -1);
	return err ? err : ppool_check_submit(pool, fn);
}

static int
own_copy(struct ppool_async *a, const void *in, size_t len)
{
	void *copy = malloc(len ? len : 1);

	if (!copy)
		return -1;
	if (len)
		memcpy(copy, in, len);
	a->own = (ppool_buf){ copy, len };
	a->items = &a->own;
	return 0;
}

ppool_err
ppool_apply_async(ppool *pool, ppool_fn *fn, const void *in, size_t len,
                  ppool_done_fn *done, void *cookie, ppool_async **out)
{
	struct ppool_async *a;
	ppool_err err = ppool_check(pool);

	if (out)
		*out = NULL;
	if (!err)
		err = ppool_check_bufs(&(ppool_buf){ in, len }, 1);
	if (err)
		return err;
	if (len > pool->opts.max_item)
		return PPOOL_TOOBIG;
	err = wait_for_room(pool, fn, len);
	if (err)
		return err;
	a = async_new(pool, 1);
	if (!a)
		return PPOOL_NOMEM;
	if (own_copy(a, in, len)) {
		async_free(&a->job);
		return PPOOL_NOMEM;
	}
	a->chunk = 1;
	a->chunk_bytes = SIZE_MAX;
	a->pending = len;
	pool->pending += len;
	a->done = done;
	a->cookie = cookie;
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
	ppool_err err = ppool_check_submit(pool, fn);

	if (out)
		*out = NULL;
	if (!err)
		err = ppool_check_bufs(items, n);
	if (err)
		return err;
	a = async_new(pool, n);
	if (!a)
		return PPOOL_NOMEM;
	a->items = items;
	a->chunk = chunk ? chunk : default_chunk(pool, n);
	a->chunk_bytes = chunk ? PPOOL_CHUNK_LIMIT : PPOOL_CHUNK_BYTES;
	a->done = done;
	a->cookie = cookie;
	submit(a, fn, out);
	return PPOOL_OK;
}

/* Waits for a job just submitted; an interrupt is the caller's to see, who
 * has the handle and may call get again. */
static ppool_err
wait_for(ppool_err err, ppool_async *const *a)
{
	return err ? err : ppool_get(*a, -1, NULL, NULL);
}

ppool_err
ppool_apply(ppool *pool, ppool_fn *fn, const void *in, size_t len,
            ppool_async **out)
{
	if (!out)
		return PPOOL_INVAL;
	*out = NULL;
	if (pool && pool->depth)
		return PPOOL_BUSY;
	return wait_for(ppool_apply_async(pool, fn, in, len, NULL, NULL, out),
	                out);
}

ppool_err
ppool_map(ppool *pool, ppool_fn *fn, const ppool_buf *items, size_t n,
          size_t chunk, ppool_async **out)
{
	if (!out)
		return PPOOL_INVAL;
	*out = NULL;
	if (pool && pool->depth)
		return PPOOL_BUSY;
	return wait_for(ppool_map_async(pool, fn, items, n, chunk, NULL, NULL,
	                                out), out);
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
