/*
 * journal.h - results as they come, for a run that may not come to its end.
 *
 * Each digest is appended to a file as a line of --json --identity, however the run
 * prints it, and the file is removed when the run is complete. What is there when
 * a run begins with the same file is reused (mode/reuse.h). Lines are written
 * with each group of results: a process that is killed loses none of them; and once
 * a second they are synced, for the case that the machine is.
 *
 * As it is removed at the end, it may be nothing else: its first line, a comment,
 * says what it is, it belongs to the user, and is no symbolic link.
 */
#ifndef MODE_JOURNAL_H
#define MODE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct result;
struct run;

struct journal {
	const char *path;  /* relative to where phash was started; NULL: there
	                    * is none */
	int startfd;       /* of that directory; borrowed */
	int fd;
	uint64_t entries;  /* that it had */
	uint64_t used;     /* of what was known, of files that were found */
	struct buf lines;  /* not yet written */
	int64_t synced;    /* when it was, as clock_ns */
	bool dirty;        /* something was written since */
	bool failed;       /* it cannot be written, which was said */
};

/* Opens it for r alone, at its beginning: no walk finds it as a file. 0, or -1 after
 * a message; release it in both cases. */
int journal_open(struct journal *j, struct run *r, const char *path);

/* All that was hashed; what is not a digest of a file that is known is passed over.
 * tag is its algorithm's. */
void journal_add(struct journal *j, const struct result *r, const char *tag);

/* Writes what was added. */
void journal_flush(struct journal *j);

/* The run is complete: removes it. */
void journal_remove(struct journal *j);

void journal_release(struct journal *j);

#endif
