/*
 * tags.h - the tags of checksum lines, and the algorithms that they mean.
 *
 * The manifest's parser (record/manifest.h) asks here for every line with a
 * tag, the hasher gives each algorithm its number.
 */
#ifndef MODE_TAGS_H
#define MODE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "record/manifest.h"

struct digest;
struct hasher;

struct tags {
	struct hasher *hasher;
	const char *own;   /* the tag of algorithm number 0 */
	char last[MANIFEST_TAG_MAX + 1]; /* the tag asked for last, ... */
	int number;        /* ...and what it is: -1 for nothing */
};

/* Both are borrowed. */
void tags_init(struct tags *t, struct hasher *h, const struct digest *own);

/*
 * The number of the algorithm that tag means, -1 for none. A tag is spelled as
 * digest_tag() spells it or, for OpenSSL's own lines, in capitals: cksum does
 * not read "sha512 (f) = " either.
 */
int tags_number(struct tags *t, const char *tag, size_t len);

/* The parser of one list, "-" for stdin, whose lines end in NUL with zero. t is
 * borrowed. */
struct manifest tags_manifest(struct tags *t, const char *list, bool zero);

#endif
