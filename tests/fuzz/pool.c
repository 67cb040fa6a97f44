/*
 * Workers that do anything, against the pool that started them: what ppool
 * receives is an input, in whole frames and in pieces, in any order with what a
 * worker should do. See README beside this file.
 *
 * An input is a byte for the number of items, a byte for the options of pool and
 * feed, and a script, of steps of a byte and what they need. The first FAULTY
 * workers run it and end; all others answer as they should, and there is always
 * one. What must hold, whatever the script:
 *
 *   - every item has one result, after its parts, if it has any;
 *   - an item is DIED only once for each worker that died;
 *   - what an honest worker answered is delivered with the item it was for;
 *   - the pool comes to its end, and no process and no descriptor stays.
 *
 * A pool that waits for ever is found by who runs this.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "ppool/worker.h"

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORKERS = 3, FAULTY = 2, ITEMS = 16, MAX_ITEM = 64 };

struct script {
	const uint8_t *at, *end;
	atomic_uint *started; /* workers, of all of the pool */
};

/* What an honest worker answers; no script can know that. */
struct honest {
	uint64_t secret;
	uint32_t item;
};

static const uint64_t secret = 0x9e3779b97f4a7c15;

/* ---- in a worker ------------------------------------------------------------- */

static unsigned
next(struct script *s)
{
	return s->at < s->end ? *s->at++ : 0;
}

/* Of the script, as far as it goes. */
static void
next_bytes(struct script *s, void *to, size_t n)
{
	size_t left = (size_t)(s->end - s->at);

	memset(to, 0, n);
	if (left)
		memcpy(to, s->at, n < left ? n : left);
	s->at += n < left ? n : left;
}

static void
send_bytes(ppool_worker *w, const void *p, size_t n)
{
	(void)send(ppool_worker_fd(w), p, n, MSG_NOSIGNAL);
}

/* A frame as it should be, but for what the script says. */
static void
send_note(struct script *s, ppool_worker *w)
{
	unsigned char body[64];
	struct frame_note note = { .magic = FRAME_MAGIC };

	note.type = (uint16_t)(next(s) % 6);
	note.n = next(s) % 4;
	note.len = next(s) % (sizeof(body) + 1);
	note.item_ns = next(s) << 20;
	next_bytes(s, body, sizeof(body));
	send_bytes(w, &note, sizeof(note));
	send_bytes(w, body, note.len);
}

static void
send_answer(struct script *s, ppool_worker *w)
{
	struct {
		struct frame_note note;
		struct frame_answer answer;
		unsigned char data[128];
	} frame = { .note = { .magic = FRAME_MAGIC, .type = FRAME_ANSWERS,
	    .n = 1 } };

	frame.answer.seq = next(s) % 8;
	frame.answer.place = next(s) % 8;
	frame.answer.flags = next(s) % 8;
	frame.answer.code = (int32_t)(next(s) % 3);
	frame.answer.len = next(s) % (sizeof(frame.data) + 1);
	next_bytes(s, frame.data, frame.answer.len);
	frame.note.len = (uint32_t)(sizeof(frame.answer) +
	    frame_padded(frame.answer.len));
	send_bytes(w, &frame, sizeof(frame.note) + frame.note.len);
}

static void
send_raw(struct script *s, ppool_worker *w)
{
	unsigned char bytes[32];
	size_t n = next(s) % (sizeof(bytes) + 1);

	next_bytes(s, bytes, n);
	send_bytes(w, bytes, n);
}

/* Waits for an item, but not so long that the pool must. */
static void
wait_for_item(ppool_worker *w, ppool_item *item)
{
	struct pollfd fd = { .fd = ppool_worker_fd(w), .events = POLLIN };

	if (ppool_take(w, false, item) == 0 && poll(&fd, 1, 5) == 1)
		(void)ppool_take(w, false, item);
}

/* One step; item is the last that was taken. */
static void
take_step(struct script *s, ppool_worker *w, ppool_item *item)
{
	enum { TAKE, WAIT, ANSWER, PART, NOTE, FORGE, RAW, ASK, RESIGN, FLUSH,
	    LIE, SHUT, DIE, STEPS };

	switch (next(s) % STEPS) {
	case TAKE:
		(void)ppool_take(w, false, item);
		break;
	case WAIT:
		wait_for_item(w, item);
		break;
	case ANSWER:
		(void)ppool_answer(w, item, (int)(next(s) % 2), "fault",
		    next(s) % 5);
		break;
	case PART:
		(void)ppool_answer_part(w, item, "fault", next(s) % 5);
		break;
	case NOTE:
		send_note(s, w);
		break;
	case FORGE:
		send_answer(s, w);
		break;
	case RAW:
		send_raw(s, w);
		break;
	case ASK:
		(void)ppool_ask(w, next(s), next(s), next(s));
		break;
	case RESIGN:
		(void)ppool_resign(w);
		break;
	case FLUSH:
		(void)ppool_worker_flush(w);
		break;
	case LIE:
		atomic_store(&w->line->state, next(s));
		break;
	case SHUT:
		(void)shutdown(ppool_worker_fd(w), SHUT_WR);
		break;
	default:
		_exit((int)next(s));
	}
}

static int
serve_honest(ppool_worker *w)
{
	struct honest answer = { .secret = secret };
	ppool_item item;

	(void)ppool_ask(w, 1, 0, 0);
	while (ppool_take(w, true, &item) == 1) {
		if (item.len != sizeof(answer.item))
			_exit(1);
		memcpy(&answer.item, item.data, sizeof(answer.item));
		if (ppool_answer(w, &item, 0, &answer, sizeof(answer)) < 0)
			return 1;
	}
	return 0;
}

static int
serve(void *state, ppool_worker *w)
{
	struct script *s = state;
	ppool_item item = { .id = 0 };

	if (atomic_fetch_add(s->started, 1) >= FAULTY)
		return serve_honest(w);
	while (s->at < s->end)
		take_step(s, w, &item);
	return 0;
}

static int
use_script(void *initarg, void **state)
{
	*state = initarg;
	return 0;
}

/* ---- in the owner ------------------------------------------------------------ */

struct outcome {
	unsigned ended[ITEMS];
	unsigned n, died;
};

static void
take_result(void *cookie, const ppool_result *r)
{
	struct outcome *o = cookie;
	struct honest h = { .secret = 0 };
	uint32_t item;

	must(r->item.len == sizeof(item), "an item comes back");
	memcpy(&item, r->item.data, sizeof(item));
	must(item < ITEMS && r->cookie == &o->ended[item],
	    "with the cookie it was put with");
	must(!o->ended[item], "and has no more after its end");
	must(r->len <= MAX_ITEM, "no result is larger than may be");
	if (r->data && r->len == sizeof(h))
		memcpy(&h, r->data, sizeof(h));
	must(h.secret != secret || h.item == item,
	    "an honest answer is the item's own");
	if (r->part) {
		must(r->err == PPOOL_OK || r->err == PPOOL_TOOBIG,
		    "a part is good or too big");
		return;
	}
	must(r->err == PPOOL_OK || r->err == PPOOL_TASK ||
	    r->err == PPOOL_DIED || r->err == PPOOL_TOOBIG,
	    "an item was answered, or killed its worker");
	o->ended[item]++;
	o->died += r->err == PPOOL_DIED;
	o->n++;
}

/* The fuzzer has a timer, whose signal ends a call that waits: it is made again. */
static bool
went_well(ppool_err err)
{
	must(err == PPOOL_OK || err == PPOOL_INTR, "a call that waits is well");
	return err == PPOOL_OK;
}

static void
run_pool(struct script *s, unsigned items, unsigned how)
{
	const ppool_opts opts = {
		.processes = WORKERS,
		.init = use_script,
		.initarg = s,
		.serve = serve,
		.max_item = MAX_ITEM,
		.retries = how & 1,
		.window = 1 + (how >> 1 & 1),
		.flags = (how & 4 ? PPOOL_BLAMELESS : 0) |
		    (how & 8 ? PPOOL_ON_ASKING : 0),
	};
	const ppool_feed_opts feed = { .chunk_items = 1 + (how >> 4 & 3),
	    .ahead = how >> 6 };
	struct outcome o = { .n = 0 };
	ppool *pool;
	ppool_feed *f;

	must(ppool_create(&pool, &opts) == PPOOL_OK, "there is a pool");
	must(ppool_feed_open(pool, NULL, &feed, take_result, &o, &f) ==
	    PPOOL_OK, "and a feed");
	for (uint32_t i = 0; i < items; i++)
		while (!went_well(ppool_feed_put(f, &i, sizeof(i), 1,
		    &o.ended[i])))
			;
	while (!went_well(ppool_feed_finish(f, -1)))
		;
	must(o.n == items, "each item has its result");
	must(o.died <= (how & 4 ? 0 : FAULTY), "a death costs one item");
	ppool_feed_free(f);
	must(ppool_close(pool) == PPOOL_OK, "nothing more is taken");
	while (!went_well(ppool_join(pool, -1)))
		;
	ppool_destroy(pool);
	must(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD,
	    "and none is forgotten");
}

/* The lowest descriptor that is free. */
static int
lowest(void)
{
	int fd = dup(STDERR_FILENO);

	must(fd >= 0, "there is a descriptor");
	(void)close(fd);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rlimit no_core = { 0, 0 };
	struct script s;
	int before;

	if (size < 2 || size > 512)
		return 0;
	(void)setrlimit(RLIMIT_CORE, &no_core);
	before = lowest();
	s = (struct script){ data + 2, data + size, mmap(NULL, sizeof(*s.started),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) };
	must(s.started != MAP_FAILED, "there is memory");
	run_pool(&s, 1 + data[0] % ITEMS, data[1]);
	(void)munmap(s.started, sizeof(*s.started));
	must(lowest() == before, "no descriptor stays");
	return 0;
}
