#include "base/line.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_CHUNK 65536 /* bytes asked for at a time, at least */
#define LINE_ROOM (2 * LINE_LONGEST)
#define LINE_PAUSE_MS 50 /* where poll(2) and read(2) disagree */

/* Room for a chunk, and one byte that is never read into. 0 or -1. */
static int
line_reserve(struct line *l)
{
	size_t cap = l->cap ? l->cap : LINE_CHUNK;
	char *buf;

	if (l->start) {
		memmove(l->buf, l->buf + l->start, l->end - l->start);
		l->end -= l->start;
		l->start = 0;
	}
	if (l->cap && l->cap - l->end > LINE_CHUNK / 2)
		return 0;
	if (l->cap)
		cap *= 2;
	if (cap > LINE_ROOM) {
		errno = EFBIG;
		return -1;
	}
	buf = realloc(l->buf, cap);
	if (!buf)
		return -1;
	l->buf = buf;
	l->cap = cap;
	return 0;
}

/* Would read(2) return at once, with data, the end or an error? Not known, so
 * not true, when a signal interrupts poll(2). */
static bool
line_is_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = poll(&p, 1, 0);

	return n > 0 || (n < 0 && errno != EINTR);
}

/* Waits until there is something to read. 0 or -1. */
static int
line_wait(const struct line *l, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (!l->wait)
		return poll(&p, 1, -1) < 0 && errno != EINTR ? -1 : 0;
	if (l->wait(l->cookie, fd) < 0) {
		errno = ECANCELED;
		return -1;
	}
	return 0;
}

/* Waits after a read that gave EAGAIN: another process has made fd
 * non-blocking. Where poll(2) still calls it readable, the pause keeps the
 * caller's loop from spinning. 0 or -1. */
static int
line_wait_again(const struct line *l, int fd)
{
	if (line_is_ready(fd))
		(void)poll(NULL, 0, LINE_PAUSE_MS);
	return line_wait(l, fd);
}

/* Reads more, or finds the end. 0 or -1 with errno. */
static int
line_fill(struct line *l, int fd)
{
	ssize_t n;

	if (line_reserve(l) < 0)
		return -1;
	if (l->wait && !line_is_ready(fd) && line_wait(l, fd) < 0)
		return -1;
	while ((n = read(fd, l->buf + l->end, l->cap - l->end - 1)) < 0) {
		if (errno == EINTR)
			continue;
		if ((errno != EAGAIN && errno != EWOULDBLOCK) ||
		    line_wait_again(l, fd) < 0)
			return -1;
	}
	l->end += (size_t)n;
	l->ended = n == 0;
	return 0;
}

/* Hands out len bytes, and drops what ends them. */
static int
line_take(struct line *l, size_t len, size_t drop)
{
	l->data = l->buf + l->start;
	l->data[len] = '\0';
	l->len = len;
	l->start += len + drop;
	return 1;
}

/* The first delimiter of n bytes; NULL: there is none. */
static char *
line_find(struct line *l, char *s, size_t n, int delim)
{
	char *at = memchr(s, delim == LINE_EITHER ? l->delim : delim, n);
	char *nul;

	if (delim != LINE_EITHER || l->known)
		return at;
	/* l->delim is a newline as yet */
	nul = memchr(s, '\0', at ? (size_t)(at - s) : n);
	l->known = at || nul;
	if (nul)
		l->delim = '\0';
	return nul ? nul : at;
}

int
line_next(struct line *l, int fd, int delim)
{
	size_t seen = 0, n; /* seen: bytes without a delimiter */
	char *at;

	if (!l->known)
		l->delim = '\n';
	for (;;) {
		n = l->end - l->start;
		at = n > seen ? line_find(l, l->buf + l->start + seen, n - seen,
		    delim) : NULL;
		if (at)
			return line_take(l,
			    (size_t)(at - l->buf) - l->start, 1);
		if (l->ended)
			return n ? line_take(l, n, 0) : 0;
		seen = n;
		if (line_fill(l, fd) < 0) {
			l->start = l->end; /* part of a line is dropped */
			return -1;
		}
	}
}

const char *
line_strerror(int err)
{
	return err == EFBIG ? "a line is too long" : strerror(err);
}

void
line_release(struct line *l)
{
	free(l->buf);
	l->data = l->buf = NULL;
	l->len = l->start = l->end = l->cap = 0;
	l->ended = l->known = false;
}
