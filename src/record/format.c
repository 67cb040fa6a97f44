#include "record/format.h"

#include "base/buf.h"
#include "hasher/result.h"
#include "record/code.h"
#include "record/json.h"
#include "record/name.h"

static void
put_digest(const struct format *f, const struct result *r, struct buf *out)
{
	if (f->base64)
		code_put_base64(out, r->digest, r->digestlen);
	else
		code_put_hex(out, r->digest, r->digestlen);
}

static void
put_json(const struct format *f, const struct result *r, struct buf *out)
{
	struct buf reason = BUF_INIT;

	buf_putc(out, '{');
	json_put_path(out, "path", r->path, r->pathlen);
	json_put_text(out, "algorithm", f->tag);
	if (r->status == RESULT_OK) {
		json_put_bytes(out, "digest", r->digest, r->digestlen,
		    f->base64);
		json_put_number(out, "size", r->size);
	} else {
		result_reason(r, &reason);
		json_put_text(out, "error", buf_str(&reason));
	}
	buf_putc(out, '}');
	buf_release(&reason);
}

/* Tagged and untagged: the same pieces in another order. */
static void
put_line(const struct format *f, const struct result *r, struct buf *out)
{
	bool escape = f->end == '\n' && name_needs_escape(r->path, r->pathlen);

	if (escape)
		buf_putc(out, '\\');
	if (f->kind == FORMAT_TAGGED) {
		buf_puts(out, f->tag);
		buf_put(out, " (", 2);
	} else {
		put_digest(f, r, out);
		buf_put(out, f->binary ? " *" : "  ", 2);
	}
	if (escape)
		name_escape(out, r->path, r->pathlen);
	else
		buf_put(out, r->path, r->pathlen);
	if (f->kind == FORMAT_TAGGED) {
		buf_put(out, ") = ", 4);
		put_digest(f, r, out);
	}
}

void
format_result(const struct format *f, const struct result *r, struct buf *out)
{
	if (f->kind == FORMAT_JSON)
		put_json(f, r, out);
	else if (r->status == RESULT_OK)
		put_line(f, r, out);
	else
		return;
	buf_putc(out, f->end);
}
