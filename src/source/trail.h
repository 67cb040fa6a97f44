/*
 * trail.h - the directories that lead to a place in a tree, one for each depth,
 * by device and inode.
 */
#ifndef SOURCE_TRAIL_H
#define SOURCE_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct trail_dir;

/* Zero-initialised is empty. */
struct trail {
	struct trail_dir *v; /* by depth */
	size_t cap;
};

/* Sets the directory of this depth; those above it have been set. */
void trail_set(struct trail *t, int depth, const struct stat *st);

/* Is it one of those above this depth? */
bool trail_has(const struct trail *t, int depth, const struct stat *st);

/* Sets those of to, which is empty, up to this depth. */
void trail_copy(struct trail *to, const struct trail *from, int depth);

/* Frees the contents; it is empty and usable afterwards. */
void trail_release(struct trail *t);

#endif
