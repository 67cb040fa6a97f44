/*
 * usage.h - what --help prints, and the message about a usage error.
 */
#ifndef OPTIONS_USAGE_H
#define OPTIONS_USAGE_H

/* To stdout, which is not flushed. */
void usage_print(void);

/* One line on stderr. -1, for the caller to return. */
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
