/*
 * unpack.h - an archive that a thread reads ahead, for who digests meanwhile.
 *
 * The thread decodes into blocks, of which there are a fixed number, and stops
 * when all are in use; the caller takes pieces of them in the order of the
 * archive, without ever waiting, and releases each when it is done with it, in
 * any order.
 */
#ifndef ARCHIVE_UNPACK_H
#define ARCHIVE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/members.h"

struct unpack;
struct unpack_block;

enum unpack_event {
	UNPACK_FILE,   /* a regular file begins: pieces with its bytes follow */
	UNPACK_BYTES,
	UNPACK_FAILED, /* instead of its last bytes: text says why */
	UNPACK_LINK,   /* as MEMBERS_LINK: text is the name of the other */
	UNPACK_OTHER,  /* as MEMBERS_OTHER */
	UNPACK_END,    /* of the archive; nothing follows */
	UNPACK_BROKEN  /* likewise: text says why */
};

struct unpack_piece {
	enum unpack_event event;
	struct member member; /* FILE, LINK, OTHER: its names are the next two */
	char *name;           /* FILE, LINK, OTHER: the caller's, to be freed */
	char *text;           /* where the event has one: likewise */
	const void *data;     /* BYTES: n of them */
	size_t n;
	bool last;            /* BYTES: no more of this file */
	struct unpack_block *block;
};

/*
 * Starts on an open archive, which is taken over; or, where ms is NULL, on what
 * opts, which is copied, says, which is opened by the thread: for a stream, that
 * may be silent. NULL with errno, and ms is freed.
 */
struct unpack *unpack_new(const struct members_opts *opts, struct members *ms);

/* Waits for the thread, which ends when it next has no block, or at the end of
 * the archive. Pieces that are not released are void. NULL is fine. */
void unpack_free(struct unpack *u);

/* The next piece. 1; 0: not yet, and unpack_fd will be readable when there are many
 * pieces, or many bytes, or all there can be. */
int unpack_take(struct unpack *u, struct unpack_piece *p);

/* The caller is done with the bytes of p. */
void unpack_release(struct unpack *u, const struct unpack_piece *p);

/* Polls readable when unpack_take has said 0 and it is worth asking again. */
int unpack_fd(const struct unpack *u);

/* Was anything read or taken since the last call? *bytes were read. */
bool unpack_progress(struct unpack *u, uint64_t *bytes);

#endif
