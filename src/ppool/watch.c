#include "ppool/core.h"

#if defined(__linux__) && !defined(PPOOL_PORTABLE)

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

/* An event names a slot, and which of its two descriptors. */
enum { IS_PIDFD = 1 };

int
ppool_watch_init(struct ppool *p)
{
	p->watch = epoll_create1(EPOLL_CLOEXEC);
	return p->watch < 0 ? -1 : 0;
}

void
ppool_watch_free(struct ppool *p)
{
	if (p->watch >= 0)
		close(p->watch);
	p->watch = -1;
}

static struct epoll_event
event_of(const struct ppool *p, const struct peer *w)
{
	uint32_t events = 0;

	if (!w->eof && !w->bad)
		events |= EPOLLIN;
	if (w->blocked)
		events |= EPOLLOUT;
	return (struct epoll_event){
		.events = events,
		.data.u64 = 2 * (uint64_t)(w - p->peers),
	};
}

int
ppool_watch_add(struct ppool *p, struct peer *w)
{
	struct epoll_event ev = event_of(p, w);

	if (epoll_ctl(p->watch, EPOLL_CTL_ADD, w->fd, &ev))
		return -1;
	if (w->pidfd < 0)
		return 0;
	ev.events = EPOLLIN;
	ev.data.u64 += IS_PIDFD;
	return epoll_ctl(p->watch, EPOLL_CTL_ADD, w->pidfd, &ev);
}

/* Closing is not enough: a fork of the application may hold them open. */
void
ppool_watch_del(struct ppool *p, struct peer *w)
{
	if (!w->eof && !w->bad)
		epoll_ctl(p->watch, EPOLL_CTL_DEL, w->fd, NULL);
	if (w->pidfd >= 0)
		epoll_ctl(p->watch, EPOLL_CTL_DEL, w->pidfd, NULL);
}

/* A socket at its end is taken out: it would report that for ever. */
void
ppool_watch_change(struct ppool *p, struct peer *w)
{
	struct epoll_event ev = event_of(p, w);
	int op = w->eof || w->bad ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	epoll_ctl(p->watch, op, w->fd, &ev);
}

static void
note_event(struct ppool *p, const struct epoll_event *ev)
{
	struct peer *w = &p->peers[ev->data.u64 / 2];

	if (ev->data.u64 % 2 == IS_PIDFD) {
		w->check = true;
		return;
	}
	w->readable = ev->events & (EPOLLIN | EPOLLHUP | EPOLLERR);
	w->writable = ev->events & (EPOLLOUT | EPOLLHUP | EPOLLERR);
}

int
ppool_watch_wait(struct ppool *p, int timeout_ms)
{
	struct pollfd watch = { .fd = p->watch, .events = POLLIN };
	struct epoll_event events[64];
	int n;

	/* epoll_wait(2) is interrupted when the process is stopped and
	 * continued, or traced, though no handler ran (signal(7)); poll(2) is
	 * not */
	if (timeout_ms && poll(&watch, 1, timeout_ms) < 0)
		return -1;
	n = epoll_wait(p->watch, events, 64, 0);
	for (int i = 0; i < n; i++)
		note_event(p, &events[i]);
	return n < 0 ? -1 : 0;
}

#else

#include <poll.h>
#include <stdlib.h>

int
ppool_watch_init(struct ppool *p)
{
	p->polled = calloc(p->n, sizeof(struct pollfd));
	return p->polled ? 0 : -1;
}

void
ppool_watch_free(struct ppool *p)
{
	free(p->polled);
	p->polled = NULL;
}

int
ppool_watch_add(struct ppool *p, struct peer *w)
{
	(void)p;
	(void)w;
	return 0;
}

void
ppool_watch_del(struct ppool *p, struct peer *w)
{
	(void)p;
	(void)w;
}

void
ppool_watch_change(struct ppool *p, struct peer *w)
{
	(void)p;
	(void)w;
}

int
ppool_watch_wait(struct ppool *p, int timeout_ms)
{
	struct pollfd *fds = p->polled;
	int n;

	for (unsigned i = 0; i < p->n; i++) {
		const struct peer *w = &p->peers[i];

		fds[i].fd = w->live && !w->eof && !w->bad ? w->fd : -1;
		fds[i].events = (short)(POLLIN | (w->blocked ? POLLOUT : 0));
		fds[i].revents = 0;
	}
	n = poll(fds, p->n, timeout_ms);
	for (unsigned i = 0; n > 0 && i < p->n; i++) {
		p->peers[i].readable = fds[i].revents & ~POLLOUT;
		p->peers[i].writable = fds[i].revents & ~POLLIN;
	}
	return n < 0 ? -1 : 0;
}

#endif

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
