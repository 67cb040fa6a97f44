/*
 * text.h - small questions about bytes that are no C string.
 */
#ifndef RECORD_TEXT_H
#define RECORD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A space or a tab: what divides the words of a list. */
static inline bool
text_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Do the len bytes begin with prefix? */
static inline bool
text_begins_with(const char *s, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && !memcmp(s, prefix, n);
}

#endif
