#include "hasher/archived.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <time.h>

#include "hasher/slots.h"
#include "sandbox/sandbox.h"

/*
 * Names that an archive has in Unicode are UTF-8, whatever the user's locale: one
 * file has one name. Its times are of the user's time zone where it says none. Both
 * are files that a sandbox does not let be read. No thread runs before the first
 * archive.
 */
void
archived_prepare(struct worker *w)
{
	if (w->unicode)
		return;
	(void)setlocale(LC_CTYPE, "C.UTF-8"); /* if there is one */
	tzset();
	w->unicode = true;
}

int
archived_open(struct worker *w, struct slot *s)
{
	const struct members_opts opts = {
		.fd = s->file.fd,
		.size = s->file.regular ? (uint64_t)s->file.st.st_size :
		    UINT64_MAX,
		.threads = w->setup->threads,
		.limit = w->setup->limit,
		.confined = w->sandbox & SANDBOX_CALLS,
	};
	enum members_kind kind;
	struct members *ms = NULL;

	archived_prepare(w);
	/* a stream may have nothing to tell by for a long time */
	if (s->file.regular) {
		ms = members_new(&opts, &kind);
		if (!ms)
			return result_fail(&s->res, RESULT_OPEN, ENOMEM);
		s->crowded = kind != MEMBERS_PLAIN &&
		    w->archives == WORKER_ARCHIVES;
		if (kind == MEMBERS_PLAIN || s->crowded) {
			members_free(ms);
			return s->crowded ? -1 :
			    reader_rewind(&s->file, &s->res);
		}
	}
	s->inside = inside_new(&opts, ms);
	return s->inside ? 0 : result_fail(&s->res, RESULT_OPEN, errno);
}

/* Where the slots with a member of a are counted. */
static unsigned *
archived_count(struct worker *w, const struct slot *a)
{
	return a->file.regular ? &w->members : &w->streamed;
}

/* The member in slot s has its result, or its slot is given up. */
static void
archived_leave(struct worker *w, struct slot *s)
{
	if (s->has_piece)
		inside_release(s->inside, &s->piece);
	s->has_piece = false;
	s->inside = NULL;
	s->state = SLOT_FREE;
	s->archive->members--;
	(*archived_count(w, s->archive))--;
	w->busy--;
	w->answered = true;
}

/* The member in slot i has no more to digest. */
static void
archived_end_member(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];
	struct result *r = &s->member->res;

	if (s->engine->slot[i].state == ENGINE_FAILED) {
		(void)result_fail(r, RESULT_DIGEST, 0);
	} else {
		r->digestlen = s->engine->size;
		memcpy(r->digest, s->engine->slot[i].digest, r->digestlen);
	}
	inside_done(s->member);
	archived_leave(w, s);
}

/* The member in slot i wants bytes, which are next in its archive if it is the
 * current one. */
static void
archived_feed(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];

	if (s->has_piece)
		inside_release(s->inside, &s->piece);
	s->has_piece = false;
	switch (inside_next(s->inside)) {
	case INSIDE_BYTES:
		watch_item(w->line, s->item.id);
		inside_bytes(s->inside, &s->piece);
		s->has_piece = true;
		s->member->res.size += s->piece.n;
		/* one that libcrypto failed for goes through its bytes all the
		 * same: other members are behind them */
		if (s->engine->slot[i].state == ENGINE_HUNGRY)
			engine_feed(s->engine, i, s->piece.data, s->piece.n,
			    s->piece.last);
		w->fed++;
		break;
	case INSIDE_FAILED:
		inside_fail(s->inside);
		archived_leave(w, s);
		break;
	case INSIDE_LATER:
	case INSIDE_BEGIN:
	case INSIDE_END:
		break;
	}
}

void
archived_move_member(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];

	switch (s->engine->slot[i].state) {
	case ENGINE_HUNGRY:
		archived_feed(w, i);
		break;
	case ENGINE_FAILED:
		if (s->inside->current == s->member) {
			archived_feed(w, i);
			break;
		}
		/* fall through */
	case ENGINE_DONE:
		archived_end_member(w, i);
		break;
	case ENGINE_FED:
		w->fed++;
		break;
	case ENGINE_IDLE:
		break;
	}
}

/* A free slot for a member of a; NULL: there is none. A stream, which may be
 * silent for ever, never has more than one, and so never lacks it. */
static struct slot *
archived_free_slot(struct worker *w, const struct slot *a)
{
	unsigned i;

	if (a->file.regular ? w->members == WORKER_MEMBERS : a->members == 1)
		return NULL;
	for (i = 0; i < WORKER_SLOTS; i++)
		if (w->slot[i].state == SLOT_FREE)
			return &w->slot[i];
	return NULL;
}

/* The next member of the archive a gets a slot. False: there is none. */
static bool
archived_begin_member(struct worker *w, struct slot *a)
{
	struct slot *s = archived_free_slot(w, a);
	unsigned i;

	if (!s)
		return false;
	i = (unsigned)(s - w->slot);
	s->state = SLOT_MEMBER;
	s->item = a->item;
	s->engine = a->engine;
	s->inside = a->inside;
	s->archive = a;
	s->has_piece = false;
	a->members++;
	(*archived_count(w, a))++;
	w->busy++;
	s->member = inside_begin(a->inside);
	(void)engine_start(s->engine, i, s->member->res.entry.id.size);
	archived_move_member(w, i);
	return true;
}

/* Was the archive the same one all the time? */
static void
archived_end(struct slot *s)
{
	inside_result(s->inside, &s->res);
	if (s->file.regular && s->res.status == RESULT_OPENED &&
	    reader_settled(&s->file, &s->res) == 0)
		(void)result_fail(&s->res, RESULT_CHANGED, 0);
}

int
archived_move(struct worker *w, struct slot *s)
{
	enum inside_event event;
	uint64_t bytes, sent;

	if (inside_progress(s->inside, &bytes)) {
		watch_item(w->line, s->item.id);
		watch_moved(w->line, bytes);
	} else if (s->file.regular) {
		w->stuck++; /* a stream may be silent */
	}
	do
		event = inside_next(s->inside);
	while (event == INSIDE_BEGIN && archived_begin_member(w, s));
	sent = s->inside->first;
	if (inside_answer(s->inside, w->pool, &s->item) < 0)
		return -1;
	/* then others may begin, which were too many */
	w->answered |= sent != s->inside->first;
	if (event != INSIDE_END)
		return 0;
	archived_end(s);
	return 1;
}
