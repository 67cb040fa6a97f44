#include "source/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/xio.h"
#include "source/filter.h"
#include "source/own.h"
#include "source/tally.h"
#include "source/tree.h"

/* The walk of one operand. */
struct walk {
	const struct walk_opts *o;
	struct entry_root root; /* the operand, as it is printed */
	struct tally links;     /* directories entered by links behind links */
	int stop;               /* a callback's non-zero value */
};

static struct walk_counts counts;

struct walk_counts
walk_counts(void)
{
	return counts;
}

void
walk_counts_add(const struct walk_counts *more)
{
	counts.links += more->links;
	counts.specials += more->specials;
	counts.own += more->own;
	counts.dirs += more->dirs;
}

static bool
walk_wants(const struct walk *w, const char *path, bool is_dir)
{
	return !w->o->filter || filter_wants(w->o->filter, path, is_dir);
}

/* May a directory be entered at all? st_dev decides for directories alone: that
 * of a file need not be its directory's, as on an overlayfs of several file
 * systems. */
static bool
walk_enters(const struct walk *w, const struct tree_entry *e)
{
	if (w->o->one_file_system && e->st->st_dev != w->root.dev)
		return false;
	return w->o->max_depth < 0 || e->depth < w->o->max_depth;
}

static void
walk_error(struct walk *w, const struct tree_entry *e, int err)
{
	w->stop = w->o->on_error(w->o->cookie, e->path, e->len, err);
}

/* e->name is relative to dirfd. */
static void
walk_file(struct walk *w, int dirfd, const struct tree_entry *e,
    enum entry_kind kind)
{
	/* with follow, links lead to files: as they were, or others */
	const struct entry entry = { .name = e->path, .len = e->len,
	    .kind = kind,
	    .root = kind == ENTRY_FOUND && !w->o->follow ? &w->root : NULL,
	    .id = entry_identity(e->st) };
	enum own_verdict own = OWN_NOT;

	if (S_ISREG(e->st->st_mode) && w->o->own)
		own = own_find(w->o->own, dirfd, e->name, e->st);
	switch (own) {
	case OWN_NOT:
		w->stop = w->o->on_file(w->o->cookie, &entry);
		break;
	case OWN_FILE:
		counts.own++;
		break;
	case OWN_OTHER_NAME:
		walk_error(w, e, WALK_OUTPUT);
		break;
	}
}

/* What could not be looked at, or into. If not even its type is known it may
 * be a directory, with anything in it. */
static void
walk_failure(struct walk *w, const struct tree_entry *e)
{
	bool is_dir = e->st && S_ISDIR(e->st->st_mode);

	/* what is not to be entered need not be readable */
	if (is_dir && !walk_enters(w, e))
		return;
	if (!e->known && !walk_wants(w, e->path, is_dir) &&
	    (e->st || !walk_wants(w, e->path, true)))
		return;
	if (e->link && (e->err == ENOENT || e->err == ENOTDIR))
		counts.links++; /* dangling: there is nothing */
	else
		walk_error(w, e, e->err);
}

/* Do links behind links lead there too often? */
static bool
walk_is_exhausted(struct walk *w, const struct tree_entry *e)
{
	unsigned times = !e->link || !e->behind ? 0 :
	    tally_add(&w->links, e->st->st_dev, e->st->st_ino);

	if (times == WALK_MAX_LINKS + 1)
		walk_error(w, e, WALK_LINKS);
	return times > WALK_MAX_LINKS;
}

/* Is the directory left to somebody else? */
static bool
walk_leaves(const struct walk *w, const struct tree_entry *e)
{
	const struct entry entry = { .name = e->path, .len = e->len,
	    .kind = ENTRY_TREE, .root = &w->root,
	    .id = entry_identity(e->st) };

	return w->o->on_directory && w->o->on_directory(w->o->cookie, &entry);
}

static enum tree_answer
walk_directory(struct walk *w, const struct tree_entry *e)
{
	/* a directory that is known was offered before */
	if (!walk_enters(w, e) || walk_is_exhausted(w, e) ||
	    (!e->known && walk_leaves(w, e)))
		return TREE_PASS;
	if (!e->later)
		counts.dirs++;
	return TREE_ENTER;
}

static enum tree_answer
walk_visit(void *cookie, const struct tree_entry *e)
{
	enum tree_answer answer = TREE_PASS;
	struct walk *w = cookie;

	if (w->o->on_visit)
		w->o->on_visit(w->o->cookie);
	if (e->err)
		walk_failure(w, e);
	else if (S_ISLNK(e->st->st_mode))
		counts.links++;
	else if (!e->known && !walk_wants(w, e->path, S_ISDIR(e->st->st_mode)))
		return TREE_PASS;
	else if (S_ISDIR(e->st->st_mode))
		answer = walk_directory(w, e);
	else if (S_ISREG(e->st->st_mode))
		walk_file(w, AT_FDCWD, e, e->link ? ENTRY_LINKED : ENTRY_FOUND);
	else
		counts.specials++;
	return w->stop ? TREE_STOP : answer;
}

/* The directory of this name, which has no slash at its end, and of this depth below
 * the operand. */
static void
walk_below(struct walk *w, const char *name, int depth)
{
	const struct tree_opts o = { .dirfd = w->o->dirfd, .depth = depth,
	    .follow = w->o->follow, .visit = walk_visit, .cookie = w };

	tree_walk(name, &o);
	tally_release(&w->links);
}

/* An operand that is, or leads to, a directory. */
static void
walk_tree(struct walk *w, const char *operand, const struct stat *st)
{
	struct tree_entry e = { .len = strlen(operand), .st = st };
	char *root;

	while (e.len > 1 && operand[e.len - 1] == '/')
		e.len--;
	e.path = root = mem_dup(operand, e.len);
	w->root.below = e.len + (operand[e.len - 1] != '/');
	w->root.dev = st->st_dev;
	w->root.ino = st->st_ino;
	if (!walk_enters(w, &e) || !walk_leaves(w, &e))
		walk_below(w, root, 0);
	free(root);
}

int
walk_branch(const struct entry *e, const struct walk_opts *opts)
{
	struct walk w = { .o = opts, .root = *e->root };
	int depth = 0;
	size_t i;

	/* the operand's own name ends before the slash that below counts */
	if (e->len > w.root.below)
		depth = 1;
	for (i = w.root.below; i < e->len; i++)
		depth += e->name[i] == '/';
	walk_below(&w, e->name, depth);
	return w.stop;
}

int
walk(const char *operand, const struct walk_opts *opts)
{
	struct walk w = { .o = opts };
	struct stat st;
	const struct tree_entry e = { .name = operand, .path = operand,
	    .len = strlen(operand), .st = &st };

	if (xio_stat(opts->dirfd, operand, &st, 0) < 0)
		walk_error(&w, &e, errno);
	else if (S_ISDIR(st.st_mode))
		walk_tree(&w, operand, &st);
	else
		walk_file(&w, opts->dirfd, &e, S_ISREG(st.st_mode) ?
		    ENTRY_NAMED : ENTRY_STREAM);
	return w.stop;
}
