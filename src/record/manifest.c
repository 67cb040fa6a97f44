#include "record/manifest.h"

#include <string.h>

#include "digest/digest.h"
#include "record/code.h"
#include "record/json.h"
#include "record/mtree.h"
#include "record/name.h"
#include "record/text.h"

/* Passes over blanks; returns how many there are. */
static size_t
blanks(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && text_is_blank(s[i]))
		i++;
	return i;
}

/* The bytes that the text of a digest stands for; 0: it is none. What may be
 * hex is. */
static size_t
digest_bytes(const char *s, size_t len)
{
	if (len % 2 == 0 && code_is_hex(s, len))
		return len / 2;
	return code_is_base64(s, len) ? code_base64_bytes(s, len) : 0;
}

/*
 * Base64 of as many characters as size bytes have. A digest has one form only;
 * one in another form (bits that padding leaves unused are not zero, say) is
 * none that a file can have.
 */
static bool
read_base64(struct manifest_entry *e, const char *s, size_t len, size_t size)
{
	unsigned rest;

	if (len != (size + 2) / 3 * 4 || !code_is_base64(s, len))
		return false;
	if (code_base64_bytes(s, len) != size ||
	    code_get_base64(s, size, e->want.digest, &rest) < 0 || rest)
		e->want.digestlen = 0;
	return true;
}

/* A digest of size bytes in either form, all of s. Hex and base64 of a size
 * are of different lengths, but for 2 and 4 bytes: what may be hex is. */
static bool
read_digest(struct manifest_entry *e, const char *s, size_t len, size_t size)
{
	if (!size || size > DIGEST_MAX)
		return false;
	e->want.digestlen = size;
	e->base64 = len != 2 * size ||
	    code_get_hex(s, size, e->want.digest) < 0;
	return !e->base64 || read_base64(e, s, len, size);
}

static bool
read_name(struct manifest_entry *e, char *s, size_t len, bool escaped)
{
	e->name = s;
	e->len = len;
	return !escaped || name_unescape(s, &e->len) == 0;
}

/* The pieces of a tagged line; they lie within it. */
struct tagged {
	const char *tag, *digest;
	char *name;
	size_t taglen, len, digestlen; /* digestlen 0: it is no whole line */
};

/* What follows "(": the name and the digest. */
static void
split_tagged_rest(struct tagged *t, char *s, size_t len)
{
	size_t close = len, i;

	do {
		if (close-- == 0)
			return;
	} while (s[close] != ')');
	i = close + 1;
	i += blanks(s + i, len - i);
	if (i == len || s[i++] != '=')
		return;
	i += blanks(s + i, len - i);
	t->name = s;
	t->len = close;
	t->digest = s + i;
	t->digestlen = len - i;
}

/* Splits a line. False: it does not begin with a tag and "(". */
static bool
split_tagged(struct tagged *t, char *s, size_t len)
{
	size_t i = digest_name_bytes(s, len < MANIFEST_TAG_MAX ? len :
	    MANIFEST_TAG_MAX);

	memset(t, 0, sizeof(*t));
	t->tag = s;
	t->taglen = i;
	while (i < len && s[i] == ' ')
		i++;
	if (!t->taglen || i == len || s[i] != '(')
		return false;
	split_tagged_rest(t, s + i + 1, len - i - 1);
	return true;
}

/* Do the digits after a "-" that ends the tag say so many bits? */
static bool
tag_says_bits(const char *tag, size_t len, size_t bits)
{
	size_t place = 1, said = 0;

	while (len && place <= 10000 && tag[len - 1] >= '0' &&
	    tag[len - 1] <= '9') {
		said += place * (size_t)(tag[--len] - '0');
		place *= 10;
	}
	return len && tag[len - 1] == '-' && said == bits;
}

/*
 * Is that a digest of an algorithm that cannot be computed? The shortest is
 * CRC-32, the longest SKEIN-1024; TTH and AICH are printed in base32.
 */
static bool
is_foreign(const char *tag, size_t taglen, const char *s, size_t len)
{
	size_t bytes = digest_bytes(s, len);

	if (bytes >= 4 && bytes <= 128)
		return true;
	return (bytes && tag_says_bits(tag, taglen, 8 * bytes)) ||
	    (len >= 32 && code_is_base32(s, len));
}

/* Asks for the algorithm of a line; notes it in e and, for messages, in m. */
static struct manifest_algorithm
ask(struct manifest *m, struct manifest_entry *e, const char *tag,
    size_t taglen, const char *digest, size_t len)
{
	size_t bytes = digest_bytes(digest, len);
	struct manifest_algorithm a = m->algorithm(m->cookie, tag, taglen,
	    bytes, len != 2 * bytes);

	e->algorithm = a.number;
	if (!tag || a.number >= 0)
		m->tag = a.tag;
	return a;
}

/* The order of a line, of which s is what follows the digest and its blank. */
static enum manifest_order
line_order(const struct manifest *m, const char *s, size_t len)
{
	return m->order != MANIFEST_REVERSED && len > 1 &&
	    (*s == ' ' || *s == '*') ? MANIFEST_STANDARD : MANIFEST_REVERSED;
}

/* The digest that a plain line begins with: its length; 0: there is none, or
 * nothing behind it. */
static size_t
read_plain_digest(struct manifest *m, struct manifest_entry *e, const char *s,
    size_t len)
{
	struct manifest_algorithm a;
	size_t i = 0;

	while (i < len && !text_is_blank(s[i]))
		i++;
	/* a blank and at least one byte */
	if (len - i < 2)
		return 0;
	a = ask(m, e, NULL, 0, s, i);
	return read_digest(e, s, i, a.size) ? i : 0;
}

/*
 * Standard or reversed is decided by the first line and holds for all: if it
 * were decided line by line, a file whose name begins with a space could make a
 * list check another file. The line decides even if its name then is malformed,
 * but not if its algorithm cannot be computed: it may be no plain line.
 */
static bool
read_plain_name(struct manifest *m, struct manifest_entry *e, char *s,
    size_t len, bool escaped)
{
	enum manifest_order order = line_order(m, s, len);
	size_t i = order == MANIFEST_STANDARD;

	if (m->order == MANIFEST_STANDARD && order != m->order)
		return false;
	if (e->algorithm >= 0)
		m->order = order;
	e->binary = i && *s == '*';
	return read_name(e, s + i, len - i, escaped);
}

/* A line with an unknown tag. */
static bool
read_foreign(struct manifest_entry *e, const struct tagged *t, int number,
    bool escaped)
{
	char c = *t->tag | 0x20;

	e->algorithm = number;
	return c >= 'a' && c <= 'z' &&
	    is_foreign(t->tag, t->taglen, t->digest, t->digestlen) &&
	    read_name(e, t->name, t->len, escaped);
}

static bool
read_sum(struct manifest *m, struct manifest_entry *e, char *s, size_t len)
{
	bool escaped = len && *s == '\\' && !m->zero, tagged;
	struct manifest_algorithm a = { 0 };
	struct tagged t;
	size_t n;

	s += escaped;
	len -= escaped;
	tagged = split_tagged(&t, s, len);
	if (tagged)
		a = ask(m, e, t.tag, t.taglen, t.digest, t.digestlen);
	if (tagged && a.number >= 0)
		return read_digest(e, t.digest, t.digestlen, a.size) &&
		    read_name(e, t.name, t.len, escaped);
	n = read_plain_digest(m, e, s, len);
	if (n) { /* base64 may look like a tag */
		e->form = FORMAT_UNTAGGED;
		return read_plain_name(m, e, s + n + 1, len - n - 1, escaped);
	}
	return tagged && read_foreign(e, &t, a.number, escaped);
}

/* The members of an object that mean something here. */
enum {
	PATH, PATH_BASE64, ALGORITHM, DIGEST, ERROR,
	/* numbers */
	SIZE, DEVICE, INODE, MTIME, CTIME, READ,
	MEMBERS
};

#define NAME(text) { text, sizeof(text) - 1 }
static const struct {
	const char *s;
	size_t len;
} member_names[MEMBERS] = {
	NAME("path"), NAME("path_base64"), NAME("algorithm"), NAME("digest"),
	NAME("error"), NAME("size"), NAME("device"), NAME("inode"),
	NAME("mtime"), NAME("ctime"), NAME("read")
};
#undef NAME

/* Passes over any value; t is set where it is a number. */
static bool
read_number_if_any(struct json *j, struct json_text *t)
{
	struct json copy = *j;

	if (!json_number(&copy, t)) {
		t->s = NULL;
		return json_skip(j);
	}
	*j = copy;
	return true;
}

static bool
read_member(struct json *j, struct json_text members[MEMBERS])
{
	struct json_text name;
	size_t i;

	if (!json_string(j, &name) || !json_take(j, ':'))
		return false;
	for (i = 0; i < MEMBERS; i++)
		if (member_names[i].len == name.len &&
		    !memcmp(member_names[i].s, name.s, name.len))
			break;
	if (i == MEMBERS)
		return json_skip(j);
	if (members[i].s)
		return false;
	if (i > SIZE) /* in lists of others these names may mean anything */
		return read_number_if_any(j, &members[i]);
	return i == SIZE ? json_number(j, &members[i]) :
	    json_string(j, &members[i]);
}

static bool
read_signed(int64_t *to, const struct json_text *t)
{
	return t->s && code_get_signed(t->s, t->len, to) == 0;
}

static struct manifest_file
read_file(const struct json_text t[MEMBERS])
{
	struct manifest_file f = { .known = false };

	f.known = t[DEVICE].s && t[INODE].s &&
	    code_get_decimal(t[DEVICE].s, t[DEVICE].len, &f.dev) == 0 &&
	    code_get_decimal(t[INODE].s, t[INODE].len, &f.ino) == 0 &&
	    read_signed(&f.mtime, &t[MTIME]) &&
	    read_signed(&f.ctime, &t[CTIME]) && read_signed(&f.read, &t[READ]);
	return f;
}

/* Decodes s in place. */
static bool
read_object(char *s, /* NOLINT(readability-non-const-parameter) */
    size_t len, struct json_text members[MEMBERS])
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
	return !want->has_size ||
	    code_get_decimal(t->s, t->len, &want->size) == 0;
}

static bool
read_path(struct manifest_entry *e, const struct json_text *path,
    const struct json_text *coded)
{
	char *s = path->s ? path->s : coded->s;
	unsigned rest;

	if (!s || (path->s && coded->s))
		return false;
	e->name = s;
	e->len = path->s ? path->len : code_base64_bytes(s, coded->len);
	/* bits left over change no name */
	if (coded->s && (!e->len ||
	    code_get_base64(s, e->len, (unsigned char *)s, &rest) < 0))
		return false;
	return !memchr(s, '\0', e->len);
}

/* The digest of an object. */
static bool
read_json_digest(struct manifest *m, struct manifest_entry *e,
    const struct json_text *tag, const struct json_text *digest)
{
	bool named = tag->s && tag->len <= MANIFEST_TAG_MAX &&
	    digest_name_bytes(tag->s, tag->len) == tag->len;
	size_t len = named ? tag->len : 0;
	struct manifest_algorithm a = ask(m, e, tag->s, len, digest->s,
	    digest->len);

	if (!tag->s || a.number >= 0)
		return read_digest(e, digest->s, digest->len, a.size);
	return is_foreign(tag->s, len, digest->s, digest->len);
}

static enum manifest_kind
read_json(struct manifest *m, struct manifest_entry *e, char *s, size_t len)
{
	struct json_text t[MEMBERS] = { { NULL, 0 } };

	e->form = FORMAT_JSON;
	if (!read_object(s, len, t) ||
	    !read_path(e, &t[PATH], &t[PATH_BASE64]) ||
	    !read_size(&e->want, &t[SIZE]))
		return MANIFEST_MALFORMED;
	if (t[ERROR].s && !t[DIGEST].s)
		return MANIFEST_NO_DIGEST;
	if (!t[DIGEST].s || t[ERROR].s ||
	    !read_json_digest(m, e, &t[ALGORITHM], &t[DIGEST]))
		return MANIFEST_MALFORMED;
	e->file = read_file(t);
	/* what it is a digest of would be a guess */
	e->file.known = e->file.known && t[ALGORITHM].s;
	return MANIFEST_ENTRY;
}

/* Of the first line: is the list of another kind? */
static enum manifest_kind
kind_of_list(const struct manifest *m, const char *s, size_t len)
{
	if (text_begins_with(s, len, "%%%% HASHDEEP-"))
		return MANIFEST_HASHDEEP;
	if (m->is_sfv || text_begins_with(s, len, "; Generated by "))
		return MANIFEST_SFV;
	return MANIFEST_ENTRY;
}

/* A line of a list of sums or objects. */
static enum manifest_kind
read_text(struct manifest *m, struct manifest_entry *e, char *line, size_t len)
{
	size_t begin;

	if (!len || *line == '#')
		return MANIFEST_SKIP;
	begin = blanks(line, len);
	line += begin;
	len -= begin;
	if (len && *line == '{')
		return read_json(m, e, line, len);
	return read_sum(m, e, line, len) ? MANIFEST_ENTRY : MANIFEST_MALFORMED;
}

/* Decides by the first line that is neither empty nor a comment. */
static void
begin_list(struct manifest *m, char *line, size_t len)
{
	bool is = m->line == 1 && text_begins_with(line, len, "#mtree") &&
	    (len == 6 || text_is_blank(line[6]));

	if (m->zero || m->begun || (!is && (!len || *line == '#')))
		return;
	m->begun = true;
	if (is || mtree_is_line(line, len))
		m->mtree = mtree_new();
	if (m->mtree && m->lost)
		mtree_lose(m->mtree);
}

static enum manifest_kind
read_line(struct manifest *m, struct manifest_entry *e, char *line, size_t len)
{
	if (len && memchr(line, '\0', len)) {
		m->lost = true;
		if (m->mtree)
			mtree_lose(m->mtree);
		return MANIFEST_NUL;
	}
	if (len && !m->zero && line[len - 1] == '\r')
		len--;
	begin_list(m, line, len);
	return m->mtree ? mtree_line(m->mtree, m, line, len, e) :
	    read_text(m, e, line, len);
}

/* What holds of entries of any form. */
static enum manifest_kind
judge(struct manifest *m, enum manifest_kind kind, struct manifest_entry *e)
{
	if (m->mtree)
		m->tag = "mtree";
	if (kind == MANIFEST_ENTRY && m->is_stdin && e->len == 1 &&
	    *e->name == '-')
		kind = MANIFEST_MALFORMED;
	if (kind == MANIFEST_ENTRY && e->algorithm < 0)
		e->want.digestlen = 0;
	if (!m->tag && kind >= MANIFEST_MALFORMED)
		m->tag = m->algorithm(m->cookie, NULL, 0, 0, false).tag;
	return kind;
}

enum manifest_kind
manifest_line(struct manifest *m, char *line, size_t len,
    struct manifest_entry *e)
{
	static const char bom[] = "\357\273\277";
	enum manifest_kind kind = MANIFEST_ENTRY;

	m->line++;
	m->tag = NULL;
	memset(e, 0, sizeof(*e));
	if (m->line == 1 && text_begins_with(line, len, bom)) {
		line += strlen(bom);
		len -= strlen(bom);
	}
	if (m->line == 1)
		kind = kind_of_list(m, line, len);
	if (kind == MANIFEST_ENTRY)
		kind = read_line(m, e, line, len);
	return judge(m, kind, e);
}

enum manifest_kind
manifest_end(struct manifest *m, struct manifest_entry *e)
{
	memset(e, 0, sizeof(*e));
	return m->mtree ? judge(m, mtree_end(m->mtree, m, e), e) :
	    MANIFEST_SKIP;
}

void
manifest_release(struct manifest *m)
{
	mtree_free(m->mtree);
	m->mtree = NULL;
}
