#include "base/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compat.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/xio.h"

#define OUTFILE_LINKS 40 /* of a path, as many as the kernel follows */
#define OUTFILE_TRIES 100
#define OUTFILE_MARK ".phash-tmp" /* ends a temporary name; nobody types it */
/* A name of full length leaves no room for what a temporary one adds. */
#define OUTFILE_NAME_KEPT (NAME_MAX - 40)

static struct {
	int fd;
	int dirfd;           /* of the file's directory; -1: written in place */
	char *name;          /* the file's last component */
	int error;           /* errno of the first failed write */
	bool has_old;
	struct stat old;     /* the file that is to be replaced */
} out = { .fd = STDOUT_FILENO, .dirfd = -1 };

/*
 * The temporary file, while it has a name. A signal handler takes it from here:
 * it is complete before it is put here, and signals are blocked from the call
 * that makes the name until then, and around the one that ends it.
 */
struct outfile_temporary {
	int dirfd;
	char name[NAME_MAX + 1];
};

static _Atomic(struct outfile_temporary *) temporary;
_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2, "for signal handlers");

static void
outfile_block_signals(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, old);
}

static void
outfile_restore_signals(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

/* ---- the file that a path means ----------------------------------------------- */

/* Puts what the link path leads to in its place. False when it is none. */
static bool
outfile_follow(struct buf *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(buf_str(path), target, sizeof(target));
	const char *slash;

	if (n <= 0)
		return false;
	slash = strrchr(buf_str(path), '/');
	path->len = slash && *target != '/' ? (size_t)(slash + 1 - path->data) :
	    0;
	buf_put(path, target, (size_t)n);
	return true;
}

/*
 * Follows the links that path ends in, so that they stay: by hand, because the
 * last may lead to what is not there yet. 0, or -1 with errno.
 */
static int
outfile_resolve(struct buf *path)
{
	unsigned links = 0;

	while (outfile_follow(path)) {
		if (++links > OUTFILE_LINKS) {
			errno = ELOOP;
			return -1;
		}
	}
	return 0;
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

/* ---- the temporary file --------------------------------------------------------
 *
 * .NAME.PID-N.phash-tmp. Where the system can, it gets this name only when it is
 * whole, for the moment before it takes its place, and a process that is killed
 * leaves nothing. It is locked as long as its writer lives: one that is not
 * locked was left behind.
 */

static struct outfile_temporary *
outfile_new_name(unsigned try)
{
	struct outfile_temporary *t = mem_zalloc(1, sizeof(*t));

	t->dirfd = out.dirfd;
	snprintf(t->name, sizeof(t->name), ".%.*s.%ld-%u" OUTFILE_MARK,
	    OUTFILE_NAME_KEPT, out.name, (long)getpid(), try);
	return t;
}

/* Has name the form of a temporary name of our file? */
static bool
outfile_is_temporary(const char *name)
{
	size_t n = strnlen(out.name, OUTFILE_NAME_KEPT);
	static const char digits[] = "0123456789";

	if (*name++ != '.' || strncmp(name, out.name, n) || name[n] != '.')
		return false;
	name += n + 1;
	n = strspn(name, digits);
	if (!n || name[n] != '-')
		return false;
	name += n + 1;
	n = strspn(name, digits);
	return n && !strcmp(name + n, OUTFILE_MARK);
}

/* Removes a temporary file of ours, unless its writer lives. */
static void
outfile_remove_left(const char *name)
{
	int fd = openat(out.dirfd, name,
	    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(out.dirfd, name, 0);
	close(fd);
}

/* Removes what runs left behind that were killed; what cannot be looked for
 * stays. */
static void
outfile_remove_all_left(void)
{
	int fd = openat(out.dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (outfile_is_temporary(entry->d_name))
			outfile_remove_left(entry->d_name);
	closedir(dir);
}

/* Gives the nameless file a temporary name. 0, or -1 with errno. */
static int
outfile_link(void)
{
	char self[sizeof(COMPAT_FD_PATH) + 16];
	struct outfile_temporary *t;
	unsigned try;
	sigset_t mask;
	int rc = -1, saved = 0;

	snprintf(self, sizeof(self), COMPAT_FD_PATH, out.fd);
	for (try = 0; rc < 0 && try < OUTFILE_TRIES; try++) {
		t = outfile_new_name(try);
		outfile_block_signals(&mask);
		rc = linkat(AT_FDCWD, self, out.dirfd, t->name,
		    AT_SYMLINK_FOLLOW);
		saved = errno;
		if (rc == 0)
			atomic_store(&temporary, t);
		else
			free(t);
		outfile_restore_signals(&mask);
		if (rc < 0 && saved != EEXIST)
			break;
	}
	errno = saved;
	return rc;
}

/* Removes the temporary name, and frees what only a signal handler must not. */
static void
outfile_unlink(void)
{
	struct outfile_temporary *t;
	sigset_t mask;

	outfile_block_signals(&mask);
	t = atomic_load(&temporary);
	outfile_abandon();
	outfile_restore_signals(&mask);
	free(t);
}

/* A file without a name. False: there is no such. */
static bool
outfile_open_nameless(mode_t mode)
{
	out.fd = openat(out.dirfd, ".",
	    O_WRONLY | O_CLOEXEC | COMPAT_O_TMPFILE, mode);
	if (out.fd < 0)
		return false;
	/* nobody knows it; where there are no locks, none is taken */
	(void)flock(out.fd, LOCK_EX | LOCK_NB);
	return true;
}

/*
 * A file without a name, which can be given one. False: there is no such. That
 * it can be is tried on another one, since all output is lost if it fails at
 * the end (no /proc; a file system or a filter of system calls that refuses
 * it), and a file that was linked once and has no name left stays so.
 */
static bool
outfile_create_nameless(mode_t mode)
{
	bool linked;

	if (!outfile_open_nameless(mode))
		return false;
	linked = outfile_link() == 0;
	if (linked)
		outfile_unlink();
	close(out.fd);
	out.fd = -1;
	return linked && outfile_open_nameless(mode);
}

/* Did somebody take the new file for one that was left behind, before it was
 * locked? */
static bool
outfile_was_removed(void)
{
	struct stat st;

	if (flock(out.fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return true;
	return fstat(out.fd, &st) == 0 && st.st_nlink == 0;
}

/* 0; -1 with errno, EEXIST where another try may succeed. */
static int
outfile_create_named(mode_t mode, unsigned try)
{
	struct outfile_temporary *t = outfile_new_name(try);
	sigset_t mask;
	int saved;

	outfile_block_signals(&mask);
	out.fd = openat(out.dirfd, t->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	saved = errno;
	if (out.fd >= 0)
		atomic_store(&temporary, t);
	else
		free(t);
	outfile_restore_signals(&mask);
	errno = saved;
	if (out.fd >= 0 && outfile_was_removed()) {
		outfile_unlink();
		close(out.fd);
		out.fd = -1;
		errno = EEXIST;
	}
	return out.fd < 0 ? -1 : 0;
}

static int
outfile_create(void)
{
	/* 0666 under the umask, as any new file; nobody else reads one that
	 * replaces another until it has that one's mode */
	mode_t mode = out.has_old ? 0600 : 0666;
	unsigned try;

	outfile_remove_all_left();
	if (outfile_create_nameless(mode))
		return 0;
	for (try = 0; try < OUTFILE_TRIES; try++)
		if (outfile_create_named(mode, try) == 0 || errno != EEXIST)
			break;
	return out.fd < 0 ? -1 : 0;
}

/*
 * Owner, group and mode of the old file, as far as we may. Nobody may do more
 * with the new file than with the old one: it is not set-id; where the group
 * cannot be kept, group and others get what both had.
 */
static void
outfile_inherit(void)
{
	mode_t mode = out.old.st_mode & 0777;
	mode_t both = mode & mode >> 3 & 7;

	if (fchown(out.fd, out.old.st_uid, out.old.st_gid) < 0 &&
	    fchown(out.fd, (uid_t)-1, out.old.st_gid) < 0)
		mode = (mode & 0700) | both << 3 | both;
	/* where it fails (FAT) the file is ours alone, or the mode nobody's */
	(void)fchmod(out.fd, mode);
}

/* The temporary file takes its place. 0, or -1 with errno. */
static int
outfile_rename(void)
{
	struct outfile_temporary *t = atomic_load(&temporary);
	sigset_t mask;
	int rc, saved;

	outfile_block_signals(&mask);
	rc = renameat(t->dirfd, t->name, out.dirfd, out.name);
	saved = errno;
	if (rc == 0) {
		atomic_store(&temporary, NULL);
		free(t);
	}
	outfile_restore_signals(&mask);
	errno = saved;
	return rc;
}

void
outfile_abandon(void)
{
	struct outfile_temporary *t = atomic_exchange(&temporary, NULL);

	/* nothing can be done about a file that will not go; and t is not
	 * freed, because a signal handler cannot */
	if (t)
		(void)unlinkat(t->dirfd, t->name, 0);
}

/* ---- the output ---------------------------------------------------------------- */

/* Is real, what path was found to mean, the file that path leads to now? It is
 * not where a link of /proc tells of a file without a name. */
static bool
outfile_is_real(const char *real)
{
	struct stat st;

	return stat(real, &st) == 0 && st.st_dev == out.old.st_dev &&
	    st.st_ino == out.old.st_ino;
}

int
outfile_open(const char *path)
{
	struct buf real = BUF_INIT;
	int rc = -1;

	if (!path)
		return 0;
	buf_puts(&real, path);
	if (outfile_resolve(&real) < 0)
		goto done;
	out.has_old = stat(path, &out.old) == 0;
	if (out.has_old && (!S_ISREG(out.old.st_mode) ||
	    !outfile_is_real(buf_str(&real)))) {
		out.fd = open(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC);
		rc = out.fd < 0 ? -1 : 0;
	} else if (outfile_split(buf_str(&real)) == 0) {
		rc = outfile_create();
	}
done:
	buf_release(&real);
	return rc;
}

int
outfile_fd(void)
{
	return out.fd;
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

/*
 * Closes the file, with all that may still go wrong, and puts it in its place;
 * until then a second descriptor keeps the lock. 0, or -1 with errno.
 */
static int
outfile_finish(void)
{
	int lock = -1, rc = 0, saved = 0;

	if (out.name) {
		if (fsync(out.fd) < 0)
			return -1;
		if (out.has_old)
			outfile_inherit();
		if (!atomic_load(&temporary) && outfile_link() < 0)
			return -1;
		lock = fcntl(out.fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	}
	/* NFS and quotas speak up only here; EINTR has closed it on Linux */
	if (close(out.fd) < 0 && errno != EINTR)
		rc = -1;
	if (rc == 0 && out.name)
		rc = outfile_rename();
	saved = errno;
	if (lock >= 0)
		close(lock);
	errno = saved;
	return rc;
}

int
outfile_commit(void)
{
	if (!out.error && outfile_finish() < 0)
		out.error = errno;
	if (out.error) {
		errno = out.error;
		return -1;
	}
	if (out.name)
		outfile_sync_directory();
	return 0;
}
