/* worker.c - a worker's life, and the loop that calls functions. */
#include "ppool/worker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__) && !defined(PPOOL_PORTABLE)
#include <sys/prctl.h>
#endif

/* The one place where a result is being written. */
struct ppool_out {
	struct ppool_worker *w;
	size_t start; /* of the bytes, in w->out */
	bool toobig;
};

/* ---- the built-in loop ---------------------------------------------------- */

ppool_err
ppool_write(ppool_out *out, const void *data, size_t len)
{
	struct ppool_worker *w = out->w;

	if (out->toobig || len > w->max_item - (w->out_len - out->start)) {
		out->toobig = true;
		return PPOOL_TOOBIG;
	}
	if (ppool_out_reserve(w, frame_padded(len) + FRAME_ALIGN) < 0) {
		/* What is written so far must not pass for the result. */
		out->toobig = true;
		return PPOOL_NOMEM;
	}
	if (len)
		memcpy(w->out + w->out_len, data, len);
	w->out_len += len;
	return PPOOL_OK;
}

static int
answer_written(struct ppool_worker *w, const ppool_item *item, int code,
    const struct ppool_out *out)
{
	/* Every item before this one is answered. */
	struct batch **at = &w->first;
	size_t len = out->toobig ? SIZE_MAX : w->out_len - out->start;
	struct frame_answer a = ppool_answer_to(w, *at, item->id, code, 0, len);

	return ppool_end_answer(w, at, &a, out->start - sizeof(a));
}

static int
run_item(struct ppool_worker *w, void *state, const ppool_item *item)
{
	const uint64_t taken = atomic_load(&w->line->state);
	struct ppool_out out = { .w = w };
	int code;

	/* ppool_write keeps room for padding after what it wrote. */
	if (ppool_out_reserve(w, sizeof(struct frame_answer) + FRAME_ALIGN) < 0)
		_exit(EXIT_MEMORY);
	w->out_len += sizeof(struct frame_answer);
	out.start = w->out_len;
	atomic_store(&w->line->since, w->now);
	atomic_store(&w->line->state, taken + 1);
	code = item->fn(state, item->data, item->len, &out);
	atomic_store(&w->line->state, taken);
	return answer_written(w, item, code, &out);
}

static int
serve_functions(void *state, struct ppool_worker *w)
{
	ppool_item item;

	while (ppool_take(w, true, &item) == 1)
		if (run_item(w, state, &item) < 0)
			break;
	return 0;
}

/* ---- a worker's life ------------------------------------------------------ */

/* The owner's handlers are not for workers; and ^C is for the owner alone. */
static void
reset_signals(const sigset_t *mask)
{
	struct sigaction act;

	for (int sig = 1; sig < NSIG; sig++) {
		if (sigaction(sig, NULL, &act) < 0 ||
		    act.sa_handler == SIG_DFL || act.sa_handler == SIG_IGN)
			continue;
		act = (struct sigaction){ .sa_handler = SIG_DFL };
		sigaction(sig, &act, NULL);
	}
	act = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(SIGINT, &act, NULL);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

/* A busy worker does not see the end of its socket. */
static void
die_with_owner(pid_t owner)
{
#if defined(__linux__) && !defined(PPOOL_PORTABLE)
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != owner)
		_exit(EXIT_OWNER);
}

static void
worker_init(struct ppool_worker *w, const struct ppool *p,
    const struct peer *self, int fd)
{
	*w = (struct ppool_worker){
		.fd = fd,
		.number = (unsigned)(self - p->peers),
		.max_item = p->opts.max_item,
		.line = self->line,
	};
	w->last = &w->first;
	w->out_size = 2 * FRAME_GROUP;
	w->out = ppool_must_alloc(w->out_size);
	ppool_group_begin(w);
}

void
ppool_worker_main(struct ppool *p, struct peer *self, int fd,
    const sigset_t *mask)
{
	ppool_serve_fn *serve = p->opts.serve ? p->opts.serve : serve_functions;
	struct ppool_worker w;
	void *state = NULL;
	int code = 0;

	die_with_owner(p->owner);
	/* Otherwise the other workers would not see the end of theirs. */
	ppool_watch_disown(p);
	if (p->opts.keep)
		ppool_keep_fds(p->opts.keep, fd);
	reset_signals(mask);
	worker_init(&w, p, self, fd);
	if (p->opts.init)
		code = p->opts.init(p->opts.initarg, &state);
	w.out_n = code != 0;
	ppool_send_frame(&w, FRAME_HELLO);
	if (code)
		_exit(EXIT_INIT);
	ppool_group_begin(&w);
	w.busy_since = w.now;
	code = serve(state, &w);
	ppool_flush(&w);
	_exit(code);
}
