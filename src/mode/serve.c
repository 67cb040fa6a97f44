/*
 * What runs at the far end: requests in, answers out, for a phash that does the
 * rest elsewhere (far/talk.h).
 *
 *     stdin -> REQUEST -> hasher_put -> the workers of this machine -> on_result
 *     -> ANSWER -> stdout
 *
 * It lives as long as its driver: when that says nothing for long, or its stdin
 * ends, so does this, and with it its workers. But not while what it says is not
 * taken: the driver may wait for who reads its output, and for how long nobody can
 * say. That it is gone then, the other end of stdout tells.
 */
#include "mode/mode.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/entry.h"
#include "base/version.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "digest/engine.h"
#include "far/channel.h"
#include "far/talk.h"
#include "hasher/hasher.h"
#include "hasher/result.h"
#include "hasher/wire.h"
#include "mode/confine.h"
#include "options/options.h"
#include "ppool/ppool.h"

/* How often the driver hears that this is alive, and how many bytes it has
 * digested: several times in the shortest --host-timeout. */
#define SERVE_ALIVE (CLOCK_SECOND / 5)

/* For the driver to say what it wants. */
#define SERVE_PATIENCE_MS (60 * 1000)

#define SERVE_NONE UINT64_MAX /* no id */

struct serve {
	struct channel channel;
	struct algorithms *algorithms;
	int number[ALGORITHMS_MAX]; /* of the driver's algorithms, here; -1 */
	const struct options *o; /* our own */
	struct confine confine;
	struct hasher *hasher;
	struct buf engine;      /* the driver's choice */
	int64_t silence;        /* after which the driver is gone */
	int64_t heard;          /* of it */
	int64_t told;           /* that this is alive */
	uint64_t archive;       /* id of the last part, or SERVE_NONE */
	bool over;              /* there is nobody to answer any more */
};

/* ---- to the driver ------------------------------------------------------------ */

static void
serve_send(struct serve *s)
{
	if (!s->over && channel_send(&s->channel) < 0)
		s->over = true;
}

/* -1: nothing more is said. */
static int
serve_refuse(struct serve *s, const char *why)
{
	talk_say_refused(&s->channel, why);
	serve_send(s);
	return -1;
}

static int
serve_misheard(struct serve *s)
{
	return serve_refuse(s, "does not understand its driver");
}

static void
serve_put_answer(struct serve *s, enum talk_type type, uint64_t id,
    const struct result *r)
{
	unsigned char answer[WIRE_ANSWER_MAX];

	talk_say_item(&s->channel, type, id, answer,
	    wire_put_answer(answer, r));
}

/* A member of an archive; which that is, is said before the first in a row. */
static void
serve_part(struct serve *s, const struct result *r)
{
	const struct result opened = { .status = RESULT_OPENED,
	    .entry.id = r->archive->id };
	uint64_t id = r->entry.cookie;
	size_t n;
	void *part = wire_new_part(r, &n);

	if (!part)
		diag_die("out of memory");
	if (s->archive != id)
		serve_put_answer(s, TALK_PART, id, &opened);
	s->archive = id;
	talk_say_item(&s->channel, TALK_PART, id, part, n);
	free(part);
}

static void
serve_on_result(void *cookie, const struct result *r)
{
	struct serve *s = cookie;

	if (r->archive) {
		serve_part(s, r);
		return;
	}
	if (s->archive == r->entry.cookie)
		s->archive = SERVE_NONE;
	serve_put_answer(s, TALK_ANSWER, r->entry.cookie, r);
}

/* Has the driver said something that was not read yet? It is waited for so long. */
static bool
serve_has_input(const struct serve *s, int ms)
{
	struct pollfd p = { .fd = s->channel.in, .events = POLLIN };

	return poll(&p, 1, ms) != 0; /* if that fails, read says why */
}

static void
serve_on_pause(void *cookie)
{
	struct serve *s = cookie;
	int64_t now = clock_ns();

	if (now - s->told >= SERVE_ALIVE) {
		talk_say_number(&s->channel, TALK_ALIVE,
		    hasher_bytes(s->hasher));
		s->told = now;
	}
	serve_send(s);
	if (now - s->heard > s->silence && !serve_has_input(s, 0))
		s->over = true;
	if (s->over)
		exit(PHASH_FAILURE); /* the workers end with this process */
}

/* ---- the beginning ------------------------------------------------------------ */

static struct talk_hello
serve_hello(void)
{
	return (struct talk_hello){ TALK_PROTOCOL, talk_text(PHASH_VERSION) };
}

/* The next frame, which is waited for. 0, or -1 at the end. */
static int
serve_next(struct serve *s, struct channel_frame *f)
{
	int rc;

	while ((rc = channel_next(&s->channel, f)) == 0)
		if (!serve_has_input(s, SERVE_PATIENCE_MS) ||
		    channel_receive(&s->channel) < 0)
			return -1;
	return rc < 0 ? -1 : 0;
}

/* Moves to where the driver is. 0 or -1. */
static int
serve_directory(struct serve *s, const struct talk_text *dir)
{
	struct buf b = BUF_INIT;
	int rc;

	buf_put(&b, dir->s, dir->len);
	rc = chdir(buf_str(&b));
	if (rc < 0) {
		int err = errno;

		buf_clear(&b);
		buf_printf(&b, "cannot change to %.*s: %s", (int)dir->len,
		    dir->s, strerror(err));
		(void)serve_refuse(s, buf_str(&b));
	}
	buf_release(&b);
	return rc;
}

/* Notes which algorithm a number of the driver's means. 0 or -1. */
static int
serve_algorithm(struct serve *s, unsigned number, const struct talk_text *name)
{
	struct buf b = BUF_INIT;
	int n;

	if (number >= ALGORITHMS_MAX)
		return serve_refuse(s, "no such number of an algorithm");
	buf_put(&b, name->s, name->len);
	n = algorithms_add(s->algorithms, buf_str(&b));
	s->number[number] = n;
	if (n < 0) {
		buf_clear(&b);
		buf_printf(&b, "its libcrypto does not know %.*s",
		    (int)name->len, name->s);
		(void)serve_refuse(s, buf_str(&b));
	}
	buf_release(&b);
	return n < 0 ? -1 : 0;
}

static int
serve_hasher(struct serve *s, const struct talk_setup *t)
{
	int cpus = ppool_cpus(), jobs = t->jobs ? (int)t->jobs : cpus;
	struct hasher_opts opts = {
		.jobs = jobs,
		.algorithms = s->algorithms,
		.chunk = t->chunk,
		.dirfd = AT_FDCWD,
		.engine = buf_str(&s->engine),
		.twice = t->twice,
		.limit = t->limit,
		.timeout = (int)t->timeout,
		.threads = cpus > jobs ? (unsigned)(cpus / jobs) : 1,
		.cookie = s,
		.on_result = serve_on_result,
		.on_pause = serve_on_pause,
	};
	const char *refusal = engine_refusal(opts.engine);

	if (refusal)
		return serve_refuse(s, refusal);
	confine_prepare(&s->confine, s->o, AT_FDCWD);
	opts.sandbox = confine_workers(&s->confine);
	s->hasher = hasher_new(&opts);
	if (!s->hasher)
		return serve_refuse(s, "cannot start workers");
	if (confine_enter(&s->confine, s->o, -1) < 0)
		return serve_refuse(s, "cannot give up what it does not need");
	return jobs;
}

static bool
serve_is_sane(const struct talk_setup *t)
{
	const struct talk_text *e = &t->engine;
	size_t i;

	for (i = 0; engine_choices[i]; i++)
		if (strlen(engine_choices[i]) == e->len &&
		    !memcmp(engine_choices[i], e->s, e->len))
			break;
	return engine_choices[i] && t->jobs <= OPTIONS_MAX_JOBS &&
	    t->chunk <= 1000000 && t->timeout <= 1000000 && t->silence &&
	    t->silence <= 1000000;
}

/* What the driver wants. 0, with the answer still to be sent, or -1. */
static int
serve_setup(struct serve *s)
{
	const struct talk_hello mine = serve_hello();
	struct channel_frame f;
	struct talk_setup t;
	struct engine *e;
	int jobs;

	if (serve_next(s, &f) < 0)
		return -1;
	if (f.type != TALK_SETUP || talk_hear_setup(&t, &f) < 0)
		return serve_misheard(s);
	if (!talk_is_same(&t.hello, &mine))
		return serve_refuse(s, "is another version of phash");
	if (!serve_is_sane(&t))
		return serve_refuse(s, "was asked for what it cannot do");
	s->silence = t.silence * CLOCK_SECOND;
	buf_put(&s->engine, t.engine.s, t.engine.len);
	if (serve_directory(s, &t.directory) < 0 ||
	    serve_algorithm(s, 0, &t.algorithm) < 0)
		return -1;
	jobs = serve_hasher(s, &t);
	if (jobs < 0)
		return -1;
	e = engine_new(algorithms_digest(s->algorithms, 0), 1,
	    buf_str(&s->engine));
	talk_say_ready(&s->channel, &(struct talk_ready){ (uint32_t)jobs,
	    talk_text(e ? e->name : "unknown") });
	engine_free(e);
	return 0;
}

/* ---- requests ----------------------------------------------------------------- */

static int
serve_request(struct serve *s, const struct channel_frame *f)
{
	const unsigned char *p;
	struct entry_root root;
	struct entry e;
	uint64_t id;
	size_t n;

	if (talk_hear_item(&id, &p, &n, f) < 0 ||
	    wire_get_request(&e, &root, p, n) < 0 || entry_is_stream(&e) ||
	    e.algorithm >= ALGORITHMS_MAX || s->number[e.algorithm] < 0)
		return serve_misheard(s);
	e.algorithm = s->number[e.algorithm];
	/* devices have other numbers here; the driver compares what was read */
	e.id = (struct entry_identity){ .size = e.id.size };
	root.dev = root.ino = 0;
	e.cookie = id;
	return hasher_put(s->hasher, &e);
}

/* 1: go on; 0: the driver said goodbye; -1: it is over. */
static int
serve_frame(struct serve *s, const struct channel_frame *f)
{
	struct talk_text name;
	unsigned number;
	uint64_t x;

	switch (f->type) {
	case TALK_REQUEST:
		return serve_request(s, f) < 0 ? -1 : 1;
	case TALK_ALGORITHM:
		if (talk_hear_algorithm(&number, &name, f) == 0)
			return serve_algorithm(s, number, &name) < 0 ? -1 : 1;
		break;
	case TALK_PING:
		if (talk_hear_number(&x, f) == 0) {
			talk_say_number(&s->channel, TALK_PONG, x);
			return 1;
		}
		break;
	case TALK_BYE:
		return 0;
	}
	return serve_misheard(s);
}

/* All that has come. As serve_frame. */
static int
serve_frames(struct serve *s)
{
	struct channel_frame f;
	int rc, more = 1;

	while (more == 1 && (rc = channel_next(&s->channel, &f)) != 0) {
		s->heard = clock_ns();
		more = rc < 0 ? serve_misheard(s) : serve_frame(s, &f);
	}
	return more;
}

/* Until the driver says goodbye, or is gone. The exit status. */
static int
serve_work(struct serve *s)
{
	int rc;

	while ((rc = serve_frames(s)) == 1) {
		serve_send(s);
		if (hasher_idle(s->hasher, s->channel.in, NULL, NULL) < 0) {
			(void)serve_refuse(s, "its workers are gone");
			return PHASH_FAILURE;
		}
		if (channel_receive(&s->channel) < 0)
			return PHASH_FAILURE;
	}
	if (rc < 0 || hasher_finish(s->hasher) < 0)
		return PHASH_FAILURE;
	serve_send(s);
	return PHASH_OK;
}

/* ---- the run ------------------------------------------------------------------ */

/* The channel gets descriptors that no worker has, and nothing else that is
 * printed comes between. 0, or -1 after a message. */
static int
serve_open(struct serve *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	channel_init(&s->channel, in, out);
	if (null >= 0 && in >= 0 && out >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(null, STDOUT_FILENO) >= 0) {
		(void)close(null);
		return 0;
	}
	diag_msg("--serve: %s", strerror(errno));
	return -1;
}

int
mode_serve(const struct options *o)
{
	const struct talk_hello hello = serve_hello();
	struct serve s = { .archive = SERVE_NONE, .o = o };
	int status = PHASH_FAILURE;
	size_t i;

	for (i = 0; i < ALGORITHMS_MAX; i++)
		s.number[i] = -1;
	s.algorithms = algorithms_new();
	if (!s.algorithms)
		diag_die("out of memory");
	if (confine_init(&s.confine, o) == 0 && serve_open(&s) == 0) {
		buf_put(&s.channel.unsent, TALK_MARK, TALK_MARK_LEN);
		talk_say_hello(&s.channel, &hello);
		serve_send(&s);
		s.heard = clock_ns();
		if (serve_setup(&s) == 0)
			status = serve_work(&s);
	}
	hasher_free(s.hasher);
	confine_release(&s.confine);
	algorithms_free(s.algorithms);
	channel_release(&s.channel);
	buf_release(&s.engine);
	return status;
}
