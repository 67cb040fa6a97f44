/*
 * format.h - results as lines: the formats that phash prints.
 *
 * tagged     SHA512 (NAME) = HEX        as cksum and BSD print it
 * untagged   HEX  NAME                  as sha512sum prints it
 *            HEX *NAME                  with binary, as its -b does
 * json       {"path":...}               one object a line (RFC 8259)
 * mtree      ./NAME type=file ...       mtree(5), as record/mtree.h reads it
 *
 * With end '\n' a NAME with backslash, LF or CR is escaped and its line begins
 * with a backslash, as coreutils does (name.h); with end '\0' names are raw.
 * The grammar is in phash-manifest(5). The keys of an object are path (or
 * path_base64), algorithm, digest (hex, or base64 if that is asked for) and
 * size in bytes; names in it are JSON strings whatever the end. With identity
 * there follow, of a regular file of which all is known, device and inode, mtime
 * and ctime in nanoseconds since the epoch, as they were before the file was
 * read, and read, the second in which reading began, or one before it.
 *
 * In mtree, paths are full, and the directories that lead to a file are named
 * before it, which mtree(8) of NetBSD asks for, unless it is outside of the
 * current one, or longer than PATH_MAX. Keywords are type, size, mode and time,
 * the last two where they are known and of a regular file, and the digest. The end
 * is '\n'.
 */
#ifndef RECORD_FORMAT_H
#define RECORD_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct result;

enum format_kind {
	FORMAT_TAGGED,
	FORMAT_UNTAGGED,
	FORMAT_JSON,
	FORMAT_MTREE
};

struct format {
	enum format_kind kind;
	bool base64;      /* digests in base64 (RFC 4648, padded), not hex */
	char end;         /* '\n' or '\0' */
	const char *tag;  /* the algorithm's tag: "SHA512"; borrowed */
	bool binary;      /* FORMAT_UNTAGGED: the name has a * before it */
	bool identity;    /* FORMAT_JSON, FORMAT_MTREE: which file it was */
	struct buf *dir;  /* FORMAT_MTREE: where the last file was; empty at
	                   * first; borrowed */
};

/* Has the format a line for digests of f's tag? */
bool format_can(const struct format *f);

/* Can it name the file of r? A specification has no name for what standard input
 * has, which is "-". */
bool format_has_name(const struct format *f, const struct result *r);
#define FORMAT_NAMELESS "standard input has no name in a specification of mtree"

/* Appends what comes before the first result. */
void format_begin(const struct format *f, struct buf *out);

/*
 * Appends the line of r, its end included. Only JSON has a form for a result
 * without a digest: {"path":...,"algorithm":...,"error":"REASON"}; the other
 * kinds append nothing for it. format_can and format_has_name hold.
 */
void format_result(const struct format *f, const struct result *r,
    struct buf *out);

#endif
