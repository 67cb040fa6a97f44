/* iter.c - imap: a job that pulls its items, and hands its results out. */
#include "ppool/core.h"

#include <stdlib.h>

/* A result with its own copy of all bytes. */
struct kept {
	ppool_result r;
	bool full;
};

struct ppool_iter {
	struct job job;
	ppool_source_fn *source;
	void *cookie;
	bool ordered;
	size_t chunk;       /* 0: adapts */
	size_t buffer;
	uint64_t pulled;    /* items, so the index of the next */
	uint64_t handed;    /* out, by next */
	uint64_t arrived;   /* results */
	struct kept *ring;  /* by index, or in order of arrival, modulo size */
	size_t size;        /* a power of two >= pulled - handed, or 0 */
	struct kept last;   /* what next handed out last */
	uint64_t turned_at; /* handed, when the pump turned last */
	uint64_t asked_at;  /* round in which the source had nothing */
	bool ended;         /* nothing more to pull */
	ppool_err end;      /* then: END, SOURCE or NOMEM */
	int code;           /* SOURCE */
	bool stopped;       /* by join: pull no more */
	bool canceled;      /* results are missing */
	ppool_err lost;     /* why: CANCELED or BROKEN */
	bool dropped;       /* there is no handle */
};

/* ---- results -------------------------------------------------------------- */

static struct kept *
ring_at(const struct ppool_iter *it, uint64_t place)
{
	return &it->ring[place & (it->size - 1)];
}

/* Room for one more item between handed and pulled. */
static int
ring_reserve(struct ppool_iter *it)
{
	size_t size = it->size ? 2 * it->size : 16;
	struct kept *new;

	if (it->pulled - it->handed < it->size)
		return 0;
	new = calloc(size, sizeof(*new));
	if (!new)
		return -1;
	for (uint64_t i = it->handed; i < it->pulled; i++)
		new[i & (size - 1)] = *ring_at(it, i);
	free(it->ring);
	it->ring = new;
	it->size = size;
	return 0;
}

static void
kept_free(struct kept *k)
{
	if (k->full) {
		free((void *)(uintptr_t)k->r.data);
		free((void *)(uintptr_t)k->r.item.data);
	}
	k->full = false;
}

/* With copies of what the result points to. */
static void
keep(struct kept *k, const ppool_result *r)
{
	ppool_buf data = { r->data, r->len };
	int rc = ppool_buf_copy(&data);

	*k = (struct kept){ *r, true };
	rc |= ppool_buf_copy(&k->r.item);
	k->r.data = data.data;
	k->r.len = data.len;
	if (rc < 0)
		k->r.err = PPOOL_NOMEM;
}

static void
iter_result(struct job *j, const ppool_result *r)
{
	struct ppool_iter *it = (struct ppool_iter *)j;

	if (it->dropped || r->err == PPOOL_CANCELED)
		return;
	keep(ring_at(it, it->ordered ? r->index : it->arrived), r);
	it->arrived++;
}

/* ---- pulling -------------------------------------------------------------- */

static bool
iter_open(const struct ppool_iter *it)
{
	return !it->ended && !it->stopped && !it->canceled && !it->dropped;
}

/* How many items to pull at once. No fewer: with a full buffer there would be
 * room for one item at a time, and every chunk would be of one. */
static size_t
pull_size(const struct ppool_iter *it)
{
	const struct ppool *p = it->job.pool;
	size_t size = it->chunk, share;

	if (!size) {
		size = ppool_job_chunk(&it->job);
		share = it->buffer / (2 * p->n);
		if (size > share)
			size = share ? share : 1;
	}
	return size < it->buffer ? size : it->buffer;
}

/* Without room for a chunk there is no more until ppool_next has made it. */
static bool
iter_more(const struct job *j)
{
	const struct ppool_iter *it = (const struct ppool_iter *)j;

	return iter_open(it) &&
	    it->buffer - (it->pulled - it->handed) >= pull_size(it);
}

static void
iter_end(struct ppool_iter *it, ppool_err end, int code)
{
	it->ended = true;
	it->end = end;
	it->code = code;
	it->job.pool->events++;
}

/* Puts a pulled item into the chunk, or its failure among the results. */
static void
accept_item(struct ppool_iter *it, const ppool_buf *item, struct chunk **c)
{
	struct task task = { .index = it->pulled++ };
	ppool_result r = { .index = task.index };

	r.err = ppool_check_item(item, 1, it->job.pool->opts.max_item,
	    &task.len);
	if (r.err == PPOOL_TOOBIG)
		r.item = *item;
	else if (!r.err &&
	    ppool_chunk_append(c, &it->job, item, 1, &task) < 0)
		r.err = PPOOL_NOMEM;
	if (!r.err)
		return;
	it->job.pool->events++;
	iter_result(&it->job, &r);
}

/* Pulls one item. False: that was all, for now. */
static bool
pull(struct ppool_iter *it, struct chunk **c)
{
	struct ppool *p = it->job.pool;
	ppool_buf item = { NULL, 0 };
	int rc;

	if (ring_reserve(it) < 0) {
		iter_end(it, PPOOL_NOMEM, 0);
		return false;
	}
	p->depth++;
	rc = it->source(it->cookie, &item);
	p->depth--;
	if (!iter_open(it) || ppool_over(p))
		return false;
	if (rc == 1) {
		accept_item(it, &item, c);
	} else if (rc == 2) {
		it->asked_at = p->round;
		p->stalled = true;
	} else {
		iter_end(it, rc < 0 ? PPOOL_SOURCE : PPOOL_END, rc);
	}
	return rc == 1;
}

static struct chunk *
iter_produce(struct job *j, bool starved)
{
	struct ppool_iter *it = (struct ppool_iter *)j;
	size_t most = it->chunk ? PPOOL_CHUNK_LIMIT : PPOOL_CHUNK_BYTES;
	struct chunk *c = NULL;
	size_t size;

	(void)starved;
	if (!j->pool->pulling || !iter_more(j) ||
	    it->asked_at == j->pool->round)
		return NULL;
	size = pull_size(it);
	while (size-- && (!c || c->len < most) && pull(it, &c))
		;
	if (!it->dropped)
		return c;
	ppool_chunk_free(c);
	return NULL;
}

static void
iter_stop(struct job *j)
{
	struct ppool_iter *it = (struct ppool_iter *)j;

	it->stopped = true;
}

static void
iter_cancel(struct job *j)
{
	struct ppool_iter *it = (struct ppool_iter *)j;

	if (it->canceled || (it->ended && it->arrived == it->pulled))
		return;
	it->canceled = true;
	it->lost = j->pool->broken ? j->pool->why : PPOOL_CANCELED;
}

static void
iter_free(struct job *j)
{
	struct ppool_iter *it = (struct ppool_iter *)j;

	for (size_t i = 0; i < it->size; i++)
		kept_free(&it->ring[i]);
	free(it->ring);
	kept_free(&it->last);
	free(it);
}

static const struct job_kind iter_kind = {
	.produce = iter_produce,
	.more = iter_more,
	.result = iter_result,
	.stop = iter_stop,
	.cancel = iter_cancel,
	.free = iter_free,
};

/* ---- the calls ------------------------------------------------------------ */

static size_t
default_buffer(const struct ppool *p, size_t chunk)
{
	uint64_t chunks = 2 * (uint64_t)p->n * p->opts.window;

	if (!chunk)
		chunk = PPOOL_CHUNK_ITEMS;
	return chunks > SIZE_MAX / chunk ? SIZE_MAX : (size_t)chunks * chunk;
}

static ppool_err
iter_new(ppool *pool, ppool_fn *fn, ppool_source_fn *source, void *cookie,
    size_t chunk, size_t buffer, bool ordered, ppool_iter **out)
{
	struct ppool_iter *it;
	ppool_err err;

	if (!out)
		return PPOOL_INVAL;
	*out = NULL;
	err = ppool_check_submit(pool, fn);
	if (err)
		return err;
	if (!source)
		return PPOOL_INVAL;
	it = calloc(1, sizeof(*it));
	if (!it)
		return PPOOL_NOMEM;
	it->source = source;
	it->cookie = cookie;
	it->ordered = ordered;
	it->chunk = chunk;
	it->buffer = buffer ? buffer : default_buffer(pool, chunk);
	ppool_job_init(&it->job, pool, &iter_kind, fn);
	ppool_job_wake(&it->job);
	*out = it;
	return PPOOL_OK;
}

ppool_err
ppool_imap(ppool *pool, ppool_fn *fn, ppool_source_fn *source, void *cookie,
    size_t chunk, size_t buffer, ppool_iter **out)
{
	return iter_new(pool, fn, source, cookie, chunk, buffer, true, out);
}

ppool_err
ppool_imap_unordered(ppool *pool, ppool_fn *fn, ppool_source_fn *source,
    void *cookie, size_t chunk, size_t buffer,
    ppool_iter **out)
{
	return iter_new(pool, fn, source, cookie, chunk, buffer, false, out);
}

static bool
has_result(const struct ppool_iter *it)
{
	return it->handed < it->pulled && ring_at(it, it->handed)->full;
}

/* Will next return at once? */
static bool
iter_ready(void *arg)
{
	const struct ppool_iter *it = arg;

	if (it->canceled || it->dropped || has_result(it))
		return true;
	return it->handed == it->pulled && (it->ended || it->stopped);
}

/* A failed source is a result itself, once, and then the end. */
static ppool_err
hand_out_end(struct ppool_iter *it, ppool_result *r)
{
	if (it->canceled)
		return it->lost;
	if (!it->ended)
		return PPOOL_CANCELED;
	if (it->end != PPOOL_SOURCE)
		return it->end;
	*r = (ppool_result){
		.err = PPOOL_SOURCE, .code = it->code, .index = it->pulled,
	};
	it->end = PPOOL_END;
	return PPOOL_OK;
}

/*
 * Moves work while there is none to hand out, and now and then while there is:
 * the workers must not wait until the buffer is empty.
 */
static ppool_err
iter_pump(struct ppool_iter *it, int timeout_ms)
{
	struct ppool *p = it->job.pool;
	bool pulling = p->pulling;
	ppool_err err = PPOOL_OK;

	p->pulling = true;
	if (!iter_ready(it)) {
		it->turned_at = it->handed;
		err = ppool_until(p, iter_ready, it, timeout_ms);
	} else if (!p->depth && iter_open(it) &&
	    it->handed - it->turned_at >= pull_size(it)) {
		it->turned_at = it->handed;
		ppool_turn(p, 0, true);
	}
	p->pulling = pulling;
	return err;
}

static ppool_err
next_result(struct ppool_iter *it, int timeout_ms, ppool_result *r)
{
	ppool_err err = PPOOL_OK;

	if (it->job.pool)
		err = ppool_check(it->job.pool);
	if (!err && it->job.pool)
		err = iter_pump(it, timeout_ms);
	if (err)
		return err;
	if (it->dropped)
		return PPOOL_CANCELED;
	kept_free(&it->last);
	/* What was lost leaves gaps in an ordered iterator. */
	while (it->canceled && it->handed < it->pulled && !has_result(it))
		it->handed++;
	if (!has_result(it))
		return hand_out_end(it, r);
	it->last = *ring_at(it, it->handed);
	ring_at(it, it->handed++)->full = false;
	if (it->job.pool && iter_more(&it->job))
		ppool_job_wake(&it->job);
	*r = it->last.r;
	return PPOOL_OK;
}

ppool_err
ppool_next(ppool_iter *it, int timeout_ms, ppool_result *r)
{
	ppool_err err;

	if (!it || !r)
		return PPOOL_INVAL;
	/* A callback, or the source, may free it. */
	ppool_job_hold(&it->job);
	err = next_result(it, timeout_ms, r);
	ppool_job_drop(&it->job);
	return err;
}

void
ppool_iter_free(ppool_iter *it)
{
	if (!it)
		return;
	it->dropped = true;
	ppool_job_abandon(&it->job);
}
