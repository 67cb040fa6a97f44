/*
 * talk.h - what phash says to a phash at the far end, and what that answers.
 *
 *     driver                          far end (phash --serve)
 *                                     TALK_MARK, then HELLO
 *     SETUP                           READY, or REFUSED and its end
 *     ALGORITHM                       nothing, or REFUSED and its end
 *     REQUEST ...                     PART ..., ANSWER ..., in any order
 *     PING                            PONG
 *                                     ALIVE, five times a second
 *     BYE, when all is answered       its end
 *
 * Bodies, by integers of fixed size, little-endian; a text is a u32 length and so
 * many bytes, without NUL:
 *
 *     HELLO      u32 TALK_PROTOCOL, text version of phash
 *     SETUP      u32 TALK_PROTOCOL, text version of phash, text algorithm number
 *                0, text directory, text engine, u32 workers (0: as many as
 *                CPUs), u32 names per chunk (0: adapts), u32 seconds without
 *                progress (0: never given up), u32 seconds of silence after
 *                which the driver is gone, though the connection is not, u8 1
 *                to read files twice, u64 bytes that an archive may expand to
 *     READY      u32 workers, text engine
 *     REFUSED    text why
 *     ALGORITHM  u8 number, text name
 *     REQUEST    u64 id, request (hasher/wire.h)
 *     PART       u64 id, answer of RESULT_OPENED, or part (hasher/wire.h)
 *     ANSWER     u64 id, answer (hasher/wire.h)
 *     PING       u64, which comes back in PONG
 *     PONG       u64
 *     ALIVE      u64 bytes digested so far
 *     BYE        nothing
 *
 * Both sides must be the same version: what they compute, and call things, is
 * then the same.
 */
#ifndef FAR_TALK_H
#define FAR_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel;
struct channel_frame;

#define TALK_PROTOCOL 1u

/* What a login shell prints comes before it. It is no text in any encoding. */
#define TALK_MARK "\0\377phash\377\r\n\0"
#define TALK_MARK_LEN (sizeof(TALK_MARK) - 1)

enum talk_type {
	TALK_HELLO = 1,
	TALK_SETUP,
	TALK_READY,
	TALK_REFUSED,
	TALK_ALGORITHM,
	TALK_REQUEST,
	TALK_PART,
	TALK_ANSWER,
	TALK_PING,
	TALK_PONG,
	TALK_ALIVE,
	TALK_BYE
};

/* Of a frame, until the next channel_receive; to be sent, of anything. */
struct talk_text {
	const char *s;
	size_t len;
};

struct talk_hello {
	uint32_t protocol;
	struct talk_text version;
};

struct talk_setup {
	struct talk_hello hello;
	struct talk_text algorithm, directory, engine;
	uint32_t jobs, chunk, timeout, silence;
	bool twice;
	uint64_t limit;
};

struct talk_ready {
	uint32_t jobs;
	struct talk_text engine;
};

/* Are both the same version of the same protocol? */
bool talk_is_same(const struct talk_hello *a, const struct talk_hello *b);

/* A text that ends in NUL, to be sent. */
struct talk_text talk_text(const char *s);

/* Each puts a frame on the channel, which is sent when channel_send is called. */
void talk_say_hello(struct channel *c, const struct talk_hello *h);
void talk_say_setup(struct channel *c, const struct talk_setup *s);
void talk_say_ready(struct channel *c, const struct talk_ready *r);
void talk_say_refused(struct channel *c, const char *why);
void talk_say_algorithm(struct channel *c, unsigned number, const char *name);
void talk_say_number(struct channel *c, enum talk_type type, uint64_t x);
void talk_say_bye(struct channel *c);
/* REQUEST, PART and ANSWER. */
void talk_say_item(struct channel *c, enum talk_type type, uint64_t id,
    const void *p, size_t n);

/* Each reads the body of a frame of that type: 0, or -1 when it is none. */
int talk_hear_hello(struct talk_hello *h, const struct channel_frame *f);
int talk_hear_setup(struct talk_setup *s, const struct channel_frame *f);
int talk_hear_ready(struct talk_ready *r, const struct channel_frame *f);
int talk_hear_text(struct talk_text *why, const struct channel_frame *f);
int talk_hear_algorithm(unsigned *number, struct talk_text *name,
    const struct channel_frame *f);
int talk_hear_number(uint64_t *x, const struct channel_frame *f);
/* What follows the id: n bytes at *p. */
int talk_hear_item(uint64_t *id, const unsigned char **p, size_t *n,
    const struct channel_frame *f);

#endif
