/*
 * witness.h - does another machine see the files that this one sees?
 *
 * What it has read, or could not, is compared with what the walk saw here. Where
 * they differ the file is looked at again: it may have changed meanwhile, or be
 * unreadable here, too. If that does not explain it, the other machine has another
 * file system there, or an old copy, and nothing that it says is to be believed.
 */
#ifndef HASHER_WITNESS_H
#define HASHER_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "hasher/reader.h"

struct buf;
struct entry;
struct result;

/* Inodes are the same on all machines that share a file system, as a rule; those
 * of a file system are expected to be if those of its first file were. */
#define WITNESS_DEVICES 32

struct witness {
	struct readers readers;
	struct witness_device {
		uint64_t dev;
		bool shared;
	} devices[WITNESS_DEVICES];
	unsigned n;
};

/* dirfd is that of the run, and borrowed. */
void witness_init(struct witness *w, int dirfd);
void witness_release(struct witness *w);

/*
 * e is what is known of the file here, r what was said of it elsewhere. True: it
 * is to be believed; the reason of a failure becomes the one that it has here.
 * False: it is not, and *why gets the reason.
 */
bool witness_believes(struct witness *w, const struct entry *e,
    struct result *r, struct buf *why);

#endif
