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
	close(fd);
	return new;
}

static int
make_sockets(int fds[2])
{
#ifdef PPOOL_PORTABLE
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
#else
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -1;
#endif
	fds[0] = above_stdio(fds[0]);
	fds[1] = above_stdio(fds[1]);
	if (fds[0] >= 0 && fds[1] >= 0)
		return 0;
	if (fds[0] >= 0)
		close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
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

/* Signals stay blocked until the child has done away with the handlers. */
static pid_t
fork_worker(struct ppool *p, struct slot *s, const int fds[2])
{
	sigset_t all, before;
	pid_t pid;
	int saved;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = fork();
	saved = errno;
	if (pid == 0) {
		close(fds[0]);
		ppool_worker_main(p, s, fds[1], &before);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

static void
slot_begin(struct slot *s, int fd)
{
	s->hello = s->quitting = s->eof = s->bad = s->blocked = false;
	s->readable = s->writable = s->check = false;
	s->fd = fd;
	s->pidfd = -1;
	s->born = ppool_now();
	s->kill_at = 0;
	s->kills = 0;
	s->given_up = false;
	s->shot = 0;
	ppool_queue_init(&s->held);
	s->nheld = 0;
	s->unsent = NULL;
	s->unsent_off = 0;
	s->sent = s->weight = s->items = 0;
	s->in_len = 0;
	s->part_at = 0;
	atomic_store(&s->line->state, 0);
	atomic_store(&s->line->since, 0);
}

/* A worker of which the owner cannot keep track. */
static void
abandon(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int
ppool_spawn(struct ppool *p, struct slot *s)
{
	int fds[2], saved;

	if (!s->in) {
		s->in = malloc(PPOOL_IN_SIZE);
		if (!s->in)
			return -1;
		s->in_size = PPOOL_IN_SIZE;
	}
	if (make_sockets(fds))
		return -1;
	slot_begin(s, fds[0]);
	s->pid = fork_worker(p, s, fds);
	if (s->pid < 0)
		goto close_sockets;
	s->pidfd = open_pidfd(s->pid);
	if (s->pidfd < 0 && errno)
		goto abandon_worker;
	if (ppool_watch_add(p, s))
		goto close_pidfd;
	close(fds[1]);
	s->live = true;
	p->live++;
	return 0;

close_pidfd:
	if (s->pidfd >= 0) {
		saved = errno;
		close(s->pidfd);
		errno = saved;
	}
abandon_worker:
	saved = errno;
	abandon(s->pid);
	errno = saved;
close_sockets:
	saved = errno;
	close(fds[0]);
	close(fds[1]);
	s->fd = s->pidfd = -1;
	errno = saved;
	return -1;
}

void
ppool_slot_clear(struct ppool *p, struct slot *s)
{
	ppool_watch_del(p, s);
	close(s->fd);
	if (s->pidfd >= 0)
		close(s->pidfd);
	s->fd = s->pidfd = -1;
	s->unsent = NULL;
	s->in_len = 0;
	s->part_at = 0;
	s->live = false;
	p->live--;
}

void
ppool_slot_kill(struct slot *s, int sig)
{
#if defined(SYS_pidfd_send_signal) && !defined(PPOOL_PORTABLE)
	/* The number may be another's when somebody else has reaped it. */
	if (s->pidfd >= 0 &&
	    !syscall(SYS_pidfd_send_signal, s->pidfd, sig, NULL, 0))
		return;
	if (s->pidfd >= 0 && errno == ESRCH)
		return;
#endif
	kill(s->pid, sig);
}

void
ppool_slot_end(struct slot *s)
{
	ppool_slot_kill(s, SIGKILL);
	if (!s->kill_at)
		s->kill_at = ppool_now() + PPOOL_GRACE_NS;
}
