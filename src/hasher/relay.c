#include "hasher/relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/entry.h"
#include "base/mem.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "digest/engine.h"
#include "far/channel.h"
#include "far/talk.h"
#include "hasher/hosts.h"
#include "hasher/reach.h"
#include "hasher/result.h"
#include "hasher/wire.h"
#include "hasher/witness.h"
#include "hasher/worker.h"

/* Nanoseconds of work that a far end may have in hand beside those that a
 * question takes to get there and back, twice. */
#define RELAY_AHEAD (CLOCK_SECOND / 10)
/* Between two looks at how fast it is. */
#define RELAY_LOOK (CLOCK_SECOND / 2)
/* What a worker is supposed to do in a second before that is known. */
#define RELAY_PACE (UINT64_C(500) << 20)
/* For the end of a far end that has said no more than goodbye. */
#define RELAY_END_MS 2000

/* What was passed on; its number is the id over there. */
struct relayed {
	ppool_item item;
	bool used;
	bool opened;         /* it is an archive... */
	bool dropped;        /* ...that is not to be read here, for this: */
	enum result_status status;
	int code;
	unsigned next;       /* of the free ones */
};

struct relay {
	struct reach far;
	struct witness witness;
	struct relayed *v;
	size_t cap;
	unsigned n, free;    /* those ever used; the first free one, or n */
	unsigned open;       /* those in use */
	bool told[ALGORITHMS_MAX];
	bool ended;          /* the pool has no more */

	int64_t pinged, looked; /* when, in ns */
	bool asking;         /* a PING is out */
	int64_t trip;        /* there and back: the shortest */
	uint64_t weight;     /* done since looked */
	uint64_t pace;       /* weight a second */
	bool begun;          /* an answer has come, or some time has passed */
	uint64_t bytes;      /* that it has digested, as it says */
};

/* ---- how much ----------------------------------------------------------------- */

static int
relay_ask(struct relay *r)
{
	uint64_t weight = r->pace / 1000 *
	    (uint64_t)((2 * r->trip + RELAY_AHEAD) / 1000000);
	/* for each worker there, as at home */
	unsigned chunks = engine_widest() + WORKER_AHEAD;

	/* one for each worker, until others have had the time to begin */
	if (!r->begun)
		return ppool_ask(r->far.pool, r->far.jobs, 0, r->pace);
	return ppool_ask(r->far.pool, r->far.jobs * chunks, weight, r->pace);
}

/* Looks how fast it is, and asks for more or less. -1 when the owner is gone. */
static int
relay_look(struct relay *r, int64_t now)
{
	int64_t ns = now - r->looked;
	uint64_t pace;

	if (ns < RELAY_LOOK)
		return 0;
	r->begun = true;
	pace = r->weight / (uint64_t)(ns / 1000000) * 1000;
	r->looked = now;
	r->weight = 0;
	/* one that had nothing to do, or not enough, is no slower for it */
	if (pace > r->pace)
		r->pace = pace;
	else if (r->open)
		r->pace -= (r->pace - pace) / 4;
	if (r->pace < WORKER_FILE_WEIGHT)
		r->pace = WORKER_FILE_WEIGHT;
	return relay_ask(r);
}

/* ---- items -------------------------------------------------------------------- */

static struct relayed *
relay_new_item(struct relay *r, unsigned *id)
{
	*id = r->free;
	if (*id == r->n) {
		r->v = mem_grow(r->v, &r->cap, (size_t)r->n + 1,
		    sizeof(*r->v));
		r->free = ++r->n;
	} else {
		r->free = r->v[*id].next;
	}
	r->open++;
	r->v[*id] = (struct relayed){ .used = true };
	return &r->v[*id];
}

static void
relay_drop_item(struct relay *r, unsigned id)
{
	r->v[id].used = false;
	r->v[id].next = r->free;
	r->free = id;
	r->open--;
}

/* The far end learns an algorithm when it first has to do with it. */
static void
relay_tell_algorithm(struct relay *r, int n)
{
	if (!r->told[n])
		talk_say_algorithm(&r->far.channel, (unsigned)n,
		    reach_algorithm(&r->far, n));
	r->told[n] = true;
}

/* What an item asks for. */
struct asked {
	struct entry entry;
	struct entry_root root;
};

/* What comes from the parent is well-formed. */
static void
relay_read(struct asked *a, const ppool_item *item)
{
	(void)wire_get_request(&a->entry, &a->root, item->data, item->len);
}

/* Passes on what the pool has. */
static void
relay_take(struct relay *r)
{
	struct asked a;
	ppool_item item;
	unsigned id;
	int took = 0;

	while (!r->ended && (took = ppool_take(r->far.pool, false, &item)) == 1) {
		relay_new_item(r, &id)->item = item;
		relay_read(&a, &item);
		relay_tell_algorithm(r, a.entry.algorithm);
		talk_say_item(&r->far.channel, TALK_REQUEST, id, item.data,
		    item.len);
	}
	r->ended |= took < 0;
}

static struct relayed *
relay_item(struct relay *r, uint64_t id)
{
	return id < r->n && r->v[id].used ? &r->v[id] : NULL;
}

static size_t
relay_digestlen(const struct relay *r, const struct entry *e)
{
	return algorithms_digest(r->far.opts->algorithms, e->algorithm)->size;
}

static int
relay_nonsense(struct relay *r)
{
	return reach_lose(&r->far, "answers nonsense");
}

/* Is what it has read what there is? 0 or -1. */
static int
relay_compare(struct relay *r, const struct entry *e, struct result *res)
{
	if (!witness_believes(&r->witness, e, res, &r->far.why))
		return -1;
	res->entry.id.dev = e->id.dev; /* as it is called here */
	return 0;
}

/* Can a whole file have this? What was opened has an identity. */
static bool
relay_may_say(const struct entry *e, const struct result *res)
{
	switch (res->status) {
	case RESULT_OK:
	case RESULT_CHANGED:
		return res->entry.id.mode != 0;
	case RESULT_OPENED:
	case RESULT_ARCHIVE:
		return e->archive && res->entry.id.mode != 0;
	case RESULT_OPEN:
	case RESULT_BUSY:
	case RESULT_STAT:
	case RESULT_READ:
	case RESULT_TYPE:
	case RESULT_PLACE:
	case RESULT_DIGEST:
	case RESULT_DIED:
	case RESULT_STALLED:
		return true;
	case RESULT_REFUSED: /* --serve is not told what it may read */
	case RESULT_OUTPUT:
	case RESULT_LINKS:
	case RESULT_ALGORITHM:
	case RESULT_LINK:
	case RESULT_OTHER:
	case RESULT_LISTED:
	case RESULT_BUDGET:
	case RESULT_LOST:
	case RESULT_STATUSES:
		break;
	}
	return false;
}

/* Which file an archive is, before its members. */
static int
relay_opened(struct relay *r, struct relayed *i, const struct entry *e,
    struct result *res)
{
	i->opened = true;
	if (!relay_may_say(e, res))
		return relay_nonsense(r);
	if (i->dropped)
		return 0;
	if (relay_compare(r, e, res) < 0)
		return -1;
	/* none of its members is passed on, and at its end this is said */
	i->dropped = res->status != RESULT_OPENED;
	i->status = res->status;
	i->code = res->code;
	return 0;
}

static int
relay_part(struct relay *r, const struct channel_frame *f)
{
	const unsigned char *p;
	struct relayed *i;
	struct asked a;
	struct result res;
	size_t n, len;
	uint64_t id;

	if (talk_hear_item(&id, &p, &n, f) < 0 || !(i = relay_item(r, id)))
		return relay_nonsense(r);
	relay_read(&a, &i->item);
	res.entry = a.entry;
	len = relay_digestlen(r, &a.entry);
	if (!a.entry.archive)
		return relay_nonsense(r);
	if (wire_is_opened(p, n))
		return wire_get_answer(&res, len, p, n) < 0 ?
		    relay_nonsense(r) : relay_opened(r, i, &a.entry, &res);
	if (!i->opened || wire_get_part(&res, len, p, n) < 0)
		return relay_nonsense(r);
	return i->dropped ? 0 : ppool_answer_part(r->far.pool, &i->item, p, n);
}

static int
relay_answer(struct relay *r, const struct channel_frame *f)
{
	unsigned char answer[WIRE_ANSWER_MAX];
	const unsigned char *p;
	struct relayed *i;
	struct asked a;
	struct result res;
	uint64_t id;
	size_t n;
	int rc;

	if (talk_hear_item(&id, &p, &n, f) < 0 || !(i = relay_item(r, id)))
		return relay_nonsense(r);
	relay_read(&a, &i->item);
	res.entry = a.entry;
	if (wire_get_answer(&res, relay_digestlen(r, &a.entry), p, n) < 0)
		return relay_nonsense(r);
	if (res.status == RESULT_LOST)
		return reach_lose(&r->far, "its workers are gone");
	if (!relay_may_say(&a.entry, &res))
		return relay_nonsense(r);
	if (i->dropped)
		(void)result_fail(&res, i->status, i->code);
	else if (relay_compare(r, &a.entry, &res) < 0)
		return -1;
	n = wire_put_answer(answer, &res);
	rc = ppool_answer(r->far.pool, &i->item, 0, answer, n);
	r->weight += WORKER_FILE_WEIGHT;
	if (!r->begun) {
		r->begun = true;
		rc = rc < 0 ? rc : relay_ask(r);
	}
	watch_add(&r->far.line->files, 1);
	watch_add(&r->far.line->bytes, res.size);
	watch_moved(r->far.watch, 0);
	relay_drop_item(r, (unsigned)id);
	return rc;
}

/* ---- the far end says --------------------------------------------------------- */

static int
relay_alive(struct relay *r, const struct channel_frame *f)
{
	uint64_t bytes;

	if (talk_hear_number(&bytes, f) < 0)
		return relay_nonsense(r);
	if (bytes > r->bytes) {
		watch_moved(r->far.watch, bytes - r->bytes);
		r->weight += bytes - r->bytes;
	}
	r->bytes = bytes;
	return 0;
}

static int
relay_pong(struct relay *r, const struct channel_frame *f)
{
	uint64_t sent;
	int64_t trip;

	if (talk_hear_number(&sent, f) < 0)
		return relay_nonsense(r);
	if (!r->asking || sent != (uint64_t)r->pinged)
		return relay_nonsense(r);
	r->asking = false;
	trip = clock_ns() - r->pinged;
	if (!r->trip || trip < r->trip)
		r->trip = trip;
	return 0;
}

static int
relay_frame(struct relay *r, const struct channel_frame *f)
{
	switch (f->type) {
	case TALK_ANSWER:
		return relay_answer(r, f);
	case TALK_PART:
		return relay_part(r, f);
	case TALK_ALIVE:
		return relay_alive(r, f);
	case TALK_PONG:
		return relay_pong(r, f);
	case TALK_REFUSED:
		return reach_refused(&r->far, f);
	default:
		return relay_nonsense(r);
	}
}

/* All that has come. 0 or -1. */
static int
relay_frames(struct relay *r)
{
	struct channel_frame f;
	int rc;

	while ((rc = channel_next(&r->far.channel, &f)) == 1) {
		r->far.quiet = 0;
		if (relay_frame(r, &f) < 0)
			return -1;
	}
	return rc < 0 ? relay_nonsense(r) : 0;
}

/* ---- its life ----------------------------------------------------------------- */

/* Is it there at all? It is asked each second. 0 or -1. */
static int
relay_ping(struct relay *r, int64_t now)
{
	if (r->far.quiet > r->far.silence)
		return reach_silent(&r->far, "not heard of");
	if (!r->asking && now - r->pinged >= CLOCK_SECOND) {
		r->asking = true;
		r->pinged = now;
		talk_say_number(&r->far.channel, TALK_PING, (uint64_t)now);
	}
	return 0;
}

/* Until the pool has no more, and all is answered. 0, or -1 with why set, or
 * without when the owner is gone. */
static int
relay_work(struct relay *r)
{
	int64_t now = clock_ns(), before;

	r->looked = now;
	r->far.quiet = 0;
	if (relay_ping(r, now) < 0 || relay_ask(r) < 0)
		return -1;
	for (;;) {
		relay_take(r);
		if (reach_send(&r->far) < 0)
			return -1;
		if (r->ended && !r->open)
			return 0;
		if (ppool_worker_flush(r->far.pool) < 0 ||
		    reach_await(&r->far, !r->ended, 250) < 0 ||
		    relay_frames(r) < 0)
			return -1;
		before = now;
		now = clock_ns();
		if (r->open)
			watch_add(&r->far.line->busy_ns,
			    (uint64_t)(now - before));
		if (relay_ping(r, now) < 0 || relay_look(r, now) < 0)
			return -1;
	}
}

/* It has nothing more to do. */
static void
relay_leave(struct relay *r)
{
	talk_say_bye(&r->far.channel);
	(void)channel_send(&r->far.channel);
	launch_end(&r->far.launch, RELAY_END_MS);
}

int
relay_serve(const struct relay_setup *setup, unsigned n, ppool_worker *pool)
{
	struct relay r = { .far = {
		.opts = setup->opts,
		.host = &setup->opts->hosts[n],
		.line = &setup->lines[n],
		.watch = &setup->watch[n],
		.pool = pool,
		.silence = setup->opts->host_timeout * CLOCK_SECOND,
		.launch = { .fd = -1, .err = -1 },
	}, .told = { true } }; /* number 0 is in SETUP */
	int rc;

	witness_init(&r.witness, setup->opts->dirfd);
	/* which file is worked on is known at the far end only */
	watch_item(r.far.watch, PPOOL_OLDEST);
	rc = reach_begin(&r.far);
	r.pace = r.far.jobs * RELAY_PACE;
	if (rc == 0)
		rc = relay_work(&r);
	if (rc == 0)
		relay_leave(&r);
	reach_drain(&r.far);
	if (r.far.why.len) {
		host_say_lost(r.far.line, buf_str(&r.far.why));
		(void)ppool_resign(pool);
	}
	reach_release(&r.far);
	witness_release(&r.witness);
	free(r.v);
	return rc < 0;
}
