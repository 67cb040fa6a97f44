/*
 * handle.h - an archive that is open: for the files of this room that share it.
 */
#ifndef ARCHIVE_HANDLE_H
#define ARCHIVE_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/input.h"
#include "archive/links.h"
#include "archive/members.h"
#include "archive/rar.h"

struct archive;
struct archive_entry;

#define MEMBERS_BLOCK 512 /* of tar */

struct members {
	struct input in;
	struct archive *a;
	enum members_kind kind;
	uint64_t size;     /* as opts.size */
	bool guarded;      /* by MEMBERS_RATIO */
	bool confined;     /* as opts.confined */
	bool broken;       /* in.why says why; nothing more can be had */
	bool ended;        /* there are no more members */
	bool empty;        /* there is nothing for libarchive to read */
	bool input_broken; /* input_next has failed */
	bool ahead;        /* the first header was read already */
	int header;        /* what libarchive said of the newest */
	uint64_t given;    /* bytes that libarchive was given: where it is */
	const char *last;  /* the newest n of them... */
	size_t lastn;
	char before[MEMBERS_BLOCK]; /* ...and those before them */
	uint64_t members;  /* headers that were read */
	uint64_t total;    /* bytes of members, holes too */

	struct rar rar;    /* if it is one, what its blocks say... */
	const struct rar_member *said; /* ...of the member at hand, until its
	                                * bytes are asked for; or NULL */

	struct links links; /* of a cpio, whose data comes with the last one */

	struct archive_entry *e;
	struct {           /* of the member at hand */
		uint64_t at;       /* bytes that were given */
		const void *p;     /* n bytes that begin at offset */
		size_t n;
		uint64_t offset;
		bool ended;        /* these are the last */
		bool failed;
	} data;
	struct checksum sum; /* of those that were given */
};

/* Is it of that format, an ARCHIVE_FORMAT_ without the kinds of each? */
bool members_is_format(const struct members *ms, int base);

#endif
