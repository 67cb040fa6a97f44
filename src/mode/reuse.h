/*
 * reuse.h - digests of an earlier run, of files that are what they were then.
 *
 * A file is not read again whose path, device, inode, size, mtime, ctime and
 * algorithm are those of a list that phash --json --identity has written. As
 * Git's index has it, an entry counts only if both times lie two seconds or more
 * before its reading began: what was changed later than that may have the same
 * times. What is not known counts as changed. A file without bytes is always
 * read: of those that a kernel makes up, the size says nothing.
 *
 * Nothing of this sees what changes without the file system's knowledge, so an
 * audit and a check have none of it.
 */
#ifndef MODE_REUSE_H
#define MODE_REUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/siphash.h"

struct entry;
struct journal;
struct options;
struct result;
struct run;
struct table;

struct reuse {
	struct table *table; /* where it is recalled */
	bool owned;          /* by this */
	int64_t oldest;      /* entries read before that second are read again */
	unsigned sample;     /* percent of others that are */
	struct siphash_key key; /* which of them */
	uint64_t *due;       /* numbers in table of what is, after the rest */
	size_t ndue, due_cap;
	uint64_t met;        /* entries of files that were found */
	uint64_t read, changed; /* files; changed without a sign */
	uint64_t broken;     /* lists that could not be read */
};

/* Zeroed before. t is where the run has its names, without any as yet; or NULL:
 * then there is a table of its own. */
void reuse_init(struct reuse *u, const struct options *o, struct table *t);
void reuse_release(struct reuse *u);

/* Reads the lists of --reuse: a later line counts more. What cannot be used is said
 * on stderr, and its files are read. */
void reuse_read(struct reuse *u, struct run *run);

/* The same of what j has, after the lists. */
void reuse_read_journal(struct reuse *u, struct run *run, struct journal *j);

enum reuse_verdict {
	REUSE_READ,  /* nothing is known of it */
	REUSE_DUE,   /* its digest is known, and it is to be read all the same */
	REUSE_TAKE
};

/* Number n of the table is a file, which is e. Is its digest known? *r is then its
 * result, its cookie that of e; with REUSE_READ it is anything. */
enum reuse_verdict reuse_look(struct reuse *u, uint64_t n,
    const struct entry *e, struct result *r);

/* The same where the table has nothing but what is recalled. */
enum reuse_verdict reuse_look_up(struct reuse *u, const struct entry *e,
    struct result *r);

/* What is recalled of number n, which was noted, if that counts. */
bool reuse_get(const struct reuse *u, uint64_t n, struct result *old);

/* Keeps number n of the table, which is due, for later. */
void reuse_put_off(struct reuse *u, uint64_t n);

/* What was put off is in u->due, in its order or, oldest_first, by the age of what
 * is known. */
void reuse_order(struct reuse *u, bool oldest_first);

/* Before a result that was not reused is kept: counts it. Is it another digest than
 * that of an unchanged file has to be? Then this is to be said. */
bool reuse_differs(struct reuse *u, const struct result *r);
#define REUSE_CHANGED "content changed under unchanged times"

/* Was there such a result, or a list that could not be read? */
bool reuse_is_bad(const struct reuse *u);

/* For -v: so many were reused. */
void reuse_print_counts(const struct reuse *u, uint64_t reused);

#endif
