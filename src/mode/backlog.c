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
		struct hasher_name name = { .path = NULL };
		int rc = 1;

		if (table_get(b->table, b->next, &r))
			continue; /* it could not even be looked at */
		name.path = r.path;
		name.len = r.pathlen;
		name.size = r.size;
		b->on_turn(b->cookie, b->next, &r, &name);
		if (!wait)
			rc = hasher_try(b->hasher, &name);
		else if (hasher_put(b->hasher, &name) < 0)
			rc = -1;
		if (rc <= 0)
			return rc;
	}
	return 0;
}

int
backlog_add(struct backlog *b, uint64_t n, uint64_t size, int code)
{
	table_note(b->table, n, size, code);
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
