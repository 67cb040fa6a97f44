/*
 * The row of hashers that work on this machine: a pool of forked workers.
 *
 *     take    -> [chunk] -> ppool feed -> socket -> worker_serve (child)
 *     deliver <- local_result  <-  socket  <- ppool_answer
 *
 * The pool copies each name and keeps it until it is answered: when a worker
 * dies, its open names go to another one, and only a name that kills again and
 * again is given up (RESULT_DIED). What can be read only once (a FIFO, stdin)
 * travels through a feed of its own, in which nothing is ever run twice, and
 * which has a window of its own: streams that stay silent hold back other
 * streams, when each worker has local_streams of them, but no files, unless
 * more than LOCAL_STREAMS_AHEAD wait. Directories that workers list have a feed, too:
 * feeds take turns, so that listings do not wait for the files of those before.
 *
 * A chunk closes at a number of names or a number of bytes, whichever comes
 * first, so that a huge file never holds small ones back; a name weighs as
 * much as its file, and something for its open and close. The walk runs ahead
 * of the workers by some chunks, of which the heaviest is sent first: what is
 * biggest should not begin last.
 */
#include "hasher/local.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/entry.h"
#include "base/mem.h"
#include "base/xio.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "digest/engine.h"
#include "hasher/crew.h"
#include "hasher/dirs.h"
#include "hasher/flight.h"
#include "hasher/listing.h"
#include "hasher/ops.h"
#include "hasher/result.h"
#include "hasher/watch.h"
#include "hasher/wire.h"
#include "hasher/worker.h"
#include "ppool/ppool.h"
#include "sandbox/sandbox.h"

/* Bytes of files in a chunk: some milliseconds of work. */
#define LOCAL_CHUNK_WEIGHT (2 * 1024 * 1024)
/* What a worker has open beside those it keeps, streams and files: its end of
 * the socket, /dev/null for stdout and stderr, the directory of the operand, those
 * below it, and one for while it opens another. */
#define LOCAL_WORKER_NEEDS (5 + DIRS_LEVELS)
/* One in so many of the rest may be a stream: files need some. */
#define LOCAL_STREAM_SHARE 3
/* Streams that wait beyond those in the workers, before hasher_put waits for
 * one to end. */
#define LOCAL_STREAMS_AHEAD 1024
/* Chunks that wait beyond that: a big file that is found among the last should
 * not begin as the last. */
#define LOCAL_AHEAD 64
/* Directories that a worker holds: that being read, and the next. */
#define LOCAL_TREES 2
/* A name is given up when it was alone in a worker that died, this often and
 * once more. One shot from outside costs one; a file that kills, all. */
#define LOCAL_RETRIES 3
/* For hosts, when all is done. */
#define LOCAL_PARTING_MS 2000
/* From here on a worker that gets on with no file is worth a word. */
#define LOCAL_STALL_MS 5000

struct local {
	struct hasher hasher;
	ppool *pool;
	ppool_feed *feed;
	ppool_feed *once;         /* for what can be read only once */
	ppool_feed *trees;        /* for directories; NULL without opts.walk */
	struct crew crew;
	int *keep;                /* descriptors that workers have */
	struct watch watch;
	bool stalled;             /* a worker is, as hasher_stalled says */
	struct flights flights;   /* what is with the workers */
};

/* A listing must be one, and of a directory. */
static bool
local_lists_right(const struct result *r)
{
	return r->status != RESULT_LISTED || (r->entry.kind == ENTRY_TREE &&
	    listing_is_right(&r->entry, r->text, (size_t)r->size));
}

/* Turns what the pool says about an item into status and code. */
static void
local_outcome(struct local *l, const ppool_result *p, size_t digestlen,
    struct result *r)
{
	switch (p->err) {
	case PPOOL_OK:
		/* a worker that answers nonsense is as good as a dead one */
		if (wire_get_answer(r, digestlen, p->data, p->len) < 0 ||
		    !local_lists_right(r))
			result_fail(r, RESULT_DIED, INT_MIN);
		break;
	case PPOOL_DIED:
		result_fail(r, RESULT_DIED, p->code);
		break;
	case PPOOL_GIVENUP:
		result_fail(r, RESULT_STALLED, l->crew.opts.timeout);
		break;
	default:
		/* before the first name that nobody is left for */
		hosts_look(&l->crew.hosts);
		result_fail(r, RESULT_LOST, 0);
		break;
	}
}

/* A member of an archive, or what is known of the archive itself, before the
 * first. */
static void
local_part(struct local *l, const ppool_result *p, size_t digestlen,
    struct entry *archive)
{
	struct result r = { .archive = archive };

	if (!p->err && wire_is_opened(p->data, p->len) &&
	    wire_get_answer(&r, digestlen, p->data, p->len) == 0) {
		archive->id = r.entry.id;
		return;
	}

	r.entry.algorithm = archive->algorithm;
	r.entry.cookie = archive->cookie;
	/* nonsense has no name that could be told */
	if (p->err || wire_get_part(&r, digestlen, p->data, p->len) < 0) {
		r.entry.name = "";
		(void)result_fail(&r, RESULT_DIED, INT_MIN);
	}
	hasher_deliver(&l->hasher, &r);
}

static void
local_result(void *cookie, const ppool_result *p)
{
	struct local *l = cookie;
	struct flight *f = p->cookie;
	struct result r = { .entry = f->entry };
	/* known to whoever made the entry */
	const struct digest *d = algorithms_digest(l->crew.opts.algorithms,
	    f->entry.algorithm);

	r.entry.name = wire_name(p->item.data, p->item.len, f->entry.len);
	if (p->part) {
		/* nothing else has any */
		if (f->entry.archive)
			local_part(l, p, d->size, &r.entry);
		f->entry.id = r.entry.id;
		return;
	}
	local_outcome(l, p, d->size, &r);
	hasher_deliver(&l->hasher, &r);
	flights_end(&l->flights, f);
}

static uint64_t
local_works_on(const struct local *l, unsigned worker)
{
	return atomic_load_explicit(&l->watch.lines[worker].id,
	    memory_order_relaxed);
}

/* Looks at the workers, and gives up what hangs. */
static void
local_look(struct hasher *h)
{
	struct local *l = (struct local *)h;
	int64_t ms = watch_elapsed(&l->watch);
	int timeout = l->crew.opts.timeout;
	unsigned i;

	if (!ms)
		return;
	hosts_look(&l->crew.hosts);
	l->stalled = false;
	for (i = 0; i < l->watch.n; i++) {
		struct watch_seen *s = &l->watch.seen[i];

		watch_look(&l->watch, i, ms, ppool_load(l->pool, i) > 0);
		if (s->stuck >= LOCAL_STALL_MS)
			l->stalled = true;
		if (!timeout || s->silent / 1000 < timeout)
			continue;
		(void)ppool_give_up(l->pool, i, local_works_on(l, i));
		s->silent = 0; /* the next worker has as long */
	}
}

static const char *
local_strerror(ppool_err err)
{
	return err == PPOOL_SYS ? strerror(errno) : ppool_strerror(err);
}

/* Why the pool is of no use any more. */
static const char *
local_why(const struct local *l, ppool_err err)
{
	int failed = err == PPOOL_BROKEN ? watch_failed(&l->watch) : 0;

	return failed ? strerror(failed) : local_strerror(err);
}

/* No more can be had of the pool. -1, after one message. */
static int
local_broken(struct local *l, ppool_err err)
{
	hosts_look(&l->crew.hosts);
	if (!l->hasher.broken && hosts_are_lost(&l->crew.hosts))
		diag_msg("no host is left");
	else if (!l->hasher.broken)
		diag_msg("the workers are gone: %s", local_why(l, err));
	l->hasher.broken = true;
	return -1;
}

/* How many descriptors a process may have. */
static rlim_t
local_descriptors(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) < 0 ? RLIM_INFINITY : r.rlim_cur;
}

/* Streams that a worker holds, each of which may be silent for ever; keep are
 * its descriptors. */
static unsigned
local_streams(const int *keep)
{
	rlim_t most = local_descriptors(), used = LOCAL_WORKER_NEEDS, n;

	while (*keep++ >= 0)
		used++;
	n = most > used ? (most - used) / LOCAL_STREAM_SHARE : 0;
	if (n > WORKER_STREAMS)
		return WORKER_STREAMS;
	return n ? (unsigned)n : 1;
}

/*
 * What workers need. Not stdout, stderr or the temporary of -o: a worker that is
 * stopped, or that cannot be ended, would hold them open, and who reads them would
 * wait for it. Not the directories of the walk, in the middle of which one may be
 * replaced: files need the descriptors.
 */
static int *
local_keep(const struct local *l)
{
	const struct sandbox *s = l->crew.opts.sandbox;
	int fds[3] = { STDIN_FILENO };
	size_t n = 1;

	if (l->crew.opts.dirfd >= 0)
		fds[n++] = l->crew.opts.dirfd;
	if (s && s->rules >= 0)
		fds[n++] = s->rules;
	return xio_with_inherited(fds, n);
}

/* The feeds, whose windows are these numbers of chunks a worker. */
static ppool_err
local_open_feeds(struct local *l, unsigned files, unsigned streams)
{
	ppool_feed_opts fo = {
		.chunk_items = l->crew.opts.chunk,
		.chunk_weight = LOCAL_CHUNK_WEIGHT,
		.ahead = LOCAL_AHEAD,
		.window = l->crew.hosts.n ? 0 : files,
	};
	ppool_feed_opts once = {
		.chunk_items = 1,
		.ahead = LOCAL_STREAMS_AHEAD,
		.flags = PPOOL_AT_MOST_ONCE,
		.window = streams,
	};
	ppool_feed_opts trees = {
		.chunk_items = 1,
		.window = LOCAL_TREES,
	};
	ppool_err err;

	err = ppool_feed_open(l->pool, NULL, &fo, local_result, l, &l->feed);
	if (!err)
		err = ppool_feed_open(l->pool, NULL, &once, local_result, l,
		    &l->once);
	if (!err && l->crew.opts.walk)
		err = ppool_feed_open(l->pool, NULL, &trees, local_result, l,
		    &l->trees);
	return err ? err : crew_feeds(&l->crew, l->feed, l->once);
}

static ppool_err
local_open_pool(struct local *l)
{
	unsigned files = engine_widest() + WORKER_AHEAD;
	unsigned streams = local_streams(l->keep);
	ppool_opts po = { .retries = LOCAL_RETRIES, .keep = l->keep };
	ppool_err err;

	crew_pool(&l->crew, &po, files, streams);
	if (l->crew.opts.walk)
		po.window += LOCAL_TREES;
	err = ppool_create(&l->pool, &po);
	return err ? err : local_open_feeds(l, files, streams);
}

static uint64_t
local_weight(const struct entry *e)
{
	/* nobody knows how long it lasts: other names go to other workers */
	if (entry_is_stream(e) || e->id.size > UINT64_MAX / 4)
		return UINT64_MAX / 4;
	if (e->kind == ENTRY_TREE)
		return LOCAL_CHUNK_WEIGHT;
	return e->id.size + WORKER_FILE_WEIGHT;
}

/* Delivers a result for a name that no request can hold. */
static void
local_too_long(struct local *l, const struct entry *e)
{
	struct result r = { .entry = *e };

	(void)result_fail(&r, RESULT_OPEN, ENAMETOOLONG);
	hasher_deliver(&l->hasher, &r);
}

static ppool_feed *
local_feed(const struct local *l, const struct entry *e)
{
	if (e->kind == ENTRY_TREE)
		return l->trees;
	return entry_is_stream(e) ? l->once : l->feed;
}

/* As ppool_feed_try. */
static ppool_err
local_send(struct local *l, const struct entry *e)
{
	unsigned char head[WIRE_HEAD];
	const ppool_buf pieces[] = {
		{ head, sizeof(head) },
		{ e->name, e->len + 1 },
	};
	struct flight *f = flights_begin(&l->flights, e);
	ppool_err err;

	wire_put_head(head, e);
	err = ppool_feed_tryv(local_feed(l, e), pieces,
	    sizeof(pieces) / sizeof(pieces[0]), local_weight(e), f);
	if (err)
		flights_end(&l->flights, f);
	return err;
}

static int
local_take(struct hasher *h, const struct entry *e)
{
	struct local *l = (struct local *)h;
	ppool_err err = local_send(l, e);

	if (err == PPOOL_TIMEOUT || err == PPOOL_INTR)
		return 0;
	if (err == PPOOL_TOOBIG)
		local_too_long(l, e);
	else if (err)
		return local_broken(l, err);
	return 1;
}

static int
local_flush(struct hasher *h)
{
	struct local *l = (struct local *)h;
	ppool_err err = ppool_feed_flush(l->feed);

	return err ? local_broken(l, err) : 0;
}

static bool
local_passes(ppool_err err)
{
	return err == PPOOL_TIMEOUT || err == PPOOL_INTR;
}

/* As local_turn, for a descriptor too. */
static int
local_turn_fd(struct local *l, int fd, int ms)
{
	bool open = hasher_open(&l->hasher) > 0;
	int pool = open ? ppool_fd(l->pool) : -1;
	/* where the pool has no descriptor, wait in it, and look at fd after */
	bool both = pool >= 0 || !open;
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = pool, .events = POLLIN }, /* -1: passed over */
	};
	bool ready = poll(p, 2, both ? ms : 0) > 0 &&
	    p[0].revents;
	ppool_err err = PPOOL_OK;

	/* a turn for the workers even then: fd may look ready for ever */
	if (open)
		err = ppool_poll(l->pool, both || ready ? 0 : ms);
	return err && !local_passes(err) ? local_broken(l, err) : ready;
}

static int
local_turn(struct hasher *h, int fd, int ms)
{
	struct local *l = (struct local *)h;
	ppool_err err;

	if (fd >= 0)
		return local_turn_fd(l, fd, ms);
	err = ppool_poll(l->pool, ms);
	return err && !local_passes(err) ? local_broken(l, err) : 0;
}

static ppool_err
local_finish_feed(struct local *l, ppool_feed *feed)
{
	ppool_err err;

	while (local_passes(err = ppool_feed_finish(feed, HASHER_PAUSE_MS)))
		hasher_pause(&l->hasher);
	hasher_pause(&l->hasher);
	return err;
}

/* Lets the far ends end by themselves, but does not wait for long. */
static void
local_part_with_hosts(struct local *l)
{
	ppool_err err = ppool_close(l->pool);
	int ms;

	for (ms = 0; ms < LOCAL_PARTING_MS && (!ms || local_passes(err));
	    ms += HASHER_PAUSE_MS) {
		if (!err || ms)
			err = ppool_join(l->pool, HASHER_PAUSE_MS);
		hasher_pause(&l->hasher);
	}
	hosts_look(&l->crew.hosts);
}

static int
local_finish(struct hasher *h)
{
	struct local *l = (struct local *)h;
	ppool_err err, once, trees;

	trees = l->trees ? local_finish_feed(l, l->trees) : PPOOL_OK;
	err = local_finish_feed(l, l->feed);
	once = local_finish_feed(l, l->once);
	if (err || once || trees)
		return local_broken(l, err ? err : once ? once : trees);
	if (l->crew.hosts.n)
		local_part_with_hosts(l);
	return 0;
}

/* The worker to be shown: one that was not, or that is stuck the longest. */
static unsigned
local_worst(const struct local *l)
{
	const struct watch_seen *s = l->watch.seen;
	unsigned i, worst = 0;

	for (i = 0; i < l->watch.n; i++) {
		if (s[i].stuck >= LOCAL_STALL_MS && !s[i].shown)
			return i;
		if (s[i].stuck > s[worst].stuck)
			worst = i;
	}
	return worst;
}

static bool
local_stalled(struct hasher *h, struct hasher_stall *s)
{
	struct local *l = (struct local *)h;
	struct watch_seen *seen;
	ppool_buf item;
	void *cookie;
	unsigned i;

	if (!l->stalled)
		return false;
	i = local_worst(l);
	seen = &l->watch.seen[i];
	if (ppool_held(l->pool, i, local_works_on(l, i), &item, &cookie) &&
	    ppool_held(l->pool, i, PPOOL_OLDEST, &item, &cookie))
		return false;
	s->len = ((struct flight *)cookie)->entry.len;
	s->path = wire_name(item.data, item.len, s->len);
	s->seconds = (unsigned)(seen->stuck / 1000);
	s->is_new = !seen->shown;
	seen->shown = true;
	return true;
}

static uint64_t
local_bytes(const struct hasher *h)
{
	return watch_bytes(&((const struct local *)h)->watch);
}

static int
local_sandbox(const struct hasher *h)
{
	return watch_sandbox(&((const struct local *)h)->watch);
}

static bool
local_report(const struct hasher *h, unsigned n, struct hasher_report *r)
{
	return hosts_report(&((const struct local *)h)->crew.hosts, n, r);
}

static void
local_free(struct hasher *h)
{
	struct local *l = (struct local *)h;
	ppool_feed_free(l->trees);
	ppool_feed_free(l->once);
	ppool_feed_free(l->feed);
	ppool_destroy(l->pool);
	watch_release(&l->watch);
	crew_release(&l->crew);
	free(l->keep);
	flights_release(&l->flights);
	free(l);
}

static const struct hasher_ops local_ops = {
	.take = local_take,
	.flush = local_flush,
	.turn = local_turn,
	.finish = local_finish,
	.look = local_look,
	.stalled = local_stalled,
	.bytes = local_bytes,
	.sandbox = local_sandbox,
	.report = local_report,
	.free = local_free,
};

struct hasher *
local_new(const struct hasher_opts *opts)
{
	struct local *l = mem_zalloc(1, sizeof(*l));
	ppool_err err = PPOOL_SYS;

	l->hasher.ops = &local_ops;
	if (crew_init(&l->crew, opts) == 0 &&
	    watch_init(&l->watch, l->crew.workers) == 0) {
		crew_watch(&l->crew, l->watch.lines);
		l->keep = local_keep(l);
		err = local_open_pool(l);
	}
	if (!err)
		return &l->hasher;
	diag_msg("cannot start workers: %s", local_strerror(err));
	local_free(&l->hasher);
	return NULL;
}
