#include "hasher/wire.h"

#include <string.h>

#define ANSWER_HEAD (1 + 4 + 8)

static unsigned char *
put(unsigned char *to, uint64_t x, unsigned bytes)
{
	for (; bytes; bytes--, x >>= 8)
		*to++ = (unsigned char)x;
	return to;
}

static uint64_t
get(const unsigned char **from, unsigned bytes)
{
	uint64_t x = 0;
	unsigned i;

	for (i = 0; i < bytes; i++)
		x |= (uint64_t)(*from)[i] << 8 * i;
	*from += bytes;
	return x;
}

void
wire_put_head(unsigned char head[WIRE_HEAD], const struct entry *e)
{
	static const struct entry_root none;
	const struct entry_root *root = e->root ? e->root : &none;
	unsigned char *p = head;

	*p++ = (unsigned char)e->kind;
	*p++ = (unsigned char)e->algorithm;
	p = put(p, e->id.dev, 8);
	p = put(p, e->id.ino, 8);
	p = put(p, e->id.size, 8);
	p = put(p, e->root ? root->below : UINT64_MAX, 8);
	p = put(p, root->dev, 8);
	(void)put(p, root->ino, 8);
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
	e->id.dev = get(&from, 8);
	e->id.ino = get(&from, 8);
	e->id.size = get(&from, 8);
	below = get(&from, 8);
	root->dev = get(&from, 8);
	root->ino = get(&from, 8);
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
	unsigned char *p = to;

	*p++ = (unsigned char)r->status;
	p = put(p, (uint32_t)r->code, 4);
	p = put(p, r->size, 8);
	memcpy(p, r->digest, r->digestlen);
	return ANSWER_HEAD + r->digestlen;
}

int
wire_get_answer(struct result *r, size_t digestlen, const void *p, size_t n)
{
	const unsigned char *from = p;

	if (n < ANSWER_HEAD || from[0] >= RESULT_STATUSES)
		return -1;
	if (n - ANSWER_HEAD != (from[0] == RESULT_OK ? digestlen : 0))
		return -1;
	r->status = (enum result_status)*from++;
	r->code = (int)(uint32_t)get(&from, 4);
	r->size = get(&from, 8);
	r->digestlen = n - ANSWER_HEAD;
	memcpy(r->digest, from, r->digestlen);
	return 0;
}
