/*
 * The way to the last name is kept as a stack of open directories, by the
 * number of bytes that lead to each; what the next name has in common with it
 * need not be opened again. When there are too many, the deepest takes the
 * place of the one above it, so that only few are open however deep a tree
 * is; when no descriptor is left, only the deepest is kept. A directory that
 * cannot be entered is remembered likewise: all names below it have the same
 * answer.
 */
#include "source/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compat.h"
#include "base/mem.h"
#include "base/xio.h"

#define LOOKUP_OPEN 32 /* directories that are open at a time */

struct level {
	size_t end; /* bytes of the name, its slash included */
	int fd;
	dev_t dev;
};

struct lookup {
	int dirfd;
	dev_t dev;           /* of that directory */
	bool follow;
	struct buf last;     /* the name before this one */
	size_t below;        /* of that name */
	struct level levels[LOOKUP_OPEN];
	size_t n;
	size_t closed;       /* bytes that lead to what cannot be entered; 0:
	                      * everything could be */
	int err;             /* the errno of that */
};

struct lookup *
lookup_new(int dirfd, bool follow)
{
	struct lookup *l = mem_zalloc(1, sizeof(*l));
	struct stat st;

	l->dirfd = dirfd;
	l->dev = xio_stat(dirfd, ".", &st, 0) == 0 ? st.st_dev : 0;
	l->follow = follow;
	return l;
}

/* Closes what more bytes than these lead to. */
static void
lookup_go_back(struct lookup *l, size_t end)
{
	while (l->n && l->levels[l->n - 1].end > end)
		close(l->levels[--l->n].fd);
	if (l->closed > end)
		l->closed = 0;
}

void
lookup_free(struct lookup *l)
{
	if (!l)
		return;
	lookup_go_back(l, 0);
	buf_release(&l->last);
	free(l);
}

/* Forgets what is not on the way to this name. */
static void
lookup_turn_to(struct lookup *l, const char *name, size_t len, size_t below)
{
	size_t most = len < l->last.len ? len : l->last.len, common = 0;

	/* a way that was followed need not be one that is not */
	if (below < l->below)
		most = 0;
	while (common < most && name[common] == l->last.data[common])
		common++;
	lookup_go_back(l, common);
	/* nor what a link closed, when links on the way are followed now */
	if (below > l->below && l->closed <= below)
		l->closed = 0;
	buf_clear(&l->last);
	buf_put(&l->last, name, len);
	l->below = below;
}

/* Where the way goes on: a descriptor, and the bytes that lead to it. */
static int
lookup_at(const struct lookup *l, size_t *end)
{
	*end = l->n ? l->levels[l->n - 1].end : 0;
	return l->n ? l->levels[l->n - 1].fd : l->dirfd;
}

/* Opens the directory that a piece of the way, up to end, leads to. -1 with
 * errno. */
static int
lookup_open(const struct lookup *l, const char *name, size_t end, bool follow)
{
	size_t begin;
	int at = lookup_at(l, &begin), fd;
	int flags = COMPAT_O_DIRHANDLE | (follow ? 0 : O_NOFOLLOW);
	char *piece = mem_dup(name + begin, end - begin);
	size_t len = end - begin;

	/* a slash at the end would have a link followed */
	while (len > 1 && piece[len - 1] == '/')
		piece[--len] = '\0';
	fd = xio_open(at, piece, flags);
	free(piece);
	return fd;
}

/* No descriptor was left: this is no answer of the directory. */
static bool
lookup_is_short(int err)
{
	return err == EMFILE || err == ENFILE;
}

/* Closes all but the deepest, from which the way goes on. False: no other is
 * open. */
static bool
lookup_spare(struct lookup *l)
{
	if (l->n < 2)
		return false;
	while (l->n > 1) {
		l->n--;
		close(l->levels[l->n - 1].fd);
		l->levels[l->n - 1] = l->levels[l->n];
	}
	return true;
}

/* Enters the directory that a piece of the way leads to. False: it cannot be
 * entered, which is remembered. */
static bool
lookup_enter(struct lookup *l, const char *name, size_t end, bool follow)
{
	struct level *to;
	struct stat st;
	int fd = lookup_open(l, name, end, follow);

	if (fd < 0 && lookup_is_short(errno) && lookup_spare(l))
		fd = lookup_open(l, name, end, follow);
	if (fd < 0 || fstat(fd, &st) < 0) {
		/* a link is no directory */
		l->err = errno == ELOOP && !follow ? ENOTDIR : errno;
		l->closed = lookup_is_short(l->err) ? 0 : end;
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (l->n == LOOKUP_OPEN)
		close(l->levels[--l->n].fd);
	to = &l->levels[l->n++];
	to->end = end;
	to->fd = fd;
	to->dev = st.st_dev;
	return true;
}

/* Enters every directory on the way to name's last component. False: one of
 * them cannot be entered. */
static bool
lookup_approach(struct lookup *l, const char *name, size_t below)
{
	const char *slash;
	size_t end;

	if (l->closed)
		return false;
	(void)lookup_at(l, &end);
	if (end < below && !lookup_enter(l, name, below, true))
		return false;
	(void)lookup_at(l, &end);
	while ((slash = strchr(name + end, '/'))) {
		end = (size_t)(slash - name) + 1;
		if (!lookup_enter(l, name, end, l->follow))
			return false;
	}
	return true;
}

static void
lookup_fail(struct lookup_result *r, int err)
{
	r->kind = err == ENOENT || err == ENOTDIR ? LOOKUP_MISSING :
	    LOOKUP_ERROR;
	r->err = err;
}

void
lookup_name(struct lookup *l, const char *name, size_t len, size_t below,
    struct lookup_result *r)
{
	int at, flags = l->follow ? 0 : AT_SYMLINK_NOFOLLOW;
	size_t end;

	memset(r, 0, sizeof(*r));
	if (below == len) { /* nothing lies below it: all of it is followed */
		if (xio_stat(l->dirfd, name, &r->st, 0) < 0)
			lookup_fail(r, errno);
		return;
	}
	lookup_turn_to(l, name, len, below);
	if (!lookup_approach(l, name, below))
		lookup_fail(r, l->err);
	at = lookup_at(l, &end);
	r->has_dev = end >= below;
	r->dev = l->n ? l->levels[l->n - 1].dev : l->dev;
	if (r->kind == LOOKUP_FOUND &&
	    xio_stat(at, name[end] ? name + end : ".", &r->st, flags) < 0)
		lookup_fail(r, errno);
}
