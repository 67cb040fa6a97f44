/*
 * worker.h - a worker's end of the pool; for the files that run in a worker, and
 * only there: reply.c, take.c, worker.c.
 */
#ifndef PPOOL_WORKER_H
#define PPOOL_WORKER_H

#include "ppool/core.h"

enum { EXIT_INIT = 1, EXIT_OWNER = 2, EXIT_FRAME = 3, EXIT_MEMORY = 4 };

/* A chunk as it was received. */
struct batch {
	struct batch *next;
	struct frame_work head;
	uint64_t base;    /* the id of its first item */
	uint32_t left;    /* not answered */
	uint32_t taken;
	size_t at;        /* in data, of the next item to take */
	uint8_t *data;    /* the frame without its header */
	uint64_t answered[]; /* a bit for each item */
};

struct ppool_worker {
	int fd;
	unsigned number;
	size_t max_item;
	struct status_line *line;
	struct batch *first, **last; /* with items not answered, in order */
	struct batch *taking; /* the first with items not taken */
	struct batch *coming; /* being received; NULL: its header is */
	struct frame_work head;
	size_t got;           /* bytes of head, or of coming->data */
	uint64_t received;    /* items */
	uint64_t taken;
	bool eof;             /* the owner sends no more */
	bool gone;            /* the owner takes no more */
	uint8_t *out;         /* a struct frame_note and the group of answers */
	size_t out_len, out_size;
	uint32_t out_n;
	uint32_t ended;       /* items, since busy_since */
	int64_t now;          /* when last looked */
	int64_t busy_since;
	int64_t group_since;
};

#pragma GCC visibility push(hidden)

/* ---- reply.c -------------------------------------------------------------- */

/* There is no going on without memory: the owner has what this one held. */
void *ppool_must_alloc(size_t size);
/* Did a system call fail for want of memory in the kernel, which it may have
 * again? Then it was slept for. naps counts the times. */
bool ppool_lacked_memory(ssize_t n, int *naps);
/* Begins a group of answers; the time since the last is its items'. */
void ppool_group_begin(struct ppool_worker *w);
/* Sends what is in w->out as one frame, and begins the next group. -1: the
 * owner is gone. */
int ppool_send_frame(struct ppool_worker *w, enum frame_type type);
/* Sends the group, if there is one. -1: the owner is gone. */
int ppool_flush(struct ppool_worker *w);
/* Room in the group; -1 without memory. */
int ppool_out_reserve(struct ppool_worker *w, size_t len);
struct frame_answer ppool_answer_to(const struct ppool_worker *w,
    const struct batch *b, uint64_t id, int code,
    uint32_t flags, size_t len);
/* Ends an answer whose bytes have been put at off, behind its head. */
int ppool_end_answer(struct ppool_worker *w, struct batch **at,
    const struct frame_answer *a, size_t off);

#pragma GCC visibility pop

#endif
