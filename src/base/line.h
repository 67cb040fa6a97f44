/*
 * line.h - a file's lines, one after another, in memory that does not grow
 * with the file.
 */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stddef.h>
#include <stdio.h>

/* Zero-initialised is empty. */
struct line {
	char *data; /* with a NUL behind it; valid until the next line_next */
	size_t len;
	size_t cap;
};

/*
 * Reads what comes next up to delim ('\n' or '\0'), which is taken off; the
 * last line may lack it. 1: a line; 0: the end of the file; -1 with errno:
 * reading failed, or there was no memory for the line. What was read of a line
 * before an error is not that line, and is not handed out.
 */
int line_next(struct line *l, FILE *f, int delim);

void line_release(struct line *l);

#endif
