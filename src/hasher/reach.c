#include "hasher/reach.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "far/talk.h"
#include "hasher/hosts.h"

/* More workers than any machine has. */
#define REACH_JOBS 65536
/* Seconds that a far end waits for one that is silent: it may be stopped, or wait
 * for who reads its output. That it has ended is seen by the connection. */
#define REACH_PATIENCE (24 * 3600)
/* Bytes of something else before TALK_MARK. */
#define REACH_NOISE ((size_t)64 * 1024)
#define REACH_NOISE_SHOWN 200
/* Of what a launcher has printed at last: 512 bytes each. */
#define REACH_LAST_READS 32
/* For a launcher to end, when its connection has. */
#define REACH_GONE_MS 100

int
reach_lose(struct reach *r, const char *fmt, ...)
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
reach_pass_lines(struct reach *r, bool end)
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
reach_read_err(struct reach *r)
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
	reach_pass_lines(r, false);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) {
		(void)close(r->launch.err);
		r->launch.err = -1;
	}
	return n > 0;
}

/* ---- waiting ------------------------------------------------------------------ */

/* The connection has ended: by the launcher's end, if it has one by now. */
static int
reach_gone(struct reach *r, int err)
{
	const struct launch *l = &r->launch;

	(void)launch_ended(&r->launch, REACH_GONE_MS);
	if (WIFEXITED(l->status) && WEXITSTATUS(l->status))
		return reach_lose(r, "connection lost: %s ended with status "
		    "%d", r->host->argv[0], WEXITSTATUS(l->status));
	if (WIFSIGNALED(l->status))
		return reach_lose(r, "connection lost: %s was killed by "
		    "signal %d", r->host->argv[0], WTERMSIG(l->status));
	return reach_lose(r, "connection lost%s%s", err ? ": " : "",
	    err ? strerror(err) : "");
}

int
reach_send(struct reach *r)
{
	return channel_send(&r->channel) < 0 ? reach_gone(r, errno) : 0;
}

int
reach_await(struct reach *r, bool pool, int ms)
{
	struct pollfd p[] = {
		{ .fd = r->launch.fd, .events = POLLIN },
		{ .fd = r->launch.err, .events = POLLIN },
		{ .fd = pool ? ppool_worker_fd(r->pool) : -1,
		  .events = POLLIN },
	};
	int64_t since, waited;

	if (channel_pending(&r->channel))
		p[0].events |= POLLOUT;
	watch_turn(r->watch);
	since = clock_ns();
	if (poll(p, sizeof(p) / sizeof(p[0]), ms) < 0 && errno != EINTR)
		return reach_lose(r, "poll: %s", strerror(errno));
	watch_turn(r->watch);
	waited = clock_ns() - since;
	r->quiet += waited < (int64_t)ms * 1000000 ? waited :
	    (int64_t)ms * 1000000;
	if (p[1].revents)
		(void)reach_read_err(r);
	if (p[0].revents & ~POLLOUT && channel_receive(&r->channel) < 0)
		return reach_gone(r, errno);
	return reach_send(r);
}

static int
reach_strange(struct reach *r)
{
	return reach_lose(r, "does not speak as phash does");
}

int
reach_silent(struct reach *r, const char *what)
{
	int seconds = (int)(r->silence / CLOCK_SECOND);

	return reach_lose(r, "%s for %d second%s", what, seconds,
	    seconds == 1 ? "" : "s");
}

/* ---- beginning ---------------------------------------------------------------- */

/* Waits for a far end that begins. 0, or -1: it is given up, or the pool, which
 * sends nothing before it is asked, has nothing for it any more. */
static int
reach_await_beginning(struct reach *r)
{
	ppool_item item;

	if (r->quiet >= r->silence)
		return reach_silent(r, "no answer");
	if (ppool_take(r->pool, false, &item) < 0)
		return -1;
	return reach_await(r, true, 100);
}

/* The next frame, which is waited for. 0 or -1. */
static int
reach_hear(struct reach *r, struct channel_frame *f)
{
	int rc;

	while ((rc = channel_next(&r->channel, f)) == 0) {
		if (reach_await_beginning(r) < 0)
			return -1;
	}
	return rc < 0 ? reach_strange(r) : 0;
}

/* What a login shell printed before phash came: a line of it, or as much of that as
 * is enough to know it by. */
static void
reach_noise(struct reach *r, size_t n)
{
	const char *text = r->channel.got.data;
	const char *end = memchr(text, '\n', n);
	size_t len = end ? (size_t)(end - text) : n;
	bool more = len + 1 < n;
	struct buf note = BUF_INIT;

	if (len && text[len - 1] == '\r')
		len--;
	if (len > REACH_NOISE_SHOWN) {
		len = REACH_NOISE_SHOWN;
		more = true;
	}
	buf_puts(&note, "printed before phash began: ");
	buf_put(&note, text, len);
	if (more)
		buf_puts(&note, " ...");
	host_note(r->line, note.data, note.len);
	buf_release(&note);
}

static int
reach_find_mark(struct reach *r)
{
	size_t before;
	int rc = 0;

	while (!channel_find(&r->channel, TALK_MARK, TALK_MARK_LEN, &before)) {
		if (before > REACH_NOISE)
			rc = reach_lose(r, "what answers is not phash");
		else
			rc = reach_await_beginning(r);
		if (rc < 0)
			break;
	}
	if (before)
		reach_noise(r, before);
	return rc;
}

int
reach_refused(struct reach *r, const struct channel_frame *f)
{
	struct talk_text why;

	if (talk_hear_text(&why, f) < 0)
		return reach_strange(r);
	return reach_lose(r, "%.*s", (int)why.len, why.s);
}

static int
reach_check_hello(struct reach *r, const struct channel_frame *f)
{
	const struct talk_hello mine = { TALK_PROTOCOL,
	    talk_text(r->opts->version) };
	struct talk_hello h;

	if (f->type != TALK_HELLO || talk_hear_hello(&h, f) < 0)
		return reach_strange(r);
	if (talk_is_same(&h, &mine))
		return 0;
	return reach_lose(r, "phash is version %.*s there (protocol %u), and "
	    "%s here (%u)", (int)h.version.len, h.version.s,
	    (unsigned)h.protocol, r->opts->version, TALK_PROTOCOL);
}

const char *
reach_algorithm(const struct reach *r, int n)
{
	return algorithms_digest(r->opts->algorithms, n)->tag;
}

static void
reach_say_setup(struct reach *r)
{
	const struct hasher_opts *o = r->opts;
	const struct talk_setup s = {
		.hello = { TALK_PROTOCOL, talk_text(o->version) },
		.algorithm = talk_text(reach_algorithm(r, 0)),
		.directory = talk_text(o->directory),
		.engine = talk_text(o->engine),
		.jobs = (uint32_t)r->host->jobs,
		.chunk = (uint32_t)o->chunk,
		.timeout = (uint32_t)o->timeout,
		.silence = REACH_PATIENCE,
		.twice = o->twice,
		.limit = o->limit,
	};

	talk_say_setup(&r->channel, &s);
}

static int
reach_hear_ready(struct reach *r, const struct channel_frame *f)
{
	struct talk_ready ready;

	if (f->type == TALK_REFUSED)
		return reach_refused(r, f);
	if (f->type != TALK_READY || talk_hear_ready(&ready, f) < 0 ||
	    !ready.jobs || ready.jobs > REACH_JOBS)
		return reach_strange(r);
	r->jobs = ready.jobs;
	host_say_ready(r->line, ready.jobs, ready.engine.s, ready.engine.len);
	return 0;
}

int
reach_begin(struct reach *r)
{
	struct channel_frame f;

	if (launch_start(&r->launch, r->host->argv) < 0)
		return reach_lose(r, "cannot be started: %s", strerror(errno));
	channel_init(&r->channel, r->launch.fd, r->launch.fd);
	if (reach_find_mark(r) < 0 || reach_hear(r, &f) < 0 ||
	    reach_check_hello(r, &f) < 0)
		return -1;
	reach_say_setup(r);
	if (reach_send(r) < 0 || reach_hear(r, &f) < 0)
		return -1;
	return reach_hear_ready(r, &f);
}

/* ---- the end ------------------------------------------------------------------ */

void
reach_drain(struct reach *r)
{
	int i;

	for (i = 0; i < REACH_LAST_READS && reach_read_err(r); i++)
		;
	reach_pass_lines(r, true);
}

void
reach_release(struct reach *r)
{
	launch_release(&r->launch);
	channel_release(&r->channel);
	buf_release(&r->err);
	buf_release(&r->why);
}
