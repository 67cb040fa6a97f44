/*
 * RFC 1952, through zlib, which verifies CRC and length; libarchive's own filter
 * passes over both.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "archive/input.h"

struct gzip {
	struct layer layer;
	z_stream z;
	bool between;  /* a member has ended: another, zeros, or the end */
	bool padding;  /* zeros have begun */
	unsigned char out[INPUT_BLOCK];
};

static bool
gzip_begins(const unsigned char *p, size_t n)
{
	return n >= 10 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static struct layer *
gzip_new(struct input *in, struct layer *below)
{
	struct gzip *g = calloc(1, sizeof(*g));

	(void)below;
	if (!g)
		return NULL;
	/* the largest window, and a header and trailer of gzip */
	if (inflateInit2(&g->z, MAX_WBITS + 16) == Z_OK)
		return &g->layer;
	input_fail(in, "zlib failed");
	free(g);
	return NULL;
}

/* Is there anything to decode? 1; 0 at the end; -1 with why. */
static int
gzip_take(struct input *in, struct gzip *g)
{
	const void *p;
	size_t n;
	int rc;

	if (g->z.avail_in)
		return 1;
	rc = layer_next(in, g->layer.below, &p, &n);
	if (rc > 0) {
		/* a block of a layer is far smaller than UINT_MAX */
		g->z.next_in = (unsigned char *)(uintptr_t)p;
		g->z.avail_in = (uInt)n;
	}
	return rc;
}

/* What follows a member. 1: another begins; 0: the end; -1 with why. */
static int
gzip_follows(struct input *in, struct gzip *g)
{
	int rc;

	while ((rc = gzip_take(in, g)) > 0) {
		if (*g->z.next_in) {
			if (g->padding || *g->z.next_in != 0x1f)
				return input_fail(in, "trailing garbage after "
				    "the gzip data");
			g->between = false;
			return inflateReset(&g->z) == Z_OK ? 1 :
			    input_fail(in, "zlib failed");
		}
		g->padding = true;
		g->z.next_in++;
		g->z.avail_in--;
	}
	return rc;
}

static const char *
gzip_strerror(const struct gzip *g, int rc)
{
	if (rc == Z_MEM_ERROR)
		return "not enough memory";
	return g->z.msg ? g->z.msg : "corrupt";
}

/* Decodes what there is room for. 1; 0 at the end; -1 with why. */
static int
gzip_step(struct input *in, struct gzip *g)
{
	int rc = g->between ? gzip_follows(in, g) : gzip_take(in, g);

	if (rc == 0 && !g->between)
		return input_fail(in, "unexpected end of the gzip data");
	if (rc <= 0)
		return rc;
	rc = inflate(&g->z, Z_NO_FLUSH);
	if (rc != Z_OK && rc != Z_STREAM_END)
		return input_fail(in, "gzip: %s", gzip_strerror(g, rc));
	g->between = rc == Z_STREAM_END;
	return 1;
}

static int
gzip_make(struct input *in, struct layer *l)
{
	struct gzip *g = (struct gzip *)l;
	int rc = 1;

	g->z.next_out = g->out;
	g->z.avail_out = sizeof(g->out);
	while (g->z.avail_out && rc > 0)
		rc = gzip_step(in, g);
	l->at = g->out;
	l->n = sizeof(g->out) - g->z.avail_out;
	return rc < 0 ? -1 : 0;
}

static void
gzip_free(struct layer *l)
{
	struct gzip *g = (struct gzip *)l;

	(void)inflateEnd(&g->z);
	free(g);
}

const struct layer_ops gzip_ops = { gzip_begins, gzip_new, gzip_make,
    gzip_free };
