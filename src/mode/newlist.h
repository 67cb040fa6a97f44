/*
 * newlist.h - the list that an audit writes, in the form of the one that it
 * read.
 */
#ifndef MODE_NEWLIST_H
#define MODE_NEWLIST_H

#include <stdbool.h>

#include "record/format.h"

struct compare;
struct manifest_entry;
struct options;
struct run;
struct tags;

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

/* Why there can be no list, whose files have that tag, in the form that it should
 * have; NULL: there can. */
const char *newlist_refusal(const struct newlist *l, const struct options *o,
    const char *tag);

/* Will the new list have modes and times? */
bool newlist_has_stamps(const struct newlist *l, const struct options *o);

/* What a new list of c's files, which have their verdicts, would forget without
 * anybody's having looked at it; NULL: nothing. unseen: there is something that
 * c does not know of. */
const char *newlist_forgets(const struct compare *c, bool unseen);

/* Writes the new list to path. What the options ask for in so many words is
 * stronger than the form of the old list. 0, or -1 after a message. */
int newlist_write(struct newlist *l, const struct run *run,
    const struct tags *tags, const struct compare *c, const char *path);

#endif
