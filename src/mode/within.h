/*
 * within.h - members of archives that lists name: ARCHIVE!MEMBER.
 *
 * An archive is read once for each algorithm that its entries have, by whatever
 * path with the same last part, and what is in it is kept until within_release. A
 * stream is read once: what asks for another algorithm of it fails.
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

/* Where a member is. */
struct within_place {
	uint64_t archive; /* its number, or WITHIN_NONE */
	size_t len;       /* bytes of the name that are the path of it */
};

struct within {
	struct run *run;
	bool stdin_taken;         /* it is no archive */
	struct archives archives; /* those that are being read */
	struct table *table;      /* all, by within_key */
	struct within_archive *v; /* by number in table */
	size_t cap;
	struct buf path;          /* of the newest place... */
	int algorithm;            /* ...and its members' */
	struct within_place newest;
	struct buf key;
};

enum within_put {
	WITHIN_PUT,
	WITHIN_NO_ARCHIVE,   /* no part of the path is one */
	WITHIN_NO_ALGORITHM, /* it is below 0 */
	WITHIN_READ,         /* a stream, which is read with another algorithm */
	WITHIN_OVER          /* the run is */
};

/* run is borrowed. stdin_taken: standard input is read for another purpose. */
void within_init(struct within *w, struct run *run, bool stdin_taken);

/* Zeroed is fine, too. */
void within_release(struct within *w);

/*
 * The path of a member, len bytes: the archive that it is in is handed to the
 * hasher, unless it was before, and at says where the member is; unless the
 * outcome is WITHIN_PUT, at->archive is WITHIN_NONE. Of all "!" the last one
 * divides both that is behind the path of something that is no directory.
 */
enum within_put within_put(struct within *w, const char *name, size_t len,
    int algorithm, struct within_place *at);

/* Takes the result of an archive or of a member. False: it is of neither. */
bool within_result(struct within *w, const struct result *r);

/* Has it been read, as far as it can be? */
bool within_is_read(const struct within *w, uint64_t archive);

enum within_found {
	WITHIN_FOUND,
	WITHIN_TWICE,  /* several members have the name; that is the last one */
	WITHIN_LACKS,  /* there is no such member */
	WITHIN_BROKEN  /* nor in what could be read of the archive */
};

/* What a member of an archive that has been read yielded, or why there is none:
 * all of r but its name and cookie. */
enum within_found within_get(struct within *w, const struct within_place *at,
    const char *name, size_t len, struct result *r);

/* Why the archive could not be read to its end, unless it could, or was told
 * before: false. */
bool within_tell_broken(struct within *w, uint64_t archive, struct result *r);

#endif
