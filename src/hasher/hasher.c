/*
 * How names become digests.
 *
 *     hasher_put  -> [chunk] -> ppool feed -> socket -> worker_serve (child)
 *     on_result   <- hasher_result  <-  socket  <- ppool_answer
 *
 * The pool copies each name and keeps it until it is answered: when a worker
 * dies, its open names go to another one, and only a name that kills again and
 * again is given up (RESULT_DIED). What can be read only once (a FIFO, stdin)
 * travels through a feed of its own, in which nothing is ever run twice, and
 * which has a window of its own: streams that stay silent hold back other
 * streams, when each worker has hasher_streams of them, but no files, unless
 * more than HASHER_STREAMS_AHEAD wait.
 *
 * A chunk closes at a number of names or a number of bytes, whichever comes
 * first, so that a huge file never holds small ones back; a name weighs as
 * much as its file, and something for its open and close. The walk runs ahead
 * of the workers by some chunks, of which the heaviest is sent first: what is
 * biggest should not begin last. The parent counts what goes in and what comes
 * out: a difference at the end is our own fault and makes the run fail.
 */
#include "hasher/hasher.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/entry.h"
#include "base/mem.h"
#include "base/xio.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "digest/engine.h"
#include "hasher/result.h"
#include "hasher/watch.h"
#include "hasher/wire.h"
#include "hasher/worker.h"
#include "ppool/ppool.h"

/* Bytes of files in a chunk: some milliseconds of work. */
#define HASHER_CHUNK_WEIGHT (2 * 1024 * 1024)
/* What open, fstat, read and close cost, in bytes digested meanwhile. */
#define HASHER_FILE_WEIGHT 4096
/* Chunks a worker holds beyond its lanes: a big file is a chunk, and all lanes
 * should have one, but a file is better given to who is first to have room. */
#define HASHER_WINDOW 2
/* More descriptors than anything here asks for, in parent or worker. */
#define HASHER_PLENTY 64
/* One in so many of a worker's descriptors may be a stream: files need some,
 * and so does the worker. */
#define HASHER_STREAM_SHARE 3
/* Streams that wait beyond those in the workers, before hasher_put waits for
 * one to end. */
#define HASHER_STREAMS_AHEAD 1024
/* Chunks that wait beyond that: a big file that is found among the last should
 * not begin as the last. */
#define HASHER_AHEAD 64
/* A name is given up when it was alone in a worker that died, this often and
 * once more. One shot from outside costs one; a file that kills, all. */
#define HASHER_RETRIES 3
/* From here on a worker that gets on with no file is worth a word. */
#define HASHER_STALL_MS 5000
/* Between calls of on_pause while there is nothing to do but wait. */
#define HASHER_PAUSE_MS 100

/* An entry that is with the workers; its name is in the pool's own copy. */
struct flight {
	struct entry entry;
	struct entry_root root; /* entry.root, if it has one */
	struct flight *next; /* in hasher.landed */
	struct flight *all;  /* in hasher.flights */
};

struct hasher {
	ppool *pool;              /* NULL until there is a name */
	ppool_feed *feed;
	ppool_feed *once;         /* for what can be read only once; or NULL */
	struct worker_setup setup;
	int *keep;                /* descriptors that workers have */
	struct watch watch;
	bool stalled;             /* a worker is, as hasher_stalled says */
	int timeout;              /* seconds; 0: none */
	int jobs;
	size_t chunk;
	void *cookie;
	void (*on_result)(void *cookie, const struct result *r);
	void (*on_pause)(void *cookie);
	uint64_t given, answered, seen; /* seen: answered at the last pause */
	struct flight *flights;   /* all that there are */
	struct flight *landed;    /* those to be used again */
	bool full;                /* a file was refused since hasher_idle */
	bool broken;              /* said so */
};

/* Turns what the pool says about an item into status and code. */
static void
hasher_judge(const struct hasher *h, const ppool_result *p, size_t digestlen,
    struct result *r)
{
	switch (p->err) {
	case PPOOL_OK:
		/* a worker that answers nonsense is as good as a dead one */
		if (wire_get_answer(r, digestlen, p->data, p->len) < 0)
			result_fail(r, RESULT_DIED, INT_MIN);
		break;
	case PPOOL_DIED:
		result_fail(r, RESULT_DIED, p->code);
		break;
	case PPOOL_GIVENUP:
		result_fail(r, RESULT_STALLED, h->timeout);
		break;
	default:
		result_fail(r, RESULT_LOST, 0);
		break;
	}
}

/* An entry to be kept until its result comes. Its name is the caller's. */
static struct flight *
flight_begin(struct hasher *h, const struct entry *e)
{
	struct flight *f = h->landed;

	if (f) {
		h->landed = f->next;
	} else {
		f = mem_alloc(sizeof(*f));
		f->all = h->flights;
		h->flights = f;
	}
	f->entry = *e;
	if (e->root) {
		f->root = *e->root;
		f->entry.root = &f->root;
	}
	return f;
}

static void
flight_end(struct hasher *h, struct flight *f)
{
	f->next = h->landed;
	h->landed = f;
}

/* r is what became of r->entry. */
static void
hasher_deliver(struct hasher *h, struct result *r)
{
	h->answered++;
	h->on_result(h->cookie, r);
}

static void
hasher_result(void *cookie, const ppool_result *p)
{
	struct hasher *h = cookie;
	struct flight *f = p->cookie;
	struct result r = { .entry = f->entry };
	/* known to whoever made the entry */
	const struct digest *d = algorithms_digest(h->setup.algorithms,
	    f->entry.algorithm);

	r.entry.name = wire_name(p->item.data, p->item.len, f->entry.len);
	hasher_judge(h, p, digest_size(d), &r);
	hasher_deliver(h, &r);
	flight_end(h, f);
}

static uint64_t
hasher_works_on(const struct hasher *h, unsigned worker)
{
	return atomic_load_explicit(&h->watch.lines[worker].id,
	    memory_order_relaxed);
}

/* Looks at the workers, and gives up what hangs. */
static void
hasher_watch(struct hasher *h)
{
	int64_t ms = watch_elapsed(&h->watch);
	unsigned i;

	if (!ms)
		return;
	h->stalled = false;
	for (i = 0; i < h->watch.n; i++) {
		struct watch_seen *s = &h->watch.seen[i];

		watch_look(&h->watch, i, ms, ppool_load(h->pool, i) > 0);
		if (s->stuck >= HASHER_STALL_MS)
			h->stalled = true;
		if (!h->timeout || s->silent / 1000 < h->timeout)
			continue;
		(void)ppool_give_up(h->pool, i, hasher_works_on(h, i));
		s->silent = 0; /* the next worker has as long */
	}
}

static void
hasher_pause(struct hasher *h)
{
	h->seen = h->answered;
	hasher_watch(h);
	if (h->on_pause)
		h->on_pause(h->cookie);
}

static const char *
hasher_strerror(ppool_err err)
{
	return err == PPOOL_SYS ? strerror(errno) : ppool_strerror(err);
}

static int
hasher_broken(struct hasher *h, ppool_err err)
{
	if (!h->broken)
		diag_msg("the workers are gone: %s", hasher_strerror(err));
	h->broken = true;
	return -1;
}

/* How many descriptors a process may have, and worth knowing about. */
static unsigned
hasher_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur > HASHER_PLENTY)
		return HASHER_PLENTY;
	return (unsigned)r.rlim_cur;
}

/* Streams that a worker holds, each of which may be silent for ever. */
static unsigned
hasher_streams(void)
{
	unsigned n = hasher_descriptors() / HASHER_STREAM_SHARE;

	if (n > WORKER_STREAMS)
		return WORKER_STREAMS;
	return n ? n : 1;
}

/*
 * What workers need. Not stdout or the temporary of -o: a worker that is
 * stopped, or that cannot be ended, would hold them open. Not the directories
 * of the walk, in the middle of which they may be forked: files need the
 * descriptors.
 */
static int *
hasher_keep(const struct hasher *h)
{
	const int fds[] = { STDIN_FILENO, STDERR_FILENO, h->setup.dirfd };

	return xio_with_inherited(fds, h->setup.dirfd < 0 ? 2 : 3);
}

static ppool_err
hasher_open_pool(struct hasher *h)
{
	unsigned files = engine_widest() + HASHER_WINDOW;
	unsigned streams = hasher_streams();
	ppool_opts po = {
		.processes = h->jobs,
		.init = worker_init,
		.initarg = &h->setup,
		.serve = worker_serve,
		.window = files + streams,
		.retries = HASHER_RETRIES,
		.keep = h->keep,
	};
	ppool_feed_opts fo = {
		.chunk_items = h->chunk,
		.chunk_weight = HASHER_CHUNK_WEIGHT,
		.ahead = HASHER_AHEAD,
		.window = files,
	};
	ppool_feed_opts once = {
		.chunk_items = 1,
		.ahead = HASHER_STREAMS_AHEAD,
		.flags = PPOOL_AT_MOST_ONCE,
		.window = streams,
	};
	ppool_err err = ppool_create(&h->pool, &po);

	if (!err)
		err = ppool_feed_open(h->pool, NULL, &fo, hasher_result, h,
		    &h->feed);
	if (!err)
		err = ppool_feed_open(h->pool, NULL, &once, hasher_result, h,
		    &h->once);
	return err;
}

static int
hasher_start_failed(ppool_err err)
{
	diag_msg("cannot start workers: %s", hasher_strerror(err));
	return -1;
}

/* Workers cost some milliseconds, and an empty tree needs none. 0 or -1 after
 * a message. */
static int
hasher_start(struct hasher *h)
{
	ppool_err err;

	if (h->once)
		return 0;
	if (h->broken)
		return -1;
	h->keep = hasher_keep(h);
	err = hasher_open_pool(h);
	h->broken = err;
	return err ? hasher_start_failed(err) : 0;
}

struct hasher *
hasher_new(const struct hasher_opts *opts)
{
	struct hasher *h = mem_zalloc(1, sizeof(*h));

	h->jobs = opts->jobs;
	h->timeout = opts->timeout;
	h->chunk = opts->chunk;
	h->setup.algorithms = opts->algorithms;
	h->setup.engine = opts->engine;
	h->setup.dirfd = opts->dirfd;
	h->setup.twice = opts->twice;
	h->cookie = opts->cookie;
	h->on_result = opts->on_result;
	h->on_pause = opts->on_pause;
	if (watch_init(&h->watch, (unsigned)opts->jobs) < 0) {
		hasher_start_failed(PPOOL_SYS);
		hasher_free(h);
		return NULL;
	}
	h->setup.lines = h->watch.lines;
	/* the walk may hold all that there are when the first name comes */
	if (hasher_descriptors() < HASHER_PLENTY && hasher_start(h) < 0) {
		hasher_free(h);
		return NULL;
	}
	return h;
}

static uint64_t
hasher_weight(const struct entry *e)
{
	/* nobody knows how long it lasts: other names go to other workers */
	if (entry_is_stream(e) || e->id.size > UINT64_MAX / 4)
		return UINT64_MAX / 4;
	return e->id.size + HASHER_FILE_WEIGHT;
}

/* Delivers a result for a name that no request can hold. */
static void
hasher_too_long(struct hasher *h, const struct entry *e)
{
	struct result r = { .entry = *e };

	(void)result_fail(&r, RESULT_OPEN, ENAMETOOLONG);
	hasher_deliver(h, &r);
}

/* Moves work until something comes, but not for long. An error is the end. */
static ppool_err
hasher_turn(struct hasher *h)
{
	ppool_err err = ppool_poll(h->pool, HASHER_PAUSE_MS);
	bool idle = err == PPOOL_TIMEOUT || err == PPOOL_INTR;

	if (idle || h->answered != h->seen)
		hasher_pause(h);
	return idle ? PPOOL_OK : err;
}

/* As ppool_feed_try. */
static ppool_err
hasher_send(struct hasher *h, const struct entry *e)
{
	unsigned char head[WIRE_HEAD];
	const ppool_buf pieces[] = {
		{ head, sizeof(head) },
		{ e->name, e->len + 1 },
	};
	struct flight *f = flight_begin(h, e);
	ppool_err err;

	wire_put_head(head, e);
	err = ppool_feed_tryv(entry_is_stream(e) ? h->once : h->feed, pieces,
	    sizeof(pieces) / sizeof(pieces[0]), hasher_weight(e), f);
	if (err)
		flight_end(h, f);
	return err;
}

int
hasher_try(struct hasher *h, const struct entry *e)
{
	ppool_err err;

	if (hasher_start(h) < 0)
		return -1;
	err = hasher_send(h, e);
	if (err == PPOOL_TIMEOUT || err == PPOOL_INTR) {
		h->full |= !entry_is_stream(e);
		hasher_pause(h);
		return 0;
	}
	if (err && err != PPOOL_TOOBIG)
		return hasher_broken(h, err);
	h->given++;
	if (err)
		hasher_too_long(h, e);
	if (h->answered != h->seen)
		hasher_pause(h);
	return 1;
}

/* Not by ppool_feed_put: while it waits nobody looks at the workers. */
int
hasher_put(struct hasher *h, const struct entry *e)
{
	ppool_err err;
	int rc;

	while ((rc = hasher_try(h, e)) == 0) {
		err = hasher_turn(h);
		if (err)
			return hasher_broken(h, err);
	}
	return rc < 0 ? -1 : 0;
}

int
hasher_wait(struct hasher *h)
{
	uint64_t before = h->answered;
	ppool_err err = h->once ? ppool_feed_flush(h->feed) : PPOOL_OK;

	while (!err && h->answered == before && h->answered != h->given)
		err = hasher_turn(h);
	return err ? hasher_broken(h, err) : 0;
}

/* Waits for fd and for the workers. True: there is something to read. */
static bool
hasher_poll(struct hasher *h, int fd, ppool_err *err)
{
	bool open = h->given != h->answered;
	int pool = open ? ppool_fd(h->pool) : -1;
	/* where the pool has no descriptor, wait in it, and look at fd after */
	bool both = pool >= 0 || !open;
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = pool, .events = POLLIN }, /* -1: passed over */
	};
	bool ready = poll(p, 2, both ? HASHER_PAUSE_MS : 0) > 0 &&
	    p[0].revents;

	/* a turn for the workers even then: fd may look ready for ever */
	*err = open ? ppool_poll(h->pool, both || ready ? 0 :
	    HASHER_PAUSE_MS) : PPOOL_OK;
	if (*err == PPOOL_TIMEOUT || *err == PPOOL_INTR)
		*err = PPOOL_OK;
	return ready;
}

int
hasher_idle(struct hasher *h, int fd, int (*more)(void *cookie), void *cookie)
{
	ppool_err err;
	bool ready;

	for (;;) {
		h->full = false;
		if (more && more(cookie) < 0)
			return -1;
		/* with names that wait for room the open chunk will be full */
		err = h->once && !h->full ? ppool_feed_flush(h->feed) :
		    PPOOL_OK;
		ready = !err && hasher_poll(h, fd, &err);
		if (err)
			return hasher_broken(h, err);
		hasher_pause(h);
		if (ready)
			return 0;
	}
}

static ppool_err
hasher_finish_feed(struct hasher *h, ppool_feed *feed)
{
	ppool_err err;

	while ((err = ppool_feed_finish(feed, HASHER_PAUSE_MS)) ==
	    PPOOL_TIMEOUT || err == PPOOL_INTR)
		hasher_pause(h);
	hasher_pause(h);
	return err;
}

int
hasher_finish(struct hasher *h)
{
	ppool_err err, once;

	if (!h->once)
		return h->broken ? -1 : 0;
	err = hasher_finish_feed(h, h->feed);
	once = hasher_finish_feed(h, h->once);
	if (err || once)
		return hasher_broken(h, err ? err : once);
	if (h->given != h->answered) {
		diag_msg("lost results: %" PRIu64 " names given, %" PRIu64
		    " results received", h->given, h->answered);
		return -1;
	}
	return 0;
}

/* The worker to be shown: one that was not, or that is stuck the longest. */
static unsigned
hasher_worst(const struct hasher *h)
{
	const struct watch_seen *s = h->watch.seen;
	unsigned i, worst = 0;

	for (i = 0; i < h->watch.n; i++) {
		if (s[i].stuck >= HASHER_STALL_MS && !s[i].shown)
			return i;
		if (s[i].stuck > s[worst].stuck)
			worst = i;
	}
	return worst;
}

bool
hasher_stalled(struct hasher *h, struct hasher_stall *s)
{
	struct watch_seen *seen;
	ppool_buf item;
	void *cookie;
	unsigned i;

	if (!h->stalled)
		return false;
	i = hasher_worst(h);
	seen = &h->watch.seen[i];
	if (ppool_held(h->pool, i, hasher_works_on(h, i), &item, &cookie) &&
	    ppool_held(h->pool, i, PPOOL_OLDEST, &item, &cookie))
		return false;
	s->len = ((struct flight *)cookie)->entry.len;
	s->path = wire_name(item.data, item.len, s->len);
	s->seconds = (unsigned)(seen->stuck / 1000);
	s->is_new = !seen->shown;
	seen->shown = true;
	return true;
}

uint64_t
hasher_bytes(const struct hasher *h)
{
	return watch_bytes(&h->watch);
}

void
hasher_free(struct hasher *h)
{
	struct flight *f;

	if (!h)
		return;
	ppool_feed_free(h->once);
	ppool_feed_free(h->feed);
	ppool_destroy(h->pool);
	watch_release(&h->watch);
	free(h->keep);
	while ((f = h->flights)) {
		h->flights = f->all;
		free(f);
	}
	free(h);
}
