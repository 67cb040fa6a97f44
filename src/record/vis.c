#include "record/vis.h"

#include <string.h>

#include "base/buf.h"

static bool
is_graphic(char c)
{
	return c > ' ' && c <= '~';
}

void
vis_put(struct buf *out, const char *s, size_t len)
{
	static const char special[] = "\\#=*?[]";
	char *to;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (is_graphic(s[i]) && !strchr(special, s[i])) {
			buf_putc(out, s[i]);
			continue;
		}
		to = buf_reserve(out, 4);
		to[0] = '\\';
		to[1] = (char)('0' + (c >> 6));
		to[2] = (char)('0' + (c >> 3 & 7));
		to[3] = (char)('0' + (c & 7));
		out->len += 4;
	}
}

/* What is still to be decoded. */
struct coded {
	const char *at, *end;
};

/* The next byte. False: there is none. */
static bool
take(struct coded *c, char *to)
{
	if (c->at == c->end)
		return false;
	*to = *c->at++;
	return true;
}

/* The value of a digit; base or more: it is none. */
static unsigned
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* Up to most digits. False: there are none, or they are more than a byte. */
static bool
take_number(struct coded *c, unsigned base, int most, char *to)
{
	const char *begin = c->at;
	unsigned n = 0;

	while (most-- && c->at < c->end && digit(*c->at) < base)
		n = n * base + digit(*c->at++);
	*to = (char)n;
	return c->at > begin && n <= 0xff;
}

static bool
take_control(struct coded *c, char *to)
{
	if (!take(c, to))
		return false;
	*to = *to == '?' ? 0x7f : (char)(*to & 0x1f);
	return true;
}

/* What follows \M. */
static bool
take_meta(struct coded *c, char *to)
{
	char kind;

	if (!take(c, &kind) || (kind != '-' && kind != '^') ||
	    !(kind == '-' ? take(c, to) : take_control(c, to)))
		return false;
	*to = (char)((unsigned char)*to | 0x80);
	return true;
}

/* What follows a backslash: to *to, which is none where it stands for nothing. */
static bool
take_escape(struct coded *c, char *to, bool *none)
{
	static const char from[] = "abfnrtvsE", chars[] = "\a\b\f\n\r\t\v \033";
	const char *known;
	char kind;

	if (!take(c, &kind))
		return false;
	switch (kind) {
	case 'x':
		return take_number(c, 16, 2, to);
	case '^':
		return take_control(c, to);
	case 'M':
		return take_meta(c, to);
	case '$':
	case '\n':
		*none = true;
		return true;
	default:
		break;
	}
	if (digit(kind) < 8) {
		c->at--;
		return take_number(c, 8, 3, to);
	}
	known = memchr(from, kind, sizeof(from) - 1);
	*to = known ? chars[known - from] : kind;
	return is_graphic(kind);
}

size_t
vis_count(const char *s, size_t len, char c)
{
	struct coded in = { s, s + len };
	bool none = false;
	size_t n = 0;
	char to;

	while (take(&in, &to)) {
		n += to == c;
		if (to == '\\')
			(void)take_escape(&in, &to, &none); /* good or bad */
	}
	return n;
}

bool
vis_get(char *s, size_t *len)
{
	struct coded c = { s, s + *len };
	char *to = s;

	while (take(&c, to)) {
		bool none = false;

		if (*to == '\\' && !take_escape(&c, to, &none))
			return false;
		to += !none;
	}
	*len = (size_t)(to - s);
	return true;
}
