#include "record/manifest.h"

#include <string.h>

#include "record/json.h"
#include "record/name.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The bytes at the beginning of s that may be those of a tag. */
static size_t
tag_bytes(const char *s, size_t len)
{
	static const char allowed[] = "0123456789-/_."
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t i = 0;

	while (i < len && memchr(allowed, s[i], sizeof(allowed) - 1))
		i++;
	return i;
}

/* Passes over blanks; returns how many there are. */
static size_t
blanks(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && is_blank(s[i]))
		i++;
	return i;
}

/* -1: no such digit. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool
decode_hex(const char *s, size_t len, unsigned char *to)
{
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(s[i]), low = hex_value(s[i + 1]);

		if (high < 0 || low < 0)
			return false;
		*to++ = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* How many bytes len characters of base64 stand for, if they are base64. */
static size_t
base64_size(const char *s, size_t len)
{
	if (len < 4 || len % 4)
		return 0;
	return len / 4 * 3 - (s[len - 1] == '=') -
	    (s[len - 1] == '=' && s[len - 2] == '=');
}

/* Decodes base64 that stands for size bytes; to may be s. What padding leaves
 * unused must be zero (RFC 4648, 3.5), so that a digest has one form. */
static bool
decode_base64(const char *s, size_t size, unsigned char *to)
{
	unsigned bits = 0;
	size_t have = 0, done = 0;

	while (done < size) {
		int value = base64_value(*s++);

		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[done++] = (unsigned char)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	return bits == 0;
}

/* The bytes that an algorithm's digest must have, 0 for one not known. */
static size_t
size_of(const struct manifest *m, const struct manifest_entry *e)
{
	size_t size = m->digest_size(m->cookie, e->tag, e->taglen);

	return size <= RESULT_DIGEST_MAX ? size : 0;
}

/* A digest of size bytes in either form, all of s. Hex and base64 of a size
 * are of different lengths, or differ in their padding. */
static bool
read_digest(struct manifest_entry *e, const char *s, size_t len, size_t size)
{
	e->want.digestlen = size;
	if (size && len == 2 * size && decode_hex(s, len, e->want.digest))
		return true;
	return size && base64_size(s, len) == size &&
	    decode_base64(s, size, e->want.digest);
}

static bool
read_name(struct manifest_entry *e, char *s, size_t len, bool escaped)
{
	e->name = s;
	e->len = len;
	return !escaped || name_unescape(s, &e->len) == 0;
}

/* The length of a tag that "(" follows, after one space or at once; 0: none. */
static size_t
tag_length(const char *s, size_t len)
{
	size_t n = tag_bytes(s, len < MANIFEST_TAG_MAX ? len : MANIFEST_TAG_MAX);
	size_t paren = n < len && s[n] == ' ' ? n + 1 : n;

	return paren < len && s[paren] == '(' ? n : 0;
}

/* s is what follows the tag: "(" at open, and the rest. */
static bool
read_tagged(struct manifest_entry *e, char *s, size_t len, size_t size,
    bool escaped)
{
	size_t open = *s == '(' ? 0 : 1, close = len, i;

	do {
		if (--close == open)
			return false;
	} while (s[close] != ')');
	i = close + 1;
	i += blanks(s + i, len - i);
	if (i == len || s[i++] != '=')
		return false;
	i += blanks(s + i, len - i);
	return read_digest(e, s + i, len - i, size) &&
	    read_name(e, s + open + 1, close - open - 1, escaped);
}

/*
 * Standard or reversed is decided by the first line and holds for all, so that
 * nobody can have another file checked by giving it a name that begins with a
 * space. The line counts even if its name then turns out to be malformed.
 */
static bool
decide_order(struct manifest *m, const char *s, size_t len)
{
	bool standard = len > 1 && (*s == ' ' || *s == '*');

	if (standard && m->order == MANIFEST_UNDECIDED)
		m->order = MANIFEST_STANDARD;
	else if (!standard && m->order == MANIFEST_STANDARD)
		return false;
	else if (!standard)
		m->order = MANIFEST_REVERSED;
	return true;
}

static bool
read_plain(struct manifest *m, struct manifest_entry *e, char *s, size_t len,
    bool escaped)
{
	size_t i = 0;

	e->tag = m->tag;
	e->taglen = strlen(m->tag);
	while (i < len && !is_blank(s[i]))
		i++;
	/* a blank and at least one byte */
	if (len - i < 2 ||
	    !read_digest(e, s, i, size_of(m, e)))
		return false;
	i++;
	if (!decide_order(m, s + i, len - i))
		return false;
	if (m->order == MANIFEST_STANDARD)
		i++;
	return read_name(e, s + i, len - i, escaped);
}

static bool
read_sum(struct manifest *m, struct manifest_entry *e, char *s, size_t len)
{
	bool escaped = len && *s == '\\' && !m->zero;
	size_t size = 0;

	s += escaped;
	len -= escaped;
	e->tag = s;
	e->taglen = tag_length(s, len);
	if (e->taglen)
		size = size_of(m, e);
	if (!size) /* a base64 digest may look like a tag */
		return read_plain(m, e, s, len, escaped);
	return read_tagged(e, s + e->taglen, len - e->taglen, size, escaped);
}

/* The members of an object that mean something here. */
enum { PATH, PATH_BASE64, ALGORITHM, DIGEST, SIZE, ERROR, MEMBERS };

static const char *const member_names[MEMBERS] = {
	"path", "path_base64", "algorithm", "digest", "size", "error"
};

static bool
read_member(struct json *j, struct json_text members[MEMBERS])
{
	struct json_text name;
	size_t i;

	if (!json_string(j, &name) || !json_take(j, ':'))
		return false;
	for (i = 0; i < MEMBERS; i++)
		if (strlen(member_names[i]) == name.len &&
		    !memcmp(member_names[i], name.s, name.len))
			break;
	if (i == MEMBERS)
		return json_skip(j);
	if (members[i].s)
		return false;
	return i == SIZE ? json_number(j, &members[i]) :
	    json_string(j, &members[i]);
}

static bool
read_object(char *s, size_t len, struct json_text members[MEMBERS])
{
	struct json j = { s, s + len };

	if (!json_take(&j, '{'))
		return false;
	do {
		if (!read_member(&j, members))
			return false;
	} while (json_take(&j, ','));
	return json_take(&j, '}') && json_at_end(&j);
}

static bool
read_size(struct manifest_want *want, const struct json_text *t)
{
	want->size = 0;
	want->has_size = t->s != NULL;
	for (size_t i = 0; i < t->len; i++) {
		unsigned digit = (unsigned)(t->s[i] - '0');

		if (digit > 9 || want->size > (UINT64_MAX - digit) / 10)
			return false;
		want->size = want->size * 10 + digit;
	}
	return true;
}

static bool
read_path(struct manifest_entry *e, const struct json_text *path,
    const struct json_text *coded)
{
	char *s = path->s ? path->s : coded->s;

	if (!s || (path->s && coded->s))
		return false;
	e->name = s;
	e->len = path->s ? path->len : base64_size(s, coded->len);
	if (coded->s && (!e->len ||
	    !decode_base64(s, e->len, (unsigned char *)s)))
		return false;
	return !memchr(s, '\0', e->len);
}

static enum manifest_kind
read_json(struct manifest *m, struct manifest_entry *e, char *s, size_t len)
{
	struct json_text t[MEMBERS] = { { NULL, 0 } };

	if (!read_object(s, len, t) ||
	    !read_path(e, &t[PATH], &t[PATH_BASE64]) ||
	    !read_size(&e->want, &t[SIZE]))
		return MANIFEST_MALFORMED;
	if (t[ERROR].s && !t[DIGEST].s)
		return MANIFEST_NO_DIGEST;
	e->tag = t[ALGORITHM].s ? t[ALGORITHM].s : m->tag;
	e->taglen = t[ALGORITHM].s ? t[ALGORITHM].len : strlen(m->tag);
	if (!t[DIGEST].s || t[ERROR].s || !e->taglen ||
	    e->taglen > MANIFEST_TAG_MAX ||
	    tag_bytes(e->tag, e->taglen) < e->taglen ||
	    !read_digest(e, t[DIGEST].s, t[DIGEST].len, size_of(m, e)))
		return MANIFEST_MALFORMED;
	return MANIFEST_ENTRY;
}

enum manifest_kind
manifest_line(struct manifest *m, char *line, size_t len,
    struct manifest_entry *e)
{
	enum manifest_kind kind;
	size_t begin;

	m->line++;
	if (len && memchr(line, '\0', len))
		return MANIFEST_NUL;
	if (len && !m->zero && line[len - 1] == '\r')
		len--;
	if (!len || *line == '#')
		return MANIFEST_SKIP;
	memset(&e->want, 0, sizeof(e->want));
	begin = blanks(line, len);
	line += begin;
	len -= begin;
	if (len && *line == '{')
		kind = read_json(m, e, line, len);
	else
		kind = read_sum(m, e, line, len) ? MANIFEST_ENTRY :
		    MANIFEST_MALFORMED;
	if (kind == MANIFEST_ENTRY && m->is_stdin && e->len == 1 &&
	    *e->name == '-')
		return MANIFEST_MALFORMED;
	return kind;
}
