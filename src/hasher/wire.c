#include "hasher/wire.h"

#include <string.h>

#include "base/buf.h"

#define REQUEST_HEAD 10 /* bytes before the names */

void
wire_put_request(struct buf *to, const struct wire_request *q)
{
	unsigned char head[REQUEST_HEAD];

	memcpy(head, &q->token, 8);
	head[8] = (unsigned char)q->how;
	head[9] = (unsigned char)q->alen;
	buf_put(to, head, sizeof(head));
	buf_put(to, q->algorithm, q->alen);
	buf_put(to, q->path, q->len);
}

int
wire_get_request(struct wire_request *q, const void *p, size_t n)
{
	const unsigned char *from = p;

	if (n < REQUEST_HEAD || from[8] > HASHER_STDIN ||
	    n - REQUEST_HEAD < from[9])
		return -1;
	memcpy(&q->token, from, 8);
	q->how = (enum hasher_how)from[8];
	q->alen = from[9];
	q->algorithm = (const char *)from + REQUEST_HEAD;
	q->path = q->algorithm + q->alen;
	q->len = n - REQUEST_HEAD - q->alen;
	return memchr(q->algorithm, '\0', n - REQUEST_HEAD) ? -1 : 0;
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
