/*
 * Files in, lines out.
 *
 * Sorted, every name is kept in a table until all have their results; unsorted,
 * a line is printed as its result comes, in constant memory.
 */
#include "mode/mode.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "digest/digest.h"
#include "digest/engine.h"
#include "hasher/result.h"
#include "mode/archives.h"
#include "mode/contents.h"
#include "mode/duplicates.h"
#include "mode/journal.h"
#include "mode/operands.h"
#include "mode/part.h"
#include "mode/reuse.h"
#include "mode/run.h"
#include "options/options.h"
#include "record/code.h"
#include "record/format.h"
#include "record/side.h"
#include "record/table.h"
#include "source/walk.h"

struct hash {
	struct run run;
	struct format format;
	struct buf dir;              /* the format's */
	struct table *table;         /* of run.found; NULL with --sort=none */
	struct engine *tree;         /* with --tree-digest */
	bool reuses;                 /* with --reuse or --journal */
	struct reuse reuse;
	struct journal journal;
	uint64_t hashed, bad;        /* files with a digest, names without */
	uint64_t reused;             /* of the former, those that were not read */
	bool absent;                 /* an operand could not be found */
	uint64_t left, left_bytes;   /* of the latter, those that the budget was
	                              * not enough for */
	uint64_t opened, others;     /* archives; members that are no files */
	struct archives archives;    /* until they are read, or, sorted, until
	                              * all are */
	unsigned char *marks;        /* by number in table */
	size_t marks_cap;
	uint64_t given;              /* files, unsorted: their cookies */
};

enum {
	MARK_MEMBER = 1, /* an archive's */
	MARK_OPEN = 2,   /* an archive of which there are members */
	MARK_DOUBLE = 4, /* one of several members of an archive */
	MARK_LOST = 8,   /* something else had the same name */
	MARK_CHANGED = 16 /* a file whose times tell nothing of it */
};

static unsigned char *
hash_mark(struct hash *h, uint64_t n)
{
	size_t had = h->marks_cap;

	h->marks = mem_grow(h->marks, &h->marks_cap, (size_t)n + 1, 1);
	memset(h->marks + had, 0, h->marks_cap - had);
	return &h->marks[n];
}

/* Adds n bytes to the message of the tree digest; last: the message ends. */
static void
hash_tree_add(struct hash *h, const void *p, size_t n, bool last)
{
	const struct engine_slot *s = &h->tree->slot[0];

	if (s->state != ENGINE_HUNGRY)
		return; /* it has failed before */
	engine_feed(h->tree, 0, p, n, last);
	engine_run(h->tree);
	if (s->state == ENGINE_FAILED)
		outfile_lose(&h->run.out, "libcrypto failed");
}

/* What a budget leaves out may be most of the files. */
static void
hash_say_failure(struct hash *h, const struct result *r, bool open)
{
	h->bad++;
	if (r->status == RESULT_BUDGET) {
		h->left++;
		h->left_bytes += r->size;
		if (!h->run.o->verbose)
			return;
	}
	result_reason(r, &h->run.message);
	diag_name(r->entry.name, r->entry.len, "%s%s",
	    buf_str(&h->run.message), open ? "; what was read of it "
	    "before that may be damaged" : "");
	buf_clear(&h->run.message);
}

/* A line to the output, or why there is none to stderr; open: there are members
 * of it. */
static void
hash_emit(struct hash *h, const struct result *r, bool open)
{
	struct outfile *out = &h->run.out;

	if (r->status == RESULT_OPENED)
		return;
	if (r->status == RESULT_OK && !format_has_name(&h->format, r)) {
		h->bad++;
		diag_msg(FORMAT_NAMELESS);
		return;
	}
	if (r->status == RESULT_OK)
		h->hashed++;
	else
		hash_say_failure(h, r, open);
	if (h->run.o->duplicates)
		return; /* of all together */
	format_result(&h->format, r, &out->lines);
	if (h->tree) {
		hash_tree_add(h, out->lines.data, out->lines.len, false);
		buf_clear(&out->lines);
	}
	outfile_more(out);
}

/* A file or, with its members, an archive. */
static void
hash_emit_unsorted(struct hash *h, const struct result *r)
{
	struct contents *c = archives_take(&h->archives, r->entry.cookie);
	struct result m;
	uint64_t n;

	for (n = 0; c && n < table_count(c->table); n++) {
		if (!contents_get(c, n, &m))
			continue;
		hash_emit(h, &m, false);
		if (contents_is_double(c, n))
			diag_name(m.entry.name, m.entry.len, CONTENTS_DOUBLE);
	}
	hash_emit(h, r, c != NULL);
	if (c)
		h->others += c->others;
	contents_free(c);
}

/* Now, or at its place in the order. */
static void
hash_say_changed(struct hash *h, const struct result *r)
{
	if (h->table)
		*hash_mark(h, r->entry.cookie) |= MARK_CHANGED;
	else
		diag_name(r->entry.name, r->entry.len, REUSE_CHANGED);
}

static void
hash_on_result(void *cookie, const struct result *r)
{
	struct hash *h = cookie;

	if (r->archive) {
		archives_add(&h->archives, r);
		return;
	}
	progress_done(r->entry.name, r->entry.len);
	h->opened += r->status == RESULT_OPENED;
	if (h->reuses && reuse_differs(&h->reuse, r))
		hash_say_changed(h, r);
	journal_add(&h->journal, r, h->format.tag);
	if (!h->table)
		hash_emit_unsorted(h, r);
	else if (table_set(h->table, r->entry.cookie, r) < 0)
		diag_bug("hash: a result for no name");
}

static void
hash_on_pause(void *cookie)
{
	struct hash *h = cookie;

	if (!h->table)
		outfile_flush(&h->run.out);
	journal_flush(&h->journal);
	run_show_progress(&h->run);
}

static bool
hash_is_operand(const struct hash *h, const char *path)
{
	const struct options *o = h->run.o;
	size_t i;

	for (i = 0; i < o->noperands; i++)
		if (!strcmp(o->operands[i], path))
			return true;
	return false;
}

/* A name that can have no digest: kept for its place in the order. */
static int
hash_on_error(void *cookie, const char *path, size_t len, int err)
{
	struct hash *h = cookie;
	struct result r = operands_failure(path, len, err);
	bool is_new;
	uint64_t n;

	h->absent |= hash_is_operand(h, path);
	if (!h->table) {
		hash_emit(h, &r, false);
		return 0;
	}
	n = table_add(h->table, path, len, &is_new);
	if (is_new)
		(void)table_set(h->table, n, &r); /* new, so it has none yet */
	return 0;
}

/* No more is to be read. */
static void
hash_leave_out(struct result *r)
{
	(void)result_fail(r, RESULT_BUDGET, 0);
	r->size = r->entry.id.size;
}

static int
hash_on_file_unsorted(struct hash *h, const struct entry *e)
{
	struct result r;
	enum reuse_verdict v = h->reuses ? reuse_look_up(&h->reuse, e, &r) :
	    REUSE_READ;
	struct entry numbered = *e;

	numbered.cookie = h->given++;
	if (v != REUSE_TAKE && budget_lasts(&h->run.budget))
		return run_put(&h->run, &numbered);
	if (v == REUSE_READ) {
		r = (struct result){ .entry = numbered };
		hash_leave_out(&r);
	}
	r.entry.cookie = numbered.cookie;
	h->reused += v != REUSE_READ;
	hash_emit_unsorted(h, &r);
	return run_pass(&h->run);
}

static int
hash_on_file(void *cookie, const struct entry *e)
{
	struct hash *h = cookie;
	struct result r;
	bool is_new;
	uint64_t n;

	if (!part_has(h->run.o, e->name, e->len))
		return 0;
	if (!h->table)
		return hash_on_file_unsorted(h, e);
	n = table_add(h->table, e->name, e->len, &is_new);
	if (!is_new)
		return 0;
	if (!h->reuses)
		return run_add(&h->run, n, e);
	switch (reuse_look(&h->reuse, n, e, &r)) {
	case REUSE_READ:
		return run_add(&h->run, n, e);
	case REUSE_DUE:
		reuse_put_off(&h->reuse, n);
		break;
	case REUSE_TAKE:
		h->reused++;
		(void)table_set(h->table, n, &r); /* new, so it has none yet */
		break;
	}
	return run_pass(&h->run);
}

/* Hands over what was put off, after all the rest. */
static void
hash_put_due(struct hash *h)
{
	struct result r;
	size_t i;

	reuse_order(&h->reuse, h->run.o->oldest_first);
	for (i = 0; i < h->reuse.ndue; i++) {
		(void)table_get(h->table, h->reuse.due[i], &r);
		progress_found(r.entry.id.size);
		backlog_add(&h->run.backlog, h->reuse.due[i]);
	}
	(void)run_put_rest(&h->run);
}

/* What the budget was not enough for has the digest that is known, or none. */
static void
hash_leave_rest(struct hash *h)
{
	struct result r;
	uint64_t n;

	for (; backlog_next(&h->run.backlog, &n); backlog_take(&h->run.backlog)) {
		if (h->reuses && reuse_get(&h->reuse, n, &r)) {
			h->reused++;
		} else {
			(void)table_get(h->table, n, &r);
			hash_leave_out(&r);
		}
		(void)table_set(h->table, n, &r); /* none was handed over */
	}
}

/* ---- sorted: members to the rest ---------------------------------------------- */

/* A file keeps its name; of two archives the later one has it. The content of a
 * compressed file may have the very name of that. */
static void
hash_merge_member(struct hash *h, uint64_t archive, const struct result *m,
    bool is_double)
{
	bool is_new, is_its;
	uint64_t n = table_add(h->table, m->entry.name, m->entry.len, &is_new);
	unsigned char *mark = hash_mark(h, n);
	struct result old;

	(void)table_get(h->table, n, &old);
	is_its = n == archive && old.status == RESULT_OPENED;
	if (!is_new && !is_its)
		*mark |= MARK_LOST;
	if (is_double)
		*mark |= MARK_DOUBLE;
	if (is_new || is_its || (*mark & MARK_MEMBER)) {
		*mark |= MARK_MEMBER;
		table_replace(h->table, n, m);
	}
}

static void
hash_merge_archives(struct hash *h)
{
	struct contents *c;
	struct result m;
	uint64_t archive, n;

	while (archives_first(&h->archives, &archive)) {
		c = archives_take(&h->archives, archive);
		h->others += c->others;
		*hash_mark(h, archive) |= MARK_OPEN;
		for (n = 0; n < table_count(c->table); n++) {
			/* else a million members would be there twice */
			table_forget(c->table, n);
			if (contents_get(c, n, &m))
				hash_merge_member(h, archive, &m,
				    contents_is_double(c, n));
		}
		contents_free(c);
	}
}

static void
hash_emit_sorted(struct hash *h, const struct result *r)
{
	uint64_t n = r->entry.cookie;
	unsigned mark = n < h->marks_cap ? h->marks[n] : 0;

	if (mark & MARK_CHANGED)
		diag_name(r->entry.name, r->entry.len, REUSE_CHANGED);
	hash_emit(h, r, (mark & MARK_OPEN) && !(mark & MARK_MEMBER));
	if (mark & MARK_DOUBLE)
		diag_name(r->entry.name, r->entry.len, CONTENTS_DOUBLE);
	if (!(mark & MARK_LOST))
		return;
	h->bad++;
	diag_name(r->entry.name, r->entry.len, "a member of another archive has "
	    "this name, too, and has no line (--archive-prefix)");
}

static void
hash_print_duplicates(struct hash *h)
{
	struct duplicates_counts c = duplicates_print(h->table, &h->format,
	    &h->run.out);

	if (h->run.o->verbose)
		diag_msg("%" PRIu64 " groups; %" PRIu64 " files, %" PRIu64
		    " bytes more than one of each", c.groups, c.files, c.bytes);
}

/* Prints the table in order of path. */
static void
hash_print_table(struct hash *h)
{
	size_t i, n;
	struct result r;

	hash_merge_archives(h);
	n = table_count(h->table);
	table_sort(h->table);
	for (i = 0; i < n && !h->run.out.lost; i++) {
		/* one without a result is LOST, and said so */
		if (!table_is_found(h->table, table_sorted_at(h->table, i)))
			continue; /* it is no more there */
		(void)table_get(h->table, table_sorted_at(h->table, i), &r);
		hash_emit_sorted(h, &r);
	}
	if (h->run.o->duplicates)
		hash_print_duplicates(h);
}

/* The one line of --tree-digest; none for a tree that is not whole. */
static void
hash_print_tree(struct hash *h)
{
	if (h->bad) {
		diag_msg("no tree digest: %" PRIu64 " name%s without a digest",
		    h->bad, h->bad == 1 ? "" : "s");
		return;
	}
	hash_tree_add(h, NULL, 0, true);
	if (h->tree->slot[0].state != ENGINE_DONE)
		return;
	code_put(&h->run.out.lines, h->tree->slot[0].digest, h->tree->size,
	    h->run.o->base64);
	buf_putc(&h->run.out.lines, '\n');
}

static void
hash_print_counts(const struct hash *h)
{
	struct walk_counts c = walk_counts();

	diag_msg("%" PRIu64 " files hashed, %" PRIu64 " names without a "
	    "digest; in %" PRIu64 " directories, skipped %" PRIu64
	    " symbolic links, %" PRIu64 " special files, %" PRIu64
	    " output files", h->hashed, h->bad, c.dirs, c.links, c.specials,
	    c.own);
	if (h->reuses)
		reuse_print_counts(&h->reuse, h->reused);
	if (h->run.o->archive)
		diag_msg("%" PRIu64 " archives opened, in which %" PRIu64
		    " members are not regular files", h->opened, h->others);
}

static struct format
hash_format(struct hash *h)
{
	const struct options *o = h->run.o;
	struct format f = {
		.kind = o->tree_digest ? FORMAT_UNTAGGED : o->format,
		.base64 = o->base64 && !o->tree_digest,
		.binary = o->binary && !o->tree_digest,
		.identity = o->identity,
		.end = o->zero ? '\0' : '\n',
		.tag = h->run.digest->tag,
		.dir = &h->dir,
	};

	return f;
}

/* Everything up to the first name. 0 or -1 after a message. */
static int
hash_init(struct hash *h, const struct options *o)
{
	if (run_init(&h->run, o) < 0)
		return -1;
	h->format = hash_format(h);
	if (!format_can(&h->format)) {
		diag_msg("mtree has no keyword for %s", h->format.tag);
		return -1;
	}
	format_begin(&h->format, &h->run.out.lines);
	h->archives.rules = archives_rules(&h->run);
	if (o->sort == OPTIONS_SORTED) {
		h->run.found = side_new();
		h->table = h->run.found->table;
		if (o->format == FORMAT_MTREE || o->identity || o->duplicates)
			table_keep_stamps(h->table);
	}
	h->reuses = o->reuse.n || o->journal;
	if (h->reuses)
		reuse_init(&h->reuse, o, h->table);
	if (o->journal && journal_open(&h->journal, &h->run, o->journal) < 0)
		return -1;
	if (o->tree_digest) {
		h->tree = engine_new(h->run.digest, 1, "libcrypto");
		if (!h->tree || engine_start(h->tree, 0, 0) < 0) {
			diag_msg("libcrypto failed");
			return -1;
		}
	}
	if (run_hasher(&h->run, h, hash_on_result, hash_on_pause) < 0)
		return -1;
	if (h->reuses)
		reuse_read(&h->reuse, &h->run);
	if (o->journal)
		reuse_read_journal(&h->reuse, &h->run, &h->journal);
	return 0;
}

static void
hash_run(struct hash *h)
{
	struct walk_opts w = operands_walk(&h->run);

	w.cookie = h;
	w.on_file = hash_on_file;
	w.on_error = hash_on_error;
	run_start_progress(&h->run);
	h->bad += operands_run(&h->run, &w, "-") + h->run.list_missing;
	progress_found_all();
	/* what nobody will read need not be computed */
	if (!h->run.out.lost && !h->run.stopped && h->table) {
		(void)run_put_rest(&h->run);
		hash_put_due(h);
	}
	if (!h->run.out.lost && !h->run.stopped && h->table)
		hash_leave_rest(h);
	run_finish(&h->run);
	journal_flush(&h->journal);
	if (h->table)
		hash_print_table(h);
	if (h->tree)
		hash_print_tree(h);
	outfile_flush(&h->run.out);
	if (h->left)
		diag_msg("the budget is used up: %" PRIu64 " file%s of %" PRIu64
		    " bytes left out", h->left, h->left == 1 ? "" : "s",
		    h->left_bytes);
	if (h->run.o->verbose)
		hash_print_counts(h);
}

int
mode_hash(const struct options *o)
{
	struct hash h = { .table = NULL };
	int status = PHASH_FAILURE;

	if (hash_init(&h, o) == 0) {
		hash_run(&h);
		status = run_commit(&h.run, h.bad || reuse_is_bad(&h.reuse));
		h.journal.used = h.reuse.met;
		/* what is left out, or was not there, another run will read */
		if (status != PHASH_FAILURE && !h.left && !h.absent)
			journal_remove(&h.journal);
		if (status == PHASH_OK && h.journal.failed)
			status = PHASH_DIFFERS;
	}
	archives_release(&h.archives);
	free(h.marks);
	buf_release(&h.dir);
	side_free(h.run.found);
	engine_free(h.tree);
	reuse_release(&h.reuse);
	journal_release(&h.journal);
	run_release(&h.run);
	return status;
}
