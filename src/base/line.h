/*
 * line.h - the lines of a descriptor, one after another, in memory that does
 * not grow with what is read.
 */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* A line may have that many bytes at least, and twice as many at most: what has
 * more is no list of names or digests. A power of 2. */
#define LINE_LONGEST ((size_t)16 << 20)

/* Zero-initialised is empty. */
struct line {
	char *data; /* with a NUL behind it; valid until the next line_next */
	size_t len;

	/*
	 * What to do while there is no input; NULL: wait. It is called before
	 * a read(2) that might block, and returns 0 when poll(2) finds fd
	 * readable, or -1 to read no more.
	 */
	int (*wait)(void *cookie, int fd);
	void *cookie;

	/* the rest is line.c's own */
	char *buf;
	size_t start, end; /* of what was read and not yet handed out */
	size_t cap;
	bool ended;
	bool known;        /* what LINE_EITHER is: */
	char delim;
};

/* As a delimiter: a newline or a NUL, whichever the file has first. */
#define LINE_EITHER (-1)

/*
 * Reads what comes next up to delim ('\n', '\0' or LINE_EITHER), which is taken
 * off; the last line may lack it. 1: a line; 0: the end of the file; -1 with errno:
 * reading failed, or there was no memory for the line, or it is too long
 * (EFBIG), or wait said so (ECANCELED). What was read of a line before an error
 * is not that line, and is not handed out.
 */
int line_next(struct line *l, int fd, int delim);

/* What to say of that errno. */
const char *line_strerror(int err);

/* Frees and forgets what was read; l may go on with another descriptor. */
void line_release(struct line *l);

#endif
