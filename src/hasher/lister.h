/*
 * lister.h - in a worker: what lies in a directory that the walk left to it.
 *
 * It walks down until it has found enough, and leaves directories that it comes to
 * after that to others: each is an item of its own.
 */
#ifndef HASHER_LISTER_H
#define HASHER_LISTER_H

#include "base/buf.h"
#include "base/entry.h"
#include "source/walk.h"

struct watch_line;

/* Entries, wanted or not, after which no further directory is entered: a millisecond
 * or two. */
#define LISTER_ENTRIES 512
/* Bytes of a listing that still make one answer. */
#define LISTER_BYTES ((size_t)8 << 20)

/* Of the memory for one, what is kept for the next. */
#define LISTER_KEEP ((size_t)256 << 10)

/*
 * Appends the listing of e, a TREE, to out (listing.h), by the walk that opts are of,
 * callbacks aside. 0; -1 with errno where nobody but the parent can tell what is to
 * be said of it: something may not be looked at here, the kernel lacks descriptors or
 * memory, or there is too much in it. Without memory of its own the process ends
 * (base/mem.h). Moves to the directory of opts, which must have a handle.
 */
int lister_list(const struct entry *e, const struct walk_opts *opts,
    struct watch_line *line, struct buf *out);

#endif
