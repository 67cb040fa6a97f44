/*
 * links.h - links of which only the last, in the order of the archive, has the
 * data of the file.
 */
#ifndef ARCHIVE_LINKS_H
#define ARCHIVE_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link;
struct member;

/* Zero-initialised is empty. */
struct links {
	struct link *v;
	size_t n, cap;
	size_t told; /* those that links_next has passed */
};

void links_release(struct links *ls);

/* Keeps m, which is copied, as a link to the file of that number on that device.
 * One with a size has the data. 0, or -1 where there is no memory. */
int links_hold(struct links *ls, uint64_t dev, uint64_t ino,
    const struct member *m);

/*
 * When all are there: the next one that came without data. m->link is the name
 * of the one that came with it, or NULL: there was none, and the file is empty.
 * False when there are no more.
 */
bool links_next(struct links *ls, struct member *m);

#endif
