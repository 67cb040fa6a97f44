/*
 * compat.h - the only file that uses extensions of Linux and glibc.
 *
 * Every file that needs more than POSIX.1-2008 with XSI asks here, and gets
 * the extension or a portable replacement with the same meaning. Nothing else
 * in the program tests for a system. (The islands, src/ppool, src/digest and
 * src/sandbox, include nothing from outside themselves and keep their own few
 * lines.)
 *
 * PHASH_PORTABLE=1 at compile time takes every replacement, so that they can be
 * tested on a machine that has the extensions.
 */
#ifndef BASE_COMPAT_H
#define BASE_COMPAT_H

#include <endian.h> /* of POSIX.1-2024; others have other headers */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__linux__) && !defined(PHASH_PORTABLE)
#include <sys/prctl.h>
#include <sys/vfs.h>
#endif

/* A directory handle that needs no read permission on the directory; and one of
 * any file, for calls that ask for no more, where there are such. */
#if defined(O_PATH) && !defined(PHASH_PORTABLE)
#define COMPAT_O_DIRHANDLE (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define COMPAT_O_HANDLE (O_PATH | O_CLOEXEC)
#else
#define COMPAT_O_DIRHANDLE (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define COMPAT_O_HANDLE (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#endif

/* A file that has no name until linkat(2) gives it one, by its path as an open
 * descriptor. Without it open(2) fails, because what it is given is a
 * directory. */
#if defined(O_TMPFILE) && !defined(PHASH_PORTABLE)
#define COMPAT_O_TMPFILE O_TMPFILE
#else
#define COMPAT_O_TMPFILE 0
#endif
#define COMPAT_FD_PATH "/proc/self/fd/%d"

/* nftw(3) callbacks that can prune are glibc's. Without them the caller must drop
 * what lies below a pruned directory by itself. */
#if defined(FTW_ACTIONRETVAL) && !defined(PHASH_PORTABLE)
#define COMPAT_FTW_ACTIONRETVAL FTW_ACTIONRETVAL
#define COMPAT_FTW_SKIP_SUBTREE FTW_SKIP_SUBTREE
#else
#define COMPAT_FTW_ACTIONRETVAL 0
#define COMPAT_FTW_SKIP_SUBTREE 0
#endif

/*
 * read(2), but -1 with EAGAIN where it would wait for a disk; with EOPNOTSUPP where
 * that cannot be asked for, of any file or on this file system.
 */
static inline ssize_t
compat_read_nowait(int fd, void *p, size_t n)
{
#if defined(RWF_NOWAIT) && !defined(PHASH_PORTABLE)
	struct iovec v = { .iov_base = p, .iov_len = n };
	ssize_t got = preadv2(fd, &v, 1, -1, RWF_NOWAIT);

	if (got < 0 && errno == ENOSYS)
		errno = EOPNOTSUPP;
	return got;
#else
	(void)fd;
	(void)p;
	(void)n;
	errno = EOPNOTSUPP;
	return -1;
#endif
}

/*
 * May a file that is read there have an end that is not where its size says? What
 * gives size and bytes is another program, or machine (FUSE, 9p), which need not
 * agree. Other systems have other ways to tell, which nobody has written: there the
 * size is believed.
 */
static inline bool
compat_size_is_hint(int fd)
{
#if defined(__linux__) && !defined(PHASH_PORTABLE)
	const unsigned long fuse = 0x65735546, v9fs = 0x01021997;
	struct statfs st;

	return fstatfs(fd, &st) < 0 || (unsigned long)st.f_type == fuse ||
	    (unsigned long)st.f_type == v9fs;
#else
	(void)fd;
	return false;
#endif
}

/* This process gets the signal when its parent ends, where that can be had. */
static inline void
compat_die_with_parent(int sig)
{
#ifdef PR_SET_PDEATHSIG
	(void)prctl(PR_SET_PDEATHSIG, sig);
#else
	(void)sig;
#endif
}

#endif
