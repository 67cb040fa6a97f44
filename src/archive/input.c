#include "archive/input.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_PEEK 512

static const struct layer_ops *const compressions[] = { &gzip_ops, &xz_ops,
    &bzip2_ops, &zstd_ops, &lz4_ops, &lzip_ops, &lzma_ops, &compress_ops };

int
input_fail(struct input *in, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(in->why, sizeof(in->why), fmt, ap); /* may be cut */
	va_end(ap);
	return -1;
}

/* ---- the file ----------------------------------------------------------------- */

struct file {
	struct layer layer;
	unsigned char buf[INPUT_BLOCK];
};

static void
file_wait(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)poll(&p, 1, -1); /* read says what is there */
}

/* As read(2), but waits for bytes of a non-blocking descriptor. */
static ssize_t
file_read(int fd, void *p, size_t n)
{
	ssize_t got;

	while ((got = read(fd, p, n)) < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			file_wait(fd);
		else if (errno != EINTR)
			break;
	}
	return got;
}

/* Enough to tell what it is, though a pipe may give byte by byte. */
static int
file_make(struct input *in, struct layer *l)
{
	struct file *f = (struct file *)l;
	size_t n = 0;
	ssize_t got;

	do {
		got = file_read(in->fd, f->buf + n, sizeof(f->buf) - n);
		if (got < 0)
			return input_fail(in, "%s", strerror(errno));
		n += (size_t)got;
		in->taken += (uint64_t)got;
		if (in->on_read)
			in->on_read(in->cookie, (size_t)got);
	} while (got > 0 && n < INPUT_PEEK);
	l->at = f->buf;
	l->n = n;
	return 0;
}

static void
file_free(struct layer *l)
{
	free(l);
}

static const struct layer_ops file_ops = { NULL, NULL, file_make, file_free };

int64_t
input_seek(struct input *in, int64_t offset, int whence)
{
	off_t at;

	/* what was read ahead of the reader is counted from there */
	if (whence == SEEK_CUR)
		offset -= (int64_t)in->top->n;
	at = lseek(in->fd, (off_t)offset, whence);
	if (at < 0)
		return input_fail(in, "%s", strerror(errno));
	in->top->n = 0;
	in->top->ended = false;
	return at;
}

/* ---- the stack ---------------------------------------------------------------- */

/* Something at hand, if there is anything. 0, or -1 with why. */
static int
layer_fill(struct input *in, struct layer *l)
{
	if (l->n || l->ended)
		return 0;
	if (!l->failed)
		l->failed = l->ops->make(in, l) < 0;
	if (l->failed && !l->n)
		return -1;
	l->ended = l->n == 0;
	if (!l->below || l->idle)
		return 0;
	in->expanded += l->n;
	if (in->expanded > in->limit)
		return input_fail(in, "expands to more than %llu bytes",
		    (unsigned long long)in->limit);
	return 0;
}

int
layer_next(struct input *in, struct layer *l, const void **p, size_t *n)
{
	if (layer_fill(in, l) < 0)
		return -1;
	*p = l->at;
	*n = l->n;
	l->n = 0;
	return *n > 0;
}

static const struct layer_ops *
input_compression(const struct layer *l)
{
	size_t i;

	for (i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++)
		if (compressions[i]->begins(l->at, l->n))
			return compressions[i];
	return NULL;
}

static int
input_push(struct input *in, const struct layer_ops *ops)
{
	struct layer *l = ops->new(in, in->top);

	if (!l)
		return in->why[0] ? -1 : input_fail(in, "%s", strerror(ENOMEM));
	l->ops = ops;
	l->below = in->top;
	in->top = l;
	in->layers += !l->idle;
	in->seekable = false;
	return 0;
}

int
input_open(struct input *in)
{
	const struct layer_ops *ops = &file_ops;
	struct file *f = malloc(sizeof(*f));

	if (!f)
		return input_fail(in, "%s", strerror(ENOMEM));
	memset(&f->layer, 0, sizeof(f->layer));
	f->layer.ops = ops;
	in->top = &f->layer;
	in->layers = 1;
	if (layer_fill(in, in->top) < 0)
		return -1;
	while (!in->top->idle && (ops = input_compression(in->top))) {
		if (in->layers == INPUT_LAYERS)
			return input_fail(in, "compressed more than %d times",
			    INPUT_LAYERS - 1);
		if (input_push(in, ops) < 0 || layer_fill(in, in->top) < 0)
			return -1;
	}
	return 0;
}

void
input_release(struct input *in)
{
	struct layer *l;

	while ((l = in->top)) {
		in->top = l->below;
		l->ops->free(l);
	}
}

int
input_next(struct input *in, const void **p, size_t *n)
{
	return layer_next(in, in->top, p, n);
}

const unsigned char *
input_peek(const struct input *in, size_t *n)
{
	*n = in->top->n;
	return in->top->at;
}
