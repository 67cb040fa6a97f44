/*
 * Compressions that libarchive decodes, one handle with one filter for each
 * layer. What a filter leaves of the layer below it, when its data has come to
 * its end, is told by the position of its input.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "archive/input.h"

struct filter {
	struct layer layer;
	const char *name;
	struct archive *a;
	struct input *in;
	uint64_t given;  /* bytes of the layer below that libarchive was given */
	bool broken;     /* the layer below has failed: why is its */
};

static bool
filter_has(const unsigned char *p, size_t n, const char *magic, size_t len)
{
	return n >= len && !memcmp(p, magic, len);
}

static la_ssize_t
filter_on_read(struct archive *a, void *cookie, const void **p)
{
	struct filter *f = cookie;
	size_t n;
	int rc = layer_next(f->in, f->layer.below, p, &n);

	f->broken = rc < 0;
	if (rc < 0)
		archive_set_error(a, -1, "%s", f->in->why);
	if (rc <= 0)
		return rc;
	f->given += n;
	return (la_ssize_t)n;
}

/* Sets why, unless the layer below has. -1. */
static int
filter_fail(const struct filter *f)
{
	const char *why = archive_error_string(f->a);

	if (f->broken)
		return -1;
	return input_fail(f->in, "%s: %s", f->name, why ? why : "corrupt");
}

/* Opens a handle with that filter alone on the layer below. 0, or -1 with
 * why. */
static int
filter_open(struct filter *f, int (*support)(struct archive *))
{
	struct archive_entry *e;

	/* it warns where it would run another program: that is not done */
	if (support(f->a) != ARCHIVE_OK)
		return input_fail(f->in, "libarchive was built without %s",
		    f->name);
	if (archive_read_support_format_raw(f->a) != ARCHIVE_OK ||
	    archive_read_open(f->a, f, NULL, filter_on_read, NULL) !=
	    ARCHIVE_OK ||
	    archive_read_next_header(f->a, &e) != ARCHIVE_OK)
		return filter_fail(f);
	/* libarchive looks closer at how it begins */
	f->layer.idle = archive_filter_count(f->a) < 2;
	return 0;
}

static struct layer *
filter_new(struct input *in, struct layer *below, const char *name,
    int (*support)(struct archive *))
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->in = in;
	f->name = name;
	f->layer.below = below;
	f->a = archive_read_new();
	if (f->a && filter_open(f, support) == 0)
		return &f->layer;
	(void)archive_read_free(f->a);
	free(f);
	return NULL;
}

/* Is nothing left below? 0, or -1 with why. */
static int
filter_end(struct input *in, struct filter *f)
{
	uint64_t left = f->given - (uint64_t)archive_filter_bytes(f->a, -1);
	const void *p;
	size_t n;
	int rc;

	rc = left ? 1 : layer_next(in, f->layer.below, &p, &n);
	return rc > 0 ? input_fail(in, "trailing garbage after the %s data",
	    f->name) : rc;
}

static int
filter_make(struct input *in, struct layer *l)
{
	struct filter *f = (struct filter *)l;
	const void *p = NULL;
	size_t n = 0;
	la_int64_t offset;
	int rc;

	do
		rc = archive_read_data_block(f->a, &p, &n, &offset);
	while (rc == ARCHIVE_OK && n == 0);
	if (rc == ARCHIVE_EOF)
		return filter_end(in, f);
	if (rc != ARCHIVE_OK)
		return filter_fail(f);
	l->at = p;
	l->n = n;
	return 0;
}

static void
filter_free(struct layer *l)
{
	struct filter *f = (struct filter *)l;

	(void)archive_read_free(f->a); /* nothing was written */
	free(f);
}

/* ---- one for each ------------------------------------------------------------- */

#define FILTER(name, condition)                                        \
	static bool                                                    \
	name##_begins(const unsigned char *p, size_t n)                \
	{                                                              \
		return condition;                                      \
	}                                                              \
	static struct layer *                                          \
	name##_new(struct input *in, struct layer *below)              \
	{                                                              \
		return filter_new(in, below, #name,                    \
		    archive_read_support_filter_##name);               \
	}                                                              \
	const struct layer_ops name##_ops = { name##_begins, name##_new, \
	    filter_make, filter_free };

FILTER(bzip2, filter_has(p, n, "BZh", 3) && n > 9 && p[3] >= '1' &&
    p[3] <= '9' && (filter_has(p + 4, n - 4, "1AY&SY", 6) ||
    filter_has(p + 4, n - 4, "\x17\x72\x45\x38\x50\x90", 6)))
FILTER(zstd, filter_has(p, n, "\x28\xb5\x2f\xfd", 4))
FILTER(lz4, filter_has(p, n, "\x04\x22\x4d\x18", 4))
FILTER(lzip, filter_has(p, n, "LZIP", 4))
/* LZMA alone has no magic: its usual properties, and a size that is not known,
 * or below a terabyte */
FILTER(lzma, n > 13 && filter_has(p, n, "\x5d\0\0", 3) &&
    (filter_has(p + 5, n - 5, "\377\377\377\377\377\377\377\377", 8) ||
    filter_has(p + 10, n - 10, "\0\0\0", 3)))
FILTER(compress, filter_has(p, n, "\x1f\x9d", 2) && n > 2 && (p[2] & 0x1f) <= 16)
