/*
 * found.h - what an audit finds without a walk: members of archives, and entries
 * of another list.
 */
#ifndef MODE_FOUND_H
#define MODE_FOUND_H

#include <stddef.h>

struct compare;
struct manifest_entry;
struct result;
struct run;
struct verdict_rules;

/* All are borrowed. */
struct found {
	struct run *run;
	struct compare *compare;
	const struct verdict_rules *rules;
};

/* Refuses a name: it is said, unless the rules want silence, and counted, and the
 * audit fails. */
void found_refuse(const struct found *f, const char *name, size_t len,
    const char *why);

/* A name and what it yielded. One that was found before is refused. */
void found_result(const struct found *f, const struct result *r);

/* An entry, as it was found. One that contradicts another is refused. */
void found_listed(const struct found *f, const struct manifest_entry *e);

#endif
