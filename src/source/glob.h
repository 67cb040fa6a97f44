/*
 * glob.h - patterns of paths.
 *
 * A pattern is compared with a path level by level: within a name as
 * fnmatch(3) does (* and ? match a leading dot too), and ** as a whole level
 * stands for any number of levels, at the end for at least one.
 *
 * {a,b} stands for each of its alternatives, which may be empty, hold slashes
 * and braces; without a comma, or in [...], or behind a backslash, a brace is
 * a brace. A pattern that begins with "/" or "./" is compared with the whole
 * path, any other with the end of it, beginning at any level. One that ends in
 * "/" means directories only. Empty levels and those called "." count neither
 * in patterns nor in paths.
 */
#ifndef SOURCE_GLOB_H
#define SOURCE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#define GLOB_MAX 1024 /* alternatives of one pattern */

struct glob;

/* Zero-initialised is empty. */
struct globs {
	struct glob *v;
	size_t n, cap;
};

/*
 * Adds what a pattern stands for; text is not kept. below: "x/" means what is
 * below x, and not x. Returns NULL; or, as a phrase, why the pattern can match
 * nothing, and then not all of it was added.
 */
const char *globs_add(struct globs *g, const char *text, bool below);

void globs_release(struct globs *g);

/* A path, taken apart. */
struct names {
	char **v;
	size_t n;
	char *text;
};

void names_init(struct names *names, const char *path);

/* How many of them begin in the first so many bytes of the path. */
size_t names_above(const struct names *names, size_t bytes);
void names_release(struct names *names);

/*
 * Does one of the patterns match the path, or a directory above it that has
 * more than from names? is_dir: the path is one, too.
 */
bool globs_match(const struct globs *g, const struct names *names, bool is_dir,
    size_t from);

#endif
