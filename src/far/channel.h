/*
 * channel.h - frames over two descriptors, to another machine and back.
 *
 * A frame is a u32 length of what follows it, little-endian, a u8 type, and a
 * body. Neither side trusts the other: a length above CHANNEL_FRAME_MAX, or 0,
 * is the end of all. What is said is talk.h's.
 */
#ifndef FAR_CHANNEL_H
#define FAR_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A name has at most 16 MiB. */
#define CHANNEL_FRAME_MAX ((uint32_t)(16 * 1024 * 1024 + 64 * 1024))

struct channel {
	int in, out;        /* the owner's; may be the same */
	struct buf got;     /* received; before at it was taken */
	size_t at;
	struct buf unsent;  /* frames; before sent they were sent */
	size_t sent;
	size_t open;        /* where the frame begins that is being written */
};

struct channel_frame {
	unsigned type;
	const unsigned char *body; /* n bytes, until the next channel_receive */
	size_t n;
};

void channel_init(struct channel *c, int in, int out);

/* Does not close the descriptors. */
void channel_release(struct channel *c);

/* Begins a frame, whose body is appended to the buffer that is returned, and ends
 * it. Nothing is sent yet. */
struct buf *channel_begin(struct channel *c, unsigned type);
void channel_end(struct channel *c);

/* Bytes that wait to be sent. */
static inline size_t
channel_pending(const struct channel *c)
{
	return c->unsent.len - c->sent;
}

/* Sends what out takes now; all, where out waits. 0, or -1 with errno when the
 * other side is gone. */
int channel_send(struct channel *c);

/* Reads what there is, waiting for it where in waits. 1; 0: nothing now; -1: the
 * end, with errno, which is 0 at a proper one. */
int channel_receive(struct channel *c);

/* The next frame that is whole. 1; 0: there is none yet; -1: what came is no
 * frame. */
int channel_next(struct channel *c, struct channel_frame *f);

/* Takes what was received up to the n bytes of mark, with them. False: they are not
 * there yet; before says how many bytes of something else come first. */
bool channel_find(struct channel *c, const void *mark, size_t n,
    size_t *before);

#endif
