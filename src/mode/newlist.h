/*
 * newlist.h - lines of the list that an audit writes, in the form of the one
 * that it read.
 */
#ifndef MODE_NEWLIST_H
#define MODE_NEWLIST_H

#include <stdbool.h>

#include "record/format.h"

struct algorithms;
struct buf;
struct manifest_entry;
struct options;
struct result;

/* Zeroed at first. */
struct newlist {
	bool has_form;    /* an entry was seen: kind and base64 are its */
	bool has_dots;    /* one was seen that might begin with "./"... */
	bool dots;        /* ...and it does */
	enum format_kind kind;
	bool base64;
	bool has_plain;   /* an entry without a tag was seen... */
	bool binary;      /* ...and it has a * before its name */
	int algorithm;    /* of that entry, or of all files */
	bool told;        /* lines of it need no tag to be read as what they
	                   * are */
};

/* An entry of the old list, of algorithm number n; the first ones count. */
void newlist_see(struct newlist *l, const struct manifest_entry *e, int n);

/* The old list has been read. The new one is written to path, with algorithm
 * number n for files that the old one does not have. */
void newlist_begin(struct newlist *l, const struct options *o,
    const char *path, struct algorithms *a, int n);

/* A file of the new list. */
struct newlist_file {
	const struct result *r; /* its name has no "./" in front... */
	bool dotted;     /* ...but was found with that */
	const char *tag; /* of its algorithm */
};

/* Appends the line of f. What o asks for in so many words is stronger than the
 * form of the old list. */
void newlist_put(const struct newlist *l, const struct options *o,
    const struct newlist_file *f, struct buf *out);

#endif
