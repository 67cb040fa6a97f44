/*
 * What nftw(3) gets wrong or leaves open, and what is done about it.
 *
 * It is called on one SEGMENT at a time: a directory and what is below it, as
 * far as SEGMENT_LEVELS levels and SEGMENT_PATH bytes of name. A directory at
 * that border is pruned and is a segment of its own, walked later: entered with
 * fchdir, called ".", with its path put before the names.
 *
 * Descriptors. Out of those it was promised, glibc reads the rest of the
 * outermost directory into memory and comes back to it by whole names; musl
 * leaves out what is deeper, in silence. A segment has fewer levels. Where the
 * process has none left, that is an error that ends it, as below: what is deeper
 * is then walked with those that nftw has given back.
 *
 * Long names. Beyond PATH_MAX glibc walks on, but its names are of no use to any
 * other call; musl gives up. In a segment no name is that long.
 *
 * The working directory. FTW_CHDIR may have to come back by name. Here each
 * segment is found from a handle of where the walk began; without one (no
 * descriptor, no permission) none is entered, and each is a failure.
 *
 * Errors that end it. glibc has a callback for EACCES, and for an entry that is
 * gone (ENOENT); musl for EACCES alone. Of any other error only -1 is known.
 * tree_look_again then takes what follows the last entry, in its directory and
 * in each above, for a segment whose entries are walked one by one. What failed
 * is one of these, fails again, and is visited with its errno.
 *
 * Errors that do not. A failing readdir(3) is the end of the directory for both.
 * But its errno stays: what succeeds leaves it alone. So each callback, unless it
 * passes the entry over, leaves errno 0 behind, and where the next one, or the
 * end, finds another value, the directories left since are read again; if
 * anything follows, likewise. An errno that means nothing costs that, and no
 * entry is walked twice unless the last one seen has gone by then.
 *
 * Links. Without FTW_PHYS a directory that is reached twice is walked once
 * (glibc), or a loop ends in silence (musl). With it, as here, none is followed:
 * a link to a directory is a segment, unless to one of those above it (ELOOP).
 * Even so musl enters no directory with the identity of one above it, which
 * hides things where all files have the same inode number: not repaired.
 *
 * Exchanged directories. What nftw has looked at it opens by name, following a
 * link that has taken its place. This cannot be seen here: whoever opens what
 * was found follows no link below the root (entry.h). A segment must not be a
 * link by the time it is entered; a root that is one is followed as a segment.
 *
 * File systems. FTW_MOUNT leaves out files whose st_dev is not a directory's, as
 * on an overlayfs of several: it is not used, and the visitor decides.
 *
 * Pruning is glibc's. Elsewhere nftw descends all the same, and what comes from
 * there is passed over.
 */
#include "source/tree.h"

#include <dirent.h>
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
#include "source/trail.h"

#define SEGMENT_LEVELS 20
#define SEGMENT_PATH (PATH_MAX / 2)
#define TREE_DESCRIPTORS (SEGMENT_LEVELS + 2)

struct segment {
	struct segment *next;
	char *path;         /* as printed, no slash at the end */
	bool named;         /* told to nftw by this name: the root */
	char *after;        /* NULL: the directory as a whole; else the entries
	                     * that follow this one; "": all */
	int depth;          /* of path below the root */
	bool behind;        /* a link was followed on the way there */
	struct trail trail; /* with follow: up to path's own, and on to where
	                     * the walk of it is */
};

/* The walk that is going on; nftw has no context pointer. */
static struct {
	const struct tree_opts *o;
	int base;                 /* a handle: paths are relative to it */
	int no_way_back;          /* the errno that keeps us where we are */
	bool stop;

	struct segment *segments; /* still to be walked */
	struct segment *segment;  /* the present one; its directory, unless it
	                           * is named, is the current one */

	int depth;                /* of the present call's root */
	bool known;               /* ...which was visited before */
	struct buf path;          /* as printed */
	struct buf last;          /* as nftw said it: the last entry seen */
	int last_depth;
	bool last_is_dir;         /* ...and what is in it comes next */
	bool seen;                /* there was one in this call */
	struct buf pruned;        /* portable: what begins so is not wanted */
} t;

/* A name of nftw's as it is printed; valid until the next call. */
static const char *
tree_printed(const char *name, size_t *len)
{
	buf_clear(&t.path);
	if (t.segment && !t.segment->named) {
		buf_puts(&t.path, t.segment->path);
		name++; /* behind the "." */
		if (*name == '/' && !strcmp(t.segment->path, "/"))
			name++;
	}
	buf_puts(&t.path, name);
	*len = t.path.len;
	return buf_str(&t.path);
}

static enum tree_answer
tree_visit(struct tree_entry *e)
{
	enum tree_answer answer;

	e->path = tree_printed(e->name, &e->len);
	e->behind = t.segment && t.segment->behind;
	answer = t.o->visit(t.o->cookie, e);
	t.stop = answer == TREE_STOP;
	return answer;
}

/* The directory that was to be entered cannot be. */
static void
tree_fail(const char *name, int depth, int err)
{
	struct tree_entry e = { .name = name, .depth = depth, .known = true,
	    .err = err };

	(void)tree_visit(&e);
}

/* ---- segments --------------------------------------------------------------- */

/* A directory to be walked later, which the trail has by now. */
static struct segment *
tree_add_segment(const char *path, size_t len, int depth)
{
	struct segment *s = mem_zalloc(1, sizeof(*s));

	s->path = mem_dup(path, len);
	s->depth = depth;
	s->behind = t.segment && t.segment->behind;
	if (t.segment && t.o->follow)
		trail_copy(&s->trail, &t.segment->trail, depth);
	s->next = t.segments;
	t.segments = s;
	return s;
}

static void
segment_free(struct segment *s)
{
	free(s->path);
	free(s->after);
	trail_release(&s->trail);
	free(s);
}

/* ---- a directory that nftw did not read to its end ---------------------------- */

/* The next entry but "." and ".."; NULL with errno, which is 0 at the end. */
static struct dirent *
tree_next(DIR *d)
{
	struct dirent *e;

	do
		errno = 0;
	while ((e = readdir(d)) &&
	    (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")));
	return e;
}

/* Reads up to the entry called name and with it; "": nothing. */
static bool
tree_find(DIR *d, const char *name)
{
	struct dirent *e;

	if (!*name)
		return true;
	while ((e = tree_next(d)) && strcmp(e->d_name, name) != 0)
		;
	return e;
}

/* Is there nothing in the directory behind the entry called after? False where
 * that cannot be told. */
static bool
tree_ends_with(const char *name, const char *after)
{
	DIR *d = opendir(name);
	bool is;

	if (!d)
		return errno == ENOENT; /* and so is what was in it */
	is = tree_find(d, after) && !tree_next(d) && !errno;
	(void)closedir(d); /* it was only read */
	return is;
}

/* What follows the entry called after in the directory will be walked. gave_up:
 * something does, or else that is asked. */
static void
tree_add_rest(const char *name, const char *after, int depth, bool gave_up)
{
	const char *path;
	size_t len;

	if (!gave_up && tree_ends_with(name, after))
		return;
	path = tree_printed(name, &len);
	tree_add_segment(path, len, depth)->after =
	    mem_dup(after, strlen(after));
}

/*
 * nftw gave up behind the last entry, or may have left something out: in the
 * directory of that entry, or in one above it that it has left since, those
 * whose names have at least so many bytes.
 */
static void
tree_look_again(size_t least, bool gave_up)
{
	char *name = mem_dup(t.last.data, t.last.len), *slash;
	int depth = t.last_depth;
	const char *dir = name;

	if (t.last_is_dir && t.last.len >= least)
		tree_add_rest(name, "", depth, gave_up);
	while ((slash = strrchr(name, '/')) && slash[1]) {
		*slash = '\0';
		if (slash == name)
			dir = "/";
		if (strlen(dir) < least)
			break;
		tree_add_rest(dir, slash + 1, --depth, gave_up);
	}
	free(name);
}

/* ---- one call of nftw -------------------------------------------------------- */

/* What is below this directory is not wanted; where nftw cannot be told so, it
 * is passed over as it comes. */
static int
tree_prune(const char *name)
{
	buf_clear(&t.pruned);
	buf_puts(&t.pruned, name);
	if (strcmp(name, "/") != 0)
		buf_putc(&t.pruned, '/');
	return COMPAT_FTW_SKIP_SUBTREE;
}

static bool
tree_is_pruned(const char *name)
{
	return t.pruned.len &&
	    !strncmp(name, t.pruned.data, t.pruned.len);
}

/* An entry whose name, depth and stat, or err, are known. A directory at the
 * border becomes a segment. */
static int
tree_take(struct tree_entry *e, bool border)
{
	bool is_dir = !e->err && S_ISDIR(e->st->st_mode);

	if (is_dir && t.o->follow &&
	    trail_has(&t.segment->trail, e->depth, e->st))
		e->err = ELOOP;
	e->later = is_dir && border;
	if (tree_visit(e) != TREE_ENTER)
		return is_dir ? tree_prune(e->name) : 0;
	if (t.o->follow)
		trail_set(&t.segment->trail, e->depth, e->st);
	if (e->later) {
		tree_add_segment(e->path, e->len, e->depth)->behind |= e->link;
		return tree_prune(e->name);
	}
	t.last_is_dir = true;
	return 0;
}

/* Is a link followed that is in the place of a directory? What was one must not be
 * a link by now; an operand may be. */
static bool
tree_follows(int depth)
{
	return t.o->follow || depth == 0;
}

static int
tree_callback(const char *name, const struct stat *st, int type,
    struct FTW *ftw)
{
	struct tree_entry e = { .name = name, .st = type == FTW_NS ? NULL : st,
	    .depth = t.depth + ftw->level,
	    .known = t.known && ftw->level == 0 };
	bool border = type == FTW_SL || ftw->level >= SEGMENT_LEVELS ||
	    (ftw->level && strlen(name) > SEGMENT_PATH);
	int err = errno, rc;
	struct stat target;

	if (tree_is_pruned(name))
		return 0;
	if (err && t.seen)
		/* nftw has left those with a longer name than the entry's own
		 * directory, which base is the length of, with the slash */
		tree_look_again(ftw->base > 1 ? (size_t)ftw->base :
		    sizeof("/"), false);
	t.seen = true;
	t.last_depth = e.depth;
	t.last_is_dir = false;
	buf_clear(&t.last);
	buf_puts(&t.last, name);
	if (type == FTW_DNR || type == FTW_NS) {
		e.err = err ? err : EACCES; /* POSIX promises no errno */
	} else if (type == FTW_SL && e.known && !tree_follows(e.depth)) {
		e.err = ENOTDIR; /* a directory was here when it was found */
	} else if (type == FTW_SL && (t.o->follow || e.known)) {
		e.link = !e.known;
		e.err = stat(name, &target) < 0 ? errno : 0;
		e.st = e.err ? NULL : &target;
	}
	rc = tree_take(&e, border);
	errno = 0; /* so that readdir's is seen the next time */
	return t.stop ? 1 : rc;
}

/* Walks name, of this depth below the root. */
static void
tree_run(const char *name, int depth, bool known)
{
	struct tree_entry e = { .name = name, .depth = depth, .known = known };
	struct stat st;
	int rc;

	t.depth = depth;
	t.known = known;
	t.seen = false;
	buf_clear(&t.pruned);
	rc = nftw(name, tree_callback, TREE_DESCRIPTORS,
	    FTW_PHYS | COMPAT_FTW_ACTIONRETVAL);
	e.err = errno;
	if (t.stop || (rc == 0 && !e.err))
		return;
	if (t.seen) {
		tree_look_again(strlen(name), rc < 0);
	} else if (rc < 0) {
		e.st = lstat(name, &st) == 0 ? &st : NULL;
		(void)tree_visit(&e);
	}
}

/* ---- the tree ----------------------------------------------------------------- */

/* Moves to a segment. 0, or -1 with errno. */
static int
tree_chdir(const struct segment *s)
{
	int nofollow = tree_follows(s->depth) ? 0 : O_NOFOLLOW;
	int fd, rc, err;

	if (s->named)
		return 0; /* the first: nothing has moved yet */
	if (t.no_way_back) {
		errno = t.no_way_back;
		return -1;
	}
	fd = xio_open(t.base, s->path, COMPAT_O_DIRHANDLE | nofollow);
	if (fd < 0)
		return -1;
	rc = fchdir(fd);
	err = errno;
	close(fd);
	errno = err;
	return rc;
}

/* Walks the entries of the current directory that come after the one called
 * after; when that one is gone meanwhile: all. depth is the directory's. */
static void
tree_entries(const char *after, int depth)
{
	struct buf path = BUF_INIT;
	DIR *d = opendir(".");
	struct dirent *e;
	int err = 0;

	if (!d) {
		tree_fail(".", depth, errno);
		return;
	}
	if (!tree_find(d, after)) {
		err = errno;
		rewinddir(d);
	}
	while (!err && !t.stop && (e = tree_next(d))) {
		buf_clear(&path);
		buf_printf(&path, "./%s", e->d_name);
		tree_run(buf_str(&path), depth + 1, false);
	}
	if (!err && !t.stop)
		err = errno; /* tree_next's */
	if (err)
		tree_fail(".", depth, err);
	(void)closedir(d); /* it was only read */
	buf_release(&path);
}

static void
tree_segment(struct segment *s)
{
	const char *name = s->named ? s->path : ".";

	t.segment = s;
	if (tree_chdir(s) < 0)
		tree_fail(name, s->depth, errno);
	else if (s->after)
		tree_entries(s->after, s->depth);
	else
		tree_run(name, s->depth, true);
}

static void
tree_segments(void)
{
	struct segment *s;

	while ((s = t.segments)) {
		t.segments = s->next;
		if (!t.stop)
			tree_segment(s);
		segment_free(s);
	}
	t.segment = NULL;
}

void
tree_walk(const char *root, const struct tree_opts *o)
{
	bool opens = o->dirfd == AT_FDCWD;
	struct segment *s;

	t.o = o;
	t.base = opens ? open(".", COMPAT_O_DIRHANDLE) : o->dirfd;
	t.no_way_back = t.base < 0 ? errno : 0;
	t.stop = false;
	s = tree_add_segment(root, strlen(root), o->depth);
	s->named = strlen(root) < SEGMENT_PATH;
	tree_segments();
	if (t.base >= 0 && fchdir(t.base) < 0 && !t.stop)
		tree_fail(root, o->depth, errno);
	if (opens && t.base >= 0)
		(void)close(t.base); /* it was only read */
}
