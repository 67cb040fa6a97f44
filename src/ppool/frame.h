/*
 * frame.h - what passes between the owner and a worker.
 *
 * Both ends are one image on one machine, so integers are in host order and
 * functions are addresses. Every length is a multiple of FRAME_ALIGN, so that
 * items and results are aligned for what the application stores in them.
 *
 * Owner to worker, for each chunk: struct frame_work, then n times a struct
 * frame_item and its bytes, padded.
 *
 * Worker to owner: struct frame_note, once and first for the initializer's
 * value; then for groups of answers: n times a struct frame_answer and its
 * bytes, padded; and between those, with n 0, for what it asks for, a struct
 * frame_ask, or that it resigns. The owner checks all of it: see answer.c.
 */
#ifndef PPOOL_FRAME_H
#define PPOOL_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_ALIGN ((size_t)8)

/* A worker sends its group of answers when it has grown to this size. */
#define FRAME_GROUP ((size_t)64 << 10)

/* The largest max_item: lengths of frames are 32 bits wide. */
#define FRAME_MAX_ITEM ((size_t)1 << 30)

struct frame_work {
	uint32_t len; /* bytes that follow this header */
	uint32_t n;   /* items */
	uint64_t seq;
	uint64_t fn;
};

struct frame_item {
	uint32_t len; /* bytes of the item, without padding */
	uint32_t zero;
};

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_ANSWERS = 2,
	FRAME_ASK = 3,
	FRAME_RESIGN = 4
};

#define FRAME_MAGIC 0x7070u

struct frame_note {
	uint32_t len; /* bytes that follow this header */
	uint16_t magic;
	uint16_t type;
	uint32_t n;       /* answers; or 0: the initializer succeeded */
	uint32_t item_ns; /* that an item took of those ended; 0: none was */
};

enum frame_flag {
	FRAME_TOOBIG = 1, /* it was over max_item, and is not here */
	FRAME_PART = 2    /* the item has not ended, and code is 0 */
};

struct frame_answer {
	uint64_t seq;   /* of the chunk */
	uint32_t place; /* of the item in the chunk, from 0 */
	uint32_t len;   /* bytes of the result, without padding */
	int32_t code;
	uint32_t flags;
};

struct frame_ask {
	uint32_t chunks; /* as ppool_ask */
	uint32_t zero;
	uint64_t weight;
	uint64_t pace;
};

static inline size_t
frame_padded(size_t len)
{
	return (len + FRAME_ALIGN - 1) & ~(FRAME_ALIGN - 1);
}

#endif
