/*
 * Lines, objects and a report by names are printed as the verdicts are asked for; in
 * a report by directories those that are not OK are kept before, by their places.
 */
#include "mode/verdicts.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "hasher/result.h"
#include "mode/readlist.h"
#include "mode/run.h"
#include "mode/tags.h"
#include "options/options.h"
#include "record/compare.h"
#include "record/places.h"
#include "record/report.h"
#include "record/scope.h"
#include "record/summary.h"
#include "record/verdict.h"

static struct outfile *
output(const struct verdicts *v)
{
	return &v->run->out;
}

static bool
has_passed(const struct verdicts *v)
{
	return verdict_passed(&v->list->rules, &v->compare->counts) &&
	    !v->bad_operands;
}

/* ---- lines and objects ---------------------------------------------------------- */

static void
put_line(struct verdicts *v, const struct verdict_line *line)
{
	char end = v->run->o->zero ? '\0' : '\n';

	if (v->run->o->format == FORMAT_JSON)
		verdict_json(&v->list->rules, line, end, &output(v)->lines);
	else
		verdict_line(&v->list->rules, line, end, &output(v)->lines);
}

/* Fills in what compare_next does not know. The reason is the run's message, which
 * is to be emptied. */
static void
fill(struct verdicts *v, struct compare_verdict *c)
{
	struct verdict_line *line = &c->line;

	line->algorithm = tags_name(&v->list->tags, c->algorithm);
	if (line->found && line->found->status != RESULT_OK &&
	    line->verdict != VERDICT_MISSING) {
		tags_reason(&v->list->tags, line->found, &v->run->message);
		line->reason = buf_str(&v->run->message);
	}
}

/* Why there is no digest is said, but a change of type only as a verdict is. */
static void
say_reason(struct verdicts *v, const struct verdict_line *line)
{
	if (line->verdict == VERDICT_CHANGED &&
	    !verdict_told(&v->list->rules, line->verdict))
		return;
	outfile_flush(output(v));
	diag_name(line->name, line->len, "%s", line->reason);
}

static void
print_lines(struct verdicts *v)
{
	struct compare_cursor t = { .i = 0 };
	struct compare_verdict c;

	while (!output(v)->lost && compare_next(v->compare, &t, &c)) {
		fill(v, &c);
		if (verdict_told(&v->list->rules, c.line.verdict))
			put_line(v, &c.line);
		if (c.line.reason)
			say_reason(v, &c.line);
		buf_clear(&v->run->message);
		outfile_more(output(v));
	}
}

/* ---- the summary ---------------------------------------------------------------- */

/* The plain form of the name that a verdict is about. */
static const char *
plain_name(const struct verdict_line *line, struct buf *room, size_t *len)
{
	const char *name = verdict_name(line, len);

	return scope_plain(room, name, len);
}

/* Hands every verdict to see. */
static void
each(const struct verdicts *v, struct summary *s,
    void (*see)(struct summary *s, enum verdict verdict, const char *name,
    size_t len))
{
	struct compare_cursor t = { .i = 0 };
	struct compare_verdict c;
	struct buf room = BUF_INIT;

	while (compare_next(v->compare, &t, &c)) {
		size_t len;
		const char *name = plain_name(&c.line, &room, &len);

		see(s, c.line.verdict, name, len);
	}
	buf_release(&room);
}

/* What is wrong, where much is; NULL: the verdicts are read as they are. */
static struct summary *
sum_up(const struct verdicts *v)
{
	struct summary *s = summary_new(&v->list->rules,
	    &v->compare->counts);

	if (!s)
		return NULL;
	each(v, s, summary_find);
	summary_found(s);
	each(v, s, summary_place);
	return s;
}

/* ---- reports -------------------------------------------------------------------- */

/* Texts of a report, as report.h has them. */
struct texts {
	struct buf problems, hints, sums;
};

static void
texts_release(struct texts *t)
{
	buf_release(&t->problems);
	buf_release(&t->hints);
	buf_release(&t->sums);
}

static struct buf *
texts_of(struct texts *t, enum verdict_end kind)
{
	return kind == VERDICT_END_SUMS ? &t->sums :
	    kind == VERDICT_END_HINT ? &t->hints : &t->problems;
}

/* What stderr has at the end of a list, without the name of that, which a terminal
 * would show in another way. */
static void
collect_texts(const struct verdicts *v, struct texts *t)
{
	const char *name = v->run->o->list ? "lists" : "list";
	struct verdict_rules rules = v->list->rules;
	struct buf *text;
	size_t end;
	unsigned n;

	rules.quiet = false;
	if (v->bad_operands) {
		buf_printf(&t->problems, "%" PRIu64 " operand%s could not be "
		    "used", v->bad_operands, v->bad_operands == 1 ? "" : "s");
		buf_putc(&t->problems, '\0');
	}
	for (n = 0;; n++) {
		text = texts_of(t, verdict_end_kind(n));
		end = text->len;
		if (!verdict_end(&rules, &v->compare->counts, v->passed, name,
		    n, text))
			break;
		if (text->len > end)
			buf_putc(text, '\0');
	}
}

/* Says on stderr why names have no digest; those that a report is about go to p,
 * unless NULL. */
static void
say_reasons(struct verdicts *v, struct places *p)
{
	struct compare_cursor t = { .i = 0 }, at = t;
	struct compare_verdict c;
	struct buf room = BUF_INIT;
	const char *name;
	size_t len;

	for (; compare_next(v->compare, &t, &c); at = t) {
		if (p && verdict_is_wrong(&v->list->rules, c.line.verdict)) {
			name = plain_name(&c.line, &room, &len);
			places_add(p, name, len, c.line.verdict, &at);
		}
		fill(v, &c);
		if (c.line.reason)
			say_reason(v, &c.line);
		buf_clear(&v->run->message);
	}
	buf_release(&room);
}

/* The verdict at a cursor, if a report has it. */
static void
report_verdict(struct verdicts *v, struct report *r,
    struct compare_verdict *c)
{
	if (!verdict_is_wrong(&v->list->rules, c->line.verdict))
		return;
	fill(v, c);
	report_line(r, &c->line, &output(v)->lines);
	buf_clear(&v->run->message);
	outfile_more(output(v));
}

static void
report_places(struct verdicts *v, struct report *r, struct places *p)
{
	struct compare_cursor t;
	struct compare_verdict c;
	struct place place;

	places_sort(p);
	for (size_t i = 0; places_at(p, i, &place); i++) {
		report_place(r, &place, &output(v)->lines);
		while (!output(v)->lost && places_next(p, &place.first, &t) &&
		    compare_next(v->compare, &t, &c))
			report_verdict(v, r, &c);
		report_place_end(r, &output(v)->lines);
	}
}

static void
report_names(struct verdicts *v, struct report *r)
{
	struct compare_cursor t = { .i = 0 };
	struct compare_verdict c;

	while (!output(v)->lost && compare_next(v->compare, &t, &c))
		report_verdict(v, r, &c);
}

static void
print_report(struct verdicts *v)
{
	struct report r;
	struct places *p;
	struct texts t = { .problems = BUF_INIT };
	struct report_facts f = {
		.list = v->name,
		.rules = &v->list->rules,
		.counts = &v->compare->counts,
		.passed = v->passed,
		.problems = &t.problems,
		.hints = &t.hints,
		.summary = v->summary,
	};

	report_init(&r, v->run->o->report);
	p = report_has_places(&r) ? places_new() : NULL;
	say_reasons(v, p);
	collect_texts(v, &t);
	f.sums = buf_str(&t.sums);
	report_begin(&r, &f, &output(v)->lines);
	if (p)
		report_places(v, &r, p);
	else
		report_names(v, &r);
	report_end(&r, &output(v)->lines);
	places_free(p);
	texts_release(&t);
}

/* ---- all of it ------------------------------------------------------------------- */

void
verdicts_print(struct verdicts *v)
{
	v->passed = has_passed(v);
	v->summary = sum_up(v);
	if (v->run->o->report == REPORT_NONE)
		print_lines(v);
	else
		print_report(v);
	outfile_flush(output(v));
}

static void
put_shell(void *cookie, struct buf *out, const char *name, size_t len)
{
	(void)cookie;
	quote_shell(out, name, len);
}

static void
say_summary(struct verdicts *v)
{
	struct buf *message = &v->run->message;
	size_t n;

	for (n = 0; v->summary && summary_line(v->summary, n, message, NULL,
	    put_shell); n++)
		outfile_say(output(v), message);
	summary_free(v->summary);
	v->summary = NULL;
}

void
verdicts_print_sums(struct verdicts *v)
{
	const struct verdict_rules *rules = &v->list->rules;
	const struct verdict_counts *counts = &v->compare->counts;
	struct buf *message = &v->run->message;
	unsigned n;

	if (v->run->o->format == FORMAT_JSON &&
	    v->run->o->report == REPORT_NONE)
		verdict_json_sums(rules, counts, v->passed,
		    v->run->o->zero ? '\0' : '\n', &output(v)->lines);
	outfile_flush(output(v));
	say_summary(v);
	for (n = 0; verdict_end(rules, counts, v->passed, v->name, n,
	    message); n++)
		outfile_say(output(v), message);
}
