/*
 * Names, reasons and verdicts into each kind of report, and back: see README
 * beside this file.
 *
 * An input is a byte for the kind, the verdict, and whether all has passed; one
 * for what is known of the file; and four texts with NUL between them: the name,
 * another name (the one that is told in a summary, and of MOVED the old one), why
 * it has no digest, and what the list is called. What must hold:
 *
 *   - a report is UTF-8 without control characters but the ends of its lines;
 *   - it has the same markup, or the same lines, as one of harmless texts;
 *   - the names are read back from it as they were.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hasher/result.h"
#include "record/name.h"
#include "record/places.h"
#include "record/report.h"
#include "record/summary.h"

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a report is made of. */
struct told {
	enum report_kind kind;
	enum verdict verdict;
	unsigned flags;
	bool passed;
	const char *name, *other, *reason, *list;
};

struct written {
	struct buf all;  /* the report */
	struct buf line; /* of it, the verdict */
};

/* ---- writing ------------------------------------------------------------------ */

/* A text as report_facts has it: with its NUL. */
static void
put_text(struct buf *b, const char *text)
{
	buf_puts(b, text);
	buf_putc(b, '\0');
}

static struct verdict_line
line_of(const struct told *t, const struct manifest_want *want,
    const struct result *found)
{
	struct verdict_line l = { .verdict = t->verdict, .name = t->name,
	    .len = strlen(t->name), .want = want, .found = found };

	if (t->flags & 1)
		l.algorithm = t->flags & 2 ? "SHA512" : "BLAKE2b-256";
	if (t->verdict == VERDICT_MOVED) {
		l.old = t->other;
		l.oldlen = strlen(t->other);
	}
	if (t->verdict == VERDICT_UNREADABLE ||
	    (t->verdict == VERDICT_CHANGED && found->status != RESULT_OK))
		l.reason = t->reason;
	return l;
}

static const struct verdict_rules rules = { .audit = true };

/* There is so much that it is summed up, and one name in that. */
static struct summary *
sum_up(const char *name)
{
	const struct verdict_counts counts = {
		.listed[VERDICT_MISSING] = SUMMARY_SCREEN,
		.found[VERDICT_NEW] = 1,
	};
	struct summary *s = summary_new(&rules, &counts);

	for (unsigned i = 0; i < SUMMARY_SCREEN; i++)
		summary_find(s, VERDICT_MISSING, "", 0);
	summary_find(s, VERDICT_NEW, name, strlen(name));
	summary_found(s);
	for (unsigned i = 0; i < SUMMARY_SCREEN; i++)
		summary_place(s, VERDICT_MISSING, "", 0);
	summary_place(s, VERDICT_NEW, name, strlen(name));
	return s;
}

static struct written
write_report(const struct told *t)
{
	const struct manifest_want want = { .has_size = t->flags & 4,
	    .size = t->flags, .digestlen = t->flags & 8 ? 4 : 0 };
	struct result found = { .status = RESULT_OK, .size = t->flags,
	    .digestlen = 4 };
	struct verdict_counts counts = { .listed[VERDICT_OK] = 1 };
	struct buf problems = BUF_INIT, hints = BUF_INIT;
	struct summary *summary = sum_up(t->other);
	struct report_facts f = { .list = t->list, .rules = &rules,
	    .counts = &counts, .passed = t->passed, .sums = t->reason,
	    .problems = &problems, .hints = &hints, .summary = summary };
	struct verdict_line l = line_of(t, &want, &found);
	struct written w = { .all = BUF_INIT };
	struct place place = { .name = l.old ? l.old : l.name, .all = 1 };
	struct report r;

	if (t->flags & 16) {
		(void)result_fail(&found, RESULT_TYPE, 0);
		l = line_of(t, &want, &found);
	}
	place.len = places_dir(place.name, strlen(place.name));
	place.n[t->verdict] = 1;
	counts.listed[t->verdict]++;
	report_init(&r, t->kind);
	put_text(&problems, t->reason);
	put_text(&hints, t->list);
	report_begin(&r, &f, &w.all);
	if (report_has_places(&r))
		report_place(&r, &place, &w.all);
	report_line(&r, &l, &w.line);
	buf_put(&w.all, w.line.data, w.line.len);
	if (report_has_places(&r))
		report_place_end(&r, &w.all);
	report_end(&r, &w.all);
	buf_release(&problems);
	buf_release(&hints);
	summary_free(summary);
	return w;
}

/* ---- reading ------------------------------------------------------------------ */

static int
digit(char c)
{
	const char *at = strchr("0123456789abcdef", c);

	must(c && at, "a digit of hex");
	return (int)(at - "0123456789abcdef");
}

/* The character that a reference at *at stands for, which is passed over; *at
 * itself where it is none. */
static char
referred(const char **at, bool markup)
{
	static const struct { const char *text; char c; } of[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&#39;", '\'' }, { "%25", '%' },
		{ "%3A", ':' }, { "%2C", ',' }
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		size_t n = strlen(of[i].text);

		if (markup != (*of[i].text == '&') ||
		    strncmp(*at, of[i].text, n) != 0)
			continue;
		*at += n;
		return of[i].c;
	}
	must(!strchr(markup ? "&<>\"'" : "%", **at), "all is escaped");
	return *(*at)++;
}

/* Must the text from at to end be name? escaped: in the way of visible.h. */
static void
must_be(const char *name, const char *at, const char *end, bool markup,
    bool escaped)
{
	for (; at < end; name++) {
		char c = referred(&at, markup);

		if (escaped && c == '\\') {
			c = *at++;
			must(c == '\\' || c == 'x', "an escape");
			if (c == 'x') {
				int high = digit(at[0]), low = digit(at[1]);

				c = (char)(high << 4 | low);
				at += 2;
			}
		}
		must(c == *name, "a name is read back");
	}
	must(at == end && !*name, "all of a name is read back");
}

/* What stands behind before; it must be there. */
static const char *
behind(const char *text, const char *before)
{
	const char *at = strstr(text, before);

	must(at != NULL, "it is where it should be");
	return at + strlen(before);
}

/* Up to the first of what ends it. */
static void
must_have(const char *name, const char *at, const char *end, bool markup,
    bool escaped)
{
	const char *stop = strstr(at, end);

	must(stop != NULL, "it has an end");
	must_be(name, at, stop, markup, escaped);
}

static void
read_github(const struct told *t, const char *line, const char *first)
{
	const char *data = behind(behind(line, "::"), "::");
	const char *file = strstr(line, " file=");

	must_have(first, strchr(data, ' ') + 1, "%0A", false, true);
	if (file && file < data)
		must_have(t->name, file + strlen(" file="), ",title=", false,
		    false);
	if (t->verdict == VERDICT_MOVED)
		must_have(t->name, behind(data, "%0Anow "), "\n", false, true);
}

static void
read_markup(const struct told *t, const char *line, const char *first)
{
	const char *base = first + places_dir(first, strlen(first));

	if (t->kind == REPORT_JUNIT) {
		must_have(first, behind(line, " name=\""), "\"", true, true);
		if (t->verdict == VERDICT_MOVED)
			must_have(t->name, behind(line, ">now "), "<", true,
			    true);
		return;
	}
	must_have(*base ? base : first, behind(line, "<td><code>"), "<", true,
	    true);
	if (t->verdict == VERDICT_MOVED)
		must_have(t->name, behind(line, "now</span> <code>"), "<",
		    true, true);
}

/* What is left of a report without texts: of markup that, of lines how they
 * begin. */
static void
skeleton(const struct buf *report, enum report_kind kind, struct buf *out)
{
	for (size_t i = 0; i < report->len; i++) {
		char c = report->data[i];

		if (kind == REPORT_GITHUB && (!i || report->data[i - 1] == '\n'))
			buf_put(out, report->data + i, 8);
		else if (strchr(kind == REPORT_GITHUB ? "\n" : "<>\"\n", c))
			buf_putc(out, c);
	}
}

/* A harmless text in the place of one, with as much of a directory. */
static const char *
harmless(const char *text)
{
	size_t len = strlen(text), dir = places_dir(text, len);

	return !dir ? (len ? "n" : "") : dir == len ? "d/" : "d/n";
}

static void
check(const struct told *t)
{
	const struct told other = { t->kind, t->verdict, t->flags, t->passed,
	    harmless(t->name), harmless(t->other), "r", "l" };
	struct written w = write_report(t), plain = write_report(&other);
	struct buf a = BUF_INIT, b = BUF_INIT;
	const char *first = t->verdict == VERDICT_MOVED ? t->other : t->name;

	must(name_is_utf8(w.all.data, w.all.len), "it is UTF-8");
	for (size_t i = 0; i < w.all.len; i++)
		must(w.all.data[i] == '\n' || ((unsigned char)w.all.data[i] >=
		    ' ' && w.all.data[i] != 0x7f), "it has no control");
	skeleton(&w.all, t->kind, &a);
	skeleton(&plain.all, t->kind, &b);
	must(a.len == b.len && !memcmp(a.data, b.data, a.len),
	    "no text makes markup, or a line");
	if (t->kind == REPORT_GITHUB)
		read_github(t, buf_str(&w.line), first);
	else
		read_markup(t, buf_str(&w.line), first);
	buf_release(&a);
	buf_release(&b);
	buf_release(&w.all);
	buf_release(&w.line);
	buf_release(&plain.all);
	buf_release(&plain.line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *texts[4] = { "", "", "", "" };
	struct told t;
	char *copy, *at;

	if (size < 2)
		return 0;
	copy = malloc(size - 1);
	must(copy != NULL, "there is memory");
	memcpy(copy, data + 2, size - 2);
	copy[size - 2] = '\0';
	at = copy;
	for (int i = 0; i < 4 && at < copy + size - 1; i++) {
		texts[i] = at;
		at += strlen(at) + 1;
	}
	t = (struct told){ (enum report_kind)(REPORT_GITHUB + data[0] % 3),
	    (enum verdict)(VERDICT_CHANGED + data[0] / 3 % (VERDICTS - 1)),
	    data[1], data[0] & 128, texts[0], texts[1], texts[2], texts[3] };
	check(&t);
	free(copy);
	return 0;
}
