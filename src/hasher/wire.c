#include "hasher/wire.h"

#include <string.h>

#include "base/buf.h"

/* Bytes before the names. */
#define REQUEST_HEAD (sizeof(struct entry) + 1)

void
wire_put_request(struct buf *to, const struct wire_request *q)
{
	buf_put(to, &q->entry, sizeof(q->entry));
	buf_putc(to, (char)q->alen);
	buf_put(to, q->algorithm, q->alen);
	buf_put(to, q->entry.name, q->entry.len);
}

int
wire_get_request(struct wire_request *q, const void *p, size_t n)
{
	const char *from = p, *names = from + REQUEST_HEAD;

	if (n < REQUEST_HEAD)
		return -1;
	memcpy(&q->entry, from, sizeof(q->entry));
	q->alen = (unsigned char)from[REQUEST_HEAD - 1];
	n -= REQUEST_HEAD;
	if (q->entry.kind >= ENTRY_KINDS || n < q->alen ||
	    q->entry.len != n - q->alen)
		return -1;
	q->algorithm = names;
	q->entry.name = names + q->alen;
	return memchr(names, '\0', n) ? -1 : 0;
}

size_t
wire_put_answer(unsigned char to[WIRE_ANSWER_MAX], const struct result *r)
{
	int32_t code = r->code;

	to[0] = (unsigned char)r->status;
	memcpy(to + 1, &code, 4);
	memcpy(to + 5, &r->size, 8);
	memcpy(to + 13, r->digest, r->digestlen);
	return 13 + r->digestlen;
}

int
wire_get_answer(struct result *r, size_t digestlen, const void *p, size_t n)
{
	const unsigned char *from = p;
	int32_t code;

	if (n < 13 || from[0] >= RESULT_STATUSES)
		return -1;
	if (n - 13 != (from[0] == RESULT_OK ? digestlen : 0))
		return -1;
	memcpy(&code, from + 1, 4);
	r->status = (enum result_status)from[0];
	r->code = code;
	memcpy(&r->size, from + 5, 8);
	r->digestlen = n - 13;
	memcpy(r->digest, from + 13, r->digestlen);
	return 0;
}
