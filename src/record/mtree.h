/*
 * mtree.h - specifications of mtree(5) as lists of digests, for
 * record/manifest.
 *
 * The grammar (ABNF of RFC 5234) is what mtree of NetBSD and FreeBSD and
 * libarchive write:
 *
 *     specification = *(line LF)
 *     line      = *blank [set / unset / up / entry] *blank [comment]
 *     comment   = "#" *OCTET               ; where a word may begin
 *     set       = "/set" *(1*blank keyword)
 *     unset     = "/unset" *(1*blank key)  ; "all" is all
 *     up        = ".." *(1*blank keyword)  ; out of the current directory
 *     entry     = path *(1*blank keyword)
 *     keyword   = key "=" *byte / "optional" / "nochange" / "ignore"
 *     key       = %x61-7A *byte            ; no "=" in it
 *     path      = 1*byte                   ; with the escapes of vis(3)
 *     byte      = %x01-08 / %x0B-1F / %x21-FF
 *
 * What the grammar does not say:
 *
 *   - A line without a comment that ends in an odd number of backslashes goes on
 *     in the next one, without the last of them.
 *   - A path without a slash is in the current directory, and if it is a
 *     directory, is that from there on. One with a slash, "full", is relative
 *     to where the specification begins. The slash may not be an escape, but as
 *     the first byte: that is a path from the root, which mtree(5) has no other
 *     way to write.
 *   - Of keywords, type, size and digests mean something: sha512, sha384,
 *     sha256, rmd160, ripemd160, sha1 and md5, with or without "digest" behind.
 *     Of several digests of a file the first in this order counts that can be
 *     computed. Other keywords with a value, and optional, nochange and ignore,
 *     are passed over; any other word makes the line malformed.
 *   - A comment that is "# device=N inode=N mtime=N ctime=N read=N" says which
 *     file the next line's was, as the members of an object do in
 *     record/manifest.h: mtree(5) has keywords for some of that, which not all
 *     that read it know.
 *   - /set gives values to the lines that follow it and do not say otherwise.
 *   - An entry of another type than file is passed over. One without a type is
 *     a file if it has a digest, else nobody knows what it is.
 *   - Where it cannot be told what the current directory is, because a line was
 *     malformed that may have been one's, or nobody knows what it is, lines
 *     with a path without a slash are malformed: in it, if its type is dir,
 *     files alone; else to the end, those of directories and ".." too. A path of directories that is longer than PATH_MAX is
 *     one that cannot be told.
 *   - Where a line with "/set" or "/unset" was malformed, lines without a type
 *     are, until one is set or unset.
 */
#ifndef RECORD_MTREE_H
#define RECORD_MTREE_H

#include <stdbool.h>
#include <stddef.h>

#include "record/manifest.h"

struct mtree;

/* Is the line, which is no comment, and left as it is, one of a specification,
 * and of no other list? There is "/set", or a path that begins with "." and has "type". */
bool mtree_is_line(char *line, size_t len);

struct mtree *mtree_new(void);
void mtree_free(struct mtree *t); /* NULL is fine */

/* A line is passed over that nobody has read. */
void mtree_lose(struct mtree *t);

/* As manifest_line, for a line of t without NUL. The name of the entry lives until
 * the next call. */
enum manifest_kind mtree_line(struct mtree *t, const struct manifest *m,
    char *line, size_t len, struct manifest_entry *e);

/* The same for what is left at the end: a line that does not go on. */
enum manifest_kind mtree_end(struct mtree *t, const struct manifest *m,
    struct manifest_entry *e);

/* The keyword for digests of that tag; NULL: mtree(5) has none. */
const char *mtree_keyword(const char *tag);

#endif
