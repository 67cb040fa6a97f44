#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
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

#ifndef PHASH_VERSION
#define PHASH_VERSION "unknown"
#endif

static const char usage_text[] =
"Usage: phash [OPTION]... [FILE|DIR]...\n"
"       phash -c [OPTION]... [LIST]...\n"
"       phash --audit=LIST [OPTION]... [FILE|DIR]...\n"
"Print the SHA-512 digests of files, and of all files below directories; check\n"
"the files that are listed; or compare a tree with a list.\n"
"Without an operand, or when it is -, read standard input; with -C or in an\n"
"audit, take the current directory.\n"
"\n"
"Work\n"
"  -j, --jobs=N             N worker processes; 0 (default): as many as usable\n"
"                           CPUs\n"
"  -a, --algorithm=NAME     any digest that libcrypto knows; default: sha512\n"
"  -l, --length=BITS        of sha2, sha3, blake2b, shake128 or shake256\n"
"      --engine=NAME        auto (default), libcrypto, lanes: several files at a\n"
"                           time with SIMD instructions, or one kernel of those:\n"
"                           avx2x4, avx512x4, avx512x8\n"
"      --chunk=N            hand N names at a time to a worker; default: adapts\n"
"      --settle             read each file twice: a difference is a failure\n"
"      --timeout=SECONDS    give up a file that makes no progress for so long;\n"
"                           0 (default): never\n"
"\n"
"Output\n"
"      --tag                SHA512 (path) = digest (default)\n"
"      --untagged           digest, two spaces, path\n"
"  -b, --binary             with --untagged: a space and * before the path\n"
"  -t, --text               with --untagged: two spaces (default)\n"
"      --json               one JSON object a line, failures included\n"
"  -z, --zero               end lines with NUL and do not escape names\n"
"      --base64             digests in base64, not in hex\n"
"      --sort=path|none     by the bytes of the path (default), or as results\n"
"                           come\n"
"      --tree-digest        one digest, of the sorted --untagged listing\n"
"  -o, --output=FILE        write to FILE, which appears when it is complete; -\n"
"                           is standard output\n"
"\n"
"Check and audit\n"
"  -c, --check              read digests from each LIST, and check them\n"
"      --audit=LIST         what is OK, CHANGED, MISSING, NEW, MOVED, UNREADABLE\n"
"      --update             then write the new list, over LIST or to -o FILE\n"
"  -q, --quiet              do not print OK\n"
"      --status             print nothing: the exit status tells\n"
"  -w, --warn               say which lines are improperly formatted\n"
"      --strict             fail for improperly formatted lines\n"
"      --ignore-missing     do not fail, nor say anything, for missing files\n"
"\n"
"Walk\n"
"  -C, --directory=DIR      change to DIR first\n"
"  -x, --one-file-system    stay on the file system of each DIR\n"
"  -L, --follow             follow symbolic links\n"
"  -E, --exclude=GLOB       leave out what matches, with all that is below it\n"
"      --exclude-from=FILE  the same for each line of FILE; # begins a comment\n"
"      --include=GLOB       only files that match\n"
"      --max-depth=N        not more than N levels below each DIR\n"
"      --files-from=FILE    more operands, one a line; - is standard input\n"
"      --files0-from=FILE   more operands, each ended by NUL\n"
"  -r, --recursive          does nothing: directories are always walked\n"
"\n"
"Messages\n"
"      --progress=WHEN      auto (default: on a terminal), always or never\n"
"  -v, --verbose            name files on the progress line; count on stderr what\n"
"                           was hashed and what was skipped; say which file is\n"
"                           waited for\n"
"      --debug              say on stderr how many workers, which engine\n"
"  -h, --help               print this\n"
"      --version            print the version\n"
"\n"
"Exit status: 0 all well; 1 something differs or could not be read; 2 phash\n"
"could not do its job. `sha512sum -c' checks what phash prints, too.\n";

enum {
	OPT_ENGINE = 256,
	OPT_CHUNK,
	OPT_SETTLE,
	OPT_TIMEOUT,
	OPT_TAG,
	OPT_UNTAGGED,
	OPT_JSON,
	OPT_BASE64,
	OPT_SORT,
	OPT_TREE_DIGEST,
	OPT_INCLUDE,
	OPT_EXCLUDE_FROM,
	OPT_MAX_DEPTH,
	OPT_FILES_FROM,
	OPT_FILES0_FROM,
	OPT_PROGRESS,
	OPT_DEBUG,
	OPT_VERSION,
	OPT_AUDIT,
	OPT_UPDATE,
	OPT_STATUS,
	OPT_STRICT,
	OPT_IGNORE_MISSING,
	OPTIONS_END
};

/* The modes that an option means something in. */
enum {
	H = 1 << OPTIONS_HASH,
	C = 1 << OPTIONS_CHECK,
	A = 1 << OPTIONS_AUDIT
};

static const char short_options[] = ":j:a:l:zC:o:xLE:rvhcwbtq";

static const struct option long_options[] = {
	{ "jobs", required_argument, NULL, 'j' },
	{ "algorithm", required_argument, NULL, 'a' },
	{ "length", required_argument, NULL, 'l' },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "chunk", required_argument, NULL, OPT_CHUNK },
	{ "settle", no_argument, NULL, OPT_SETTLE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "tag", no_argument, NULL, OPT_TAG },
	{ "untagged", no_argument, NULL, OPT_UNTAGGED },
	{ "binary", no_argument, NULL, 'b' },
	{ "text", no_argument, NULL, 't' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "zero", no_argument, NULL, 'z' },
	{ "base64", no_argument, NULL, OPT_BASE64 },
	{ "sort", required_argument, NULL, OPT_SORT },
	{ "tree-digest", no_argument, NULL, OPT_TREE_DIGEST },
	{ "output", required_argument, NULL, 'o' },
	{ "directory", required_argument, NULL, 'C' },
	{ "one-file-system", no_argument, NULL, 'x' },
	{ "follow", no_argument, NULL, 'L' },
	{ "exclude", required_argument, NULL, 'E' },
	{ "exclude-from", required_argument, NULL, OPT_EXCLUDE_FROM },
	{ "include", required_argument, NULL, OPT_INCLUDE },
	{ "max-depth", required_argument, NULL, OPT_MAX_DEPTH },
	{ "files-from", required_argument, NULL, OPT_FILES_FROM },
	{ "files0-from", required_argument, NULL, OPT_FILES0_FROM },
	{ "recursive", no_argument, NULL, 'r' },
	{ "progress", required_argument, NULL, OPT_PROGRESS },
	{ "verbose", no_argument, NULL, 'v' },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "check", no_argument, NULL, 'c' },
	{ "audit", required_argument, NULL, OPT_AUDIT },
	{ "update", no_argument, NULL, OPT_UPDATE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "status", no_argument, NULL, OPT_STATUS },
	{ "warn", no_argument, NULL, 'w' },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "ignore-missing", no_argument, NULL, OPT_IGNORE_MISSING },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

/* Options that do not mean something in every mode. */
static const struct {
	int c;
	unsigned modes;
} options_of_modes[] = {
	{ 'b', H | C }, { 't', H | C }, { OPT_BASE64, H | A }, { OPT_SORT, H },
	{ OPT_TREE_DIGEST, H },
	{ 'o', H | A }, { 'x', H | A }, { 'L', H | A }, { 'E', H | A },
	{ OPT_INCLUDE, H | A }, { OPT_EXCLUDE_FROM, H | A },
	{ OPT_MAX_DEPTH, H | A },
	{ OPT_FILES_FROM, H }, { OPT_FILES0_FROM, H },
	{ OPT_UPDATE, A }, { 'q', C | A }, { OPT_STATUS, C | A },
	{ 'w', C }, { OPT_STRICT, C }, { OPT_IGNORE_MISSING, C | A },
};

static const char *const mode_names[] = { NULL, "--check", "--audit" };

/* The words of options that take one of a few; their places are the enums'. */
static const char *const when_words[] = { "auto", "always", "never", NULL };
static const char *const sort_words[] = { "path", "none", NULL };

/* One line on stderr; the value of every usage error. */
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
	return PHASH_FAILURE;
}

/* The long name of an option's value, for messages; NULL: no such option. */
static const char *
option_name(int c)
{
	const struct option *o;

	for (o = long_options; o->name; o++)
		if (o->val == c)
			return o->name;
	return NULL;
}

/* "option --jobs: 'x1' is not TEXT". */
static int
bad_value(int c, const char *value, const char *what)
{
	struct buf b = BUF_INIT;
	int rc;

	quote_shell_always(&b, value, strlen(value));
	rc = usage_error("option --%s: %s is not %s", option_name(c),
	    buf_str(&b), what);
	buf_release(&b);
	return rc;
}

/* A decimal number from min to max. -1, or a status after a message. */
static int
parse_number(int c, const char *s, uintmax_t min, uintmax_t max, uintmax_t *n)
{
	char what[96];
	char *end;

	errno = 0;
	/* strtoumax takes blanks, signs and nothing at all for numbers */
	if (*s >= '0' && *s <= '9') {
		*n = strtoumax(s, &end, 10);
		if (!*end && !errno && *n >= min && *n <= max)
			return -1;
	}
	snprintf(what, sizeof(what), "a number from %" PRIuMAX " to %" PRIuMAX,
	    min, max);
	return bad_value(c, s, what);
}

/* One of words. -1 with its place in *n, or a status after a message. */
static int
parse_word(int c, const char *s, const char *const *words, int *n)
{
	struct buf b = BUF_INIT;
	int i, rc;

	for (i = 0; words[i]; i++) {
		if (!strcmp(s, words[i])) {
			*n = i;
			return -1;
		}
	}
	buf_puts(&b, "one of");
	for (i = 0; words[i]; i++)
		buf_printf(&b, "%s %s", i ? "," : "", words[i]);
	rc = bad_value(c, s, buf_str(&b));
	buf_release(&b);
	return rc;
}

static void
add_value(struct options_values *vs, const char *value)
{
	vs->v = mem_grow(vs->v, &vs->cap, vs->n + 1, sizeof(*vs->v));
	vs->v[vs->n++] = value;
}

static void
add_list(struct options *o, const char *path, bool zero)
{
	o->lists = mem_grow(o->lists, &o->listscap, o->nlists + 1,
	    sizeof(*o->lists));
	o->lists[o->nlists].path = path;
	o->lists[o->nlists].zero = zero;
	o->nlists++;
}

/* The option that text, len bytes after the dashes, was meant to be; NULL. */
static const char *
guess_option(const char *text, size_t len)
{
	enum { N = sizeof(long_options) / sizeof(long_options[0]) };
	const char *names[N];

	for (size_t i = 0; i < N; i++)
		names[i] = long_options[i].name; /* the last one is NULL */
	return guess_word(text, len, names);
}

/* Appends ": --this, --that", all options that begin so; nothing for none. */
static void
put_candidates(struct buf *out, const char *text, size_t len)
{
	const char *before = ": --";
	const struct option *o;

	for (o = long_options; o->name; o++) {
		if (strncmp(o->name, text, len) != 0)
			continue;
		buf_puts(out, before);
		buf_puts(out, o->name);
		before = ", --";
	}
}

/* A long option that getopt_long(3) did not take: it calls an unknown one and
 * an ambiguous one the same. */
static int
bad_long_option(const char *arg)
{
	const char *text = arg + 2, *meant;
	size_t len = strcspn(text, "=");
	struct buf quoted = BUF_INIT, more = BUF_INIT;
	int rc;

	quote_shell_always(&quoted, arg, strlen(arg));
	put_candidates(&more, text, len);
	meant = guess_option(text, len);
	if (more.len)
		rc = usage_error("option %s is ambiguous%s", buf_str(&quoted),
		    buf_str(&more));
	else if (meant)
		rc = usage_error("unknown option %s; did you mean --%s?",
		    buf_str(&quoted), meant);
	else
		rc = usage_error("unknown option %s", buf_str(&quoted));
	buf_release(&quoted);
	buf_release(&more);
	return rc;
}

/*
 * What getopt_long(3) found wrong, in one line. c is its value; optopt is the
 * option's value where it is one of ours, an unknown letter, or 0 for a long
 * option that is not one, which is then in argv[optind - 1].
 */
static int
bad_option(int c, char **argv)
{
	const char *name = optopt ? option_name(optopt) : NULL;
	const char letter[3] = { '-', (char)optopt, '\0' };
	struct buf b = BUF_INIT;
	int rc;

	if (name)
		return usage_error("option --%s %s", name,
		    c == ':' ? "needs a value" : "takes no value");
	if (!optopt)
		return bad_long_option(argv[optind - 1]);
	quote_shell_always(&b, letter, strlen(letter));
	rc = usage_error("unknown option %s", buf_str(&b));
	buf_release(&b);
	return rc;
}

/* Options that take a number or a word. -1, or a status after a message. */
static int
take_checked(struct options *o, int c)
{
	const char *engines[ENGINE_CHOICES];
	uintmax_t number = 0;
	int word = 0, rc;

	switch (c) {
	case 'j':
		rc = parse_number(c, optarg, 0, OPTIONS_MAX_JOBS, &number);
		o->jobs = (int)number;
		return rc;
	case 'l':
		rc = parse_number(c, optarg, 0, OPTIONS_MAX_LENGTH, &number);
		o->length = (unsigned)number;
		return rc;
	case OPT_CHUNK:
		rc = parse_number(c, optarg, 1, 1000000, &number);
		o->chunk = (size_t)number;
		return rc;
	case OPT_TIMEOUT:
		rc = parse_number(c, optarg, 0, 1000000, &number);
		o->timeout = (int)number;
		return rc;
	case OPT_MAX_DEPTH:
		rc = parse_number(c, optarg, 0, 1000000000, &number);
		o->max_depth = (int)number;
		return rc;
	case OPT_ENGINE:
		engine_choices(engines);
		o->engine = optarg;
		return parse_word(c, optarg, engines, &word);
	case OPT_SORT:
		rc = parse_word(c, optarg, sort_words, &word);
		o->unsorted = word == 1;
		return rc;
	case OPT_PROGRESS:
		rc = parse_word(c, optarg, when_words, &word);
		o->progress = (enum options_when)word;
		return rc;
	}
	diag_bug("option %d is not in the switch", c);
}

/* -1 to go on, or a status. */
static int
take_mode(struct options *o, enum options_mode mode)
{
	if (o->mode != OPTIONS_HASH && o->mode != mode)
		return usage_error("--check and --audit exclude each other");
	o->mode = mode;
	return -1;
}

static int
take_format(struct options *o, enum format_kind format)
{
	o->format = format;
	o->format_given = true;
	return -1;
}

/* -1 to go on, or a status. */
static int
take_option(struct options *o, int c)
{
	switch (c) {
	case 'a':
		o->algorithm = optarg;
		o->algorithm_given = true;
		return -1;
	case 'C':
		add_value(&o->directories, optarg);
		return -1;
	case 'E':
		add_value(&o->exclude, optarg);
		return -1;
	case OPT_EXCLUDE_FROM:
		add_value(&o->exclude_from, optarg);
		return -1;
	case OPT_INCLUDE:
		add_value(&o->include, optarg);
		return -1;
	case OPT_FILES_FROM:
	case OPT_FILES0_FROM:
		add_list(o, optarg, c == OPT_FILES0_FROM);
		return -1;
	case 'o':
		o->output = strcmp(optarg, "-") ? optarg : NULL;
		return -1;
	case 'z':
		o->zero = true;
		return -1;
	case 'x':
		o->one_file_system = true;
		return -1;
	case 'L':
		o->follow = true;
		return -1;
	case 'v':
		o->verbose = true;
		return -1;
	case 'r':
		return -1;
	case OPT_TAG:
		return take_format(o, FORMAT_TAGGED);
	case OPT_UNTAGGED:
		return take_format(o, FORMAT_UNTAGGED);
	case OPT_JSON:
		return take_format(o, FORMAT_JSON);
	case 'b':
	case 't':
		o->binary = c == 'b';
		return -1;
	case OPT_BASE64:
		o->base64 = true;
		return -1;
	case OPT_TREE_DIGEST:
		o->tree_digest = true;
		return -1;
	case OPT_SETTLE:
		o->settle = true;
		return -1;
	case OPT_DEBUG:
		o->debug = true;
		return -1;
	case OPT_UPDATE:
		o->update = true;
		return -1;
	case 'q':
		o->report = OPTIONS_REPORT_QUIET;
		return -1;
	case OPT_STATUS:
		o->report = OPTIONS_REPORT_STATUS;
		return -1;
	case 'w':
		o->report = OPTIONS_REPORT_WARN;
		return -1;
	case OPT_STRICT:
		o->strict = true;
		return -1;
	case OPT_IGNORE_MISSING:
		o->ignore_missing = true;
		return -1;
	case 'c':
		return take_mode(o, OPTIONS_CHECK);
	case OPT_AUDIT:
		o->audit = optarg;
		return take_mode(o, OPTIONS_AUDIT);
	case 'h':
		fputs(usage_text, stdout);
		return PHASH_OK;
	case OPT_VERSION:
		puts("phash " PHASH_VERSION);
		return PHASH_OK;
	}
	return take_checked(o, c);
}

/* "--update goes with --audit", or "--sort does not go with --check". */
static int
wrong_mode(const struct options *o, int c, unsigned modes)
{
	if (modes & H)
		return usage_error("--%s does not go with %s", option_name(c),
		    mode_names[o->mode]);
	return usage_error("--%s goes with %s%s%s", option_name(c),
	    modes & C ? mode_names[OPTIONS_CHECK] : "",
	    modes == (C | A) ? " or " : "",
	    modes & A ? mode_names[OPTIONS_AUDIT] : "");
}

/* Was something asked for that the mode has no use for? */
static int
check_modes(const struct options *o, const bool given[OPTIONS_END])
{
	size_t i, n = sizeof(options_of_modes) / sizeof(options_of_modes[0]);

	for (i = 0; i < n; i++) {
		int c = options_of_modes[i].c;

		if (given[c] && !(options_of_modes[i].modes & 1u << o->mode))
			return wrong_mode(o, c, options_of_modes[i].modes);
	}
	return -1;
}

/* As cksum(1) has it. With --check each line has a length of its own. */
static int
check_length(const struct options *o, bool given)
{
	unsigned l = o->length;
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
		return usage_error("option --length: '%u' is not a multiple "
		    "of 8", l);
	return -1;
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
	for (i = 0; i < o->noperands; i++) {
		if (!strcmp(o->operands[i], "-")) {
			users++; /* the same operand twice is one */
			break;
		}
	}
	return users;
}

/* What can each be said alone but not together. */
static int
check_pairs(const struct options *o, const bool given[OPTIONS_END])
{
	if (stdin_users(o) > 1)
		return usage_error("standard input can be read only once");
	if (o->mode == OPTIONS_AUDIT && given['o'] && !o->update)
		return usage_error("--output is where --update writes: it "
		    "goes with --update");
	if (o->mode == OPTIONS_AUDIT && given['o'] && !o->output)
		return usage_error("--update does not write to standard "
		    "output, where the verdicts go");
	if (o->update && !o->output && !strcmp(o->audit, "-"))
		return usage_error("--update has no LIST to write over: "
		    "--output says where");
	if (o->tree_digest && o->unsorted)
		return usage_error("--tree-digest is of the sorted listing: "
		    "it does not go with --sort=none");
	if (o->tree_digest && (o->format != FORMAT_TAGGED || o->zero))
		return usage_error("--tree-digest prints no lines: it does not "
		    "go with --untagged, --json or --zero");
	return -1;
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
	if (o->mode != OPTIONS_HASH || o->noperands || o->nlists ||
	    !o->directories.n)
		return;
	o->operands = there;
	o->noperands = 1;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	bool given[OPTIONS_END] = { false };
	int c, rc;

	memset(o, 0, sizeof(*o));
	o->algorithm = "sha512";
	o->engine = "auto";
	o->max_depth = -1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, short_options, long_options,
	    NULL)) != -1) {
		if (c == ':' || c == '?')
			return bad_option(c, argv);
		given[c] = true;
		rc = take_option(o, c);
		if (rc >= 0)
			return rc;
	}
	take_operands(o, argc, argv);
	rc = check_modes(o, given);
	if (rc < 0)
		rc = check_length(o, given['l']);
	return rc < 0 ? check_pairs(o, given) : rc;
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
