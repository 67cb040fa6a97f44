#include "hasher/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hasher/wire.h"

struct inside *
inside_new(const struct members_opts *opts, struct members *ms)
{
	struct inside *in = calloc(1, sizeof(*in));

	if (!in) {
		members_free(ms);
		errno = ENOMEM;
		return NULL;
	}
	in->unpack = unpack_new(opts, ms);
	if (!in->unpack) {
		free(in);
		return NULL;
	}
	in->wake.fd = unpack_fd(in->unpack);
	return in;
}

static struct inside_member *
inside_member(struct inside *in, uint64_t n)
{
	return &in->member[n % INSIDE_AHEAD];
}

void
inside_free(struct inside *in)
{
	struct inside_member *m;

	if (!in)
		return;
	for (; in->first != in->end; in->first++) {
		m = inside_member(in, in->first);
		free(m->name);
		free(m->text);
	}
	free(in->whole.name);
	free(in->whole.text);
	if (in->has_next) {
		free(in->next.name);
		free(in->next.text);
	}
	unpack_free(in->unpack);
	free(in);
}

/* The member of the next piece, which is taken. */
static struct inside_member *
inside_add(struct inside *in)
{
	struct inside_member *m = inside_member(in, in->end++);
	const struct unpack_piece *p = &in->next;

	memset(m, 0, sizeof(*m));
	m->name = p->name;
	m->text = p->text;
	m->whole = p->member.whole;
	m->res.entry.name = m->name;
	m->res.entry.len = p->member.len;
	m->res.entry.id.size = p->member.size;
	m->res.entry.id.mode = p->member.mode;
	m->res.entry.id.mtime = p->member.mtime;
	in->has_next = false;
	return m;
}

/* A member without bytes. */
static void
inside_add_bare(struct inside *in, enum result_status status)
{
	struct inside_member *m = inside_add(in);

	(void)result_fail(&m->res, status, 0);
	m->done = true;
}

/* Looks at the next piece. */
static enum inside_event
inside_look(struct inside *in)
{
	bool full = in->end - in->first == INSIDE_AHEAD;

	switch (in->next.event) {
	case UNPACK_FILE:
		return full ? INSIDE_LATER : INSIDE_BEGIN;
	case UNPACK_LINK:
		if (full)
			return INSIDE_LATER;
		inside_add_bare(in, RESULT_LINK);
		break;
	case UNPACK_OTHER:
		if (full)
			return INSIDE_LATER;
		inside_add_bare(in, RESULT_OTHER);
		break;
	case UNPACK_BYTES:
		return INSIDE_BYTES;
	case UNPACK_FAILED:
		return INSIDE_FAILED;
	case UNPACK_END:
	case UNPACK_BROKEN:
		return in->first == in->end ? INSIDE_END : INSIDE_LATER;
	}
	return INSIDE_LATER;
}

enum inside_event
inside_next(struct inside *in)
{
	enum inside_event event = INSIDE_LATER;

	do {
		if (!in->has_next)
			in->has_next = unpack_take(in->unpack, &in->next);
		if (!in->has_next)
			return INSIDE_LATER;
		event = inside_look(in);
	} while (!in->has_next);
	return event;
}

struct inside_member *
inside_begin(struct inside *in)
{
	in->current = inside_add(in);
	return in->current;
}

void
inside_bytes(struct inside *in, struct unpack_piece *p)
{
	*p = in->next;
	in->has_next = false;
	if (p->last)
		in->current = NULL;
}

void
inside_release(struct inside *in, const struct unpack_piece *p)
{
	unpack_release(in->unpack, p);
}

void
inside_fail(struct inside *in)
{
	struct inside_member *m = in->current;

	(void)result_fail(&m->res, RESULT_ARCHIVE, 0);
	m->text = in->next.text; /* a file had none */
	in->has_next = false;
	in->current = NULL;
	inside_done(m);
}

void
inside_done(struct inside_member *m)
{
	m->done = true;
}

static int
inside_send(const struct inside_member *m, ppool_worker *w,
    const ppool_item *item)
{
	size_t n;
	unsigned char *part = wire_new_part(&m->res, &n);
	int rc = part ? ppool_answer_part(w, item, part, n) : -1;

	free(part);
	return rc;
}

int
inside_answer(struct inside *in, ppool_worker *w, const ppool_item *item)
{
	struct inside_member *m;
	int rc = 0;

	for (; in->first != in->end && rc == 0; in->first++) {
		m = inside_member(in, in->first);
		if (!m->done)
			break;
		m->res.text = m->text;
		if (m->whole)
			in->whole = *m; /* its name and text, too */
		else
			rc = inside_send(m, w, item);
		if (!m->whole) {
			free(m->name);
			free(m->text);
		}
	}
	return rc;
}

bool
inside_progress(struct inside *in, uint64_t *bytes)
{
	return unpack_progress(in->unpack, bytes);
}

void
inside_result(const struct inside *in, struct result *r)
{
	const struct result *whole = &in->whole.res;

	if (in->next.event == UNPACK_BROKEN) {
		(void)result_fail(r, RESULT_ARCHIVE, 0);
		r->text = in->next.text ? in->next.text : strerror(ENOMEM);
		return;
	}
	r->status = RESULT_OPENED;
	if (!in->whole.done)
		return;
	r->status = whole->status;
	r->code = whole->code;
	r->text = whole->text ? whole->text : "";
	r->size = whole->size;
	r->digestlen = whole->digestlen;
	memcpy(r->digest, whole->digest, whole->digestlen);
}
