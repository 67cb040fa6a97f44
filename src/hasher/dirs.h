/*
 * dirs.h - the directory in which a file is opened.
 *
 * What the walk has found is opened so that no symbolic link, put anywhere in
 * its name below the operand since, leads to another file: component by component
 * from the operand on. The last directories on the way are kept open for the files
 * that follow, which are in them or near, and so is the operand's.
 */
#ifndef HASHER_DIRS_H
#define HASHER_DIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/entry.h"

/* Nested directories that are kept open below the operand's. */
#define DIRS_LEVELS 4

struct dirs_level {
	size_t len;      /* of its name, a slash at the end */
	int fd;
};

struct dirs {
	int base;        /* names are relative to it; borrowed */
	int root;        /* -1: none is open, or it is base */
	struct dirs_level level[DIRS_LEVELS]; /* those that are open, each a
	                  * component longer than the one before */
	unsigned n;
	char *name;      /* that of the last of them, and so of all: len bytes */
	size_t len, cap;
	struct entry_root walked; /* root, as the walk saw it: its below of
	                  * name are root's */
	bool known;      /* name begins with that of an open root */
	bool kept;       /* the last dirs_enter used what was open before */
};

void dirs_init(struct dirs *d, int base);

/*
 * The directory of e, which has a root; its own name in it goes to *file. The
 * descriptor is d's, until the next call. -1 with errno: ENOTDIR where
 * something on the way is no longer a directory, but a link, say, or the root
 * another one.
 */
int dirs_enter(struct dirs *d, const struct entry *e, const char **file);

/* Closes what is kept open: the next dirs_enter looks anew. */
void dirs_forget(struct dirs *d);

/* The same, and releases what else there is. */
void dirs_release(struct dirs *d);

#endif
