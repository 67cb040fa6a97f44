#include "hasher/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "hasher/archived.h"
#include "hasher/lister.h"
#include "hasher/slots.h"
#include "hasher/wire.h"
#include "sandbox/sandbox.h"

/* How long open files are waited for before new names are asked for; and
 * between two attempts to open a file that cannot be had now. */
#define WORKER_PAUSE_MS 50
/* How long a worker without any open file waits for others to close theirs. */
#define WORKER_ENFILE_MS 1000

/* The engine for algorithm number n, set up when it is first asked for; NULL
 * with errno. */
static struct engine *
worker_engine(struct worker *w, int n)
{
	const struct digest *d = algorithms_digest(w->setup->algorithms, n);

	if (!d)
		return NULL;
	if (!w->engine[n])
		w->engine[n] = engine_new(d, WORKER_SLOTS, w->setup->engine);
	return w->engine[n];
}

/* From here on what it reads is somebody else's. 0 or an errno. */
static int
worker_enter_sandbox(struct worker *w)
{
	int parts;

	if (!w->setup->sandbox)
		return 0;
	if (w->setup->sandbox->threads)
		archived_prepare(w);
	parts = sandbox_enter(w->setup->sandbox);
	if (parts < 0)
		return errno;
	w->sandbox = (unsigned)parts;
	w->readers.confined = w->sandbox & SANDBOX_READING;
	return 0;
}

/* 0, or an errno: the process ends then, and has nothing to release. */
static int
worker_prepare(const struct worker_setup *s, void **state)
{
	struct worker *w = calloc(1, sizeof(*w));
	unsigned i;

	if (!w)
		return ENOMEM;
	/* what ends a worker does not end the run */
	diag_at_die(NULL);
	/* it asks the parent for a line of progress, and may be sent to all */
	(void)signal(SIGUSR1, SIG_IGN);
	w->setup = s;
	w->most = WORKER_SLOTS;
	readers_init(&w->readers, s->dirfd);
	algorithms_seal(s->algorithms);
	if (!worker_engine(w, 0))
		return errno;
	w->bufs = aligned_alloc(WORKER_ALIGN,
	    (size_t)WORKER_SLOTS * WORKER_BUFFER);
	if (!w->bufs)
		return ENOMEM;
	for (i = 0; i < WORKER_SLOTS; i++)
		w->slot[i].buf = w->bufs + (size_t)i * WORKER_BUFFER;
	*state = w;
	return worker_enter_sandbox(w);
}

int
worker_init(void *initarg, void **state)
{
	const struct worker_setup *s = initarg;
	int err = worker_prepare(s, state);

	if (err)
		watch_fail(s->lines, err);
	return err;
}

/* Answers slot s and leaves it free. 0, or -1 when the owner is gone. */
static int
worker_answer(struct worker *w, struct slot *s)
{
	unsigned char answer[WIRE_ANSWER_MAX];
	size_t n;

	if (s->state == SLOT_OPEN || s->state == SLOT_ARCHIVE)
		s->res.entry.id = entry_identity(&s->file.st);
	n = wire_put_answer(answer, &s->res);
	inside_free(s->inside);
	s->inside = NULL;
	reader_close(&s->file);
	watch_moved(w->line, 0);
	w->answered = true;
	if (s->state == SLOT_OPEN || s->state == SLOT_ARCHIVE) {
		w->open--;
		w->streams -= !s->file.regular;
		w->archives -= s->state == SLOT_ARCHIVE && s->file.regular;
	}
	w->busy--;
	s->state = SLOT_FREE;
	return ppool_answer(w->pool, &s->item, 0, answer, n);
}

/* Opens the file that s->item asks for. 0, or -1 with the reason in s->res. */
static int
worker_open(struct worker *w, struct slot *s)
{
	struct entry_root root;
	struct entry e;

	if (wire_get_request(&e, &root, s->item.data, s->item.len) < 0)
		return result_fail(&s->res, RESULT_OPEN, EINVAL);
	s->engine = worker_engine(w, e.algorithm);
	if (!s->engine)
		return result_fail(&s->res, RESULT_DIGEST, 0);
	if (reader_open(&s->file, &w->readers, &e, &s->res) < 0)
		return -1;
	if (e.archive && archived_open(w, s) < 0) {
		reader_close(&s->file);
		return -1;
	}
	return 0;
}

/*
 * Reads the next bytes of slot i and feeds them. 1: fed; 0: not yet; -1: the
 * file failed.
 */
static int
worker_feed(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];
	bool last;
	ssize_t n = reader_read(&s->file, s->buf, WORKER_BUFFER, &last,
	    &s->res);

	if (n == READER_LATER)
		return 0;
	if (n < 0)
		return -1;
	s->res.size += (uint64_t)n;
	watch_moved(w->line, s->again ? 0 : (uint64_t)n);
	engine_feed(s->engine, i, s->buf, (size_t)n, last);
	w->fed++;
	return 1;
}

/* Begins the message of slot i, for the first or the second time. */
static int
worker_start(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];

	s->res.size = 0;
	if (engine_start(s->engine, i, s->file.regular ?
	    (uint64_t)s->file.st.st_size : 0) == 0)
		return 0;
	return result_fail(&s->res, RESULT_DIGEST, 0);
}

/* The file is read once more, if it should be. 1: it is; 0: no; -1: it cannot
 * be, and s->res says why. */
static int
worker_repeat(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];

	if (!w->setup->twice || s->again || !s->file.regular)
		return 0;
	s->again = true;
	if (reader_rewind(&s->file, &s->res) < 0 || worker_start(w, i) < 0)
		return -1;
	return 1;
}

/* All bytes of slot i are digested. 1: answer it; 0: it is read again. */
static int
worker_done(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];
	const unsigned char *digest = s->engine->slot[i].digest;
	size_t len = s->engine->size;
	int settled = reader_settled(&s->file, &s->res);

	if (settled == 0) {
		s->again = false;
		return worker_start(w, i) < 0;
	}
	if (settled < 0)
		return 1;
	if (s->again && memcmp(s->res.digest, digest, len) != 0) {
		result_fail(&s->res, RESULT_CHANGED, 0);
		return 1;
	}
	s->res.status = RESULT_OK;
	s->res.code = 0;
	s->res.digestlen = len;
	memcpy(s->res.digest, digest, len);
	return worker_repeat(w, i) != 1;
}

/*
 * Moves slot i as far as it goes without engine_run: feeds it when it is
 * hungry, answers it when it is done or has failed. 0, or -1 when the owner
 * is gone.
 */
static int
worker_move(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];

	watch_item(w->line, s->item.id);
	switch (s->engine->slot[i].state) {
	case ENGINE_HUNGRY:
		return worker_feed(w, i) < 0 ? worker_answer(w, s) : 0;
	case ENGINE_DONE:
		if (worker_done(w, i))
			return worker_answer(w, s);
		return worker_move(w, i);
	case ENGINE_FAILED:
		result_fail(&s->res, RESULT_DIGEST, 0);
		return worker_answer(w, s);
	case ENGINE_FED:
		w->fed++; /* left over by the last engine_run */
		break;
	case ENGINE_IDLE:
		break;
	}
	return 0;
}

/* 0, or -1 when the owner is gone. */
static int
worker_move_archive(struct worker *w, struct slot *s)
{
	int rc = archived_move(w, s);

	return rc > 0 ? worker_answer(w, s) : rc;
}

/* Waits until an open file may have bytes, but not for long: the owner may have
 * more names meanwhile, and a file that is waited for be had. */
static void
worker_await(struct worker *w)
{
	struct reader *v[WORKER_SLOTS];
	unsigned i, n = 0;

	for (i = 0; i < WORKER_SLOTS; i++) {
		if (w->slot[i].state == SLOT_OPEN)
			v[n++] = &w->slot[i].file;
		if (w->slot[i].state == SLOT_ARCHIVE)
			v[n++] = &w->slot[i].inside->wake;
	}
	reader_await(v, n, WORKER_PAUSE_MS);
}

/*
 * Moves every slot whose bytes are there. When none has got any, nor has any
 * left, and none became free, it waits for any of them, or for time to pass. 0,
 * or -1 when the owner is gone.
 */
static int
worker_move_all(struct worker *w)
{
	unsigned i;
	int rc = 0;

	w->fed = w->stuck = 0;
	for (i = 0; i < WORKER_SLOTS && rc == 0; i++) {
		switch (w->slot[i].state) {
		case SLOT_OPEN:
			rc = worker_move(w, i);
			break;
		case SLOT_ARCHIVE:
			rc = worker_move_archive(w, &w->slot[i]);
			break;
		case SLOT_MEMBER:
			archived_move_member(w, i);
			break;
		case SLOT_FREE:
		case SLOT_WAITING:
			break;
		}
	}
	if (rc < 0)
		return -1;
	if (!w->answered && !w->fed)
		worker_await(w);
	return 0;
}

static int64_t
worker_now(void)
{
	return clock_ns() / 1000000;
}

/* Open files that come to their ends by themselves; a stream may never. */
static unsigned
worker_files(const struct worker *w)
{
	return w->open - w->streams;
}

/* No descriptor: other files of this worker will close. False: it has none. */
static bool
worker_await_descriptor(const struct worker *w, struct slot *s)
{
	s->rivals = worker_files(w);
	return s->rivals > 0;
}

/* Another process has the file, or all the descriptors of the system, or so
 * it seems: it is given so many ms, asked for once. False: it had them. */
static bool
worker_await_others(struct slot *s, int (*ms)(void))
{
	int64_t now = worker_now();

	if (!s->give_up_at)
		s->give_up_at = now + ms();
	s->rivals = 0;
	s->retry_at = now + WORKER_PAUSE_MS;
	return now < s->give_up_at;
}

static int
worker_enfile_ms(void)
{
	return WORKER_ENFILE_MS;
}

/* The file of s could not be opened, for the reason in s->res. True: it is
 * waited for. */
static bool
worker_defer(struct worker *w, struct slot *s)
{
	bool wait = s->crowded;

	if (wait)
		s->state = SLOT_WAITING;
	if (wait || s->res.status != RESULT_OPEN)
		return wait;
	switch (s->res.err) {
	case EMFILE:
		wait = worker_await_descriptor(w, s);
		/* no more than now should be open at a time */
		if (wait)
			w->most = w->open;
		break;
	case ENFILE: /* which passes: others have them */
		wait = worker_await_descriptor(w, s) ||
		    worker_await_others(s, worker_enfile_ms);
		break;
	case EWOULDBLOCK:
		wait = worker_await_others(s, reader_lease_ms);
		if (!wait)
			result_fail(&s->res, RESULT_BUSY, 0);
		break;
	}
	if (wait)
		s->state = SLOT_WAITING;
	return wait;
}

/* Before its members: which file the archive in slot s is. 0, or -1 when the owner
 * is gone. */
static int
worker_say_opened(struct worker *w, const struct slot *s)
{
	const struct result r = { .status = RESULT_OPENED,
	    .entry.id = entry_identity(&s->file.st) };
	unsigned char part[WIRE_ANSWER_MAX];

	return ppool_answer_part(w->pool, &s->item, part,
	    wire_put_answer(part, &r));
}

/* Opens the file of slot i and begins its message; answers it when that
 * cannot be. 0, or -1 when the owner is gone. */
static int
worker_begin(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];

	watch_item(w->line, s->item.id);
	s->crowded = false;
	if (worker_open(w, s) < 0)
		return worker_defer(w, s) ? 0 : worker_answer(w, s);
	s->state = s->inside ? SLOT_ARCHIVE : SLOT_OPEN;
	s->members = 0;
	w->open++;
	w->streams += !s->file.regular;
	w->archives += s->inside && s->file.regular;
	watch_moved(w->line, 0);
	if (s->inside)
		return worker_say_opened(w, s) < 0 ? -1 :
		    worker_move_archive(w, s);
	return worker_start(w, i) < 0 ? worker_answer(w, s) : 0;
}

/* Is it worth to try it again? */
static bool
worker_is_due(const struct worker *w, const struct slot *s, int64_t now)
{
	if (s->crowded)
		return w->archives < WORKER_ARCHIVES;
	return s->rivals ? worker_files(w) < s->rivals : now >= s->retry_at;
}

/* Tries what was waited for again. 0, or -1 when the owner is gone. */
static int
worker_retry(struct worker *w)
{
	int64_t now = worker_now();
	unsigned i;

	for (i = 0; i < WORKER_SLOTS; i++) {
		const struct slot *s = &w->slot[i];

		if (s->state == SLOT_WAITING && worker_is_due(w, s, now) &&
		    worker_begin(w, i) < 0)
			return -1;
	}
	return 0;
}

/* Answers the directory in s, at once, and leaves it free. 0, or -1 when the owner is
 * gone. */
static int
worker_list(struct worker *w, struct slot *s)
{
	struct buf *b = &w->listing;
	struct entry_root root;
	struct entry e;
	int rc;

	watch_item(w->line, s->item.id);
	s->res.status = RESULT_LISTED;
	buf_clear(b);
	(void)buf_reserve(b, WIRE_ANSWER_MAX);
	b->len = wire_put_answer((unsigned char *)b->data, &s->res);
	errno = EINVAL;
	if (!w->setup->walk || wire_get_request(&e, &root, s->item.data,
	    s->item.len) < 0 || !e.root ||
	    lister_list(&e, w->setup->walk, w->line, b) < 0) {
		(void)result_fail(&s->res, RESULT_OPEN, errno);
		b->len = wire_put_answer((unsigned char *)b->data, &s->res);
	}
	w->answered = true;
	w->busy--;
	rc = ppool_answer(w->pool, &s->item, 0, b->data, b->len);
	if (b->cap > LISTER_KEEP)
		buf_release(b);
	return rc;
}

/* Takes a name for the free slot i, waiting for one only when there is nothing
 * else to do. As ppool_take; -2 when the owner is gone. */
static int
worker_take(struct worker *w, unsigned i)
{
	struct slot *s = &w->slot[i];
	int took = ppool_take(w->pool, w->busy == 0, &s->item);

	if (took <= 0)
		return took;
	w->busy++;
	s->give_up_at = 0;
	s->crowded = s->again = false;
	memset(&s->res, 0, sizeof(s->res));
	s->file.fd = -1;
	if (wire_asks_listing(s->item.data, s->item.len))
		return worker_list(w, s) < 0 ? -2 : 1;
	return worker_begin(w, i) < 0 ? -2 : 1;
}

/* Slots with a file or a stream, or one that is waited for. */
static unsigned
worker_taken(const struct worker *w)
{
	return w->busy - w->members - w->streamed;
}

/*
 * Gives free slots their files. 0: go on; 1: no more will come, and all is
 * answered; -1: the owner is gone.
 */
static int
worker_fill(struct worker *w)
{
	unsigned i;
	int took;

	w->answered = false;
	if (w->busy > w->open && worker_retry(w) < 0)
		return -1;
	for (i = 0; i < WORKER_SLOTS && worker_taken(w) < w->most &&
	    worker_taken(w) - w->streams < WORKER_FILES; i++) {
		if (w->slot[i].state != SLOT_FREE)
			continue;
		took = worker_take(w, i);
		if (took == -2)
			return -1;
		if (took < 0)
			return w->busy == 0;
		if (took == 0)
			return 0;
	}
	return 0;
}

int
worker_serve(void *state, ppool_worker *pool)
{
	struct worker *w = state;
	unsigned i;
	int rc;

	w->pool = pool;
	w->line = &w->setup->lines[ppool_number(pool)];
	watch_begin(w->line, w->sandbox);
	while ((rc = worker_fill(w)) == 0) {
		/* the thread of an archive may hang where this does not */
		if (!w->stuck || w->stuck < worker_files(w))
			watch_turn(w->line);
		if (worker_move_all(w) < 0)
			return 1;
		for (i = 0; i < ALGORITHMS_MAX; i++)
			if (w->engine[i])
				engine_run(w->engine[i]);
	}
	return rc < 0;
}
