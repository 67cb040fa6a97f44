/*
 * newlist.h - lines of the list that an audit writes, in the form of the one
 * that it read.
 */
#ifndef MODE_NEWLIST_H
#define MODE_NEWLIST_H

#include <stdbool.h>

#include "record/format.h"

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
	int algorithm;    /* of that entry: of lines without a tag */
};

/* An entry of the old list, of algorithm number n; the first ones count. */
void newlist_see(struct newlist *l, const struct manifest_entry *e, int n);

/*
 * Appends the line of r, with algorithm number n and its tag. What o asks for
 * in so many words is stronger than the form of the old list. r's path has no
 * "./" in front; found_dots: it was found with that.
 */
void newlist_put(const struct newlist *l, const struct options *o,
    struct result *r, int n, const char *tag, bool found_dots,
    struct buf *out);

#endif
