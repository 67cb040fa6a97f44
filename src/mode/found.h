/*
 * found.h - what an audit finds without a walk: members of archives, and entries
 * of another list.
 */
#ifndef MODE_FOUND_H
#define MODE_FOUND_H

#include <stddef.h>

#include "base/buf.h"

struct compare;
struct manifest_entry;
struct result;
struct verdict_rules;

/* The first two are the caller's to set, and borrowed. */
struct found {
	struct compare *compare;
	const struct verdict_rules *rules;
	struct buf plain; /* a name's; to be released */
};

/* Refuses a name: it is said, unless the rules want silence, and counted, and the
 * audit fails. */
void found_refuse(struct found *f, const char *name, size_t len,
    const char *why);

/* A name and what it yielded. One that was found before is refused. */
void found_result(struct found *f, const struct result *r);

/* An entry, as it was found. One that contradicts another is refused. */
void found_listed(struct found *f, const struct manifest_entry *e);

#endif
