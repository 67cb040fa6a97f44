#include "options/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/guess.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/version.h"
#include "digest/engine.h"
#include "options/conflicts.h"
#include "options/usage.h"
#include "options/value.h"

/* The modes that an option means something in. */
enum {
	H = 1 << OPTIONS_HASH,
	C = 1 << OPTIONS_CHECK,
	A = 1 << OPTIONS_AUDIT,
	S = 1 << OPTIONS_SERVE,
	ALL = H | C | A
};

static const char *const mode_names[] = { NULL, "--check", "--audit",
    "--serve" };

/* The words of options that take one of a few; their places are the enums'. */
static const char *const when_words[] = { "auto", "always", "never", NULL };
static const char *const format_words[] = { "tagged", "untagged", "json",
    "mtree", NULL };
static const char *const sort_words[] = { "path", "none", NULL };
static const char *const walk_words[] = { "auto", "parent", "workers", NULL };
static const char *const report_words[] = { "github", "junit", "html", NULL };

/* An option. */
struct row {
	const char *name;
	const char *letter; /* as getopt(3) has it: none or one, and a colon
	                     * where there is a value */
	unsigned modes;
	/* Takes the option, and its value, which is in optarg. 0, or -1 after
	 * a message. NULL: there is nothing to do. */
	int (*take)(struct options *o, const struct row *r);
	size_t at;          /* its field of struct options */
	int min, max;       /* of a number; max is any other constant */
	const char *const *words;
};
#define AT(field) .at = offsetof(struct options, field)
#define FLAG(field) take_flag, AT(field), .max = true

/* "option --jobs: 'x1' is not TEXT". */
static int
bad_value(const struct row *r, const char *what)
{
	struct buf b = BUF_INIT;

	quote_shell_always(&b, optarg, strlen(optarg));
	(void)usage_error("option --%s: %s is not %s", r->name, buf_str(&b),
	    what);
	buf_release(&b);
	return -1;
}

/* ---- what each kind of option does --------------------------------------- */

static void *
field(struct options *o, const struct row *r)
{
	return (char *)o + r->at;
}

static int
take_flag(struct options *o, const struct row *r)
{
	*(bool *)field(o, r) = r->max;
	return 0;
}

static int
take_number(struct options *o, const struct row *r)
{
	char what[96];

	if (value_number(optarg, r->min, r->max, field(o, r)) == 0)
		return 0;
	snprintf(what, sizeof(what), "a number from %d to %d", r->min, r->max);
	return bad_value(r, what);
}

/* The place of the value among words; -1 after a message. */
static int
find_word(const struct row *r, const char *const *words)
{
	struct buf b = BUF_INIT;
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(optarg, words[i]))
			return i;
	buf_puts(&b, "one of");
	for (i = 0; words[i]; i++)
		buf_printf(&b, "%s %s", i ? "," : "", words[i]);
	(void)bad_value(r, buf_str(&b));
	buf_release(&b);
	return -1;
}

/* The field is an enum, which has the size of an int, and may be written as
 * one. */
static int
take_word(struct options *o, const struct row *r)
{
	int n = find_word(r, r->words);

	if (n < 0)
		return -1;
	*(int *)field(o, r) = n;
	return 0;
}

/* The same, and the option stands for the word. */
static int
take_choice(struct options *o, const struct row *r)
{
	*(int *)field(o, r) = r->max;
	return 0;
}

static int
take_value(struct options *o, const struct row *r)
{
	struct options_values *vs = field(o, r);

	vs->v = mem_grow(vs->v, &vs->cap, vs->n + 1, sizeof(*vs->v));
	vs->v[vs->n++] = optarg;
	return 0;
}

static int
take_archive(struct options *o, const struct row *r)
{
	static const char *const words[] = { "recursive", NULL };

#ifndef PHASH_LIBARCHIVE
	return usage_error("option --%s: this phash was built without "
	    "libarchive", r->name);
#endif
	if (optarg && find_word(r, words) < 0)
		return -1;
	o->archive = optarg ? OPTIONS_ARCHIVE_RECURSIVE :
	    OPTIONS_ARCHIVE_OPERANDS;
	return 0;
}

static int
take_bytes(struct options *o, const struct row *r)
{
	return value_bytes(optarg, field(o, r)) == 0 ? 0 :
	    bad_value(r, "a number of bytes, or of K, M, G or T");
}

static int
take_budget(struct options *o, const struct row *r)
{
	o->budget_bytes = 0;
	o->budget_seconds = 0;
	return value_bytes(optarg, &o->budget_bytes) == 0 ||
	    value_time(optarg, &o->budget_seconds) == 0 ? 0 :
	    bad_value(r, "a number of bytes, or of K, M, G or T, or a time in "
	    "s, m, h or d");
}

static int
take_part(struct options *o, const struct row *r)
{
	return value_part(optarg, OPTIONS_MAX_PARTS, &o->part, &o->parts) == 0 ?
	    0 : bad_value(r, "K/N, a part of N of them, up to 1000000");
}

static int
take_algorithm(struct options *o, const struct row *r)
{
	(void)r;
	o->algorithm = optarg;
	o->algorithm_given = true;
	return 0;
}

static int
take_engine(struct options *o, const struct row *r)
{
	o->engine = optarg;
	return find_word(r, engine_choices) < 0 ? -1 : 0;
}

static int
take_format(struct options *o, const struct row *r)
{
	int n = r->words ? find_word(r, r->words) : r->max;

	if (n < 0)
		return -1;
	o->format = (enum format_kind)n;
	o->format_given = true;
	return 0;
}

static int
take_report(struct options *o, const struct row *r)
{
	int n = find_word(r, r->words);

	if (n < 0)
		return -1;
	/* they begin behind REPORT_NONE */
	o->report = (enum report_kind)(n + REPORT_GITHUB);
	return 0;
}

static int
take_text(struct options *o, const struct row *r)
{
	*(const char **)field(o, r) = optarg;
	return 0;
}

static int
take_output(struct options *o, const struct row *r)
{
	(void)r;
	o->output = strcmp(optarg, "-") ? optarg : NULL;
	return 0;
}

static int
take_list(struct options *o, const struct row *r)
{
	o->lists = mem_grow(o->lists, &o->listscap, o->nlists + 1,
	    sizeof(*o->lists));
	o->lists[o->nlists++] = (struct options_list){ optarg, r->max };
	return 0;
}

static int
take_mode(struct options *o, const struct row *r)
{
	enum options_mode mode = (enum options_mode)r->max;

	if (o->mode != OPTIONS_HASH && o->mode != mode)
		return usage_error("%s and %s exclude each other",
		    mode_names[o->mode < mode ? o->mode : mode],
		    mode_names[o->mode < mode ? mode : o->mode]);
	o->mode = mode;
	o->audit = optarg;
	return 0;
}

static int
take_help(struct options *o, const struct row *r)
{
	(void)r;
	usage_print();
	o->done = true;
	return 0;
}

static int
take_version(struct options *o, const struct row *r)
{
	(void)r;
	(void)printf("phash %s\n", PHASH_VERSION); /* flush_stdout looks */
	o->done = true;
	return 0;
}

/* ---- the options --------------------------------------------------------- */

static const struct row rows[] = {
	{ "jobs", "j:", ALL, take_number, AT(jobs), .max = OPTIONS_MAX_JOBS },
	{ "algorithm", "a:", ALL, take_algorithm, .max = 0 },
	{ "length", "l:", ALL, take_number, AT(length), .max = 512 },
	{ "engine", ":", ALL, take_engine, .max = 0 },
	{ "chunk", ":", ALL, take_number, AT(chunk), .min = 1, .max = 1000000 },
	{ "settle", "", ALL, FLAG(settle) },
	{ "archive", "::", ALL, take_archive, .max = 0 },
	{ "archive-prefix", ":", H | A, take_word, AT(archive_prefix),
	    .words = when_words },
	{ "archive-limit", ":", ALL, take_bytes, AT(archive_limit) },
	{ "timeout", ":", ALL, take_number, AT(timeout), .max = 1000000 },
	{ "sandbox", "", ALL | S, take_choice, AT(sandbox),
	    .max = OPTIONS_SANDBOX_ALL },
	{ "no-sandbox", "", ALL | S, take_choice, AT(sandbox),
	    .max = OPTIONS_SANDBOX_NONE },
	{ "user", ":", ALL, take_text, AT(user) },
	{ "on", ":", ALL, take_value, AT(on) },
	{ "rsh", ":", ALL, take_text, AT(rsh) },
	{ "remote-path", ":", ALL, take_text, AT(remote_path) },
	{ "host-timeout", ":", ALL, take_number, AT(host_timeout), .min = 1,
	    .max = 1000000 },
	{ "serve", "", S, take_mode, .max = OPTIONS_SERVE },
	{ "format", ":", ALL, take_format, .words = format_words },
	{ "tag", "", ALL, take_format, .max = FORMAT_TAGGED },
	{ "untagged", "", ALL, take_format, .max = FORMAT_UNTAGGED },
	{ "binary", "b", H | C, FLAG(binary) },
	{ "text", "t", H | C, take_flag, AT(binary), .max = false },
	{ "json", "", ALL, take_format, .max = FORMAT_JSON },
	{ "zero", "z", ALL, FLAG(zero) },
	{ "base64", "", H | A, FLAG(base64) },
	{ "identity", "", H, FLAG(identity) },
	{ "reuse", ":", H, take_value, AT(reuse) },
	{ "reuse-max-age", ":", H, take_number, AT(reuse_max_age),
	    .max = 100000 },
	{ "reuse-sample", ":", H, take_number, AT(reuse_sample), .max = 100 },
	{ "journal", ":", H, take_text, AT(journal) },
	{ "part", ":", ALL, take_part, .max = 0 },
	{ "oldest-first", "", H, FLAG(oldest_first) },
	{ "budget", ":", H, take_budget, .max = 0 },
	{ "duplicates", "", H, FLAG(duplicates) },
	{ "sort", ":", H, take_word, AT(sort), .words = sort_words },
	{ "tree-digest", "", H, FLAG(tree_digest) },
	{ "output", "o:", H | A, take_output, .max = 0 },
	{ "directory", "C:", ALL, take_value, AT(directories) },
	{ "walk", ":", ALL, take_word, AT(walk), .words = walk_words },
	{ "one-file-system", "x", H | A, FLAG(one_file_system) },
	{ "follow", "L", H | A, FLAG(follow) },
	{ "exclude", "E:", H | A, take_value, AT(exclude) },
	{ "exclude-from", ":", H | A, take_value, AT(exclude_from) },
	{ "include", ":", H | A, take_value, AT(include) },
	{ "max-depth", ":", H | A, take_number, AT(max_depth),
	    .max = 1000000000 },
	{ "files-from", ":", H, take_list, .max = false },
	{ "files0-from", ":", H, take_list, .max = true },
	{ "recursive", "r", ALL, NULL, .max = 0 },
	{ "progress", ":", ALL, take_word, AT(progress), .words = when_words },
	{ "verbose", "v", ALL, FLAG(verbose) },
	{ "debug", "", ALL, FLAG(debug) },
	{ "check", "c", ALL, take_mode, .max = OPTIONS_CHECK },
	{ "audit", ":", ALL, take_mode, .max = OPTIONS_AUDIT },
	{ "list", ":", A, take_text, AT(list) },
	{ "update", "", A, FLAG(update) },
	{ "report", ":", A, take_report, .words = report_words },
	{ "quiet", "q", C | A, take_choice, AT(told), .max = OPTIONS_TELL_QUIET },
	{ "status", "", C | A, take_choice, AT(told), .max = OPTIONS_TELL_STATUS },
	{ "warn", "w", C, take_choice, AT(told), .max = OPTIONS_TELL_WARN },
	{ "strict", "", C, FLAG(strict) },
	{ "ignore-missing", "", C | A, FLAG(ignore_missing) },
	{ "help", "h", ALL, take_help, .max = 0 },
	{ "version", "", ALL, take_version, .max = 0 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What getopt_long(3) calls an option: its letter, or a number that no letter
 * has. */
static int
row_value(const struct row *r)
{
	return *r->letter && *r->letter != ':' ? *r->letter :
	    256 + (int)(r - rows);
}

static int
row_argument(const struct row *r)
{
	const char *colon = strchr(r->letter, ':');

	if (!colon)
		return no_argument;
	return colon[1] ? optional_argument : required_argument;
}

/* NULL: there is no such option. */
static const struct row *
row_of(int value)
{
	for (size_t i = 0; i < ROWS; i++)
		if (row_value(&rows[i]) == value)
			return &rows[i];
	return NULL;
}

/* What getopt_long is told of the rows: letters has room for ROWS with colons,
 * one colon more and a NUL. */
static void
put_rows(char *letters, struct option *names)
{
	*letters++ = ':';
	for (const struct row *r = rows; r < rows + ROWS; r++, names++) {
		int value = row_value(r);

		if (value == *r->letter)
			letters = stpcpy(letters, r->letter);
		*names = (struct option){ r->name, row_argument(r), NULL,
		    value };
	}
}

/* The option that text, len bytes after the dashes, was meant to be; NULL. */
static const char *
guess_option(const char *text, size_t len)
{
	const char *names[ROWS + 1] = { NULL };

	for (size_t i = 0; i < ROWS; i++)
		names[i] = rows[i].name;
	return guess_word(text, len, names);
}

/* Appends ": --this, --that", all options that begin so; nothing for none. */
static void
put_candidates(struct buf *out, const char *text, size_t len)
{
	for (const struct row *r = rows; r < rows + ROWS; r++)
		if (!strncmp(r->name, text, len))
			buf_printf(out, "%s--%s", out->len ? ", " : ": ",
			    r->name);
}

/* An option that getopt_long(3) did not take. It calls an unknown long one and
 * an ambiguous one the same. */
static int
unknown_option(const char *arg, bool is_long)
{
	size_t len = is_long ? strcspn(arg + 2, "=") : 0;
	struct buf quoted = BUF_INIT, more = BUF_INIT;
	const char *meant = is_long ? guess_option(arg + 2, len) : NULL;

	quote_shell_always(&quoted, arg, strlen(arg));
	if (is_long)
		put_candidates(&more, arg + 2, len);
	if (more.len)
		(void)usage_error("option %s is ambiguous%s",
		    buf_str(&quoted), buf_str(&more));
	else if (meant)
		(void)usage_error("unknown option %s; did you mean --%s?",
		    buf_str(&quoted), meant);
	else
		(void)usage_error("unknown option %s", buf_str(&quoted));
	buf_release(&quoted);
	buf_release(&more);
	return -1;
}

/* What getopt_long(3) found wrong. c is its value; optopt is the option's value
 * where it is one of ours, an unknown letter, or 0 for a long option that is
 * not one, which is then in argv[optind - 1]. */
static int
bad_option(int c, char **argv)
{
	const struct row *r = row_of(optopt);
	const char letter[] = { '-', (char)optopt, '\0' };

	if (r)
		return usage_error("option --%s %s", r->name,
		    c == ':' ? "needs a value" : "takes no value");
	/* "-q-" has an unknown letter, which is no long option */
	return unknown_option(optopt ? letter : argv[optind - 1], !optopt);
}

/* ---- what goes together -------------------------------------------------- */

/* "--update goes with --audit", or "--sort does not go with --check". */
static int
wrong_mode(const struct options *o, const struct row *r)
{
	if (r->modes & H)
		return usage_error("--%s does not go with %s", r->name,
		    mode_names[o->mode]);
	return usage_error("--%s goes with %s%s%s", r->name,
	    r->modes & C ? mode_names[OPTIONS_CHECK] : "",
	    r->modes == (C | A) ? " or " : "",
	    r->modes & A ? mode_names[OPTIONS_AUDIT] : "");
}

/* Was something asked for that the mode has no use for? given: each row. */
static int
check_modes(const struct options *o, const bool *given)
{
	for (size_t i = 0; i < ROWS; i++)
		if (given[i] && !(rows[i].modes & 1u << o->mode))
			return wrong_mode(o, &rows[i]);
	return 0;
}

/* Operands are what is left of argv; where only -C says what is meant, that
 * directory. */
static void
take_operands(struct options *o, int argc, char **argv)
{
	static char here[] = ".";
	static char *const there[] = { here };

	o->operands = argv + optind;
	o->noperands = (size_t)(argc - optind);
	/* of -c they are lists, and an audit has its own way to say so */
	if (o->mode == OPTIONS_HASH && !o->noperands && !o->nlists &&
	    o->directories.n) {
		o->operands = there;
		o->noperands = 1;
	}
}

/* Goes through argv until there is nothing more, or nothing more to do. */
static int
take_all(struct options *o, bool *given, int argc, char **argv)
{
	char letters[2 * ROWS + 2];
	struct option names[ROWS + 1] = { { NULL, 0, NULL, 0 } };
	int c;

	put_rows(letters, names);
	opterr = 0;
	while (!o->done && (c = getopt_long(argc, argv, letters, names,
	    NULL)) != -1) {
		const struct row *r = row_of(c);

		if (!r)
			return bad_option(c, argv);
		given[r - rows] = true;
		if (r->take && r->take(o, r) < 0)
			return -1;
	}
	return 0;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	bool given[ROWS] = { false };

	*o = (struct options){ .algorithm = "sha512", .engine = "auto",
	    .max_depth = -1, .reuse_max_age = -1 };
	if (take_all(o, given, argc, argv) < 0)
		return -1;
	take_operands(o, argc, argv);
	return o->done || (check_modes(o, given) == 0 &&
	    conflicts_check(o, given[row_of('l') - rows],
	    given[row_of('o') - rows]) == 0) ? 0 : -1;
}

void
options_release(struct options *o)
{
	free(o->exclude.v);
	free(o->include.v);
	free(o->exclude_from.v);
	free(o->directories.v);
	free(o->on.v);
	free(o->reuse.v);
	free(o->lists);
}
