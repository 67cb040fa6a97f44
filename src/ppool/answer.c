/* answer.c - reads what a worker says, and checks it. */
#include "ppool/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A buffer that had to grow beyond this shrinks again afterwards. */
#define IN_KEEP ((size_t)1 << 20)

/* ---- checks --------------------------------------------------------------- */

void
ppool_peer_bad(struct ppool *p, struct peer *w)
{
	w->bad = true;
	w->in_len = 0;
	w->part_at = 0;
	ppool_peer_end(w);
	ppool_watch_change(p, w);
	/* An initializer did that: it will do so again. */
	if (!w->hello)
		ppool_break(p);
}

static bool
note_is_good(const struct ppool *p, const struct peer *w,
    const struct frame_note *note)
{
	if (note->magic != FRAME_MAGIC || note->len % FRAME_ALIGN)
		return false;
	if (note->type == FRAME_HELLO)
		return !w->hello && !note->len;
	if (note->type == FRAME_ASK)
		return w->hello && !note->n &&
		    note->len == sizeof(struct frame_ask);
	if (note->type == FRAME_RESIGN)
		return w->hello && !note->n && !note->len;
	return note->type == FRAME_ANSWERS && w->hello && note->n > 0 &&
	    note->n <= note->len / sizeof(struct frame_answer) &&
	    note->len <= FRAME_GROUP + sizeof(struct frame_answer) +
			frame_padded(p->opts.max_item);
}

/* The chunk with this number that the worker has been sent in full. */
static struct chunk *
held_chunk(const struct peer *w, uint64_t seq)
{
	struct chunk *c;

	for (c = w->held.first; c && c != w->unsent; c = c->next)
		if (c->seq == seq)
			return c;
	return NULL;
}

/* The task an answer is for; NULL when there is none, or no more, or when the
 * answer is not well-formed. */
static struct task *
answered_task(const struct ppool *p, const struct peer *w,
    const struct frame_answer *a, struct chunk **chunk)
{
	struct chunk *c = held_chunk(w, a->seq);

	if (!c || a->place >= c->n || c->tasks[a->place].answered)
		return NULL;
	if (a->len > p->opts.max_item ||
	    a->flags & ~(uint32_t)(FRAME_TOOBIG | FRAME_PART) ||
	    (a->flags & FRAME_TOOBIG && a->len) ||
	    (a->flags & FRAME_PART && a->code))
		return NULL;
	*chunk = c;
	return &c->tasks[a->place];
}

/* ---- answers -------------------------------------------------------------- */

static void
deliver(struct peer *w, struct chunk *c, struct task *task, ppool_result *r)
{
	if (!r->part) {
		w->items--;
		w->weight -= task->weight;
	}
	ppool_chunk_result(c, task, r);
	if (c->left)
		return;
	ppool_queue_remove(&w->held, c);
	ppool_chunk_free(c);
}

static ppool_result
result_of(const struct frame_answer *a, const uint8_t *data)
{
	ppool_result r = {
		.err = a->code ? PPOOL_TASK : PPOOL_OK,
		.code = a->code,
		.part = a->flags & FRAME_PART,
		.data = a->len ? data : NULL,
		.len = a->len,
	};

	if (a->flags & FRAME_TOOBIG)
		r.err = PPOOL_TOOBIG;
	return r;
}

/* The whole group, up to the first answer that is not well-formed. */
static void
read_answers(struct ppool *p, struct peer *w, const struct frame_note *note,
    const uint8_t *body)
{
	size_t left = note->len;

	for (uint32_t i = 0; i < note->n && !ppool_over(p); i++) {
		struct frame_answer a;
		struct chunk *c = NULL;
		struct task *task = NULL;
		ppool_result r;

		if (left >= sizeof(a)) {
			memcpy(&a, body, sizeof(a));
			body += sizeof(a);
			left -= sizeof(a);
			if (frame_padded(a.len) <= left)
				task = answered_task(p, w, &a, &c);
		}
		if (!task) {
			ppool_peer_bad(p, w);
			return;
		}
		if (i == 0 && note->item_ns)
			ppool_job_timed(c->job, note->item_ns);
		p->crashes = 0;
		w->useful = true;
		r = result_of(&a, body);
		body += frame_padded(a.len);
		left -= frame_padded(a.len);
		deliver(w, c, task, &r);
	}
	if (left && !ppool_over(p))
		ppool_peer_bad(p, w);
}

/* ---- what else a worker says ---------------------------------------------- */

static void
read_hello(struct ppool *p, struct peer *w, const struct frame_note *note)
{
	if (note->n)
		ppool_break(p); /* its initializer failed */
	else
		w->hello = true;
}

static void
read_ask(const struct ppool *p, struct peer *w, const uint8_t *body)
{
	struct frame_ask ask;

	memcpy(&ask, body, sizeof(ask));
	w->room = ask.chunks < p->opts.window ? ask.chunks : p->opts.window;
	w->room_weight = ask.weight;
	w->pace = ask.pace;
}

/* What it was sent goes to others when it is gone, which will be soon. */
static void
read_resignation(struct ppool *p, struct peer *w)
{
	p->resigned += !w->resigned;
	w->resigned = true;
	if (!w->kill_at)
		w->kill_at = ppool_now() + PPOOL_GRACE_NS;
}

static void
read_note(struct ppool *p, struct peer *w, const struct frame_note *note,
    const uint8_t *body)
{
	switch (note->type) {
	case FRAME_HELLO:
		read_hello(p, w, note);
		break;
	case FRAME_ASK:
		read_ask(p, w, body);
		break;
	case FRAME_RESIGN:
		read_resignation(p, w);
		break;
	default:
		read_answers(p, w, note, body);
		break;
	}
}

/* ---- bytes ---------------------------------------------------------------- */

/* Room for a frame of this size, and back to a normal size after it. */
static int
in_resize(struct peer *w, size_t need)
{
	size_t size = need > PPOOL_IN_SIZE ? need : PPOOL_IN_SIZE;
	uint8_t *new;

	if (need <= w->in_size && (w->in_len || w->in_size <= IN_KEEP))
		return 0;
	new = realloc(w->in, size);
	if (!new)
		return need > w->in_size ? -1 : 0;
	w->in = new;
	w->in_size = size;
	return 0;
}

/* The frames that are complete. Leaves the rest at the start of the buffer. */
static void
parse_frames(struct ppool *p, struct peer *w)
{
	size_t at = 0, need = 0;

	while (!ppool_over(p) && !w->bad &&
	    w->in_len - at >= sizeof(struct frame_note)) {
		struct frame_note note;
		const uint8_t *body = w->in + at + sizeof(note);

		memcpy(&note, w->in + at, sizeof(note));
		if (!note_is_good(p, w, &note)) {
			ppool_peer_bad(p, w);
			return;
		}
		need = sizeof(note) + note.len;
		if (w->in_len - at < need)
			break;
		read_note(p, w, &note, body);
		at += need;
		need = 0;
	}
	if (w->bad)
		return;
	w->in_len -= at;
	if (at && w->in_len)
		memmove(w->in, w->in + at, w->in_len);
	/* A frame that there is no memory for can never be read. */
	if (in_resize(w, need) < 0)
		ppool_peer_bad(p, w);
}

static void
peer_eof(struct ppool *p, struct peer *w)
{
	w->eof = true;
	if (!w->kill_at)
		w->kill_at = ppool_now() + PPOOL_GRACE_NS;
	ppool_watch_change(p, w);
}

/* Receives once. False: nothing more now, or ever. */
static bool
receive(struct ppool *p, struct peer *w)
{
	size_t room = w->in_size - w->in_len;
	ssize_t n = recv(w->fd, w->in + w->in_len, room, MSG_DONTWAIT);

	/* After a reset, what was sent before it can still be read. */
	if (n < 0 && (errno == EINTR || errno == ECONNRESET))
		return true;
	if (ppool_lacks_memory(p, n) ||
	    (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)))
		return false;
	if (n <= 0) {
		peer_eof(p, w);
		return false;
	}
	w->in_len += (size_t)n;
	parse_frames(p, w);
	w->part_at = w->in_len ? ppool_now() : 0;
	return (size_t)n == room;
}

void
ppool_peer_read(struct ppool *p, struct peer *w, bool all)
{
	/* A worker that never pauses must not keep the owner from the rest. */
	int turns = 4;

	while (!w->eof && !w->bad && !ppool_over(p) && receive(p, w) &&
	    (all || --turns))
		;
}
