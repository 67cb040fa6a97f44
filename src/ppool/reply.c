/* reply.c - in a worker: answers, and what else it says to the owner. */
#include "ppool/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A group of answers that is so old is sent when one more is added. */
#define GROUP_NS ((int64_t)5000000)

/* For so many naps memory is asked for again: as long as the owner does. */
#define NAPS (PPOOL_SCARCE_NS / PPOOL_SHORT_NS)

void *
ppool_must_alloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		_exit(EXIT_MEMORY);
	return p;
}

bool
ppool_lacked_memory(ssize_t n, int *naps)
{
	if (n >= 0 || (errno != ENOBUFS && errno != ENOMEM) ||
	    (*naps)++ >= NAPS)
		return false;
	ppool_nap();
	return true;
}

/* ---- sending -------------------------------------------------------------- */

void
ppool_group_begin(struct ppool_worker *w)
{
	w->out_len = sizeof(struct frame_note);
	w->out_n = 0;
	w->now = ppool_now();
	if (w->ended)
		w->busy_since = w->now;
	w->ended = 0;
}

int
ppool_send_frame(struct ppool_worker *w, enum frame_type type)
{
	int64_t ns = w->ended ? (w->now - w->busy_since) / w->ended + 1 : 0;
	const struct frame_note note = {
		.len = (uint32_t)(w->out_len - sizeof(note)),
		.magic = FRAME_MAGIC,
		.type = (uint16_t)type,
		.n = w->out_n,
		.item_ns = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX,
	};
	size_t sent = 0;
	int naps = 0;

	memcpy(w->out, &note, sizeof(note));
	while (!w->gone && sent < w->out_len) {
		ssize_t n = send(w->fd, w->out + sent, w->out_len - sent,
		    MSG_NOSIGNAL);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EINTR && !ppool_lacked_memory(n, &naps))
			w->gone = true;
	}
	ppool_group_begin(w);
	return w->gone ? -1 : 0;
}

int
ppool_flush(struct ppool_worker *w)
{
	if (!w->out_n)
		return w->gone ? -1 : 0;
	w->now = ppool_now();
	return ppool_send_frame(w, FRAME_ANSWERS);
}

/* ---- answering ------------------------------------------------------------ */

static struct batch **
find_item(struct ppool_worker *w, uint64_t id)
{
	struct batch **at;

	for (at = &w->first; *at; at = &(*at)->next) {
		const struct batch *b = *at;
		uint64_t place = id - b->base;

		if (id < b->base || place >= b->taken)
			continue;
		return b->answered[place / 64] >> place % 64 & 1 ? NULL : at;
	}
	return NULL;
}

/* True if it was the last of its batch. */
static bool
mark_answered(struct ppool_worker *w, struct batch **at, uint64_t place)
{
	struct batch *b = *at;

	b->answered[place / 64] |= UINT64_C(1) << place % 64;
	if (--b->left)
		return false;
	*at = b->next;
	if (w->last == &b->next)
		w->last = at;
	if (w->taking == b)
		w->taking = NULL;
	free(b);
	return true;
}

int
ppool_out_reserve(struct ppool_worker *w, size_t len)
{
	size_t size = w->out_size;
	uint8_t *new;

	if (size - w->out_len >= len)
		return 0;
	while (size - w->out_len < len)
		size *= 2;
	new = realloc(w->out, size);
	if (!new)
		return -1;
	w->out = new;
	w->out_size = size;
	return 0;
}

/* Puts the head of an answer, whose bytes are in the group. Sends the group if
 * it is large, or old, or if the owner may now have room for another chunk. */
static int
put_answer(struct ppool_worker *w, struct batch **at,
    const struct frame_answer *a, size_t off)
{
	bool last = false;

	memcpy(w->out + off, a, sizeof(*a));
	w->now = ppool_now();
	if (w->out_n++ == 0)
		w->group_since = w->now;
	if (!(a->flags & FRAME_PART)) {
		w->ended++;
		last = mark_answered(w, at, a->place);
	}
	if (!last && w->out_len < FRAME_GROUP &&
	    w->now - w->group_since < GROUP_NS)
		return 0;
	return ppool_flush(w);
}

struct frame_answer
ppool_answer_to(const struct ppool_worker *w, const struct batch *b, uint64_t id,
    int code, uint32_t flags, size_t len)
{
	bool toobig = len > w->max_item;

	return (struct frame_answer){
		.seq = b->head.seq,
		.place = (uint32_t)(id - b->base),
		.len = toobig ? 0 : (uint32_t)len,
		.code = code,
		.flags = toobig ? flags | FRAME_TOOBIG : flags,
	};
}

int
ppool_end_answer(struct ppool_worker *w, struct batch **at,
    const struct frame_answer *a, size_t off)
{
	size_t end = off + sizeof(*a) + a->len;
	size_t padded = off + sizeof(*a) + frame_padded(a->len);

	memset(w->out + end, 0, padded - end);
	w->out_len = padded;
	return put_answer(w, at, a, off);
}

static int
answer(struct ppool_worker *w, uint64_t id, int code, uint32_t flags,
    const void *data, size_t len)
{
	struct batch **at = find_item(w, id);
	struct frame_answer a;
	size_t need;

	if (!at || w->gone)
		return -1;
	a = ppool_answer_to(w, *at, id, code, flags, len);
	need = sizeof(a) + frame_padded(a.len);
	if (ppool_out_reserve(w, need) < 0 &&
	    (ppool_flush(w) < 0 || ppool_out_reserve(w, need) < 0))
		return -1;
	if (a.len)
		memcpy(w->out + w->out_len + sizeof(a), data, a.len);
	return ppool_end_answer(w, at, &a, w->out_len);
}

int
ppool_answer_part(ppool_worker *w, const ppool_item *item, const void *data,
    size_t len)
{
	return answer(w, item->id, 0, FRAME_PART, data, len);
}

int
ppool_answer(ppool_worker *w, const ppool_item *item, int code,
    const void *data, size_t len)
{
	return answer(w, item->id, code, 0, data, len);
}

int
ppool_worker_flush(ppool_worker *w)
{
	return ppool_flush(w);
}

/* ---- what else there is to say -------------------------------------------- */

/* Sends a frame of another type than answers, which go first. */
static int
say(struct ppool_worker *w, enum frame_type type, const void *body, size_t len)
{
	if (ppool_flush(w) < 0)
		return -1;
	if (len) /* the buffer is never smaller than a group */
		memcpy(w->out + w->out_len, body, len);
	w->out_len += len;
	w->now = ppool_now();
	return ppool_send_frame(w, type);
}

int
ppool_ask(ppool_worker *w, unsigned chunks, uint64_t weight, uint64_t pace)
{
	const struct frame_ask ask = {
		.chunks = chunks, .weight = weight, .pace = pace,
	};

	return say(w, FRAME_ASK, &ask, sizeof(ask));
}

int
ppool_resign(ppool_worker *w)
{
	return say(w, FRAME_RESIGN, NULL, 0);
}
