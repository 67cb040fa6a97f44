/*
 * operands.h - every name that the operands stand for, one callback each.
 *
 * From the command line and the lists of operands (source/list.h), through the
 * walk (source/walk.h) and its filter, to entries.
 */
#ifndef MODE_OPERANDS_H
#define MODE_OPERANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hasher/result.h"
#include "source/walk.h"

struct filter;
struct options;
struct run;
struct scope;

/* Adds what --exclude, --include and the files of --exclude-from say, which
 * are opened from the current directory. 0, or -1 after one message. */
int operands_filter(struct filter *f, const struct options *o);

/* The options of a walk; the callbacks are the caller's to fill in. */
struct walk_opts operands_walk(const struct run *r);

/* What a walk tells on_error, as a result. */
struct result operands_failure(const char *path, size_t len, int err);

/* Would the walk of any operand have found this plain name (record/scope.h), as
 * far as the filter is concerned? Of a name that lies below none of them,
 * nothing above it is an operand. */
bool operands_want(const struct run *r, const struct scope *operands,
    const char *plain, size_t len);

/*
 * Goes through all of them, or until a callback of w stops it. none is what is
 * meant when there is no operand. Returns how many names of lists could not be
 * used; each was said on stderr.
 */
uint64_t operands_run(struct run *r, const struct walk_opts *w,
    const char *none);

#endif
