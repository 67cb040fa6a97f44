/*
 * xio.h - system calls without their limits: paths of any length, no EINTR, no
 * short writes.
 */
#ifndef BASE_XIO_H
#define BASE_XIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * openat(2) for a path of any length: one longer than PATH_MAX is opened in
 * pieces, each relative to the directory before it. flags apply to the last
 * piece. Returns a descriptor or -1 with errno.
 */
int xio_open(int dirfd, const char *path, int flags);

/* fstatat(2) for a path of any length; flags as fstatat's. 0 or -1. */
int xio_stat(int dirfd, const char *path, struct stat *st, int flags);

/* Writes all n bytes, through EINTR and short writes. 0, or -1 with errno. */
int xio_write(int fd, const void *p, size_t n);

/*
 * Makes sure that descriptors 0 to 2 are open, so that no file of ours ever
 * becomes "stdout". What was closed becomes the wrong end of a pipe: its use
 * fails with EBADF, as that of a closed one does. 0, or -1 with errno.
 */
int xio_open_std(void);

/*
 * The n descriptors in fds, and those above 2 that this process was started
 * with: they are not close-on-exec, as all that it opens itself are, and a name
 * may lead through them (/dev/fd/5). To be freed; ends with -1. Where there is
 * no /proc only fds: no such name leads anywhere then.
 */
int *xio_with_inherited(const int *fds, size_t n);

#endif
