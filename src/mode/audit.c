/*
 * A tree against a list: two tables, merged.
 *
 * `want' is what LIST says, `have' is what the walk found and the workers
 * computed. Both are keyed by the plain form of names (record/scope.h) and
 * sorted; the merge gives every name its verdict exactly once. A name only in
 * `want' is MISSING, one only in `have' NEW; of these, pairs with the same
 * digest are MOVED (record/compare.h).
 *
 * What the walk did not come by, though LIST has it, is looked at by name
 * before it is called MISSING: it may lie outside the operands, or have become
 * something that is not a regular file.
 */
#include "mode/mode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/line.h"
#include "base/mem.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "digest/algorithm.h"
#include "hasher/hasher.h"
#include "hasher/result.h"
#include "mode/absent.h"
#include "mode/newlist.h"
#include "mode/operands.h"
#include "mode/rephrase.h"
#include "mode/run.h"
#include "mode/tags.h"
#include "options.h"
#include "record/compare.h"
#include "record/manifest.h"
#include "record/scope.h"
#include "record/side.h"
#include "record/table.h"
#include "record/verdict.h"
#include "source/filter.h"

struct audit {
	struct run run;
	struct tags tags;
	struct verdict_rules rules;
	struct scope *scope; /* the operands */
	struct side *want, *have;
	struct table *outside; /* plain names of entries refused as such */
	int algorithm;       /* of files that are not listed; below 0 while no
	                      * entry has one that can be computed */
	bool *dropped;       /* by number in want: not to be judged (-x) */
	struct compare_files missing, fresh;
	bool met;            /* some name was both listed and found */
	bool again;          /* results are further digests of fresh */
	uint64_t *moved_to;  /* by number in want: a number in have, or
	                      * COMPARE_NONE */
	bool *moved;         /* by number in have: is in moved_to */
	struct verdict_audit_counts counts;
	struct newlist newlist;
	struct buf plain;    /* a name's */
	uint64_t bad_operands; /* said on stderr: what lies there was not seen */
	uint64_t hashed;       /* files with a digest */
};

/* ---- the list ----------------------------------------------------------------- */

/* Of one algorithm. Sizes contradict each other only where both lines have
 * one. */
static bool
audit_same_want(const struct result *a, const struct result *b)
{
	return (a->size == b->size || a->size == COMPARE_NO_SIZE ||
	    b->size == COMPARE_NO_SIZE) && a->digestlen == b->digestlen &&
	    !memcmp(a->digest, b->digest, a->digestlen);
}

/* Would the walk of any operand have found this name, as far as the filter is
 * concerned? Of one that lies below none, nothing above it is an operand. */
static bool
audit_wants_listed(const struct audit *a, const char *plain, size_t len)
{
	char *name = mem_dup(plain, len);
	size_t cursor = 0, below = 0;
	bool wanted = false, found = false;

	while (!wanted && scope_next(a->scope, plain, len, &cursor, &below)) {
		found = true;
		wanted = filter_wants_listed(a->run.filter, name, below);
	}
	if (!found)
		wanted = filter_wants_listed(a->run.filter, name, 0);
	free(name);
	return wanted;
}

/* Refuses an entry: it is said and counted, and the audit fails. */
static void
audit_refuse(struct audit *a, const char *name, size_t len, const char *why)
{
	a->counts.refused++;
	if (!a->rules.status)
		diag_name(name, len, "%s", why);
}

/* One more entry, want, of number n in want. Of several algorithms the first
 * is compared. */
static void
audit_add_again(struct audit *a, uint64_t n, const struct result *want)
{
	struct result old;

	(void)side_get(a->want, n, &old);
	if (old.entry.algorithm != want->entry.algorithm)
		a->counts.further++;
	else if (!audit_same_want(&old, want))
		audit_refuse(a, old.entry.name, old.entry.len, "listed twice, "
		    "and not the same");
}

static struct result
audit_wanted(const struct manifest_entry *e)
{
	struct result want = {
		.entry = { .algorithm = e->algorithm },
		.status = RESULT_OK,
		.size = e->want.has_size ? e->want.size : COMPARE_NO_SIZE,
		.digestlen = e->want.digestlen,
	};

	memcpy(want.digest, e->want.digest, e->want.digestlen);
	return want;
}

static void
audit_add_want(struct audit *a, const struct manifest_entry *e)
{
	struct result want = audit_wanted(e);
	size_t len = e->len, below;
	const char *plain = scope_plain(&a->plain, e->name, &len);
	bool is_new;
	uint64_t n;

	if (scope_outside(a->scope, plain, len, &below)) {
		(void)table_add(a->outside, plain, len, &is_new);
		audit_refuse(a, e->name, e->len, "listed, but outside of what "
		    "is audited");
		return;
	}
	if (!audit_wants_listed(a, plain, len)) {
		a->counts.left_out++;
		return;
	}
	n = side_add(a->want, plain, len, e->name, e->len, &is_new);
	newlist_see(&a->newlist, e, e->algorithm);
	if (is_new)
		(void)table_set(a->want->table, n, &want); /* new: has none */
	else
		audit_add_again(a, n, &want);
	if (a->algorithm < 0)
		a->algorithm = e->algorithm;
}

/* NULL, or why the rest of the list is not read. */
static const char *
audit_line(struct audit *a, struct manifest *m, const char *list, char *line,
    size_t len)
{
	struct manifest_entry e;
	enum manifest_kind kind = manifest_line(m, line, len, &e);

	if (verdict_other_list(kind))
		return verdict_other_list(kind);
	if (a->run.o->verbose && tags_decided(&a->tags, list, &a->run.message))
		outfile_say(&a->run.out, &a->run.message);
	verdict_count_line(&a->counts.lines, kind);
	if (kind == MANIFEST_ENTRY) {
		audit_add_want(a, &e);
	} else if (kind != MANIFEST_SKIP) {
		(void)verdict_malformed(&a->rules, m, list, &a->run.message);
		outfile_say(&a->run.out, &a->run.message);
	}
	return NULL;
}

/* Reads an open list to its end. NULL, or why it could not be read. */
static const char *
audit_lines(struct audit *a, struct manifest *m, const char *list, int fd)
{
	struct line l = { .wait = NULL };
	const char *why = NULL;
	int got = 0;

	while (!why && (got = line_next(&l, fd, m->zero ? '\0' : '\n')) > 0)
		why = audit_line(a, m, list, l.data, l.len);
	if (got < 0)
		why = strerror(errno);
	line_release(&l);
	return why;
}

/* Reads LIST into want. 0, or -1 after a message when it cannot be read. */
static int
audit_read_list(struct audit *a, const char *path)
{
	struct manifest m = tags_manifest(&a->tags, path, a->run.o->zero);
	const char *list = m.is_stdin ? "standard input" : path;
	int fd = run_open_list(&a->run, path);
	const char *why = fd < 0 ? strerror(errno) :
	    audit_lines(a, &m, list, fd);

	run_close_list(fd);
	if (why)
		diag_name(list, strlen(list), "%s", why);
	if (a->algorithm < 0)
		a->algorithm = 0;
	a->counts.guess = tags_guess(&a->tags);
	return why ? -1 : 0;
}

/* ---- the tree ----------------------------------------------------------------- */

/* A digest of another algorithm; without one, the file is what it was. */
static void
audit_set_again(struct audit *a, const struct result *r)
{
	struct compare_file *f;

	if (r->entry.cookie >= a->fresh.n)
		diag_bug("audit: a result for no name");
	f = &a->fresh.v[r->entry.cookie];
	f->size = r->size;
	f->digestlen = r->digestlen;
	memcpy(f->digest, r->digest, r->digestlen);
}

static void
audit_on_result(void *cookie, const struct result *r)
{
	struct audit *a = cookie;

	progress_done(r->entry.name, r->entry.len);
	if (a->again) {
		audit_set_again(a, r);
		return;
	}
	a->hashed += r->status == RESULT_OK;
	if (table_set(a->have->table, r->entry.cookie, r) < 0)
		diag_bug("audit: a result for no name");
}

static void
audit_on_pause(void *cookie)
{
	struct audit *a = cookie;

	run_show_progress(&a->run);
}

/* Makes *root that of e as it is spelled in have, without "./" in front. */
static void
audit_set_root(const struct audit *a, struct entry *e, uint64_t n,
    struct entry_root *root)
{
	struct result given;

	if (!e->root)
		return;
	(void)side_get(a->have, n, &given);
	*root = *e->root;
	root->below -= e->len - given.entry.len;
	e->root = root;
}

/* Hands a file to the workers, number n in have; listed is its number in want
 * or COMPARE_NONE. 0, or -1 when the run is over. */
static int
audit_put(struct audit *a, const struct entry *e, uint64_t n, uint64_t listed)
{
	struct result r = { .entry = *e }, want;
	struct entry_root root;

	audit_set_root(a, &r.entry, n, &root);
	r.entry.algorithm = a->algorithm;
	if (listed != COMPARE_NONE &&
	    table_get(a->want->table, listed, &want))
		r.entry.algorithm = want.entry.algorithm;
	if (r.entry.algorithm < 0) {
		/* nobody can hash it as the list wants it */
		(void)result_fail(&r, RESULT_ALGORITHM, 0);
		(void)table_set(a->have->table, n, &r); /* new: has none */
		return 0;
	}
	return run_add(&a->run, n, &r.entry);
}

static int
audit_on_file(void *cookie, const struct entry *e)
{
	struct audit *a = cookie;
	size_t len = e->len;
	const char *plain = scope_plain(&a->plain, e->name, &len);
	bool is_new;
	uint64_t n = side_add(a->have, plain, len, e->name, e->len, &is_new);

	if (!is_new)
		return 0;
	return audit_put(a, e, n, table_find(a->want->table, plain, len));
}

static int
audit_on_failure(void *cookie, const struct result *r)
{
	struct audit *a = cookie;
	size_t len = r->entry.len;
	const char *plain = scope_plain(&a->plain, r->entry.name, &len);
	bool is_new;
	uint64_t n = side_add(a->have, plain, len, r->entry.name, r->entry.len,
	    &is_new);

	if (is_new)
		(void)table_set(a->have->table, n, r); /* new: has none */
	return 0;
}

static int
audit_on_error(void *cookie, const char *path, size_t len, int err)
{
	struct result r = operands_failure(path, len, err);

	return audit_on_failure(cookie, &r);
}

/* Number n in want, which the walk has not found, is there. */
static int
audit_on_absent(void *cookie, const struct entry *e, uint64_t n)
{
	struct audit *a = cookie;
	bool is_new;

	return audit_put(a, e, side_add(a->have, e->name, e->len, e->name,
	    e->len, &is_new), n);
}

static void
audit_on_left_out(void *cookie, uint64_t n)
{
	struct audit *a = cookie;

	a->dropped[n] = true;
	a->counts.left_out++;
}

/* Looks for what the walk has not found. What is not there is left out of
 * have, which makes it MISSING. */
static void
audit_look_for_rest(struct audit *a)
{
	struct absent p = {
		.run = &a->run,
		.scope = a->scope,
		.want = a->want->table,
		.have = a->have->table,
		.cookie = a,
		.on_name = audit_on_absent,
		.on_error = audit_on_failure,
		.on_left_out = audit_on_left_out,
	};

	absent_run(&p);
}

/* ---- what moved ---------------------------------------------------------------- */

/* The next name that is to be judged; false at the end. */
static bool
audit_next(const struct audit *a, struct compare_turn *t)
{
	do {
		if (!compare_next(a->want->table, a->have->table, t))
			return false;
	} while (t->want != COMPARE_NONE && a->dropped[t->want]);
	return true;
}

/* Finds what is missing and what is new, in order of name. */
static void
audit_find_candidates(struct audit *a)
{
	struct compare_turn t = { 0, 0, COMPARE_NONE, COMPARE_NONE };
	struct result r;

	while (audit_next(a, &t)) {
		if (t.have == COMPARE_NONE) {
			(void)side_get(a->want, t.want, &r);
			if (r.digestlen)
				compare_add(&a->missing, t.want, a->missing.n,
				    &r);
		} else if (t.want != COMPARE_NONE) {
			a->met = true;
		} else if (side_get(a->have, t.have, &r) && r.status == RESULT_OK) {
			compare_add(&a->fresh, t.have, a->fresh.n, &r);
		}
	}
}

/* Hashes a new file once more, with another algorithm. */
static void
audit_put_again(struct audit *a, struct compare_file f, int algorithm)
{
	struct result r;

	(void)table_get(a->have->table, f.number, &r);
	if (entry_is_stream(&r.entry))
		return; /* there is nothing to be read a second time */
	r.entry.algorithm = algorithm;
	r.entry.id.size = r.size;
	r.entry.cookie = a->fresh.n;
	r.digestlen = 0;
	compare_add(&a->fresh, f.number, f.place, &r);
	(void)run_put(&a->run, &r.entry);
}

/*
 * A new file has a digest of the algorithm that most likely is the list's. In
 * a list of several, it may be a missing file of another.
 */
static void
audit_hash_again(struct audit *a)
{
	size_t i, n = a->fresh.n;
	bool wanted[ALGORITHMS_MAX] = { false };
	int algorithm;

	for (i = 0; i < a->missing.n; i++)
		if (a->missing.v[i].algorithm >= 0)
			wanted[a->missing.v[i].algorithm] = true;
	wanted[a->algorithm] = false;
	compare_sort(&a->missing);
	a->again = true;
	for (algorithm = 0; algorithm < ALGORITHMS_MAX; algorithm++)
		for (i = 0; wanted[algorithm] && i < n && !a->run.stopped; i++)
			if (compare_has(&a->missing, algorithm,
			    a->fresh.v[i].size))
				audit_put_again(a, a->fresh.v[i], algorithm);
}

/* Pairs the candidates. */
static void
audit_match(struct audit *a)
{
	size_t n = table_count(a->want->table), i;

	a->moved_to = mem_zalloc(n, sizeof(*a->moved_to));
	a->moved = mem_zalloc(table_count(a->have->table), sizeof(*a->moved));
	for (i = 0; i < n; i++)
		a->moved_to[i] = COMPARE_NONE;
	compare_moved(&a->missing, &a->fresh, a->moved_to, a->moved);
}

/* ---- the report --------------------------------------------------------------- */

static void
audit_put_verdict(struct audit *a, const struct verdict_line *line)
{
	char end = a->run.o->zero ? '\0' : '\n';

	if (a->run.o->format == FORMAT_JSON)
		verdict_audit_json(line, end, &a->run.out.lines);
	else
		verdict_audit_line(line, end, &a->run.out.lines);
}

/* Why there is no digest is said, but a change of type only as a verdict is. */
static void
audit_say_reason(struct audit *a, const struct verdict_line *line)
{
	if (line->verdict == VERDICT_AUDIT_CHANGED &&
	    !verdict_audit_told(&a->rules, line->verdict))
		return;
	outfile_flush(&a->run.out);
	diag_name(line->name, line->len, "%s", line->reason);
}

/* One verdict; r is NULL for MISSING. */
static void
audit_report(struct audit *a, struct verdict_line *line,
    const struct result *r)
{
	if (r && r->status != RESULT_OK &&
	    line->verdict != VERDICT_AUDIT_MISSING) {
		tags_reason(&a->tags, r, &a->run.message);
		line->reason = buf_str(&a->run.message);
	}
	if (verdict_audit_told(&a->rules, line->verdict))
		audit_put_verdict(a, line);
	if (line->reason)
		audit_say_reason(a, line);
	buf_clear(&a->run.message);
	outfile_more(&a->run.out);
}

static struct manifest_want
audit_want(const struct result *w)
{
	struct manifest_want want = {
		.has_size = w->size != COMPARE_NO_SIZE,
		.size = w->size,
		.digestlen = w->digestlen,
	};

	memcpy(want.digest, w->digest, w->digestlen);
	return want;
}

static void
audit_report_moved(struct audit *a, const struct result *w, uint64_t moved_to)
{
	struct verdict_line line = { .verdict = VERDICT_AUDIT_MOVED,
	    .old = w->entry.name, .oldlen = w->entry.len };
	struct result to;

	(void)side_get(a->have, moved_to, &to);
	line.name = to.entry.name;
	line.len = to.entry.len;
	a->counts.listed[VERDICT_AUDIT_MOVED]++;
	audit_report(a, &line, &to);
}

/* A listed name's turn. */
static void
audit_turn_listed(struct audit *a, const struct compare_turn *t)
{
	struct result w, have, *found = NULL;
	struct manifest_want want;
	struct verdict_line line = { .want = &want };

	(void)side_get(a->want, t->want, &w);
	if (a->moved_to[t->want] != COMPARE_NONE) {
		audit_report_moved(a, &w, a->moved_to[t->want]);
		return;
	}
	if (t->have != COMPARE_NONE) {
		found = &have;
		(void)side_get(a->have, t->have, found);
	}
	want = audit_want(&w);
	line.verdict = verdict_audit(&want, found);
	line.name = w.entry.name;
	line.len = w.entry.len;
	line.algorithm = tags_name(&a->tags, w.entry.algorithm);
	line.found = found;
	a->counts.listed[line.verdict]++;
	audit_report(a, &line, found);
}

static void
audit_turn_found(struct audit *a, const struct compare_turn *t)
{
	struct verdict_line line = { .verdict = VERDICT_AUDIT_NEW };
	struct result have;

	if (a->moved[t->have])
		return; /* told at its old name's turn */
	(void)side_get(a->have, t->have, &have);
	line.verdict = verdict_audit(NULL, &have);
	line.name = have.entry.name;
	line.len = have.entry.len;
	a->counts.found[line.verdict]++;
	audit_report(a, &line, &have);
}

static bool
audit_passed(const struct audit *a)
{
	return verdict_audit_passed(&a->rules, &a->counts) && !a->bad_operands;
}

/* The list and the tree have no name in common: would they, if the audit had
 * been asked for in another way? Says so, in one line. */
static void
audit_hint(struct audit *a)
{
	if (a->met || a->rules.status)
		return;
	table_sort(a->outside);
	rephrase(a->run.o, a->want->table, a->outside, a->have->table,
	    &a->run.message);
	outfile_say(&a->run.out, &a->run.message);
}

static void
audit_print(struct audit *a)
{
	struct compare_turn t = { 0, 0, COMPARE_NONE, COMPARE_NONE };
	const char *list = a->run.o->audit;
	unsigned n;

	audit_match(a);
	while (!a->run.out.lost && audit_next(a, &t)) {
		if (t.want != COMPARE_NONE)
			audit_turn_listed(a, &t);
		else
			audit_turn_found(a, &t);
	}
	outfile_flush(&a->run.out);
	audit_hint(a);
	if (!strcmp(list, "-"))
		list = "standard input";
	for (n = 0; verdict_audit_end(&a->rules, &a->counts, audit_passed(a),
	    list, n, &a->run.message); n++)
		outfile_say(&a->run.out, &a->run.message);
}

/* ---- the new list ------------------------------------------------------------- */

static void
audit_put_new(struct audit *a, const struct result *r, struct outfile *list)
{
	struct newlist_file f = {
		.r = r,
		.dotted = side_is_dotted(a->have, r->entry.cookie),
		.tag = tags_name(&a->tags, r->entry.algorithm),
	};

	newlist_put(&a->newlist, a->run.o, &f, &list->lines);
	outfile_more(list);
}

static void
audit_put_lines(struct audit *a, struct outfile *list)
{
	struct compare_turn t = { 0, 0, COMPARE_NONE, COMPARE_NONE };
	struct result r, listed;

	while (!list->lost && audit_next(a, &t)) {
		if (t.have == COMPARE_NONE || !side_get(a->have, t.have, &r) ||
		    r.status != RESULT_OK)
			continue; /* vanished, or no file any more */
		if (t.want != COMPARE_NONE) {
			(void)side_get(a->want, t.want, &listed);
			r.entry.name = listed.entry.name;
			r.entry.len = listed.entry.len;
		}
		audit_put_new(a, &r, list);
	}
}

/* What a new list would forget without anybody's having looked at it; NULL:
 * nothing. */
static const char *
audit_forgets(const struct audit *a)
{
	if (a->counts.listed[VERDICT_AUDIT_UNREADABLE] ||
	    a->counts.found[VERDICT_AUDIT_UNREADABLE] || a->bad_operands)
		return "not everything could be read";
	if (a->counts.refused || a->counts.lines.malformed)
		return "lines of the list were not understood or refused";
	if (a->counts.further)
		return "names are listed with several algorithms";
	if (!a->hashed)
		return "no file was found";
	return NULL;
}

/*
 * Writes the new list, over LIST or where -o says. 0, or -1 after a message.
 */
static int
audit_update(struct audit *a)
{
	const char *path = a->run.o->output ? a->run.o->output : a->run.o->audit;
	const char *why = audit_forgets(a);
	struct outfile list = { 0 };
	int rc = -1;

	if (why) {
		diag_name(path, strlen(path), "not updated: %s", why);
		return 0;
	}
	if (run_open_update(&a->run, &list, path) == 0) {
		newlist_begin(&a->newlist, a->run.o, path, a->run.algorithms,
		    a->algorithm);
		audit_put_lines(a, &list);
		rc = outfile_commit(&list, path);
	}
	outfile_release(&list);
	return rc;
}

/* ---- the run ------------------------------------------------------------------ */

static struct verdict_rules
audit_rules(const struct options *o)
{
	/* always strict, so it says which lines are malformed */
	struct verdict_rules rules = {
		.ignore_missing = o->ignore_missing,
		.quiet = o->report == OPTIONS_REPORT_QUIET,
		.status = o->report == OPTIONS_REPORT_STATUS,
		.warn = o->report != OPTIONS_REPORT_STATUS,
	};

	return rules;
}

static int
audit_init(struct audit *a, const struct options *o)
{
	static char dot[] = ".";
	char *const here = dot;

	a->rules = audit_rules(o);
	if (run_init(&a->run, o) < 0 ||
	    run_hasher(&a->run, a, audit_on_result, audit_on_pause) < 0)
		return -1;
	tags_init(&a->tags, a->run.algorithms, o);
	a->scope = o->noperands ? scope_new(o->operands, o->noperands) :
	    scope_new(&here, 1);
	a->want = side_new();
	a->run.found = a->have = side_new();
	a->outside = table_new();
	return audit_read_list(a, o->audit);
}

static void
audit_walk(struct audit *a)
{
	struct walk_opts w = operands_walk(&a->run);

	w.cookie = a;
	w.on_file = audit_on_file;
	w.on_error = audit_on_error;
	a->bad_operands = operands_run(&a->run, &w, ".");
	table_sort(a->want->table); /* nothing is looked up in it any more */
	a->dropped = mem_zalloc(table_count(a->want->table),
	    sizeof(*a->dropped));
	if (!a->run.stopped)
		audit_look_for_rest(a);
	progress_found_all();
	if (!a->run.stopped)
		(void)run_put_rest(&a->run);
}

/* Everything has its result when this ends, or the audit is stopped. */
static void
audit_hash(struct audit *a)
{
	run_start_progress(&a->run);
	audit_walk(a);
	while (!a->run.stopped && !a->run.out.lost &&
	    table_pending(a->have->table))
		(void)run_wait(&a->run);
	table_sort(a->have->table);
	if (!a->run.stopped) {
		audit_find_candidates(a);
		audit_hash_again(a);
	}
	run_finish(&a->run);
}

static int
audit_run(struct audit *a)
{
	int status;

	audit_hash(a);
	if (!a->run.stopped) /* verdicts on half a tree are none */
		audit_print(a);
	status = run_commit(&a->run, !audit_passed(a));
	if (status != PHASH_FAILURE && a->run.o->update &&
	    audit_update(a) < 0)
		status = PHASH_FAILURE;
	return status;
}

int
mode_audit(const struct options *o)
{
	struct audit a = { .algorithm = -1 };
	int status = PHASH_FAILURE;

	if (audit_init(&a, o) == 0)
		status = audit_run(&a);
	run_release(&a.run);
	scope_free(a.scope);
	side_free(a.want);
	side_free(a.have);
	table_free(a.outside);
	free(a.dropped);
	free(a.missing.v);
	free(a.fresh.v);
	free(a.moved_to);
	free(a.moved);
	buf_release(&a.plain);
	return status;
}
