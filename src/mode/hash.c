/*
 * Files in, lines out.
 *
 * Sorted, every name is kept in a table until all have their results; unsorted,
 * a line is printed as its result comes, in constant memory.
 */
#include "mode/mode.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "digest/digest.h"
#include "digest/engine.h"
#include "hasher/result.h"
#include "mode/archives.h"
#include "mode/contents.h"
#include "mode/operands.h"
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
	struct table *table;         /* of run.found; NULL with --sort=none */
	struct engine *tree;         /* with --tree-digest */
	uint64_t hashed, bad;        /* files with a digest, names without */
	uint64_t opened, others;     /* archives; members that are no files */
	struct contents contents;    /* of archives, in table... */
	struct archives archives;    /* ...or, unsorted, of each that is open */
	uint64_t given;              /* files */
};

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

/* A line to the output, or why there is none to stderr; open: there are members
 * of it. */
static void
hash_emit(struct hash *h, const struct result *r, bool open)
{
	struct outfile *out = &h->run.out;

	if (r->status == RESULT_OPENED) {
		h->opened++;
		h->others += (uint64_t)r->others;
		return;
	}
	if (r->status == RESULT_OK) {
		h->hashed++;
	} else {
		h->bad++;
		result_reason(r, &h->run.message);
		diag_name(r->entry.name, r->entry.len, "%s%s",
		    buf_str(&h->run.message), open ? "; what was read of it "
		    "before that may be damaged" : "");
		buf_clear(&h->run.message);
	}
	format_result(&h->format, r, &out->lines);
	if (h->tree) {
		hash_tree_add(h, out->lines.data, out->lines.len, false);
		buf_clear(&out->lines);
	}
	outfile_more(out);
}

static void
hash_say_clash(struct hash *h, const struct contents *c, const struct result *r)
{
	bool lost;
	const char *what = contents_clash(c, r->entry.cookie, &lost);

	if (!what)
		return;
	h->bad += lost;
	diag_name(r->entry.name, r->entry.len, "%s", what);
}

/* A file or, with its members, an archive. */
static void
hash_emit_unsorted(struct hash *h, const struct result *r)
{
	const struct contents *c = archives_contents(&h->archives,
	    r->entry.cookie);
	struct result m;
	uint64_t n;

	for (n = 0; c && n < table_count(c->table); n++) {
		if (!contents_wants(c, n))
			continue;
		(void)table_get(c->table, n, &m);
		hash_emit(h, &m, false);
		hash_say_clash(h, c, &m);
	}
	hash_emit(h, r, c != NULL);
	archives_close(&h->archives, r->entry.cookie);
}

/* An archive of which a member has its name: that has the line, unless it is not
 * to be trusted. */
static void
hash_set_archive(struct hash *h, const struct result *r)
{
	if (r->status != RESULT_OPENED)
		table_replace(h->table, r->entry.cookie, r);
}

static void
hash_on_result(void *cookie, const struct result *r)
{
	struct hash *h = cookie;

	if (r->archive) {
		if (h->table)
			contents_add(&h->contents, r);
		else
			archives_add(&h->archives, r);
		return;
	}
	progress_done(r->entry.name, r->entry.len);
	if (!h->table)
		hash_emit_unsorted(h, r);
	else if (contents_has(&h->contents, r->entry.cookie))
		hash_set_archive(h, r);
	else if (table_set(h->table, r->entry.cookie, r) < 0)
		diag_bug("hash: a result for no name");
}

static void
hash_on_pause(void *cookie)
{
	struct hash *h = cookie;

	if (!h->table)
		outfile_flush(&h->run.out);
	run_show_progress(&h->run);
}

/* A name that can have no digest: kept for its place in the order. */
static int
hash_on_error(void *cookie, const char *path, size_t len, int err)
{
	struct hash *h = cookie;
	struct result r = operands_failure(path, len, err);
	bool is_new;
	uint64_t n;

	if (!h->table) {
		hash_emit(h, &r, false);
		return 0;
	}
	n = table_add(h->table, path, len, &is_new);
	if (is_new)
		(void)table_set(h->table, n, &r); /* new, so it has none yet */
	return 0;
}

static int
hash_on_file(void *cookie, const struct entry *e)
{
	struct hash *h = cookie;
	struct entry numbered = *e;
	bool is_new;
	uint64_t n;

	numbered.cookie = h->given++;
	if (!h->table)
		return run_put(&h->run, &numbered);
	n = table_add(h->table, e->name, e->len, &is_new);
	return is_new ? run_add(&h->run, n, e) : 0;
}

/* Prints the table in order of path. */
static void
hash_print_table(struct hash *h)
{
	size_t i, n = table_count(h->table);
	struct result r;

	table_sort(h->table);
	for (i = 0; i < n && !h->run.out.lost; i++) {
		if (!contents_wants(&h->contents,
		    table_sorted_at(h->table, i)))
			continue;
		/* one without a result is LOST, and said so */
		(void)table_get(h->table, table_sorted_at(h->table, i), &r);
		hash_emit(h, &r, contents_is_open(&h->contents,
		    r.entry.cookie));
		hash_say_clash(h, &h->contents, &r);
	}
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
	if (h->run.o->archive)
		diag_msg("%" PRIu64 " archives opened, in which %" PRIu64
		    " members are not regular files", h->opened, h->others);
}

static struct format
hash_format(const struct hash *h)
{
	const struct options *o = h->run.o;
	struct format f = {
		.kind = o->tree_digest ? FORMAT_UNTAGGED : o->format,
		.base64 = o->base64 && !o->tree_digest,
		.binary = o->binary && !o->tree_digest,
		.end = o->zero ? '\0' : '\n',
		.tag = h->run.digest->tag,
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
	h->contents.rules = h->archives.rules = archives_rules(&h->run);
	if (o->sort == OPTIONS_SORTED) {
		h->run.found = side_new();
		h->table = h->run.found->table;
		h->contents.table = h->table;
	}
	if (o->tree_digest) {
		h->tree = engine_new(h->run.digest, 1, "libcrypto");
		if (!h->tree || engine_start(h->tree, 0, 0) < 0) {
			diag_msg("libcrypto failed");
			return -1;
		}
	}
	return run_hasher(&h->run, h, hash_on_result, hash_on_pause);
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
	if (!h->run.out.lost && !h->run.stopped && h->table)
		(void)run_put_rest(&h->run);
	run_finish(&h->run);
	if (h->table)
		hash_print_table(h);
	if (h->tree)
		hash_print_tree(h);
	outfile_flush(&h->run.out);
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
		status = run_commit(&h.run, h.bad);
	}
	archives_release(&h.archives);
	contents_release(&h.contents);
	side_free(h.run.found);
	engine_free(h.tree);
	run_release(&h.run);
	return status;
}
