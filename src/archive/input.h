/*
 * input.h - the bytes of a file, decompressed: a stack of layers.
 *
 * The lowest layer is the file; each further one decompresses what it takes
 * from the one below. Layers are told by the first bytes alone, never by a
 * name. A layer vouches for what it has given only when it has come to its end:
 * checksums that its format has are verified, and what follows the end of the
 * compressed data is an error. Zeros may follow gzip data, as gzip(1) has it, and
 * a multiple of four may follow those of xz (its specification, 2.2).
 *
 * All of this room runs in workers, in any thread, one at a time for an input.
 * Nothing is printed; no memory is a failure like any other.
 */
#ifndef ARCHIVE_INPUT_H
#define ARCHIVE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INPUT_WHY 256    /* bytes of a reason, with its NUL */
#define INPUT_LAYERS 25  /* at most; as many as libarchive allows */
#define INPUT_BLOCK ((size_t)256 * 1024)

struct layer;

struct input {
	int fd;             /* borrowed */
	bool seekable;      /* a regular file that is not compressed */
	unsigned threads;   /* a layer may start so many; at least 1 */
	struct layer *top;
	unsigned layers;    /* the file is one; without idle ones */
	uint64_t taken;     /* bytes that were read from the file */
	uint64_t expanded;  /* bytes that came out of layers above the file */
	uint64_t limit;     /* of them, of all layers together */
	char why[INPUT_WHY]; /* an English phrase, once something has failed */

	void *cookie;
	/* So many bytes were read from the file. May be NULL. */
	void (*on_read)(void *cookie, size_t n);
};

/*
 * Builds the stack on fd, which may be non-blocking and is read from where it
 * stands. The caller sets fd, seekable, threads, limit, cookie and on_read, and
 * zeroes the rest. 0, or -1 with why; to be released in both cases.
 */
int input_open(struct input *in);

void input_release(struct input *in);

/* The next bytes, n > 0 of them, valid until the next call. 1; 0 at the end; -1
 * with why. */
int input_next(struct input *in, const void **p, size_t *n);

/* The bytes that come next, as many as the top layer has at hand: of a file 512
 * at least unless it has fewer. Those of an open input can be had at any time
 * before the first input_next. */
const unsigned char *input_peek(const struct input *in, size_t *n);

/* Goes to a place in the file, the only layer of a seekable input. Its new
 * place, or -1 with why. */
int64_t input_seek(struct input *in, int64_t offset, int whence);

/* Sets why, for whoever returns -1. */
int input_fail(struct input *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- for layers -------------------------------------------------------------- */

struct layer {
	const struct layer_ops *ops;
	struct layer *below;     /* NULL: it is the file */
	const unsigned char *at; /* n bytes that were made and not yet taken */
	size_t n;
	bool ended;
	bool failed;             /* after those n bytes */
	bool idle;               /* it decodes nothing: what it was taken for
	                          * was something else */
};

struct layer_ops {
	/* Do these first n bytes begin what this layer decodes? */
	bool (*begins)(const unsigned char *p, size_t n);
	/* A new layer, which takes from l->below by layer_next. NULL with why,
	 * or with errno ENOMEM. */
	struct layer *(*new)(struct input *in, struct layer *below);
	/* Makes the next bytes: sets at and n, which is 0 at the end. 0, or -1
	 * with why, and n bytes that came before the fault. */
	int (*make)(struct input *in, struct layer *l);
	void (*free)(struct layer *l);
};

/* As input_next, of any layer. */
int layer_next(struct input *in, struct layer *l, const void **p, size_t *n);

extern const struct layer_ops gzip_ops, xz_ops;
extern const struct layer_ops bzip2_ops, zstd_ops, lz4_ops, lzip_ops, lzma_ops,
    compress_ops; /* filter.c */

#endif
