#include "source/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/line.h"
#include "base/mem.h"

struct list_file {
	const char *path; /* borrowed */
	int fd;           /* -1: read to its end */
	bool zero;
};

struct list {
	char *const *operands; /* borrowed */
	size_t n;
	size_t at;             /* next operand */
	struct list_file *files;
	size_t nfiles, cap;
	size_t file;           /* the one being read */
	size_t records;        /* read of it */
	size_t number;         /* of the last event's operand or record */
	const char *where;     /* what the last event came from */
	struct line record;
};

struct list *
list_new(char *const *operands, size_t n)
{
	struct list *l = mem_zalloc(1, sizeof(*l));

	l->operands = operands;
	l->n = n;
	return l;
}

static void
list_close(struct list_file *lf)
{
	/* read only: what close says changes nothing; stdin stays open */
	if (lf->fd > STDIN_FILENO)
		(void)close(lf->fd);
	lf->fd = -1;
}

void
list_free(struct list *l)
{
	size_t i;

	if (!l)
		return;
	for (i = 0; i < l->nfiles; i++)
		list_close(&l->files[i]);
	free(l->files);
	line_release(&l->record);
	free(l);
}

int
list_add_file(struct list *l, const char *path, bool zero)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) :
	    STDIN_FILENO;

	if (fd < 0)
		return -1;
	l->files = mem_grow(l->files, &l->cap, l->nfiles + 1,
	    sizeof(*l->files));
	l->files[l->nfiles].path = path;
	l->files[l->nfiles].fd = fd;
	l->files[l->nfiles].zero = zero;
	l->nfiles++;
	return 0;
}

void
list_on_wait(struct list *l, int (*wait)(void *cookie, int fd), void *cookie)
{
	l->record.wait = wait;
	l->record.cookie = cookie;
}

static enum list_event
list_operand(struct list *l, const char **name, size_t *len)
{
	*name = l->operands[l->at++];
	*len = strlen(*name);
	l->number = l->at;
	l->where = NULL;
	return *len ? LIST_NAME : LIST_EMPTY;
}

/* The next record of the file being read; LIST_END at its end. */
static enum list_event
list_record(struct list *l, const char **name, size_t *len, int *err)
{
	struct list_file *lf = &l->files[l->file];
	int rc;

	l->where = lf->path;
	l->number = ++l->records;
	rc = line_next(&l->record, lf->fd, lf->zero ? '\0' : '\n');
	*err = errno;
	if (rc <= 0)
		return rc < 0 ? LIST_ERROR : LIST_END;
	*name = l->record.data;
	*len = l->record.len;
	if (!*len)
		return LIST_EMPTY;
	return memchr(*name, '\0', *len) ? LIST_NUL : LIST_NAME;
}

enum list_event
list_next(struct list *l, const char **name, size_t *len, int *err)
{
	enum list_event e;

	if (l->at < l->n)
		return list_operand(l, name, len);
	while (l->file < l->nfiles) {
		e = list_record(l, name, len, err);
		if (e != LIST_END && e != LIST_ERROR)
			return e;
		list_close(&l->files[l->file++]);
		line_release(&l->record);
		l->records = 0;
		if (e == LIST_ERROR)
			return e;
	}
	return LIST_END;
}

const char *
list_where(const struct list *l, size_t *number)
{
	*number = l->number;
	return l->where;
}
