/*
 * core.h - the inside of a pool, shared by the files of this directory.
 *
 * Files, bottom to top; none calls a function of a file below it in this list:
 *
 *     err        texts of errors
 *     cpus       how many processors there are
 *     fds        the descriptors that a worker keeps
 *     state      time, what state a pool is in, want of memory
 *     chunk      tasks, chunks and queues of them
 *     job        what all kinds of job have
 *     watch      waits for sockets and processes
 *     reply      in a worker: answers, and what else it says
 *     take       in a worker: what it is sent
 *     worker     a worker's life
 *     spawn      forks, kills and forgets workers
 *     dispatch   chooses a chunk and a worker, and sends
 *     answer     reads what a worker says, and checks it
 *     death      a worker has ended: what it held, and its replacement
 *     pump       a turn of all this; timers; the end of everything
 *     feed       items that are put one by one
 *     pool       create, look at, close, join, destroy
 *     async      apply and map
 *     iter       imap
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
#include <sys/types.h>

#include "ppool/job.h"

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

/* ---- workers, as the owner sees them -------------------------------------- */

/*
 * A worker's cache line of the shared page, written by it alone. state is
 * twice the number of items it has taken, plus 1 while the built-in loop is
 * inside fn: one word, so that it cannot be torn. Read when it is dead, and,
 * for task_timeout_ms, before.
 */
struct status_line {
	_Alignas(8) _Atomic uint64_t state;
	_Alignas(8) _Atomic int64_t since; /* when the item was begun */
	char pad[48];
};

/* A worker, or a place for one. */
struct peer {
	bool live;     /* has a process, whose death was not seen to */
	bool reaped;   /* its number may be another's by now */
	bool hello;    /* its initializer has succeeded */
	bool quitting; /* gets nothing more: half-closed, leaves by itself */
	bool eof;      /* its socket says nothing more */
	bool bad;      /* it broke the protocol, and was killed */
	bool blocked;  /* its socket was full: wait until it is not */
	bool useful;   /* has answered anything */
	bool resigned; /* by itself: is not replaced */
	bool given_up; /* killed by ppool_give_up, for an item: given_id */
	bool readable, writable, check; /* what ppool_watch_wait saw */
	pid_t pid;
	int fd;
	int pidfd;            /* -1: none */
	int64_t born;
	int64_t kill_at;      /* SIGKILL then, unless it has ended; 0: no */
	unsigned kills;       /* SIGKILLs after which it had not */
	uint64_t given_id;
	uint64_t timed_out;   /* line.state it was killed for, by
	                       * task_timeout_ms; 0: was not */
	struct queue held;    /* chunks it was sent, in that order */
	struct chunk *unsent; /* the first of them not fully sent */
	size_t unsent_off;
	uint64_t sent;        /* items, ever */
	uint64_t weight;      /* outstanding */
	uint64_t items;       /* outstanding */
	unsigned room;        /* chunks that it may hold in any case... */
	uint64_t room_weight; /* ...and more, within opts.window, as long as
	                       * they weigh no more than this together */
	uint64_t pace;        /* weight that it does in a second; 0: not said */
	int64_t part_at;      /* when the last bytes came of a frame that is
	                       * not whole; 0: there is none */
	uint8_t *in;          /* received, not yet parsed */
	size_t in_len, in_size;
	struct status_line *line;
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
	bool scarce;   /* the kernel lacked memory in this turn */
	int64_t scarce_since; /* 0: the last one to ask had it */
	unsigned depth;  /* callbacks running */
	unsigned crashes; /* deaths in a row without a result */
	pid_t owner;
	uint8_t *mark;   /* a byte that is 0 in a forked copy; NULL: none */
	struct peer *peers;
	unsigned n;      /* peers */
	unsigned live;
	unsigned resigned;
	int reserved;    /* peer that is sent nothing, until a chunk to be alone
	                  * can go to it; -1 */
	struct status_line *lines;
	size_t lines_size;
	pid_t *lost;     /* left behind alive, to be reaped some day */
	size_t nlost;
	struct link jobs, runnable;
	unsigned nrunnable;
	size_t nasync;   /* async jobs that are not ready */
	struct queue again; /* chunks of ended workers, to be sent first */
	struct queue alone; /* likewise, each to a worker of its own */
	size_t nchunks;
	size_t pending;  /* bytes queued by apply_async */
	uint64_t next_seq;
	uint64_t round;  /* turns of the pump */
	uint64_t events; /* things that became ready */
	uint64_t polled_at; /* events when ppool_poll was called */
	int64_t fork_at; /* try to fork again then */
	int watch;       /* epoll, for ppool_fd; -1: none */
	struct pollfd *polled; /* room for two of each peer */
};

/* ---- state.c -------------------------------------------------------------- */

int64_t ppool_now(void);
int64_t ppool_deadline(int timeout_ms);
/* NULL and a forked copy: INVAL. */
ppool_err ppool_check(const struct ppool *p);
/* May a job be submitted? Also INVAL, CLOSED, BROKEN. */
ppool_err ppool_check_submit(const struct ppool *p, ppool_fn *fn);
/* Chunks or async jobs that are not finished. */
bool ppool_unfinished(const struct ppool *p);
/* Nothing is under way, and no job has anything to begin with. */
bool ppool_idle(const struct ppool *p);
/* Nothing is sent or read any more. */
bool ppool_over(const struct ppool *p);
/* No worker can be had. */
void ppool_break(struct ppool *p);
/* Did a system call fail for want of memory in the kernel? That passes. Notes
 * it, and that there was some when n, its value, is no failure. errno stays. */
bool ppool_lacks_memory(struct ppool *p, ssize_t n);
/* Sleeps as long as is due before such a call is made again. errno stays. */
void ppool_nap(void);
/* close(2), unless fd is -1. errno stays. */
void ppool_close_fd(int fd);

/* ---- in a worker ---------------------------------------------------------- */

/* fds.c: as ppool_opts.keep says; own is its socket. */
void ppool_keep_fds(const int *keep, int own);

/* worker.c: runs in the child, to its end. fd is its end of the socket, mask
 * the signals to block. */
_Noreturn void ppool_worker_main(struct ppool *p, struct peer *self, int fd,
    const sigset_t *mask);

/* ---- cpus.c --------------------------------------------------------------- */

#if defined(__linux__) && !defined(PPOOL_PORTABLE)
/* The least CPU quota of this process's cgroups and all above them,
 * rounded up, or least. The names are those of /proc/self/cgroup and
 * /proc/self/mountinfo, but for tests. */
int ppool_quota(const char *cgroup, const char *mountinfo, int least);
#endif

/* ---- moving chunks -------------------------------------------------------- */

/* watch.c */
int ppool_watch_init(struct ppool *p);
void ppool_watch_free(struct ppool *p);
/* In a fork of the owner: also closes its descriptors of all peers. */
void ppool_watch_disown(struct ppool *p);
int ppool_watch_add(struct ppool *p, struct peer *w);
void ppool_watch_del(struct ppool *p, struct peer *w);
/* What of its socket is of interest has changed: eof, blocked. */
void ppool_watch_change(struct ppool *p, struct peer *w);
/* Sets readable, writable and check of the peers. -1 with errno: EINTR, and
 * none is set; or they are set as if all had happened, after a pause if it was
 * to wait. */
int ppool_watch_wait(struct ppool *p, int timeout_ms);

/* spawn.c: forks a worker into a free place; -1 with errno. */
int ppool_spawn(struct ppool *p, struct peer *w);
void ppool_peer_kill(struct peer *w, int sig);
/* Kills it, and has the timers do so again until it is gone or left behind. */
void ppool_peer_end(struct peer *w);
/* Forgets the process: descriptors and buffers, not the chunks. */
void ppool_peer_clear(struct ppool *p, struct peer *w);

/* Can j be served, now or by a worker that is forked later? dispatch.c */
bool ppool_has_workers(const struct ppool *p, const struct job *j);
/* Likewise: starved asks for whatever there is if a worker has nothing. */
void ppool_dispatch(struct ppool *p, bool starved);
/* Has a worker nothing to do; or nothing of j, if that has a window of its
 * own? */
bool ppool_has_idle(const struct ppool *p, const struct job *j);
void ppool_peer_send(struct ppool *p, struct peer *w);
/* Half-closes it, as soon as what it was given is sent. */
void ppool_peer_quit(struct peer *w);

/* answer.c: reads some of what there is now, or all. */
void ppool_peer_read(struct ppool *p, struct peer *w, bool all);
/* Kills it, and reads nothing more from it. */
void ppool_peer_bad(struct ppool *p, struct peer *w);

/* death.c */
void ppool_reap(struct ppool *p, struct peer *w);
/* It does not end: what it held is handed out again all the same. */
void ppool_leave(struct ppool *p, struct peer *w);
/* Reaps those left behind that have ended meanwhile. */
void ppool_reap_lost(struct ppool *p);
void ppool_respawn(struct ppool *p);

/* ---- pump.c --------------------------------------------------------------- */

/* One turn: sends, waits for at most so long, reads. OK or INTR. */
ppool_err ppool_turn(struct ppool *p, int64_t deadline, bool starved);
/* Turns until ready(arg). OK, TIMEOUT, INTR, BUSY. */
ppool_err ppool_until(struct ppool *p, bool (*ready)(void *arg), void *arg,
    int timeout_ms);
/* Carries out doomed, unless inside a callback. */
void ppool_settle(struct ppool *p);
/* Takes from the workers what they hold, without telling them. */
void ppool_seize(struct ppool *p);
/* All that is unfinished becomes CANCELED. */
void ppool_cancel(struct ppool *p);

#pragma GCC visibility pop

#endif
