/*
 * contents.h - members of an archive, under the names that are printed.
 *
 * Of several members of one name the last one counts, as extraction would have
 * it, and a hard link finds the digest of what it is a link to.
 */
#ifndef MODE_CONTENTS_H
#define MODE_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct entry;
struct filter;
struct result;
struct table;

/* How members are called, and which are wanted. */
struct contents_rules {
	bool prefix;                 /* "ARCHIVE!" is before the name */
	const struct filter *filter; /* NULL: all are; borrowed */
	bool stamps;                 /* their modes and times are wanted */
};

struct contents {
	struct table *table;   /* its own; numbers are in the order of the
	                        * archive, of what comes twice the first time */
	struct contents_rules rules;
	uint64_t others;       /* members that are no regular files */
	unsigned char *flags;  /* by number; contents.c's */
	size_t cap;
	struct buf name;
};

struct contents *contents_new(const struct contents_rules *rules);
void contents_free(struct contents *c); /* NULL is fine */

/* Adds the next member of the archive. */
void contents_add(struct contents *c, const struct result *member);

/* Number n, if it has a line or there is a reason why not: false where it is no
 * regular file, or not wanted. r is as table_get sets it. */
bool contents_get(const struct contents *c, uint64_t n, struct result *r);

/* The number of the last member of that own name, with "./" in front or without;
 * UINT64_MAX: there is none. */
uint64_t contents_find(struct contents *c, const struct entry *archive,
    const char *name, size_t len);

/* Do several members have the name of number n? */
bool contents_is_double(const struct contents *c, uint64_t n);
#define CONTENTS_DOUBLE "more than one member has this name: the last one counts"

#endif
