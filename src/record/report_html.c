/*
 * One page that loads nothing and runs nothing, and says so to the browser
 * (Content Security Policy Level 3; a meta element, as there is no server). HTML
 * Living Standard: names are text and attributes between double quotes, in which
 * visible.h leaves neither markup nor what a parser would change (13.2.3.5).
 *
 * The bar and the sums come first, then what the summary has, then the
 * directories, each with a table. A long table is folded, and so is one with
 * which there would be more open rows than one reads.
 */
#include "record/report_ops.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/version.h"

#define OPEN_TABLE 25 /* rows of a table that is not folded */
#define OPEN_ALL 200  /* rows in all of these */

static const char head[] =
"<!DOCTYPE html>\n"
"<html lang=\"en\">\n"
"<head>\n"
"<meta charset=\"utf-8\">\n"
"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<meta name=\"color-scheme\" content=\"light dark\">\n"
"<meta name=\"generator\" content=\"phash " PHASH_VERSION "\">\n";

/* The colours of a verdict have 4.5 to 1 against the page's ground, in light and
 * in dark (WCAG 2.2, 1.4.3); each has its word beside it, too. */
static const char style[] =
"<style>\n"
":root{color-scheme:light dark;--ground:#fff;--text:#1b1f24;--soft:#59626d;"
"--line:#d5dae0;--shade:#f4f6f8;--OK:#1a7f37;--CHANGED:#bc2c1a;"
"--MISSING:#8250df;--NEW:#8a5a00;--MOVED:#0969da;--UNREADABLE:#57606a}\n"
"@media(prefers-color-scheme:dark){:root{--ground:#15181c;--text:#e4e8ec;"
"--soft:#9aa4af;--line:#363d45;--shade:#1f2429;--OK:#4ac26b;"
"--CHANGED:#ff8472;--MISSING:#c297ff;--NEW:#e3b341;--MOVED:#6cb6ff;"
"--UNREADABLE:#a8b1bb}}\n"
"*{box-sizing:border-box}\n"
"body{margin:0;background:var(--ground);color:var(--text);"
"font:16px/1.5 system-ui,sans-serif}\n"
"main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem 3rem}\n"
"h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}\n"
"h2{font-size:1.2rem;margin:2rem 0 .5rem}\n"
"h3{display:inline;font-size:1rem}\n"
"h3 code{font-weight:600}\n"
"code{font:.92em/1.4 ui-monospace,monospace;overflow-wrap:anywhere;"
"white-space:pre-wrap;unicode-bidi:isolate}\n"
"ul{margin:.5rem 0;padding-left:1.25rem}\n"
".result{font-size:1.1rem;margin:.25rem 0 1rem}\n"
".bar{display:flex;gap:2px;height:1.5rem;border-radius:.4rem;overflow:hidden;"
"margin:0 0 1rem;background:var(--shade)}\n"
".bar span{flex-basis:0;min-width:4px}\n"
"table{border-collapse:collapse;width:100%}\n"
"caption{position:absolute;width:1px;height:1px;overflow:hidden;"
"clip-path:inset(50%)}\n"
"th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;"
"border-top:1px solid var(--line)}\n"
"thead th{color:var(--soft);font-weight:600;font-size:.85rem;border-top:0}\n"
"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;"
"white-space:nowrap;"
"padding-right:1.5rem}\n"
".v{font-weight:600;white-space:nowrap}\n"
".v::before{content:\"\";display:inline-block;width:.7em;height:.7em;"
"margin-right:.5em;border-radius:2px;background:currentColor}\n"
"tfoot td,tfoot th{font-weight:600}\n"
"details{border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0;"
"padding:0 .75rem}\n"
"summary{cursor:pointer;padding:.5rem 0}\n"
"summary span{color:var(--soft);margin-left:.5rem}\n"
"details table{table-layout:fixed;margin-bottom:.5rem}\n"
"details th:nth-child(1){width:8.5rem}\n"
"details th:nth-child(3){width:46%}\n"
".d{display:inline-block;max-width:17ch;overflow:hidden;white-space:nowrap;"
"text-overflow:ellipsis;vertical-align:bottom;line-height:1.63}\n"
".d:hover{max-width:none;overflow:visible;white-space:normal}\n"
".soft{color:var(--soft)}\n";

static const char narrow[] =
"@media(max-width:40rem){details thead{position:absolute;width:1px;height:1px;"
"overflow:hidden;clip-path:inset(50%)}\n"
"details table,details tbody,details tr,details td{display:block}\n"
"details tr{border-top:1px solid var(--line);padding:.4rem 0}\n"
"details td{border:0;padding:.1rem 0}\n"
"details td:nth-child(-n+2){display:inline;padding-right:.5rem}\n"
".counts td:nth-child(4),.counts th:nth-child(4){display:none}}\n"
"@media print{.d{max-width:none;overflow:visible;white-space:normal}\n"
".bar span{print-color-adjust:exact}}\n"
"</style>\n";

/* The order in which verdicts are shown: that of the sums. */
static const enum verdict order[VERDICTS] = { VERDICT_OK, VERDICT_CHANGED,
    VERDICT_MISSING, VERDICT_MOVED, VERDICT_NEW, VERDICT_UNREADABLE };
static const char *const meaning[VERDICTS] = {
	[VERDICT_OK] = "listed, found, and the same",
	[VERDICT_CHANGED] = "listed and found, with other content or as something "
	    "else",
	[VERDICT_MISSING] = "listed and not found",
	[VERDICT_NEW] = "found and not listed",
	[VERDICT_MOVED] = "found under a new name, with the content of a listed "
	    "one that is missing",
	[VERDICT_UNREADABLE] = "there, but it has no digest: it says why",
};

static void
put_text(const struct report *r, struct buf *out, const char *s)
{
	report_put(r, out, s, strlen(s));
}

static void
put_code(const struct report *r, struct buf *out, const char *s, size_t len)
{
	buf_puts(out, "<code>");
	report_put(r, out, s, len);
	buf_puts(out, "</code>");
}

static void
put_result(const struct report *r, struct buf *out)
{
	buf_puts(out, "<title>");
	buf_puts(out, r->f->passed ? "Passed: " : "Not passed: ");
	buf_puts(out, "audit against ");
	put_text(r, out, r->f->list);
	buf_puts(out, "</title>\n</head>\n<body>\n<main>\n<h1>Audit against ");
	put_code(r, out, r->f->list, strlen(r->f->list));
	buf_printf(out, "</h1>\n<p class=\"result\"><strong class=\"v\" "
	    "style=\"color:var(--%s)\">%s</strong>", r->f->passed ? "OK" :
	    "CHANGED", r->f->passed ? "Passed" : "Not passed");
	if (report_wrong(r))
		buf_printf(out, ": %" PRIu64 " of %" PRIu64 " names are not "
		    "OK", report_wrong(r), verdict_sum(r->f->counts->listed) +
		    verdict_sum(r->f->counts->found));
	buf_puts(out, "</p>\n");
}

static void
put_problems(struct report *r, struct buf *out)
{
	if ((r->f->passed || !r->f->problems->len) && !r->f->hints->len)
		return;
	buf_puts(out, "<ul class=\"problems\">\n");
	if (!r->f->passed)
		report_texts(r, r->f->problems, "<li>", "</li>\n", out);
	report_texts(r, r->f->hints, "<li>", "</li>\n", out);
	buf_puts(out, "</ul>\n");
}

/* Its parts are as wide as their numbers say; who does not see it has those. */
static void
put_bar(const struct report *r, struct buf *out)
{
	buf_puts(out, "<div class=\"bar\" role=\"img\" aria-label=\"");
	put_text(r, out, r->f->sums);
	buf_puts(out, "\">");
	for (int i = 0; i < VERDICTS; i++) {
		uint64_t n = report_count(r, order[i]);
		const char *word = verdict_word(order[i]);

		if (n)
			buf_printf(out, "<span style=\"flex-grow:%" PRIu64
			    ";background:var(--%s)\" title=\"%" PRIu64
			    " %s\"></span>", n, word, n, word);
	}
	buf_puts(out, "</div>\n");
}

static void
put_cell(struct buf *out, bool is, uint64_t n)
{
	if (is)
		buf_printf(out, "<td class=\"n\">%" PRIu64 "</td>", n);
	else
		buf_puts(out, "<td class=\"n soft\">-</td>");
}

static void
put_word(struct buf *out, const char *element, const char *attributes,
    enum verdict v)
{
	const char *word = verdict_word(v);

	buf_printf(out, "<%s%s class=\"v\" style=\"color:var(--%s)\">%s</%s>",
	    element, attributes, word, word, element);
}

static void
put_sums(const struct report *r, struct buf *out)
{
	const struct verdict_counts *c = r->f->counts;

	buf_puts(out, "<table class=\"counts\"><caption>How many names have each "
	    "verdict</caption>\n<thead><tr><th scope=\"col\">Verdict</th>"
	    "<th scope=\"col\" class=\"n\">Listed</th><th scope=\"col\" "
	    "class=\"n\">Not listed</th><th scope=\"col\">Meaning</th></tr>"
	    "</thead>\n<tbody>\n");
	for (int i = 0; i < VERDICTS; i++) {
		enum verdict v = order[i];

		buf_puts(out, "<tr>");
		put_word(out, "th", " scope=\"row\"", v);
		put_cell(out, v != VERDICT_NEW, c->listed[v]);
		put_cell(out, v == VERDICT_NEW || v == VERDICT_UNREADABLE,
		    c->found[v]);
		buf_printf(out, "<td class=\"soft\">%s</td></tr>\n",
		    meaning[v]);
	}
	buf_puts(out, "</tbody>\n<tfoot><tr><th scope=\"row\">All</th>");
	put_cell(out, true, verdict_sum(c->listed));
	put_cell(out, true, verdict_sum(c->found));
	buf_puts(out, "<td></td></tr></tfoot></table>\n");
}

static void
html_begin(struct report *r, struct buf *out)
{
	buf_puts(out, head);
	buf_puts(out, style);
	buf_puts(out, narrow);
	put_result(r, out);
	put_problems(r, out);
	put_bar(r, out);
	put_sums(r, out);
	if (r->f->summary) {
		buf_puts(out, "<h2>What is wrong</h2>\n<ul "
		    "class=\"summary\">\n");
		report_summary(r, "<li>", "</li>\n", out);
		buf_puts(out, "</ul>\n");
	}
	if (report_wrong(r))
		buf_puts(out, "<h2>By directory</h2>\n");
}

static void
html_place(struct report *r, struct buf *out)
{
	const struct place *p = r->place;
	bool open = p->all <= OPEN_TABLE && r->open + p->all <= OPEN_ALL;
	const char *separator = "";

	if (open)
		r->open += p->all;
	buf_printf(out, "<details%s><summary><h3>", open ? " open" : "");
	if (p->len)
		put_code(r, out, p->name, p->len);
	else
		buf_puts(out, "At the top");
	buf_puts(out, "</h3> <span>");
	for (int i = 0; i < VERDICTS; i++) {
		if (!p->n[order[i]])
			continue;
		buf_printf(out, "%s%" PRIu64 " %s", separator, p->n[order[i]],
		    verdict_word(order[i]));
		separator = ", ";
	}
	buf_puts(out, "</span></summary>\n<table><caption>Names here that are "
	    "not OK</caption>\n<thead><tr><th scope=\"col\">Verdict</th><th "
	    "scope=\"col\">Name</th><th scope=\"col\">Why</th></tr></thead>\n"
	    "<tbody>\n");
}

static void
put_differs(const struct report *r, const struct verdict_line *l,
    struct buf *out)
{
	static const char before[] = "<code class=\"d\">", after[] = "</code>";

	buf_puts(out, "<div><span class=\"soft\">expected</span> ");
	report_expected(r, l, before, after, out);
	buf_puts(out, "</div><div><span class=\"soft\">found</span> ");
	if (!report_found(l, before, after, out))
		report_reason(r, l, out);
	buf_puts(out, "</div>");
}

static void
html_line(struct report *r, const struct verdict_line *l, struct buf *out)
{
	size_t len, dir = r->place->len;
	const char *name = verdict_name(l, &len);

	/* a name that is not plain may begin in another way, and an operand may
	 * end in a slash */
	if (dir >= len || memcmp(name, r->place->name, dir) != 0)
		dir = 0;
	buf_puts(out, "<tr>");
	put_word(out, "td", "", l->verdict);
	buf_puts(out, "<td>");
	put_code(r, out, name + dir, len - dir);
	buf_puts(out, "</td><td>");
	if (l->verdict == VERDICT_MOVED) {
		buf_puts(out, "<span class=\"soft\">now</span> ");
		put_code(r, out, l->name, l->len);
	} else if (l->verdict == VERDICT_CHANGED) {
		put_differs(r, l, out);
	} else {
		report_explain(r, l, "<br>", out);
	}
	buf_puts(out, "</td></tr>\n");
}

static void
html_place_end(struct report *r, struct buf *out)
{
	(void)r;
	buf_puts(out, "</tbody></table></details>\n");
}

static void
html_end(struct report *r, struct buf *out)
{
	(void)r;
	buf_puts(out, "</main>\n</body>\n</html>\n");
}

const struct report_ops report_html = {
	.form = VISIBLE_MARKUP,
	.begin = html_begin,
	.place = html_place,
	.line = html_line,
	.place_end = html_place_end,
	.end = html_end,
	.name = put_code,
};
