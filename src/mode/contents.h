/*
 * contents.h - members of archives, under the names that are printed.
 *
 * They are kept in a table with all else that has a line, where a name of which
 * an archive has several members keeps the last one, as extraction would, and a
 * hard link finds the digest of what it is a link to.
 */
#ifndef MODE_CONTENTS_H
#define MODE_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct filter;
struct result;
struct table;

/* How members are called, and which are wanted. */
struct contents_rules {
	bool prefix;                 /* "ARCHIVE!" is before the name */
	const struct filter *filter; /* NULL: all are; borrowed */
};

/* Zeroed but for the first two, which are the caller's to set; the table is
 * borrowed. */
struct contents {
	struct table *table;
	struct contents_rules rules;
	uint64_t *owner;      /* by number in the table: the contents' own */
	size_t cap;
	struct buf name;
};

void contents_release(struct contents *c);

/*
 * Adds a member, whose archive has its cookie as number: of two archives with
 * the same name for a member, the higher one has it. What is no member keeps
 * its name, unless it is the archive itself.
 */
void contents_add(struct contents *c, const struct result *member);

/* Is number n of the table a member's? */
bool contents_has(const struct contents *c, uint64_t n);

/* Is it wanted? What is no member is. */
bool contents_wants(const struct contents *c, uint64_t n);

/* Is it that of an archive of which there is a member? */
bool contents_is_open(const struct contents *c, uint64_t n);

/* NULL, or what is to be said of its name, which something else has too. *lost:
 * that is no member before it of the same archive. */
const char *contents_clash(const struct contents *c, uint64_t n, bool *lost);

#endif
