#include "hasher/wire.h"

#include <string.h>

#include "base/compat.h"

#define ANSWER_HEAD (1 + 4 + 8)

static unsigned char *
put64(unsigned char *to, uint64_t x)
{
	x = htole64(x);
	memcpy(to, &x, sizeof(x));
	return to + sizeof(x);
}

static uint64_t
get64(const unsigned char **from)
{
	uint64_t x;

	memcpy(&x, *from, sizeof(x));
	*from += sizeof(x);
	return le64toh(x);
}

void
wire_put_head(unsigned char head[WIRE_HEAD], const struct entry *e)
{
	static const struct entry_root none;
	const struct entry_root *root = e->root ? e->root : &none;
	unsigned char *p = head;

	*p++ = (unsigned char)e->kind;
	*p++ = (unsigned char)e->algorithm;
	p = put64(p, e->id.dev);
	p = put64(p, e->id.ino);
	p = put64(p, e->id.size);
	p = put64(p, e->root ? root->below : UINT64_MAX);
	p = put64(p, root->dev);
	(void)put64(p, root->ino);
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
	e->id.dev = get64(&from);
	e->id.ino = get64(&from);
	e->id.size = get64(&from);
	below = get64(&from);
	root->dev = get64(&from);
	root->ino = get64(&from);
	e->name = (const char *)from;
	e->len = n - WIRE_HEAD - 1;
	if (below != UINT64_MAX) {
		if (below > e->len)
			return -1;
		root->below = (size_t)below;
		e->root = root;
	}
	/* the one NUL is the last byte */
	return memchr(e->name, '\0', e->len + 1) == e->name + e->len ? 0 : -1;
}

size_t
wire_put_answer(unsigned char to[WIRE_ANSWER_MAX], const struct result *r)
{
	const uint32_t code = htole32((uint32_t)r->code);
	unsigned char *p = to;

	*p++ = (unsigned char)r->status;
	memcpy(p, &code, sizeof(code));
	p += sizeof(code);
	p = put64(p, r->size);
	memcpy(p, r->digest, r->digestlen);
	return ANSWER_HEAD + r->digestlen;
}

int
wire_get_answer(struct result *r, size_t digestlen, const void *p, size_t n)
{
	const unsigned char *from = p;
	uint32_t code;

	if (n < ANSWER_HEAD || from[0] >= RESULT_STATUSES)
		return -1;
	if (n - ANSWER_HEAD != (from[0] == RESULT_OK ? digestlen : 0))
		return -1;
	r->status = (enum result_status)*from++;
	memcpy(&code, from, sizeof(code));
	from += sizeof(code);
	r->code = (int)le32toh(code);
	r->size = get64(&from);
	r->digestlen = n - ANSWER_HEAD;
	memcpy(r->digest, from, r->digestlen);
	return 0;
}
