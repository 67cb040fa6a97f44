#include "record/json.h"

#include <string.h>

#include "base/buf.h"
#include "record/code.h"
#include "record/name.h"

/* ---- reading ------------------------------------------------------------------ */

static void
skip_space(struct json *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' ||
	    *j->at == '\n' || *j->at == '\r'))
		j->at++;
}

/* Passes over c, if it comes next. */
static bool
take(struct json *j, char c)
{
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

bool
json_take(struct json *j, char c)
{
	skip_space(j);
	return take(j, c);
}

bool
json_at_end(struct json *j)
{
	skip_space(j);
	return j->at == j->end;
}

/* The four digits behind \u: a UTF-16 code unit. */
static bool
utf16_unit(struct json *j, unsigned *unit)
{
	unsigned char p[2];

	if (j->end - j->at < 4 || code_get_hex(j->at, sizeof(p), p) < 0)
		return false;
	*unit = (unsigned)p[0] << 8 | p[1];
	j->at += 4;
	return true;
}

/* One character behind \u: one UTF-16 code unit, or two that are a pair. False
 * for half a pair. */
static bool
utf16_point(struct json *j, unsigned *point)
{
	unsigned low;

	if (!utf16_unit(j, point))
		return false;
	if (*point < 0xd800 || *point > 0xdfff)
		return true;
	if (*point > 0xdbff || !take(j, '\\') || !take(j, 'u') ||
	    !utf16_unit(j, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Writes no more bytes than its escape has (4 at most for the 12 of a pair, 3
 * for the 6 of one unit), so that decoding in place never writes over bytes
 * that are still to be read. */
static char *
put_utf8(char *to, unsigned point)
{
	if (point < 0x80) {
		*to++ = (char)point;
		return to;
	}
	if (point < 0x800) {
		*to++ = (char)(0xc0 | point >> 6);
	} else {
		if (point < 0x10000) {
			*to++ = (char)(0xe0 | point >> 12);
		} else {
			*to++ = (char)(0xf0 | point >> 18);
			*to++ = (char)(0x80 | (point >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (point >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (point & 0x3f));
	return to;
}

/* What follows a backslash. */
static bool
escape(struct json *j, char **to)
{
	static const char from[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
	const char *known;
	unsigned point;
	char c;

	if (j->at == j->end)
		return false;
	c = *j->at++;
	if (c == 'u') {
		if (!utf16_point(j, &point))
			return false;
		*to = put_utf8(*to, point);
		return true;
	}
	known = memchr(from, c, sizeof(from) - 1);
	if (!known)
		return false;
	*(*to)++ = chars[known - from];
	return true;
}

#define EACH_BYTE UINT64_C(0x0101010101010101) /* times a byte: eight of it */

/* Is one of eight bytes a quote, a backslash, a control character or none of
 * ASCII? Where x has a byte that is zero, x - 1 borrows into its highest bit,
 * which x did not have ("Bit Twiddling Hacks", Anderson). */
static bool
is_any_special(const char *s)
{
	uint64_t w, quote, backslash;

	memcpy(&w, s, sizeof(w));
	quote = w ^ EACH_BYTE * '"';
	backslash = w ^ EACH_BYTE * '\\';
	return ((w | (w - EACH_BYTE * ' ') | (quote - EACH_BYTE) |
	    (backslash - EACH_BYTE)) & EACH_BYTE * 0x80) != 0;
}

/* Passes over what is to be left as it is. */
static void
skip_plain(struct json *j)
{
	while (j->end - j->at >= 8 && !is_any_special(j->at))
		j->at += 8;
}

bool
json_string(struct json *j, struct json_text *t)
{
	unsigned char all = 0;
	char *to;

	if (!json_take(j, '"'))
		return false;
	t->s = j->at;
	skip_plain(j);
	to = j->at;
	while (j->at < j->end) {
		unsigned char c = (unsigned char)*j->at++;

		if (c == '"') {
			t->len = (size_t)(to - t->s);
			return all < 0x80 || name_is_utf8(t->s, t->len);
		}
		if (c < ' ')
			return false;
		all |= c;
		if (c != '\\')
			*to++ = (char)c;
		else if (!escape(j, &to))
			return false;
		else
			all = 0xff; /* it may stand for anything */
	}
	return false;
}

static bool
digits(struct json *j)
{
	const char *begin = j->at;

	while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
		j->at++;
	return j->at > begin;
}

bool
json_number(struct json *j, struct json_text *t)
{
	const char *first;

	skip_space(j);
	t->s = j->at;
	(void)take(j, '-');
	first = j->at;
	if (!digits(j) || (*first == '0' && j->at - first > 1))
		return false;
	if (take(j, '.') && !digits(j))
		return false;
	if (take(j, 'e') || take(j, 'E')) {
		(void)(take(j, '+') || take(j, '-'));
		if (!digits(j))
			return false;
	}
	t->len = (size_t)(j->at - t->s);
	return true;
}

static bool
word(struct json *j, const char *w)
{
	while (*w && take(j, *w))
		w++;
	return !*w;
}

static bool skip_value(struct json *j, int depth);

/* The rest of an object or an array, which ends with close. */
static bool
skip_rest(struct json *j, char close, int depth)
{
	struct json_text name;

	if (json_take(j, close))
		return true;
	do {
		if (close == '}' &&
		    !(json_string(j, &name) && json_take(j, ':')))
			return false;
		if (!skip_value(j, depth))
			return false;
	} while (json_take(j, ','));
	return json_take(j, close);
}

static bool
skip_value(struct json *j, int depth)
{
	struct json_text t;

	skip_space(j);
	if (j->at == j->end)
		return false;
	switch (*j->at) {
	case '{':
	case '[':
		if (depth == JSON_MAX_DEPTH)
			return false;
		return skip_rest(j, *j->at++ == '{' ? '}' : ']', depth + 1);
	case '"':
		return json_string(j, &t);
	case 't':
		return word(j, "true");
	case 'f':
		return word(j, "false");
	case 'n':
		return word(j, "null");
	default:
		return json_number(j, &t);
	}
}

bool
json_skip(struct json *j)
{
	return skip_value(j, 0);
}

/* ---- writing ------------------------------------------------------------------ */

/* One character that JSON does not allow inside a string. */
static void
put_escape(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = memchr(from, c, sizeof(from) - 1);

	if (at) {
		buf_putc(out, '\\');
		buf_putc(out, to[at - from]);
		return;
	}
	buf_put(out, "\\u00", 4);
	code_put(out, &c, 1, false);
}

static void
put_string(struct buf *out, const char *s, size_t len)
{
	size_t begin = 0;

	buf_putc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] >= ' ' && s[i] != '"' && s[i] != '\\')
			continue;
		buf_put(out, s + begin, i - begin);
		put_escape(out, (unsigned char)s[i]);
		begin = i + 1;
	}
	buf_put(out, s + begin, len - begin);
	buf_putc(out, '"');
}

/* The comma before a member but the first, and its name without the quote that
 * ends it. */
static void
put_name(struct buf *out, const char *name)
{
	size_t n = strlen(name);
	char *to = buf_reserve(out, n + 2);

	if (to[-1] != '{')
		*to++ = ',';
	*to++ = '"';
	memcpy(to, name, n);
	out->len = (size_t)(to + n - out->data);
}

void
json_put_text(struct buf *out, const char *name, const char *text)
{
	put_name(out, name);
	buf_put(out, "\":", 2);
	put_string(out, text, strlen(text));
}

void
json_put_path(struct buf *out, const char *name, const char *path, size_t len)
{
	put_name(out, name);
	if (name_is_utf8(path, len)) {
		buf_put(out, "\":", 2);
		put_string(out, path, len);
	} else {
		buf_puts(out, "_base64\":\"");
		code_put(out, path, len, true);
		buf_putc(out, '"');
	}
}

void
json_put_bytes(struct buf *out, const char *name, const unsigned char *p,
    size_t len, bool base64)
{
	put_name(out, name);
	buf_put(out, "\":\"", 3);
	code_put(out, p, len, base64);
	buf_putc(out, '"');
}

static void
put_number(struct buf *out, const char *name, const char *sign, uint64_t n)
{
	char text[20], *p = text + sizeof(text);

	put_name(out, name);
	buf_put(out, "\":", 2);
	buf_puts(out, sign);
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	buf_put(out, p, (size_t)(text + sizeof(text) - p));
}

void
json_put_number(struct buf *out, const char *name, uint64_t n)
{
	put_number(out, name, "", n);
}

void
json_put_signed(struct buf *out, const char *name, int64_t n)
{
	put_number(out, name, n < 0 ? "-" : "", n < 0 ? 0 - (uint64_t)n :
	    (uint64_t)n);
}

void
json_put_bool(struct buf *out, const char *name, bool is)
{
	put_name(out, name);
	buf_puts(out, is ? "\":true" : "\":false");
}
