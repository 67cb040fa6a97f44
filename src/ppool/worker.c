/* worker.c - runs in a worker, which is a child of the owner, and only there. */
#include "ppool/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__linux__) && !defined(PPOOL_PORTABLE)
#include <sys/prctl.h>
#endif

/* A group of answers that is so old is sent when one more is added. */
#define GROUP_NS ((int64_t)5000000)

enum { EXIT_INIT = 1, EXIT_OWNER = 2, EXIT_FRAME = 3, EXIT_MEMORY = 4 };

/* A chunk as it was received. */
struct batch {
	struct batch *next;
	struct frame_work head;
	uint64_t base;    /* the id of its first item */
	uint32_t left;    /* not answered */
	uint32_t taken;
	size_t at;        /* in data, of the next item to take */
	uint8_t *data;    /* the frame without its header */
	uint64_t answered[]; /* a bit for each item */
};

/* The one place where a result is being written. */
struct ppool_out {
	struct ppool_worker *w;
	size_t start; /* of the bytes, in w->out */
	bool toobig;
};

struct ppool_worker {
	int fd;
	unsigned number;
	size_t max_item;
	struct status_line *line;
	struct batch *first, **last; /* with items not answered, in order */
	struct batch *taking; /* the first with items not taken */
	struct batch *coming; /* being received; NULL: its header is */
	struct frame_work head;
	size_t got;           /* bytes of head, or of coming->data */
	uint64_t received;    /* items */
	uint64_t taken;
	bool eof;             /* the owner sends no more */
	bool gone;            /* the owner takes no more */
	uint8_t *out;         /* a struct frame_note and the group of answers */
	size_t out_len, out_size;
	uint32_t out_n;
	uint32_t ended;       /* items, since busy_since */
	int64_t now;          /* when last looked */
	int64_t busy_since;
	int64_t group_since;
};

/* For so many naps memory is asked for again: as long as the owner does. */
#define NAPS (PPOOL_SCARCE_NS / PPOOL_SHORT_NS)

/* Did a system call fail for want of memory in the kernel, which it may have
 * again? Then it was slept for. naps counts the times. */
static bool
lacked_memory(ssize_t n, int *naps)
{
	if (n >= 0 || (errno != ENOBUFS && errno != ENOMEM) ||
	    (*naps)++ >= NAPS)
		return false;
	ppool_nap();
	return true;
}

/* ---- sending -------------------------------------------------------------- */

static void
group_begin(struct ppool_worker *w)
{
	w->out_len = sizeof(struct frame_note);
	w->out_n = 0;
	w->now = ppool_now();
	if (w->ended)
		w->busy_since = w->now;
	w->ended = 0;
}

/* Sends what is in w->out as one frame, and begins the next group. -1: the
 * owner is gone. */
static int
send_frame(struct ppool_worker *w, enum frame_type type)
{
	int64_t ns = w->ended ? (w->now - w->busy_since) / w->ended + 1 : 0;
	const struct frame_note note = {
		.len = (uint32_t)(w->out_len - sizeof(note)),
		.magic = FRAME_MAGIC,
		.type = (uint16_t)type,
		.n = w->out_n,
		.item_ns = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX,
	};
	size_t sent = 0;
	int naps = 0;

	memcpy(w->out, &note, sizeof(note));
	while (!w->gone && sent < w->out_len) {
		ssize_t n = send(w->fd, w->out + sent, w->out_len - sent,
		    MSG_NOSIGNAL);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno != EINTR && !lacked_memory(n, &naps))
			w->gone = true;
	}
	group_begin(w);
	return w->gone ? -1 : 0;
}

static int
flush(struct ppool_worker *w)
{
	if (!w->out_n)
		return w->gone ? -1 : 0;
	w->now = ppool_now();
	return send_frame(w, FRAME_ANSWERS);
}

/* ---- receiving ------------------------------------------------------------ */

/* There is no going on without memory: the owner has what this one held. */
static void *
must_alloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		_exit(EXIT_MEMORY);
	return p;
}

static struct batch *
batch_new(const struct ppool_worker *w)
{
	size_t words = (size_t)w->head.n / 64 + 1;
	struct batch *b = must_alloc(sizeof(*b) + words * 8 + w->head.len);

	*b = (struct batch){
		.head = w->head,
		.base = w->received,
		.left = w->head.n,
		.data = (uint8_t *)&b->answered[words],
	};
	memset(b->answered, 0, words * 8);
	return b;
}

/* Reads towards *len bytes at p. 1: all there; 0: not yet; -1: never. */
static int
receive(struct ppool_worker *w, void *p, size_t len, bool wait)
{
	int naps = 0;

	while (w->got < len) {
		ssize_t n = recv(w->fd, (char *)p + w->got, len - w->got,
		    wait ? 0 : MSG_DONTWAIT);

		if (n < 0 && (errno == EINTR || lacked_memory(n, &naps)))
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n <= 0) {
			w->eof = true;
			return -1;
		}
		w->got += (size_t)n;
	}
	w->got = 0;
	return 1;
}

/* The owner is trusted, but not to the point of reading past an end. */
static void
check_head(const struct ppool_worker *w)
{
	if (w->head.n == 0 ||
	    w->head.n > w->head.len / sizeof(struct frame_item))
		_exit(EXIT_FRAME);
}

/* Receives a chunk, or what there is of it. As receive. */
static int
receive_batch(struct ppool_worker *w, bool wait)
{
	struct batch *b;
	int rc;

	if (!w->coming) {
		rc = receive(w, &w->head, sizeof(w->head), wait);
		if (rc <= 0)
			return rc;
		check_head(w);
		w->coming = batch_new(w);
	}
	b = w->coming;
	rc = receive(w, b->data, b->head.len, wait);
	if (rc <= 0)
		return rc;
	w->coming = NULL;
	w->received += b->head.n;
	*w->last = b;
	w->last = &b->next;
	w->taking = b;
	return 1;
}

/* The time spent waiting is not the items'. */
static int
wait_for_batch(struct ppool_worker *w)
{
	int rc;

	if (flush(w) < 0)
		return -1;
	rc = receive_batch(w, true);
	w->now = w->busy_since = ppool_now();
	return rc;
}

/* Makes w->taking a batch with an item to take. As ppool_take. */
static int
find_batch(struct ppool_worker *w, bool wait)
{
	int rc;

	if (w->taking && w->taking->taken < w->taking->head.n)
		return 1;
	w->taking = NULL;
	if (w->eof || w->gone)
		return -1;
	rc = receive_batch(w, false);
	if (rc == 0 && wait)
		rc = wait_for_batch(w);
	return rc;
}

unsigned
ppool_number(const ppool_worker *w)
{
	return w->number;
}

static void
read_item(struct batch *b, ppool_item *item)
{
	struct frame_item head;

	if (b->head.len - b->at < sizeof(head))
		_exit(EXIT_FRAME);
	memcpy(&head, b->data + b->at, sizeof(head));
	b->at += sizeof(head);
	if (b->head.len - b->at < frame_padded(head.len))
		_exit(EXIT_FRAME);
	*item = (ppool_item){
		.id = b->base + b->taken,
		.fn = (ppool_fn *)(uintptr_t)b->head.fn,
		.data = b->data + b->at,
		.len = head.len,
	};
	b->at += frame_padded(head.len);
	b->taken++;
}

int
ppool_take(ppool_worker *w, bool wait, ppool_item *item)
{
	int rc = find_batch(w, wait);

	if (rc <= 0)
		return rc;
	read_item(w->taking, item);
	w->taken++;
	/* For the owner to read when this process is dead: see death.c. */
	atomic_store(&w->line->state, 2 * w->taken);
	return 1;
}

/* ---- answering ------------------------------------------------------------ */

static struct batch **
find_item(struct ppool_worker *w, uint64_t id)
{
	struct batch **at;

	for (at = &w->first; *at; at = &(*at)->next) {
		const struct batch *b = *at;
		uint64_t place = id - b->base;

		if (id < b->base || place >= b->taken)
			continue;
		return b->answered[place / 64] >> place % 64 & 1 ? NULL : at;
	}
	return NULL;
}

/* True if it was the last of its batch. */
static bool
mark_answered(struct ppool_worker *w, struct batch **at, uint64_t place)
{
	struct batch *b = *at;

	b->answered[place / 64] |= UINT64_C(1) << place % 64;
	if (--b->left)
		return false;
	*at = b->next;
	if (w->last == &b->next)
		w->last = at;
	if (w->taking == b)
		w->taking = NULL;
	free(b);
	return true;
}

/* Room in the group; -1 without memory. */
static int
out_reserve(struct ppool_worker *w, size_t len)
{
	size_t size = w->out_size;
	uint8_t *new;

	if (size - w->out_len >= len)
		return 0;
	while (size - w->out_len < len)
		size *= 2;
	new = realloc(w->out, size);
	if (!new)
		return -1;
	w->out = new;
	w->out_size = size;
	return 0;
}

/* Puts the head of an answer, whose bytes are in the group. Sends the group if
 * it is large, or old, or if the owner may now have room for another chunk. */
static int
put_answer(struct ppool_worker *w, struct batch **at,
    const struct frame_answer *a, size_t off)
{
	bool last = false;

	memcpy(w->out + off, a, sizeof(*a));
	w->now = ppool_now();
	if (w->out_n++ == 0)
		w->group_since = w->now;
	if (!(a->flags & FRAME_PART)) {
		w->ended++;
		last = mark_answered(w, at, a->place);
	}
	if (!last && w->out_len < FRAME_GROUP &&
	    w->now - w->group_since < GROUP_NS)
		return 0;
	return flush(w);
}

static struct frame_answer
answer_to(const struct ppool_worker *w, const struct batch *b, uint64_t id,
    int code, uint32_t flags, size_t len)
{
	bool toobig = len > w->max_item;

	return (struct frame_answer){
		.seq = b->head.seq,
		.place = (uint32_t)(id - b->base),
		.len = toobig ? 0 : (uint32_t)len,
		.code = code,
		.flags = toobig ? flags | FRAME_TOOBIG : flags,
	};
}

/* Ends an answer whose len bytes have been put at off, behind its head. */
static int
end_answer(struct ppool_worker *w, struct batch **at,
    const struct frame_answer *a, size_t off)
{
	size_t end = off + sizeof(*a) + a->len;
	size_t padded = off + sizeof(*a) + frame_padded(a->len);

	memset(w->out + end, 0, padded - end);
	w->out_len = padded;
	return put_answer(w, at, a, off);
}

static int
answer(struct ppool_worker *w, uint64_t id, int code, uint32_t flags,
    const void *data, size_t len)
{
	struct batch **at = find_item(w, id);
	struct frame_answer a;
	size_t need;

	if (!at || w->gone)
		return -1;
	a = answer_to(w, *at, id, code, flags, len);
	need = sizeof(a) + frame_padded(a.len);
	if (out_reserve(w, need) < 0 &&
	    (flush(w) < 0 || out_reserve(w, need) < 0))
		return -1;
	if (a.len)
		memcpy(w->out + w->out_len + sizeof(a), data, a.len);
	return end_answer(w, at, &a, w->out_len);
}

int
ppool_answer_part(ppool_worker *w, const ppool_item *item, const void *data,
    size_t len)
{
	return answer(w, item->id, 0, FRAME_PART, data, len);
}

int
ppool_answer(ppool_worker *w, const ppool_item *item, int code,
    const void *data, size_t len)
{
	return answer(w, item->id, code, 0, data, len);
}

/* ---- the built-in loop ---------------------------------------------------- */

ppool_err
ppool_write(ppool_out *out, const void *data, size_t len)
{
	struct ppool_worker *w = out->w;

	if (out->toobig || len > w->max_item - (w->out_len - out->start)) {
		out->toobig = true;
		return PPOOL_TOOBIG;
	}
	if (out_reserve(w, frame_padded(len) + FRAME_ALIGN) < 0) {
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
	struct frame_answer a = answer_to(w, *at, item->id, code, 0, len);

	return end_answer(w, at, &a, out->start - sizeof(a));
}

static int
run_item(struct ppool_worker *w, void *state, const ppool_item *item)
{
	const uint64_t taken = atomic_load(&w->line->state);
	struct ppool_out out = { .w = w };
	int code;

	/* ppool_write keeps room for padding after what it wrote. */
	if (out_reserve(w, sizeof(struct frame_answer) + FRAME_ALIGN) < 0)
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
	w->out = must_alloc(w->out_size);
	group_begin(w);
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
	send_frame(&w, FRAME_HELLO);
	if (code)
		_exit(EXIT_INIT);
	group_begin(&w);
	w.busy_since = w.now;
	code = serve(state, &w);
	flush(&w);
	_exit(code);
}
