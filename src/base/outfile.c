#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compat.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/xio.h"

static struct {
	int fd;
	int dirfd;           /* of the file's directory; -1: written in place */
	char *name;          /* the file's last component */
	char *temporary;     /* likewise */
	bool pending;        /* it is there: not yet renamed or abandoned */
	int error;           /* errno of the first failed write */
	bool has_old;
	struct stat old;     /* the file that is to be replaced */
} out = { .fd = STDOUT_FILENO, .dirfd = -1 };

/* The file that path means in the end, so that a link keeps being a link. */
static char *
outfile_resolve(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : mem_dup(path, strlen(path));
}

/* Opens path's directory and splits off the last component. */
static int
outfile_split(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *dir = slash ? mem_dup(path, (size_t)(base - path)) : NULL;
	int saved;

	if (!*base) {
		free(dir);
		errno = EISDIR;
		return -1;
	}
	out.dirfd = open(dir ? dir : ".", COMPAT_O_DIRHANDLE);
	saved = errno;
	free(dir);
	errno = saved;
	if (out.dirfd < 0)
		return -1;
	out.name = mem_dup(base, strlen(base));
	return 0;
}

static int
outfile_open_temporary(void)
{
	struct buf name = BUF_INIT;
	/* 0666 under the umask, as any new file; an old one's mode is kept */
	mode_t mode = out.has_old ? out.old.st_mode & 07777 : 0666;
	unsigned try;

	for (try = 0; try < 100; try++) {
		buf_clear(&name);
		/* a name of full length leaves no room for an ending */
		buf_put(&name, ".", 1);
		buf_put(&name, out.name, strnlen(out.name, NAME_MAX - 40));
		buf_printf(&name, ".%ld-%u.tmp", (long)getpid(), try);
		out.fd = openat(out.dirfd, buf_str(&name),
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (out.fd >= 0 || errno != EEXIST)
			break;
	}
	if (out.fd < 0) {
		buf_release(&name);
		return -1;
	}
	out.temporary = name.data; /* taken over, ended by buf_str's NUL */
	out.pending = true;
	if (out.has_old && fchmod(out.fd, mode) < 0) {
		int saved = errno;

		outfile_abandon();
		errno = saved;
		return -1;
	}
	return 0;
}

int
outfile_open(const char *path)
{
	char *real;
	int rc = -1;

	if (!path)
		return 0;
	real = outfile_resolve(path);
	if (stat(real, &out.old) == 0) {
		out.has_old = true;
		if (!S_ISREG(out.old.st_mode)) {
			out.fd = open(real, O_WRONLY | O_NOCTTY | O_CLOEXEC);
			rc = out.fd < 0 ? -1 : 0;
			goto done;
		}
	}
	if (outfile_split(real) == 0)
		rc = outfile_open_temporary();
done:
	free(real);
	return rc;
}

size_t
outfile_own(struct stat st[2])
{
	size_t n = 0;

	if (fstat(out.fd, &st[n]) == 0 && S_ISREG(st[n].st_mode))
		n++;
	if (out.has_old && S_ISREG(out.old.st_mode))
		st[n++] = out.old;
	return n;
}

int
outfile_write(struct buf *b)
{
	if (!out.error) {
		progress_yield(out.fd, b->data, b->len);
		if (xio_write(out.fd, b->data, b->len) < 0)
			out.error = errno;
	}
	buf_clear(b);
	if (out.error) {
		errno = out.error;
		return -1;
	}
	return 0;
}

/* Makes the rename last through a crash; a file system that cannot sync a
 * directory has nothing better to offer. */
static void
outfile_sync_directory(void)
{
	int fd = openat(out.dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

int
outfile_commit(void)
{
	int fd = out.fd;

	if (!out.error && out.pending && fsync(fd) < 0)
		out.error = errno;
	/* NFS and quotas speak up only here; EINTR has closed it on Linux */
	if (close(fd) < 0 && errno != EINTR && !out.error)
		out.error = errno;
	if (!out.error && out.pending) {
		if (renameat(out.dirfd, out.temporary, out.dirfd, out.name) < 0)
			out.error = errno;
		else
			out.pending = false;
	}
	if (out.error) {
		outfile_abandon();
		errno = out.error;
		return -1;
	}
	if (out.name)
		outfile_sync_directory();
	return 0;
}

void
outfile_abandon(void)
{
	if (!out.pending)
		return;
	/* nothing can be done about a temporary file that will not go */
	(void)unlinkat(out.dirfd, out.temporary, 0);
	out.pending = false;
}
