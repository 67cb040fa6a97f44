#include "mode/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Where half of the array has been taken, what is left moves to its front: each
 * run is moved once on average. */
static void
backlog_pack(struct backlog *b)
{
	if (!b->v || b->at < b->n - b->at)
		return;
	memmove(b->v, b->v + b->at, (b->n - b->at) * sizeof(*b->v));
	b->n -= b->at;
	b->at = 0;
}

void
backlog_add(struct backlog *b, uint64_t number)
{
	struct backlog_run *last = b->n > b->at ? &b->v[b->n - 1] : NULL;

	if (last && number == last->first + last->n) {
		last->n++;
		return;
	}
	if (b->n == b->cap)
		backlog_pack(b);
	b->v = mem_grow(b->v, &b->cap, b->n + 1, sizeof(*b->v));
	b->v[b->n++] = (struct backlog_run){ number, 1 };
}

bool
backlog_next(const struct backlog *b, uint64_t *number)
{
	if (b->at == b->n)
		return false;
	*number = b->v[b->at].first;
	return true;
}

void
backlog_take(struct backlog *b)
{
	struct backlog_run *first = &b->v[b->at];

	first->first++;
	if (!--first->n)
		b->at++;
}

void
backlog_release(struct backlog *b)
{
	free(b->v);
	memset(b, 0, sizeof(*b));
}
