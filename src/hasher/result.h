/*
 * result.h - what one file yielded.
 *
 * A worker fills it, the wire carries it, the parent records and prints it.
 * Nothing is printed on the way: a failure travels as status and code.
 */
#ifndef HASHER_RESULT_H
#define HASHER_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"
#include "digest/digest.h"

struct buf;

enum result_status {
	RESULT_OK,      /* digest and size are valid */
	RESULT_OPEN,    /* open failed: err says why */
	RESULT_BUSY,    /* another process would not give up its lease */
	RESULT_STAT,    /* fstat failed: likewise */
	RESULT_READ,    /* read failed: likewise */
	RESULT_TYPE,    /* the walk saw a regular file here, open found another
	                 * kind of file */
	RESULT_PLACE,   /* not opened: a directory on the way to it is no longer
	                 * the one that was walked */
	RESULT_REFUSED, /* not opened, though access(2) would allow it: by a
	                 * sandbox, which knows what was there when it was made,
	                 * or by what else has a word in it */
	RESULT_CHANGED, /* changed while it was read, twice in a row */
	RESULT_DIGEST,  /* libcrypto failed */
	RESULT_DIED,    /* the worker died of it: death says how */
	RESULT_OUTPUT,  /* it is what is being written, by another name */
	RESULT_LINKS,   /* a directory that too many ways lead to */
	RESULT_ALGORITHM, /* the entry's cannot be computed, so it was never
	                 * asked for */
	RESULT_STALLED, /* given up: its worker made no progress for that many
	                 * seconds */
	RESULT_OPENED,  /* an archive, of which all members have been delivered */
	RESULT_ARCHIVE, /* an archive that cannot be read on, after the members
	                 * that have been delivered, or one of its members: text
	                 * says why */
	RESULT_LINK,    /* a member that is a hard link to the one before it of
	                 * the name in text */
	RESULT_OTHER,   /* a member that is a directory, a symbolic link... */
	RESULT_LISTED,  /* a directory: size bytes at text say what is in it, as
	                 * hasher/listing.h has it */
	RESULT_BUDGET,  /* never handed over: no more was to be read; size is
	                 * that of the file */
	RESULT_LOST,    /* never hashed: the pool was stopped or broke */
	RESULT_STATUSES /* how many there are */
};

struct result {
	struct entry entry; /* as it was handed to the hasher; or a member */
	const struct entry *archive; /* of a member: the archive, as it was
	                     * handed over; else NULL. Further members follow,
	                     * or at least the archive's own result */
	enum result_status status;
	union {             /* by status; 0 where none of them is meant */
		int err;    /* an errno */
		int death;  /* -signal, or exit status, or INT_MIN where that is
		             * not known */
		int seconds;
		int code;   /* for who only carries it */
	};
	uint64_t size;      /* bytes hashed */
	const char *text;   /* of RESULT_ARCHIVE, RESULT_LINK and RESULT_LISTED;
	                     * lives as long as the result itself */
	size_t digestlen;   /* bytes of digest; 0 unless RESULT_OK */
	unsigned char digest[DIGEST_MAX];
};

/* Sets status and code, clears the digest, returns -1: for `return
 * result_fail(...)` where -1 means "this file failed". */
int result_fail(struct result *r, enum result_status status, int code);

/*
 * Appends the reason why r has no digest, as an English phrase without name
 * or newline: "Permission denied", "file changed as we read it", "worker
 * killed by signal 9 (Killed)". Nothing for RESULT_OK.
 */
void result_reason(const struct result *r, struct buf *out);

/* The same of RESULT_ARCHIVE as libarchive has it: anything may be in it. NULL of
 * others. */
const char *result_text(const struct result *r);

#endif
