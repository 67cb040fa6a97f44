/*
 * ppool.h - a pool of forked worker processes, after Python's
 * multiprocessing.Pool.
 *
 * One thread owns a pool: the one that created it, and it must live as long
 * as the pool does. There are no helper threads and no signal handlers; work
 * moves only inside ppool calls on that thread (see ppool_poll, ppool_fd).
 * The library never prints, never exits the owner and keeps no global state.
 * Timeouts are milliseconds on CLOCK_MONOTONIC: -1 waits for ever, 0 only
 * looks.
 *
 * A worker that dies costs only the item that killed it: that one is reported
 * PPOOL_DIED, everything else is answered, and a replacement is forked.
 *
 * The owner should flush its stdio streams before it creates a pool. Workers
 * leave through _exit(2) and never flush what they inherited.
 */
#ifndef PPOOL_H
#define PPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The first number is that of the soname, and is raised when a struct grows or
 * changes, since no struct says how long its caller takes it to be: a program
 * that was compiled with another first number must be compiled again.
 */
#define PPOOL_VERSION "2.1.0"

typedef struct ppool ppool;
typedef struct ppool_async ppool_async;   /* AsyncResult, MapResult */
typedef struct ppool_iter ppool_iter;     /* IMapIterator, ...Unordered */
typedef struct ppool_feed ppool_feed;     /* the push side of imap_unordered */
typedef struct ppool_out ppool_out;       /* in a worker: a result being written */
typedef struct ppool_worker ppool_worker; /* in a worker: its end of the pool */

typedef enum ppool_err {
	PPOOL_OK = 0,
	PPOOL_END,      /* the iterator is exhausted (StopIteration) */
	PPOOL_TIMEOUT,  /* not ready in time; the task goes on (TimeoutError) */
	PPOOL_INTR,     /* a signal handler ran while waiting; nothing is lost,
	                 * call again */
	PPOOL_TASK,     /* the function returned non-zero: .code */
	PPOOL_DIED,     /* the worker died in this item: .code is -signal, or
	                 * the exit status, or INT_MIN */
	PPOOL_CANCELED, /* terminate, join or destroy came first */
	PPOOL_SOURCE,   /* the source failed: .code; every earlier item was
	                 * delivered */
	PPOOL_TOOBIG,   /* an item or a result larger than max_item */
	PPOOL_CLOSED,   /* the pool takes no more jobs (ValueError) */
	PPOOL_RUNNING,  /* join before close or terminate (ValueError) */
	PPOOL_NOTREADY, /* successful before ready (ValueError) */
	PPOOL_BROKEN,   /* no worker can be started: initializer failed, a crash
	                 * loop, or fork(2) failed and none is left */
	PPOOL_BUSY,     /* a waiting call from inside a callback or a source */
	PPOOL_INVAL,    /* bad argument, or a forked copy of the pool */
	PPOOL_NOMEM,    /* also in place of BROKEN, when the kernel had no
	                 * memory for sockets for some seconds */
	PPOOL_SYS,      /* see errno */
	PPOOL_GIVENUP   /* ppool_give_up */
} ppool_err;

/* A constant English phrase for err; never NULL. */
const char *ppool_strerror(ppool_err err);

/* Bytes that belong to somebody else. */
typedef struct ppool_buf {
	const void *data;
	size_t len;
} ppool_buf;

typedef struct ppool_result {
	ppool_err err;    /* OK, TASK, DIED, CANCELED, SOURCE, TOOBIG or
	                   * GIVENUP; NOMEM if there was no memory to send or to
	                   * keep it; INVAL if it came in parts, but not to a
	                   * feed */
	int code;         /* TASK: the function's value; DIED: -signal or exit
	                   * status, or INT_MIN where nobody knows, because
	                   * SIGCHLD is ignored or somebody else has reaped
	                   * it; SOURCE: the source's value */
	uint64_t index;   /* the item's place in its input, from 0 */
	const void *data; /* what was written (with TASK too: a message) */
	size_t len;
	ppool_buf item;   /* the item itself, as it was given; empty with SOURCE */
	void *cookie;     /* a feed's item: as it was given; NULL otherwise */
	bool part;        /* a feed's: more of the same item's result will come,
	                   * or at least its end; OK or TOOBIG */
} ppool_result;

/*
 * Runs in a worker, once per item. state is what the initializer stored. 0 is
 * success. It may exit, abort or be killed: only this item fails. The function
 * must lie in an object mapped before ppool_create: its address goes over the
 * wire as it is. in is aligned to 8 bytes.
 */
typedef int ppool_fn(void *state, const void *in, size_t len, ppool_out *out);

/* Runs once in each new worker. Non-zero breaks the pool (PPOOL_BROKEN): it
 * is not tried for ever. */
typedef int ppool_init_fn(void *initarg, void **state);

/*
 * The pull source of imap. Runs in the owner, only inside ppool_next and
 * ppool_poll, only while there is room. 1: *item is filled (its bytes are
 * copied before the next call); 0: the end; 2: nothing now, ask again; < 0:
 * failed.
 */
typedef int ppool_source_fn(void *cookie, ppool_buf *item);

/* Runs in the owner, once, when the whole job is ready, with its n results in
 * input order, from inside any ppool call, even the one that submits it. It
 * may submit, close or terminate, and free handles; a call that would wait
 * returns PPOOL_BUSY. */
typedef void ppool_done_fn(void *cookie, const ppool_result *r, size_t n);

/* Runs in the owner for each result of a feed, in completion order, and before
 * it for each part of it, from inside any ppool call. r and what it points to
 * live until it returns. */
typedef void ppool_result_fn(void *cookie, const ppool_result *r);

/* In a worker: appends to the result. OK, TOOBIG or NOMEM; after either of
 * these the result is reported as PPOOL_TOOBIG. */
ppool_err ppool_write(ppool_out *out, const void *data, size_t len);

/* ---- take and answer: a worker that serves several items at once ---------- */

typedef struct ppool_item {
	uint64_t id; /* echoed by ppool_answer */
	ppool_fn *fn;
	const void *data;
	size_t len;
} ppool_item;

/*
 * Replaces a worker's built-in loop (take one, call fn, answer). Runs once in
 * each worker, after the initializer, until it returns; it should return when
 * ppool_take says -1 and every item it took is answered. Its value becomes the
 * worker's exit status; leaving with items unanswered is a death.
 */
typedef int ppool_serve_fn(void *state, ppool_worker *w);

/*
 * The next item. 1: *item is filled; its data is valid until it is answered.
 * 0: nothing now (only when wait is false). -1: no more will come: finish what
 * was taken, and return. With wait, pending answers are sent before it blocks.
 */
int ppool_take(ppool_worker *w, bool wait, ppool_item *item);

/*
 * Answers one taken item; any order. code 0 is success, else PPOOL_TASK. The
 * bytes are copied; answers travel in groups, of which one is sent when it has
 * 64 KiB, when it holds the last answer to a chunk, when an answer is added 5 ms
 * or more after the first, and before ppool_take blocks: not while the worker
 * computes. Returns 0; -1 when the owner is gone or there is no memory (the
 * worker should return). A result over max_item is reported as PPOOL_TOOBIG in
 * its place.
 */
int ppool_answer(ppool_worker *w, const ppool_item *item, int code,
    const void *data, size_t len);

/*
 * A part of an answer, as ppool_answer, any number of times before it. Parts
 * travel in the same groups: a feed delivers each when its group comes, in
 * order, and the socket's room bounds those under way. When a worker dies after
 * some parts and the item is run again, as many are left out as were delivered:
 * the function must give the same parts in the same order. A part over max_item
 * is reported as TOOBIG in its place. Results of other jobs do not come in
 * parts: such an item is INVAL at its end, unless it has failed anyway.
 */
int ppool_answer_part(ppool_worker *w, const ppool_item *item,
    const void *data, size_t len);

/*
 * For a worker that passes items on, to another machine say, and waits for more
 * than the pool. A descriptor that polls readable when ppool_take, without wait,
 * may have something new to say; the worker's. Not needed while it has items.
 */
int ppool_worker_fd(const ppool_worker *w);

/* Sends the pending answers: before waiting anywhere else than in ppool_take.
 * 0; -1 when the owner is gone. */
int ppool_worker_flush(ppool_worker *w);

/*
 * From now on this worker may be sent up to so many chunks, within opts.window,
 * and more as long as all that it holds has at most this weight; 0 and 0:
 * nothing more for now. pace is the weight that it does in a second, 0 where
 * that is not known: among those that say it, a chunk goes to the one that will
 * be through with it first, and waits for a faster one if it would take a slow
 * one twice as long. What was sent before stays with it. 0; -1 when the owner
 * is gone.
 */
int ppool_ask(ppool_worker *w, unsigned chunks, uint64_t weight,
    uint64_t pace);

/*
 * This worker can go on no more, which is no fault of an item: what it was sent
 * and has not answered goes to others, without counting against any item, but
 * for those begun with AT_MOST_ONCE, which become DIED. It is not replaced.
 * serve should return at once, and is killed after a second. When every worker
 * that an item may go to has resigned, the pool is BROKEN. 0; -1 when the owner
 * is gone.
 */
int ppool_resign(ppool_worker *w);

/* The number of this worker in its pool, from 0: see ppool_held. A replacement
 * has that of the worker it replaces. */
unsigned ppool_number(const ppool_worker *w);

/* ---- the pool ------------------------------------------------------------- */

/* Never fork after create (for owners that start threads later); when the
 * last worker has died the pool is BROKEN. Not with max_tasks. */
#define PPOOL_NO_RESPAWN 1u
/*
 * Items that may have been started when their worker died are reported DIED
 * instead of being run again. Without it such an item may run twice (its
 * result is delivered once): right for functions without side effects.
 */
#define PPOOL_AT_MOST_ONCE 2u

/* Workers are sent nothing before they ask for it: ppool_ask. */
#define PPOOL_ON_ASKING 4u

/*
 * No item can be the cause of a worker's death, as when it only passes items on:
 * what a dead one had is run again, by others and together, but for what was begun
 * with AT_MOST_ONCE.
 */
#define PPOOL_BLAMELESS 8u

typedef struct ppool_opts { /* all zero is the default */
	int processes;         /* workers; 0: ppool_cpus(); < 0: PPOOL_INVAL */
	ppool_init_fn *init;
	void *initarg;
	ppool_serve_fn *serve; /* NULL: the built-in loop */
	uint64_t max_tasks;    /* maxtasksperchild, in items, looked at between
	                        * chunks; 0: no limit */
	unsigned window;       /* chunks a worker holds, the running one
	                        * included; 0: 2 */
	size_t max_item;       /* bytes of one item or one result; 0: 16 MiB;
	                        * at most 1 GiB */
	size_t max_pending;    /* bytes queued by apply_async before it waits;
	                        * 0: 64 MiB (map_async queues none) */
	unsigned retries;      /* times an item that lost its worker while it
	                        * ran alone is run again; 0: DIED at once */
	int task_timeout_ms;   /* kill a worker that spends longer in one item
	                        * (built-in loop only); 0: never */
	int kill_after_ms;     /* terminate: SIGTERM, and SIGKILL after this
	                        * long; 0: SIGKILL at once */
	unsigned flags;
	const int *keep;       /* descriptors that workers keep, to a -1; all
	                        * others are closed, but 0 to 2, which become
	                        * /dev/null, where that can be opened. Read for
	                        * each new worker: not copied. NULL: they have
	                        * all that fork(2) leaves them */
} ppool_opts;

/* CPUs this process may use: its affinity mask, and the CPU quota of its
 * cgroup (v2 cpu.max, v1 cpu.cfs_quota_us) rounded up. At least 1. */
int ppool_cpus(void);

/*
 * Forks the workers, so call it before starting threads. opts may be NULL and
 * is copied; initarg and keep are not. OK, INVAL, NOMEM or SYS; on failure no
 * worker is left and *pool is NULL.
 */
ppool_err ppool_create(ppool **pool, const ppool_opts *opts);

/* Pids of the live workers into pids[max]; returns how many there are. */
size_t ppool_pids(const ppool *pool, pid_t *pids, size_t max);

/* Items that worker number n (below opts.processes) was sent and has not
 * answered, as far as is known. */
size_t ppool_load(const ppool *pool, unsigned n);

/*
 * Shows the item that worker number n was sent as ppool_item.id, or with
 * PPOOL_OLDEST the first that it has, and its cookie; item and cookie may be
 * NULL. *item is valid until the next call that moves work. OK; INVAL when it
 * has no such item, or no more.
 */
#define PPOOL_OLDEST UINT64_MAX
ppool_err ppool_held(const ppool *pool, unsigned n, uint64_t id,
    ppool_buf *item, void **cookie);

/*
 * Kills worker number n, which has been in an item for too long; for owners
 * that know better than task_timeout_ms. The item that it took under this id,
 * if it has not answered it, becomes GIVENUP, as does with AT_MOST_ONCE any
 * other that it may have begun; the rest is run again, by others, and this
 * death does not count against it. A worker that even SIGKILL does not end, in
 * some seconds, is left behind. n and id are good until the next call that
 * moves work: a replacement has the same number, and its ids begin at 0 again.
 * Does not wait; fine in a callback. OK, INVAL.
 */
ppool_err ppool_give_up(ppool *pool, unsigned n, uint64_t id);

/* Moves work for up to timeout_ms, or until something becomes ready. OK,
 * TIMEOUT, INTR, BROKEN, BUSY. With -1, OK also when there is nothing to wait
 * for: an iterator without room for a chunk waits for ppool_next. */
ppool_err ppool_poll(ppool *pool, int timeout_ms);

/* A descriptor that polls readable when ppool_poll(pool, 0) has something to
 * do, for an outer event loop; -1 where the system has none. The pool's. */
int ppool_fd(const ppool *pool);

/* No new jobs; those taken finish. Twice is fine. */
ppool_err ppool_close(ppool *pool);

/* Stops the workers now; every unfinished result becomes CANCELED. Never waits
 * on a worker; fine in a callback and after close. */
ppool_err ppool_terminate(ppool *pool);

/*
 * After close or terminate: OK once every job is ready and every worker is
 * reaped. Iterators still open stop pulling: ppool_next hands out what is
 * buffered, then CANCELED. RUNNING before close; TIMEOUT, INTR: call again.
 */
ppool_err ppool_join(ppool *pool, int timeout_ms);

/* terminate, join, free. NULL is fine. Handles outlive it and must still be
 * freed. Not from inside a callback. In a forked copy of the owner: only
 * closes descriptors and frees. */
void ppool_destroy(ppool *pool);

/* ---- apply and map -------------------------------------------------------- */

/*
 * One call of fn on a copy of in, waiting for its result: as apply_async and
 * then ppool_get. *out holds the result and is the caller's to free. Returns
 * what ppool_get returns.
 */
ppool_err ppool_apply(ppool *pool, ppool_fn *fn, const void *in, size_t len,
    ppool_async **out);

/*
 * One call of fn on a copy of in. done may be NULL; out may be NULL (then the
 * pool frees the job after done). Waits, moving work, only while max_pending
 * bytes are queued. OK, CLOSED, TOOBIG, BROKEN, NOMEM, INTR, BUSY.
 */
ppool_err ppool_apply_async(ppool *pool, ppool_fn *fn, const void *in,
    size_t len, ppool_done_fn *done, void *cookie,
    ppool_async **out);

/*
 * fn over n items, results in input order; ppool_map waits for all of them.
 * The items are NOT copied: they stay valid until the job is ready. chunk 0
 * means ceil(n / (4 * workers)), at most 256 items or 64 KiB. n == 0 is ready
 * at once (and done is called). Every item has its own result: one failure
 * neither stops the map nor hides its neighbours.
 */
ppool_err ppool_map(ppool *pool, ppool_fn *fn, const ppool_buf *items,
    size_t n, size_t chunk, ppool_async **out);
ppool_err ppool_map_async(ppool *pool, ppool_fn *fn, const ppool_buf *items,
    size_t n, size_t chunk, ppool_done_fn *done,
    void *cookie, ppool_async **out);

/* Until ready. OK, TIMEOUT, INTR, BUSY. */
ppool_err ppool_wait(ppool_async *a, int timeout_ms);

/*
 * Waits, then shows the *n results, which live until ppool_async_free. Returns
 * OK, or the first failure's err in input order (with *r and *n set all the
 * same), or TIMEOUT or INTR, after which it may be called again. r and n may
 * be NULL.
 */
ppool_err ppool_get(ppool_async *a, int timeout_ms, const ppool_result **r,
    size_t *n);

bool ppool_ready(const ppool_async *a);

/* OK when ready and no item failed, NOTREADY, or the first failure's err. */
ppool_err ppool_successful(const ppool_async *a);

/* Before ready: the result is dropped when it comes, done still runs. NULL is
 * fine. */
void ppool_async_free(ppool_async *a);

/* ---- imap ----------------------------------------------------------------- */

/*
 * fn over what source yields, lazily. At most buffer items are pulled and not
 * yet handed out by ppool_next (0: 2 * workers * window * chunk), so memory is
 * constant over an endless source. chunk 0 adapts: it grows until a chunk
 * takes about four milliseconds, at most 256 items or 64 KiB. imap hands results
 * out in input order, imap_unordered as they are completed.
 */
ppool_err ppool_imap(ppool *pool, ppool_fn *fn, ppool_source_fn *source,
    void *cookie, size_t chunk, size_t buffer,
    ppool_iter **out);
ppool_err ppool_imap_unordered(ppool *pool, ppool_fn *fn,
    ppool_source_fn *source, void *cookie,
    size_t chunk, size_t buffer, ppool_iter **out);

/*
 * The next result. OK: *r is filled (look at r->err) and valid until the next
 * call on this iterator. END; TIMEOUT; INTR; CANCELED when the pool was joined
 * or terminated first; BROKEN; BUSY. A failed source is delivered once as a
 * result with err SOURCE, after every earlier item; then END.
 */
ppool_err ppool_next(ppool_iter *it, int timeout_ms, ppool_result *r);

/* Gives up the iterator at any point: no more is pulled, what is in flight is
 * dropped. NULL is fine. */
void ppool_iter_free(ppool_iter *it);

/* ---- feed ----------------------------------------------------------------- */

typedef struct ppool_feed_opts { /* all zero is the default */
	size_t chunk_items;     /* a chunk closes at this many items (0: adapts,
	                         * at most 256 or 64 KiB) ... */
	uint64_t chunk_weight;  /* ... or when their weights reach this sum
	                         * (0: no such limit) */
	uint64_t window_weight; /* weight a worker may hold before it counts as
	                         * full; one chunk always fits (0: no limit) */
	size_t ahead;           /* chunks that may wait while every window is
	                         * full, the heavier the sooner, by multiples
	                         * of chunk_weight (0: none wait) */
	unsigned flags;         /* PPOOL_AT_MOST_ONCE: for this feed's items,
	                         * whatever the pool's flags say */
	unsigned window;        /* chunks of this feed that a worker may hold,
	                         * within the pool's window: what is slow leaves
	                         * room for other jobs (0: no such limit) */
} ppool_feed_opts;

/*
 * Opens a feed: for a producer that is itself a callback, as nftw(3)'s is.
 * on_result gets each item's result. fn may be NULL in a pool with serve. A
 * chunk goes to the worker with the least outstanding weight. The pool may
 * serve other jobs beside it.
 */
ppool_err ppool_feed_open(ppool *pool, ppool_fn *fn,
    const ppool_feed_opts *opts,
    ppool_result_fn *on_result, void *cookie,
    ppool_feed **out);

/* From now on its chunks go only to the n workers from number first on. OK, INVAL,
 * CANCELED. */
ppool_err ppool_feed_only(ppool_feed *f, unsigned first, unsigned n);

/*
 * Copies the item. cookie stays in the owner and comes back in its result.
 * Moves work; blocks only while every worker's window is full and more than
 * opts.ahead chunks wait. OK; TOOBIG, CLOSED, BROKEN, CANCELED, NOMEM: the item
 * was not taken; INTR: a signal handler ran while it waited, the item WAS NOT
 * taken, put it again; BUSY from inside a callback.
 */
ppool_err ppool_feed_put(ppool_feed *f, const void *item, size_t len,
    uint64_t weight, void *cookie);

/*
 * The same without ever waiting: TIMEOUT where ppool_feed_put would wait (the
 * item was not taken). For a producer that keeps its items, and has better to
 * do than to wait. Moves work now and then, whether or not it is taken.
 */
ppool_err ppool_feed_try(ppool_feed *f, const void *item, size_t len,
    uint64_t weight, void *cookie);

/* The same for an item in n pieces, which are copied one behind the other. */
ppool_err ppool_feed_tryv(ppool_feed *f, const ppool_buf *pieces, size_t n,
    uint64_t weight, void *cookie);

/* Sends the chunk being filled, full or not, without waiting. */
ppool_err ppool_feed_flush(ppool_feed *f);

/* No more items: sends the partial chunk and returns OK when every result has
 * been delivered. TIMEOUT, INTR: call again. BROKEN: what was lost has been
 * delivered as CANCELED. */
ppool_err ppool_feed_finish(ppool_feed *f, int timeout_ms);

/* What is not yet delivered is dropped. NULL is fine. */
void ppool_feed_free(ppool_feed *f);

#ifdef __cplusplus
}
#endif
#endif
