#include "mode/reuse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/line.h"
#include "base/mem.h"
#include "base/xio.h"
#include "hasher/result.h"
#include "mode/journal.h"
#include "mode/readlist.h"
#include "mode/run.h"
#include "options/options.h"
#include "record/manifest.h"
#include "record/scope.h"
#include "record/table.h"

#define REUSE_DAY (24 * 60 * 60)
#define REUSE_RACY INT64_C(2) /* seconds */
#define REUSE_NS INT64_C(1000000000)

void
reuse_init(struct reuse *u, const struct options *o, struct table *t)
{
	u->owned = !t;
	u->table = t ? t : table_new();
	table_keep_stamps(u->table);
	u->oldest = INT64_MIN;
	if (o->reuse_max_age >= 0)
		u->oldest = (int64_t)time(NULL) -
		    (int64_t)o->reuse_max_age * REUSE_DAY;
	else if (o->oldest_first && !o->reuse_sample)
		u->oldest = INT64_MAX; /* as many as the budget allows */
	u->sample = (unsigned)o->reuse_sample;
	siphash_key_random(&u->key);
}

void
reuse_release(struct reuse *u)
{
	if (u->owned)
		table_free(u->table);
	free(u->due);
}

/* ---- lists -------------------------------------------------------------------- */

/* A list that is being read. */
struct reuse_list {
	struct readlist list;
	struct reuse *reuse;
	uint64_t entries, anonymous; /* those that do not say which file it was */
	uint64_t malformed;
};

/* In a specification each path has "./" in front, whether the run that wrote it had
 * it or not: does this one, as far as its operands tell? */
static bool
reuse_has_dots(const struct options *o)
{
	size_t i;

	for (i = 0; i < o->noperands; i++)
		if (!strcmp(o->operands[i], ".") ||
		    !strncmp(o->operands[i], "./", 2))
			return true;
	return !o->noperands && !o->nlists;
}

static int
reuse_on_entry(void *cookie, const struct manifest_entry *e)
{
	struct reuse_list *l = cookie;
	const char *name = e->name;
	size_t len = e->len;
	struct result r = { .status = RESULT_OK, .size = e->want.size,
		.digestlen = e->want.digestlen, .entry = {
			.algorithm = e->algorithm,
			.given = e->file.read,
			.id = {
				.dev = e->file.dev,
				.ino = e->file.ino,
				.mtime = e->file.mtime,
				.ctime = e->file.ctime,
			},
		} };

	l->entries++;
	if (!e->file.known || !e->want.has_size) {
		l->anonymous++;
		/* of what was there before, nothing is known any more */
		r.digestlen = 0;
	}
	memcpy(r.digest, e->want.digest, r.digestlen);
	if (e->form == FORMAT_MTREE && !reuse_has_dots(l->list.run->o))
		scope_bare(&name, &len);
	table_recall(l->reuse->table, name, len, &r);
	return 0;
}

static int
reuse_on_message(void *cookie, enum manifest_kind kind, struct buf *text)
{
	struct reuse_list *l = cookie;

	/* of an object with "error" the file had no digest, and is read */
	l->malformed += kind >= MANIFEST_MALFORMED && kind != MANIFEST_NO_DIGEST;
	buf_clear(text);
	return 0;
}

static void
reuse_say(const struct reuse_list *l, const char *name)
{
	if (l->malformed)
		diag_name(name, strlen(name), "%" PRIu64 " line%s passed over: "
		    "cut off, or not understood", l->malformed,
		    l->malformed == 1 ? "" : "s");
	if (l->entries && l->anonymous == l->entries)
		diag_name(name, strlen(name), "nothing is reused: it does not "
		    "say which files they were (--identity)");
}

/* fd: of the list, or -1, and it is opened. Returns how many entries it has. */
static uint64_t
reuse_read_list(struct reuse *u, struct run *run, const char *path, int fd)
{
	struct reuse_list l = { .reuse = u };
	const char *name = readlist_name(path), *why;
	int rc;

	l.list.cookie = &l;
	l.list.on_entry = reuse_on_entry;
	l.list.on_message = reuse_on_message;
	readlist_init(&l.list, run);
	l.list.delim = LINE_EITHER; /* -z is for the output */
	rc = fd < 0 ? readlist(&l.list, path, &why) :
	    readlist_fd(&l.list, fd, "journal", &why);
	if (rc)
		diag_name(name, strlen(name), "%s", why ? why :
		    strerror(errno));
	u->broken += rc != 0;
	reuse_say(&l, name);
	return l.entries;
}

/* The first time there is none yet. */
static bool
reuse_is_there(const struct run *run, const char *path)
{
	struct stat st;

	if (!strcmp(path, "-") || xio_stat(run->startfd, path, &st, 0) == 0 ||
	    errno != ENOENT)
		return true;
	diag_name(path, strlen(path), "%s", strerror(ENOENT));
	return false;
}

void
reuse_read(struct reuse *u, struct run *run)
{
	const struct options_values *lists = &run->o->reuse;
	size_t i;

	for (i = 0; i < lists->n; i++)
		if (reuse_is_there(run, lists->v[i]))
			(void)reuse_read_list(u, run, lists->v[i], -1);
}

void
reuse_read_journal(struct reuse *u, struct run *run, struct journal *j)
{
	j->entries = reuse_read_list(u, run, j->path, j->fd);
}

/* ---- files -------------------------------------------------------------------- */

/* Whatever was changed after the reading of old began has other times. */
static bool
reuse_is_settled(const struct result *old)
{
	const struct entry_identity *id = &old->entry.id;
	int64_t latest = id->mtime > id->ctime ? id->mtime : id->ctime;

	return id->mtime != ENTRY_NO_TIME && id->ctime != ENTRY_NO_TIME &&
	    old->entry.given > 0 &&
	    latest / REUSE_NS + 1 <= old->entry.given - REUSE_RACY;
}

bool
reuse_get(const struct reuse *u, uint64_t n, struct result *old)
{
	return table_get_old(u->table, n, old) && old->digestlen && old->size &&
	    reuse_is_settled(old);
}

/* Is it to be read all the same? */
static bool
reuse_is_due(const struct reuse *u, const struct result *old)
{
	return old->entry.given < u->oldest || (u->sample &&
	    siphash(&u->key, old->entry.name, old->entry.len) % 100 < u->sample);
}

enum reuse_verdict
reuse_look(struct reuse *u, uint64_t n, const struct entry *e,
    struct result *r)
{
	u->met += table_is_recalled(u->table, n);
	if (!S_ISREG(e->id.mode))
		return REUSE_READ;
	table_note(u->table, n, e);
	if (!reuse_get(u, n, r))
		return REUSE_READ;
	r->entry.cookie = e->cookie;
	return reuse_is_due(u, r) ? REUSE_DUE : REUSE_TAKE;
}

enum reuse_verdict
reuse_look_up(struct reuse *u, const struct entry *e, struct result *r)
{
	uint64_t n = table_find(u->table, e->name, e->len);

	return n == UINT64_MAX ? REUSE_READ : reuse_look(u, n, e, r);
}

/* ---- what is put off ---------------------------------------------------------- */

void
reuse_put_off(struct reuse *u, uint64_t n)
{
	u->due = mem_grow(u->due, &u->due_cap, u->ndue + 1, sizeof(*u->due));
	u->due[u->ndue++] = n;
}

struct reuse_age {
	int64_t given;
	uint64_t number;
};

static int
reuse_compare_ages(const void *pa, const void *pb)
{
	const struct reuse_age *a = pa, *b = pb;

	if (a->given != b->given)
		return (a->given > b->given) - (a->given < b->given);
	return (a->number > b->number) - (a->number < b->number);
}

void
reuse_order(struct reuse *u, bool oldest_first)
{
	struct reuse_age *ages;
	struct result old;
	size_t i;

	if (!oldest_first)
		return;
	ages = mem_zalloc(u->ndue, sizeof(*ages));
	for (i = 0; i < u->ndue; i++) {
		(void)table_get_old(u->table, u->due[i], &old);
		ages[i] = (struct reuse_age){ old.entry.given, u->due[i] };
	}
	qsort(ages, u->ndue, sizeof(*ages), reuse_compare_ages);
	for (i = 0; i < u->ndue; i++)
		u->due[i] = ages[i].number;
	free(ages);
}

/* ---- results ------------------------------------------------------------------ */

bool
reuse_differs(struct reuse *u, const struct result *r)
{
	uint64_t n = table_find(u->table, r->entry.name, r->entry.len);
	struct result old;

	u->read++;
	if (r->status != RESULT_OK || n == UINT64_MAX ||
	    !reuse_get(u, n, &old) ||
	    !entry_is_same(&old.entry.id, &r->entry.id) ||
	    !memcmp(old.digest, r->digest, r->digestlen))
		return false;
	u->changed++;
	return true;
}

bool
reuse_is_bad(const struct reuse *u)
{
	return u->changed || u->broken;
}

void
reuse_print_counts(const struct reuse *u, uint64_t reused)
{
	diag_msg("%" PRIu64 " files reused, %" PRIu64 " read", reused,
	    u->read);
}
