/*
 * conflicts.h - options that do not go together.
 */
#ifndef OPTIONS_CONFLICTS_H
#define OPTIONS_CONFLICTS_H

#include <stdbool.h>

struct options;

/* Looks at options that are complete, operands too; --length and --output were
 * given or not. 0, or -1 after one line on stderr. */
int conflicts_check(const struct options *o, bool length_given,
    bool output_given);

#endif
