#include "record/mtree.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "record/code.h"
#include "record/text.h"
#include "record/vis.h"

/* Bytes of lines that go on, joined, and of a path of directories and the name in
 * them, which a line as short as that name stands for: PATH_MAX. What is longer
 * is malformed; a full path may have any length. */
#define MTREE_LINE_MAX ((size_t)1 << 20)
#define MTREE_PATH_MAX 4096 /* as format.c writes them */

enum mtree_type { TYPE_NONE, TYPE_FILE, TYPE_DIR, TYPE_OTHER, TYPE_BAD };

/* Digests, the strongest first. */
static const struct mtree_digest {
	const char *keyword, *tag;
} digests[] = {
	{ "sha512", "SHA512" }, { "sha384", "SHA384" },
	{ "sha256", "SHA256" }, { "rmd160", "RIPEMD160" },
	{ "ripemd160", "RIPEMD160" }, { "sha1", "SHA1" }, { "md5", "MD5" },
};
#define DIGESTS (sizeof(digests) / sizeof(digests[0]))

/* What keywords say. */
struct mtree_values {
	enum mtree_type type;
	bool has_size;
	uint64_t size;
	struct {
		size_t len; /* 0: there is none */
		unsigned char bytes[DIGEST_MAX];
	} digest[DIGESTS];
};

struct mtree {
	struct mtree_values set;
	struct buf line;  /* what came of one that goes on; else empty */
	bool goes_on;
	struct buf path;  /* of the current directory... */
	size_t depth;     /* ...and how many were entered; 0: none */
	size_t lost;      /* of those within one whose name is not known */
	bool broken;      /* it is not known which one is current */
	struct manifest_file file; /* what a comment says of the next entry's */
};

struct mtree *
mtree_new(void)
{
	return mem_zalloc(1, sizeof(struct mtree));
}

void
mtree_free(struct mtree *t)
{
	if (!t)
		return;
	buf_release(&t->line);
	buf_release(&t->path);
	free(t);
}

/* ---- words -------------------------------------------------------------------- */

struct word {
	char *s;
	size_t len;
};

/* What is left of a line. */
struct words {
	char *at, *end;
};

/* The next word. False: there is none, or a comment. */
static bool
next_word(struct words *line, struct word *w)
{
	while (line->at < line->end && text_is_blank(*line->at))
		line->at++;
	w->s = line->at;
	while (line->at < line->end && !text_is_blank(*line->at))
		line->at++;
	w->len = (size_t)(line->at - w->s);
	return w->len && *w->s != '#';
}

static bool
is_text(const char *s, size_t len, const char *text)
{
	return strlen(text) == len && !memcmp(s, text, len);
}

static bool
word_is(const struct word *w, const char *text)
{
	return is_text(w->s, w->len, text);
}

/* Splits a word at its first "=". False: it has none. */
static bool
split(const struct word *w, struct word *name, struct word *value)
{
	char *mark = memchr(w->s, '=', w->len);

	*name = *w;
	if (!mark)
		return false;
	name->len = (size_t)(mark - w->s);
	value->s = mark + 1;
	value->len = w->len - name->len - 1;
	return true;
}

/* ---- keywords ----------------------------------------------------------------- */

static bool
has_form_of_name(const struct word *name)
{
	return name->len && *name->s >= 'a' && *name->s <= 'z';
}

/* Those without a value. */
static bool
is_bare_keyword(const struct word *w)
{
	return word_is(w, "optional") || word_is(w, "nochange") ||
	    word_is(w, "ignore");
}

static enum mtree_type
type_of(const struct word *w)
{
	static const char *const others[] = { "link", "fifo", "socket",
	    "block", "char", "door", "port" };

	if (word_is(w, "file"))
		return TYPE_FILE;
	if (word_is(w, "dir"))
		return TYPE_DIR;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (word_is(w, others[i]))
			return TYPE_OTHER;
	return TYPE_BAD;
}

/* Its place in digests; DIGESTS: the keyword is of none. */
static size_t
digest_of(const struct word *name)
{
	size_t i, n;

	for (i = 0; i < DIGESTS; i++) {
		n = strlen(digests[i].keyword);
		if (name->len >= n && !memcmp(name->s, digests[i].keyword, n) &&
		    (name->len == n ||
		    is_text(name->s + n, name->len - n, "digest")))
			break;
	}
	return i;
}

static bool
read_digest(struct mtree_values *v, size_t which, const struct word *value)
{
	size_t n = value->len / 2;

	if (!n || value->len % 2 || n > DIGEST_MAX ||
	    code_get_hex(value->s, n, v->digest[which].bytes) < 0)
		return false;
	v->digest[which].len = n;
	return true;
}

static bool
read_keyword(struct mtree_values *v, const struct word *w)
{
	struct word name, value;
	size_t which;

	if (!split(w, &name, &value))
		return is_bare_keyword(w);
	if (word_is(&name, "type")) {
		v->type = type_of(&value);
		return v->type != TYPE_BAD;
	}
	if (word_is(&name, "size")) {
		v->has_size = true;
		return code_get_decimal(value.s, value.len, &v->size) == 0;
	}
	which = digest_of(&name);
	return which < DIGESTS ? read_digest(v, which, &value) :
	    has_form_of_name(&name);
}

/* All that are left of a line; the bad ones do not hide the others. */
static bool
read_keywords(struct mtree_values *v, struct words *line)
{
	struct word w;
	bool good = true;

	while (next_word(line, &w))
		good &= read_keyword(v, &w);
	return good;
}

/* It is not known what lines that do not say it are given: they are malformed,
 * until a type is set. */
static enum manifest_kind
lose_set(struct mtree *t)
{
	t->set = (struct mtree_values){ .type = TYPE_BAD };
	return MANIFEST_MALFORMED;
}

static enum manifest_kind
read_set(struct mtree *t, struct words *line)
{
	return read_keywords(&t->set, line) ? MANIFEST_SKIP : lose_set(t);
}

static enum manifest_kind
read_unset(struct mtree *t, struct words *line)
{
	struct word w;
	size_t which;

	while (next_word(line, &w)) {
		which = digest_of(&w);
		if (word_is(&w, "all"))
			memset(&t->set, 0, sizeof(t->set));
		else if (word_is(&w, "type"))
			t->set.type = TYPE_NONE;
		else if (word_is(&w, "size"))
			t->set.has_size = false;
		else if (which < DIGESTS)
			t->set.digest[which].len = 0;
		else if (!has_form_of_name(&w))
			return lose_set(t);
	}
	return MANIFEST_SKIP;
}

/* ---- names -------------------------------------------------------------------- */

static size_t
slashes(const char *s, size_t len)
{
	size_t n = 0;

	while (len--)
		n += s[len] == '/';
	return n;
}

/* Decodes a path. False: it is none. */
static bool
read_path(struct word *w)
{
	size_t n = vis_count(w->s, w->len, '/'), now;

	if (*w->s == '/' || !vis_get(w->s, &w->len) || !w->len ||
	    memchr(w->s, '\0', w->len))
		return false;
	now = slashes(w->s, w->len);
	/* what was no slash would be one now, and ".." lead up */
	return now == n + (*w->s == '/') && (now || !word_is(w, ".."));
}

/* Leaves the current directory. */
static enum manifest_kind
read_up(struct mtree *t, struct words *line)
{
	struct mtree_values v = { .type = TYPE_NONE };
	bool good = read_keywords(&v, line);

	if (t->broken || (!t->lost && !t->depth))
		return MANIFEST_MALFORMED;
	if (t->lost) {
		t->lost--;
	} else {
		t->depth--;
		while (t->path.len && t->path.data[--t->path.len] != '/')
			;
	}
	return good ? MANIFEST_SKIP : MANIFEST_MALFORMED;
}

/* Appends a name to the path of the current directory. False: it is too long. */
static bool
put_name(struct mtree *t, const struct word *name)
{
	if (t->path.len + name->len >= MTREE_PATH_MAX)
		return false;
	if (t->depth)
		buf_putc(&t->path, '/');
	buf_put(&t->path, name->s, name->len);
	return true;
}

/* Goes into a directory of the current one. NULL: its name is not known. */
static void
enter(struct mtree *t, const struct word *name)
{
	if (t->lost || !name || !put_name(t, name))
		t->lost++;
	else
		t->depth++;
}

/* ---- entries ------------------------------------------------------------------ */

static bool
has_digest(const struct mtree_values *v)
{
	size_t i = 0;

	while (i < DIGESTS && !v->digest[i].len)
		i++;
	return i < DIGESTS;
}

static enum manifest_kind
read_file(const struct manifest *m, const struct mtree_values *v,
    struct manifest_entry *e)
{
	struct manifest_algorithm a;
	bool foreign = false;
	size_t i;

	e->form = FORMAT_MTREE;
	e->want.has_size = v->has_size;
	e->want.size = v->has_size ? v->size : 0;
	for (i = 0; i < DIGESTS; i++) {
		if (!v->digest[i].len)
			continue;
		a = m->algorithm(m->cookie, digests[i].tag,
		    strlen(digests[i].tag), v->digest[i].len, false);
		if (a.number < 0) {
			if (!foreign)
				e->algorithm = a.number;
			foreign = true;
			continue;
		}
		e->algorithm = a.number;
		e->want.digestlen = a.size;
		memcpy(e->want.digest, v->digest[i].bytes, v->digest[i].len);
		return a.size == v->digest[i].len ? MANIFEST_ENTRY :
		    MANIFEST_MALFORMED;
	}
	return foreign ? MANIFEST_ENTRY : MANIFEST_BARE;
}

/* A directory in the current one; good: its keywords are. */
static enum manifest_kind
read_dir(struct mtree *t, const struct word *name, bool good)
{
	size_t lost = t->lost;

	enter(t, name);
	return good && !t->broken && name && (lost || !t->lost) ?
	    MANIFEST_SKIP : MANIFEST_MALFORMED;
}

/* A file in the current directory. */
static enum manifest_kind
read_nested(struct mtree *t, const struct manifest *m, const struct word *name,
    const struct mtree_values *v, struct manifest_entry *e)
{
	size_t len = t->path.len;

	if (t->broken || t->lost || !put_name(t, name))
		return MANIFEST_MALFORMED;
	e->name = t->path.data;
	e->len = t->path.len;
	t->path.len = len;
	if (e->len == 1 && *e->name == '-') {
		/* it is a file, not standard input (record/format.h) */
		e->name = "./-";
		e->len = 3;
	}
	return read_file(m, v, e);
}

/* A line with a path; good: its keywords are. */
static enum manifest_kind
read_entry(struct mtree *t, const struct manifest *m, struct word *name,
    const struct mtree_values *v, bool good, struct manifest_entry *e)
{
	bool full = vis_count(name->s, name->len, '/') > 0;
	bool known = read_path(name), rooted = known && *name->s == '/';

	/* it may be a directory */
	if (!full && (v->type == TYPE_BAD ||
	    (v->type == TYPE_NONE && !has_digest(v))))
		t->broken = true;
	if (!full && v->type == TYPE_DIR)
		return read_dir(t, known && !rooted ? name : NULL, good);
	full |= rooted;
	if (!known || !good)
		return MANIFEST_MALFORMED;
	if (v->type == TYPE_DIR || v->type == TYPE_OTHER)
		return MANIFEST_SKIP;
	e->name = name->s;
	e->len = name->len;
	return full ? read_file(m, v, e) : read_nested(t, m, name, v, e);
}

static enum manifest_kind
read_line(struct mtree *t, const struct manifest *m,
    char *s, /* NOLINT(readability-non-const-parameter) */
    size_t len, struct manifest_entry *e)
{
	struct words line = { s, s + len };
	struct mtree_values v;
	struct word first;
	bool good;

	if (!next_word(&line, &first))
		return MANIFEST_SKIP;
	if (word_is(&first, "/set"))
		return read_set(t, &line);
	if (word_is(&first, "/unset"))
		return read_unset(t, &line);
	if (word_is(&first, ".."))
		return read_up(t, &line);
	v = t->set;
	good = read_keywords(&v, &line);
	return read_entry(t, m, &first, &v, good && v.type != TYPE_BAD, e);
}

/* ---- lines -------------------------------------------------------------------- */

static bool
goes_on(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[len - n - 1] == '\\')
		n++;
	return n % 2;
}

/* How much of a line is before its comment; a word goes on from the line before
 * if that ended in one. */
static size_t
before_comment(const struct mtree *t, const char *s, size_t len)
{
	bool in_word = t->goes_on && t->line.len &&
	    !text_is_blank(t->line.data[t->line.len - 1]);
	size_t i;

	for (i = 0; i < len && (in_word || s[i] != '#'); i++)
		in_word = !text_is_blank(s[i]);
	return i;
}

/* A comment that says which file the next entry was, all of it in this order. */
static bool
read_identity(struct manifest_file *f,
    char *s, /* NOLINT(readability-non-const-parameter) */
    size_t len)
{
	static const char *const names[] = { "device", "inode", "mtime", "ctime",
	    "read" };
	struct words line = { s + 1, s + len };
	struct word w, name, value;
	int64_t n[5];
	size_t i;

	for (i = 0; i < 5; i++) {
		if (!next_word(&line, &w) || !split(&w, &name, &value) ||
		    !word_is(&name, names[i]))
			return false;
		if (i < 2 ? code_get_decimal(value.s, value.len, i ? &f->ino :
		    &f->dev) < 0 : code_get_signed(value.s, value.len, &n[i]) < 0)
			return false;
	}
	f->mtime = n[2];
	f->ctime = n[3];
	f->read = n[4];
	return !next_word(&line, &w);
}

/* A line that does not go on. */
static enum manifest_kind
read_whole(struct mtree *t, const struct manifest *m, char *line, size_t len,
    struct manifest_entry *e)
{
	enum manifest_kind kind = read_line(t, m, line, len, e);

	e->file = t->file;
	t->file.known = false;
	return kind;
}

enum manifest_kind
mtree_line(struct mtree *t, const struct manifest *m, char *line, size_t len,
    struct manifest_entry *e)
{
	bool more;

	if (!t->goes_on && len && *line == '#') {
		t->file.known = read_identity(&t->file, line, len);
		return MANIFEST_SKIP;
	}
	len = before_comment(t, line, len);
	more = goes_on(line, len);
	if (!t->goes_on && !more)
		return read_whole(t, m, line, len, e);
	t->goes_on = more;
	if (t->line.len <= MTREE_LINE_MAX)
		buf_put(&t->line, line, len - more);
	return more ? MANIFEST_SKIP : mtree_end(t, m, e);
}

enum manifest_kind
mtree_end(struct mtree *t, const struct manifest *m, struct manifest_entry *e)
{
	size_t len = t->line.len;

	t->goes_on = false;
	t->line.len = 0;
	if (len <= MTREE_LINE_MAX)
		return len ? read_whole(t, m, t->line.data, len, e) :
		    MANIFEST_SKIP;
	mtree_lose(t);
	return MANIFEST_MALFORMED;
}

void
mtree_lose(struct mtree *t)
{
	t->goes_on = false;
	t->line.len = 0;
	/* it may have been a directory, or have set anything */
	t->broken = true;
	(void)lose_set(t);
}

bool
mtree_is_line(char *line, size_t len)
{
	struct words l = { line, line + len - goes_on(line, len) };
	struct mtree_values v = { .type = TYPE_NONE };
	struct word first;
	bool good;

	if (!next_word(&l, &first))
		return false;
	good = l.at < l.end && read_keywords(&v, &l);
	if (word_is(&first, "/set"))
		return good;
	/* no digest and no tag begins so */
	return good && v.type != TYPE_NONE && *first.s == '.';
}

const char *
mtree_keyword(const char *tag)
{
	for (size_t i = 0; i < DIGESTS; i++)
		if (!strcmp(digests[i].tag, tag))
			return digests[i].keyword;
	return NULL;
}
