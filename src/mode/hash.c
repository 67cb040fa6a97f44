#include "mode/mode.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "digest/digest.h"
#include "hasher/hasher.h"
#include "hasher/result.h"
#include "mode/backlog.h"
#include "mode/operands.h"
#include "mode/setup.h"
#include "options.h"
#include "record/code.h"
#include "record/format.h"
#include "record/table.h"
#include "source/walk.h"

struct hash {
	const struct options *o;
	struct setup setup;
	struct format format;
	struct table *table;         /* NULL with --sort=none */
	struct backlog backlog;      /* of the table */
	struct digest_ctx *tree;     /* with --tree-digest */
	struct outfile out;
	struct buf reason;
	uint64_t hashed, bad;        /* files with a digest, names without */
	bool stopped;                /* the hasher takes no more names */
};

/* A finished result leaves: a line to the output, a failure to stderr. */
static void
hash_emit(struct hash *h, const struct result *r)
{
	if (r->status == RESULT_OK) {
		h->hashed++;
	} else {
		h->bad++;
		buf_clear(&h->reason);
		result_reason(r, &h->reason);
		diag_name(r->entry.name, r->entry.len, "%s", buf_str(&h->reason));
	}
	format_result(&h->format, r, &h->out.lines);
	if (h->tree) {
		if (digest_update(h->tree, h->out.lines.data,
		    h->out.lines.len) < 0)
			outfile_lose(&h->out, "libcrypto failed");
		buf_clear(&h->out.lines);
	}
	outfile_more(&h->out);
}

static void
hash_on_result(void *cookie, const struct result *r)
{
	struct hash *h = cookie;

	progress_done(r->entry.name, r->entry.len);
	if (!h->table)
		hash_emit(h, r);
	else if (table_set(h->table, r->entry.cookie, r) < 0)
		diag_bug("hash: a result for no name");
}

static void
hash_on_pause(void *cookie)
{
	struct hash *h = cookie;

	if (!h->table)
		outfile_flush(&h->out);
	setup_show_progress(&h->setup);
}

/* A name that can have no digest: kept for its place in the order. */
static int
hash_on_error(void *cookie, const struct result *r)
{
	struct hash *h = cookie;
	bool is_new;
	uint64_t n;

	if (!h->table) {
		hash_emit(h, r);
		return 0;
	}
	n = table_add(h->table, r->entry.name, r->entry.len, &is_new);
	if (is_new)
		(void)table_set(h->table, n, r); /* new, so it has none yet */
	return 0;
}

/* Hands a file to the workers: now, or with a table when they have room. */
static int
hash_put(struct hash *h, const struct entry *e)
{
	uint64_t n;
	bool is_new;

	if (!h->table) {
		progress_found(e->id.size);
		return hasher_put(h->setup.hasher, e);
	}
	n = table_add(h->table, e->name, e->len, &is_new);
	if (!is_new)
		return 0;
	progress_found(e->id.size);
	return backlog_add(&h->backlog, n, e);
}

static int
hash_on_name(void *cookie, const struct entry *e)
{
	struct hash *h = cookie;

	if (hash_put(h, e) < 0)
		h->stopped = true;
	return h->stopped || h->out.lost ? -1 : 0;
}

/* The list of operands pauses: what was found need not. */
static int
hash_on_idle(void *cookie)
{
	struct hash *h = cookie;

	if (h->table && backlog_more(&h->backlog) < 0)
		h->stopped = true;
	return h->stopped ? -1 : 0;
}

/* Prints the table in order of path. */
static void
hash_print_table(struct hash *h)
{
	size_t i, n = table_count(h->table);
	struct result r;

	table_sort(h->table);
	for (i = 0; i < n && !h->out.lost; i++) {
		/* one without a result is LOST, and said so */
		(void)table_get(h->table, table_sorted_at(h->table, i), &r);
		hash_emit(h, &r);
	}
}

/* The one line of --tree-digest; none for a tree that is not whole. */
static void
hash_print_tree(struct hash *h)
{
	unsigned char md[DIGEST_MAX];

	if (h->bad) {
		diag_msg("no tree digest: %" PRIu64 " name%s without a digest",
		    h->bad, h->bad == 1 ? "" : "s");
		return;
	}
	if (digest_final(h->tree, md) < 0) {
		outfile_lose(&h->out, "libcrypto failed");
		return;
	}
	code_put(&h->out.lines, md, digest_size(h->setup.digest),
	    h->o->base64);
	buf_putc(&h->out.lines, '\n');
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
}

static struct format
hash_format(const struct hash *h)
{
	struct format f = {
		.kind = h->o->tree_digest ? FORMAT_UNTAGGED : h->o->format,
		.base64 = h->o->base64 && !h->o->tree_digest,
		.binary = h->o->binary && !h->o->tree_digest,
		.end = h->o->zero ? '\0' : '\n',
		.tag = digest_tag(h->setup.digest),
	};

	return f;
}

/* Everything up to the first name. 0 or -1 after a message. */
static int
hash_init(struct hash *h, const struct options *o)
{
	h->o = o;
	if (setup_init(&h->setup, o, &h->out) < 0)
		return -1;
	h->format = hash_format(h);
	if (!o->unsorted)
		h->table = table_new();
	if (o->tree_digest) {
		h->tree = digest_ctx_new(h->setup.digest);
		if (!h->tree || digest_init(h->tree) < 0) {
			diag_msg("libcrypto failed");
			return -1;
		}
	}
	if (setup_hasher(&h->setup, h, hash_on_result, hash_on_pause) < 0)
		return -1;
	h->backlog.hasher = h->setup.hasher;
	h->backlog.table = h->table;
	return 0;
}

static void
hash_run(struct hash *h)
{
	struct operands names = {
		.setup = &h->setup,
		.none = "-",
		.cookie = h,
		.on_name = hash_on_name,
		.on_error = hash_on_error,
		.on_idle = hash_on_idle,
	};

	setup_start_progress(h->o);
	h->bad += operands_run(&names) + h->setup.list_missing;
	progress_found_all();
	/* what nobody will read need not be computed */
	if (!h->out.lost && !h->stopped && h->table &&
	    backlog_finish(&h->backlog) < 0)
		h->stopped = true;
	if (!h->out.lost && hasher_finish(h->setup.hasher) < 0)
		h->stopped = true;
	setup_end_progress(&h->setup);
	if (h->table)
		hash_print_table(h);
	if (h->tree)
		hash_print_tree(h);
	outfile_flush(&h->out);
	if (h->o->verbose)
		hash_print_counts(h);
}

/* The output is put in its place only if it is all there. */
static int
hash_finish(struct hash *h)
{
	if ((h->stopped && h->o->output) || outfile_commit(&h->out, NULL) < 0 ||
	    h->stopped)
		return PHASH_FAILURE;
	return h->bad ? PHASH_DIFFERS : PHASH_OK;
}

int
mode_hash(const struct options *o)
{
	struct hash h = { .o = o };
	int status = PHASH_FAILURE;

	if (hash_init(&h, o) == 0) {
		hash_run(&h);
		status = hash_finish(&h);
	}
	setup_release(&h.setup);
	digest_ctx_free(h.tree);
	table_free(h.table);
	outfile_release(&h.out);
	buf_release(&h.reason);
	return status;
}
