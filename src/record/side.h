/*
 * side.h - one side of a comparison: names and their results, however spelled.
 *
 * A table (table.h) whose keys are the plain forms of names (scope.h), and the
 * spelling of each name that was given in another form: names are compared by
 * the one and shown by the other.
 */
#ifndef RECORD_SIDE_H
#define RECORD_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct result;
struct side_spelling;

struct side {
	struct table *table;           /* by plain name */
	struct side_spelling *spelled; /* the side's own, in order of number */
	size_t nspelled, cap;
	unsigned char *dotted;         /* a bit each: "./" was in front */
	size_t dotted_cap;
	struct buf room;               /* for scope_plain */
};

struct side *side_new(void);
void side_free(struct side *s);

/* Adds a name, as it was given. As table_add; one that is there already in any
 * spelling keeps that. */
uint64_t side_add(struct side *s, const char *given, size_t givenlen,
    bool *is_new);

/* As table_get, but r->entry.name is as it was given, "./" in front aside. */
bool side_get(const struct side *s, uint64_t n, struct result *r);

/* Was name number n given with "./" in front? */
bool side_is_dotted(const struct side *s, uint64_t n);

#endif
