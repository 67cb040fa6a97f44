/*
 * tags.h - what the digests of a list are digests of.
 *
 * The manifest's parser (record/manifest.h) asks here for every line; each
 * algorithm has its number from digest/algorithm.h. Lines without a tag are of the
 * algorithm of -a. When there is none, the list's name says it (SHA256SUMS,
 * x.md5), or else the length of the digest of its first such line.
 */
#ifndef MODE_TAGS_H
#define MODE_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/manifest.h"
#include "record/verdict.h"

struct algorithms;
struct buf;
struct options;
struct result;

#define TAGS_UNKNOWN 64 /* that cannot be computed and are known by name */
#define TAGS_RECENT 8   /* a power of two */

struct tags {
	struct algorithms *algorithms;
	const char *own;     /* the tag of algorithm number 0 */
	bool given;          /* -a says what lines without a tag are of, ... */
	const char *given_family; /* ...or its name, without a length */

	/* Names that were asked for, and the answers: lines of one tag, or of
	 * two in turns, follow each other. */
	struct tags_recent {
		char name[MANIFEST_TAG_MAX + 1];
		struct manifest_algorithm answer;
	} recent[TAGS_RECENT];
	unsigned recents;

	/* Of numbers below 0: the first is -1. */
	struct tags_unknown {
		char name[MANIFEST_TAG_MAX + 1];
		bool known;  /* but one too many */
	} unknown[TAGS_UNKNOWN];
	int unknowns;

	/* The list that is being read, and its lines without a tag. */
	const char *family;  /* what they are of, in the length of each; NULL:
	                      * it is plain */
	struct manifest_algorithm plain; /* size 0: not decided yet */
	const char *why;     /* it was decided so, in words; NULL: as told */
	const char *others;  /* as in struct verdict_guess */
	bool used;           /* there is such a line */
	bool said;
};

/* a is borrowed; it has a number 0. */
void tags_init(struct tags *t, struct algorithms *a, const struct options *o);

/* The parser of the next list, "-" for stdin, whose lines end in NUL with zero.
 * t is borrowed, and keeps what is said below of that list. */
struct manifest tags_manifest(struct tags *t, const char *list, bool zero);

/*
 * Has something just been decided about the lines without a tag that the user
 * did not say? Then appends it, once: "LIST: lines without a tag are read as
 * SHA256, by the name of the list".
 */
bool tags_decided(struct tags *t, const char *list, struct buf *out);

/*
 * Is a line without a tag, whose digest is of that tag and has so many bytes,
 * read as what it is in the list of that name, when it has only such lines and
 * nobody says -a?
 */
bool tags_is_told(const char *list, const char *tag, size_t bytes,
    bool base64);

/* What the list was taken for, by the length of its digests alone. */
struct verdict_guess tags_guess(const struct tags *t);

/* The tag of an entry's algorithm, number n; below 0 it is as the list has it,
 * or NULL when it is not remembered. */
const char *tags_name(const struct tags *t, int n);

/* As result_reason(), and names the algorithm. */
void tags_reason(const struct tags *t, const struct result *r,
    struct buf *out);

#endif
