#include "mode/within.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/entry.h"
#include "base/mem.h"
#include "base/xio.h"
#include "hasher/result.h"
#include "mode/contents.h"
#include "mode/run.h"
#include "record/table.h"

/* Cookies of archives: no other has so high a number. */
#define WITHIN_ARCHIVE (UINT64_C(1) << 62)

struct within_archive {
	char *path;                /* its own, of len bytes */
	size_t len;
	int algorithm;
	struct contents *contents; /* NULL: it is not read, or empty */
	bool told;                 /* by within_tell_broken */
};

void
within_init(struct within *w, struct run *run, bool stdin_taken)
{
	memset(w, 0, sizeof(*w));
	w->run = run;
	w->stdin_taken = stdin_taken;
	w->archives.rules.prefix = true;
	w->table = table_new();
	w->newest.archive = WITHIN_NONE;
}

void
within_release(struct within *w)
{
	uint64_t n;

	for (n = 0; w->table && n < table_count(w->table); n++) {
		contents_free(w->v[n].contents);
		free(w->v[n].path);
	}
	free(w->v);
	table_free(w->table);
	archives_release(&w->archives);
	buf_release(&w->path);
	buf_release(&w->key);
}

/* ---- which archive ------------------------------------------------------------ */

/* What is called path, if it may be an archive. */
static bool
within_look(const struct within *w, const char *path, struct entry *e)
{
	struct stat st;

	if (!strcmp(path, "-")) {
		e->kind = ENTRY_STDIN;
		/* it may have another name, as a FIFO has */
		if (fstat(STDIN_FILENO, &st) == 0)
			e->id = entry_identity(&st);
		return !w->stdin_taken;
	}
	if (xio_stat(w->run->dirfd, path, &st, 0) < 0 || S_ISDIR(st.st_mode))
		return false;
	e->kind = S_ISREG(st.st_mode) ? ENTRY_NAMED : ENTRY_STREAM;
	e->id = entry_identity(&st);
	return true;
}

/*
 * Finds the longest part of a name before a "!" that may be an archive. No part
 * is longer than PATH_MAX, so that a name of nothing but "!" takes no time. Its
 * length, and e; 0: there is none.
 */
static size_t
within_divide(struct within *w, const char *name, size_t len, struct entry *e)
{
	size_t n = len < PATH_MAX ? len : PATH_MAX;
	bool found = false;

	buf_clear(&w->path);
	buf_put(&w->path, name, n);
	while (n && !found) {
		if (w->path.data[--n] != '!' || !n)
			continue;
		w->path.data[n] = '\0';
		found = within_look(w, w->path.data, e);
	}
	w->path.len = n;
	return found ? n : 0;
}

/* Is it in the archive that was asked for last? */
static bool
within_is_newest(const struct within *w, const char *name, size_t len,
    int algorithm)
{
	return w->newest.archive != WITHIN_NONE && w->algorithm == algorithm &&
	    len > w->path.len && name[w->path.len] == '!' &&
	    !memcmp(name, w->path.data, w->path.len) &&
	    !memchr(name + w->path.len + 1, '!', len - w->path.len - 1);
}

/* Sets w->key to what it is; of what can be read more than once also to its
 * algorithm, and to its name in its directory, after which the content of a
 * compressed file is named. */
static void
within_key(struct within *w, const struct entry *e)
{
	const char *slash = strrchr(e->name, '/');

	buf_clear(&w->key);
	buf_printf(&w->key, "%" PRIx64 ":%" PRIx64, e->id.dev, e->id.ino);
	if (!entry_is_stream(e))
		buf_printf(&w->key, ":%d:%s", e->algorithm,
		    slash ? slash + 1 : e->name);
}

/* The number of the archive e, which is handed over if it is new. */
static enum within_put
within_open(struct within *w, struct entry *e, uint64_t *archive)
{
	bool is_new;

	within_key(w, e);
	*archive = table_add(w->table, w->key.data, w->key.len, &is_new);
	if (!is_new)
		return w->v[*archive].algorithm == e->algorithm ? WITHIN_PUT :
		    WITHIN_READ;
	w->v = mem_grow(w->v, &w->cap, (size_t)*archive + 1, sizeof(*w->v));
	w->v[*archive] = (struct within_archive){
		.path = mem_dup(e->name, e->len),
		.len = e->len,
		.algorithm = e->algorithm,
	};
	e->cookie = WITHIN_ARCHIVE | *archive;
	return run_put(w->run, e) < 0 ? WITHIN_OVER : WITHIN_PUT;
}

enum within_put
within_put(struct within *w, const char *name, size_t len, int algorithm,
    struct within_place *at)
{
	struct entry e = { .algorithm = algorithm, .archive = true };
	enum within_put rc;

	if (within_is_newest(w, name, len, algorithm)) {
		*at = w->newest;
		return WITHIN_PUT;
	}
	at->archive = w->newest.archive = WITHIN_NONE;
	e.len = at->len = within_divide(w, name, len, &e);
	if (!e.len)
		return WITHIN_NO_ARCHIVE;
	if (algorithm < 0)
		return WITHIN_NO_ALGORITHM;
	e.name = w->path.data;
	rc = within_open(w, &e, &at->archive);
	if (rc != WITHIN_PUT)
		at->archive = WITHIN_NONE;
	w->algorithm = algorithm;
	w->newest = *at;
	return rc;
}

/* ---- what is in it ------------------------------------------------------------ */

bool
within_result(struct within *w, const struct result *r)
{
	uint64_t n = r->entry.cookie & ~WITHIN_ARCHIVE;

	if (!(r->entry.cookie & WITHIN_ARCHIVE))
		return false;
	if (r->archive) {
		archives_add(&w->archives, r);
		return true;
	}
	if (table_set(w->table, n, r) < 0)
		diag_bug("within: a result for no archive");
	w->v[n].contents = archives_take(&w->archives, r->entry.cookie);
	return true;
}

/* The archive's own result. False: it has none yet. */
static bool
within_own(const struct within *w, uint64_t archive, struct result *r)
{
	bool is_read = table_get(w->table, archive, r);

	r->entry.name = w->v[archive].path;
	r->entry.len = w->v[archive].len;
	return is_read;
}

bool
within_is_read(const struct within *w, uint64_t archive)
{
	struct result own;

	return within_own(w, archive, &own);
}

/* Is it one, and whole? What is none is whole, too. */
static bool
within_is_whole(const struct result *own)
{
	return own->status == RESULT_OPENED || own->status == RESULT_OK;
}

bool
within_tell_broken(struct within *w, uint64_t archive, struct result *r)
{
	bool told = w->v[archive].told;

	w->v[archive].told = true;
	(void)within_own(w, archive, r);
	return !told && !within_is_whole(r);
}

enum within_found
within_get(struct within *w, const struct within_place *at, const char *name,
    size_t len, struct result *r)
{
	struct contents *c = w->v[at->archive].contents;
	size_t before = at->len + 1;
	struct result own;
	uint64_t n = UINT64_MAX;

	(void)within_own(w, at->archive, &own);
	/* a member without a name is what is compressed alone */
	if (c && len > before)
		n = contents_find(c, &own.entry, name + before, len - before);
	if (n != UINT64_MAX) {
		if (!contents_get(c, n, r))
			(void)result_fail(r, RESULT_OTHER, 0);
		return contents_is_double(c, n) ? WITHIN_TWICE : WITHIN_FOUND;
	}
	*r = own;
	if (!within_is_whole(r))
		return WITHIN_BROKEN;
	(void)result_fail(r, RESULT_OPEN, r->status == RESULT_OPENED ? ENOENT :
	    ENOTDIR);
	return WITHIN_LACKS;
}
