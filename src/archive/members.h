/*
 * members.h - what is inside an archive, member by member.
 *
 * Formats: tar in its dialects, zip, 7z, cpio, iso9660, ar, xar, cab, warc, rar,
 * each as it is or compressed (input.h), and a compressed file alone, which has one
 * member without a name. Read in one pass; a zip, 7z or ISO that is neither
 * compressed nor a stream is read where its own index says.
 */
#ifndef ARCHIVE_MEMBERS_H
#define ARCHIVE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct members;

/* More than this many times the size of the file is a bomb, from this many
 * bytes on, unless the caller set a limit. */
#define MEMBERS_RATIO 10000
#define MEMBERS_RATIO_FROM (UINT64_C(1) << 30)
#define MEMBERS_LIMIT (UINT64_C(1) << 40)

struct members_opts {
	int fd;             /* borrowed; may be non-blocking */
	uint64_t size;      /* of a regular file, which is read from its start;
	                     * UINT64_MAX: it is a stream */
	unsigned threads;   /* for one decoder; at least 1 */
	uint64_t limit;     /* of expanded bytes; 0: MEMBERS_LIMIT and
	                     * MEMBERS_RATIO */
	bool confined;      /* this process has given up all system calls that it
	                     * does not need: a rar can be read */
};

enum members_kind {
	MEMBERS_PLAIN,      /* not an archive, and not compressed: its one
	                     * member is the file */
	MEMBERS_COMPRESSED, /* not an archive: its one member has no name */
	MEMBERS_ARCHIVE
};

enum members_event {
	MEMBERS_FILE,   /* a regular file: members_data has its bytes */
	MEMBERS_LINK,   /* a hard link to the one before it of the name link */
	MEMBERS_OTHER,  /* a directory, a symbolic link, a device... */
	MEMBERS_END,
	MEMBERS_BROKEN  /* nothing more can be had: members_why */
};

struct member {
	const char *name; /* len bytes and a NUL, which live until the next
	                   * member; of a MEMBERS_COMPRESSED or PLAIN: "" */
	size_t len;
	const char *link; /* of a MEMBERS_LINK; with a NUL */
	bool whole;       /* it is the file itself: MEMBERS_PLAIN */
	bool has_size;
	uint64_t size;
	uint32_t mode;
	int64_t mtime;    /* nanoseconds since the epoch; INT64_MIN: not known */
};

/* NULL where there is no memory; else *kind is set, and the first member is
 * next: or it is broken, which members_next says. */
struct members *members_new(const struct members_opts *opts,
    enum members_kind *kind);

void members_free(struct members *ms);

/* From now on on_read is told how many bytes were read from the file, at once of
 * those that were read already. */
void members_watch(struct members *ms, void *cookie,
    void (*on_read)(void *cookie, size_t n));

/* The next member, whether or not the bytes of the one before it were all
 * taken. m is set but for END and BROKEN. */
enum members_event members_next(struct members *ms, struct member *m);

/*
 * The next bytes of a MEMBERS_FILE, valid until the next call of this or
 * members_next; zeros where it is a hole. 1; 0: it is complete; -1: it is
 * damaged, has an end before its size, or cannot be decoded: members_why; the
 * next members may be good.
 */
int members_data(struct members *ms, const void **p, size_t *n);

/* Why, as an English phrase. */
const char *members_why(const struct members *ms);

#endif
