#include "archive/unpack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNPACK_BLOCKS 32
#define UNPACK_BLOCK ((size_t)128 * 1024)
#define UNPACK_PIECES 1024 /* a power of two */
/* The caller is woken for as much as this, not for each small file. */
#define UNPACK_WAKE_PIECES 32
#define UNPACK_WAKE_BYTES ((size_t)64 * 1024)

struct unpack_block {
	unsigned refs;             /* pieces in it, and the thread itself */
	struct unpack_block *next; /* in free */
	unsigned char bytes[UNPACK_BLOCK];
};

struct unpack {
	struct members_opts opts;
	struct members *ms;
	pthread_t thread;
	int wake[2];

	/* The thread's own: the block that it fills, and the piece that it may
	 * still add to. */
	struct unpack_block *block;
	size_t used;
	struct unpack_piece pending;
	bool has_pending;

	_Atomic uint64_t taken;
	uint64_t told;           /* of taken; the caller's... */
	size_t seen;             /* ...of first... */
	bool slept;              /* ...as this is: there may be a byte in wake */

	pthread_mutex_t lock;    /* of what follows */
	pthread_cond_t room;     /* there is much room again, or stop */
	bool stop;
	bool waiting;            /* the caller, for wake */
	struct unpack_piece pieces[UNPACK_PIECES];
	size_t first, end;
	size_t bytes;            /* of those pieces */
	struct unpack_block *free;
	unsigned nfree;
	struct unpack_block *blocks;
};

/* ---- the thread --------------------------------------------------------------- */

static void
unpack_on_read(void *cookie, size_t n)
{
	struct unpack *u = cookie;

	atomic_fetch_add_explicit(&u->taken, n, memory_order_relaxed);
}

/* With the lock held. */
static void
unpack_wake(struct unpack *u, bool now)
{
	if (!u->waiting || (!now && u->bytes < UNPACK_WAKE_BYTES &&
	    u->end - u->first < UNPACK_WAKE_PIECES))
		return;
	u->waiting = false;
	/* it is empty: the caller has read what woke it before */
	(void)send(u->wake[1], "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* 0, or -1 when it is to stop. */
static int
unpack_push(struct unpack *u, const struct unpack_piece *p)
{
	bool stop;

	pthread_mutex_lock(&u->lock);
	/* so many pieces have woken the caller */
	while (!u->stop && u->end - u->first == UNPACK_PIECES)
		pthread_cond_wait(&u->room, &u->lock);
	stop = u->stop;
	if (!stop) {
		u->pieces[u->end++ % UNPACK_PIECES] = *p;
		u->bytes += p->n;
		if (p->block)
			p->block->refs++;
		unpack_wake(u, p->event >= UNPACK_END);
	}
	pthread_mutex_unlock(&u->lock);
	return stop ? -1 : 0;
}

/* With the lock held. */
static void
unpack_unref(struct unpack *u, struct unpack_block *b)
{
	if (--b->refs)
		return;
	b->next = u->free;
	u->free = b;
	u->nfree++;
}

/* Gives up the block at hand, and waits for an empty one. 0, or -1 when it is to
 * stop. */
static int
unpack_next_block(struct unpack *u)
{
	pthread_mutex_lock(&u->lock);
	if (u->block)
		unpack_unref(u, u->block);
	while (!u->stop && !u->free) {
		unpack_wake(u, true);
		pthread_cond_wait(&u->room, &u->lock);
	}
	u->block = u->stop ? NULL : u->free;
	if (u->block) {
		u->free = u->block->next;
		u->nfree--;
		u->block->refs = 1;
	}
	pthread_mutex_unlock(&u->lock);
	u->used = 0;
	return u->block ? 0 : -1;
}

static int
unpack_flush(struct unpack *u, bool last)
{
	if (!u->has_pending)
		return 0;
	u->has_pending = false;
	u->pending.last = last;
	return unpack_push(u, &u->pending);
}

/* Adds bytes of a file to its piece, or begins one. 0, or -1 when it is to
 * stop. */
static int
unpack_add(struct unpack *u, const unsigned char *p, size_t n)
{
	size_t room;

	while (n) {
		if (!u->block || u->used == UNPACK_BLOCK) {
			if (unpack_flush(u, false) < 0 ||
			    unpack_next_block(u) < 0)
				return -1;
		}
		if (!u->has_pending) {
			u->pending = (struct unpack_piece){
				.event = UNPACK_BYTES,
				.data = u->block->bytes + u->used,
				.block = u->block,
			};
			u->has_pending = true;
		}
		room = UNPACK_BLOCK - u->used;
		room = n < room ? n : room;
		memcpy(u->block->bytes + u->used, p, room);
		u->used += room;
		u->pending.n += room;
		p += room;
		n -= room;
	}
	return 0;
}

/* Pushes a piece with a reason, which may be missing for want of memory. */
static int
unpack_fail(struct unpack *u, enum unpack_event event)
{
	const char *why = u->ms ? members_why(u->ms) : strerror(ENOMEM);
	const struct unpack_piece p = { .event = event, .text = strdup(why) };

	if (unpack_push(u, &p) == 0)
		return 0;
	free(p.text);
	return -1;
}

/* Has the block at hand no room for the whole of a file that a block has room
 * for? While it is digested, one in two pieces keeps those behind it waiting, and
 * lanes empty. */
static bool
unpack_would_split(const struct unpack *u, const struct member *m)
{
	return u->block && m->has_size && m->size <= UNPACK_BLOCK &&
	    m->size > UNPACK_BLOCK - u->used;
}

/* The bytes of a file. 0, or -1 when it is to stop. */
static int
unpack_file(struct unpack *u, const struct member *m)
{
	static const struct unpack_piece nothing = { .event = UNPACK_BYTES,
	    .last = true };
	const void *p;
	size_t n;
	int rc;

	if (unpack_would_split(u, m) && unpack_next_block(u) < 0)
		return -1;
	while ((rc = members_data(u->ms, &p, &n)) > 0)
		if (unpack_add(u, p, n) < 0)
			return -1;
	if (rc == 0)
		return u->has_pending ? unpack_flush(u, true) :
		    unpack_push(u, &nothing);
	u->has_pending = false;
	return unpack_fail(u, UNPACK_FAILED);
}

/* 0, or -1 when it is to stop. */
static int
unpack_member(struct unpack *u, enum unpack_event event,
    const struct member *m)
{
	struct unpack_piece p = { .event = event, .member = *m };
	/* a hard link that has its data is a file, of which the other's name is not
	 * told */
	const char *link = event == UNPACK_LINK ? m->link : NULL;

	p.name = strdup(m->name);
	p.text = link ? strdup(link) : NULL;
	/* the archive cannot be told without its names */
	if (!p.name || (link && !p.text)) {
		free(p.name);
		free(p.text);
		p = (struct unpack_piece){ .event = UNPACK_BROKEN };
		(void)unpack_push(u, &p);
		return -1;
	}
	p.member.name = p.name;
	p.member.link = p.text;
	if (unpack_push(u, &p) == 0)
		return event == UNPACK_FILE ? unpack_file(u, m) : 0;
	free(p.name);
	free(p.text);
	return -1;
}

static void *
unpack_run(void *cookie)
{
	static const struct unpack_piece end = { .event = UNPACK_END };
	struct unpack *u = cookie;
	enum members_event event = MEMBERS_BROKEN;
	enum members_kind kind;
	struct member m;
	int rc = 0;

	if (!u->ms)
		u->ms = members_new(&u->opts, &kind);
	if (u->ms)
		members_watch(u->ms, u, unpack_on_read);
	while (u->ms && rc == 0 &&
	    (event = members_next(u->ms, &m)) < MEMBERS_END)
		rc = unpack_member(u, event == MEMBERS_FILE ? UNPACK_FILE :
		    event == MEMBERS_LINK ? UNPACK_LINK : UNPACK_OTHER, &m);
	if (rc == 0 && event == MEMBERS_END)
		(void)unpack_push(u, &end);
	else if (rc == 0)
		(void)unpack_fail(u, UNPACK_BROKEN);
	return NULL;
}

/* ---- its owner ---------------------------------------------------------------- */

/* Its sockets, and its thread. 0, or -1 with errno. */
static int
unpack_start(struct unpack *u)
{
	sigset_t all, before;
	int err;

	/* not a pipe: a worker that is locked in cannot write(2) */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, u->wake) < 0)
		return -1;
	/* signals are for the caller's thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&u->thread, NULL, unpack_run, u);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		return 0;
	close(u->wake[0]);
	close(u->wake[1]);
	/* EAGAIN has another meaning for who opens files */
	errno = err == EAGAIN ? ENOMEM : err;
	return -1;
}

static void
unpack_delete(struct unpack *u)
{
	int err = errno;

	pthread_cond_destroy(&u->room);
	pthread_mutex_destroy(&u->lock);
	members_free(u->ms);
	free(u->blocks);
	free(u);
	errno = err;
}

struct unpack *
unpack_new(const struct members_opts *opts, struct members *ms)
{
	struct unpack *u = calloc(1, sizeof(*u));
	unsigned i;

	if (!u) {
		members_free(ms);
		return NULL;
	}
	u->ms = ms;
	u->opts = *opts;
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->room, NULL);
	u->blocks = malloc(UNPACK_BLOCKS * sizeof(*u->blocks));
	for (i = 0; u->blocks && i < UNPACK_BLOCKS; i++) {
		u->blocks[i].refs = 1;
		unpack_unref(u, &u->blocks[i]);
	}
	if (u->blocks && unpack_start(u) == 0)
		return u;
	unpack_delete(u);
	return NULL;
}

void
unpack_free(struct unpack *u)
{
	struct unpack_piece *p;

	if (!u)
		return;
	pthread_mutex_lock(&u->lock);
	u->stop = true;
	pthread_cond_signal(&u->room);
	pthread_mutex_unlock(&u->lock);
	pthread_join(u->thread, NULL);
	for (; u->first != u->end; u->first++) {
		p = &u->pieces[u->first % UNPACK_PIECES];
		free(p->name);
		free(p->text);
	}
	close(u->wake[0]);
	close(u->wake[1]);
	unpack_delete(u);
}

/*
 * With the lock held: wakes the thread, if it waits for room, when there is much
 * of it; else each piece would cost a switch to it and back. There will be, as
 * the caller has fewer blocks in hand than half of them, or takes what there is.
 */
static void
unpack_make_room(struct unpack *u)
{
	size_t n = u->end - u->first;

	if (n == 0 || (n <= UNPACK_PIECES / 2 && u->nfree >= UNPACK_BLOCKS / 2))
		pthread_cond_signal(&u->room);
}

int
unpack_take(struct unpack *u, struct unpack_piece *p)
{
	char byte;
	bool has;

	if (u->slept)
		(void)recv(u->wake[0], &byte, 1, MSG_DONTWAIT); /* if that woke it */
	pthread_mutex_lock(&u->lock);
	has = u->first != u->end;
	u->waiting = u->slept = !has;
	if (has) {
		*p = u->pieces[u->first++ % UNPACK_PIECES];
		u->bytes -= p->n;
		unpack_make_room(u);
	}
	pthread_mutex_unlock(&u->lock);
	return has;
}

void
unpack_release(struct unpack *u, const struct unpack_piece *p)
{
	if (!p->block)
		return;
	pthread_mutex_lock(&u->lock);
	unpack_unref(u, p->block);
	unpack_make_room(u);
	pthread_mutex_unlock(&u->lock);
}

int
unpack_fd(const struct unpack *u)
{
	return u->wake[0];
}

bool
unpack_progress(struct unpack *u, uint64_t *bytes)
{
	uint64_t taken = atomic_load_explicit(&u->taken, memory_order_relaxed);
	bool moved = taken != u->told || u->first != u->seen;

	*bytes = taken - u->told;
	u->told = taken;
	u->seen = u->first; /* which only the caller changes */
	return moved;
}
