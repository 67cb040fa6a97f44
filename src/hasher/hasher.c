/*
 * What all hashers have in common: they are told what to do by hasher.h, do it
 * by ops.h, and are counted. Each entry that goes in comes out once, in a
 * result: a difference at the end is our own fault and makes the run fail.
 */
#include "hasher/hasher.h"

#include <inttypes.h>

#include "base/diag.h"
#include "base/entry.h"
#include "hasher/local.h"
#include "hasher/ops.h"
#include "hasher/result.h"

struct hasher *
hasher_new(const struct hasher_opts *opts)
{
	struct hasher *h = local_new(opts);

	if (!h)
		return NULL;
	h->cookie = opts->cookie;
	h->on_result = opts->on_result;
	h->on_pause = opts->on_pause;
	return h;
}

void
hasher_deliver(struct hasher *h, const struct result *r)
{
	h->answered += !r->archive;
	h->on_result(h->cookie, r);
}

void
hasher_pause(struct hasher *h)
{
	h->seen = h->answered;
	h->ops->look(h);
	if (h->on_pause)
		h->on_pause(h->cookie);
}

int
hasher_try(struct hasher *h, const struct entry *e)
{
	int rc;

	h->given++; /* it may have its result at once */
	rc = h->broken ? -1 : h->ops->take(h, e);
	if (rc != 1)
		h->given--;
	if (rc < 0)
		return -1;
	h->full |= !rc && !entry_is_stream(e);
	if (!rc || h->answered != h->seen)
		hasher_pause(h);
	return rc;
}

/* Works for a while. As hasher_ops.turn. */
static int
hasher_turn(struct hasher *h, int fd, int ms)
{
	int rc = h->ops->turn(h, fd, ms);

	if (rc >= 0)
		hasher_pause(h);
	return rc;
}

int
hasher_put(struct hasher *h, const struct entry *e)
{
	int rc;

	while ((rc = hasher_try(h, e)) == 0)
		if (hasher_turn(h, -1, HASHER_PAUSE_MS) < 0)
			return -1;
	return rc < 0 ? -1 : 0;
}

uint64_t
hasher_open(const struct hasher *h)
{
	return h->given - h->answered;
}

int
hasher_wait(struct hasher *h)
{
	uint64_t before = h->answered;
	bool full = h->full;

	/* as in hasher_idle */
	h->full = false;
	if (!full && h->ops->flush(h) < 0)
		return -1;
	while (h->answered == before && hasher_open(h))
		if (hasher_turn(h, -1, HASHER_PAUSE_MS) < 0)
			return -1;
	return 0;
}

int
hasher_attend(struct hasher *h)
{
	if (h->broken || h->ops->flush(h) < 0)
		return -1;
	return hasher_turn(h, -1, 0) < 0 ? -1 : 0;
}

int
hasher_idle(struct hasher *h, int fd, int (*more)(void *cookie), void *cookie)
{
	int ready = 0;

	while (!ready) {
		h->full = false;
		if (more && more(cookie) < 0)
			return -1;
		/* with names that wait for room the open chunk will be full */
		if (!h->full && h->ops->flush(h) < 0)
			return -1;
		ready = hasher_turn(h, fd, HASHER_PAUSE_MS);
	}
	return ready < 0 ? -1 : 0;
}

int
hasher_finish(struct hasher *h)
{
	/* what was open when it broke has its result by this */
	if (h->ops->finish(h) < 0 || h->broken)
		return -1;
	if (!hasher_open(h))
		return 0;
	diag_msg("lost results: %" PRIu64 " names given, %" PRIu64
	    " results received", h->given, h->answered);
	return -1;
}

bool
hasher_stalled(struct hasher *h, struct hasher_stall *s)
{
	return h->ops->stalled(h, s);
}

uint64_t
hasher_bytes(const struct hasher *h)
{
	return h->ops->bytes(h);
}

int
hasher_sandbox(const struct hasher *h)
{
	return h->ops->sandbox(h);
}

bool
hasher_report(const struct hasher *h, unsigned n, struct hasher_report *r)
{
	return h->ops->report(h, n, r);
}

void
hasher_free(struct hasher *h)
{
	if (h)
		h->ops->free(h);
}
