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
	*d = (struct dirs){ .base = base, .root = -1 };
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

/* Leaves the first n levels open. */
static void
dirs_cut(struct dirs *d, unsigned n)
{
	while (d->n > n)
		dirs_close(&d->level[--d->n].fd);
}

void
dirs_forget(struct dirs *d)
{
	dirs_cut(d, 0);
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

/* The directory that is open and the furthest down. */
static int
dirs_last(const struct dirs *d)
{
	if (d->n)
		return d->level[d->n - 1].fd;
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

/* The directory fd with the first len bytes of the name becomes the last. */
static void
dirs_push(struct dirs *d, size_t len, int fd)
{
	if (d->n == DIRS_LEVELS) {
		dirs_close(&d->level[0].fd);
		memmove(d->level, d->level + 1,
		    (DIRS_LEVELS - 1) * sizeof(d->level[0]));
		d->n--;
	}
	d->level[d->n++] = (struct dirs_level){ len, fd };
}

/* Opens what the name has below the last. */
static int
dirs_descend(struct dirs *d)
{
	size_t at = d->n ? d->level[d->n - 1].len : d->walked.below;

	while (at < d->len) {
		size_t slash = at + strcspn(d->name + at, "/");
		int fd;

		d->name[slash] = '\0';
		fd = xio_open(dirs_last(d), d->name + at,
		    COMPAT_O_DIRHANDLE | O_NOFOLLOW);
		d->name[slash] = '/';
		if (fd < 0)
			break;
		at = slash + 1;
		dirs_push(d, at, fd);
	}
	if (at == d->len)
		return 0;
	d->len = at;
	if (errno == ELOOP)
		errno = ENOTDIR; /* a link */
	return -1;
}

/* Has e the same root as d? */
static bool
dirs_has_root(const struct dirs *d, const struct entry *e)
{
	return d->known && d->walked.below == e->root->below &&
	    d->walked.dev == e->root->dev && d->walked.ino == e->root->ino &&
	    !memcmp(d->name, e->name, d->walked.below);
}

/* Leaves those levels open that are above of the first len bytes of e's name. */
static void
dirs_climb(struct dirs *d, const struct entry *e, size_t len)
{
	unsigned n = d->n;

	while (n && (d->level[n - 1].len > len ||
	    memcmp(d->name, e->name, d->level[n - 1].len) != 0))
		n--;
	dirs_cut(d, n);
}

int
dirs_enter(struct dirs *d, const struct entry *e, const char **file)
{
	size_t len = e->len;

	while (len > e->root->below && e->name[len - 1] != '/')
		len--;
	*file = e->name + len;
	d->kept = dirs_has_root(d, e);
	if (d->kept && d->len == len && !memcmp(d->name, e->name, len))
		return dirs_last(d);
	if (!d->kept)
		dirs_forget(d);
	dirs_climb(d, e, len);
	if (dirs_rename(d, e, len) < 0) {
		dirs_forget(d); /* name is still that of the last */
		return -1;
	}
	if (!d->known && dirs_open_root(d, e->root) < 0)
		return -1;
	d->known = true;
	return dirs_descend(d) < 0 ? -1 : dirs_last(d);
}
