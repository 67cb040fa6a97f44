/*
 * outfile.h - output to stdout, or to a file that is replaced atomically.
 *
 * With a path, the bytes go to a temporary file beside it, which takes its
 * place (fsync, rename) only in outfile_commit: whoever looks sees the old
 * file or the whole new one. A path that is a link is followed, to what is not
 * there yet, too; one that is not a regular file (/dev/null, a FIFO) is written
 * in place. The new file has the old one's owner, group and mode, but is never
 * set-id, and grants nobody more than the old one where an owner or a group
 * cannot be given.
 *
 * The temporary file is removed when the program ends, by a signal too. One
 * that a killed program left is removed when the same file is opened again: it
 * is told from that of a running program by its lock, flock(2).
 *
 * A failure to write is reported once on stderr and kept in lost, which callers
 * test to stop work whose output cannot be written.
 *
 * Descriptors 0 to 2 must be open (xio_open_std): a file never gets their
 * numbers.
 */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"

struct outfile_temporary;

/* May be released when it is zeroed, and after outfile_open. */
struct outfile {
	struct buf lines;    /* to be appended to; outfile_more after each */
	bool lost;           /* not all of it was or can be written */
	int fd;              /* STDOUT_FILENO, or the file; -1: closed */

	/* The rest is outfile.c's own. */
	char *name;          /* the last component of what is to be replaced;
	                      * NULL: written in place */
	int dirfd;           /* ...and its directory */
	bool has_old;
	struct stat old;     /* the file that is to be replaced */
	struct outfile_temporary *temporary; /* NULL: it has no name */
};

/*
 * Fills *f, which has no contents; path NULL means stdout. The directory is
 * held open, so that a later change of directory does not matter. 0, or -1 with
 * errno.
 */
int outfile_open(struct outfile *f, const char *path);

/* A handle of the directory in which outfile_open would make a file for path, or of
 * what path leads to, if that would be written in place; to be closed. -1 with
 * errno. */
int outfile_place(const char *path);

/* Writes lines, and empties it. */
void outfile_flush(struct outfile *f);

/* The same, but only if lines is long enough for a write(2) of its own. */
void outfile_more(struct outfile *f);

/* Says what is in message on stderr, if anything is, and empties it. What
 * stands in f before a message is written before it. */
void outfile_say(struct outfile *f, struct buf *message);

/* Marks the output as lost; reports why, the first time. */
void outfile_lose(struct outfile *f, const char *why);

/*
 * Flushes, and unless something was lost puts the file in its place, or makes
 * sure that stdout took everything: what only close(2) reports counts too.
 * Nothing is written after it. 0, or -1 after a message, which is about the
 * file called name, or, with NULL, about the program's output.
 */
int outfile_commit(struct outfile *f, const char *name);

/* Frees the contents, and removes the temporary file: nothing appears that was
 * not committed. stdout stays open. */
void outfile_release(struct outfile *f);

/* Removes the temporary files of all that are open: what a program does that is
 * about to end. Async-signal-safe, at any time. */
void outfile_abandon(void);

#endif
