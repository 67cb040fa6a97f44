/*
 * XML as JUnit's task of Ant writes it, and as Jenkins (junit-10.xsd of its xUnit
 * plugin) and GitLab ("Unit test reports" of its documentation) read it: suites
 * of testcases, which pass unless they have a failure or an error.
 *
 * Readers count testcases, whatever the attributes of a suite say, so these say
 * the same; they tell them apart by classname and name, pass over the second of
 * two that are the same, and take 30 MB. So each verdict that is not OK is a
 * testcase, called by its whole name, in the suite of its directory; all that are
 * OK are one testcase in the first suite, which has the sums as properties, and
 * one more for whether list and operands could be used, so that there is never a
 * report without any. A directory has a slash at its end, and no other suite has.
 */
#include "record/report_ops.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"

#define TOP "top" /* names without a directory */

static void
put_attribute(const struct report *r, struct buf *out, const char *name,
    const char *s, size_t len)
{
	buf_printf(out, " %s=\"", name);
	report_put(r, out, s, len);
	buf_putc(out, '"');
}

static void
put_class(const struct report *r, struct buf *out, const char *name,
    const char *dir, size_t len)
{
	if (len)
		put_attribute(r, out, name, dir, len);
	else
		put_attribute(r, out, name, TOP, strlen(TOP));
}

static void
put_counts(struct buf *out, uint64_t tests, uint64_t failures, uint64_t errors)
{
	buf_printf(out, " tests=\"%" PRIu64 "\" failures=\"%" PRIu64
	    "\" errors=\"%" PRIu64 "\"", tests, failures, errors);
}

static void
put_property(struct buf *out, const char *name, uint64_t n)
{
	buf_printf(out, "<property name=\"%s\" value=\"%" PRIu64 "\"/>\n",
	    name, n);
}

/* Is it the list's own fault, or that of operands? */
static bool
has_failed(const struct report *r)
{
	return !r->f->passed && (r->f->problems->len || !report_wrong(r));
}

static void
put_properties(const struct report *r, struct buf *out)
{
	const struct verdict_counts *c = r->f->counts;

	buf_puts(out, "<properties>\n");
	put_property(out, "listed", verdict_sum(c->listed));
	for (int v = 0; v < VERDICTS; v++)
		put_property(out, verdict_word((enum verdict)v),
		    report_count(r, (enum verdict)v));
	put_property(out, "refused", c->refused);
	put_property(out, "malformed", c->lines.malformed);
	buf_puts(out, "</properties>\n");
}

/* The testcase of the list and the operands. */
static void
put_list(const struct report *r, struct buf *out)
{
	buf_puts(out, "<testcase classname=\"audit\" "
	    "name=\"the list and the operands\"");
	if (!has_failed(r)) {
		buf_puts(out, "/>\n");
		return;
	}
	buf_puts(out, "><failure type=\"audit\" message=\"not as they should "
	    "be\">");
	report_texts(r, r->f->problems, "", "\n", out);
	buf_puts(out, "</failure></testcase>\n");
}

/* The suite of the audit itself. */
static void
put_audit(struct report *r, struct buf *out)
{
	uint64_t ok = report_count(r, VERDICT_OK);

	buf_puts(out, "<testsuite name=\"audit\"");
	put_counts(out, 1 + (ok > 0), has_failed(r), 0);
	buf_puts(out, " skipped=\"0\">\n");
	put_properties(r, out);
	if (ok)
		buf_printf(out, "<testcase classname=\"audit\" "
		    "name=\"files that are OK\"><system-out>%" PRIu64
		    "</system-out></testcase>\n", ok);
	put_list(r, out);
	buf_puts(out, "<system-out>");
	report_put(r, out, r->f->sums, strlen(r->f->sums));
	report_texts(r, r->f->hints, "\n", "", out);
	report_summary(r, "\n", "", out);
	buf_puts(out, "</system-out>\n</testsuite>\n");
}

static void
junit_begin(struct report *r, struct buf *out)
{
	uint64_t told = report_wrong(r), ok = report_count(r, VERDICT_OK);
	uint64_t errors = report_count(r, VERDICT_UNREADABLE);

	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuites");
	put_attribute(r, out, "name", r->f->list, strlen(r->f->list));
	put_counts(out, told + 1 + (ok > 0), told - errors + has_failed(r),
	    errors);
	buf_puts(out, ">\n");
	put_audit(r, out);
}

static void
junit_place(struct report *r, struct buf *out)
{
	const struct place *p = r->place;
	uint64_t errors = p->n[VERDICT_UNREADABLE];

	buf_puts(out, "<testsuite");
	put_class(r, out, "name", p->name, p->len);
	put_counts(out, p->all, p->all - errors, errors);
	buf_puts(out, " skipped=\"0\">\n");
}

static void
junit_line(struct report *r, const struct verdict_line *l, struct buf *out)
{
	const char *word = verdict_word(l->verdict);
	const char *element = l->verdict == VERDICT_UNREADABLE ? "error" :
	    "failure";
	size_t len;
	const char *name = verdict_name(l, &len);

	buf_puts(out, "<testcase");
	put_class(r, out, "classname", r->place->name, r->place->len);
	put_attribute(r, out, "name", name, len);
	buf_printf(out, "><%s type=\"%s\" message=\"%s\">", element, word,
	    word);
	report_explain(r, l, "\n", out);
	buf_printf(out, "</%s></testcase>\n", element);
}

static void
junit_place_end(struct report *r, struct buf *out)
{
	(void)r;
	buf_puts(out, "</testsuite>\n");
}

static void
junit_end(struct report *r, struct buf *out)
{
	(void)r;
	buf_puts(out, "</testsuites>\n");
}

const struct report_ops report_junit = {
	.form = VISIBLE_MARKUP,
	.begin = junit_begin,
	.place = junit_place,
	.line = junit_line,
	.place_end = junit_place_end,
	.end = junit_end,
	.name = report_put,
};
