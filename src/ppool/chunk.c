/* chunk.c - tasks, chunks and queues of them. */
#include "ppool/core.h"

#include <stdlib.h>
#include <string.h>

/* ---- queues --------------------------------------------------------------- */

void
ppool_queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
}

void
ppool_queue_add(struct queue *q, struct chunk *c, uint64_t unit)
{
	struct chunk **at = q->last;

	if (unit && c->weight >= unit)
		for (at = &q->first; *at &&
		    (*at)->weight / unit >= c->weight / unit;)
			at = &(*at)->next;
	c->next = *at;
	*at = c;
	if (q->last == at)
		q->last = &c->next;
	q->n++;
}

void
ppool_queue_remove(struct queue *q, struct chunk *c)
{
	struct chunk **at = &q->first;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (q->last == &c->next)
		q->last = at;
	c->next = NULL;
	q->n--;
}

struct chunk *
ppool_queue_pop(struct queue *q)
{
	struct chunk *c = q->first;

	if (c)
		ppool_queue_remove(q, c);
	return c;
}

/* ---- chunks --------------------------------------------------------------- */

static struct chunk *
chunk_new(struct job *j)
{
	struct ppool *p = j->pool;
	struct chunk *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct chunk){
		.pool = p, .job = j, .len = sizeof(struct frame_work),
	};
	ppool_job_hold(j);
	p->nchunks++;
	return c;
}

void
ppool_chunk_free(struct chunk *c)
{
	if (!c)
		return;
	c->pool->nchunks--;
	ppool_job_drop(c->job);
	free(c->frame);
	free(c->tasks);
	free(c);
}

/* ---- tasks ---------------------------------------------------------------- */

ppool_err
ppool_check_item(const ppool_buf *pieces, size_t n, size_t most, uint32_t *len)
{
	size_t sum = 0;

	if (n && !pieces)
		return PPOOL_INVAL;
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len && !pieces[i].data)
			return PPOOL_INVAL;
		if (pieces[i].len > most - sum)
			return PPOOL_TOOBIG;
		sum += pieces[i].len;
	}
	*len = (uint32_t)sum;
	return PPOOL_OK;
}

int
ppool_buf_copy(ppool_buf *b)
{
	const ppool_buf from = *b;
	void *copy = from.len ? malloc(from.len) : NULL;

	if (copy)
		memcpy(copy, from.data, from.len);
	*b = (ppool_buf){ copy, copy ? from.len : 0 };
	return from.len && !copy ? -1 : 0;
}

/* Room for one more task, and len more bytes. */
static int
chunk_reserve(struct chunk *c, size_t len)
{
	uint32_t cap = c->cap ? 2 * c->cap : 64;
	size_t size = c->size ? c->size : 8192;
	void *new;

	if (c->n == c->cap) {
		if (c->cap > UINT32_MAX / 2)
			return -1;
		new = realloc(c->tasks, cap * sizeof(*c->tasks));
		if (!new)
			return -1;
		c->tasks = new;
		c->cap = cap;
	}
	while (size - c->len < len)
		size *= 2;
	if (size == c->size)
		return 0;
	new = realloc(c->frame, size);
	if (!new)
		return -1;
	c->frame = new;
	c->size = size;
	return 0;
}

static int
chunk_add(struct chunk *c, const ppool_buf *pieces, size_t n,
    const struct task *task)
{
	const struct frame_item head = { .len = task->len };
	size_t padded = frame_padded(task->len);
	struct task *new;
	uint8_t *at;

	if (chunk_reserve(c, sizeof(head) + padded) < 0)
		return -1;
	new = &c->tasks[c->n++];
	*new = *task;
	new->skip = task->parts;
	new->off = (uint32_t)(c->len + sizeof(head));
	if (new->weight > PPOOL_WEIGHT_MAX)
		new->weight = PPOOL_WEIGHT_MAX;
	at = c->frame + c->len;
	memcpy(at, &head, sizeof(head));
	at += sizeof(head);
	for (size_t i = 0; i < n; i++) {
		if (pieces[i].len)
			memcpy(at, pieces[i].data, pieces[i].len);
		at += pieces[i].len;
	}
	memset(at, 0, padded - task->len);
	c->len += sizeof(head) + padded;
	c->weight += new->weight;
	c->left++;
	return 0;
}

int
ppool_chunk_append(struct chunk **c, struct job *j, const ppool_buf *pieces,
    size_t n, const struct task *task)
{
	if (!*c)
		*c = chunk_new(j);
	if (*c && chunk_add(*c, pieces, n, task) == 0)
		return 0;
	if (*c && !(*c)->n) {
		ppool_chunk_free(*c);
		*c = NULL;
	}
	return -1;
}

int
ppool_chunk_take(struct chunk **c, const struct chunk *from,
    const struct task *task)
{
	const ppool_buf item = ppool_chunk_item(from, task);

	return ppool_chunk_append(c, from->job, &item, 1, task);
}

void
ppool_chunk_close(struct chunk *c)
{
	void *new = realloc(c->tasks, c->n * sizeof(*c->tasks));

	if (new) {
		c->tasks = new;
		c->cap = c->n;
	}
	new = realloc(c->frame, c->len);
	if (new) {
		c->frame = new;
		c->size = c->len;
	}
}

struct chunk *
ppool_chunk_split(struct chunk *c, uint32_t from)
{
	struct chunk *rest = NULL;
	uint64_t weight = 0;
	uint32_t i = from;

	do {
		if (ppool_chunk_take(&rest, c, &c->tasks[i]) < 0) {
			ppool_chunk_free(rest);
			return NULL;
		}
		weight += c->tasks[i].weight;
	} while (++i < c->n);
	c->n = c->left = from;
	c->len = c->tasks[from].off - sizeof(struct frame_item);
	c->weight -= weight;
	return rest;
}

/* ---- results -------------------------------------------------------------- */

ppool_buf
ppool_chunk_item(const struct chunk *c, const struct task *task)
{
	return (ppool_buf){ c->frame + task->off, task->len };
}

static void
deliver(struct chunk *c, const struct task *task, ppool_result *r)
{
	c->pool->events++;
	r->index = task->index;
	r->item = ppool_chunk_item(c, task);
	r->cookie = task->cookie;
	c->job->kind->result(c->job, r);
}

static void
deliver_part(struct chunk *c, struct task *task, ppool_result *r)
{
	if (task->skip) {
		task->skip--;
		return;
	}
	task->parts++;
	if (c->job->kind->parts)
		deliver(c, task, r);
}

void
ppool_chunk_result(struct chunk *c, struct task *task, ppool_result *r)
{
	if (r->part) {
		deliver_part(c, task, r);
		return;
	}
	/* Without its parts it would pass for the whole result. */
	if (task->parts && !c->job->kind->parts && !r->err)
		*r = (ppool_result){ .err = PPOOL_INVAL };
	task->answered = true;
	c->left--;
	deliver(c, task, r);
}

void
ppool_chunk_cancel(struct chunk *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		ppool_result r = { .err = PPOOL_CANCELED };

		if (!c->tasks[i].answered)
			ppool_chunk_result(c, &c->tasks[i], &r);
	}
	ppool_chunk_free(c);
}
