/*
 * report_ops.h - what a kind of report does (report.h), and what the kinds share.
 */
#ifndef RECORD_REPORT_OPS_H
#define RECORD_REPORT_OPS_H

#include "record/places.h"
#include "record/report.h"
#include "record/visible.h"

/* place and place_end are NULL of one that has no places. */
struct report_ops {
	enum visible_form form;
	void (*begin)(struct report *r, struct buf *out);
	void (*place)(struct report *r, struct buf *out);
	void (*line)(struct report *r, const struct verdict_line *l,
	    struct buf *out);
	void (*place_end)(struct report *r, struct buf *out);
	void (*end)(struct report *r, struct buf *out);
	/* a name in a summary */
	void (*name)(const struct report *r, struct buf *out, const char *name,
	    size_t len);
};

extern const struct report_ops report_github, report_junit, report_html;

/* Appends each of the texts, as report_put does, and each line of the summary, with
 * names in it as ops->name has them, between before and after. */
void report_texts(const struct report *r, const struct buf *texts,
    const char *before, const char *after, struct buf *out);
void report_summary(struct report *r, const char *before, const char *after,
    struct buf *out);

/* Names that have the verdict, and, added up, all that are told and not OK. */
uint64_t report_count(const struct report *r, enum verdict v);
uint64_t report_wrong(const struct report *r);

/* visible_put, in the form of the report. */
void report_put(const struct report *r, struct buf *out, const char *s,
    size_t len);

/* Appends what the list says of a CHANGED file: "SHA512 ddaf..., 3 bytes", without
 * what is not known. before and after stand around the digest. */
void report_expected(const struct report *r, const struct verdict_line *l,
    const char *before, const char *after, struct buf *out);

/* The same of what was found, without the algorithm. False, and nothing is
 * appended, where there is no digest of it. */
bool report_found(const struct verdict_line *l, const char *before,
    const char *after, struct buf *out);

/* Appends why there is no digest. */
void report_reason(const struct report *r, const struct verdict_line *l,
    struct buf *out);

/* Appends what a verdict means, with what differs or the reason, in lines that
 * newline stands between. */
void report_explain(const struct report *r, const struct verdict_line *l,
    const char *newline, struct buf *out);

#endif
