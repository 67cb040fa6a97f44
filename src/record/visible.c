#include "record/visible.h"

#include <stdint.h>

#include "base/buf.h"
#include "base/quote.h"
#include "record/code.h"
#include "record/name.h"

/* What looks like a space, or like nothing: Unicode's Zs (UnicodeData.txt), and
 * Braille without a dot. */
static bool
is_blank(uint32_t c)
{
	return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x202f || c == 0x205f || c == 0x2800 || c == 0x3000;
}

/* Unicode 23.7: never a character, so XML 1.0 forbids two of them, and the HTML
 * Living Standard (13.2.3.5) all. */
static bool
is_nonchar(uint32_t c)
{
	return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

static bool
is_seen(uint32_t c)
{
	if (c < 0x7f)
		return c >= ' ';
	return c > 0x9f && !is_blank(c) && !is_nonchar(c) &&
	    !quote_is_deceptive(c);
}

/* What stands for c, which is seen; NULL: c itself. */
static const char *
reference(enum visible_form form, char c)
{
	if (c == '\\')
		return "\\\\";
	if (form == VISIBLE_DATA)
		return c == '%' ? "%25" : NULL;
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;"; /* "]]>" ends what must not end there */
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void
put_bytes(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		buf_put(out, "\\x", 2);
		code_put(out, s + i, 1, false);
	}
}

void
visible_put(struct buf *out, enum visible_form form, const char *s, size_t len)
{
	const char *as;
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n ? n : 1) {
		n = name_character(s + i, len - i, &c);
		if (!n || !is_seen(c))
			put_bytes(out, s + i, n ? n : 1);
		else if (n == 1 && (as = reference(form, s[i])) != NULL)
			buf_puts(out, as);
		else
			buf_put(out, s + i, n);
	}
}

bool
visible_is_all(const char *s, size_t len)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = name_character(s + i, len - i, &c);
		if (!n || !is_seen(c))
			return false;
	}
	return true;
}
