#include "record/name.h"

#include <string.h>

#include "base/buf.h"

/* What is escaped, and the letter behind the backslash that stands for it. */
static const char escaped[] = "\\\n\r", letters[] = "\\nr";

bool
name_needs_escape(const char *name, size_t len)
{
	return len && (memchr(name, '\\', len) || memchr(name, '\n', len) ||
	    memchr(name, '\r', len));
}

void
name_escape(struct buf *out, const char *name, size_t len)
{
	const char *at;

	for (size_t i = 0; i < len; i++) {
		at = memchr(escaped, name[i], sizeof(escaped) - 1);
		if (at)
			buf_putc(out, '\\');
		buf_putc(out, at ? letters[at - escaped] : name[i]);
	}
}

static bool
is_escaped(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (name[i] != '\\')
			continue;
		if (++i == len || !memchr(letters, name[i], sizeof(letters) - 1))
			return false;
	}
	return true;
}

int
name_unescape(char *name, size_t *len)
{
	size_t from, to = 0;
	const char *at;

	if (!is_escaped(name, *len))
		return -1;
	for (from = 0; from < *len; from++) {
		if (name[from] != '\\') {
			name[to++] = name[from];
			continue;
		}
		at = memchr(letters, name[++from], sizeof(letters) - 1);
		name[to++] = escaped[at - letters];
	}
	*len = to;
	return 0;
}

/*
 * Bytes of the character that begins with lead (not ASCII), and the range of
 * its second byte, which excludes overlong forms, surrogates and what lies
 * above U+10FFFF (RFC 3629, section 4). 0: no character begins with lead.
 */
static size_t
sequence(unsigned char lead, unsigned char *min, unsigned char *max)
{
	*min = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*max = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

size_t
name_character(const char *s, size_t len, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned char min, max;
	size_t n;

	*c = *p;
	if (*p < 0x80)
		return 1;
	n = sequence(*p, &min, &max);
	if (!n || n > len || p[1] < min || p[1] > max)
		return 0;
	*c = *p & 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3fu);
	}
	return n;
}

bool
name_is_utf8(const char *s, size_t len)
{
	const char *end = s + len;
	uint32_t c;
	size_t n;

	while (s < end) {
		if ((unsigned char)*s < 0x80) {
			s++;
			continue;
		}
		n = name_character(s, (size_t)(end - s), &c);
		if (!n)
			return false;
		s += n;
	}
	return true;
}
