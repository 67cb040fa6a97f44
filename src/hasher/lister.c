#include "hasher/lister.h"

#include <errno.h>
#include <string.h>

#include "hasher/listing.h"
#include "hasher/watch.h"

struct lister {
	const struct entry *dir;
	struct watch_line *line;
	struct buf *out;
	size_t begin;   /* of the listing, in out */
	unsigned files; /* found */
	int err;        /* why there is no listing */
};

/* Goes on, unless it is more than an answer holds. */
static int
lister_next(struct lister *l)
{
	watch_moved(l->line, 0);
	if (l->out->len > LISTER_BYTES)
		l->err = E2BIG;
	return l->err != 0;
}

static int
lister_on_file(void *cookie, const struct entry *e)
{
	struct lister *l = cookie;

	l->files++;
	listing_put_entry(l->out, e);
	return lister_next(l);
}

static bool
lister_on_directory(void *cookie, const struct entry *e)
{
	struct lister *l = cookie;

	(void)lister_next(l);
	if (l->files < LISTER_FILES)
		return false;
	listing_put_entry(l->out, e);
	return true;
}

static int
lister_on_error(void *cookie, const char *path, size_t len, int err)
{
	struct lister *l = cookie;

	/* a sandbox may be why, or what else this process has open */
	if (err == EMFILE || err == ENFILE || err == ENOMEM ||
	    (len == l->dir->len && l->out->len == l->begin))
		l->err = err;
	else
		listing_put_error(l->out, path, len, err);
	return lister_next(l);
}

int
lister_list(const struct entry *e, const struct walk_opts *opts,
    struct watch_line *line, struct buf *out)
{
	struct lister l = { .dir = e, .line = line, .out = out,
	    .begin = out->len };
	struct walk_opts o = *opts;
	struct walk_counts before = walk_counts(), now;

	o.cookie = &l;
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
