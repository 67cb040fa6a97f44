#include "base/xio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/mem.h"

/* Closes at if xio_approach opened it, not if it is dirfd; errno stays. */
static void
xio_leave(int at, int dirfd)
{
	int saved = errno;

	if (at != dirfd)
		close(at);
	errno = saved;
}

/*
 * Opens the directory that path's last piece is relative to and points *rest
 * at that piece, which is shorter than PATH_MAX. Returns dirfd itself when the
 * whole path is short enough, else a descriptor to be closed, or -1 with errno.
 */
static int
xio_approach(int dirfd, const char *path, const char **rest)
{
	char piece[PATH_MAX];
	int at = dirfd, next;
	size_t n;

	while (strnlen(path, PATH_MAX) == PATH_MAX) {
		for (n = PATH_MAX - 1; n && path[n] != '/'; n--)
			;
		if (!n) {
			errno = ENAMETOOLONG;
			goto fail;
		}
		memcpy(piece, path, n);
		piece[n] = '\0';
		do
			next = openat(at, piece, COMPAT_O_DIRHANDLE);
		while (next < 0 && errno == EINTR);
		if (next < 0)
			goto fail;
		if (at != dirfd)
			close(at);
		at = next;
		/* what follows is relative, however many slashes there are */
		for (path += n; *path == '/'; path++)
			;
		if (!*path)
			path = ".";
	}
	*rest = path;
	return at;

fail:
	xio_leave(at, dirfd);
	return -1;
}

int
xio_open(int dirfd, const char *path, int flags)
{
	const char *rest;
	int at = xio_approach(dirfd, path, &rest), fd;

	if (at == -1)
		return -1;
	do
		fd = openat(at, rest, flags);
	while (fd < 0 && errno == EINTR);
	xio_leave(at, dirfd);
	return fd;
}

int
xio_stat(int dirfd, const char *path, struct stat *st, int flags)
{
	const char *rest;
	int at = xio_approach(dirfd, path, &rest), rc;

	if (at == -1)
		return -1;
	rc = fstatat(at, rest, st, flags);
	xio_leave(at, dirfd);
	return rc;
}

int
xio_write(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t w = write(fd, s, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		s += w;
		n -= (size_t)w;
	}
	return 0;
}

int
xio_open_std(void)
{
	int fd, p[2];

	for (fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* all below fd are open, so p[0] is fd: the end that cannot be
		 * written. stdin gets the one that cannot be read. */
		if (pipe(p) < 0 ||
		    (fd == STDIN_FILENO && dup2(p[1], fd) < 0))
			return -1;
		close(p[1]);
	}
	return 0;
}

/* "." and ".." are taken for 0, which is none of them. */
static bool
xio_is_inherited(int fd)
{
	int flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFD) : -1;

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

int *
xio_with_inherited(const int *fds, size_t n)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;
	size_t cap = 0;
	int *all = mem_grow(NULL, &cap, n + 1, sizeof(*all));

	memcpy(all, fds, n * sizeof(*all));
	while (dir && (e = readdir(dir))) {
		int fd = atoi(e->d_name);

		if (!xio_is_inherited(fd))
			continue;
		all = mem_grow(all, &cap, n + 2, sizeof(*all));
		all[n++] = fd;
	}
	if (dir)
		closedir(dir);
	all[n] = -1;
	return all;
}
