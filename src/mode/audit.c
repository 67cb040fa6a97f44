/*
 * A tree against a list (record/compare.h).
 *
 * What the walk did not come by, though LIST has it, is looked at by name
 * before it is called MISSING: it may lie outside the operands, or have become
 * something that is not a regular file (mode/absent.h).
 */
#include "mode/mode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "hasher/result.h"
#include "mode/absent.h"
#include "mode/candidates.h"
#include "mode/found.h"
#include "mode/newlist.h"
#include "mode/operands.h"
#include "mode/part.h"
#include "mode/readlist.h"
#include "mode/rephrase.h"
#include "mode/run.h"
#include "mode/tags.h"
#include "mode/verdicts.h"
#include "options/options.h"
#include "record/compare.h"
#include "record/manifest.h"
#include "record/scope.h"
#include "record/side.h"
#include "record/table.h"
#include "record/verdict.h"

struct audit {
	struct run run;
	struct readlist list;
	struct scope *scope; /* the operands */
	struct compare *compare;
	struct table *outside; /* plain names of entries refused as such */
	struct newlist newlist;
	struct buf plain;    /* a name's */
	struct found found;
	struct candidates candidates;
	int algorithm;       /* of the first entry that has one */
	bool mixed;          /* others have another */
	uint64_t bad_operands; /* said on stderr: what lies there was not seen */
	bool passed;
};

/* ---- the list ----------------------------------------------------------------- */

/* An entry that contradicts another, whose name is shown. */
static void
audit_refuse_other(struct audit *a, const char *plain, size_t len)
{
	const struct side *want = a->compare->want;
	struct result first;

	(void)side_get(want, table_find(want->table, plain, len), &first);
	found_refuse(&a->found, first.entry.name, first.entry.len,
	    "listed twice, and not the same");
}

/* Looks whether all entries have the same algorithm. */
static void
audit_see_algorithm(struct audit *a, int n)
{
	if (n < 0)
		return;
	a->mixed |= a->algorithm >= 0 && a->algorithm != n;
	a->algorithm = n;
}

/* Are names those of files at some place? Of two lists, neither is, and members
 * of an archive may have any names. */
static bool
audit_is_of_place(const struct audit *a)
{
	const struct options *o = a->run.o;

	return !o->list && (!o->archive || candidates_have_prefix(&a->candidates));
}

static int
audit_on_entry(void *cookie, const struct manifest_entry *e)
{
	struct audit *a = cookie;
	size_t len = e->len, below;
	const char *plain = scope_plain(&a->plain, e->name, &len);
	bool is_new;

	audit_see_algorithm(a, e->algorithm);
	if (audit_is_of_place(a) && scope_outside(a->scope, plain, len,
	    &below)) {
		(void)table_add(a->outside, plain, len, &is_new);
		found_refuse(&a->found, e->name, e->len, "listed, but outside of what "
		    "is audited");
	} else if (!operands_want(&a->run, a->scope, plain, len)) {
		a->compare->counts.left_out++;
	} else if (!compare_list(a->compare, e->name, e->len, &e->want,
	    e->algorithm)) {
		audit_refuse_other(a, plain, len);
	} else {
		newlist_see(&a->newlist, e, e->algorithm);
	}
	return 0;
}

static int
audit_on_message(void *cookie, enum manifest_kind kind, struct buf *text)
{
	struct audit *a = cookie;

	verdict_count_line(&a->compare->counts.lines, kind);
	outfile_say(&a->run.out, text);
	return 0;
}

/* Of the other list, which says what was found. */
static int
audit_on_other(void *cookie, const struct manifest_entry *e)
{
	struct audit *a = cookie;
	size_t len = e->len;
	const char *plain = scope_plain(&a->plain, e->name, &len);

	audit_see_algorithm(a, e->algorithm);
	if (operands_want(&a->run, a->scope, plain, len))
		found_listed(&a->found, e);
	return 0;
}

/* Hands the entries of a list to a->list.on_entry. 0, or -1 after a message when
 * it cannot be read. */
static int
audit_read(struct audit *a, const char *path)
{
	const char *list = readlist_name(path), *why;
	int rc = readlist(&a->list, path, &why);

	if (rc > 0)
		diag_name(list, strlen(list), "%s", why ? why :
		    strerror(errno));
	return rc ? -1 : 0;
}

/* ---- the tree ----------------------------------------------------------------- */

static void
audit_on_result(void *cookie, const struct result *r)
{
	struct audit *a = cookie;

	if (!r->archive)
		progress_done(r->entry.name, r->entry.len);
	if (!candidates_result(&a->candidates, r) &&
	    compare_result(a->compare, r) < 0)
		diag_bug("audit: a result for no name");
}

static void
audit_on_pause(void *cookie)
{
	struct audit *a = cookie;

	run_show_progress(&a->run);
}

/* A file is opened by its name as have spells it, without "./" in front: makes
 * *root that of e by this name. */
static void
audit_set_root(const struct audit *a, struct entry *e, uint64_t n,
    struct entry_root *root)
{
	struct result given;

	if (!e->root)
		return;
	(void)side_get(a->compare->have, n, &given);
	*root = *e->root;
	root->below -= e->len - given.entry.len;
	e->root = root;
}

/* Hands a file to the workers, number n in have; listed is its number in want
 * or COMPARE_NONE. 0, or -1 when the run is over. */
static int
audit_put(struct audit *a, const struct entry *e, uint64_t n, uint64_t listed)
{
	struct result r = { .entry = *e };
	struct entry_root root;

	audit_set_root(a, &r.entry, n, &root);
	r.entry.algorithm = compare_algorithm(a->compare, listed);
	r.entry.cookie = n;
	if (r.entry.algorithm < 0) {
		/* nobody can hash it as the list wants it */
		(void)result_fail(&r, RESULT_ALGORITHM, 0);
		return compare_result(a->compare, &r);
	}
	return run_add(&a->run, n, &r.entry);
}

static int
audit_on_file(void *cookie, const struct entry *e)
{
	struct audit *a = cookie;
	uint64_t listed, n;

	if (!part_has(a->run.o, e->name, e->len))
		return 0;
	if (run_opens(&a->run, e))
		return candidates_put(&a->candidates, e);
	n = compare_find(a->compare, e->name, e->len, &listed);

	return n == COMPARE_NONE ? 0 : audit_put(a, e, n, listed);
}

static int
audit_on_error(void *cookie, const char *path, size_t len, int err)
{
	struct audit *a = cookie;
	struct result r = operands_failure(path, len, err);

	compare_fail(a->compare, &r);
	return 0;
}

/* Number listed in want, which the walk has not found, is there. */
static int
audit_on_absent(void *cookie, const struct entry *e, uint64_t listed)
{
	struct audit *a = cookie;

	return audit_put(a, e, compare_find_listed(a->compare, listed),
	    listed);
}

static void
audit_walk(struct audit *a)
{
	struct walk_opts w = operands_walk(&a->run);

	w.cookie = a;
	w.on_file = audit_on_file;
	w.on_error = audit_on_error;
	a->bad_operands = operands_run(&a->run, &w, ".");
	/* which names there are is known when archives have been read */
	candidates_count(&a->candidates);
	compare_end_walk(a->compare);
	/* what one archive lacks is not looked for beside it */
	if (!a->run.stopped && (!a->candidates.opened || candidates_have_prefix(&a->candidates)))
		absent_run(&a->run, a->scope, a->compare, a, audit_on_absent);
	progress_found_all();
	if (!a->run.stopped && run_put_rest(&a->run) == 0)
		(void)run_wait_all(&a->run);
}

/* Everything has its result when this ends, or the audit is stopped. */
static void
audit_hash(struct audit *a)
{
	struct entry e;
	uint64_t at = 0;

	run_start_progress(&a->run);
	if (a->run.o->list)
		compare_end_walk(a->compare);
	else
		audit_walk(a);
	if (!a->run.stopped) {
		compare_end(a->compare);
		while (compare_again(a->compare, &at, &e) &&
		    run_put(&a->run, &e) == 0)
			;
	}
	run_finish(&a->run);
}

/* ---- the report --------------------------------------------------------------- */

/* The list and the tree have no name in common: would they, if the audit had
 * been asked for in another way? Says so, in one line. */
static void
audit_hint(struct audit *a)
{
	if (a->compare->met || a->list.rules.status)
		return;
	table_sort(a->outside);
	rephrase(a->run.o, a->compare->want->table, a->outside,
	    a->compare->have->table, &a->run.message);
	outfile_say(&a->run.out, &a->run.message);
}

static void
audit_print(struct audit *a)
{
	const struct options *o = a->run.o;
	struct verdicts v = {
		.run = &a->run,
		.list = &a->list,
		.compare = a->compare,
		/* the lines of both are counted together */
		.name = o->list ? "the lists" : readlist_name(o->audit),
		.bad_operands = a->bad_operands,
	};

	a->compare->counts.other_parts = a->list.left_out;
	compare_judge(a->compare);
	verdicts_print(&v);
	audit_hint(a);
	verdicts_print_sums(&v);
	a->passed = v.passed;
}

/* ---- the run ------------------------------------------------------------------ */

/* 0, or -1 after a message when there can be no new list as it was asked for. */
static int
audit_allow_update(const struct audit *a)
{
	const char *list = readlist_name(a->run.o->audit);
	const char *why = newlist_refusal(&a->newlist, a->run.o,
	    tags_name(&a->list.tags, compare_algorithm(a->compare,
	    COMPARE_NONE)));

	if (why)
		diag_name(list, strlen(list), "%s", why);
	return why ? -1 : 0;
}

static int
audit_init(struct audit *a, const struct options *o)
{
	static char dot[] = ".";
	char *const here = dot;

	if (run_init(&a->run, o) < 0 ||
	    run_hasher(&a->run, a, audit_on_result, audit_on_pause) < 0)
		return -1;
	readlist_init(&a->list, &a->run);
	a->list.rules.audit = true;
	/* it is always strict, so it says which lines are malformed */
	a->list.rules.warn = !a->list.rules.status;
	a->scope = o->noperands ? scope_new(o->operands, o->noperands) :
	    scope_new(&here, 1);
	a->compare = compare_new();
	a->run.found = a->compare->have;
	a->outside = table_new();
	a->found.compare = a->compare;
	a->found.rules = &a->list.rules;
	candidates_init(&a->candidates, &a->run, a->compare, &a->found);
	a->algorithm = -1;
	if (audit_read(a, o->audit) < 0)
		return -1;
	a->compare->counts.guess = tags_guess(&a->list.tags);
	if (o->update && audit_allow_update(a) < 0)
		return -1;
	if (o->update && newlist_has_stamps(&a->newlist, o)) {
		table_keep_stamps(a->compare->have->table);
		candidates_keep_stamps(&a->candidates);
	}
	a->list.on_entry = audit_on_other;
	if (o->list && audit_read(a, o->list) < 0)
		return -1;
	if (!a->mixed || (!o->archive && !o->list))
		return 0;
	/* a digest of another algorithm would take another reading */
	diag_msg("entries of several algorithms: with --%s there may be one only",
	    o->list ? "list" : "archive");
	return -1;
}

/* Writes the new list, unless it would forget something. status is that of the
 * audit. The exit status. */
static int
audit_update(struct audit *a, int status)
{
	const struct options *o = a->run.o;
	const char *path = o->output ? o->output : o->audit;
	const char *why = newlist_forgets(a->compare, a->bad_operands);

	if (why) {
		diag_name(path, strlen(path), "not updated: %s", why);
		return PHASH_DIFFERS;
	}
	return newlist_write(&a->newlist, &a->run, &a->list.tags, a->compare,
	    path) < 0 ? PHASH_FAILURE : status;
}

static int
audit_run(struct audit *a)
{
	int status;

	audit_hash(a);
	if (!a->run.stopped) /* verdicts on half a tree are none */
		audit_print(a);
	status = run_commit(&a->run, !a->passed);
	return status == PHASH_FAILURE || !a->run.o->update ? status :
	    audit_update(a, status);
}

int
mode_audit(const struct options *o)
{
	struct audit a = {
		.list = {
			.cookie = &a,
			.on_entry = audit_on_entry,
			.on_message = audit_on_message,
		},
	};
	int status = PHASH_FAILURE;

	if (audit_init(&a, o) == 0)
		status = audit_run(&a);
	run_release(&a.run);
	scope_free(a.scope);
	compare_free(a.compare);
	table_free(a.outside);
	candidates_release(&a.candidates);
	buf_release(&a.found.plain);
	buf_release(&a.plain);
	return status;
}
