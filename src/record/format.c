#include "record/format.h"

#include "base/buf.h"
#include "hasher/result.h"
#include "record/code.h"
#include "record/json.h"
#include "record/name.h"

struct line {
	const struct format *f;
	const struct result *r;
	struct buf *out;
	bool escaped; /* sum_begin says */
};

/* ---- tagged and untagged ------------------------------------------------------ */

static void
sum_begin(struct line *l)
{
	l->escaped = l->f->end == '\n' &&
	    name_needs_escape(l->r->entry.name, l->r->entry.len);
	if (l->escaped)
		buf_putc(l->out, '\\');
}

static void
sum_name(const struct line *l)
{
	if (l->escaped)
		name_escape(l->out, l->r->entry.name, l->r->entry.len);
	else
		buf_put(l->out, l->r->entry.name, l->r->entry.len);
}

static void
sum_digest(const struct line *l)
{
	code_put(l->out, l->r->digest, l->r->digestlen, l->f->base64);
}

static void
tagged_entry(struct line *l)
{
	buf_puts(l->out, l->f->tag);
	buf_put(l->out, " (", 2);
	sum_name(l);
	buf_put(l->out, ") = ", 4);
	sum_digest(l);
}

static void
untagged_entry(struct line *l)
{
	sum_digest(l);
	buf_put(l->out, l->f->binary ? " *" : "  ", 2);
	sum_name(l);
}

static void
sum_end(struct line *l)
{
	buf_putc(l->out, l->f->end);
}

/* ---- JSON --------------------------------------------------------------------- */

static void
object_begin(struct line *l)
{
	buf_putc(l->out, '{');
	json_put_path(l->out, "path", l->r->entry.name, l->r->entry.len);
	json_put_text(l->out, "algorithm", l->f->tag);
}

static void
object_entry(struct line *l)
{
	json_put_bytes(l->out, "digest", l->r->digest, l->r->digestlen,
	    l->f->base64);
	json_put_number(l->out, "size", l->r->size);
}

static void
object_failure(struct line *l)
{
	struct buf reason = BUF_INIT;

	result_reason(l->r, &reason);
	json_put_text(l->out, "error", buf_str(&reason));
	buf_release(&reason);
}

static void
object_end(struct line *l)
{
	buf_putc(l->out, '}');
	buf_putc(l->out, l->f->end);
}

/* ---- the table ---------------------------------------------------------------- */

/* Of a line: begin, then entry or failure, then end. Where there is no failure,
 * a result without a digest has no line. */
static const struct {
	void (*begin)(struct line *l);
	void (*entry)(struct line *l);
	void (*failure)(struct line *l);
	void (*end)(struct line *l);
} rows[] = {
	[FORMAT_TAGGED] = { sum_begin, tagged_entry, NULL, sum_end },
	[FORMAT_UNTAGGED] = { sum_begin, untagged_entry, NULL, sum_end },
	[FORMAT_JSON] = { object_begin, object_entry, object_failure,
	    object_end },
};

void
format_result(const struct format *f, const struct result *r, struct buf *out)
{
	struct line l = { .f = f, .r = r, .out = out };
	void (*put)(struct line *l) = r->status == RESULT_OK ?
	    rows[f->kind].entry : rows[f->kind].failure;

	if (!put)
		return;
	rows[f->kind].begin(&l);
	put(&l);
	rows[f->kind].end(&l);
}
