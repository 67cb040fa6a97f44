#include "source/glob.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/buf.h"
#include "base/mem.h"

struct glob {
	char **level; /* NULL: any number of levels */
	size_t n;
	char *text;   /* what level points into */
	bool dirs;
	/* while a path goes by: at[i] is true when what it had so far is
	 * matched by the first i levels */
	bool *at;
};

/* ---- brackets and braces ------------------------------------------------------ */

/* The end of "[:x:]", "[.x.]" or "[=x=]" inside a bracket; NULL: it is none. */
static const char *
glob_class_end(const char *s)
{
	char end[3] = { s[1], ']', '\0' };

	if (s[1] != ':' && s[1] != '.' && s[1] != '=')
		return NULL;
	s = strstr(s + 2, end);
	return s ? s + 2 : NULL;
}

/* Where the bracket that begins at s ends, behind its "]"; NULL: nowhere. */
static const char *
glob_bracket_end(const char *s)
{
	const char *class;

	s++;
	if (*s == '!' || *s == '^')
		s++;
	if (*s == ']')
		s++;
	while (*s && *s != ']') {
		class = *s == '[' ? glob_class_end(s) : NULL;
		if (class)
			s = class;
		else
			s += *s == '\\' && s[1] ? 2 : 1;
	}
	return *s ? s + 1 : NULL;
}

/* Behind what stands at s: a character, one with its backslash, a bracket. */
static const char *
glob_skip(const char *s)
{
	const char *end = *s == '[' ? glob_bracket_end(s) : NULL;

	if (end)
		return end;
	return s + (*s == '\\' && s[1] ? 2 : 1);
}

/* The end of the alternative that begins at s: its comma or closing brace, or
 * NULL. */
static const char *
glob_alternative_end(const char *s)
{
	int depth = 0;

	for (; *s; s = glob_skip(s)) {
		if (!depth && (*s == ',' || *s == '}'))
			return s;
		depth += *s == '{';
		depth -= *s == '}';
	}
	return NULL;
}

/* The closing brace of the alternatives that begin at s, an opening one; NULL:
 * they are none. */
static const char *
glob_braces_end(const char *s)
{
	const char *end = glob_alternative_end(s + 1);

	if (!end || *end != ',')
		return NULL;
	while (end && *end == ',')
		end = glob_alternative_end(end + 1);
	return end;
}

/* ---- one pattern -------------------------------------------------------------- */

static bool
glob_is_class(const char *s, const char *end)
{
	char *name = mem_dup(s + 2, (size_t)(end - s) - 4);
	bool is = wctype(name);

	free(name);
	return is;
}

/* Is "a-z" at s the wrong way round? Where letters are ordered differently
 * from here, that is at least true of digits, and of letters of one case. */
static bool
glob_is_no_range(const char *s)
{
	return s[1] == '-' && s[0] > s[2] &&
	    ((isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[2])) ||
	    (islower((unsigned char)s[0]) && islower((unsigned char)s[2])) ||
	    (isupper((unsigned char)s[0]) && isupper((unsigned char)s[2])));
}

/* Why a bracket that ends at end is none; NULL: it is one. */
static const char *
glob_check_bracket(const char *s, const char *end)
{
	const char *class;

	for (s++; s < end - 1; s++) {
		class = *s == '[' ? glob_class_end(s) : NULL;
		if (class && s[1] == ':' && !glob_is_class(s, class))
			return "it has an unknown class of characters";
		if (glob_is_no_range(s))
			return "it has a range that ends before it begins";
		if (class)
			s = class - 1;
		else if (*s == '\\')
			s++;
	}
	return NULL;
}

/* Why no name matches; NULL: some may. */
static const char *
glob_check_level(const char *s)
{
	const char *end, *why;

	for (; *s; s = end) {
		end = glob_skip(s);
		if (*s == '\\' && !s[1])
			return "nothing follows its backslash";
		if (*s != '[')
			continue;
		if (end == s + 1)
			return "a [ lacks its ]";
		why = glob_check_bracket(s, end);
		if (why)
			return why;
	}
	return NULL;
}

static void
glob_release(struct glob *g)
{
	free(g->level);
	free(g->text);
	free(g->at);
}

/* Takes g->text apart into levels; room for three more is left. */
static void
glob_split(struct glob *g)
{
	char *s = g->text, *slash;
	size_t max = 4;

	for (slash = s; (slash = strchr(slash, '/')); slash++)
		max++;
	g->level = mem_zalloc(max, sizeof(*g->level));
	for (; s; s = slash) {
		slash = strchr(s, '/');
		if (slash)
			*slash++ = '\0';
		if (*s && strcmp(s, ".") != 0)
			g->level[g->n++] = strcmp(s, "**") ? s : NULL;
	}
}

/* Puts "any number of levels" before all others. */
static void
glob_prepend(struct glob *g)
{
	memmove(g->level + 1, g->level, g->n * sizeof(*g->level));
	g->level[0] = NULL;
	g->n++;
}

/* A pattern without alternatives. NULL, or why it is none. */
static const char *
glob_parse(struct glob *g, const char *text, bool below)
{
	static char any[] = "*";
	size_t len = strlen(text), i;
	const char *why = NULL;

	g->text = mem_dup(text, len);
	g->dirs = len && text[len - 1] == '/';
	glob_split(g);
	if (!g->n)
		return "there is no name in it";
	for (i = 0; i < g->n && !why; i++)
		why = g->level[i] ? glob_check_level(g->level[i]) : NULL;
	if (g->dirs && below) {
		g->dirs = false;
		g->level[g->n++] = NULL;
	}
	/* at the end it stands for one level at least */
	if (!g->level[g->n - 1]) {
		g->level[g->n - 1] = any;
		g->level[g->n++] = NULL;
	}
	if (g->level[0] && *text != '/' && strncmp(text, "./", 2) != 0)
		glob_prepend(g);
	g->at = mem_zalloc(g->n + 1, sizeof(*g->at));
	return why;
}

/* ---- what a pattern stands for ------------------------------------------------- */

/* The pattern that is being added. */
struct adding {
	struct globs *to;
	bool below;
	unsigned left;  /* alternatives that may still be added */
	unsigned depth; /* of alternatives in alternatives */
};

static const char *
globs_add_one(struct adding *a, const char *text)
{
	struct glob new = { .level = NULL };
	const char *why = glob_parse(&new, text, a->below);
	struct globs *g = a->to;

	if (why) {
		glob_release(&new);
		return why;
	}
	g->v = mem_grow(g->v, &g->cap, g->n + 1, sizeof(*g->v));
	g->v[g->n++] = new;
	return NULL;
}

static const char *globs_add_from(struct adding *a, const char *text,
    size_t from);

/* Adds the text with each of the alternatives between open and close, its
 * braces, in their place. */
static const char *
globs_add_each(struct adding *a, const char *text, const char *open,
    const char *close)
{
	size_t before = (size_t)(open - text);
	struct buf one = BUF_INIT;
	const char *s, *end, *why = NULL;

	for (s = open + 1; !why && s <= close; s = end + 1) {
		end = glob_alternative_end(s);
		buf_clear(&one);
		buf_put(&one, text, before);
		buf_put(&one, s, (size_t)(end - s));
		buf_puts(&one, close + 1);
		why = globs_add_from(a, buf_str(&one), before);
	}
	buf_release(&one);
	return why;
}

/* Adds a text that has no alternatives before from. */
static const char *
globs_add_from(struct adding *a, const char *text, size_t from)
{
	const char *s, *close, *why;

	for (s = text + from; *s; s = glob_skip(s)) {
		close = *s == '{' ? glob_braces_end(s) : NULL;
		if (close)
			break;
	}
	if (a->depth >= GLOB_MAX || !a->left)
		return "it has too many alternatives";
	if (!*s) {
		a->left--;
		return globs_add_one(a, text);
	}
	a->depth++;
	why = globs_add_each(a, text, s, close);
	a->depth--;
	return why;
}

const char *
globs_add(struct globs *g, const char *text, bool below)
{
	struct adding a = { .to = g, .below = below, .left = GLOB_MAX };

	return globs_add_from(&a, text, 0);
}

void
globs_release(struct globs *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		glob_release(&g->v[i]);
	free(g->v);
}

/* ---- paths -------------------------------------------------------------------- */

void
names_init(struct names *names, const char *path)
{
	size_t cap = 0;
	char *s, *slash;

	names->v = NULL;
	names->n = 0;
	names->text = mem_dup(path, strlen(path));
	for (s = names->text; s; s = slash) {
		slash = strchr(s, '/');
		if (slash)
			*slash++ = '\0';
		if (!*s || !strcmp(s, "."))
			continue;
		names->v = mem_grow(names->v, &cap, names->n + 1,
		    sizeof(*names->v));
		names->v[names->n++] = s;
	}
}

size_t
names_above(const struct names *names, size_t bytes)
{
	size_t n = 0;

	while (n < names->n && (size_t)(names->v[n] - names->text) < bytes)
		n++;
	return n;
}

void
names_release(struct names *names)
{
	free(names->v);
	free(names->text);
}

static bool
glob_fits(const struct glob *g, size_t level, const char *name)
{
	return g->level[level] && !fnmatch(g->level[level], name, 0);
}

/* Levels that stand for any number may stand for none. */
static void
glob_pass(const struct glob *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->at[i] && !g->level[i])
			g->at[i + 1] = true;
}

static void
glob_begin(const struct glob *g)
{
	memset(g->at, 0, (g->n + 1) * sizeof(*g->at));
	g->at[0] = true;
	glob_pass(g);
}

/* Goes on by one name. True: all so far is matched. */
static bool
glob_step(const struct glob *g, const char *name)
{
	size_t i;

	for (i = g->n; i > 0; i--)
		g->at[i] = (i < g->n && g->at[i] && !g->level[i]) ||
		    (g->at[i - 1] && glob_fits(g, i - 1, name));
	g->at[0] = g->at[0] && !g->level[0];
	glob_pass(g);
	return g->at[g->n];
}

/* One name, wherever it is: that needs no look at what is above. */
static bool
glob_is_simple(const struct glob *g)
{
	return g->n == 2 && !g->level[0];
}

static bool
glob_matches(const struct glob *g, const struct names *names, bool is_dir,
    size_t from)
{
	bool simple = glob_is_simple(g), matched, last;
	size_t i;

	if (!simple)
		glob_begin(g);
	for (i = simple ? from : 0; i < names->n; i++) {
		matched = simple ? glob_fits(g, 1, names->v[i]) :
		    glob_step(g, names->v[i]);
		last = i == names->n - 1;
		if (matched && i >= from && (!g->dirs || !last || is_dir))
			return true;
	}
	return false;
}

bool
globs_match(const struct globs *g, const struct names *names, bool is_dir,
    size_t from)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (glob_matches(&g->v[i], names, is_dir, from))
			return true;
	return false;
}
