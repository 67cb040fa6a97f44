#include "record/format.h"

#include "base/buf.h"
#include "hasher/result.h"
#include "record/code.h"
#include "record/json.h"
#include "record/name.h"

static void
put_name(const struct result *r, bool escaped, struct buf *out)
{
	if (escaped)
		name_escape(out, r->entry.name, r->entry.len);
	else
		buf_put(out, r->entry.name, r->entry.len);
}

static void
put_sum(const struct format *f, const struct result *r, struct buf *out)
{
	bool escaped = f->end == '\n' &&
	    name_needs_escape(r->entry.name, r->entry.len);

	if (escaped)
		buf_putc(out, '\\');
	if (f->kind == FORMAT_TAGGED) {
		buf_puts(out, f->tag);
		buf_put(out, " (", 2);
		put_name(r, escaped, out);
		buf_put(out, ") = ", 4);
		code_put(out, r->digest, r->digestlen, f->base64);
	} else {
		code_put(out, r->digest, r->digestlen, f->base64);
		buf_put(out, f->binary ? " *" : "  ", 2);
		put_name(r, escaped, out);
	}
	buf_putc(out, f->end);
}

static void
put_object(const struct format *f, const struct result *r, struct buf *out)
{
	struct buf reason = BUF_INIT;

	buf_putc(out, '{');
	json_put_path(out, "path", r->entry.name, r->entry.len);
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
	buf_putc(out, f->end);
	buf_release(&reason);
}

void
format_result(const struct format *f, const struct result *r, struct buf *out)
{
	if (f->kind == FORMAT_JSON)
		put_object(f, r, out);
	else if (r->status == RESULT_OK)
		put_sum(f, r, out);
}
