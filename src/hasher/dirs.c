#include "hasher/dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/entry.h"
#include "base/xio.h"

void
dirs_init(struct dirs *d, int base)
{
	*d = (struct dirs){ .base = base, .root = -1, .dir = -1 };
}

static void
dirs_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* nothing is written through it */
	*fd = -1;
	errno = saved;
}

void
dirs_forget(struct dirs *d)
{
	dirs_close(&d->dir);
	dirs_close(&d->root);
	d->known = false;
}

void
dirs_release(struct dirs *d)
{
	dirs_forget(d);
	free(d->name);
	d->name = NULL;
}

static int
dirs_root(const struct dirs *d)
{
	return d->walked.below ? d->root : d->base;
}

/* Makes the first len bytes of e's name those of d. -1 without memory. */
static int
dirs_rename(struct dirs *d, const struct entry *e, size_t len)
{
	if (len >= d->cap) {
		char *name = realloc(d->name, len + 256);

		if (!name)
			return -1;
		d->name = name;
		d->cap = len + 256;
	}
	memcpy(d->name, e->name, len);
	d->name[len] = '\0';
	d->len = len;
	d->walked = *e->root;
	return 0;
}

/* Is it the directory that was walked? Where nobody knows it is. 0, or -1 with
 * errno: ENOTDIR where it is another. */
static int
dirs_check_root(int fd, const struct entry_root *root)
{
	struct stat st;

	if (!root->ino)
		return 0;
	if (fstat(fd, &st) < 0)
		return -1;
	if (st.st_dev == root->dev && st.st_ino == root->ino)
		return 0;
	errno = ENOTDIR;
	return -1;
}

/* Opens the operand, which may be or lead through links. */
static int
dirs_open_root(struct dirs *d, const struct entry_root *root)
{
	char after;

	if (!d->walked.below)
		return 0;
	after = d->name[d->walked.below];
	d->name[d->walked.below] = '\0';
	d->root = xio_open(d->base, d->name, COMPAT_O_DIRHANDLE);
	d->name[d->walked.below] = after;
	if (d->root < 0)
		return -1;
	if (dirs_check_root(d->root, root) == 0)
		return 0;
	dirs_close(&d->root);
	return -1;
}

/* Opens a path below a directory, component by component. The slashes in it
 * are NULs meanwhile. */
static int
dirs_descend(int root, char *path)
{
	int at = root, next;
	char *slash;

	do {
		slash = strchr(path, '/');
		if (slash)
			*slash = '\0';
		next = xio_open(at, path, COMPAT_O_DIRHANDLE | O_NOFOLLOW);
		if (slash)
			*slash = '/';
		if (at != root)
			dirs_close(&at);
		at = next;
		path = slash + 1;
	} while (at >= 0 && slash);
	return at;
}

/* Opens the directory behind the root. */
static int
dirs_open_dir(struct dirs *d)
{
	char *path = d->name + d->walked.below, *end = d->name + d->len - 1;

	if (d->len == d->walked.below)
		return 0; /* the root itself */
	*end = '\0';
	errno = ENOSYS;
	if (!d->no_openat2)
		d->dir = compat_open_beneath(dirs_root(d), path,
		    COMPAT_O_DIRHANDLE);
	/* EPERM is how a filter of system calls says ENOSYS */
	if (d->dir < 0 && (errno == ENOSYS || errno == EPERM))
		d->no_openat2 = true;
	if (d->dir < 0 && (d->no_openat2 || errno == ENAMETOOLONG))
		d->dir = dirs_descend(dirs_root(d), path);
	*end = '/';
	if (d->dir < 0 && errno == ELOOP)
		errno = ENOTDIR; /* a link */
	return d->dir < 0 ? -1 : 0;
}

/* Has e the same root as d? */
static bool
dirs_has_root(const struct dirs *d, const struct entry *e)
{
	return d->known && d->walked.below == e->root->below &&
	    d->walked.dev == e->root->dev && d->walked.ino == e->root->ino &&
	    !memcmp(d->name, e->name, d->walked.below);
}

int
dirs_enter(struct dirs *d, const struct entry *e, const char **file)
{
	size_t len = e->len;

	while (len > e->root->below && e->name[len - 1] != '/')
		len--;
	*file = e->name + len;
	d->kept = dirs_has_root(d, e) && d->len == len &&
	    !memcmp(d->name, e->name, len);
	if (!d->kept) {
		dirs_close(&d->dir);
		if (!dirs_has_root(d, e))
			dirs_forget(d);
		if (dirs_rename(d, e, len) < 0) {
			dirs_forget(d); /* name is still that of the last */
			return -1;
		}
		if (!d->known && dirs_open_root(d, e->root) < 0)
			return -1;
		d->known = true;
		if (dirs_open_dir(d) < 0) {
			dirs_forget(d);
			return -1;
		}
	}
	return d->dir < 0 ? dirs_root(d) : d->dir;
}
