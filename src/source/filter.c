#include "source/filter.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct glob {
	char *text;
	bool anchored; /* began with a slash, which text has not */
	bool dirs;     /* ended with a slash, likewise */
	bool slashes;  /* has one inside: more than the last component counts */
};

struct globs {
	struct glob *v;
	size_t n, cap;
};

struct filter {
	struct globs exclude, include;
};

struct filter *
filter_new(void)
{
	return mem_zalloc(1, sizeof(struct filter));
}

static void
globs_release(struct globs *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		free(g->v[i].text);
	free(g->v);
}

void
filter_free(struct filter *f)
{
	if (!f)
		return;
	globs_release(&f->exclude);
	globs_release(&f->include);
	free(f);
}

static void
globs_add(struct globs *g, const char *glob)
{
	size_t len = strlen(glob);
	struct glob new = { .anchored = glob[0] == '/' };

	while (*glob == '/') {
		glob++;
		len--;
	}
	while (len && glob[len - 1] == '/') {
		new.dirs = true;
		len--;
	}
	new.text = mem_dup(glob, len);
	new.slashes = strchr(new.text, '/');
	g->v = mem_grow(g->v, &g->cap, g->n + 1, sizeof(*g->v));
	g->v[g->n++] = new;
}

void
filter_exclude(struct filter *f, const char *glob)
{
	globs_add(&f->exclude, glob);
}

void
filter_include(struct filter *f, const char *glob)
{
	globs_add(&f->include, glob);
}

/* path without a leading "./" or "/". */
static const char *
filter_whole(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return path;
}

static bool
glob_matches(const struct glob *g, const char *path, bool is_dir)
{
	const char *at;

	if (g->dirs && !is_dir)
		return false;
	if (g->anchored)
		return !fnmatch(g->text, filter_whole(path), FNM_PATHNAME);
	at = strrchr(path, '/');
	at = at ? at + 1 : path;
	if (!g->slashes)
		return !fnmatch(g->text, at, FNM_PATHNAME);
	for (at = path; at; at = strchr(at, '/')) {
		while (*at == '/')
			at++;
		if (!fnmatch(g->text, at, FNM_PATHNAME))
			return true;
	}
	return false;
}

static bool
globs_match(const struct globs *g, const char *path, bool is_dir)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (glob_matches(&g->v[i], path, is_dir))
			return true;
	return false;
}

bool
filter_wants(const struct filter *f, const char *path, bool is_dir)
{
	if (globs_match(&f->exclude, path, is_dir))
		return false;
	return is_dir || !f->include.n ||
	    globs_match(&f->include, path, false);
}

bool
filter_wants_listed(const struct filter *f, const char *path, size_t below)
{
	size_t from = below ? below : (size_t)(filter_whole(path) - path);
	char *above = mem_dup(path, strlen(path));
	char *slash = above + from;
	bool wanted = true;

	while (wanted && (slash = strchr(slash, '/'))) {
		*slash = '\0';
		wanted = filter_wants(f, above, true);
		*slash++ = '/';
	}
	free(above);
	return wanted && (!path[from] || filter_wants(f, path, false));
}
