/*
 * visible.h - any bytes as text of Unicode in which nothing is hidden, for
 * reports (report.h), and whatever the locale.
 *
 * Characters that are seen stand for themselves. A byte that is not part of one
 * is \xNN, in lower-case hex, and a backslash is \\, so that there is one text
 * for each name, and one name for each text. Not seen are bytes that are not
 * UTF-8 (RFC 3629), control characters (C0, DEL, C1), blanks but the space,
 * characters that quote.h calls deceptive, and noncharacters. So all that is left
 * may stand in XML (XML 1.0, 2.2) and in HTML, and none of it breaks a line.
 */
#ifndef RECORD_VISIBLE_H
#define RECORD_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Where the text is to stand. */
enum visible_form {
	VISIBLE_MARKUP, /* in XML or HTML, also between quotes: & < > " and '
	                 * are references */
	VISIBLE_DATA    /* behind the second :: of a workflow command of GitHub:
	                 * % is %25 */
};

void visible_put(struct buf *out, enum visible_form form, const char *s,
    size_t len);

/* Are all characters seen? A backslash is. */
bool visible_is_all(const char *s, size_t len);

#endif
