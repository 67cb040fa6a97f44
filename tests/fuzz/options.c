/*
 * Command lines into options/options: see README beside this file.
 *
 * An input is arguments, each with a NUL behind it but for the last. What must
 * hold:
 *
 *   - what is refused is one line on standard error, all of it printable; what
 *     is taken is none;
 *   - numbers and words that are taken are within their bounds, and operands and
 *     values are arguments, or what stands in them;
 *   - the arguments, which are in another order then, mean the same again.
 */
#include <ctype.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "digest/engine.h"
#include "options/options.h"

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS = 64 };

/* ---- what is printed --------------------------------------------------------- */

/* Where a descriptor led before it was turned to a file, which is open as file. */
struct turned {
	int fd, before, file;
};

static struct turned
turn(int fd)
{
	char path[] = "/tmp/options-fuzz-XXXXXX";
	struct turned t = { fd, dup(fd), mkstemp(path) };

	must(t.before >= 0 && t.file >= 0 && unlink(path) == 0 &&
	    dup2(t.file, fd) == fd, "output can be turned");
	return t;
}

/* Turns it back. What was printed is appended to text. */
static void
turn_back(const struct turned *t, struct buf *text)
{
	ssize_t n;

	must(dup2(t->before, t->fd) == t->fd && lseek(t->file, 0, SEEK_SET) == 0,
	    "and turned back");
	while ((n = read(t->file, buf_reserve(text, 4096), 4096)) > 0)
		text->len += (size_t)n;
	(void)close(t->file);
	(void)close(t->before);
}

static void
check_messages(const struct buf *said, int rc)
{
	static const char prefix[] = "phash: ";

	must((rc < 0) == (said->len > 0), "only what is wrong is said");
	if (rc == 0)
		return;
	must(said->len > sizeof(prefix) && !memcmp(said->data, prefix,
	    sizeof(prefix) - 1), "a message says whose it is");
	for (size_t i = 0; i + 1 < said->len; i++)
		must(isprint((unsigned char)said->data[i]), "it only shows");
	must(said->data[said->len - 1] == '\n', "it is one line");
}

/* ---- what is taken ----------------------------------------------------------- */

static bool
is_argument(const char *text, int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++)
		if (text >= argv[i] && text <= argv[i] + strlen(argv[i]))
			return true;
	return false;
}

static void
check_values(const struct options_values *vs, int argc, char *const *argv)
{
	for (size_t i = 0; i < vs->n; i++)
		must(is_argument(vs->v[i], argc, argv), "a value was given");
}

static void
check_numbers(const struct options *o)
{
	int engines = 0;

	must(o->jobs >= 0 && o->jobs <= OPTIONS_MAX_JOBS, "jobs");
	must(o->length >= 0 && o->length <= 512 && o->length % 8 == 0,
	    "a length");
	must(o->chunk >= 0 && o->timeout >= 0 && o->host_timeout >= 0 &&
	    o->max_depth >= -1, "no number is negative");
	must(o->mode <= OPTIONS_SERVE && o->told <= OPTIONS_TELL_WARN &&
	    o->sort <= OPTIONS_UNSORTED && o->format <= FORMAT_MTREE &&
	    o->archive <= OPTIONS_ARCHIVE_RECURSIVE &&
	    o->archive_prefix <= OPTIONS_NEVER && o->progress <= OPTIONS_NEVER,
	    "a word is one of its list");
	for (int i = 0; engine_choices[i]; i++)
		engines += !strcmp(o->engine, engine_choices[i]);
	must(engines == 1, "there is such an engine");
}

static void
check_options(const struct options *o, int argc, char *const *argv)
{
	check_values(&o->exclude, argc, argv);
	check_values(&o->include, argc, argv);
	check_values(&o->exclude_from, argc, argv);
	check_values(&o->directories, argc, argv);
	check_values(&o->on, argc, argv);
	for (size_t i = 0; i < o->nlists; i++)
		must(is_argument(o->lists[i].path, argc, argv),
		    "a list was given");
	if (o->done)
		return;
	check_numbers(o);
	must((o->audit != NULL) == (o->mode == OPTIONS_AUDIT),
	    "an audit has a list");
	must((!o->list && !o->update) || o->audit, "what is of an audit");
	for (size_t i = 0; i < o->noperands; i++)
		must(is_argument(o->operands[i], argc, argv) ||
		    (o->noperands == 1 && !strcmp(o->operands[i], ".") &&
		    o->directories.n), "an operand was given");
}

static int
parse(struct options *o, int argc, char **argv)
{
	struct buf text = BUF_INIT, said = BUF_INIT;
	struct turned out = turn(STDOUT_FILENO), err = turn(STDERR_FILENO);
	int rc;

	optind = 0; /* begin again: getopt(3) */
	rc = options_parse(o, argc, argv);
	(void)fflush(stdout);
	turn_back(&err, &said);
	turn_back(&out, &text);
	check_messages(&said, rc);
	must((text.len > 0) == (rc == 0 && o->done),
	    "help and version are all that is printed");
	buf_release(&text);
	buf_release(&said);
	return rc;
}

static bool
same_values(const struct options_values *a, const struct options_values *b)
{
	return a->n == b->n &&
	    (!a->n || !memcmp(a->v, b->v, a->n * sizeof(*a->v)));
}

/* Of values that were given more than once, the last counts, of others all. */
static void
check_same(const struct options *a, const struct options *b)
{
	must(a->mode == b->mode && a->format == b->format &&
	    a->jobs == b->jobs && a->output == b->output &&
	    a->audit == b->audit && a->list == b->list &&
	    a->told == b->told && a->report == b->report &&
	    a->archive == b->archive && a->noperands == b->noperands && a->nlists == b->nlists &&
	    a->max_depth == b->max_depth && a->verbose == b->verbose &&
	    same_values(&a->exclude, &b->exclude) &&
	    same_values(&a->directories, &b->directories) &&
	    same_values(&a->on, &b->on), "arguments in order mean the same");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[ARGUMENTS + 2] = { NULL }, *text = malloc(size + 1), *at;
	static char name[] = "phash";
	struct options first, second;
	int argc = 0;

	must(text != NULL, "there is memory");
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	argv[argc++] = name;
	for (at = text; at < text + size && argc <= ARGUMENTS;
	    at += strlen(at) + 1)
		argv[argc++] = at;
	if (parse(&first, argc, argv) == 0) {
		check_options(&first, argc, argv);
		if (!first.done) {
			must(parse(&second, argc, argv) == 0,
			    "arguments in order are taken again");
			check_same(&first, &second);
			options_release(&second);
		}
	}
	options_release(&first);
	free(text);
	return 0;
}
