#include "mode/tags.h"

#include <string.h>

#include "digest/digest.h"
#include "hasher/hasher.h"

void
tags_init(struct tags *t, struct hasher *h, const struct digest *own)
{
	memset(t, 0, sizeof(*t));
	t->hasher = h;
	t->own = digest_tag(own);
}

/* Is the tag spelled as it may be? */
static int
tags_spelled(const char *tag)
{
	struct digest *d;
	const char *p;
	int same;

	for (p = tag; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			break;
	if (!*p)
		return 1;
	d = digest_new(tag);
	same = d && !strcmp(digest_tag(d), tag);
	digest_free(d);
	return same;
}

int
tags_number(struct tags *t, const char *tag, size_t len)
{
	if (!len || len > MANIFEST_TAG_MAX)
		return -1;
	if (strlen(t->own) == len && !memcmp(t->own, tag, len))
		return 0;
	/* lines of one tag follow each other: known or not, it was looked up */
	if (strlen(t->last) == len && !memcmp(t->last, tag, len))
		return t->number;
	memcpy(t->last, tag, len);
	t->last[len] = '\0';
	t->number = tags_spelled(t->last) ?
	    hasher_algorithm(t->hasher, t->last) : -1;
	return t->number;
}

/* For struct manifest: cookie is the struct tags. */
static size_t
tags_digest_size(void *cookie, const char *tag, size_t len)
{
	struct tags *t = cookie;
	int n = tags_number(t, tag, len);

	return n < 0 ? 0 : hasher_digest_size(t->hasher, n);
}

struct manifest
tags_manifest(struct tags *t, const char *list, bool zero)
{
	struct manifest m = {
		.digest_size = tags_digest_size,
		.cookie = t,
		.tag = t->own,
		.zero = zero,
		.is_stdin = !strcmp(list, "-"),
	};

	return m;
}
