/*
 * archives.h - archives that are being read, each with its members so far.
 *
 * For who must wait for the end of an archive: a later member may have the same
 * name as an earlier one.
 */
#ifndef MODE_ARCHIVES_H
#define MODE_ARCHIVES_H

#include <stdbool.h>
#include <stdint.h>

#include "mode/contents.h"

struct archives_open;
struct result;
struct run;

/* Zero-initialised is empty. */
struct archives {
	struct archives_open *open;
	struct contents_rules rules;
};

void archives_release(struct archives *as);

/* Adds a member to the archive of its cookie. */
void archives_add(struct archives *as, const struct result *member);

/* What is in the archive of that cookie, until archives_close; NULL: there was
 * no member. The numbers of its table are in the order of the archive. */
const struct contents *archives_contents(const struct archives *as,
    uint64_t cookie);

/* Forgets the archive of that cookie, if there was a member. */
void archives_close(struct archives *as, uint64_t cookie);

/* What the options say. */
struct contents_rules archives_rules(const struct run *run);

#endif
