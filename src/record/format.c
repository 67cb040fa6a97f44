#include "record/format.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "hasher/result.h"
#include "record/code.h"
#include "record/name.h"

/* One character that JSON does not allow inside a string. */
static void
put_json_escape(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = memchr(from, c, sizeof(from) - 1);

	if (at) {
		buf_putc(out, '\\');
		buf_putc(out, to[at - from]);
		return;
	}
	buf_put(out, "\\u00", 4);
	code_put_hex(out, &c, 1);
}

void
format_json_string(struct buf *out, const char *s, size_t len)
{
	size_t begin = 0;

	buf_putc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] >= ' ' && s[i] != '"' && s[i] != '\\')
			continue;
		buf_put(out, s + begin, i - begin);
		put_json_escape(out, (unsigned char)s[i]);
		begin = i + 1;
	}
	buf_put(out, s + begin, len - begin);
	buf_putc(out, '"');
}

void
format_json_path(struct buf *out, const char *key, const char *path,
    size_t len)
{
	buf_putc(out, '"');
	buf_puts(out, key);
	if (name_is_utf8(path, len)) {
		buf_puts(out, "\":");
		format_json_string(out, path, len);
	} else {
		buf_puts(out, "_base64\":\"");
		code_put_base64(out, (const unsigned char *)path, len);
		buf_putc(out, '"');
	}
}

static void
put_digest(const struct format *f, const struct result *r, struct buf *out)
{
	if (f->base64)
		code_put_base64(out, r->digest, r->digestlen);
	else
		code_put_hex(out, r->digest, r->digestlen);
}

static void
put_number(struct buf *out, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	buf_put(out, p, (size_t)(digits + sizeof(digits) - p));
}

static void
put_json_reason(const struct result *r, struct buf *out)
{
	struct buf reason = BUF_INIT;

	result_reason(r, &reason);
	format_json_string(out, reason.data, reason.len);
	buf_release(&reason);
}

static void
put_json(const struct format *f, const struct result *r, struct buf *out)
{
	buf_putc(out, '{');
	format_json_path(out, "path", r->path, r->pathlen);
	buf_puts(out, ",\"algorithm\":");
	format_json_string(out, f->tag, strlen(f->tag));
	if (r->status == RESULT_OK) {
		buf_puts(out, ",\"digest\":\"");
		put_digest(f, r, out);
		buf_puts(out, "\",\"size\":");
		put_number(out, r->size);
	} else {
		buf_puts(out, ",\"error\":");
		put_json_reason(r, out);
	}
	buf_putc(out, '}');
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
