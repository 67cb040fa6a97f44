#include "mode/operands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/line.h"
#include "base/mem.h"
#include "base/quote.h"
#include "mode/run.h"
#include "options/options.h"
#include "record/scope.h"
#include "source/filter.h"
#include "source/list.h"

/* ---- names -------------------------------------------------------------------- */

struct walk_opts
operands_walk(const struct run *r)
{
	struct walk_opts w = {
		.one_file_system = r->o->one_file_system,
		.follow = r->o->follow,
		.max_depth = r->o->max_depth,
		.filter = r->filter,
		.own = r->own,
		.dirfd = r->dirfd,
	};

	return w;
}

struct result
operands_failure(const char *path, size_t len, int err)
{
	struct result r = { .entry = { .name = path, .len = len } };

	(void)result_fail(&r, err == WALK_OUTPUT ? RESULT_OUTPUT :
	    err == WALK_LINKS ? RESULT_LINKS : RESULT_OPEN, err < 0 ? 0 : err);
	return r;
}

bool
operands_want(const struct run *r, const struct scope *scope,
    const char *plain, size_t len)
{
	char *name = mem_dup(plain, len);
	size_t cursor = 0, below = 0;
	bool wanted = false, found = false;

	while (!wanted && scope_next(scope, plain, len, &cursor, &below)) {
		found = true;
		wanted = filter_wants_listed(r->filter, name, below);
	}
	if (!found)
		wanted = filter_wants_listed(r->filter, name, 0);
	free(name);
	return wanted;
}

/* Says that something is wrong at the place where a list was last read. */
static void
operands_bad(const struct list *l, const char *what)
{
	size_t number;
	const char *where = list_where(l, &number);

	if (where)
		diag_name(where, strlen(where), "name %zu: %s", number, what);
	else
		diag_msg("operand %zu: %s", number, what);
}

/* All that is below an operand is found before the next one: of what is found twice
 * the first counts. */
static int
operands_walk_one(struct run *r, const struct walk_opts *w, const char *name)
{
	int rc = walk(name, w);

	return rc ? rc : spread_run(&r->spread, r);
}

/* Takes one operand. Non-zero: a callback stopped it. */
static int
operands_take(struct run *r, const struct walk_opts *w, const char *name,
    size_t len)
{
	const struct entry in = { .name = name, .len = len,
	    .kind = ENTRY_STDIN };
	size_t number;

	if (strcmp(name, "-") != 0)
		return operands_walk_one(r, w, name);
	/* stdin on the command line; in a list it is a file's name, which must
	 * not be printed as that of stdin */
	return list_where(r->list, &number) ?
	    operands_walk_one(r, w, "./-") : w->on_file(w->cookie, &in);
}

/* NULL, or what is wrong with an event of a list. */
static const char *
operands_wrong(enum list_event event, int err)
{
	switch (event) {
	case LIST_NAME:
	case LIST_END:
		break;
	case LIST_EMPTY:
		return "empty name";
	case LIST_NUL:
		return "NUL in a name (--files0-from reads names that end in "
		    "NUL)";
	case LIST_ERROR:
		return line_strerror(err);
	}
	return NULL;
}

uint64_t
operands_run(struct run *r, const struct walk_opts *w, const char *none)
{
	const struct walk_opts spread = spread_walk(&r->spread, w);
	enum list_event event;
	uint64_t bad = 0;
	const char *name, *wrong;
	size_t len;
	int err;

	if (!r->o->noperands && !r->o->nlists) {
		if (!strcmp(none, "-"))
			run_say_stdin();
		(void)operands_take(r, &spread, none, strlen(none));
		return 0;
	}
	list_on_wait(r->list, run_wait_input, r);
	while ((event = list_next(r->list, &name, &len, &err)) != LIST_END) {
		if (event == LIST_ERROR && err == ECANCELED)
			return bad; /* run_wait_input has said why */
		wrong = operands_wrong(event, err);
		bad += wrong != NULL;
		if (wrong)
			operands_bad(r->list, wrong);
		else if (operands_take(r, &spread, name, len))
			return bad;
	}
	return bad;
}

/* ---- patterns ----------------------------------------------------------------- */

/* Says what is wrong with a pattern: number 0 is that of an option, any other
 * that of a line of the file called where. -1. */
static int
operands_refuse_pattern(const char *where, size_t number, const char *pattern,
    size_t len, const char *why)
{
	struct buf b = BUF_INIT;

	quote_shell_always(&b, pattern, len);
	if (number)
		diag_name(where, strlen(where), "line %zu: %s is not a "
		    "pattern: %s", number, buf_str(&b), why);
	else
		diag_msg("option --%s: %s is not a pattern: %s (try 'phash "
		    "--help')", where, buf_str(&b), why);
	buf_release(&b);
	return -1;
}

static int
operands_filter_options(struct filter *f, const struct options_values *values,
    const char *option,
    const char *(*add)(struct filter *f, const char *pattern))
{
	const char *why;
	size_t i;

	for (i = 0; i < values->n; i++) {
		why = add(f, values->v[i]);
		if (why)
			return operands_refuse_pattern(option, 0, values->v[i],
			    strlen(values->v[i]), why);
	}
	return 0;
}

/* Adds what a line says, which may be nothing. NULL, or what is wrong. The
 * first line of a file may begin with a byte order mark of UTF-8. */
static const char *
operands_filter_line(struct filter *f, struct line *l, bool first)
{
	static const char bom[] = "\357\273\277";
	const char *glob = l->data;

	if (l->len && l->data[l->len - 1] == '\r')
		l->data[--l->len] = '\0';
	if (memchr(l->data, '\0', l->len))
		return "there is a NUL in it";
	if (first && !strncmp(glob, bom, strlen(bom)))
		glob += strlen(bom);
	if (!*glob || *glob == '#')
		return NULL;
	return filter_exclude(f, glob);
}

static int
operands_filter_lines(struct filter *f, const char *path, int fd)
{
	struct line l = { .wait = NULL };
	const char *why = NULL;
	size_t number = 0;
	int got, rc = 0;

	while (!why && (got = line_next(&l, fd, '\n')) > 0)
		why = operands_filter_line(f, &l, number++ == 0);
	if (why) {
		rc = operands_refuse_pattern(path, number, l.data, l.len, why);
	} else if (got < 0) {
		diag_name(path, strlen(path), "%s", line_strerror(errno));
		rc = -1;
	}
	line_release(&l);
	return rc;
}

/* Without all of the patterns too much would be hashed: unlike a list of
 * names, one that cannot be read ends the run. */
static int
operands_filter_file(struct filter *f, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) :
	    STDIN_FILENO;
	int rc;

	if (fd < 0) {
		diag_name(path, strlen(path), "%s", strerror(errno));
		return -1;
	}
	rc = operands_filter_lines(f, path, fd);
	if (fd > STDIN_FILENO)
		(void)close(fd); /* it was only read */
	return rc;
}

int
operands_filter(struct filter *f, const struct options *o)
{
	size_t i;

	if (operands_filter_options(f, &o->exclude, "exclude",
	    filter_exclude) < 0 ||
	    operands_filter_options(f, &o->include, "include",
	    filter_include) < 0)
		return -1;
	for (i = 0; i < o->exclude_from.n; i++)
		if (operands_filter_file(f, o->exclude_from.v[i]) < 0)
			return -1;
	return 0;
}
