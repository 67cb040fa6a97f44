/*
 * name.h - file names in checksum lines, escaped and not, and in UTF-8.
 */
#ifndef RECORD_NAME_H
#define RECORD_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Must name be escaped in a line that ends in LF: has it \, LF or CR? */
bool name_needs_escape(const char *name, size_t len);

/* Appends name with \ -> \\, LF -> \n, CR -> \r (coreutils 9.0 and later). */
void name_escape(struct buf *out, const char *name, size_t len);

/* Undoes name_escape in place; *len is updated. 0; or -1, and nothing is
 * changed, when a backslash is followed by anything else, or by nothing. */
int name_unescape(char *name, size_t *len);

/* Is this well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
bool name_is_utf8(const char *s, size_t len);

/* The bytes of the first character of such text, at most len of them, and which
 * it is; 0 where it is none. len is 1 at least. */
size_t name_character(const char *s, size_t len, uint32_t *c);

#endif
