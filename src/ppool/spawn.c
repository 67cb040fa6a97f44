/* spawn.c - forks, kills and forgets workers. */
#include "ppool/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Moves a descriptor out of the way of the standard three, which the
 * application, or a function in a worker, may write to though they are closed.
 */
static int
above_stdio(int fd)
{
	int new;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	new = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	ppool_close_fd(fd);
	return new;
}

static int
make_sockets(int fds[2])
{
#ifdef PPOOL_PORTABLE
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return -1;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
#else
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
#endif
	fds[0] = above_stdio(fds[0]);
	fds[1] = above_stdio(fds[1]);
	if (fds[0] >= 0 && fds[1] >= 0)
		return 0;
	ppool_close_fd(fds[0]);
	ppool_close_fd(fds[1]);
	return -1;
}

/* -1 with errno 0 where there is no such thing, which is not an error. */
static int
open_pidfd(pid_t pid)
{
#if defined(SYS_pidfd_open) && !defined(PPOOL_PORTABLE)
	int fd = above_stdio((int)syscall(SYS_pidfd_open, pid, 0));

	if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM)
		errno = 0;
	return fd;
#else
	(void)pid;
	errno = 0;
	return -1;
#endif
}

/* Signals stay blocked until the child has reset the handlers. */
static pid_t
fork_worker(struct ppool *p, struct peer *w, int fd)
{
	sigset_t all, before;
	pid_t pid;
	int saved;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = fork();
	saved = errno;
	if (pid == 0)
		ppool_worker_main(p, w, fd, &before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

/* All that a peer keeps from one worker to the next is its buffer. */
static int
peer_begin(const struct ppool *p, struct peer *w, int fd)
{
	if (!w->in) {
		w->in = malloc(PPOOL_IN_SIZE);
		w->in_size = PPOOL_IN_SIZE;
	}
	*w = (struct peer){
		.fd = fd, .pidfd = -1, .born = ppool_now(),
		.in = w->in, .in_size = w->in_size, .line = w->line,
		.room = p->opts.flags & PPOOL_ON_ASKING ? 0 : p->opts.window,
	};
	ppool_queue_init(&w->held);
	atomic_store(&w->line->state, 0);
	atomic_store(&w->line->since, 0);
	return w->in ? 0 : -1;
}

/* A worker that the owner cannot watch. */
static void
kill_and_reap(pid_t pid)
{
	int saved = errno;

	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	errno = saved;
}

int
ppool_spawn(struct ppool *p, struct peer *w)
{
	int fds[2];

	if (make_sockets(fds) < 0)
		return -1;
	if (peer_begin(p, w, fds[0]) < 0)
		goto close_sockets;
	w->pid = fork_worker(p, w, fds[1]);
	if (w->pid < 0)
		goto close_sockets;
	w->pidfd = open_pidfd(w->pid);
	if ((w->pidfd < 0 && errno) || ppool_watch_add(p, w) < 0)
		goto kill_worker;
	close(fds[1]);
	w->live = true;
	p->live++;
	return 0;

kill_worker:
	kill_and_reap(w->pid);
	ppool_close_fd(w->pidfd);
close_sockets:
	ppool_close_fd(fds[0]);
	ppool_close_fd(fds[1]);
	w->fd = w->pidfd = -1;
	return -1;
}

void
ppool_peer_clear(struct ppool *p, struct peer *w)
{
	ppool_watch_del(p, w);
	ppool_close_fd(w->fd);
	ppool_close_fd(w->pidfd);
	w->fd = w->pidfd = -1;
	w->unsent = NULL;
	w->in_len = 0;
	w->part_at = 0;
	w->live = false;
	p->live--;
}

void
ppool_peer_kill(struct peer *w, int sig)
{
	if (w->reaped)
		return;
#if defined(SYS_pidfd_send_signal) && !defined(PPOOL_PORTABLE)
	/* The number may be another's when somebody else has reaped it. */
	if (w->pidfd >= 0 &&
	    (syscall(SYS_pidfd_send_signal, w->pidfd, sig, NULL, 0) == 0 ||
	    errno == ESRCH))
		return;
#endif
	kill(w->pid, sig);
}

void
ppool_peer_end(struct peer *w)
{
	ppool_peer_kill(w, SIGKILL);
	if (!w->kill_at)
		w->kill_at = ppool_now() + PPOOL_GRACE_NS;
}
