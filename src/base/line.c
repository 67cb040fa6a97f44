#include "base/line.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

int
line_next(struct line *l, FILE *f, int delim)
{
	ssize_t n;

	errno = 0;
	n = getdelim(&l->data, &l->cap, delim, f);
	/* -1 is not the end where memory ran out, and a line that is not -1
	 * may have been cut short */
	if (n < 0 || ferror(f))
		return feof(f) && !ferror(f) ? 0 : -1;
	l->len = (size_t)n;
	if (l->data[l->len - 1] == delim)
		l->data[--l->len] = '\0';
	return 1;
}

void
line_release(struct line *l)
{
	free(l->data);
	l->data = NULL;
	l->len = l->cap = 0;
}
