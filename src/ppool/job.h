/*
 * job.h - jobs, and the chunks of tasks that they are cut into.
 *
 * A job (feed, apply and map, imap) produces chunks and receives results, and
 * knows nothing of workers. What moves chunks (dispatch.c, answer.c, death.c)
 * knows nothing of kinds of jobs: it calls them through struct job_kind.
 */
#ifndef PPOOL_JOB_H
#define PPOOL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ppool/ppool.h"

#include "ppool/frame.h"

#define PPOOL_CHUNK_ITEMS ((size_t)256)       /* of a chunk that adapts */
#define PPOOL_CHUNK_BYTES ((size_t)64 << 10)  /* likewise */
#define PPOOL_CHUNK_LIMIT ((size_t)1 << 20)   /* of any chunk of two or more */
#define PPOOL_CHUNK_NS    ((uint64_t)4000000) /* what a chunk should take */

/* An item's weight is cut to this, so that sums of weights do not wrap. */
#define PPOOL_WEIGHT_MAX  ((uint64_t)1 << 40)

#pragma GCC visibility push(hidden)

/* ---- lists ---------------------------------------------------------------- */

struct link {
	struct link *prev, *next; /* NULL: in no list */
};

static inline void
link_init(struct link *head)
{
	head->prev = head->next = head;
}

static inline void
link_add(struct link *head, struct link *l)
{
	l->prev = head->prev;
	l->next = head;
	/* prev is NULL in no list only. NOLINTNEXTLINE(clang-analyzer-core.*) */
	head->prev->next = l;
	head->prev = l;
}

static inline void
link_del(struct link *l)
{
	if (!l->next)
		return;
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->prev = l->next = NULL;
}

/* ---- chunks --------------------------------------------------------------- */

/* An item, as the owner keeps it until it is answered. */
struct task {
	uint64_t index;  /* in its job */
	uint64_t weight;
	void *cookie;    /* the application's; stays here */
	uint32_t off;    /* of its bytes in the chunk's frame; what comes before
	                  * the last item has at most PPOOL_CHUNK_LIMIT */
	uint32_t len;
	uint64_t parts;  /* of its result, delivered */
	uint64_t skip;   /* parts to come that were delivered before: the worker
	                  * that had the item died */
	uint32_t deaths; /* of workers that ran it alone */
	bool answered;
};

struct chunk {
	struct chunk *next;
	struct ppool *pool;
	struct job *job; /* counted */
	struct task *tasks;
	uint32_t n, cap;
	uint32_t left;   /* not answered */
	uint64_t weight; /* of all n */
	bool alone;      /* goes to a worker that holds nothing else */
	uint64_t seq;    /* of this sending */
	uint64_t base;   /* items its worker had been sent before it */
	uint8_t *frame;  /* a struct frame_work and the items */
	size_t len, size;
};

/* First in, first out, unless inserted. */
struct queue {
	struct chunk *first, **last;
	size_t n;
};

void ppool_queue_init(struct queue *q);
/* At the end, or, if unit is not 0, before all that are lighter by a multiple
 * of it. */
void ppool_queue_add(struct queue *q, struct chunk *c, uint64_t unit);
struct chunk *ppool_queue_pop(struct queue *q);
void ppool_queue_remove(struct queue *q, struct chunk *c);

/* Is each of the n pieces of an item there, and has it at most so many bytes?
 * OK with *len, INVAL, TOOBIG. */
ppool_err ppool_check_item(const ppool_buf *pieces, size_t n, size_t most,
    uint32_t *len);
/* Makes *b a copy of its bytes, for free(3). -1 without memory, and *b is
 * empty. */
int ppool_buf_copy(ppool_buf *b);
/* Copies an item, in n pieces, to the end of *c, which is made if it is NULL:
 * len and the rest as in *task, whose parts are those to skip.
 * -1 without memory; *c is never empty, but may be NULL. */
int ppool_chunk_append(struct chunk **c, struct job *j,
    const ppool_buf *pieces, size_t n,
    const struct task *task);
/* Gives back the memory that was to hold more items: c takes no more. */
void ppool_chunk_close(struct chunk *c);
/* The tasks from this one on leave the chunk: a new chunk of them, or NULL
 * without memory. */
struct chunk *ppool_chunk_split(struct chunk *c, uint32_t from);
/* Likewise a task of another chunk of the same job. */
int ppool_chunk_take(struct chunk **c, const struct chunk *from,
    const struct task *task);
/* Gives every task left its result: CANCELED. Frees it. */
void ppool_chunk_cancel(struct chunk *c);
/* Drops the chunk and its hold on the job. NULL is fine. */
void ppool_chunk_free(struct chunk *c);
ppool_buf ppool_chunk_item(const struct chunk *c, const struct task *task);
/* One item's result, to its job, or a part of it, unless that was delivered
 * before: err, code, part, data and len of r are set. */
void ppool_chunk_result(struct chunk *c, struct task *task, ppool_result *r);

/* ---- jobs ----------------------------------------------------------------- */

struct job_kind {
	bool parts; /* result takes parts of results, too */
	/* The next chunk, NULL if there is none now. starved: if a worker has
	 * nothing to do, even a chunk that could still grow. */
	struct chunk *(*produce)(struct job *j, bool starved);
	/* Could produce give a chunk, now or later, without more input? */
	bool (*more)(const struct job *j);
	void (*result)(struct job *j, const ppool_result *r);
	/* The pool is being joined: no more input. NULL: there never is. */
	void (*stop)(struct job *j);
	/* What is not in a chunk becomes CANCELED; no more comes. The job may
	 * be freed by this. */
	void (*cancel)(struct job *j);
	void (*free)(struct job *j);
};

struct job {
	struct link all;    /* first; in pool->jobs, until ready, freed, or the
	                     * end */
	const struct job_kind *kind;
	struct ppool *pool; /* NULL when it is gone, or of no more use */
	ppool_fn *fn;
	struct link run;    /* in pool->runnable */
	struct queue ready; /* chunks produced and not sent */
	unsigned refs;      /* the handle, pool->jobs, and each chunk */
	unsigned flags;     /* PPOOL_AT_MOST_ONCE */
	unsigned window;    /* its chunks that a worker may hold; 0: no limit
	                     * but the pool's */
	uint64_t window_weight; /* 0: no limit */
	unsigned first, last; /* the numbers of workers that it may go to */
	uint64_t heavy;     /* unit by which heavier chunks are sent first; 0:
	                     * they are sent in order */
	uint64_t sent;      /* chunks */
	uint64_t item_ns;   /* what an item takes; 0: not known */
};

static inline void
ppool_job_hold(struct job *j)
{
	j->refs++;
}

static inline void
ppool_job_drop(struct job *j)
{
	if (--j->refs == 0)
		j->kind->free(j);
}

/* Puts a job into the pool, with two references: the handle's and the pool's. */
void ppool_job_init(struct job *j, struct ppool *p, const struct job_kind *kind,
    ppool_fn *fn);
/* The pool has no more to do with it. */
void ppool_job_leave(struct job *j);
/* There is something to produce or to send. */
void ppool_job_wake(struct job *j);
/* It has had its turn: the others first, and nothing more without need. */
void ppool_job_turn(struct job *j);
/* There is no handle any more, which its owner has noted: drops it, and its
 * chunks that were not sent. */
void ppool_job_abandon(struct job *j);
/* A chunk to be sent when there is room. */
void ppool_job_push(struct job *j, struct chunk *c);
/* How many items the next chunk of a job that adapts should have. */
size_t ppool_job_chunk(const struct job *j);
/* One of its items took a worker so long. */
void ppool_job_timed(struct job *j, uint32_t ns);

#pragma GCC visibility pop

#endif
