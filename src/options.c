#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/guess.h"
#include "base/mem.h"
#include "base/quote.h"
#include "digest/engine.h"
#include "usage.h"

#ifndef PHASH_VERSION
#define PHASH_VERSION "unknown"
#endif

/* The modes that an option means something in. */
enum {
	H = 1 << OPTIONS_HASH,
	C = 1 << OPTIONS_CHECK,
	A = 1 << OPTIONS_AUDIT,
	ALL = H | C | A
};

static const char *const mode_names[] = { NULL, "--check", "--audit" };

/* The words of options that take one of a few; their places are the enums'. */
static const char *const when_words[] = { "auto", "always", "never", NULL };
static const char *const sort_words[] = { "path", "none", NULL };

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
	const char *text;   /* to be printed */
};
#define AT(field) .at = offsetof(struct options, field)
#define FLAG(field) take_flag, AT(field), .max = true

/* One line on stderr. -1, for the caller to return. */
static int __attribute__((format(printf, 1, 2)))
usage_error(const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	diag_msg("%s (try 'phash --help')", buf_str(&b));
	buf_release(&b);
	return -1;
}

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

/* A decimal number. */
static int
take_number(struct options *o, const struct row *r)
{
	char what[96];
	char *end;
	long n;

	errno = 0;
	n = strtol(optarg, &end, 10);
	/* strtol takes blanks, signs and nothing at all for numbers */
	if (isdigit((unsigned char)*optarg) && !*end && !errno &&
	    n >= r->min && n <= r->max) {
		*(int *)field(o, r) = (int)n;
		return 0;
	}
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

/* Bytes, or K, M, G or T of them. */
static int
take_bytes(struct options *o, const struct row *r)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned long long n;
	unsigned shift = 0;
	char *end;

	errno = 0;
	n = strtoull(optarg, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit)
		shift = 10 * (unsigned)(unit - units + 1);
	if (!isdigit((unsigned char)*optarg) || errno || !n ||
	    (*end && (!unit || end[1])) || n > UINT64_MAX >> shift)
		return bad_value(r, "a number of bytes, or of K, M, G or T");
	*(uint64_t *)field(o, r) = (uint64_t)n << shift;
	return 0;
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
	o->format = (enum format_kind)r->max;
	o->format_given = true;
	return 0;
}

static int
take_report(struct options *o, const struct row *r)
{
	o->report = (enum options_report)r->max;
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
		return usage_error("--check and --audit exclude each other");
	o->mode = mode;
	o->audit = optarg;
	return 0;
}

static int
take_print(struct options *o, const struct row *r)
{
	(void)fputs(r->text, stdout); /* flush_stdout looks */
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
	{ "archive", "::", H | A, take_archive, .max = 0 },
	{ "archive-prefix", ":", H | A, take_word, AT(archive_prefix),
	    .words = when_words },
	{ "archive-limit", ":", H | A, take_bytes, AT(archive_limit) },
	{ "timeout", ":", ALL, take_number, AT(timeout), .max = 1000000 },
	{ "tag", "", ALL, take_format, .max = FORMAT_TAGGED },
	{ "untagged", "", ALL, take_format, .max = FORMAT_UNTAGGED },
	{ "binary", "b", H | C, FLAG(binary) },
	{ "text", "t", H | C, take_flag, AT(binary), .max = false },
	{ "json", "", ALL, take_format, .max = FORMAT_JSON },
	{ "zero", "z", ALL, FLAG(zero) },
	{ "base64", "", H | A, FLAG(base64) },
	{ "sort", ":", H, take_word, AT(sort), .words = sort_words },
	{ "tree-digest", "", H, FLAG(tree_digest) },
	{ "output", "o:", H | A, take_output, .max = 0 },
	{ "directory", "C:", ALL, take_value, AT(directories) },
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
	{ "update", "", A, FLAG(update) },
	{ "quiet", "q", C | A, take_report, .max = OPTIONS_REPORT_QUIET },
	{ "status", "", C | A, take_report, .max = OPTIONS_REPORT_STATUS },
	{ "warn", "w", C, take_report, .max = OPTIONS_REPORT_WARN },
	{ "strict", "", C, FLAG(strict) },
	{ "ignore-missing", "", C | A, FLAG(ignore_missing) },
	{ "help", "h", ALL, take_print, .text = usage_text },
	{ "version", "", ALL, take_print,
	    .text = "phash " PHASH_VERSION "\n" },
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

/* As cksum(1) has it. given: --length was. With --check each line has a length
 * of its own. */
static int
check_length(const struct options *o, bool given)
{
	int l = o->length;
	bool sized = !strcasecmp(o->algorithm, "sha2") ||
	    !strcasecmp(o->algorithm, "sha3");

	if (sized && (given || o->mode != OPTIONS_CHECK) && l != 224 &&
	    l != 256 && l != 384 && l != 512)
		return usage_error("--algorithm=%s needs --length=224, 256, "
		    "384 or 512", o->algorithm);
	if (l && !sized && strcasecmp(o->algorithm, "blake2b") != 0 &&
	    strcasecmp(o->algorithm, "shake128") != 0 &&
	    strcasecmp(o->algorithm, "shake256") != 0)
		return usage_error("--length is for --algorithm=sha2, sha3, "
		    "blake2b, shake128 and shake256");
	if (l % 8)
		return usage_error("option --length: '%d' is not a multiple "
		    "of 8", l);
	return 0;
}

/* How many different things standard input was asked to be. */
static int
stdin_users(const struct options *o)
{
	int users = o->mode == OPTIONS_AUDIT && !strcmp(o->audit, "-");
	size_t i;

	users += o->mode == OPTIONS_HASH && !o->noperands && !o->nlists;
	for (i = 0; i < o->nlists; i++)
		users += !strcmp(o->lists[i].path, "-");
	for (i = 0; i < o->exclude_from.n; i++)
		users += !strcmp(o->exclude_from.v[i], "-");
	for (i = 0; i < o->noperands; i++)
		if (!strcmp(o->operands[i], "-"))
			return users + 1; /* the same operand twice is one */
	return users;
}

/* What can each be said alone but not together. */
static int
check_pairs(const struct options *o, bool output_given)
{
	if (stdin_users(o) > 1)
		return usage_error("standard input can be read only once");
	if (o->mode == OPTIONS_AUDIT && output_given && !o->update)
		return usage_error("--output is where --update writes: it "
		    "goes with --update");
	if (o->mode == OPTIONS_AUDIT && output_given && !o->output)
		return usage_error("--update does not write to standard "
		    "output, where the verdicts go");
	if (o->update && !o->output && !strcmp(o->audit, "-"))
		return usage_error("--update has no LIST to write over: "
		    "--output says where");
	if (o->archive && o->settle)
		return usage_error("--settle reads files twice, not archives: "
		    "it does not go with --archive");
	if (o->tree_digest && o->sort == OPTIONS_UNSORTED)
		return usage_error("--tree-digest is of the sorted listing: "
		    "it does not go with --sort=none");
	if (o->tree_digest && (o->format != FORMAT_TAGGED || o->zero))
		return usage_error("--tree-digest prints no lines: it does not "
		    "go with --untagged, --json or --zero");
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
	    .max_depth = -1 };
	if (take_all(o, given, argc, argv) < 0)
		return -1;
	take_operands(o, argc, argv);
	return o->done || (check_modes(o, given) == 0 &&
	    check_length(o, given[row_of('l') - rows]) == 0 &&
	    check_pairs(o, given[row_of('o') - rows]) == 0) ? 0 : -1;
}

void
options_release(struct options *o)
{
	free(o->exclude.v);
	free(o->include.v);
	free(o->exclude_from.v);
	free(o->directories.v);
	free(o->lists);
}
