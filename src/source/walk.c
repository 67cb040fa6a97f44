/*
 * How nftw(3) is made to leave nothing out.
 *
 * One call of nftw walks a segment: a directory and what is below it, as far
 * as SEGMENT_LEVELS levels and SEGMENT_PATH bytes of path. Within these it
 * never runs out of the descriptors it was promised (it would have to close
 * directories and come back by name) and never meets PATH_MAX. A directory at
 * the border is pruned and becomes a segment of its own: entered with fchdir,
 * walked as ".", with its path put before the names. A link to a directory,
 * when links are followed, is a segment too: nftw itself always runs with
 * FTW_PHYS, because without it a directory that is reached twice is walked
 * once.
 *
 * glibc's nftw gives up with -1, and no callback, on any error but EACCES when
 * it opens a directory, and on any but EACCES and ENOENT when it looks at an
 * entry. walk_resume then goes on behind the last entry that was seen. And it
 * takes a failing readdir(3) for the end of a directory, but leaves its errno
 * behind, as may anything that went well: where there is one, walk_look_again
 * reads the directories that nftw has left, and what follows the last entry
 * seen in one of them is walked as a segment.
 *
 * FTW_MOUNT is not used: it leaves out files whose st_dev is not that of the
 * directory they are in, as on an overlayfs of several file systems. Only a
 * directory can be a border.
 */
#include "source/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compat.h"
#include "base/mem.h"
#include "base/xio.h"
#include "source/filter.h"
#include "source/own.h"
#include "source/tally.h"

#define SEGMENT_LEVELS 20
#define SEGMENT_PATH (PATH_MAX / 2)
#define WALK_DESCRIPTORS (SEGMENT_LEVELS + 2)

struct walk_dir {
	dev_t dev;
	ino_t ino;
};

struct segment {
	struct segment *next;
	char *path;            /* as printed, no slash at the end */
	bool rest;             /* only entries of it are to be walked... */
	char *after;           /* ...that follow this one; NULL: all */
	int depth;             /* of path below the operand */
	bool linked;           /* a link was followed on the way there */
	struct walk_dir *above; /* with follow: directories of depth 0 to depth,
	                        * path's own the last */
};

/* The walk that is going on; nftw has no context pointer. */
static struct {
	const struct walk_opts *o;
	dev_t dev;                /* the operand's */
	int base;                 /* a handle: paths are relative to it */
	int no_way_back;          /* the errno that keeps us where we are */
	int levels;               /* that one call of nftw may descend */
	int stop;                 /* a callback's non-zero value */

	struct segment *segments; /* still to be walked */
	const char *prefix;       /* of the present segment; NULL: names are
	                           * printed as nftw says them */
	int depth;                /* of the present call's root */
	bool at_operand;          /* that root is the operand */
	bool linked;              /* of the present segment */
	struct entry_root root;   /* the operand, as it is printed */
	struct tally links;       /* directories entered by links behind links */
	struct walk_dir *above;   /* by depth */
	size_t abovecap;

	struct buf path;          /* as printed */
	struct buf last;          /* as nftw said it: the last entry seen */
	int last_depth;
	bool last_is_dir;         /* ...and what is in it comes next */
	bool seen;                /* there was one in this call */
	struct buf pruned;        /* portable: what begins so is not wanted */
} w;

static struct walk_counts counts;

struct walk_counts
walk_counts(void)
{
	return counts;
}

/* A name of nftw's as it is printed; valid until the next call. */
static const char *
walk_printed(const char *name, size_t *len)
{
	if (!w.prefix) {
		*len = strlen(name);
		return name;
	}
	buf_clear(&w.path);
	name++; /* behind the "." */
	if (*name == '/' && !strcmp(w.prefix, "/"))
		name++;
	buf_puts(&w.path, w.prefix);
	buf_puts(&w.path, name);
	*len = w.path.len;
	return buf_str(&w.path);
}

static bool
walk_is_pruned(const char *name)
{
	return w.pruned.len &&
	    !strncmp(name, w.pruned.data, w.pruned.len);
}

static void
walk_error(const char *name, int err)
{
	size_t len;
	const char *path = walk_printed(name, &len);

	if (!w.stop && !walk_is_pruned(name))
		w.stop = w.o->on_error(w.o->cookie, path, len, err);
}

static bool
walk_wants(const char *path, bool is_dir)
{
	return !w.o->filter || filter_wants(w.o->filter, path, is_dir);
}

/* name is relative to dirfd, and printed as path. */
static void
walk_file(int dirfd, const char *name, const char *path, size_t len,
    enum entry_kind kind, const struct stat *st)
{
	/* with follow, links lead to files: as they were, or others */
	const struct entry e = { .name = path, .len = len, .kind = kind,
	    .root = kind == ENTRY_FOUND && !w.o->follow ? &w.root : NULL,
	    .id = entry_identity(st) };
	enum own_verdict own = OWN_NOT;

	if (S_ISREG(st->st_mode) && w.o->own)
		own = own_find(w.o->own, dirfd, name, st);
	switch (own) {
	case OWN_NOT:
		w.stop = w.o->on_file(w.o->cookie, &e);
		break;
	case OWN_FILE:
		counts.own++;
		break;
	case OWN_OTHER_NAME:
		w.stop = w.o->on_error(w.o->cookie, path, len, WALK_OUTPUT);
		break;
	}
}

/* ---- segments --------------------------------------------------------------- */

static void
walk_remember(int depth, const struct stat *st)
{
	w.above = mem_grow(w.above, &w.abovecap, (size_t)depth + 1,
	    sizeof(*w.above));
	w.above[depth].dev = st->st_dev;
	w.above[depth].ino = st->st_ino;
}

/* Is the directory one of those that lead to this depth? */
static bool
walk_is_loop(int depth, const struct stat *st)
{
	int i;

	for (i = 0; i < depth; i++)
		if (w.above[i].dev == st->st_dev &&
		    w.above[i].ino == st->st_ino)
			return true;
	return false;
}

/* A directory to be walked later, whose identity is in w.above by now. */
static struct segment *
walk_add_segment(const char *path, size_t len, int depth)
{
	struct segment *s = mem_zalloc(1, sizeof(*s));
	size_t n = (size_t)depth + 1;

	s->path = mem_dup(path, len);
	s->depth = depth;
	s->linked = w.linked;
	if (w.o->follow) {
		s->above = mem_alloc(n * sizeof(*s->above));
		memcpy(s->above, w.above, n * sizeof(*s->above));
	}
	s->next = w.segments;
	w.segments = s;
	return s;
}

static void
segment_free(struct segment *s)
{
	free(s->path);
	free(s->after);
	free(s->above);
	free(s);
}

/* ---- entries ---------------------------------------------------------------- */

static int
walk_prune(const char *name)
{
#if COMPAT_NFTW_PRUNES
	(void)name;
	return FTW_SKIP_SUBTREE;
#else
	buf_clear(&w.pruned);
	buf_puts(&w.pruned, name);
	buf_putc(&w.pruned, '/');
	return 0;
#endif
}

/* Is this an operand or a segment, which were wanted before nftw began? */
static bool
walk_is_root(int level)
{
	return w.at_operand && level == 0;
}

/* May a directory of this depth be entered at all? */
static bool
walk_enters(int depth, const struct stat *st)
{
	if (w.o->one_file_system && st->st_dev != w.dev)
		return false;
	return w.o->max_depth < 0 || depth < w.o->max_depth;
}

static int
walk_visit_dir(const char *name, const struct stat *st, int level)
{
	int depth = w.depth + level;
	size_t len;
	const char *path = walk_printed(name, &len);

	if (!walk_is_root(level) && !walk_wants(path, true))
		return walk_prune(name);
	if (!walk_enters(depth, st))
		return walk_prune(name);
	if (w.o->follow && !walk_is_root(level) && walk_is_loop(depth, st)) {
		walk_error(name, ELOOP);
		return walk_prune(name);
	}
	if (w.o->follow)
		walk_remember(depth, st);
	if (level && (level >= w.levels || strlen(name) > SEGMENT_PATH)) {
		(void)walk_add_segment(path, len, depth);
		return walk_prune(name);
	}
	counts.dirs++;
	w.last_is_dir = true;
	return 0;
}

/* A link to a directory, which is no loop. */
static void
walk_enter_link(const char *name, const char *path, size_t len, int depth,
    const struct stat *st)
{
	unsigned times = !w.linked ? 0 :
	    tally_add(&w.links, st->st_dev, st->st_ino);

	if (times > WALK_MAX_LINKS) {
		if (times == WALK_MAX_LINKS + 1)
			walk_error(name, WALK_LINKS);
		return;
	}
	walk_remember(depth, st);
	walk_add_segment(path, len, depth)->linked = true;
}

/* A link that is to be followed. */
static void
walk_visit_link(const char *name, int level)
{
	int depth = w.depth + level;
	struct stat st;
	size_t len;
	const char *path = walk_printed(name, &len);

	if (stat(name, &st) < 0) {
		if (!walk_wants(path, false) && !walk_wants(path, true))
			return;
		if (errno == ENOENT || errno == ENOTDIR)
			counts.links++; /* dangling: there is nothing */
		else
			walk_error(name, errno);
		return;
	}
	if (!walk_wants(path, S_ISDIR(st.st_mode)))
		return;
	if (S_ISREG(st.st_mode)) {
		walk_file(AT_FDCWD, name, path, len, ENTRY_LINKED, &st);
	} else if (!S_ISDIR(st.st_mode)) {
		counts.specials++;
	} else if (!walk_enters(depth, &st)) {
		return;
	} else if (walk_is_loop(depth, &st)) {
		walk_error(name, ELOOP);
	} else {
		walk_enter_link(name, path, len, depth, &st);
	}
}

static void
walk_visit_file(const char *name, const struct stat *st)
{
	size_t len;
	const char *path = walk_printed(name, &len);

	if (!walk_wants(path, false))
		return;
	if (S_ISREG(st->st_mode))
		walk_file(AT_FDCWD, name, path, len, ENTRY_FOUND, st);
	else
		counts.specials++;
}

/* What nftw could not look at, or into. st is NULL when not even the type is
 * known: then it may be a directory, with anything in it. */
static void
walk_visit_failure(const char *name, const struct stat *st, int level, int err)
{
	bool is_dir = st && S_ISDIR(st->st_mode);
	size_t len;
	const char *path = walk_printed(name, &len);

	/* what is not to be entered need not be readable */
	if (is_dir && !walk_enters(w.depth + level, st))
		return;
	if (walk_is_root(level) || walk_wants(path, is_dir) ||
	    (!st && walk_wants(path, true)))
		walk_error(name, err);
}

/* The next entry but "." and ".."; NULL with errno, which is 0 at the end. */
static struct dirent *
walk_next(DIR *d)
{
	struct dirent *e;

	do
		errno = 0;
	while ((e = readdir(d)) &&
	    (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")));
	return e;
}

/* Reads up to the entry called name and with it. */
static bool
walk_find(DIR *d, const char *name)
{
	struct dirent *e;

	while ((e = walk_next(d)) && strcmp(e->d_name, name) != 0)
		;
	return e;
}

/* Is there nothing in the directory behind the entry called after (NULL: at
 * all)? False where that cannot be told. */
static bool
walk_ends_with(const char *name, const char *after)
{
	DIR *d = opendir(name);
	bool is;

	if (!d)
		return errno == ENOENT; /* and so is what was in it */
	is = (!after || walk_find(d, after)) && !walk_next(d) && !errno;
	(void)closedir(d); /* it was only read */
	return is;
}

/* Looks whether nftw read the directory to its end; what it left out will be
 * walked. */
static void
walk_check_end(const char *name, const char *after, int depth)
{
	struct segment *s;
	const char *path;
	size_t len;

	if (walk_ends_with(name, after))
		return;
	path = walk_printed(name, &len);
	s = walk_add_segment(path, len, depth);
	s->rest = true;
	if (after)
		s->after = mem_dup(after, strlen(after));
}

/* Makes a name that of its directory, and after that of the entry; false: the
 * directory's is shorter than least. */
static bool
walk_go_up(char *name, size_t least, struct buf *after)
{
	char *slash = strrchr(name, '/');
	size_t len;

	if (!slash || !slash[1])
		return false;
	len = slash == name ? 1 : (size_t)(slash - name);
	if (len < least)
		return false;
	buf_clear(after);
	buf_puts(after, slash + 1);
	name[len] = '\0';
	return true;
}

/*
 * readdir may have failed since the last entry: in the directory of that
 * entry, or in one above it that nftw has left since, those whose names have
 * at least so many bytes.
 */
static void
walk_look_again(size_t least)
{
	char *dir = mem_dup(w.last.data, w.last.len);
	struct buf after = BUF_INIT;
	int depth = w.last_depth;

	if (w.last_is_dir && w.last.len >= least)
		walk_check_end(dir, NULL, depth);
	while (walk_go_up(dir, least, &after))
		walk_check_end(dir, buf_str(&after), --depth);
	buf_release(&after);
	free(dir);
}

/* The length that a directory's name has at least if nftw left that directory
 * before it came to this entry: more than the name of the entry's own. */
static size_t
walk_least_left(const struct FTW *ftw)
{
	return ftw->base > 1 ? (size_t)ftw->base : sizeof("/");
}

static int
walk_visit(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	int err = errno, rc = 0;

	if (walk_is_pruned(name)) {
		errno = 0;
		return 0;
	}
	if (err && w.seen)
		walk_look_again(walk_least_left(ftw));
	w.seen = true;
	w.last_depth = w.depth + ftw->level;
	w.last_is_dir = false;
	buf_clear(&w.last);
	buf_puts(&w.last, name);
	switch (type) {
	case FTW_D:
		rc = walk_visit_dir(name, st, ftw->level);
		break;
	case FTW_SL:
		if (w.o->follow)
			walk_visit_link(name, ftw->level);
		else
			counts.links++;
		break;
	case FTW_DNR:
	case FTW_NS:
		walk_visit_failure(name, type == FTW_DNR ? st : NULL,
		    ftw->level, err);
		break;
	default:
		walk_visit_file(name, st);
		break;
	}
	errno = 0; /* so that readdir's is seen the next time */
	return w.stop ? 1 : rc;
}

/* ---- nftw, and what it leaves out --------------------------------------------- */

static void walk_run(const char *root, int depth);

/*
 * Walks the entries of the directory name that come after the one called
 * after; NULL, or when that one is gone meanwhile: all. depth is the
 * directory's.
 */
static void
walk_entries(const char *name, const char *after, int depth)
{
	struct buf path = BUF_INIT;
	DIR *d = opendir(name);
	struct dirent *e;
	int err = 0;

	if (!d) {
		walk_error(name, errno);
		return;
	}
	if (after && !walk_find(d, after)) {
		err = errno;
		rewinddir(d);
	}
	while (!err && !w.stop && (e = walk_next(d))) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s", strcmp(name, "/") ? name : "",
		    e->d_name);
		walk_run(buf_str(&path), depth + 1);
	}
	if (!err && !w.stop)
		err = errno; /* walk_next's */
	if (err)
		walk_error(name, err);
	(void)closedir(d); /* it was only read */
	buf_release(&path);
}

/*
 * Goes on behind last, the last entry that nftw saw before it gave up below
 * root: with what is in it, then with what follows it in each directory up to
 * root. What made nftw give up is among these, fails as a root of its own,
 * and is reported.
 */
static void
walk_resume(const char *root, int depth, char *last, bool last_is_dir)
{
	struct buf after = BUF_INIT;

	if (last_is_dir)
		walk_entries(last, NULL, depth);
	while (!w.stop && walk_go_up(last, strlen(root), &after))
		walk_entries(last, buf_str(&after), --depth);
	buf_release(&after);
}

/* Walks root, of this depth below the operand, to its end. */
static void
walk_run(const char *root, int depth)
{
	int flags = FTW_PHYS, rc, err;
	struct stat st;
	char *last;

#if COMPAT_NFTW_PRUNES
	flags |= FTW_ACTIONRETVAL;
#endif
	w.depth = depth;
	w.seen = false;
	errno = 0;
	rc = nftw(root, walk_visit, WALK_DESCRIPTORS, flags);
	err = errno;
	if (w.stop)
		return;
	if (rc == 0) {
		if (err && w.seen)
			walk_look_again(strlen(root));
		return;
	}
	/* from now on hold next to none: segments are entered one by one */
	if (err == EMFILE || err == ENFILE)
		w.levels = 1;
	if (!w.seen) {
		walk_visit_failure(root, lstat(root, &st) == 0 ? &st : NULL, 0,
		    err);
		return;
	}
	last = mem_dup(w.last.data, w.last.len);
	w.at_operand = false;
	walk_resume(root, w.last_depth, last, w.last_is_dir);
	free(last);
}

/* ---- operands ----------------------------------------------------------------- */

/* Moves to a segment. 0, or -1 with errno. */
static int
walk_chdir(const struct segment *s)
{
	/* without follow, what was a directory must not be a link by now */
	int nofollow = w.o->follow || s->depth == 0 ? 0 : O_NOFOLLOW;
	int fd, rc, err;

	if (w.no_way_back) {
		errno = w.no_way_back;
		return -1;
	}
	fd = xio_open(w.base, s->path, COMPAT_O_DIRHANDLE | nofollow);
	if (fd < 0)
		return -1;
	rc = fchdir(fd);
	err = errno;
	close(fd);
	errno = err;
	return rc;
}

static void
walk_segment(const struct segment *s)
{
	size_t n = (size_t)s->depth + 1;

	buf_clear(&w.pruned);
	if (walk_chdir(s) < 0) {
		walk_error(s->path, errno);
		return;
	}
	if (s->above) {
		w.above = mem_grow(w.above, &w.abovecap, n, sizeof(*w.above));
		memcpy(w.above, s->above, n * sizeof(*s->above));
	}
	w.prefix = s->path;
	w.linked = s->linked;
	w.at_operand = !s->rest; /* a segment's root was wanted already */
	if (s->rest)
		walk_entries(".", s->after, s->depth);
	else
		walk_run(".", s->depth);
	w.prefix = NULL;
}

static void
walk_segments(void)
{
	struct segment *s;

	while ((s = w.segments)) {
		w.segments = s->next;
		if (!w.stop)
			walk_segment(s);
		segment_free(s);
	}
}

/* Is nftw told this name as it is? Not a link, and not long. */
static bool
walk_is_plain(const char *operand, size_t len)
{
	struct stat st;

	return len < SEGMENT_PATH &&
	    fstatat(w.o->dirfd, operand, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

static void
walk_directory(const char *operand, const struct stat *st)
{
	int home = open(".", COMPAT_O_DIRHANDLE);
	size_t len = strlen(operand);
	char *root;

	while (len > 1 && operand[len - 1] == '/')
		len--;
	root = mem_dup(operand, len);
	w.root.below = len + (operand[len - 1] != '/');
	w.root.dev = st->st_dev;
	w.root.ino = st->st_ino;
	w.dev = st->st_dev;
	w.no_way_back = home < 0 && w.o->dirfd == AT_FDCWD ? errno : 0;
	w.base = w.o->dirfd == AT_FDCWD ? home : w.o->dirfd;
	w.levels = SEGMENT_LEVELS;
	w.linked = false;
	if (w.o->follow)
		walk_remember(0, st);
	if (w.o->dirfd != AT_FDCWD && fchdir(w.o->dirfd) < 0) {
		walk_error(root, errno);
	} else if (walk_is_plain(root, len)) {
		w.at_operand = true;
		walk_run(root, 0);
	} else {
		walk_add_segment(root, len, 0);
	}
	walk_segments();
	tally_release(&w.links);
	if (home >= 0) {
		if (fchdir(home) < 0)
			walk_error(root, errno);
		close(home);
	}
	free(root);
}

int
walk(const char *operand, const struct walk_opts *opts)
{
	struct stat st;

	w.o = opts;
	w.stop = 0;
	buf_clear(&w.pruned);
	if (xio_stat(opts->dirfd, operand, &st, 0) < 0)
		walk_error(operand, errno);
	else if (S_ISDIR(st.st_mode))
		walk_directory(operand, &st);
	else
		walk_file(opts->dirfd, operand, operand, strlen(operand),
		    S_ISREG(st.st_mode) ? ENTRY_NAMED :
		    ENTRY_STREAM, &st);
	return w.stop;
}
