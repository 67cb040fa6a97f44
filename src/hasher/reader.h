/*
 * reader.h - one file being read from its first byte to its last.
 *
 * A file that is changed while it is read has no digest worth printing, so
 * size, mtime and ctime are compared before the first byte and after the last.
 * Nothing is mapped: a file truncated under a mapping kills its reader.
 */
#ifndef HASHER_READER_H
#define HASHER_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "hasher/dirs.h"

struct entry;
struct result;

struct reader_kind; /* a regular file, or a stream */

/* What the readers of one process share. */
struct readers {
	struct dirs dirs;
	bool confined;     /* a sandbox lets files be opened that were there when
	                    * it was made; whoever enters one sets it */
	/* the file system of the last regular file */
	struct reader_place {
		bool known;
		uint64_t dev;
		bool size_is_hint; /* compat_size_is_hint */
		bool waits;        /* a read there could do no other: they wait */
	} place;
};

struct reader {
	const struct reader_kind *kind;
	int fd;          /* -1: closed */
	bool regular;
	bool rewound;    /* this is the second try */
	bool balked;     /* a stream that polled readable, and was not */
	bool asked;      /* a disk, for the bytes at got */
	bool read_to_zero; /* only a read of 0 bytes is the end */
	struct reader_place *place; /* its file system's, or that of a file which
	                  * was opened since; borrowed */
	int64_t awaited; /* nanoseconds by reader_await since the last bytes, at
	                  * most those it was to wait; a fifth of a second: the
	                  * rest of the file is waited for */
	uint64_t got;    /* bytes read in this try */
	struct stat st;  /* as it was before the first byte of this try */
};

/* Names are relative to base, which is borrowed. */
void readers_init(struct readers *all, int base);
void readers_release(struct readers *all);

/*
 * Opens the file of e, whose name may have any length, relative to the base of
 * all, which outlives f. 0, or -1 with the reason in r and nothing open:
 * RESULT_PLACE where a link, or another directory, would have led to the file.
 * Waits neither for the writer of a FIFO nor for another process to give up its
 * lease of the file, which this asks it to do: RESULT_OPEN with EWOULDBLOCK, to be
 * tried again.
 */
int reader_open(struct reader *f, struct readers *all, const struct entry *e,
    struct result *r);

/* For how long to try again: the time in ms after which the kernel ends such a
 * lease (fcntl(2), F_SETLEASE), and something more. */
int reader_lease_ms(void);

/*
 * Reads up to n bytes. Returns how many, 0 only with *last; *last when these
 * are the last ones, or all that is read of a file that grew meanwhile. -1 with
 * the reason in r. READER_LATER when bytes must first come from a disk (they
 * have been asked for), or from the other end of a stream: reader_await. When a
 * disk was awaited for a fifth of a second, the rest of its file is waited for
 * here.
 */
#define READER_LATER (-2)
ssize_t reader_read(struct reader *f, void *p, size_t n, bool *last,
    struct result *r);

/*
 * Waits until one of n readers, all of which said READER_LATER, may have bytes,
 * but not for long: for ms, or, where a disk is among what is waited for, for a
 * part of the time that it was waited for already. n is at most 64.
 */
void reader_await(struct reader *const v[], unsigned n, int ms);

/*
 * After the last byte: was the file left alone meanwhile? 1: yes. 0: no, and
 * it was set back to its beginning, to be read once more. -1: no digest, with
 * the reason in r.
 */
int reader_settled(struct reader *f, struct result *r);

/* Sets a regular file back to its beginning, to be read for another reason. 0,
 * or -1 with the reason in r. */
int reader_rewind(struct reader *f, struct result *r);

void reader_close(struct reader *f);

#endif
