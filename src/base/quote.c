#include "base/quote.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/buf.h"

/* Characters that mean something to a shell anywhere in an unquoted word. */
static const char special[] = "!\"$&()*;<=>?[\\^`|";

struct traits {
	bool bare;       /* needs no quotes */
	bool apostrophe; /* has ' in it */
	bool doubles;    /* may stand in "..." as it is */
};

/* Bytes that need no quotes in any place and any locale. Most names have no
 * others, and nothing else is asked of them. */
static bool
is_harmless(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '+' && c <= ':') ||
	    (c >= '@' && c <= 'Z') || c == '_' || c == ']' || c == '%';
}

/* Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), the line
 * and paragraph separators, and the interlinear annotations. */
bool
quote_is_deceptive(uint32_t c)
{
	static const struct { uint32_t first, last; } range[] = {
		{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c },
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff }
	};
	size_t i;

	for (i = 0; i < sizeof(range) / sizeof(range[0]); i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}

/* The bytes of the character at p, and which it is: 0 for one that may not go to
 * a terminal. */
static size_t
character(const char *p, size_t len, wchar_t *seen)
{
	unsigned char c = (unsigned char)*p;
	mbstate_t state;
	wchar_t wide;
	size_t n;

	*seen = c >= ' ' && c < 0x7f ? c : 0;
	if (c < 0x80)
		return 1;
	memset(&state, 0, sizeof(state));
	n = mbrtowc(&wide, p, len, &state);
	if (n == 0 || n > len) /* broken or cut off: (size_t)-1, (size_t)-2 */
		return 1;
	if (iswprint((wint_t)wide) && !quote_is_deceptive((uint32_t)wide))
		*seen = wide;
	return n;
}

static void
look_at(struct traits *t, char c, bool first, bool alone)
{
	switch (c) {
	case '\'':
		t->apostrophe = true;
		t->bare = false;
		break;
	case ' ':
		t->bare = false;
		break;
	case '#':
	case '~':
		if (first)
			t->bare = false;
		else
			t->doubles = false;
		break;
	case '{':
	case '}':
		if (alone)
			t->bare = false;
		else
			t->doubles = false;
		break;
	default:
		if (memchr(special, c, sizeof(special) - 1))
			t->bare = t->doubles = false;
	}
}

static struct traits
survey(const char *name, size_t len)
{
	struct traits t = { .bare = len > 0, .doubles = true };
	wchar_t seen;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = 1;
		if (is_harmless((unsigned char)name[i]))
			continue;
		n = character(name + i, len - i, &seen);
		if (seen)
			look_at(&t, name[i], i == 0, len == 1);
		else
			t.bare = t.doubles = false;
	}
	return t;
}

static void
put_escape(struct buf *out, unsigned char c)
{
	buf_putc(out, '\\');
	if (c >= '\a' && c <= '\r') {
		buf_putc(out, "abtnvfr"[c - '\a']);
		return;
	}
	buf_putc(out, (char)('0' + (c >> 6)));
	buf_putc(out, (char)('0' + (c >> 3 & 7)));
	buf_putc(out, (char)('0' + (c & 7)));
}

/* '...', interrupted by \' for an apostrophe and by $'...' for the bytes that
 * must be escaped. Such a piece is left only when a printable one follows. */
static void
put_single(struct buf *out, const char *name, size_t len)
{
	bool escaping = false;
	wchar_t seen;
	size_t i, n;

	buf_putc(out, '\'');
	for (i = 0; i < len; i += n) {
		n = character(name + i, len - i, &seen);
		if (!seen) {
			if (!escaping)
				buf_puts(out, "'$'");
			escaping = true;
			for (size_t k = 0; k < n; k++)
				put_escape(out, (unsigned char)name[i + k]);
			continue;
		}
		if (name[i] == '\'')
			buf_puts(out, "'\\'");
		else if (escaping)
			buf_puts(out, "''");
		escaping = false;
		buf_put(out, name + i, n);
	}
	buf_putc(out, '\'');
}

static void
put_name(struct buf *out, const char *name, size_t len, bool always)
{
	struct traits t = survey(name, len);

	if (t.bare && !always) {
		buf_put(out, name, len);
	} else if (t.apostrophe && t.doubles) {
		buf_putc(out, '"');
		buf_put(out, name, len);
		buf_putc(out, '"');
	} else {
		put_single(out, name, len);
	}
}

void
quote_shell(struct buf *out, const char *name, size_t len)
{
	put_name(out, name, len, false);
}

void
quote_message(struct buf *out, const char *name, size_t len)
{
	put_name(out, name, len, memchr(name, ':', len) != NULL);
}

void
quote_shell_always(struct buf *out, const char *name, size_t len)
{
	put_name(out, name, len, true);
}

/* The columns of a character; of one that is not seen, those of "?". */
static size_t
width(wchar_t seen)
{
	int columns = seen ? wcwidth(seen) : 1;

	return columns < 0 ? 1 : (size_t)columns;
}

static size_t
width_of_all(const char *name, size_t len)
{
	size_t i, n, total = 0;
	wchar_t seen;

	for (i = 0; i < len; i += n) {
		n = character(name + i, len - i, &seen);
		total += width(seen);
	}
	return total;
}

void
quote_fit(struct buf *out, const char *name, size_t len, size_t columns)
{
	static const char dots[] = "...";
	size_t total = width_of_all(name, len), room = columns - strlen(dots);
	size_t head = total <= columns ? total : room / 2;
	size_t tail = total <= columns ? 0 : room - head;
	size_t i, n, w, before = 0;
	bool cut = false;
	wchar_t seen;

	for (i = 0; i < len; i += n, before += w) {
		n = character(name + i, len - i, &seen);
		w = width(seen);
		if (before + w > head && total - before > tail) {
			buf_puts(out, cut ? "" : dots);
			cut = true;
		} else if (seen) {
			buf_put(out, name + i, n);
		} else {
			buf_putc(out, '?');
		}
	}
}
