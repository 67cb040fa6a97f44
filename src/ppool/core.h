/*
 * core.h - the inside of a pool, shared by the files of this directory.
 *
 * All work is chunks of items. Jobs (apply and map in async.c, imap in iter.c,
 * feed in feed.c) produce chunks and receive results, and know nothing of
 * workers. The rest moves chunks and knows nothing of kinds of jobs:
 *
 *   dispatch.c   chooses a chunk and a worker, and sends
 *   answer.c     reads what a worker says, and checks it
 *   death.c      a worker is gone: what it held, and its replacement
 *   pump.c       waits for any of this to happen, and for timers
 *   watch.c      epoll and pidfd, or poll
 *   spawn.c      forks a worker; worker.c is what runs in it
 *
 * Callbacks of the application run deep inside the pump, and may submit, free
 * handles, close and terminate. Three rules make this safe: they never turn
 * the pump themselves; what a worker holds is taken from it by the pump alone,
 * so that terminate only sets doomed, which ppool_settle carries out when no
 * callback is running; and jobs are counted, by each chunk too.
 */
#ifndef PPOOL_CORE_H
#define PPOOL_CORE_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ppool/ppool.h"

#include "ppool/frame.h"

#define PPOOL_CHUNK_ITEMS ((size_t)256)       /* of a chunk that adapts */
#define PPOOL_CHUNK_BYTES ((size_t)64 << 10)  /* likewise */
#define PPOOL_CHUNK_LIMIT ((size_t)1 << 20)   /* of any chunk of two or more */
#define PPOOL_CHUNK_NS    ((uint64_t)4000000) /* what a chunk should take */

/* An item's weight is cut to this, so that sums of weights do not wrap. */
#define PPOOL_WEIGHT_MAX  ((uint64_t)1 << 40)

#define PPOOL_CRASHES  8u                      /* this many in a row: BROKEN */
#define PPOOL_YOUNG_NS ((int64_t)1000000000)   /* only those of the young count */
#define PPOOL_GRACE_NS ((int64_t)1000000000)   /* from EOF to SIGKILL */
#define PPOOL_KILLS    5u                      /* one each grace: left behind */
#define PPOOL_FORK_NS  ((int64_t)100000000)    /* until fork is tried again */
#define PPOOL_FRAME_NS ((int64_t)10000000000)  /* silence within a frame */
#define PPOOL_SHORT_NS ((int64_t)10000000)     /* until memory is asked for
                                                * again ... */
#define PPOOL_SCARCE_NS ((int64_t)5000000000)  /* ... at most for so long */
#define PPOOL_REAP_NS  ((int64_t)2000000)      /* without pidfd: after EOF */
#define PPOOL_TICK_NS  ((int64_t)100000000)    /* without pidfd: otherwise */
#define PPOOL_STALL_NS ((int64_t)5000000)      /* a source had nothing */

/* Of a worker's buffer in the owner, except while a larger frame comes. */
#define PPOOL_IN_SIZE ((size_t)64 << 10)

#define PPOOL_NEVER INT64_MAX

#pragma GCC visibility push(hidden)

/* ---- lists ---------------------------------------------------------------- */

struct link {
	struct link *prev, *next; /* NULL: in no list */
};

static inline void
link_init(struct link *head)
{
	head->prev = head->next = head;
}

static inline void
link_add(struct link *head, struct link *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void
link_del(struct link *l)
{
	if (!l->next)
		return;
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->prev = l->next = NULL;
}

static inline bool
link_empty(const struct link *head)
{
	return head->next == head;
}

/* ---- chunks --------------------------------------------------------------- */

struct item {
	uint64_t index;  /* in its job */
	uint64_t weight;
	void *cookie;    /* the owner's; stays here */
	size_t off;      /* of its bytes in the chunk's frame */
	uint32_t len;
	unsigned deaths; /* of workers that ran it alone */
	uint64_t parts;  /* delivered */
	uint64_t skip;   /* parts to come that were delivered before: the worker
	                  * that had the item died */
	bool answered;
};

struct chunk {
	struct chunk *next;
	struct ppool *pool;
	struct job *job; /* counted */
	struct item *items;
	uint32_t n, cap;
	uint32_t left;   /* not answered */
	uint64_t weight; /* of those left */
	bool alone;      /* goes to a worker that holds nothing else */
	uint64_t seq;    /* of this sending */
	uint64_t base;   /* items its worker had been sent before it */
	uint8_t *frame;  /* a struct frame_work and the items */
	size_t len, size;
};

/* First in, first out, unless inserted. */
struct queue {
	struct chunk *first, **last;
	size_t n;
};

void ppool_queue_init(struct queue *q);
void ppool_queue_push(struct queue *q, struct chunk *c);
/* Before all that are lighter by a multiple of unit, if that is not 0. */
void ppool_queue_insert(struct queue *q, struct chunk *c, uint64_t unit);
struct chunk *ppool_queue_pop(struct queue *q);
void ppool_queue_remove(struct queue *q, struct chunk *c);

/* An empty chunk of a job; NULL without memory. */
struct chunk *ppool_chunk_new(struct job *j);
/* Has each of them its bytes? OK or INVAL. */
ppool_err ppool_check_bufs(const ppool_buf *b, size_t n);
/* All of them together, at most SIZE_MAX. */
size_t ppool_length(const ppool_buf *b, size_t n);
/* Copies an item, in n pieces, to the end: index, weight, cookie and deaths as
 * in *item, and its parts are those to skip. -1 without memory. */
int ppool_chunk_add(struct chunk *c, const ppool_buf *pieces, size_t n,
                    const struct item *item);
/* Copies an item of another chunk to the end; -1 without memory. */
int ppool_chunk_take(struct chunk *c, const struct chunk *from,
                     const struct item *item);
/* Gives every item left its result: err, code and no data. Frees it. */
void ppool_chunk_fail(struct chunk *c, ppool_err err, int code);
/* Drops the chunk and its hold on the job. */
void ppool_chunk_free(struct chunk *c);
void ppool_chunk_empty_spare(struct ppool *p);
/* One item's result, to its job: err, code, data and len of r are set. */
void ppool_chunk_result(struct chunk *c, struct item *item, ppool_result *r);
/* Likewise a part of it, unless it was delivered before. */
void ppool_chunk_part(struct chunk *c, struct item *item, ppool_result *r);

/* ---- jobs ----------------------------------------------------------------- */

struct job;

struct job_kind {
	bool parts; /* result takes parts of results, too */
	/* The next chunk, NULL if there is none now. starved: if a worker has
	 * nothing to do, even a chunk that could still grow. */
	struct chunk *(*produce)(struct job *j, bool starved);
	/* Could produce give a chunk, now or later, without more input? */
	bool (*more)(const struct job *j);
	void (*result)(struct job *j, const ppool_result *r);
	/* The pool is being joined: no more input. */
	void (*stop)(struct job *j);
	/* What is not in a chunk becomes CANCELED; no more comes. The job may
	 * be freed by this. */
	void (*cancel)(struct job *j);
	void (*free)(struct job *j);
};

struct job {
	const struct job_kind *kind;
	struct ppool *pool; /* NULL when it is gone, or of no more use */
	ppool_fn *fn;
	struct link all;    /* in pool->jobs, until ready, freed, or the end */
	struct link run;    /* in pool->runnable */
	struct queue ready; /* chunks produced and not sent */
	unsigned refs;      /* the handle, pool->jobs, and each chunk */
	unsigned flags;     /* PPOOL_AT_MOST_ONCE */
	unsigned window;    /* its chunks that a worker may hold; 0: no limit
	                     * but the pool's */
	uint64_t window_weight; /* 0: no limit */
	uint64_t heavy;     /* unit by which heavier chunks are sent first; 0:
	                     * they are sent in order */
	uint64_t sent;      /* chunks */
	uint64_t item_ns;   /* what an item takes; 0: not known */
};

/* Puts a job into the pool, with two references: the handle's and the pool's. */
void ppool_job_init(struct job *j, struct ppool *p, const struct job_kind *kind,
                    ppool_fn *fn);
void ppool_job_hold(struct job *j);
void ppool_job_drop(struct job *j);
/* The pool has no more to do with it. */
void ppool_job_leave(struct job *j);
/* There is something to produce or to send. */
void ppool_job_wake(struct job *j);
/* It has had its turn: the others first, and nothing more without need. */
void ppool_job_turn(struct job *j);
/* Drops its chunks that were not sent. */
void ppool_job_forget(struct job *j);
/* A chunk to be sent when there is room. */
void ppool_job_push(struct job *j, struct chunk *c);
/* How many items the next chunk of a job that adapts should have. */
size_t ppool_job_chunk(const struct job *j);
/* One of its items took a worker so long. */
void ppool_job_timed(struct job *j, uint32_t ns);

/* ---- workers, as the owner sees them -------------------------------------- */

/*
 * A worker's cache line of the shared page, written by it alone. state is
 * twice the number of items it has taken, plus 1 while the built-in loop is
 * inside fn: one word, so that it cannot be torn. Read when it is dead, and,
 * for task_timeout_ms, before.
 */
struct line {
	_Alignas(8) _Atomic uint64_t state;
	_Alignas(8) _Atomic int64_t since; /* when the item was begun */
	char pad[48];
};

struct slot {
	bool live;     /* has a process that was not reaped */
	bool hello;    /* its initializer has succeeded */
	bool quitting; /* gets nothing more: half-closed, leaves by itself */
	bool eof;      /* its socket says nothing more */
	bool bad;      /* it said nonsense, and was killed */
	bool blocked;  /* its socket was full: wait until it is not */
	bool readable, writable, check; /* what ppool_watch_wait saw */
	pid_t pid;
	int fd;
	int pidfd;           /* -1: none */
	int64_t born;
	int64_t kill_at;     /* SIGKILL then, unless it is gone */
	unsigned kills;      /* SIGKILLs after which it was not gone */
	bool given_up;       /* killed by ppool_give_up, for an item: */
	uint64_t given_id;
	uint64_t shot;       /* line.state it was killed for; 0: was not */
	struct queue held;   /* chunks it was sent, in that order */
	unsigned nheld;
	struct chunk *unsent; /* the first of them not fully sent */
	size_t unsent_off;
	uint64_t sent;       /* items, ever */
	uint64_t weight;     /* outstanding */
	uint64_t items;      /* outstanding */
	int64_t part_at;     /* when the last bytes came of a frame that is not
	                      * whole; 0: there is none */
	uint8_t *in;         /* received, not yet understood */
	size_t in_len, in_size;
	struct line *line;
};

/* ---- the pool ------------------------------------------------------------- */

enum pool_state { POOL_RUN, POOL_CLOSED, POOL_TERMINATED };

struct ppool {
	struct ppool_opts opts; /* with the defaults filled in */
	enum pool_state state;
	bool broken;
	ppool_err why; /* what calls return then: BROKEN or NOMEM */
	bool doomed;   /* ppool_settle is to stop and cancel everything */
	bool copied;   /* this is a fork's copy: nobody is called back */
	bool joining;  /* the jobs were told to stop */
	bool quit;     /* the workers were told to leave */
	bool pulling;  /* sources may be asked */
	bool stalled;  /* one had nothing */
	bool scarce;     /* the kernel lacked memory in this turn */
	int64_t scarce_since; /* 0: the last one to ask had it */
	unsigned depth;  /* callbacks running */
	unsigned crashes;
	pid_t owner;
	uint8_t *mark;   /* a byte that is 0 in a forked copy; NULL: none */
	struct slot *slots;
	unsigned n;      /* slots */
	unsigned live;
	int reserved;    /* slot being emptied for a chunk to be alone; -1 */
	struct line *lines;
	size_t lines_size;
	pid_t *lost;     /* left behind alive, to be reaped some day */
	size_t nlost;
	struct link jobs, runnable;
	unsigned nrunnable;
	size_t nasync;   /* async jobs that are not ready */
	struct queue again; /* chunks of the dead, to be sent before others */
	struct queue alone; /* likewise, each to a worker of its own */
	struct chunk *spare;
	unsigned nspare;
	size_t nchunks;  /* not in spare */
	size_t pending;  /* bytes queued by apply_async */
	uint64_t next_seq;
	uint64_t round;  /* turns of the pump */
	uint64_t events; /* things that became ready */
	int64_t fork_at; /* try to fork again then */
	int watch;       /* epoll; -1: none */
	void *polled;    /* what poll(2) needs in its place */
};

/* NULL and a forked copy: INVAL. */
ppool_err ppool_check(const struct ppool *p);
/* May a job be submitted? Also INVAL, CLOSED, BROKEN. */
ppool_err ppool_check_submit(const struct ppool *p, ppool_fn *fn);
/* Chunks or async jobs that are not finished. */
bool ppool_unfinished(const struct ppool *p);
/* Nothing is sent or read any more. */
bool ppool_over(const struct ppool *p);
/* No worker can be had. */
void ppool_break(struct ppool *p);
/* Did a system call fail for want of memory in the kernel? That passes. Notes
 * it, and that there was some when n, its value, is no failure. errno stays. */
bool ppool_lacks_memory(struct ppool *p, ssize_t n);
/* Sleeps as long as is due before such a call is made again. */
void ppool_nap(void);

/* spawn.c: forks a worker into a free slot; -1 with errno. */
int ppool_spawn(struct ppool *p, struct slot *s);
void ppool_slot_kill(struct slot *s, int sig);
/* Kills it, and has the timers do so again until it is gone or left behind. */
void ppool_slot_end(struct slot *s);
/* Forgets the process: descriptors and buffers, not the chunks. */
void ppool_slot_clear(struct ppool *p, struct slot *s);
/* Half-closes it, as soon as what it was given is sent. */
void ppool_slot_quit(struct slot *s);

/* worker.c: runs in the child, to its end. fd is its end of the socket, mask
 * the signals to block. */
_Noreturn void ppool_worker_main(struct ppool *p, struct slot *s, int fd,
                                 const sigset_t *mask);

/* fds.c: in a worker, as ppool_opts.keep says; own is its socket. */
void ppool_keep_fds(const int *keep, int own);

#if defined(__linux__) && !defined(PPOOL_PORTABLE)
/* cpus.c: the least CPU quota of this process's cgroups and all above them,
 * rounded up, or least. The names are those of /proc/self/cgroup and
 * /proc/self/mountinfo, but for tests. */
int ppool_quota(const char *cgroup, const char *mountinfo, int least);
#endif

/* watch.c */
int ppool_watch_init(struct ppool *p);
void ppool_watch_free(struct ppool *p);
int ppool_watch_add(struct ppool *p, struct slot *s);
void ppool_watch_del(struct ppool *p, struct slot *s);
/* What of its socket is of interest has changed: eof, blocked. */
void ppool_watch_change(struct ppool *p, struct slot *s);
/* Sets readable, writable and check of the slots. -1: EINTR. */
int ppool_watch_wait(struct ppool *p, int timeout_ms);

/* dispatch.c: starved asks for whatever there is if a worker has nothing. */
void ppool_dispatch(struct ppool *p, bool starved);
/* Has a worker nothing to do; or nothing of j, if that has a window of its
 * own? */
bool ppool_has_idle(const struct ppool *p, const struct job *j);
void ppool_slot_send(struct ppool *p, struct slot *s);

/* answer.c: reads some of what there is now, or all. */
void ppool_slot_read(struct ppool *p, struct slot *s, bool all);
/* It will be killed, and what it says is not heard. */
void ppool_slot_bad(struct ppool *p, struct slot *s);
/* The result of an item it holds. c is freed if this was the last. */
void ppool_slot_answered(struct slot *s, struct chunk *c, struct item *item,
                         ppool_result *r);

/* death.c */
void ppool_reap(struct ppool *p, struct slot *s);
/* It does not die: what it held is handed out again all the same. */
void ppool_leave(struct ppool *p, struct slot *s);
/* Reaps those left behind that have died meanwhile. */
void ppool_reap_lost(struct ppool *p);
void ppool_respawn(struct ppool *p);

/* pump.c */
int64_t ppool_now(void);
int64_t ppool_deadline(int timeout_ms);
/* One turn: sends, waits for at most so long, reads. OK or INTR. */
ppool_err ppool_turn(struct ppool *p, int64_t deadline, bool starved);
/* Turns until ready(arg). OK, TIMEOUT, INTR, BUSY. */
ppool_err ppool_until(struct ppool *p, bool (*ready)(void *arg), void *arg,
                      int timeout_ms);
/* Carries out doomed, unless inside a callback. */
void ppool_settle(struct ppool *p);
/* Takes from the workers what they hold, without a word to them. */
void ppool_seize(struct ppool *p);
/* All that is unfinished becomes CANCELED. */
void ppool_cancel(struct ppool *p);

#pragma GCC visibility pop

#endif
