/*
 * archives.h - archives and their members so far.
 *
 * For who must wait for the end of an archive: a later member may have the same
 * name as an earlier one; or for the end of all, as two may have the same name
 * inside.
 */
#ifndef MODE_ARCHIVES_H
#define MODE_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mode/contents.h"

struct archives_open;
struct result;
struct run;

/* Zeroed but for rules, which are the caller's to set. */
struct archives {
	struct contents_rules rules;
	struct archives_open *v;  /* those with a member */
	size_t n, cap;
	bool sorted;
};

void archives_release(struct archives *as);

/* Adds a member to the archive of its cookie. */
void archives_add(struct archives *as, const struct result *member);

/* What is in the archive of that cookie, which is forgotten: from now on it is
 * the caller's. NULL: there was no member. */
struct contents *archives_take(struct archives *as, uint64_t cookie);

/* The lowest cookie of those that are there. False: there are none. */
bool archives_first(struct archives *as, uint64_t *cookie);

/* What the options say. */
struct contents_rules archives_rules(const struct run *run);

#endif
