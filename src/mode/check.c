/*
 * Lists in, verdicts out, in the order of the lists.
 *
 * Names are hashed in any order and judged in theirs: a ring holds what was
 * read ahead, and its oldest item waits for its result. What else must be said
 * in order (a malformed line, the end of a list) is an item too, so that
 * stdout and stderr are the same whatever the number of workers. The ring
 * bounds the memory, however long the lists and their lines are: by items, and
 * by the bytes of their texts. Archives of which members are listed are read
 * once, and kept (mode/within.h).
 */
#include "mode/mode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "base/quote.h"
#include "base/xio.h"
#include "hasher/result.h"
#include "mode/contents.h"
#include "mode/readlist.h"
#include "mode/run.h"
#include "mode/tags.h"
#include "mode/within.h"
#include "options/options.h"
#include "record/manifest.h"
#include "record/verdict.h"

#define CHECK_AHEAD 8192 /* items of the ring; a power of two */
#define CHECK_BYTES (8 * 1024 * 1024) /* of the texts of items in the ring */
#define CHECK_KEEP 512   /* of a text's memory, for the next one in its place */

enum item_kind {
	ITEM_FILE, /* a listed file, or member: text is its name */
	ITEM_NOTE, /* something to be said on stderr: text is the line */
	ITEM_END,  /* of a list: text is its name */
	ITEM_CUT   /* the end of what could be read of a list: text says why */
};

struct item {
	enum item_kind kind;
	bool done;                 /* nothing is waited for */
	struct within_place at;    /* ITEM_FILE: of a member, whose result the
	                            * archive has when it has been read */
	uint64_t upto;             /* bytes of the lists up to here */
	struct buf text;           /* with a NUL behind it */
	int algorithm;             /* its number (mode/tags.h) */
	struct manifest_want want;
	enum manifest_kind line;   /* ITEM_NOTE: what it is about */
	struct verdict_guess guess; /* ITEM_END, as the next */
	uint64_t other_parts;
	struct result result;      /* without its path */
};

struct check {
	struct run run;
	struct readlist lists;
	struct within within;
	struct item *ring;
	uint64_t first, end;       /* items first to end - 1 are in the ring */
	size_t held;               /* bytes of memory of their texts */
	uint64_t bytes;            /* of the lists; 0: not known */
	struct verdict_counts counts; /* of the list of item first */
	bool failed;               /* some list did not pass */
};

/* ---- the ring ----------------------------------------------------------------- */

static struct item *
check_item(struct check *c, uint64_t number)
{
	return &c->ring[number % CHECK_AHEAD];
}

static void
check_report(struct check *c, const struct item *i, enum verdict v,
    const char *reason)
{
	char end = c->run.o->zero ? '\0' : '\n';
	const struct verdict_line line = {
		.verdict = v,
		.name = i->text.data,
		.len = i->text.len,
		.algorithm = tags_name(&c->lists.tags, i->algorithm),
		.want = &i->want,
		.found = &i->result,
		.reason = reason,
	};

	if (c->run.o->format == FORMAT_JSON)
		verdict_json(&c->lists.rules, &line, end, &c->run.out.lines);
	else
		verdict_line(&c->lists.rules, &line, end, &c->run.out.lines);
}

/* Says once why an archive could not be read to its end. */
static void
check_say_archive(struct check *c, const struct item *i)
{
	struct result r;

	if (!within_tell_broken(&c->within, i->at.archive, &r) ||
	    verdict_check(&c->lists.rules, &i->want, &r) == VERDICT_MISSING)
		return;
	c->failed = true;
	outfile_flush(&c->run.out);
	result_reason(&r, &c->run.message);
	diag_name(r.entry.name, r.entry.len, "%s", buf_str(&c->run.message));
	buf_clear(&c->run.message);
}

/* Sets the result of a member, and says what there is to say of its archive.
 * True: the reason why it has no digest was said, too. */
static bool
check_fetch(struct check *c, struct item *i)
{
	enum within_found found;

	if (i->at.archive == WITHIN_NONE)
		return false;
	check_say_archive(c, i);
	found = within_get(&c->within, &i->at, i->text.data, i->text.len,
	    &i->result);
	if (found == WITHIN_TWICE) {
		outfile_flush(&c->run.out);
		diag_name(i->text.data, i->text.len, CONTENTS_DOUBLE);
	}
	return found == WITHIN_BROKEN;
}

static void
check_say_file(struct check *c, struct item *i)
{
	bool said = check_fetch(c, i);
	enum verdict v = verdict_check(&c->lists.rules, &i->want, &i->result);
	const char *reason = NULL;

	c->counts.listed[v]++;
	if (v == VERDICT_UNREADABLE) {
		outfile_flush(&c->run.out);
		tags_reason(&c->lists.tags, &i->result, &c->run.message);
		reason = buf_str(&c->run.message);
		if (!said)
			diag_name(i->text.data, i->text.len, "%s", reason);
	}
	if (verdict_told(&c->lists.rules, v))
		check_report(c, i, v, reason);
	buf_clear(&c->run.message);
}

static void
check_say_note(struct check *c, const struct item *i)
{
	verdict_count_line(&c->counts.lines, i->line);
	buf_put(&c->run.message, i->text.data, i->text.len);
	outfile_say(&c->run.out, &c->run.message);
}

static void
check_say_end(struct check *c, struct item *i)
{
	const char *list = i->text.data;
	unsigned n;
	bool passed;

	c->counts.guess = i->guess;
	c->counts.other_parts = i->other_parts;
	passed = verdict_passed(&c->lists.rules, &c->counts);
	for (n = 0; verdict_end(&c->lists.rules, &c->counts, passed, list, n,
	    &c->run.message); n++)
		outfile_say(&c->run.out, &c->run.message);
	if (!passed)
		c->failed = true;
	memset(&c->counts, 0, sizeof(c->counts));
}

/* Nothing more is said of a list that could not be read, as coreutils do. */
static void
check_say_cut(struct check *c, const struct item *i)
{
	buf_put(&c->run.message, i->text.data, i->text.len);
	outfile_say(&c->run.out, &c->run.message);
	c->failed = true;
	memset(&c->counts, 0, sizeof(c->counts));
}

static void
check_say(struct check *c, struct item *i)
{
	switch (i->kind) {
	case ITEM_FILE:
		check_say_file(c, i);
		break;
	case ITEM_NOTE:
		check_say_note(c, i);
		break;
	case ITEM_END:
		check_say_end(c, i);
		break;
	case ITEM_CUT:
		check_say_cut(c, i);
		break;
	}
}

static bool
check_is_due(const struct check *c, const struct item *i)
{
	return i->done || (i->at.archive != WITHIN_NONE &&
	    within_is_read(&c->within, i->at.archive));
}

/* Says what is done, up to the first item that waits for its result. */
static void
check_advance(struct check *c)
{
	struct item *i;

	for (; c->first < c->end; c->first++) {
		i = check_item(c, c->first);
		if (!check_is_due(c, i))
			break;
		check_say(c, i);
		progress_share(i->upto, c->bytes);
		outfile_more(&c->run.out);
		c->held -= i->text.cap;
		if (i->text.cap > CHECK_KEEP)
			buf_release(&i->text);
	}
}

/* Is there no place for another item? One always has a place. */
static bool
check_is_full(const struct check *c)
{
	return c->end - c->first == CHECK_AHEAD ||
	    (c->held >= CHECK_BYTES && c->end != c->first);
}

/* Puts an item into the ring, when there is a place; NULL: the run is over. */
static struct item *
check_add(struct check *c, enum item_kind kind, const char *text, size_t len)
{
	struct item *i;

	while (!c->run.stopped && check_is_full(c)) {
		(void)run_wait(&c->run);
		check_advance(c);
	}
	if (c->run.stopped || c->run.out.lost)
		return NULL;
	i = check_item(c, c->end++);
	i->kind = kind;
	i->upto = c->lists.bytes;
	i->done = kind != ITEM_FILE;
	i->at.archive = WITHIN_NONE;
	buf_clear(&i->text);
	buf_put(&i->text, text, len);
	(void)buf_str(&i->text);
	c->held += i->text.cap;
	return i;
}

static void
check_on_result(void *cookie, const struct result *r)
{
	struct check *c = cookie;
	struct item *i;

	if (!r->archive)
		progress_done(r->entry.name, r->entry.len);
	if (within_result(&c->within, r))
		return;
	i = check_item(c, r->entry.cookie);
	if (r->entry.cookie < c->first || r->entry.cookie >= c->end || i->done)
		diag_bug("check: a result for no name");
	i->result = *r;
	i->done = true;
}

static void
check_on_pause(void *cookie)
{
	struct check *c = cookie;

	check_advance(c);
	outfile_flush(&c->run.out);
	run_show_progress(&c->run);
}

/* ---- lists -------------------------------------------------------------------- */

/* There is no need to ask the workers. */
static int
check_fail(struct item *i, enum result_status status, int code)
{
	i->result.entry.algorithm = i->algorithm;
	(void)result_fail(&i->result, status, code);
	i->done = true;
	return 0;
}

/* Why a name of an archive and a member is that of no file: of one that is not
 * there, a part is longer than any file's. */
static int
check_absence(const struct item *i, int err)
{
	return err == ENAMETOOLONG && strchr(i->text.data, '!') ? ENOENT : err;
}

/* What is no file, for the reason err, may be a member of an archive. */
static int
check_put_member(struct check *c, struct item *i, int err)
{
	if (!c->run.o->archive)
		return check_fail(i, RESULT_OPEN, err);
	switch (within_put(&c->within, i->text.data, i->text.len,
	    i->algorithm, &i->at)) {
	case WITHIN_PUT:
		return 0;
	case WITHIN_NO_ARCHIVE:
		return check_fail(i, RESULT_OPEN, check_absence(i, err));
	case WITHIN_NO_ALGORITHM:
		return check_fail(i, RESULT_ALGORITHM, 0);
	case WITHIN_READ:
		return check_fail(i, RESULT_READ, ESPIPE);
	case WITHIN_OVER:
		break;
	}
	return -1;
}

/* Hands a listed file to the workers, or says at once why not. */
static int
check_put(struct check *c, struct item *i)
{
	struct entry e = { .name = i->text.data, .len = i->text.len,
	    .algorithm = i->algorithm, .cookie = c->end - 1 };
	struct stat st;

	if (!strcmp(e.name, "-")) {
		e.kind = ENTRY_STDIN;
	} else if (xio_stat(c->run.dirfd, e.name, &st, 0) < 0) {
		return check_put_member(c, i, errno);
	} else {
		e.kind = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ?
		    ENTRY_NAMED : ENTRY_STREAM;
		e.id = entry_identity(&st);
	}
	if (e.algorithm < 0)
		return check_fail(i, RESULT_ALGORITHM, 0);
	return run_put(&c->run, &e);
}

static int
check_on_message(void *cookie, enum manifest_kind kind, struct buf *text)
{
	struct item *i = check_add(cookie, ITEM_NOTE, text->data, text->len);

	if (!i)
		return -1;
	i->line = kind;
	return 0;
}

static int
check_on_entry(void *cookie, const struct manifest_entry *e)
{
	struct check *c = cookie;
	struct item *i = check_add(c, ITEM_FILE, e->name, e->len);

	if (!i)
		return -1;
	i->want = e->want;
	i->algorithm = e->algorithm;
	return check_put(c, i);
}

/* A list that cannot be read (to its end). 0, or -1 when the run is over. */
static int
check_cut(struct check *c, const char *list, const char *why)
{
	struct buf text = BUF_INIT;
	struct item *i;

	quote_message(&text, list, strlen(list));
	buf_printf(&text, ": %s", why);
	i = check_add(c, ITEM_CUT, text.data, text.len);
	buf_release(&text);
	return i ? 0 : -1;
}

/* One list, "-" for stdin. 0, or -1 when the run is over. */
static int
check_list(struct check *c, const char *path)
{
	const char *list = readlist_name(path);
	const char *why;
	struct item *i;
	int rc;

	c->lists.left_out = 0;
	rc = readlist(&c->lists, path, &why);
	if (rc < 0)
		return -1;
	if (rc > 0)
		return check_cut(c, list, why ? why : "read error");
	i = check_add(c, ITEM_END, list, strlen(list));
	if (!i)
		return -1;
	i->guess = tags_guess(&c->lists.tags);
	i->other_parts = c->lists.left_out;
	return 0;
}

static bool
check_reads_stdin(const struct options *o)
{
	size_t n;

	for (n = 0; n < o->noperands && strcmp(o->operands[n], "-") != 0; n++)
		;
	return !o->noperands || n < o->noperands;
}

/* The bytes of all lists; 0 where one is not a regular file. */
static uint64_t
check_bytes(const struct check *c)
{
	uint64_t bytes = 0;
	struct stat st;
	size_t n;

	for (n = 0; n < c->run.o->noperands; n++) {
		const char *path = c->run.o->operands[n];

		if ((strcmp(path, "-") ?
		    xio_stat(c->run.startfd, path, &st, 0) :
		    fstat(STDIN_FILENO, &st)) < 0)
			continue; /* it will be said */
		if (!S_ISREG(st.st_mode))
			return 0;
		bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

static void
check_lists(struct check *c)
{
	size_t n;

	c->bytes = check_bytes(c);
	if (!c->run.o->noperands) {
		run_say_stdin();
		(void)check_list(c, "-");
	}
	for (n = 0; n < c->run.o->noperands; n++)
		if (check_list(c, c->run.o->operands[n]) < 0)
			return;
}

/* ---- the run ------------------------------------------------------------------ */

static int
check_init(struct check *c, const struct options *o)
{
	if (run_init(&c->run, o) < 0 ||
	    run_hasher(&c->run, c, check_on_result, check_on_pause) < 0)
		return -1;
	readlist_init(&c->lists, &c->run);
	within_init(&c->within, &c->run, check_reads_stdin(o));
	c->ring = mem_zalloc(CHECK_AHEAD, sizeof(*c->ring));
	return 0;
}

static int
check_run(struct check *c)
{
	run_start_progress(&c->run);
	check_lists(c);
	progress_found_all();
	run_finish(&c->run);
	check_advance(c);
	return run_commit(&c->run, c->failed);
}

int
mode_check(const struct options *o)
{
	struct check c = {
		.lists = {
			.cookie = &c,
			.busy = true,
			.on_entry = check_on_entry,
			.on_message = check_on_message,
		},
	};
	int status = PHASH_FAILURE;
	size_t i;

	if (check_init(&c, o) == 0)
		status = check_run(&c);
	for (i = 0; c.ring && i < CHECK_AHEAD; i++)
		buf_release(&c.ring[i].text);
	free(c.ring);
	within_release(&c.within);
	run_release(&c.run);
	return status;
}
