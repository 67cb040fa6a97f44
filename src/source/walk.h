/*
 * walk.h - a tree of files, one callback per regular file.
 *
 * What lies in a tree comes from tree.h; what of it is wanted, passed over or
 * counted is decided here. A walk cannot be started from inside a walk's
 * callback.
 *
 * Nothing is left out in silence: what cannot be read is reported through
 * on_error and the walk goes on after it. Paths are spelled as find(1) spells
 * them: DIR/sub/f, ./f for ".".
 */
#ifndef SOURCE_WALK_H
#define SOURCE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"

struct filter;
struct own;

/* What is wrong beside what has an errno. */
enum walk_error {
	WALK_OUTPUT = -1, /* another name of a file that is being written */
	WALK_LINKS = -2   /* a directory that links lead to too often */
};

struct walk_opts {
	bool one_file_system;
	bool follow;                 /* follow symbolic links: below */
	int max_depth;               /* -1: no limit; 0: operands only; files
	                              * right in the operand are depth 1 */
	const struct filter *filter; /* NULL: everything */
	const struct own *own;       /* passed over; NULL: nothing is */
	int dirfd;                   /* of the current directory, or AT_FDCWD */

	void *cookie;
	/*
	 * A file to be hashed: with its identity, of the algorithm 0, without
	 * a cookie. FOUND in a directory, LINKED from one (follow), or the
	 * operand itself: NAMED where that is, or leads to, a regular file,
	 * else STREAM. Its name is valid during the callback. Non-zero stops
	 * the walk.
	 */
	int (*on_file)(void *cookie, const struct entry *e);
	/*
	 * Something that could not be looked at: a directory that cannot be
	 * read, an entry that cannot be stat'ed, an operand that does not
	 * exist, a loop (ELOOP). err is an errno, or a walk_error. Non-zero
	 * stops the walk.
	 */
	int (*on_error)(void *cookie, const char *path, size_t len, int err);
	/* NULL, or called for each entry that is looked at, wanted or not, before
	 * anything else. */
	void (*on_visit)(void *cookie);
	/*
	 * NULL, or asked for each directory that would be entered, the operand
	 * among them: is it left to somebody who calls walk_branch? e is of
	 * the kind TREE, else as on_file has it; its root is set.
	 */
	bool (*on_directory)(void *cookie, const struct entry *e);
};

/*
 * Links to directories that are followed: what is below such a directory is
 * found by each path that leads there. A link to a directory above it is an
 * error (ELOOP). The number of paths may still be exponential in the number of
 * links; so by links that are found behind links each directory is entered
 * WALK_MAX_LINKS times at most, and then reported, once (WALK_LINKS).
 */
#define WALK_MAX_LINKS 256

/*
 * Walks one operand: a file, a directory, or a link to either (operands are
 * followed). Returns 0 when the walk came to its end, errors reported or not;
 * else the non-zero value of the callback that stopped it.
 * While it runs, the process's current directory may be another one.
 */
int walk(const char *operand, const struct walk_opts *opts);

/*
 * Walks a directory that was left to somebody, and what is below it, as the walk
 * of its operand would have. on_directory is not asked for e itself. opts are
 * those of that walk, but for the callbacks; not with follow. Returns as walk.
 */
int walk_branch(const struct entry *e, const struct walk_opts *opts);

/* Counts since the program started, for -v: symbolic links not followed,
 * special files skipped, own files skipped, directories entered. */
struct walk_counts {
	uint64_t links;
	uint64_t specials;
	uint64_t own;
	uint64_t dirs;
};
struct walk_counts walk_counts(void);

/* Adds what another process has counted. */
void walk_counts_add(const struct walk_counts *more);

#endif
