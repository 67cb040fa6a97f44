/*
 * report.h - what an audit says, as a document for others to read: annotations
 * of GitHub, JUnit XML, a page of HTML.
 *
 * All of them have the verdicts that are not OK, with their reasons, and the
 * sums, and say why an audit has not passed that has no such verdict. They are
 * UTF-8, and the same whatever the locale: names, and all other text from
 * outside, are as in visible.h. Texts are appended to a buffer, which may be
 * written and emptied between any two calls. The calls:
 *
 *     report_begin
 *     report_place        a directory, where report_has_places
 *     report_line         a verdict in it
 *     report_place_end
 *     report_end
 */
#ifndef RECORD_REPORT_H
#define RECORD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/verdict.h"

struct buf;
struct place;
struct report_ops;
struct summary;

enum report_kind { REPORT_NONE, REPORT_GITHUB, REPORT_JUNIT, REPORT_HTML };

/* What is known when all verdicts are. Texts are strings with the NULs that end
 * them, one behind the other. */
struct report_facts {
	const char *list;    /* what messages call it */
	const struct verdict_rules *rules;
	const struct verdict_counts *counts;
	bool passed;
	const struct buf *problems; /* texts: beside the verdicts, why it has
	                     * not passed */
	const struct buf *hints; /* texts: what the verdicts may come from */
	const char *sums;    /* in words */
	const struct summary *summary; /* what is wrong, where there is much;
	                     * or NULL */
};

struct report {
	const struct report_ops *ops;
	const struct report_facts *f;
	const struct place *place; /* of the verdicts that come now */
	uint64_t open;       /* of a page: rows that are not folded */
};

/* kind is not REPORT_NONE. */
void report_init(struct report *r, enum report_kind kind);

/* Are the verdicts to be given by places (places.h), or in order of name? */
bool report_has_places(const struct report *r);

/* f, and a place until report_place_end, are borrowed. A line has all that its
 * verdict has (verdict.h), the reason too. */
void report_begin(struct report *r, const struct report_facts *f,
    struct buf *out);
void report_place(struct report *r, const struct place *place,
    struct buf *out);
void report_line(struct report *r, const struct verdict_line *l,
    struct buf *out);
void report_place_end(struct report *r, struct buf *out);
void report_end(struct report *r, struct buf *out);

#endif
