#include "far/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"

#define LAUNCH_NAP_MS 5
/* From SIGTERM to SIGKILL. */
#define LAUNCH_TERM_MS 200

/* Also for a descriptor among the first three, which the child's will be. */
static int
launch_above(int fd)
{
	int new = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	(void)close(fd);
	return new;
}

static void
launch_close(int fd[2])
{
	if (fd[0] >= 0)
		(void)close(fd[0]);
	if (fd[1] >= 0)
		(void)close(fd[1]);
}

/* A pair for each direction, or both. -1 with errno. */
static int
launch_pair(int (*make)(int fd[2]), int fd[2])
{
	if (make(fd) < 0) {
		fd[0] = fd[1] = -1;
		return -1;
	}
	fd[0] = launch_above(fd[0]);
	fd[1] = launch_above(fd[1]);
	return fd[0] < 0 || fd[1] < 0 ||
	    fcntl(fd[0], F_SETFL, O_NONBLOCK) < 0 ? -1 : 0;
}

static int
launch_sockets(int fd[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
}

/* In the child. */
_Noreturn static void
launch_exec(char *const argv[], int io, int err)
{
	sigset_t none;

	compat_die_with_parent(SIGTERM);
	(void)dup2(io, STDIN_FILENO);
	(void)dup2(io, STDOUT_FILENO);
	(void)dup2(err, STDERR_FILENO);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execvp(argv[0], argv);
	(void)dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int
launch_start(struct launch *l, char *const argv[])
{
	int io[2] = { -1, -1 }, err[2] = { -1, -1 };
	int saved;

	*l = (struct launch){ .fd = -1, .err = -1 };
	if (launch_pair(launch_sockets, io) < 0 || launch_pair(pipe, err) < 0)
		goto fail;
	l->pid = fork();
	if (l->pid < 0)
		goto fail;
	if (l->pid == 0)
		launch_exec(argv, io[1], err[1]);
	(void)close(io[1]);
	(void)close(err[1]);
	l->fd = io[0];
	l->err = err[0];
	return 0;

fail:
	saved = errno;
	launch_close(io);
	launch_close(err);
	l->pid = 0;
	errno = saved;
	return -1;
}

bool
launch_ended(struct launch *l, int ms)
{
	const struct timespec nap = { .tv_nsec = LAUNCH_NAP_MS * 1000000 };
	int64_t until = clock_ns() + (int64_t)ms * 1000000;
	pid_t pid = l->pid;

	while (l->pid && (pid = waitpid(l->pid, &l->status, WNOHANG)) == 0 &&
	    clock_ns() < until)
		(void)nanosleep(&nap, NULL);
	if (pid)
		l->pid = 0;
	return !l->pid;
}

void
launch_end(struct launch *l, int ms)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
	if (launch_ended(l, ms))
		return;
	(void)kill(l->pid, SIGTERM);
	if (launch_ended(l, LAUNCH_TERM_MS))
		return;
	(void)kill(l->pid, SIGKILL);
	(void)waitpid(l->pid, &l->status, 0);
	l->pid = 0;
}

void
launch_release(struct launch *l)
{
	launch_end(l, 0);
	if (l->err >= 0)
		(void)close(l->err);
	l->err = -1;
}
