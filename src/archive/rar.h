/*
 * rar.h - the blocks of a RAR, as they go by on their way to libarchive.
 *
 * libarchive takes what ends between two blocks for all there is, goes on in the
 * next volume when there is one, takes what is encrypted, or a copy of another
 * member, for a file whose bytes it has, and stops at the end of the archive. What
 * members there are, and that they are all of them, is told here, by the headers
 * alone: of each, its checksum is verified.
 *
 * Sources: "RAR 5.0 archive format" (rarlab.com/technote.htm), and for the format
 * before it, here RAR 4, technote.txt of RAR 2.9 to 4.20.
 */
#ifndef ARCHIVE_RAR_H
#define ARCHIVE_RAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/checksum.h"

enum rar_format { RAR_NONE, RAR_4, RAR_5 };

enum rar_what {
	RAR_DATA,  /* its bytes follow, unless libarchive says what it is */
	RAR_LINK,  /* to the member before it that is called target, or its copy */
	RAR_OTHER  /* a directory, a symbolic link */
};

struct rar_member {
	enum rar_what what;
	char *target;           /* of RAR_LINK; with a NUL */
	struct checksums sums;  /* of its bytes: BLAKE2sp only of those that are
	                         * stored */
};

struct rar {
	enum rar_format format; /* RAR_NONE: what is fed is not looked at */
	unsigned char *head;    /* the header that is coming: have of need bytes, */
	size_t have, need, cap; /* as far as is known of how many it has */
	uint64_t skip;          /* bytes of data before the next one */
	bool ended;             /* that was the last block */
	const char *why;        /* nothing is told of what follows: an English
	                         * phrase, for whoever has had all members */
	struct rar_member *v;   /* those to be told: from first on */
	size_t first, n, vcap;
};

/* What do these n bytes begin? */
enum rar_format rar_begins(const unsigned char *p, size_t n);

/* r is zero; its format may be RAR_NONE. Allocates nothing. */
void rar_init(struct rar *r, enum rar_format format);

void rar_release(struct rar *r);

/* The next n bytes of it, from its first on; how they are divided makes no
 * difference. */
void rar_feed(struct rar *r, const unsigned char *p, size_t n);

/* There are no more. */
void rar_finish(struct rar *r);

/* The next member of which the header was fed, valid until the next rar_feed; or
 * NULL, and r->why may have the reason. */
const struct rar_member *rar_next(struct rar *r);

#endif
