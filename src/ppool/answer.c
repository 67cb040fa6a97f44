#include "ppool/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A buffer that had to grow beyond this shrinks again afterwards. */
#define IN_KEEP ((size_t)1 << 20)

/* ---- what is believed ----------------------------------------------------- */

void
ppool_slot_bad(struct ppool *p, struct slot *s)
{
	s->bad = true;
	s->in_len = 0;
	s->part_at = 0;
	ppool_slot_end(s);
	ppool_watch_change(p, s);
	/* An initializer did that: it will do so again. */
	if (!s->hello)
		ppool_break(p);
}

static bool
note_is_good(const struct ppool *p, const struct slot *s,
             const struct frame_note *note)
{
	if (note->magic != FRAME_MAGIC || note->len % FRAME_ALIGN)
		return false;
	if (note->type == FRAME_HELLO)
		return !s->hello && note->len == sizeof(struct frame_hello);
	return note->type == FRAME_ANSWERS && s->hello && note->n > 0 &&
	       note->n <= note->len / sizeof(struct frame_answer) &&
	       note->len <= FRAME_GROUP + sizeof(struct frame_answer) +
			frame_padded(p->opts.max_item);
}

/* The chunk with this number that the worker has been sent in full. */
static struct chunk *
held_chunk(const struct slot *s, uint64_t seq)
{
	struct chunk *c;

	for (c = s->held.first; c && c != s->unsent; c = c->next)
		if (c->seq == seq)
			return c;
	return NULL;
}

/* The item an answer is for; NULL when there is no such, or no more. */
static struct item *
answered_item(const struct ppool *p, const struct slot *s,
              const struct frame_answer *a, struct chunk **chunk)
{
	struct chunk *c = held_chunk(s, a->seq);

	if (!c || a->place >= c->n || c->items[a->place].answered)
		return NULL;
	if (a->len > p->opts.max_item ||
	    a->flags & ~(uint32_t)(FRAME_TOOBIG | FRAME_PART) ||
	    (a->flags & FRAME_TOOBIG && a->len) ||
	    (a->flags & FRAME_PART && a->code))
		return NULL;
	*chunk = c;
	return &c->items[a->place];
}

/* ---- answers -------------------------------------------------------------- */

void
ppool_slot_answered(struct slot *s, struct chunk *c, struct item *item,
                    ppool_result *r)
{
	s->items--;
	s->weight -= item->weight;
	ppool_chunk_result(c, item, r);
	if (c->left)
		return;
	ppool_queue_remove(&s->held, c);
	s->nheld--;
	ppool_chunk_free(c);
}

static ppool_result
result_of(const struct frame_answer *a, const uint8_t *data)
{
	ppool_result r = { .err = PPOOL_OK, .code = a->code };

	if (a->flags & FRAME_TOOBIG) {
		r.err = PPOOL_TOOBIG;
		return r;
	}
	if (a->code)
		r.err = PPOOL_TASK;
	r.data = a->len ? data : NULL;
	r.len = a->len;
	return r;
}

/* The whole group, or as much of it as makes sense. */
static void
read_answers(struct ppool *p, struct slot *s, const struct frame_note *note,
             const uint8_t *body)
{
	size_t left = note->len;

	for (uint32_t i = 0; i < note->n && !ppool_over(p); i++) {
		struct frame_answer a;
		struct chunk *c = NULL;
		struct item *item = NULL;
		ppool_result r;

		if (left >= sizeof(a)) {
			memcpy(&a, body, sizeof(a));
			body += sizeof(a);
			left -= sizeof(a);
			if (frame_padded(a.len) <= left)
				item = answered_item(p, s, &a, &c);
		}
		if (!item) {
			ppool_slot_bad(p, s);
			return;
		}
		if (i == 0 && note->item_ns)
			ppool_job_timed(c->job, note->item_ns);
		p->crashes = 0;
		r = result_of(&a, body);
		body += frame_padded(a.len);
		left -= frame_padded(a.len);
		if (a.flags & FRAME_PART)
			ppool_chunk_part(c, item, &r);
		else
			ppool_slot_answered(s, c, item, &r);
	}
	if (left && !ppool_over(p))
		ppool_slot_bad(p, s);
}

static void
read_hello(struct ppool *p, struct slot *s, const uint8_t *body)
{
	struct frame_hello hello;

	memcpy(&hello, body, sizeof(hello));
	if (hello.code)
		ppool_break(p);
	else
		s->hello = true;
}

/* ---- bytes ---------------------------------------------------------------- */

/* Room for a frame of this size, and back to a normal size after it. */
static int
in_resize(struct slot *s, size_t need)
{
	size_t size = s->in_size;
	uint8_t *new;

	if (need > size)
		size = need;
	else if (size > IN_KEEP && s->in_len <= PPOOL_IN_SIZE &&
	         need <= PPOOL_IN_SIZE)
		size = PPOOL_IN_SIZE;
	if (size == s->in_size)
		return 0;
	new = realloc(s->in, size);
	if (!new)
		return need > s->in_size ? -1 : 0;
	s->in = new;
	s->in_size = size;
	return 0;
}

/* The frames that are complete. Leaves the rest at the start of the buffer. */
static void
understand(struct ppool *p, struct slot *s)
{
	size_t at = 0, need = 0;

	while (!ppool_over(p) && !s->bad &&
	       s->in_len - at >= sizeof(struct frame_note)) {
		struct frame_note note;
		const uint8_t *body = s->in + at + sizeof(note);

		memcpy(&note, s->in + at, sizeof(note));
		if (!note_is_good(p, s, &note)) {
			ppool_slot_bad(p, s);
			return;
		}
		need = sizeof(note) + note.len;
		if (s->in_len - at < need)
			break;
		if (note.type == FRAME_HELLO)
			read_hello(p, s, body);
		else
			read_answers(p, s, &note, body);
		at += need;
		need = 0;
	}
	if (s->bad)
		return;
	s->in_len -= at;
	if (at && s->in_len)
		memmove(s->in, s->in + at, s->in_len);
	/* Without memory for what it says it cannot be heard out. */
	if (in_resize(s, need))
		ppool_slot_bad(p, s);
}

static void
slot_eof(struct ppool *p, struct slot *s)
{
	s->eof = true;
	if (!s->kill_at)
		s->kill_at = ppool_now() + PPOOL_GRACE_NS;
	ppool_watch_change(p, s);
}

/* Receives once. False: nothing more now, or ever. */
static bool
receive(struct ppool *p, struct slot *s)
{
	size_t room = s->in_size - s->in_len;
	ssize_t n = recv(s->fd, s->in + s->in_len, room, MSG_DONTWAIT);

	/* After a reset, what was sent before it can still be read. */
	if (n < 0 && (errno == EINTR || errno == ECONNRESET))
		return true;
	if (ppool_lacks_memory(p, n) ||
	    (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)))
		return false;
	if (n <= 0) {
		slot_eof(p, s);
		return false;
	}
	s->in_len += (size_t)n;
	understand(p, s);
	s->part_at = s->in_len ? ppool_now() : 0;
	return (size_t)n == room;
}

void
ppool_slot_read(struct ppool *p, struct slot *s, bool all)
{
	/* A worker that never pauses must not keep the owner from the rest. */
	int turns = 4;

	while (!s->eof && !s->bad && !ppool_over(p) && receive(p, s) &&
	       (all || --turns))
		;
}
