#include "mode/patterns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/line.h"
#include "base/quote.h"
#include "options.h"
#include "source/filter.h"

/* Says what is wrong with a pattern: number 0 is that of an option, any other
 * that of a line of the file called where. -1. */
static int
patterns_refuse(const char *where, size_t number, const char *pattern,
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
patterns_add_options(struct filter *f, const struct options_values *values,
    const char *option,
    const char *(*add)(struct filter *f, const char *pattern))
{
	const char *why;
	size_t i;

	for (i = 0; i < values->n; i++) {
		why = add(f, values->v[i]);
		if (why)
			return patterns_refuse(option, 0, values->v[i],
			    strlen(values->v[i]), why);
	}
	return 0;
}

/* Adds what a line says, which may be nothing. NULL, or what is wrong. The
 * first line of a file may begin with a byte order mark of UTF-8. */
static const char *
patterns_add_line(struct filter *f, struct line *l, bool first)
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
patterns_add_lines(struct filter *f, const char *path, int fd)
{
	struct line l = { .wait = NULL };
	const char *why = NULL;
	size_t number = 0;
	int got, rc = 0;

	while (!why && (got = line_next(&l, fd, '\n')) > 0)
		why = patterns_add_line(f, &l, number++ == 0);
	if (why) {
		rc = patterns_refuse(path, number, l.data, l.len, why);
	} else if (got < 0) {
		diag_name(path, strlen(path), "%s", strerror(errno));
		rc = -1;
	}
	line_release(&l);
	return rc;
}

/* Without all of the patterns too much would be hashed: unlike a list of
 * names, one that cannot be read ends the run. */
static int
patterns_add_file(struct filter *f, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) :
	    STDIN_FILENO;
	int rc;

	if (fd < 0) {
		diag_name(path, strlen(path), "%s", strerror(errno));
		return -1;
	}
	rc = patterns_add_lines(f, path, fd);
	if (fd > STDIN_FILENO)
		(void)close(fd); /* it was only read */
	return rc;
}

int
patterns_add(struct filter *f, const struct options *o)
{
	size_t i;

	if (patterns_add_options(f, &o->exclude, "exclude", filter_exclude) < 0
	    || patterns_add_options(f, &o->include, "include",
	    filter_include) < 0)
		return -1;
	for (i = 0; i < o->exclude_from.n; i++)
		if (patterns_add_file(f, o->exclude_from.v[i]) < 0)
			return -1;
	return 0;
}
