#include "hasher/hosts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/quote.h"

int
hosts_init(struct hosts *h, const struct hasher_host *v, unsigned n)
{
	*h = (struct hosts){ .v = v, .n = n };
	h->seen = calloc(n, sizeof(*h->seen));
	if (!h->seen)
		return -1;
	h->lines = mmap(NULL, n * sizeof(*h->lines), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (h->lines != MAP_FAILED)
		return 0;
	free(h->seen);
	*h = (struct hosts){ .n = 0 };
	return -1;
}

void
hosts_release(struct hosts *h)
{
	if (h->lines)
		(void)munmap(h->lines, h->n * sizeof(*h->lines));
	free(h->seen);
	*h = (struct hosts){ .n = 0 };
}

/* ---- in a relay --------------------------------------------------------------- */

/* Cut to size - 1 bytes. */
static void
host_set(char *to, size_t size, const char *text, size_t len)
{
	if (len > size - 1)
		len = size - 1;
	memcpy(to, text, len);
	to[len] = '\0';
}

void
host_say_ready(struct host_line *l, unsigned jobs, const char *engine,
    size_t len)
{
	l->jobs = jobs;
	host_set(l->engine, sizeof(l->engine), engine, len);
	atomic_store_explicit(&l->state, HOST_READY, memory_order_release);
}

void
host_say_lost(struct host_line *l, const char *why)
{
	host_set(l->why, sizeof(l->why), why, strlen(why));
	atomic_store_explicit(&l->state, HOST_LOST, memory_order_release);
}

void
host_note(struct host_line *l, const char *text, size_t len)
{
	uint32_t head = atomic_load_explicit(&l->note_head,
	    memory_order_relaxed);
	uint32_t used = head - atomic_load_explicit(&l->note_tail,
	    memory_order_acquire);
	size_t i;

	if (len > HOST_TEXT)
		len = HOST_TEXT;
	if (len + 1 > HOST_NOTES - used) {
		atomic_fetch_add_explicit(&l->note_lost, 1,
		    memory_order_relaxed);
		return;
	}
	for (i = 0; i < len; i++)
		l->notes[head++ % HOST_NOTES] = text[i];
	l->notes[head++ % HOST_NOTES] = '\n';
	atomic_store_explicit(&l->note_head, head, memory_order_release);
}

/* ---- in the parent ------------------------------------------------------------ */

/* The next line of the ring; text comes from another machine, and is shown as a
 * name is. False: there is none. */
static bool
host_next_note(struct host_line *l, struct buf *line)
{
	uint32_t tail = atomic_load_explicit(&l->note_tail,
	    memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&l->note_head,
	    memory_order_acquire);
	struct buf raw = BUF_INIT;
	char c;

	/* a relay that went wild cannot have written more than there is */
	if (tail == head || head - tail > HOST_NOTES)
		return false;
	while (tail != head && (c = l->notes[tail++ % HOST_NOTES]) != '\n')
		buf_putc(&raw, c);
	atomic_store_explicit(&l->note_tail, tail, memory_order_release);
	buf_clear(line);
	quote_fit(line, raw.data, raw.len, SIZE_MAX);
	buf_release(&raw);
	return true;
}

static void
host_look(const struct hosts *h, unsigned i)
{
	struct host_line *l = &h->lines[i];
	struct host_seen *s = &h->seen[i];
	const char *name = h->v[i].name;
	int state = atomic_load_explicit(&l->state, memory_order_acquire);
	uint32_t lost = atomic_load_explicit(&l->note_lost,
	    memory_order_relaxed);
	struct buf line = BUF_INIT;

	while (host_next_note(l, &line))
		diag_name(name, strlen(name), "%s", buf_str(&line));
	if (lost != s->lost)
		diag_name(name, strlen(name), "%u more lines", lost - s->lost);
	s->lost = lost;
	if (state != s->state && state == HOST_READY && h->debug) {
		buf_clear(&line);
		quote_fit(&line, l->engine, strnlen(l->engine,
		    sizeof(l->engine)), SIZE_MAX);
		diag_name(name, strlen(name), "%u worker%s, engine %s",
		    l->jobs, l->jobs == 1 ? "" : "s", buf_str(&line));
	}
	if (state != s->state && state == HOST_LOST) {
		buf_clear(&line);
		quote_fit(&line, l->why, strnlen(l->why,
		    sizeof(l->why)), SIZE_MAX);
		diag_name(name, strlen(name), "%s", buf_str(&line));
	}
	s->state = state;
	buf_release(&line);
}

void
hosts_look(struct hosts *h)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		host_look(h, i);
}

bool
hosts_are_lost(const struct hosts *h)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		if (atomic_load_explicit(&h->lines[i].state,
		    memory_order_acquire) != HOST_LOST)
			return false;
	return h->n > 0;
}

bool
hosts_report(const struct hosts *h, unsigned n, struct hasher_report *r)
{
	const struct host_line *l;

	if (n >= h->n)
		return false;
	l = &h->lines[n];
	*r = (struct hasher_report){
		.name = h->v[n].name,
		.ready = atomic_load_explicit(&l->state,
		    memory_order_relaxed) == HOST_READY,
		.files = atomic_load_explicit(&l->files,
		    memory_order_relaxed),
		.bytes = atomic_load_explicit(&l->bytes,
		    memory_order_relaxed),
		.busy_ns = (int64_t)atomic_load_explicit(&l->busy_ns,
		    memory_order_relaxed),
	};
	return true;
}
