/* take.c - in a worker: chunks as they come, item by item. */
#include "ppool/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- receiving ------------------------------------------------------------ */

static struct batch *
batch_new(const struct ppool_worker *w)
{
	size_t words = (size_t)w->head.n / 64 + 1;
	struct batch *b = ppool_must_alloc(sizeof(*b) + words * 8 + w->head.len);

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

		if (n < 0 && (errno == EINTR || ppool_lacked_memory(n, &naps)))
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

	if (ppool_flush(w) < 0)
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

int
ppool_worker_fd(const ppool_worker *w)
{
	return w->fd;
}
