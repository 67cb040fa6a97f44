/*
 * filter.h - which of the names that were found are wanted.
 *
 * A GLOB (fnmatch(3) with FNM_PATHNAME and FNM_PERIOD off: * and ? match a
 * leading dot but never a slash) is compared with the end of the path,
 * beginning at any component: `*.o` or `build/a?.o`. A GLOB that begins with a
 * slash is compared with the whole path, a leading "./" or "/" of the path
 * aside: `/src/build`. A GLOB that ends in a slash means directories only.
 *
 * An excluded directory is not entered. If there is any include, a file must
 * match one of them; directories need not. An exclude beats an include. What
 * the user names as an operand is never filtered itself; what lies below it
 * is.
 */
#ifndef SOURCE_FILTER_H
#define SOURCE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter;

struct filter *filter_new(void);
void filter_free(struct filter *f);

/* The GLOB is copied. */
void filter_exclude(struct filter *f, const char *glob);
void filter_include(struct filter *f, const char *glob);

/* Does the filter want this path, found by the walk? Looks at this path only,
 * not at the directories above it. */
bool filter_wants(const struct filter *f, const char *path, bool is_dir);

/*
 * The same for a name that comes from a list: is it wanted as a file, and is
 * every directory above it? below is where in path begins what lies below an
 * operand, which is not filtered itself; 0: nothing above it is one.
 */
bool filter_wants_listed(const struct filter *f, const char *path,
    size_t below);

#endif
