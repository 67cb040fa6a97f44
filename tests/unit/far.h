/*
 * far.h - a far end in the same process: what hasher/reach launches is a test's own
 * end of a socket, time passes when it is waited in vain, and what the pool has
 * comes from the test, too. Linked as FAR in the Makefile says. Whoever includes it
 * has included cmocka.h, and defines far_turn and far_take.
 */
#ifndef FAR_H
#define FAR_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "far/channel.h"
#include "far/launch.h"
#include "far/talk.h"
#include "ppool/ppool.h"

#define FAR_POOL_FD 1000 /* is not open */
#define FAR_MS INT64_C(1000000)

int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_launch_start(struct launch *l, char *const argv[]);
int __wrap_ppool_take(ppool_worker *w, bool wait, ppool_item *item);
int __wrap_ppool_worker_fd(const ppool_worker *w);

static struct {
	struct channel channel; /* of the far end */
	int err;                /* what goes there its launcher prints; -1: closed */
	int64_t now;            /* ns */
	int64_t step;           /* by which each look at the clock moves it */
	unsigned polls;
	int poll_err;           /* with which the next one fails; 0: it does not */
	bool pool;              /* the last one was for the pool, too */
	bool out;               /* and for room to send */
	int start_err;          /* with which launching fails; 0: it does not */
	pid_t pid;              /* of the launcher; 0: has none */
} far;

/* What the far end does meanwhile, each time it is waited for. */
static void far_turn(void);

/* ppool_take. */
static int far_take(ppool_item *item);

static inline void
far_begin(void)
{
	memset(&far, 0, sizeof(far));
	far.err = -1;
	far.now = 1000 * CLOCK_SECOND;
	channel_init(&far.channel, -1, -1);
}

static inline void
far_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* The connection is lost. */
static inline void
far_hang_up(void)
{
	far_close(&far.channel.in);
	far.channel.out = -1;
}

static inline void
far_end(void)
{
	far_hang_up();
	far_close(&far.err);
	channel_release(&far.channel);
}

static inline void
far_send(void)
{
	assert_int_equal(channel_send(&far.channel), 0);
	assert_int_equal(channel_pending(&far.channel), 0);
}

/* The next frame that was sent. 1 or 0. */
static inline int
far_hear(struct channel_frame *f)
{
	int rc;

	while ((rc = channel_next(&far.channel, f)) == 0)
		if (channel_receive(&far.channel) <= 0)
			return 0;
	assert_int_equal(rc, 1);
	return 1;
}

static inline void
far_print(const char *text, size_t n)
{
	assert_int_equal(write(far.err, text, n), n);
}

/* ---- in the place of others --------------------------------------------------- */

int
__wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	far.now += far.step;
	t->tv_sec = (time_t)(far.now / CLOCK_SECOND);
	t->tv_nsec = (long)(far.now % CLOCK_SECOND);
	return 0;
}

int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	int rc;

	assert_in_range(++far.polls, 1, 1000);
	assert_int_equal(n, 3);
	assert_true(p[2].fd == -1 || p[2].fd == FAR_POOL_FD);
	far.pool = p[2].fd == FAR_POOL_FD && p[2].events == POLLIN;
	far.out = p[0].events & POLLOUT;
	p[2].fd = -1;
	far_turn();
	errno = far.poll_err;
	far.poll_err = 0;
	if (errno) {
		for (nfds_t i = 0; i < n; i++)
			p[i].revents = 0;
		return -1;
	}
	rc = __real_poll(p, n, 0);
	if (rc == 0)
		far.now += ms * FAR_MS;
	errno = rc ? EINTR : ENOMEM; /* which means nothing now */
	return rc;
}

int
__wrap_launch_start(struct launch *l, char *const argv[])
{
	int io[2], err[2];

	(void)argv;
	*l = (struct launch){ .pid = far.pid, .fd = -1, .err = -1 };
	errno = far.start_err;
	if (far.start_err)
		return -1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, io), 0);
	assert_int_equal(pipe(err), 0);
	assert_int_equal(fcntl(io[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(io[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(err[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(err[1], F_SETFL, O_NONBLOCK), 0);
	l->fd = io[0];
	l->err = err[0];
	channel_init(&far.channel, io[1], io[1]);
	far.err = err[1];
	return 0;
}

int
__wrap_ppool_take(ppool_worker *w, bool wait, ppool_item *item)
{
	(void)w;
	assert_false(wait);
	return far_take(item);
}

int
__wrap_ppool_worker_fd(const ppool_worker *w)
{
	(void)w;
	return FAR_POOL_FD;
}

#endif
