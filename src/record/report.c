#include "record/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "hasher/result.h"
#include "record/code.h"
#include "record/moved.h"
#include "record/report_ops.h"
#include "record/summary.h"

void
report_init(struct report *r, enum report_kind kind)
{
	static const struct report_ops *const kinds[] = {
		[REPORT_GITHUB] = &report_github,
		[REPORT_JUNIT] = &report_junit,
		[REPORT_HTML] = &report_html,
	};

	*r = (struct report){ .ops = kinds[kind] };
}

bool
report_has_places(const struct report *r)
{
	return r->ops->place != NULL;
}

void
report_begin(struct report *r, const struct report_facts *f,
    struct buf *out)
{
	r->f = f;
	r->ops->begin(r, out);
}

void
report_place(struct report *r, const struct place *place, struct buf *out)
{
	r->place = place;
	r->ops->place(r, out);
}

void
report_line(struct report *r, const struct verdict_line *l, struct buf *out)
{
	r->ops->line(r, l, out);
}

void
report_place_end(struct report *r, struct buf *out)
{
	r->ops->place_end(r, out);
	r->place = NULL;
}

void
report_end(struct report *r, struct buf *out)
{
	r->ops->end(r, out);
}

/* ---- what the kinds share ------------------------------------------------------- */

void
report_texts(const struct report *r, const struct buf *texts,
    const char *before, const char *after, struct buf *out)
{
	size_t at, len;

	for (at = 0; at < texts->len; at += len + 1) {
		len = strlen(texts->data + at);
		buf_puts(out, before);
		report_put(r, out, texts->data + at, len);
		buf_puts(out, after);
	}
}

static void
put_name(void *cookie, struct buf *out, const char *name, size_t len)
{
	const struct report *r = cookie;

	r->ops->name(r, out, name, len);
}

void
report_summary(struct report *r, const char *before, const char *after,
    struct buf *out)
{
	size_t n, end;

	if (!r->f->summary)
		return;
	for (n = 0;; n++) {
		end = out->len;
		buf_puts(out, before);
		if (!summary_line(r->f->summary, n, out, r, put_name))
			break;
		buf_puts(out, after);
	}
	out->len = end;
}

uint64_t
report_count(const struct report *r, enum verdict v)
{
	return r->f->counts->listed[v] + r->f->counts->found[v];
}

uint64_t
report_wrong(const struct report *r)
{
	return verdict_wrong(r->f->rules, r->f->counts);
}

void
report_put(const struct report *r, struct buf *out, const char *s, size_t len)
{
	visible_put(out, r->ops->form, s, len);
}

static void
put_digest(const unsigned char *digest, size_t len, const char *before,
    const char *after, struct buf *out)
{
	buf_puts(out, before);
	code_put(out, digest, len, false);
	buf_puts(out, after);
}

static void
put_size(uint64_t size, struct buf *out)
{
	buf_printf(out, "%" PRIu64 " byte%s", size, size == 1 ? "" : "s");
}

void
report_expected(const struct report *r, const struct verdict_line *l,
    const char *before, const char *after, struct buf *out)
{
	const char *tag = l->algorithm ? l->algorithm : "digest";

	report_put(r, out, tag, strlen(tag));
	if (l->want->digestlen) {
		buf_putc(out, ' ');
		put_digest(l->want->digest, l->want->digestlen, before, after,
		    out);
	}
	if (l->want->has_size) {
		buf_puts(out, ", ");
		put_size(l->want->size, out);
	}
}

bool
report_found(const struct verdict_line *l, const char *before,
    const char *after, struct buf *out)
{
	if (l->found->status != RESULT_OK)
		return false;
	put_digest(l->found->digest, l->found->digestlen, before, after, out);
	if (l->found->size != MOVED_NO_SIZE) {
		buf_puts(out, ", ");
		put_size(l->found->size, out);
	}
	return true;
}

void
report_reason(const struct report *r, const struct verdict_line *l,
    struct buf *out)
{
	/* what l has is quoted for a terminal */
	const char *text = l->found ? result_text(l->found) : NULL;

	if (!text)
		text = l->reason;
	if (text)
		report_put(r, out, text, strlen(text));
}

static void
explain_changed(const struct report *r, const struct verdict_line *l,
    const char *newline, struct buf *out)
{
	buf_puts(out, "expected ");
	report_expected(r, l, "", "", out);
	buf_puts(out, newline);
	buf_puts(out, "found ");
	if (!report_found(l, "", "", out))
		report_reason(r, l, out);
}

void
report_explain(const struct report *r, const struct verdict_line *l,
    const char *newline, struct buf *out)
{
	switch (l->verdict) {
	case VERDICT_OK:
		buf_puts(out, "as listed");
		break;
	case VERDICT_CHANGED:
		explain_changed(r, l, newline, out);
		break;
	case VERDICT_MISSING:
		buf_puts(out, "listed and not found");
		break;
	case VERDICT_NEW:
		buf_puts(out, "found and not listed");
		break;
	case VERDICT_MOVED:
		buf_puts(out, "now ");
		report_put(r, out, l->name, l->len);
		break;
	case VERDICT_UNREADABLE:
		report_reason(r, l, out);
		break;
	}
}
