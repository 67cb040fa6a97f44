#include "record/side.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hasher/result.h"
#include "record/scope.h"
#include "record/table.h"

struct side_spelling {
	uint64_t number;
	char *name;
	size_t len;
};

struct side *
side_new(void)
{
	struct side *s = mem_zalloc(1, sizeof(*s));

	s->table = table_new();
	return s;
}

void
side_free(struct side *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nspelled; i++)
		free(s->spelled[i].name);
	free(s->spelled);
	free(s->dotted);
	buf_release(&s->room);
	table_free(s->table);
	free(s);
}

/* Numbers are marked in order, each once. */
static void
side_mark(struct side *s, uint64_t n, bool dotted)
{
	size_t at = (size_t)(n / 8);

	s->dotted = mem_grow(s->dotted, &s->dotted_cap, at + 1, 1);
	if (n % 8 == 0)
		s->dotted[at] = 0;
	s->dotted[at] |= (unsigned char)(dotted << n % 8);
}

bool
side_is_dotted(const struct side *s, uint64_t n)
{
	return s->dotted[n / 8] >> n % 8 & 1;
}

uint64_t
side_add(struct side *s, const char *given, size_t givenlen, bool *is_new)
{
	size_t plainlen = givenlen;
	const char *plain = scope_plain(&s->room, given, &plainlen);
	uint64_t n = table_add(s->table, plain, plainlen, is_new);
	bool dotted = givenlen >= 2 && !memcmp(given, "./", 2);
	struct side_spelling *last;

	if (!*is_new)
		return n;
	side_mark(s, n, dotted);
	scope_bare(&given, &givenlen);
	if (givenlen == plainlen && !memcmp(given, plain, plainlen))
		return n;
	s->spelled = mem_grow(s->spelled, &s->cap, s->nspelled + 1,
	    sizeof(*s->spelled));
	last = &s->spelled[s->nspelled++];
	last->number = n;
	last->name = mem_dup(given, givenlen);
	last->len = givenlen;
	return n;
}

static int
side_compare(const void *pn, const void *ps)
{
	const uint64_t *n = pn;
	const struct side_spelling *s = ps;

	return (*n > s->number) - (*n < s->number);
}

bool
side_get(const struct side *s, uint64_t n, struct result *r)
{
	const struct side_spelling *spelled = NULL;
	bool done = table_get(s->table, n, r);

	if (s->nspelled)
		spelled = bsearch(&n, s->spelled, s->nspelled,
		    sizeof(*s->spelled), side_compare);
	if (spelled) {
		r->entry.name = spelled->name;
		r->entry.len = spelled->len;
	}
	return done;
}
