#include "mode/spread.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/compat.h"
#include "base/entry.h"
#include "base/mem.h"
#include "hasher/hasher.h"
#include "hasher/listing.h"
#include "hasher/result.h"
#include "mode/operands.h"
#include "mode/run.h"
#include "options/options.h"

struct spread_dir {
	struct spread_dir *next;
	struct entry_root root;
	struct entry e;         /* its name and root are here, too */
	unsigned char *listing; /* NULL: there is none, or not yet */
	size_t n;
	char name[];
};

/*
 * Would the parent's walk be the same? Links lead anywhere, and how often is counted
 * for all together; another user, or machine, sees other things; a budget takes what
 * comes first. An nftw(3) that cannot be told to leave a directory out would go
 * through it each time. Without a handle of the current directory nobody finds back to
 * it.
 */
static bool
spread_is_possible(const struct run *r)
{
	const struct options *o = r->o;

	return (o->mode == OPTIONS_HASH || o->mode == OPTIONS_AUDIT) &&
	    !o->follow && !o->user && !r->machines.n &&
	    !o->budget_bytes && !o->budget_seconds &&
	    COMPAT_FTW_ACTIONRETVAL != 0 && r->dirfd != AT_FDCWD;
}

void
spread_init(struct spread *s, const struct run *r, int jobs)
{
	int least = r->o->reuse.n ? SPREAD_JOBS_REUSE : SPREAD_JOBS;

	if (r->o->walk == OPTIONS_WALK_WORKERS)
		least = 1;
	s->on = r->o->walk != OPTIONS_WALK_PARENT && jobs >= least &&
	    spread_is_possible(r);
	s->shared = operands_walk(r);
}

static void
spread_free(struct spread_dir *d)
{
	struct spread_dir *next;

	for (; d; d = next) {
		next = d->next;
		free(d->listing);
		free(d);
	}
}

void
spread_release(struct spread *s)
{
	spread_free(s->todo);
	spread_free(s->listed);
	s->todo = s->listed = NULL;
}

static struct spread_dir *
spread_add(struct spread_dir **to, const struct entry *e)
{
	struct spread_dir *d = mem_alloc(sizeof(*d) + e->len + 1);

	d->root = *e->root;
	memcpy(d->name, e->name, e->len + 1);
	d->e = (struct entry){ .name = d->name, .len = e->len,
	    .kind = ENTRY_TREE, .root = &d->root };
	d->listing = NULL;
	d->n = 0;
	d->next = *to;
	*to = d;
	return d;
}

static struct spread_dir *
spread_pop(struct spread_dir **from)
{
	struct spread_dir *d = *from;

	*from = d->next;
	d->next = NULL;
	return d;
}

void
spread_result(struct spread *s, const struct result *r)
{
	struct spread_dir *d = spread_add(&s->listed, &r->entry);

	s->open--;
	if (r->status != RESULT_LISTED)
		return;
	d->n = (size_t)r->size;
	d->listing = mem_alloc(d->n);
	memcpy(d->listing, r->text, d->n);
	s->bytes += d->n;
}

/* ---- callbacks of a walk ------------------------------------------------------ */

static int
spread_on_file(void *cookie, const struct entry *e)
{
	const struct spread *s = cookie;

	return s->walk->on_file(s->walk->cookie, e);
}

static int
spread_on_error(void *cookie, const char *path, size_t len, int err)
{
	const struct spread *s = cookie;

	return s->walk->on_error(s->walk->cookie, path, len, err);
}

static bool
spread_on_directory(void *cookie, const struct entry *e)
{
	struct spread *s = cookie;

	(void)spread_add(&s->todo, e);
	return true;
}

struct walk_opts
spread_walk(struct spread *s, const struct walk_opts *w)
{
	struct walk_opts o = *w;

	s->walk = w;
	if (!s->on)
		return o;
	o.cookie = s;
	o.on_file = spread_on_file;
	o.on_error = spread_on_error;
	o.on_directory = spread_on_directory;
	return o;
}

/* ---- the walk ------------------------------------------------------------------ */

/* What is in d, as if it were found now. Non-zero: a callback stopped it. */
static int
spread_take(struct spread *s, const struct spread_dir *d)
{
	const unsigned char *from = d->listing, *end = from + d->n;
	const struct walk_opts *w = s->walk;
	struct listing_record r;
	int rc = 0;

	/* the hasher has looked whether it is right */
	while (!rc && listing_get(&r, &from, end) == 0) {
		r.entry.root = &d->root;
		if (r.what == LISTING_COUNTS)
			walk_counts_add(&r.counts);
		else if (r.what == LISTING_ERROR)
			rc = w->on_error(w->cookie, r.entry.name, r.entry.len,
			    r.err);
		else if (r.entry.kind == ENTRY_TREE)
			(void)spread_on_directory(s, &r.entry);
		else
			rc = w->on_file(w->cookie, &r.entry);
	}
	return rc;
}

/* Gives as many directories as there is room for. Listings may come faster than their
 * files are hashed: those that wait are bounded, too. 0, or -1 when the run is over. */
static int
spread_give(struct spread *s, struct run *r)
{
	int rc = 1;

	while (s->todo && s->bytes < SPREAD_BYTES && rc > 0) {
		s->open++; /* it may have its result at once */
		rc = run_try(r, &s->todo->e);
		if (rc > 0)
			spread_free(spread_pop(&s->todo));
		else
			s->open--;
	}
	return rc < 0 ? -1 : 0;
}

int
spread_run(struct spread *s, struct run *r)
{
	const struct walk_opts w = spread_walk(s, s->walk);
	struct spread_dir *d;
	int rc = 0;

	while (!rc && (s->todo || s->listed || s->open)) {
		rc = spread_give(s, r);
		if (!rc && !s->listed) {
			rc = run_work(r);
		} else if (!rc) {
			d = spread_pop(&s->listed);
			s->bytes -= d->n;
			rc = d->listing ? spread_take(s, d) :
			    walk_branch(&d->e, &w);
			spread_free(d);
		}
	}
	return rc;
}
