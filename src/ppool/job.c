/* job.c - what all kinds of job have. */
#include "ppool/job.h"

#include "ppool/core.h"

void
ppool_job_init(struct job *j, struct ppool *p, const struct job_kind *kind,
    ppool_fn *fn)
{
	j->kind = kind;
	j->pool = p;
	j->fn = fn;
	j->flags = p->opts.flags & PPOOL_AT_MOST_ONCE;
	j->refs = 2;
	j->last = p->n - 1;
	ppool_queue_init(&j->ready);
	link_add(&p->jobs, &j->all);
}

static void
job_sleep(struct job *j)
{
	if (!j->run.next)
		return;
	link_del(&j->run);
	j->pool->nrunnable--;
}

void
ppool_job_leave(struct job *j)
{
	if (!j->pool)
		return;
	job_sleep(j);
	link_del(&j->all);
	j->pool = NULL;
	ppool_job_drop(j);
}

void
ppool_job_wake(struct job *j)
{
	if (j->run.next)
		return;
	link_add(&j->pool->runnable, &j->run);
	j->pool->nrunnable++;
}

void
ppool_job_turn(struct job *j)
{
	job_sleep(j);
	if (j->ready.first || j->kind->more(j))
		ppool_job_wake(j);
}

void
ppool_job_push(struct job *j, struct chunk *c)
{
	ppool_chunk_close(c);
	ppool_queue_add(&j->ready, c, j->heavy);
	ppool_job_wake(j);
}

void
ppool_job_abandon(struct job *j)
{
	struct chunk *c;

	while ((c = ppool_queue_pop(&j->ready)))
		ppool_chunk_free(c);
	ppool_job_leave(j);
	ppool_job_drop(j);
}

/* Until it is known what an item takes, a round of chunks for all workers is
 * twice as long as the one before. */
size_t
ppool_job_chunk(const struct job *j)
{
	uint64_t rounds = j->sent / (j->last - j->first + 1);
	size_t most = rounds < 8 ? (size_t)1 << rounds : PPOOL_CHUNK_ITEMS;
	uint64_t want = j->item_ns ? PPOOL_CHUNK_NS / j->item_ns : most;

	if (want < 1)
		return 1;
	return want < most ? (size_t)want : most;
}

void
ppool_job_timed(struct job *j, uint32_t ns)
{
	j->item_ns = j->item_ns ? (7 * j->item_ns + ns + 7) / 8 : ns;
}
