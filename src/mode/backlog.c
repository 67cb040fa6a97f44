#include "mode/backlog.h"

#include <stdbool.h>

#include "hasher/hasher.h"
#include "hasher/result.h"
#include "record/table.h"

/* Hands over name after name; without wait only as far as there is room. */
static int
backlog_give(struct backlog *b, bool wait)
{
	for (; b->next < table_count(b->table); b->next++) {
		struct result r;
		int rc = 1;

		if (table_get(b->table, b->next, &r))
			continue; /* it could not even be looked at */
		if (b->spell)
			b->spell(b->cookie, &r.entry);
		if (!wait)
			rc = hasher_try(b->hasher, &r.entry);
		else if (hasher_put(b->hasher, &r.entry) < 0)
			rc = -1;
		if (rc <= 0)
			return rc;
	}
	return 0;
}

int
backlog_add(struct backlog *b, uint64_t n, const struct entry *e)
{
	table_note(b->table, n, e);
	return backlog_give(b, false);
}

int
backlog_more(struct backlog *b)
{
	return backlog_give(b, false);
}

int
backlog_finish(struct backlog *b)
{
	return backlog_give(b, true);
}
