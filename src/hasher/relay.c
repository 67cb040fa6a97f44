#include "hasher/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/entry.h"
#include "base/mem.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "digest/engine.h"
#include "far/channel.h"
#include "far/launch.h"
#include "far/talk.h"
#include "hasher/hosts.h"
#include "hasher/result.h"
#include "hasher/wire.h"
#include "hasher/witness.h"

/* Chunks for each worker at the far end: as many as at home. */
#define RELAY_CHUNKS 2
/* More workers than any machine has. */
#define RELAY_JOBS 65536
/* Nanoseconds of work that a far end may have in hand beside those that a
 * question takes to get there and back, twice. */
#define RELAY_AHEAD (CLOCK_SECOND / 10)
/* Between two looks at how fast it is. */
#define RELAY_LOOK (CLOCK_SECOND / 2)
/* What a worker is supposed to do in a second before that is known. */
#define RELAY_PACE (UINT64_C(500) << 20)
/* Seconds that a far end waits for one that is silent: it may be stopped, or wait
 * for who reads its output. That it has ended is seen by the connection. */
#define RELAY_PATIENCE (24 * 3600)
/* Bytes of something else before TALK_MARK. */
#define RELAY_NOISE ((size_t)64 * 1024)
/* Of what a launcher has printed at last: 512 bytes each. */
#define RELAY_LAST_READS 32
/* For a launcher to end, when its connection has. */
#define RELAY_GONE_MS 100
/* For the end of a far end that has said no more than goodbye. */
#define RELAY_END_MS 2000

/* What was passed on; its number is the id over there. */
struct relayed {
	ppool_item item;
	bool used;
	bool opened;         /* it is an archive... */
	bool dropped;        /* ...of which no member is believed */
	unsigned next;       /* of the free ones */
};

struct relay {
	const struct hasher_opts *opts;
	const struct hasher_host *host;
	struct host_line *line;
	struct watch_line *watch;
	ppool_worker *pool;
	struct launch launch;
	struct channel channel;
	struct buf err;      /* of the launcher: a line that has no end yet */
	struct witness witness;
	struct relayed *v;
	size_t cap;
	unsigned n, free;    /* those ever used; the first free one, or n */
	unsigned open;       /* those in use */
	bool told[ALGORITHMS_MAX];
	bool ended;          /* the pool has no more */
	uint32_t jobs;       /* at the far end */
	struct buf why;      /* it is given up; empty: it is not */

	int64_t silence;     /* after which it is gone; all times are ns */
	int64_t heard, pinged, looked;
	int64_t trip;        /* there and back: the shortest */
	uint64_t weight;     /* done since looked */
	uint64_t pace;       /* weight a second */
	bool begun;          /* an answer has come, or some time has passed */
	uint64_t bytes;      /* that it has digested, as it says */
};

/* -1, for good, and why. */
__attribute__((format(printf, 2, 3)))
static int
relay_lose(struct relay *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->why.len) {
		va_start(ap, fmt);
		buf_vprintf(&r->why, fmt, ap);
		va_end(ap);
	}
	return -1;
}

/* ---- what the launcher prints ------------------------------------------------- */

/* Hands lines on as they are whole; at the end, what is left. */
static void
relay_pass_lines(struct relay *r, bool end)
{
	char *from = r->err.data, *to;
	size_t left = r->err.len;

	while (left && (to = memchr(from, '\n', left))) {
		size_t n = (size_t)(to - from), shown = n;

		if (shown && from[shown - 1] == '\r')
			shown--; /* as ssh has it */
		if (shown)
			host_note(r->line, from, shown);
		from += n + 1;
		left -= n + 1;
	}
	if (left && (end || left >= HOST_TEXT)) {
		host_note(r->line, from, left);
		left = 0;
	}
	if (left)
		memmove(r->err.data, from, left);
	r->err.len = left;
}

/* False: there is no more now. */
static bool
relay_read_err(struct relay *r)
{
	ssize_t n;

	if (r->launch.err < 0)
		return false;
	do
		n = read(r->launch.err, buf_reserve(&r->err, HOST_TEXT),
		    HOST_TEXT);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		r->err.len += (size_t)n;
	relay_pass_lines(r, false);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
		(void)close(r->launch.err);
		r->launch.err = -1;
	}
	return n > 0;
}

/* ---- waiting ------------------------------------------------------------------ */

/* The connection has ended: by the launcher's end, if it has one by now. */
static int
relay_gone(struct relay *r, int err)
{
	const struct launch *l = &r->launch;

	(void)launch_ended(&r->launch, RELAY_GONE_MS);
	if (!l->pid && WIFEXITED(l->status) && WEXITSTATUS(l->status))
		return relay_lose(r, "connection lost: %s ended with status "
		    "%d", r->host->argv[0], WEXITSTATUS(l->status));
	if (!l->pid && WIFSIGNALED(l->status))
		return relay_lose(r, "connection lost: %s was killed by "
		    "signal %d", r->host->argv[0], WTERMSIG(l->status));
	return relay_lose(r, "connection lost%s%s", err ? ": " : "",
	    err ? strerror(err) : "");
}

static int
relay_send(struct relay *r)
{
	return channel_send(&r->channel) < 0 ? relay_gone(r, errno) : 0;
}

/* Waits for the far end, what its launcher prints, and, if pool is set, for what
 * the pool has; not beyond ms. 0 or -1. */
static int
relay_await(struct relay *r, bool pool, int ms)
{
	struct pollfd p[] = {
		{ .fd = r->launch.fd, .events = POLLIN },
		{ .fd = r->launch.err, .events = POLLIN },
		{ .fd = pool ? ppool_worker_fd(r->pool) : -1,
		  .events = POLLIN },
	};

	if (channel_pending(&r->channel))
		p[0].events |= POLLOUT;
	watch_turn(r->watch);
	if (poll(p, sizeof(p) / sizeof(p[0]), ms) < 0 && errno != EINTR)
		return relay_lose(r, "poll: %s", strerror(errno));
	watch_turn(r->watch);
	if (p[1].revents)
		(void)relay_read_err(r);
	if (p[0].revents & ~POLLOUT && channel_receive(&r->channel) < 0)
		return relay_gone(r, errno);
	return relay_send(r);
}

static int
relay_strange(struct relay *r)
{
	return relay_lose(r, "does not speak as phash does");
}

/* It has said nothing for too long. */
static int
relay_silent(struct relay *r, const char *what)
{
	int seconds = (int)(r->silence / CLOCK_SECOND);

	return relay_lose(r, "%s for %d second%s", what, seconds,
	    seconds == 1 ? "" : "s");
}

/* ---- beginning ---------------------------------------------------------------- */

/* Waits for a far end that begins. 0, or -1: it is given up, or the pool, which
 * sends nothing before it is asked, has nothing for it any more. */
static int
relay_await_beginning(struct relay *r, int64_t until)
{
	ppool_item item;

	if (clock_ns() >= until)
		return relay_silent(r, "no answer");
	if (ppool_take(r->pool, false, &item) < 0)
		return -1;
	return relay_await(r, true, 100);
}

/* The next frame, which is waited for until a time. 0 or -1. */
static int
relay_hear(struct relay *r, struct channel_frame *f, int64_t until)
{
	int rc;

	while ((rc = channel_next(&r->channel, f)) == 0) {
		if (relay_await_beginning(r, until) < 0)
			return -1;
	}
	return rc < 0 ? relay_strange(r) : 0;
}

/* What a login shell printed before phash came: a line of it. */
static void
relay_noise(struct relay *r, size_t n)
{
	const char *text = r->channel.got.data;
	const char *end = memchr(text, '\n', n);
	size_t len = end ? (size_t)(end - text) : n;

	if (len && text[len - 1] == '\r')
		len--;
	buf_printf(&r->err, "printed before phash began: %.*s%s\n",
	    (int)(len < 200 ? len : 200), text, len + 1 < n ? " ..." : "");
	relay_pass_lines(r, false);
}

static int
relay_find_mark(struct relay *r, int64_t until)
{
	size_t before;
	int rc = 0;

	while (!channel_find(&r->channel, TALK_MARK, TALK_MARK_LEN, &before)) {
		if (before > RELAY_NOISE)
			rc = relay_lose(r, "what answers is not phash");
		else
			rc = relay_await_beginning(r, until);
		if (rc < 0)
			break;
	}
	if (before)
		relay_noise(r, before);
	return rc;
}

static int
relay_refused(struct relay *r, const struct channel_frame *f)
{
	struct talk_text why;

	if (talk_hear_text(&why, f) < 0)
		return relay_strange(r);
	return relay_lose(r, "%.*s", (int)why.len, why.s);
}

static int
relay_check_hello(struct relay *r, const struct channel_frame *f)
{
	const char *mine = r->opts->version;
	struct talk_hello h;

	if (f->type != TALK_HELLO || talk_hear_hello(&h, f) < 0)
		return relay_strange(r);
	if (h.protocol == TALK_PROTOCOL && h.version.len == strlen(mine) &&
	    !memcmp(h.version.s, mine, h.version.len))
		return 0;
	return relay_lose(r, "phash is version %.*s there (protocol %u), and "
	    "%s here (%u)", (int)h.version.len, h.version.s,
	    (unsigned)h.protocol, mine, TALK_PROTOCOL);
}

static const char *
relay_algorithm(const struct relay *r, int n)
{
	return algorithms_digest(r->opts->algorithms, n)->tag;
}

static void
relay_say_setup(struct relay *r)
{
	const struct hasher_opts *o = r->opts;
	const struct talk_setup s = {
		.hello = { TALK_PROTOCOL, talk_text(o->version) },
		.algorithm = talk_text(relay_algorithm(r, 0)),
		.directory = talk_text(o->directory),
		.engine = talk_text(o->engine),
		.jobs = (uint32_t)r->host->jobs,
		.chunk = (uint32_t)o->chunk,
		.timeout = (uint32_t)o->timeout,
		.silence = RELAY_PATIENCE,
		.twice = o->twice,
		.limit = o->limit,
	};

	talk_say_setup(&r->channel, &s);
	r->told[0] = true;
}

static int
relay_hear_ready(struct relay *r, const struct channel_frame *f)
{
	struct talk_ready ready;

	if (f->type == TALK_REFUSED)
		return relay_refused(r, f);
	if (f->type != TALK_READY || talk_hear_ready(&ready, f) < 0 ||
	    !ready.jobs || ready.jobs > RELAY_JOBS)
		return relay_strange(r);
	r->jobs = ready.jobs;
	host_say_ready(r->line, ready.jobs, ready.engine.s, ready.engine.len);
	return 0;
}

/* Launches, and says and hears what comes before the first request. */
static int
relay_begin(struct relay *r)
{
	struct channel_frame f;
	int64_t until;

	if (launch_start(&r->launch, r->host->argv) < 0)
		return relay_lose(r, "cannot be started: %s", strerror(errno));
	channel_init(&r->channel, r->launch.fd, r->launch.fd);
	until = clock_ns() + r->silence;
	if (relay_find_mark(r, until) < 0 || relay_hear(r, &f, until) < 0 ||
	    relay_check_hello(r, &f) < 0)
		return -1;
	relay_say_setup(r);
	if (relay_send(r) < 0 || relay_hear(r, &f, until) < 0)
		return -1;
	return relay_hear_ready(r, &f);
}

/* ---- how much ----------------------------------------------------------------- */

static int
relay_ask(struct relay *r)
{
	uint64_t weight = r->pace / 1000 *
	    (uint64_t)((2 * r->trip + RELAY_AHEAD) / 1000000);
	unsigned chunks = engine_widest() + RELAY_CHUNKS;

	/* one for each worker, until others have had the time to begin */
	if (!r->begun)
		return ppool_ask(r->pool, r->jobs, 0, r->pace);
	return ppool_ask(r->pool, r->jobs * chunks, weight, r->pace);
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
	if (r->pace < RELAY_FILE_WEIGHT)
		r->pace = RELAY_FILE_WEIGHT;
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
		talk_say_algorithm(&r->channel, (unsigned)n,
		    relay_algorithm(r, n));
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

	while (!r->ended && (took = ppool_take(r->pool, false, &item)) == 1) {
		relay_new_item(r, &id)->item = item;
		relay_read(&a, &item);
		relay_tell_algorithm(r, a.entry.algorithm);
		talk_say_item(&r->channel, TALK_REQUEST, id, item.data,
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
	return algorithms_digest(r->opts->algorithms, e->algorithm)->size;
}

static int
relay_nonsense(struct relay *r)
{
	return relay_lose(r, "answers nonsense");
}

/* Is what it has read what there is? 0 or -1. */
static int
relay_compare(struct relay *r, const struct entry *e, struct result *res)
{
	if (!witness_believes(&r->witness, e, res, &r->why))
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
	default:
		return false;
	}
}

/* Which file an archive is, before its members. */
static int
relay_opened(struct relay *r, struct relayed *i, const struct entry *e,
    struct result *res)
{
	i->opened = true;
	if (!relay_may_say(e, res))
		return relay_nonsense(r);
	if (relay_compare(r, e, res) < 0)
		return -1;
	/* it is not to be read here any more: at its end that is said */
	i->dropped = res->status != RESULT_OPENED;
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
	return i->dropped ? 0 : ppool_answer_part(r->pool, &i->item, p, n);
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
		return relay_lose(r, "its workers are gone");
	if (!relay_may_say(&a.entry, &res))
		return relay_nonsense(r);
	if (relay_compare(r, &a.entry, &res) < 0)
		return -1;
	n = wire_put_answer(answer, &res);
	rc = ppool_answer(r->pool, &i->item, 0, answer, n);
	r->weight += RELAY_FILE_WEIGHT;
	if (!r->begun) {
		r->begun = true;
		rc = rc < 0 ? rc : relay_ask(r);
	}
	watch_add(&r->line->files, 1);
	watch_add(&r->line->bytes, res.size);
	watch_moved(r->watch, 0);
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
		watch_moved(r->watch, bytes - r->bytes);
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
	if (sent != (uint64_t)r->pinged)
		return 0; /* of one before */
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
		return relay_refused(r, f);
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

	while ((rc = channel_next(&r->channel, &f)) == 1) {
		r->heard = clock_ns();
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
	if (now - r->heard > r->silence)
		return relay_silent(r, "not heard of");
	if (now - r->pinged >= CLOCK_SECOND) {
		r->pinged = now;
		talk_say_number(&r->channel, TALK_PING, (uint64_t)now);
	}
	return 0;
}

/* Until the pool has no more, and all is answered. 0, or -1 with why set, or
 * without when the owner is gone. */
static int
relay_work(struct relay *r)
{
	int64_t now = clock_ns(), before;

	r->heard = r->looked = now;
	if (relay_ping(r, now) < 0 || relay_ask(r) < 0)
		return -1;
	for (;;) {
		relay_take(r);
		if (relay_send(r) < 0)
			return -1;
		if (r->ended && !r->open)
			return 0;
		if (ppool_worker_flush(r->pool) < 0 ||
		    relay_await(r, !r->ended, 250) < 0 || relay_frames(r) < 0)
			return -1;
		before = now;
		now = clock_ns();
		if (r->open)
			watch_add(&r->line->busy_ns, (uint64_t)(now - before));
		if (relay_ping(r, now) < 0 || relay_look(r, now) < 0)
			return -1;
	}
}

/* It has nothing more to do. */
static void
relay_leave(struct relay *r)
{
	talk_say_bye(&r->channel);
	(void)channel_send(&r->channel);
	launch_end(&r->launch, RELAY_END_MS);
}

int
relay_serve(const struct relay_setup *setup, unsigned n, ppool_worker *pool)
{
	struct relay r = {
		.opts = setup->opts,
		.host = &setup->opts->hosts[n],
		.line = &setup->lines[n],
		.watch = &setup->watch[n],
		.pool = pool,
		.silence = setup->opts->host_timeout * CLOCK_SECOND,
		.launch = { .fd = -1, .err = -1 },
	};
	int rc, i;

	witness_init(&r.witness, r.opts->dirfd);
	/* which file is worked on is known at the far end only */
	watch_item(r.watch, PPOOL_OLDEST);
	rc = relay_begin(&r);
	r.pace = r.jobs * RELAY_PACE;
	if (rc == 0)
		rc = relay_work(&r);
	if (rc == 0)
		relay_leave(&r);
	for (i = 0; i < RELAY_LAST_READS && relay_read_err(&r); i++)
		;
	relay_pass_lines(&r, true);
	if (r.why.len) {
		host_say_lost(r.line, buf_str(&r.why));
		(void)ppool_resign(pool);
	}
	launch_release(&r.launch);
	return rc < 0;
}
