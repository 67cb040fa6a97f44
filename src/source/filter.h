/*
 * filter.h - which of the names that were found are wanted.
 *
 * An excluded directory is not entered. If there is any include, a file must
 * match one of them, where "x/" means what is below x; directories need not.
 * An exclude beats an include. What the user names as an operand is never
 * filtered itself; what lies below it is. glob.h says what a pattern matches.
 */
#ifndef SOURCE_FILTER_H
#define SOURCE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter;

struct filter *filter_new(void);
void filter_free(struct filter *f);

/* Adds a pattern, which is copied. Returns NULL, or, as a phrase, why it can
 * match nothing. */
const char *filter_exclude(struct filter *f, const char *glob);
const char *filter_include(struct filter *f, const char *glob);

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
