/*
 * watch.c - waits for the sockets and processes of the workers.
 *
 * The pool itself waits with poll(2), which, unlike epoll_wait(2), is not
 * interrupted when the process is stopped and continued, or traced, though no
 * handler ran (signal(7)). Where there is epoll, a set of the same descriptors
 * is kept for an outer event loop: ppool_fd.
 */
#include "ppool/core.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#if defined(__linux__) && !defined(PPOOL_PORTABLE)
#include <sys/epoll.h>

/* Its events have the values of poll's. */
static int
watch_ctl(const struct ppool *p, int op, int fd, short events)
{
	struct epoll_event ev = { .events = (uint32_t)events };

	return epoll_ctl(p->watch, op, fd, &ev);
}

#else

enum { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD };

static int
watch_ctl(const struct ppool *p, int op, int fd, short events)
{
	(void)p;
	(void)op;
	(void)fd;
	(void)events;
	return 0;
}

#endif

int
ppool_watch_init(struct ppool *p)
{
	p->polled = calloc(p->n, 2 * sizeof(*p->polled));
#ifdef EPOLL_CLOEXEC
	p->watch = epoll_create1(EPOLL_CLOEXEC);
	if (p->watch < 0)
		return -1;
#endif
	return p->polled ? 0 : -1;
}

void
ppool_watch_free(struct ppool *p)
{
	ppool_close_fd(p->watch);
	free(p->polled);
	p->watch = -1;
	p->polled = NULL;
}

void
ppool_watch_disown(struct ppool *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		ppool_close_fd(p->peers[i].fd);
		ppool_close_fd(p->peers[i].pidfd);
		p->peers[i].fd = p->peers[i].pidfd = -1;
	}
	ppool_watch_free(p);
}

/* Nothing of a socket at its end, which would be reported for ever. */
static short
interest(const struct peer *w)
{
	if (w->fd < 0 || w->eof || w->bad)
		return 0;
	return w->blocked ? POLLIN | POLLOUT : POLLIN;
}

static short
process_interest(const struct peer *w)
{
	return w->pidfd < 0 ? 0 : POLLIN;
}

int
ppool_watch_add(struct ppool *p, struct peer *w)
{
	if (watch_ctl(p, EPOLL_CTL_ADD, w->fd, interest(w)) < 0)
		return -1;
	return w->pidfd < 0 ? 0 :
	    watch_ctl(p, EPOLL_CTL_ADD, w->pidfd, POLLIN);
}

/* Closing is not enough: a fork of the application may hold them open. */
void
ppool_watch_del(struct ppool *p, struct peer *w)
{
	if (interest(w))
		watch_ctl(p, EPOLL_CTL_DEL, w->fd, 0);
	if (w->pidfd >= 0)
		watch_ctl(p, EPOLL_CTL_DEL, w->pidfd, 0);
}

void
ppool_watch_change(struct ppool *p, struct peer *w)
{
	watch_ctl(p, interest(w) ? EPOLL_CTL_MOD : EPOLL_CTL_DEL, w->fd,
	    interest(w));
}

/* Adds an entry for what is to be waited for, if anything. */
static struct pollfd *
ask(struct pollfd *at, int fd, short events)
{
	*at = (struct pollfd){ fd, events, 0 };
	return events ? at + 1 : at;
}

/* What the entry that ask made of the same events says. */
static short
answer(struct pollfd **at, short events)
{
	return events ? (*at)++->revents : 0;
}

/* poll(2) fails with more entries than RLIMIT_NOFILE allows, be they of use or
 * not: only those in use are there. The limit may still be too low. */
int
ppool_watch_wait(struct ppool *p, int timeout_ms)
{
	struct pollfd *at = p->polled;
	int n;

	for (unsigned i = 0; i < p->n; i++) {
		const struct peer *w = &p->peers[i];

		at = ask(at, w->fd, interest(w));
		at = ask(at, w->pidfd, process_interest(w));
	}
	n = poll(p->polled, (nfds_t)(at - p->polled), timeout_ms);
	/* Where the kernel cannot say what has happened, all may have; but to
	 * look without a pause would keep a processor busy. */
	if (n < 0 && errno != EINTR) {
		if (timeout_ms)
			ppool_nap();
		for (; at > p->polled; at--)
			at[-1].revents = at[-1].events;
	}
	at = p->polled;
	for (unsigned i = 0; i < p->n; i++) {
		struct peer *w = &p->peers[i];
		short seen = answer(&at, interest(w));

		w->readable = seen & ~POLLOUT;
		w->writable = seen & ~POLLIN;
		w->check = answer(&at, process_interest(w));
	}
	return n < 0 ? -1 : 0;
}
