#include "hasher/lister.h"

#include <errno.h>
#include <unistd.h>

#include "hasher/listing.h"
#include "hasher/watch.h"

struct lister {
	struct watch_line *line;
	struct buf *out;
	size_t begin;     /* of the listing, in out */
	unsigned entries; /* looked at */
	int err;          /* why there is no listing */
};

static void
lister_on_visit(void *cookie)
{
	struct lister *l = cookie;

	l->entries++;
	watch_moved(l->line, 0);
}

/* Goes on, unless there is more than an answer holds, or none will be. */
static int
lister_next(struct lister *l)
{
	if (!l->err && l->out->len - l->begin > LISTER_BYTES)
		l->err = E2BIG;
	return l->err != 0;
}

static int
lister_on_file(void *cookie, const struct entry *e)
{
	struct lister *l = cookie;

	listing_put_entry(l->out, e);
	return lister_next(l);
}

static bool
lister_on_directory(void *cookie, const struct entry *e)
{
	struct lister *l = cookie;

	if (lister_next(l))
		return true; /* nothing more is of any use */
	if (l->entries < LISTER_ENTRIES)
		return false;
	listing_put_entry(l->out, e);
	return true;
}

/* May the parent come to another end? A sandbox may be why, rights that it has given
 * up, or what else this process has open. */
static bool
lister_cannot_tell(int err)
{
	return err == EACCES || err == EPERM || err == EMFILE ||
	    err == ENFILE || err == ENOMEM;
}

static int
lister_on_error(void *cookie, const char *path, size_t len, int err)
{
	struct lister *l = cookie;

	if (lister_cannot_tell(err))
		l->err = err;
	else
		listing_put_error(l->out, path, len, err);
	return lister_next(l);
}

int
lister_list(const struct entry *e, const struct walk_opts *opts,
    struct watch_line *line, struct buf *out)
{
	struct lister l = { .line = line, .out = out, .begin = out->len };
	struct walk_opts o = *opts;
	struct walk_counts before = walk_counts(), now;

	/* an earlier walk may not have found back, the parent be in the middle of one */
	if (fchdir(opts->dirfd) < 0)
		return -1;
	o.cookie = &l;
	o.on_visit = lister_on_visit;
	o.on_file = lister_on_file;
	o.on_error = lister_on_error;
	o.on_directory = lister_on_directory;
	(void)walk_branch(e, &o);
	now = walk_counts();
	now.links -= before.links;
	now.specials -= before.specials;
	now.own -= before.own;
	now.dirs -= before.dirs;
	listing_put_counts(out, &now);
	errno = l.err;
	return l.err ? -1 : 0;
}
