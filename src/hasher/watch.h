/*
 * watch.h - do the workers get on?
 *
 * Each worker says in a cache line of its own, in memory that it shares with
 * the parent, what it works on and that it gets on with it. A process that is
 * stopped, or waits in the kernel for a file server that is gone, says nothing
 * more, and so the parent notices. Words are written by their worker alone, but
 * for failed, and read one by one: none depends on another.
 */
#ifndef HASHER_WATCH_H
#define HASHER_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct watch_line {
	_Alignas(8) _Atomic uint64_t bytes; /* digested, by its predecessors too */
	_Alignas(8) _Atomic uint64_t turns; /* changes while it is alive */
	_Alignas(8) _Atomic uint64_t moves; /* changes when one of its files gets on */
	_Alignas(8) _Atomic uint64_t id;    /* ppool_item.id of what it works on */
	_Alignas(8) _Atomic uint64_t sandbox; /* WATCH_BEGAN, and the parts of it
	                                       * that are in force */
	_Alignas(8) _Atomic uint64_t failed; /* in the first one: the errno with
	                                      * which a worker failed to begin */
	char pad[16];
};

#define WATCH_BEGAN (UINT64_C(1) << 32)

/* ---- in a worker --------------------------------------------------------- */

/* It begins, with these parts of a sandbox in force. */
static inline void
watch_begin(struct watch_line *l, unsigned sandbox)
{
	atomic_store_explicit(&l->sandbox, WATCH_BEGAN | sandbox,
	    memory_order_relaxed);
}

/* It cannot: lines are those of all, as it has no number yet. */
static inline void
watch_fail(struct watch_line *lines, int err)
{
	atomic_store_explicit(&lines->failed, (uint64_t)err,
	    memory_order_relaxed);
}

static inline void
watch_add(_Atomic uint64_t *word, uint64_t n)
{
	/* nobody else writes it: no need of a locked instruction */
	atomic_store_explicit(word,
	    atomic_load_explicit(word, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/* It is alive. */
static inline void
watch_turn(struct watch_line *l)
{
	watch_add(&l->turns, 1);
}

/* From now on it works on this item, or waits for it. To be said before every
 * step that may take long: each has the whole time for itself. */
static inline void
watch_item(struct watch_line *l, uint64_t id)
{
	atomic_store_explicit(&l->id, id, memory_order_relaxed);
	watch_turn(l);
}

/* A file is open, or closed, or so many bytes further. */
static inline void
watch_moved(struct watch_line *l, uint64_t bytes)
{
	watch_add(&l->bytes, bytes);
	watch_add(&l->moves, 1);
	watch_turn(l);
}

/* ---- in the parent ------------------------------------------------------- */

/* What the parent saw of a worker, and for how many ms it has not changed.
 * Time in which the parent did not look does not count. */
struct watch_seen {
	uint64_t turns, moves;
	int64_t silent; /* since it was last alive */
	int64_t stuck;  /* since one of its files last got on */
	bool shown;     /* that it is stuck; the caller's */
};

struct watch {
	unsigned n;
	struct watch_line *lines; /* one a worker, by its number; shared */
	struct watch_seen *seen;
	int64_t at;               /* when it was last looked at, in ms */
};

/* For n workers. 0, or -1 with errno and nothing to release. */
int watch_init(struct watch *w, unsigned n);

void watch_release(struct watch *w);

/* Which parts of a sandbox are in force in all that have begun; -1: none has. */
int watch_sandbox(const struct watch *w);

/* The errno with which a worker failed to begin; 0: none did. */
int watch_failed(const struct watch *w);

/* Bytes digested by all. */
uint64_t watch_bytes(const struct watch *w);

/* ms since the last call, a second at most, and 0 while there is less to count
 * than a tenth of a second: then there is nothing to look at. */
int64_t watch_elapsed(struct watch *w);

/* Looks at worker number n, ms after the last time; busy: it has items. */
void watch_look(struct watch *w, unsigned n, int64_t ms, bool busy);

#endif
