/*
 * candidates.h - files of an audit that may be archives.
 */
#ifndef MODE_CANDIDATES_H
#define MODE_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "mode/archives.h"

struct compare;
struct entry;
struct found;
struct result;
struct run;
struct table;

struct candidates {
	struct run *run;
	const struct compare *compare;
	struct found *found;
	struct archives archives; /* until all have been read */
	struct table *table;      /* all, as they were given */
	uint64_t opened;          /* of those, that were archives */
	struct buf plain;         /* a name's */
};

/* All are borrowed. */
void candidates_init(struct candidates *c, struct run *run,
    const struct compare *compare, struct found *found);

/* Zeroed is fine, too. */
void candidates_release(struct candidates *c);

/* Modes and times of members are wanted. */
void candidates_keep_stamps(struct candidates *c);

/* Are members called by the path of their archive, too? */
bool candidates_have_prefix(const struct candidates *c);

/* Hands over what may be an archive. Its name counts only if it is none. 0, or
 * -1 when the run is over. */
int candidates_put(struct candidates *c, const struct entry *given);

/* Takes the result of a candidate or of a member. False: it is of neither. */
bool candidates_result(struct candidates *c, const struct result *r);

/* Waits for all that were put, and counts what is in them as found. They are
 * counted in the order in which they were put, not in that in which they were
 * read: two may have the same name inside. */
void candidates_count(struct candidates *c);

#endif
