#include "source/own.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compat.h"
#include "base/mem.h"
#include "base/xio.h"

#define OWN_LINKS 40 /* that lead to each other: as many as Linux follows */

struct own_file {
	struct stat st;   /* the file's */
	char *name;       /* its last component; NULL: not known */
	struct stat dir;  /* of the directory with this name in it */
	char *where;      /* the path of that; NULL: not known */
	bool written;
};

struct own {
	struct own_file *v;
	size_t n, cap;
};

struct own *
own_new(void)
{
	return mem_zalloc(1, sizeof(struct own));
}

void
own_free(struct own *o)
{
	size_t i;

	if (!o)
		return;
	for (i = 0; i < o->n; i++) {
		free(o->v[i].name);
		free(o->v[i].where);
	}
	free(o->v);
	free(o);
}

static const char *
own_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The directory part of a path, to be freed. */
static char *
own_dir(const char *path)
{
	size_t n = (size_t)(own_base(path) - path);

	return n ? mem_dup(path, n) : mem_dup(".", 1);
}

static bool
own_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Puts what a link says into target. 0, or -1. */
static int
own_readlink(int dirfd, const char *path, struct buf *target)
{
	ssize_t n;

	buf_clear(target);
	n = readlinkat(dirfd, path, buf_reserve(target, PATH_MAX), PATH_MAX);
	if (n < 0 || n == PATH_MAX)
		return -1; /* PATH_MAX: it may have been cut short */
	target->len = (size_t)n;
	return 0;
}

/* The path of what is not a link itself, which this one leads to, link after
 * link; NULL: none. To be freed. */
static char *
own_resolve(int dirfd, const char *path)
{
	char *at = mem_dup(path, strlen(path));
	struct buf target = BUF_INIT, next = BUF_INIT;
	struct stat st;
	int i;

	for (i = 0; i < OWN_LINKS; i++) {
		if (xio_stat(dirfd, at, &st, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		if (!S_ISLNK(st.st_mode))
			goto found;
		if (own_readlink(dirfd, at, &target) < 0)
			break;
		buf_clear(&next);
		if (*buf_str(&target) != '/')
			buf_put(&next, at, (size_t)(own_base(at) - at));
		buf_put(&next, target.data, target.len);
		free(at);
		at = mem_dup(next.data, next.len);
	}
	free(at);
	at = NULL;
found:
	buf_release(&target);
	buf_release(&next);
	return at;
}

/* What /proc says a descriptor is open on; to be freed, NULL: not known. */
static char *
own_fd_path(int fd)
{
	char link[64];
	struct buf b = BUF_INIT;
	char *path = NULL;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (own_readlink(AT_FDCWD, link, &b) == 0)
		path = mem_dup(b.data, b.len);
	buf_release(&b);
	return path;
}

static char *
own_where(int dirfd, const char *dir)
{
	int fd = xio_open(dirfd, dir, COMPAT_O_DIRHANDLE);
	char *path;

	if (fd < 0)
		return NULL;
	path = own_fd_path(fd);
	close(fd);
	return path;
}

/* Gives a file the name that path leads to. 0, or -1: it is not there. */
static int
own_name(struct own_file *f, const char *path)
{
	char *at = own_resolve(AT_FDCWD, path), *dir;
	int rc = -1;

	if (!at)
		return -1;
	dir = own_dir(at);
	if (xio_stat(AT_FDCWD, dir, &f->dir, 0) == 0) {
		f->name = mem_dup(own_base(at), strlen(own_base(at)));
		f->where = own_where(AT_FDCWD, dir);
		rc = 0;
	}
	free(dir);
	free(at);
	return rc;
}

static void
own_put(struct own *o, const struct own_file *f)
{
	o->v = mem_grow(o->v, &o->cap, o->n + 1, sizeof(*o->v));
	o->v[o->n++] = *f;
}

void
own_add(struct own *o, const char *path)
{
	struct own_file f = { .name = NULL };

	if (xio_stat(AT_FDCWD, path, &f.st, 0) == 0 &&
	    S_ISREG(f.st.st_mode) && own_name(&f, path) == 0)
		own_put(o, &f);
}

void
own_add_open(struct own *o, int fd, bool written)
{
	struct own_file f = { .written = written };
	struct stat st;
	char *path;

	if (fstat(fd, &f.st) < 0 || !S_ISREG(f.st.st_mode))
		return;
	path = own_fd_path(fd);
	/* one that was deleted, or lies outside of our root, has none */
	if (path && xio_stat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    own_same(&st, &f.st))
		(void)own_name(&f, path); /* else by its inode */
	free(path);
	own_put(o, &f);
}

/* Do both lie at the same path? Asked where inode numbers say nothing. */
static bool
own_is_where(const struct own_file *f, int dirfd, const char *dir)
{
	char *where = own_where(dirfd, dir);
	bool same = where && f->where && !strcmp(where, f->where);

	free(where);
	return same;
}

/* Is it the file by its name, or when that is not known, by its inode? A file
 * with the inode of its own directory is on a file system that has none. */
static bool
own_is_at(const struct own_file *f, int dirfd, const char *path,
    const struct stat *st)
{
	char *dir = own_dir(path);
	struct stat above;
	bool is = xio_stat(dirfd, dir, &above, 0) == 0;

	if (is && f->name)
		is = own_same(&above, &f->dir) && (!own_same(&above, st) ||
		    own_is_where(f, dirfd, dir));
	else if (is)
		is = st->st_nlink == 1 && !own_same(&above, st);
	free(dir);
	return is;
}

/* The same for what has the inode, but not the name. */
static enum own_verdict
own_judge(const struct own_file *f, int dirfd, const char *path,
    const struct stat *st)
{
	char *at = own_resolve(dirfd, path);
	bool is = at && (!f->name || !strcmp(own_base(at), f->name)) &&
	    own_is_at(f, dirfd, at, st);

	free(at);
	if (is)
		return OWN_FILE;
	return f->written && st->st_nlink > 1 ? OWN_OTHER_NAME : OWN_NOT;
}

enum own_verdict
own_find(const struct own *o, int dirfd, const char *path,
    const struct stat *st)
{
	const char *base = own_base(path);
	enum own_verdict v = OWN_NOT;
	size_t i;

	for (i = 0; i < o->n && v != OWN_FILE; i++) {
		const struct own_file *f = &o->v[i];

		if (f->name && !strcmp(base, f->name) &&
		    own_is_at(f, dirfd, path, st))
			v = OWN_FILE;
		else if (v == OWN_NOT && own_same(st, &f->st))
			v = own_judge(f, dirfd, path, st);
	}
	return v;
}
