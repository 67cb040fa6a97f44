#include "mode/within.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	size_t len;                /* bytes of its path */
	struct contents *contents; /* NULL: it is not read, or empty */
	bool told;                 /* within_broken was asked */
};

void
within_init(struct within *w, struct run *run, bool stdin_taken)
{
	memset(w, 0, sizeof(*w));
	w->run = run;
	w->stdin_taken = stdin_taken;
	w->archives.rules.prefix = true;
	w->table = table_new();
}

void
within_release(struct within *w)
{
	uint64_t n;

	for (n = 0; w->table && n < table_count(w->table); n++)
		contents_free(w->v[n].contents);
	free(w->v);
	table_free(w->table);
	archives_release(&w->archives);
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
		return !w->stdin_taken;
	}
	if (xio_stat(w->run->dirfd, path, &st, 0) < 0 || S_ISDIR(st.st_mode))
		return false;
	e->kind = S_ISREG(st.st_mode) ? ENTRY_NAMED : ENTRY_STREAM;
	e->id = entry_identity(&st);
	return true;
}

/* The number of the archive whose path is that of len bytes, which is handed
 * over if it is new. As within_put. */
static int
within_open(struct within *w, const char *path, size_t len, int algorithm,
    uint64_t *archive)
{
	struct entry e = { .len = len, .algorithm = algorithm,
	    .archive = true };
	bool is_new;

	buf_clear(&w->key);
	buf_put(&w->key, path, len);
	buf_putc(&w->key, '\0');
	buf_printf(&w->key, "%d", algorithm);
	*archive = table_find(w->table, w->key.data, w->key.len);
	e.name = w->key.data;
	if (*archive != WITHIN_NONE || !within_look(w, e.name, &e))
		return 0;
	*archive = table_add(w->table, w->key.data, w->key.len, &is_new);
	w->v = mem_grow(w->v, &w->cap, (size_t)*archive + 1, sizeof(*w->v));
	w->v[*archive] = (struct within_archive){ .len = len };
	e.cookie = WITHIN_ARCHIVE | *archive;
	return run_put(w->run, &e);
}

int
within_put(struct within *w, const char *name, size_t len, int algorithm,
    uint64_t *archive)
{
	const char *mark = name;
	int rc = 0;

	*archive = WITHIN_NONE;
	while (rc == 0 && *archive == WITHIN_NONE &&
	    (mark = memchr(mark, '!', len - (size_t)(mark - name)))) {
		if (mark > name)
			rc = within_open(w, name, (size_t)(mark - name),
			    algorithm, archive);
		mark++;
	}
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
	w->v[n].contents = archives_take(&w->archives, r->entry.cookie);
	if (table_set(w->table, n, r) < 0)
		diag_bug("within: a result for no archive");
	return true;
}

/* The archive's own result. False: it has none yet. */
static bool
within_own(const struct within *w, uint64_t archive, struct result *r)
{
	bool is_read = table_get(w->table, archive, r);

	r->entry.len = w->v[archive].len;
	return is_read;
}

bool
within_is_read(const struct within *w, uint64_t archive)
{
	struct result own;

	return within_own(w, archive, &own);
}

bool
within_broken(struct within *w, uint64_t archive, struct result *r)
{
	bool told = w->v[archive].told;

	w->v[archive].told = true;
	(void)within_own(w, archive, r);
	return !told && r->status != RESULT_OPENED && r->status != RESULT_OK;
}

/* A name that is not in the archive. */
static void
within_lack(struct result *r)
{
	if (r->status == RESULT_OPENED)
		(void)result_fail(r, RESULT_OPEN, ENOENT);
	else if (r->status == RESULT_OK) /* but no archive */
		(void)result_fail(r, RESULT_OPEN, ENOTDIR);
}

bool
within_get(struct within *w, uint64_t archive, const char *name, size_t len,
    struct result *r)
{
	struct contents *c = w->v[archive].contents;
	size_t before = w->v[archive].len + 1;
	struct result own;
	uint64_t n = UINT64_MAX;

	(void)within_own(w, archive, &own);
	if (c)
		n = contents_find(c, &own.entry, name + before, len - before);
	if (n == UINT64_MAX) {
		*r = own;
		within_lack(r);
		return false;
	}
	(void)contents_get(c, n, r);
	return contents_is_double(c, n);
}
