/*
 * patterns.h - from the options to the filter of a walk.
 */
#ifndef MODE_PATTERNS_H
#define MODE_PATTERNS_H

struct filter;
struct options;

/* Adds what --exclude, --include and the files of --exclude-from say, which
 * are opened from the current directory. 0, or -1 after one message. */
int patterns_add(struct filter *f, const struct options *o);

#endif
