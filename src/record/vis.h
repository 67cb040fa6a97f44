/*
 * vis.h - names of files as mtree(5) has them, printable and without blanks:
 * the escapes of vis(3).
 */
#ifndef RECORD_VIS_H
#define RECORD_VIS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Appends the len bytes: 33 to 126 as they are, but for \ # = * ? [ ], which
 * mean something in a specification; all others as \ooo, three octal digits. */
void vis_put(struct buf *out, const char *s, size_t len);

/*
 * Decodes the *len bytes of s in place, as unvis(3) without flags does; *len
 * becomes what it is then. False, and s is spoilt, where an escape has no end,
 * no digit (\x) or a value of more than a byte, for all of which unvis(3) makes
 * something up.
 *
 *     \ooo            one to three octal digits
 *     \xhh            one or two hexadecimal ones
 *     \a \b \f \n \r \t \v \E \s   BEL BS FF LF CR TAB VT ESC SP
 *     \^c             a control character; \^? is DEL
 *     \M-c \M^c       a character, or a control character, with the top bit set
 *     \$ \LF          nothing
 *     \c              any other printable character: itself
 */
bool vis_get(char *s, size_t *len);

/* How often c, which is no backslash, stands in s for itself: not in an escape,
 * as in "\M-/". */
size_t vis_count(const char *s, size_t len, char c);

#endif
