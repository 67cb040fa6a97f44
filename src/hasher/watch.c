#include "hasher/watch.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/clock.h"

#define WATCH_LEAST 100  /* ms between two looks */
#define WATCH_MOST 1000  /* of them that count: the parent may have been stopped
                          * together with its workers, or kept busy */

int
watch_init(struct watch *w, unsigned n)
{
	w->n = n;
	w->at = 0;
	w->seen = calloc(n, sizeof(*w->seen));
	if (!w->seen)
		return -1;
	w->lines = mmap(NULL, n * sizeof(*w->lines), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->lines != MAP_FAILED)
		return 0;
	w->lines = NULL;
	free(w->seen);
	w->seen = NULL;
	return -1;
}

void
watch_release(struct watch *w)
{
	if (w->lines)
		(void)munmap(w->lines, w->n * sizeof(*w->lines));
	free(w->seen);
	w->lines = NULL;
	w->seen = NULL;
}

int
watch_failed(const struct watch *w)
{
	return (int)atomic_load_explicit(&w->lines->failed,
	    memory_order_relaxed);
}

uint64_t
watch_bytes(const struct watch *w)
{
	uint64_t bytes = 0;
	unsigned i;

	for (i = 0; i < w->n; i++)
		bytes += atomic_load_explicit(&w->lines[i].bytes,
		    memory_order_relaxed);
	return bytes;
}

int
watch_sandbox(const struct watch *w)
{
	int all = -1;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		uint64_t one = atomic_load_explicit(&w->lines[i].sandbox,
		    memory_order_relaxed);

		if (one & WATCH_BEGAN)
			all = all < 0 ? (int)(unsigned)one :
			    all & (int)(unsigned)one;
	}
	return all;
}

int64_t
watch_elapsed(struct watch *w)
{
	int64_t now = clock_ns() / 1000000, ms;

	ms = w->at ? now - w->at : WATCH_LEAST;
	if (ms < WATCH_LEAST)
		return 0;
	w->at = now;
	return ms < WATCH_MOST ? ms : WATCH_MOST;
}

void
watch_look(struct watch *w, unsigned n, int64_t ms, bool busy)
{
	struct watch_seen *s = &w->seen[n];
	uint64_t turns = atomic_load_explicit(&w->lines[n].turns,
	    memory_order_relaxed);
	uint64_t moves = atomic_load_explicit(&w->lines[n].moves,
	    memory_order_relaxed);

	s->silent = busy && turns == s->turns ? s->silent + ms : 0;
	s->stuck = busy && moves == s->moves ? s->stuck + ms : 0;
	s->shown = s->shown && s->stuck;
	s->turns = turns;
	s->moves = moves;
}
