/*
 * Workflow commands of GitHub, one a line: see "Workflow commands for GitHub
 * Actions" of its documentation, and what its runner reads
 * (actions/runner, src/Runner.Common/ActionCommand.cs):
 *
 *     ::error file=NAME,title=CHANGED::CHANGED NAME%0Aexpected ...
 *
 * What stands before the second :: is split at commas, and % CR LF : and comma
 * are escaped in it; behind it, % CR LF are. A line of which it has read this is
 * not searched for "##[", which is the older form of a command. Only ten errors
 * and ten notices of a step are shown beside the log, so what sums them up is the
 * one notice.
 */
#include "record/report_ops.h"

#include <string.h>

#include "base/buf.h"

/* May a name stand there as it is? The runner knows no escape for what is not to be
 * seen in its log, or is not UTF-8; and it passes over "=" in front. */
static bool
is_property(const char *s, size_t len)
{
	return len && *s != '=' && visible_is_all(s, len);
}

static void
put_property(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (s[i]) {
		case '%':
			buf_puts(out, "%25");
			break;
		case ':':
			buf_puts(out, "%3A");
			break;
		case ',':
			buf_puts(out, "%2C");
			break;
		default:
			buf_putc(out, s[i]);
		}
	}
}

static void
github_begin(struct report *r, struct buf *out)
{
	if (!r->f->passed)
		report_texts(r, r->f->problems,
		    "::error title=phash audit::", "\n", out);
	report_texts(r, r->f->hints, "::warning title=phash audit::", "\n",
	    out);
}

static void
github_line(struct report *r, const struct verdict_line *l, struct buf *out)
{
	const char *word = verdict_word(l->verdict);
	size_t len;
	const char *name = verdict_name(l, &len);

	buf_puts(out, "::error ");
	if (is_property(l->name, l->len)) {
		buf_puts(out, "file=");
		put_property(out, l->name, l->len);
		buf_putc(out, ',');
	}
	buf_printf(out, "title=%s::%s ", word, word);
	report_put(r, out, name, len);
	buf_puts(out, "%0A");
	report_explain(r, l, "%0A", out);
	buf_putc(out, '\n');
}

static void
github_end(struct report *r, struct buf *out)
{
	buf_printf(out, "::notice title=phash audit::%s%%0A",
	    r->f->passed ? "passed" : "not passed");
	report_put(r, out, r->f->sums, strlen(r->f->sums));
	report_summary(r, "%0A", "", out);
	buf_putc(out, '\n');
}

const struct report_ops report_github = {
	.form = VISIBLE_DATA,
	.begin = github_begin,
	.line = github_line,
	.end = github_end,
	.name = report_put,
};
