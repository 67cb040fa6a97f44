/*
 * within.h - members of archives that lists name: ARCHIVE!MEMBER.
 *
 * An archive is read once for each algorithm that its entries have. What is in
 * it is kept until within_release.
 */
#ifndef MODE_WITHIN_H
#define MODE_WITHIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mode/archives.h"

struct result;
struct run;
struct table;
struct within_archive;

#define WITHIN_NONE UINT64_MAX /* no number of an archive */

struct within {
	struct run *run;
	bool stdin_taken;         /* it is no archive */
	struct archives archives; /* those that are being read */
	struct table *table;      /* all; a path, NUL, and an algorithm */
	struct within_archive *v; /* by number in table */
	size_t cap;
	struct buf key;           /* of one that is looked for */
};

/* run is borrowed. stdin_taken: standard input is read for another purpose. */
void within_init(struct within *w, struct run *run, bool stdin_taken);

/* Zeroed is fine, too. */
void within_release(struct within *w);

/*
 * The path of a member, len bytes and a NUL: the archive that it is in is handed
 * to the hasher, unless it was before. The first "!" behind the path of
 * something that is no directory divides both. *archive is its number, or
 * WITHIN_NONE: there is no such archive. 0, or -1 when the run is over.
 */
int within_put(struct within *w, const char *name, size_t len, int algorithm,
    uint64_t *archive);

/* Takes the result of an archive or of a member. False: it is of neither. */
bool within_result(struct within *w, const struct result *r);

/* Has it been read, as far as it can be? */
bool within_is_read(const struct within *w, uint64_t archive);

/*
 * What the member of that name yielded, of an archive that has been read: all of
 * r but its name and cookie. True: several members have this name, of which that
 * is the last.
 */
bool within_get(struct within *w, uint64_t archive, const char *name,
    size_t len, struct result *r);

/* The archive's own result, if it could not be read to its end, and was not
 * asked for before. False: there is nothing to say of it. */
bool within_broken(struct within *w, uint64_t archive, struct result *r);

#endif
