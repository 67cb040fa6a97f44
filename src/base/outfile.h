/*
 * outfile.h - where the program's output goes: stdout, or a file that appears
 * all at once.
 *
 * With a path, the bytes go to a temporary file beside it, which takes its
 * place (fsync, rename) only in outfile_commit: whoever looks sees the old
 * file or the whole new one. A path that is a link is followed, to what is not
 * there yet, too; one that is not a regular file (/dev/null, a FIFO) is written
 * in place. The new file has the old one's owner, group and mode, but is never
 * set-id, and grants nobody more than the old one where an owner or a group
 * cannot be given.
 *
 * The temporary file is removed when the program ends in any way that it can
 * notice. One that a killed program left is removed when the same file is opened
 * again: it is told from that of a living program by the lock, flock(2).
 *
 * There is one output in a program, hence no object: file-scope state.
 */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct buf;

/*
 * Opens the output; path NULL means stdout. The directory is held open, so
 * that a later change of directory does not matter. 0, or -1 with errno.
 */
int outfile_open(const char *path);

/* What outfile_write writes to: stdout, or the temporary file. */
int outfile_fd(void);

/* Writes and empties b. A failure is remembered for outfile_commit. 0 or -1
 * with errno; after a failure nothing more is written. */
int outfile_write(struct buf *b);

/* Puts the file in its place, or makes sure that stdout took everything: what
 * close(2) alone reports too. 0, or -1 with the errno of the first failure. */
int outfile_commit(void);

/* Removes the temporary file, if there is one. Async-signal-safe, at any time. */
void outfile_abandon(void);

#endif
