/*
 * own.h - the program's own files, which a walk passes over: what it writes,
 * and the list that it compares with.
 *
 * A file is known by its name in its directory, not by its inode: a hard link
 * to it elsewhere is a file like any other, and there are file systems on
 * which all inode numbers are the same.
 */
#ifndef SOURCE_OWN_H
#define SOURCE_OWN_H

#include <stdbool.h>
#include <sys/stat.h>

struct own;

struct own *own_new(void);
void own_free(struct own *o);

/* Adds the file that path leads to from the current directory, links followed.
 * What does not exist, or is not a regular file, is nobody's. */
void own_add(struct own *o, const char *path);

/*
 * Adds the file that a descriptor is open on, if it is a regular one, by the
 * name that /proc says it has. written: it is written to while the walk goes
 * on, so that it can have no digest by any name.
 */
void own_add_open(struct own *o, int fd, bool written);

enum own_verdict {
	OWN_NOT,
	OWN_FILE,       /* one of those that were added */
	OWN_OTHER_NAME  /* one that is written to, by another name of its */
};

/*
 * Is this one of them? path is relative to dirfd; st is of the regular file
 * that it leads to. One of which no name is known is told by its inode.
 */
enum own_verdict own_find(const struct own *o, int dirfd, const char *path,
    const struct stat *st);

#endif
