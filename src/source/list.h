/*
 * list.h - where operands come from: the command line and lists of names.
 */
#ifndef SOURCE_LIST_H
#define SOURCE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list;

/*
 * Names come first from operands[n] (borrowed), then from each file added, in
 * order. A list file is read as it is needed, in memory that does not grow
 * with it.
 */
struct list *list_new(char *const *operands, size_t n);
void list_free(struct list *l);

/*
 * Adds a file of names, one per line (zero: each ended by NUL). "-" is stdin.
 * The file is opened at once; 0, or -1 with errno. path is borrowed. In a file
 * of lines a CR is part of the name, and so is everything else but LF.
 */
int list_add_file(struct list *l, const char *path, bool zero);

/* What to do while a list has nothing to read, as in struct line (base/line.h).
 * When wait says -1, list_next says LIST_ERROR with ECANCELED. */
void list_on_wait(struct list *l, int (*wait)(void *cookie, int fd),
    void *cookie);

enum list_event {
	LIST_NAME,   /* *name, *len: NUL-terminated, valid until the next call */
	LIST_EMPTY,  /* an empty name in a list; see list_where */
	LIST_NUL,    /* a NUL inside a line (not zero): *name is the line */
	LIST_ERROR,  /* reading a list failed, *err is the errno; see
	              * list_where; the lists after it go on */
	LIST_END
};
enum list_event list_next(struct list *l, const char **name, size_t *len,
    int *err);

/* The list that the last event came from, and the number of its line or
 * record there, from 1. NULL: the command line. */
const char *list_where(const struct list *l, size_t *number);

#endif
