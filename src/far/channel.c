#include "far/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/little.h"

#define CHANNEL_HEAD 4
#define CHANNEL_READ ((size_t)64 * 1024)

void
channel_init(struct channel *c, int in, int out)
{
	*c = (struct channel){ .in = in, .out = out };
}

void
channel_release(struct channel *c)
{
	buf_release(&c->got);
	buf_release(&c->unsent);
}

/* What is done with, the first *done bytes, makes room when that is no less than is
 * left. */
static void
channel_compact(struct buf *b, size_t *done)
{
	size_t left = b->len - *done;

	if (*done < left)
		return;
	if (left)
		memmove(b->data, b->data + *done, left);
	b->len = left;
	*done = 0;
}

/* ---- out ---------------------------------------------------------------------- */

struct buf *
channel_begin(struct channel *c, unsigned type)
{
	c->open = c->unsent.len;
	buf_put(&c->unsent, "\0\0\0", CHANNEL_HEAD);
	buf_putc(&c->unsent, (char)type);
	return &c->unsent;
}

void
channel_end(struct channel *c)
{
	size_t n = c->unsent.len - c->open - CHANNEL_HEAD;

	(void)little_put32((unsigned char *)c->unsent.data + c->open,
	    (uint32_t)n);
}

int
channel_send(struct channel *c)
{
	while (channel_pending(c)) {
		ssize_t n = write(c->out, c->unsent.data + c->sent,
		    channel_pending(c));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0)
			return -1;
		c->sent += (size_t)n;
	}
	channel_compact(&c->unsent, &c->sent);
	return 0;
}

/* ---- in ----------------------------------------------------------------------- */

int
channel_receive(struct channel *c)
{
	ssize_t n;

	channel_compact(&c->got, &c->at);
	do
		n = read(c->in, buf_reserve(&c->got, CHANNEL_READ),
		    CHANNEL_READ);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		c->got.len += (size_t)n;
		return 1;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n == 0)
		errno = 0;
	return -1;
}

int
channel_next(struct channel *c, struct channel_frame *f)
{
	const unsigned char *at = (unsigned char *)c->got.data + c->at;
	size_t left = c->got.len - c->at;
	uint32_t n;

	if (left < CHANNEL_HEAD)
		return 0;
	n = little_get32(&at);
	if (!n || n > CHANNEL_FRAME_MAX)
		return -1;
	if (left - CHANNEL_HEAD < n)
		return 0;
	f->type = *at;
	f->body = at + 1;
	f->n = n - 1;
	c->at += CHANNEL_HEAD + n;
	return 1;
}

bool
channel_find(struct channel *c, const void *mark, size_t n, size_t *before)
{
	const char *first = mark;
	const char *at = c->got.data, *end = c->got.data + c->got.len;

	for (*before = c->got.len; at &&
	    (at = memchr(at, *first, (size_t)(end - at))); at++) {
		if ((size_t)(end - at) >= n && !memcmp(at, mark, n)) {
			*before = (size_t)(at - c->got.data);
			c->at = *before + n;
			return true;
		}
	}
	return false;
}
