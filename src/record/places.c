/*
 * Each verdict says which is the next one of its place, so that they can be
 * added in any order.
 */
#include "record/places.h"

#include <stdlib.h>

#include "base/mem.h"
#include "hasher/result.h"
#include "record/table.h"

#define NONE UINT64_MAX

struct told {
	size_t i, j;   /* of its cursor */
	uint64_t next; /* of its place, or NONE */
};

struct counted {
	uint64_t n[VERDICTS];
	uint64_t first, last;
};

struct places {
	struct table *dirs;
	struct counted *counted; /* by number in dirs */
	size_t countedcap;
	struct told *told;
	size_t ntold, toldcap;
};

struct places *
places_new(void)
{
	struct places *p = mem_zalloc(1, sizeof(*p));

	p->dirs = table_new();
	return p;
}

void
places_free(struct places *p)
{
	if (!p)
		return;
	table_free(p->dirs);
	free(p->counted);
	free(p->told);
	free(p);
}

size_t
places_dir(const char *name, size_t len)
{
	while (len && name[len - 1] != '/')
		len--;
	return len;
}

void
places_add(struct places *p, const char *name, size_t len, enum verdict v,
    const struct compare_cursor *at)
{
	struct counted *c;
	bool is_new;
	uint64_t n = table_add(p->dirs, name, places_dir(name, len), &is_new);

	if (is_new) {
		p->counted = mem_grow(p->counted, &p->countedcap,
		    (size_t)n + 1, sizeof(*p->counted));
		p->counted[n] = (struct counted){ .first = p->ntold };
	}
	c = &p->counted[n];
	if (!is_new)
		p->told[c->last].next = p->ntold;
	c->last = p->ntold;
	c->n[v]++;
	p->told = mem_grow(p->told, &p->toldcap, p->ntold + 1,
	    sizeof(*p->told));
	p->told[p->ntold++] = (struct told){ at->i, at->j, NONE };
}

void
places_sort(struct places *p)
{
	table_sort(p->dirs);
}

bool
places_at(const struct places *p, size_t i, struct place *place)
{
	const struct counted *c;
	struct result r;
	uint64_t n;

	if (i >= table_count(p->dirs))
		return false;
	n = table_sorted_at(p->dirs, i);
	c = &p->counted[n];
	(void)table_get(p->dirs, n, &r);
	*place = (struct place){ .name = r.entry.name, .len = r.entry.len,
	    .first = c->first };
	for (int v = 0; v < VERDICTS; v++) {
		place->n[v] = c->n[v];
		place->all += c->n[v];
	}
	return true;
}

bool
places_next(const struct places *p, uint64_t *n, struct compare_cursor *at)
{
	const struct told *t;

	if (*n == NONE)
		return false;
	t = &p->told[*n];
	*at = (struct compare_cursor){ .i = t->i, .j = t->j };
	*n = t->next;
	return true;
}
