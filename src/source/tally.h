/*
 * tally.h - how often each file was met, by device and inode.
 */
#ifndef SOURCE_TALLY_H
#define SOURCE_TALLY_H

#include <stddef.h>
#include <sys/types.h>

struct tally_entry;

/* Zero-initialised is empty. 24 bytes, up to four times, for each file. */
struct tally {
	struct tally_entry *v; /* open addressing */
	size_t n;
	size_t cap;            /* 0 or a power of two */
};

/* Counts one more; returns how many that makes. */
unsigned tally_add(struct tally *t, dev_t dev, ino_t ino);

/* Frees the contents; it is empty and usable afterwards. */
void tally_release(struct tally *t);

#endif
