/* state.c - what every other file may ask of a pool. */
#include "ppool/core.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

int64_t
ppool_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
ppool_deadline(int timeout_ms)
{
	if (timeout_ms < 0)
		return PPOOL_NEVER;
	return ppool_now() + (int64_t)timeout_ms * 1000000;
}

ppool_err
ppool_check(const struct ppool *p)
{
	if (!p || p->copied || (p->mark ? !*p->mark : p->owner != getpid()))
		return PPOOL_INVAL;
	return PPOOL_OK;
}

ppool_err
ppool_check_submit(const struct ppool *p, ppool_fn *fn)
{
	ppool_err err = ppool_check(p);

	if (err)
		return err;
	if (!fn && !p->opts.serve)
		return PPOOL_INVAL;
	if (p->broken)
		return p->why;
	return p->state == POOL_RUN ? PPOOL_OK : PPOOL_CLOSED;
}

bool
ppool_unfinished(const struct ppool *p)
{
	return p->nchunks || p->nasync;
}

bool
ppool_idle(const struct ppool *p)
{
	return !ppool_unfinished(p) && !p->nrunnable;
}

bool
ppool_over(const struct ppool *p)
{
	return p->broken || p->state == POOL_TERMINATED;
}

void
ppool_break(struct ppool *p)
{
	if (ppool_over(p))
		return;
	p->broken = true;
	p->doomed = true;
}

bool
ppool_lacks_memory(struct ppool *p, ssize_t n)
{
	if (n >= 0) {
		p->scarce_since = 0;
		return false;
	}
	if (errno != ENOBUFS && errno != ENOMEM)
		return false;
	p->scarce = true;
	return true;
}

void
ppool_nap(void)
{
	const struct timespec nap = { 0, PPOOL_SHORT_NS };
	int saved = errno;

	nanosleep(&nap, NULL);
	errno = saved;
}

void
ppool_close_fd(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}
