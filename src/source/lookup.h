/*
 * lookup.h - names that no walk has found, looked at one by one.
 *
 * Below a given place in a name no symbolic link is followed (unless that is
 * asked for): each component is opened relative to the one before it. Names
 * come in bytewise order, so that those in a directory come together: each
 * directory is looked at once, whatever lists say, and a name costs what its
 * length costs.
 */
#ifndef SOURCE_LOOKUP_H
#define SOURCE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct lookup;

enum lookup_kind {
	LOOKUP_FOUND,   /* it is there, whatever it is */
	LOOKUP_MISSING, /* nothing is there, or only behind a link */
	LOOKUP_ERROR    /* it cannot be looked at */
};

struct lookup_result {
	enum lookup_kind kind;
	int err;         /* LOOKUP_ERROR: an errno */
	struct stat st;  /* LOOKUP_FOUND */
	bool has_dev;    /* what it lies below could be entered */
	dev_t dev;       /* then: of the last directory on the way to it that
	                  * could be */
};

/* Names are relative to dirfd, which is borrowed. follow: links are followed
 * everywhere. */
struct lookup *lookup_new(int dirfd, bool follow);
void lookup_free(struct lookup *l);

/*
 * Looks at a name of len bytes, NUL-terminated, without "//" and "/./". The
 * way to what begins at below (0, or behind a slash, or len) is followed,
 * links or not. A name that is less than the one before it costs more, and has
 * the same answer.
 */
void lookup_name(struct lookup *l, const char *name, size_t len,
    size_t below, struct lookup_result *r);

#endif
