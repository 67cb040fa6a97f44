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

#include "base/compat.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/xio.h"

#define OUTFILE_FLUSH (64 * 1024) /* bytes of lines */
#define OUTFILE_LINKS 40 /* of a path, as many as the kernel follows */
#define OUTFILE_TRIES 100
#define OUTFILE_MARK ".phash-tmp" /* ends a temporary name */
/* A name of full length leaves no room for what a temporary one adds. */
#define OUTFILE_NAME_KEPT (NAME_MAX - 40)

/*
 * The name of a temporary file, for as long as it has one. outfile_abandon,
 * which a signal handler calls, goes through all of them: what stands in a name
 * that is on the list does not change, and the list itself changes only while
 * signals are blocked, from before the system call that makes or ends the name.
 */
struct outfile_temporary {
	_Atomic(struct outfile_temporary *) next;
	int dirfd;
	char name[NAME_MAX + 1];
};

static _Atomic(struct outfile_temporary *) temporaries;
_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2, "for signal handlers");

static void
outfile_block_signals(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, old);
}

/* Ends what outfile_block_signals began; errno stays. */
static void
outfile_restore_signals(const sigset_t *old)
{
	int saved = errno;

	sigprocmask(SIG_SETMASK, old, NULL);
	errno = saved;
}

/* Ends the temporary name: the file takes its place, or is removed. 0, or -1
 * with errno, and it is still there, when it cannot take its place. */
static int
outfile_end_name(struct outfile *f, bool replace)
{
	_Atomic(struct outfile_temporary *) *at = &temporaries;
	struct outfile_temporary *t = f->temporary;
	sigset_t mask;
	int rc = 0;

	outfile_block_signals(&mask);
	if (replace)
		rc = renameat(f->dirfd, t->name, f->dirfd, f->name);
	else
		(void)unlinkat(f->dirfd, t->name, 0);
	if (rc == 0) {
		while (*at != t)
			at = &(*at)->next;
		*at = t->next;
		free(t);
		f->temporary = NULL;
	}
	outfile_restore_signals(&mask);
	return rc;
}

void
outfile_abandon(void)
{
	struct outfile_temporary *t;

	/* there is no way to report a failure from a signal handler */
	for (t = temporaries; t; t = t->next)
		(void)unlinkat(t->dirfd, t->name, 0);
}

/* ---- the file that a path means ----------------------------------------------- */

/*
 * Follows the links that from ends in, so that they stay, to path, which is empty:
 * by hand, because the last may lead to what is not there yet. 0, or -1 with errno.
 */
static int
outfile_resolve(struct buf *path, const char *from)
{
	char target[PATH_MAX];
	const char *slash;
	ssize_t n;

	buf_puts(path, from);
	for (int links = 0; links <= OUTFILE_LINKS; links++) {
		n = readlink(buf_str(path), target, sizeof(target));
		if (n <= 0)
			return 0; /* no link */
		slash = strrchr(path->data, '/');
		path->len = slash && *target != '/' ?
		    (size_t)(slash + 1 - path->data) : 0;
		buf_put(path, target, (size_t)n);
	}
	errno = ELOOP;
	return -1;
}

/* Opens path's directory and splits off the last component. */
static int
outfile_split(struct outfile *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *dir = slash ? mem_dup(path, (size_t)(base - path)) : NULL;
	int saved;

	if (!*base) {
		free(dir);
		errno = *path ? EISDIR : ENOENT;
		return -1;
	}
	f->dirfd = open(dir ? dir : ".", COMPAT_O_DIRHANDLE);
	saved = errno;
	free(dir);
	errno = saved;
	if (f->dirfd < 0)
		return -1;
	f->name = mem_dup(base, strlen(base));
	return 0;
}

/* ---- the temporary file --------------------------------------------------------
 *
 * .NAME.PID-N.phash-tmp. Where the system can, the file gets this name only
 * when it is whole, for the moment before it takes its place, and a process
 * that is killed leaves nothing. It is locked as long as its writer runs: one
 * that is not locked was left behind.
 */

/* Has name the form of a temporary name of our file? */
static bool
outfile_is_temporary(const struct outfile *f, const char *name)
{
	size_t n = strnlen(f->name, OUTFILE_NAME_KEPT);
	static const char digits[] = "0123456789";

	if (*name++ != '.' || strncmp(name, f->name, n) != 0 || name[n] != '.')
		return false;
	name += n + 1;
	n = strspn(name, digits);
	if (!n || name[n] != '-')
		return false;
	name += n + 1;
	n = strspn(name, digits);
	return n && !strcmp(name + n, OUTFILE_MARK);
}

/* Removes a temporary file of ours, unless its writer still runs. */
static void
outfile_remove_left(const struct outfile *f, const char *name)
{
	int fd = openat(f->dirfd, name,
	    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(f->dirfd, name, 0);
	close(fd);
}

/* Removes the temporary files of runs that were killed. One that cannot be
 * found or removed stays; that is no error. */
static void
outfile_remove_all_left(const struct outfile *f)
{
	int fd = openat(f->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (outfile_is_temporary(f, entry->d_name))
			outfile_remove_left(f, entry->d_name);
	closedir(dir);
}

/* Tries temporary names until make can make one, which is noted for
 * outfile_abandon before a signal can come. 0, or -1 with errno. */
static int
outfile_make_name(struct outfile *f,
    int (*make)(struct outfile *f, const char *name))
{
	struct outfile_temporary *t = mem_zalloc(1, sizeof(*t));
	unsigned try = 0;
	sigset_t mask;
	int rc, saved;

	t->dirfd = f->dirfd;
	do {
		snprintf(t->name, sizeof(t->name), ".%.*s.%ld-%u" OUTFILE_MARK,
		    OUTFILE_NAME_KEPT, f->name, (long)getpid(), try);
		outfile_block_signals(&mask);
		rc = make(f, t->name);
		saved = errno;
		if (rc == 0) {
			t->next = temporaries;
			temporaries = f->temporary = t;
		}
		outfile_restore_signals(&mask);
	} while (rc < 0 && saved == EEXIST && ++try < OUTFILE_TRIES);
	if (rc < 0)
		free(t);
	errno = saved;
	return rc;
}

/* For outfile_make_name: gives the file, which has none, a name. */
static int
outfile_link(struct outfile *f, const char *name)
{
	char self[sizeof(COMPAT_FD_PATH) + 16];

	snprintf(self, sizeof(self), COMPAT_FD_PATH, f->fd);
	return linkat(AT_FDCWD, self, f->dirfd, name, AT_SYMLINK_FOLLOW);
}

static void
outfile_close(struct outfile *f)
{
	close(f->fd);
	f->fd = -1;
}

/* 0666 under the umask, as of any new file; 0600 for one that replaces another,
 * until it gets that one's mode. */
static mode_t
outfile_mode(const struct outfile *f)
{
	return f->has_old ? 0600 : 0666;
}

/* Opens a file without a name. False: the system has none. */
static bool
outfile_open_nameless(struct outfile *f)
{
	f->fd = openat(f->dirfd, ".",
	    O_WRONLY | O_CLOEXEC | COMPAT_O_TMPFILE, outfile_mode(f));
	if (f->fd < 0)
		return false;
	/* no other process can have it open; a file system may have no locks */
	(void)flock(f->fd, LOCK_EX | LOCK_NB);
	return true;
}

/*
 * Opens a file without a name, which can be given one later. False: the system
 * has none. Whether it can be given one is tried beforehand, because all output
 * would be lost if linkat(2) failed at the end (no /proc; a file system or a
 * filter of system calls that refuses it); and on another file, because one
 * whose last name was removed cannot be linked again.
 */
static bool
outfile_create_nameless(struct outfile *f)
{
	bool linked;

	if (!outfile_open_nameless(f))
		return false;
	linked = outfile_make_name(f, outfile_link) == 0;
	if (linked)
		(void)outfile_end_name(f, false);
	outfile_close(f);
	return linked && outfile_open_nameless(f);
}

/* Has another process taken the new file for one of a killed run, before it was
 * locked? */
static bool
outfile_was_removed(const struct outfile *f)
{
	struct stat st;

	if (flock(f->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return true;
	return fstat(f->fd, &st) == 0 && st.st_nlink == 0;
}

/* For outfile_make_name: a file that has a name from the beginning. */
static int
outfile_create_named(struct outfile *f, const char *name)
{
	f->fd = openat(f->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    outfile_mode(f));
	if (f->fd < 0)
		return -1;
	if (!outfile_was_removed(f))
		return 0;
	(void)unlinkat(f->dirfd, name, 0);
	outfile_close(f);
	errno = EEXIST; /* another name is as good */
	return -1;
}

/*
 * Owner, group and mode of the old file, as far as permitted. Nobody may do
 * more with the new file than with the old one: it is not set-id; where the
 * group cannot be kept, group and others get what both had.
 */
static void
outfile_inherit(const struct outfile *f)
{
	mode_t mode = f->old.st_mode & 0777;
	mode_t both = mode & mode >> 3 & 7;

	if (fchown(f->fd, f->old.st_uid, f->old.st_gid) < 0 &&
	    fchown(f->fd, (uid_t)-1, f->old.st_gid) < 0)
		mode = (mode & 0700) | both << 3 | both;
	/* where it fails (FAT), the mode stays 0600, or there are no modes */
	(void)fchmod(f->fd, mode);
}

/* ---- opening and closing ------------------------------------------------------- */

/* Is real, what path was resolved to, the file that path leads to? Not where a
 * link of /proc leads to a file without a name: its text names no file. */
static bool
outfile_is_real(const struct outfile *f, const char *real)
{
	struct stat st;

	return stat(real, &st) == 0 && st.st_dev == f->old.st_dev &&
	    st.st_ino == f->old.st_ino;
}

/* What path means, for *f, which is zeroed but for fd. 0: the file that f names,
 * in its directory; 1: what path leads to is written in place; -1 with errno. */
static int
outfile_find(struct outfile *f, const char *path)
{
	struct buf real = BUF_INIT;
	int rc = outfile_resolve(&real, path);

	f->has_old = rc == 0 && stat(path, &f->old) == 0;
	if (f->has_old && (!S_ISREG(f->old.st_mode) ||
	    !outfile_is_real(f, buf_str(&real))))
		rc = 1;
	else if (rc == 0)
		rc = outfile_split(f, buf_str(&real));
	buf_release(&real);
	return rc;
}

int
outfile_open(struct outfile *f, const char *path)
{
	int rc;

	memset(f, 0, sizeof(*f));
	f->fd = STDOUT_FILENO;
	if (!path)
		return 0;
	f->fd = -1;
	rc = outfile_find(f, path);
	if (rc < 0)
		return -1;
	if (rc > 0) {
		f->fd = open(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC);
		return f->fd < 0 ? -1 : 0;
	}
	outfile_remove_all_left(f);
	return outfile_create_nameless(f) ? 0 :
	    outfile_make_name(f, outfile_create_named);
}

int
outfile_place(const char *path)
{
	struct outfile f = { .fd = -1 };
	int rc = outfile_find(&f, path);

	if (rc > 0)
		return open(path, COMPAT_O_HANDLE);
	free(f.name);
	return rc < 0 ? -1 : f.dirfd;
}

/* Makes the rename durable. A failure is ignored: some file systems cannot sync
 * a directory, and the file is in its place. */
static void
outfile_sync_directory(const struct outfile *f)
{
	int fd = openat(f->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/*
 * NFS and quotas report some failures only in close(2), at that of a duplicate
 * too: stdout itself stays open, so that no other file takes its number. 0, or
 * -1 with errno.
 */
static int
outfile_finish_writing(struct outfile *f)
{
	int fd = f->fd;

	if (fd == STDOUT_FILENO)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	else
		f->fd = -1;
	/* EINTR has closed it on Linux */
	return fd < 0 || (close(fd) < 0 && errno != EINTR) ? -1 : 0;
}

/*
 * Puts the file, which is whole, in its place; until then a second descriptor
 * keeps the lock. 0, or -1 with errno.
 */
static int
outfile_replace(struct outfile *f)
{
	int lock, rc, saved;

	if (fsync(f->fd) < 0)
		return -1;
	if (f->has_old)
		outfile_inherit(f);
	if (!f->temporary && outfile_make_name(f, outfile_link) < 0)
		return -1;
	lock = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
	rc = outfile_finish_writing(f);
	if (rc == 0)
		rc = outfile_end_name(f, true);
	saved = errno;
	if (lock >= 0)
		close(lock);
	errno = saved;
	if (rc == 0)
		outfile_sync_directory(f);
	return rc;
}

void
outfile_release(struct outfile *f)
{
	if (f->temporary)
		(void)outfile_end_name(f, false);
	if (f->fd > STDERR_FILENO)
		outfile_close(f);
	if (f->name)
		close(f->dirfd);
	free(f->name);
	f->name = NULL;
	buf_release(&f->lines);
}

/* ---- the lines ----------------------------------------------------------------- */

void
outfile_lose(struct outfile *f, const char *why)
{
	if (!f->lost)
		diag_msg("%s", why);
	f->lost = true;
}

void
outfile_flush(struct outfile *f)
{
	struct buf *b = &f->lines;

	if (b->len && !f->lost) {
		progress_yield(f->fd, b->data, b->len);
		if (xio_write(f->fd, b->data, b->len) < 0) {
			diag_msg("write error: %s", strerror(errno));
			f->lost = true;
		}
	}
	buf_clear(b);
}

void
outfile_more(struct outfile *f)
{
	if (f->lines.len >= OUTFILE_FLUSH)
		outfile_flush(f);
}

void
outfile_say(struct outfile *f, struct buf *message)
{
	if (!message->len)
		return;
	outfile_flush(f);
	diag_msg("%s", buf_str(message));
	buf_clear(message);
}

int
outfile_commit(struct outfile *f, const char *name)
{
	outfile_flush(f);
	if (f->lost)
		return -1;
	if ((f->name ? outfile_replace(f) : outfile_finish_writing(f)) == 0)
		return 0;
	if (name)
		diag_name(name, strlen(name), "%s", strerror(errno));
	else
		diag_msg("write error: %s", strerror(errno));
	f->lost = true;
	return -1;
}
