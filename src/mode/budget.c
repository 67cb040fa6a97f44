#include "mode/budget.h"

#include "base/clock.h"
#include "options/options.h"

struct budget
budget_begin(const struct options *o)
{
	struct budget b = { .bytes = UINT64_MAX, .until = INT64_MAX };

	if (o->budget_bytes)
		b.bytes = o->budget_bytes;
	if (o->budget_seconds)
		b.until = clock_ns() + o->budget_seconds * CLOCK_SECOND;
	return b;
}

bool
budget_lasts(const struct budget *b)
{
	return b->bytes && (b->until == INT64_MAX || clock_ns() < b->until);
}

void
budget_spend(struct budget *b, uint64_t bytes)
{
	b->spent += bytes;
	if (b->bytes != UINT64_MAX)
		b->bytes -= bytes < b->bytes ? bytes : b->bytes;
}

bool
budget_is_ahead(const struct budget *b, uint64_t read, int workers)
{
	return b->until != INT64_MAX && b->spent > read &&
	    b->spent - read > (uint64_t)workers * BUDGET_AHEAD;
}
