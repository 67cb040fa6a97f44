#include "hasher/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/little.h"

#define OUTCOME (1 + 4 + 8)
#define ANSWER_HEAD (OUTCOME + WIRE_IDENTITY)
#define PART_HEAD (OUTCOME + 4 + 8 + 1)

void
wire_put_head(unsigned char head[WIRE_HEAD], const struct entry *e)
{
	static const struct entry_root none;
	const struct entry_root *root = e->root ? e->root : &none;
	unsigned char *p = head;

	*p++ = (unsigned char)e->kind;
	*p++ = (unsigned char)e->algorithm;
	*p++ = e->archive;
	p = little_put64(p, e->id.dev);
	p = little_put64(p, e->id.ino);
	p = little_put64(p, e->id.size);
	p = little_put64(p, (uint64_t)e->id.mtime);
	p = little_put64(p, (uint64_t)e->id.ctime);
	p = little_put64(p, e->root ? root->below : UINT64_MAX);
	p = little_put64(p, root->dev);
	(void)little_put64(p, root->ino);
}

bool
wire_asks_listing(const void *p, size_t n)
{
	return n > WIRE_HEAD && *(const unsigned char *)p == ENTRY_TREE;
}

const char *
wire_name(const void *p, size_t n, size_t len)
{
	return (const char *)p + n - len - 1;
}

int
wire_get_request(struct entry *e, struct entry_root *root, const void *p,
    size_t n)
{
	const unsigned char *from = p;
	uint64_t below;

	if (n <= WIRE_HEAD || *from >= ENTRY_KINDS)
		return -1;
	memset(e, 0, sizeof(*e));
	e->kind = (enum entry_kind)*from++;
	e->algorithm = *from++;
	e->archive = *from++ != 0;
	e->id.dev = little_get64(&from);
	e->id.ino = little_get64(&from);
	e->id.size = little_get64(&from);
	e->id.mtime = (int64_t)little_get64(&from);
	e->id.ctime = (int64_t)little_get64(&from);
	below = little_get64(&from);
	root->dev = little_get64(&from);
	root->ino = little_get64(&from);
	e->name = (const char *)from;
	e->len = n - WIRE_HEAD - 1;
	if (below != UINT64_MAX) {
		/* an operand has no slash behind it that is counted */
		if (below > e->len + (e->kind == ENTRY_TREE))
			return -1;
		root->below = (size_t)below;
		e->root = root;
	}
	/* the one NUL is the last byte */
	return memchr(e->name, '\0', e->len + 1) == e->name + e->len ? 0 : -1;
}

static unsigned char *
put_text(unsigned char *to, const char *text, size_t len)
{
	memcpy(to, text, len);
	to[len] = '\0';
	return to + len + 1;
}

/* Status, code and size: OUTCOME bytes. */
static unsigned char *
put_outcome(unsigned char *to, const struct result *r)
{
	*to++ = (unsigned char)r->status;
	to = little_put32(to, (uint32_t)r->code);
	return little_put64(to, r->size);
}

static void
get_outcome(struct result *r, const unsigned char **from)
{
	r->status = (enum result_status)*(*from)++;
	r->code = (int)little_get32(from);
	r->size = little_get64(from);
}

unsigned char *
wire_put_identity(unsigned char *to, const struct entry_identity *id)
{
	to = little_put64(to, id->dev);
	to = little_put64(to, id->ino);
	to = little_put64(to, id->size);
	to = little_put64(to, (uint64_t)id->mtime);
	to = little_put64(to, (uint64_t)id->ctime);
	return little_put32(to, id->mode);
}

struct entry_identity
wire_get_identity(const unsigned char **from)
{
	struct entry_identity id;

	id.dev = little_get64(from);
	id.ino = little_get64(from);
	id.size = little_get64(from);
	id.mtime = (int64_t)little_get64(from);
	id.ctime = (int64_t)little_get64(from);
	id.mode = little_get32(from);
	return id;
}

size_t
wire_put_answer(unsigned char to[WIRE_ANSWER_MAX], const struct result *r)
{
	unsigned char *p = wire_put_identity(put_outcome(to, r), &r->entry.id);
	size_t len;

	memcpy(p, r->digest, r->digestlen);
	p += r->digestlen;
	if (r->status == RESULT_ARCHIVE) {
		len = strlen(r->text);
		p = put_text(p, r->text, len < WIRE_TEXT_MAX ? len :
		    WIRE_TEXT_MAX - 1);
	}
	return (size_t)(p - to);
}

/* Is there one NUL in the n bytes, as the last? */
static bool
is_text(const unsigned char *p, size_t n)
{
	return n > 0 && memchr(p, '\0', n) == p + n - 1;
}

int
wire_get_answer(struct result *r, size_t digestlen, const void *p, size_t n)
{
	const unsigned char *from = p;
	struct entry_identity id;

	if (n < ANSWER_HEAD || from[0] >= RESULT_STATUSES)
		return -1;
	n -= ANSWER_HEAD;
	if (from[0] == RESULT_ARCHIVE ? !is_text(from + ANSWER_HEAD, n) :
	    from[0] != RESULT_LISTED &&
	    n != (from[0] == RESULT_OK ? digestlen : 0))
		return -1;
	get_outcome(r, &from);
	id = wire_get_identity(&from);
	if (id.mode)
		r->entry.id = id;
	r->digestlen = 0;
	r->text = r->status == RESULT_ARCHIVE || r->status == RESULT_LISTED ?
	    (const char *)from : NULL;
	if (r->status == RESULT_LISTED)
		r->size = n;
	if (r->status != RESULT_OK)
		return 0;
	r->digestlen = digestlen;
	memcpy(r->digest, from, digestlen);
	return 0;
}

bool
wire_is_opened(const void *p, size_t n)
{
	return n == ANSWER_HEAD && *(const unsigned char *)p == RESULT_OPENED;
}

/* A member has no other. */
static bool
is_of_member(unsigned status)
{
	return status == RESULT_OK || status == RESULT_ARCHIVE ||
	    status == RESULT_LINK || status == RESULT_OTHER ||
	    status == RESULT_DIGEST;
}

void *
wire_new_part(const struct result *r, size_t *n)
{
	const char *text = r->text ? r->text : "";
	size_t len = strlen(text);
	unsigned char *part, *p;

	*n = PART_HEAD + r->digestlen + r->entry.len + 1 + len + 1;
	part = malloc(*n);
	if (!part)
		return NULL;
	p = put_outcome(part, r);
	p = little_put32(p, r->entry.id.mode);
	p = little_put64(p, (uint64_t)r->entry.id.mtime);
	*p++ = (unsigned char)r->digestlen;
	memcpy(p, r->digest, r->digestlen);
	p = put_text(p + r->digestlen, r->entry.name, r->entry.len);
	(void)put_text(p, text, len);
	return part;
}

int
wire_get_part(struct result *r, size_t digestlen, const void *p, size_t n)
{
	const unsigned char *from = p, *end = from + n, *text;

	if (n < PART_HEAD || !is_of_member(from[0]) ||
	    from[PART_HEAD - 1] != (from[0] == RESULT_OK ? digestlen : 0) ||
	    n - PART_HEAD < from[PART_HEAD - 1])
		return -1;
	get_outcome(r, &from);
	r->entry.id = (struct entry_identity){ .mode = little_get32(&from) };
	r->entry.id.mtime = (int64_t)little_get64(&from);
	r->digestlen = *from++;
	memcpy(r->digest, from, r->digestlen);
	from += r->digestlen;
	text = memchr(from, '\0', (size_t)(end - from));
	if (!text || !is_text(text + 1, (size_t)(end - text) - 1))
		return -1;
	r->entry.name = (const char *)from;
	r->entry.len = (size_t)(text - from);
	r->text = (const char *)text + 1;
	return 0;
}
