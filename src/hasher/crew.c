#include "hasher/crew.h"

#include <signal.h>

#include "base/diag.h"

/* Chunks that a far end may have in hand, however far it is. */
#define CREW_WINDOW 65536

int
crew_init(struct crew *c, const struct hasher_opts *opts)
{
	*c = (struct crew){
		.opts = *opts,
		.setup = {
			.algorithms = opts->algorithms,
			.engine = opts->engine,
			.dirfd = opts->dirfd,
			.twice = opts->twice,
			.limit = opts->limit,
			.threads = opts->threads,
			.walk = opts->walk,
			.sandbox = opts->sandbox,
		},
		.workers = (unsigned)opts->jobs,
	};
	if (!opts->nhosts)
		return 0;
	c->workers = opts->nhosts + 1;
	if (hosts_init(&c->hosts, opts->hosts, opts->nhosts) < 0)
		return -1;
	c->hosts.debug = opts->debug;
	c->relays.opts = &c->opts;
	c->relays.lines = c->hosts.lines;
	return 0;
}

void
crew_release(struct crew *c)
{
	hosts_release(&c->hosts);
}

void
crew_watch(struct crew *c, struct watch_line *lines)
{
	c->setup.lines = lines;
	c->relays.watch = lines;
}

/* ---- in a worker -------------------------------------------------------------- */

static int
crew_begin(void *initarg, void **state)
{
	/* what ends a relay does not end the run; that a far end is gone is seen
	 * by what write(2) says; SIGUSR1 may be sent to all */
	diag_at_die(NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	*state = initarg;
	return 0;
}

/* Streams are of this machine. */
static int
crew_serve_streams(struct crew *c, ppool_worker *pool)
{
	void *worker;

	if (worker_init(&c->setup, &worker) ||
	    ppool_ask(pool, c->streams, 0, 0) < 0)
		return 1;
	return worker_serve(worker, pool);
}

static int
crew_serve(void *state, ppool_worker *pool)
{
	struct crew *c = state;
	unsigned n = ppool_number(pool);

	return n < c->hosts.n ? relay_serve(&c->relays, n, pool) :
	    crew_serve_streams(c, pool);
}

/* ---- in the parent ------------------------------------------------------------ */

void
crew_pool(struct crew *c, ppool_opts *po, unsigned files, unsigned streams)
{
	po->processes = (int)c->workers;
	po->window = files + streams;
	po->init = worker_init;
	po->initarg = &c->setup;
	po->serve = worker_serve;
	if (!c->hosts.n)
		return;
	c->streams = streams;
	po->window = CREW_WINDOW;
	po->flags |= PPOOL_ON_ASKING | PPOOL_BLAMELESS;
	po->init = crew_begin;
	po->initarg = c;
	po->serve = crew_serve;
}

ppool_err
crew_feeds(const struct crew *c, ppool_feed *files, ppool_feed *streams)
{
	ppool_err err = PPOOL_OK;

	if (c->hosts.n)
		err = ppool_feed_only(files, 0, c->hosts.n);
	if (c->hosts.n && !err)
		err = ppool_feed_only(streams, c->hosts.n, 1);
	return err;
}
