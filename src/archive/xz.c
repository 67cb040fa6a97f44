/*
 * .xz through liblzma, several blocks at a time: libarchive decodes one after
 * the other. Checks of blocks and of the index are verified by liblzma.
 */
#include <stdlib.h>
#include <lzma.h>

#include "archive/input.h"

/* Threads take memory for whole blocks up to this; beyond it fewer run. */
#define XZ_THREADS_MEMORY (UINT64_C(256) << 20)
/* What no more than one needs: xz -9 takes 65 MiB. */
#define XZ_MEMORY (UINT64_C(2) << 30)

struct xz {
	struct layer layer;
	lzma_stream z;
	lzma_action action;
	bool done;
	unsigned char out[4 * INPUT_BLOCK];
};

static bool
xz_begins(const unsigned char *p, size_t n)
{
	static const unsigned char magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	size_t i;

	for (i = 0; i < sizeof(magic); i++)
		if (i >= n || p[i] != magic[i])
			return false;
	return true;
}

static lzma_ret
xz_init(struct xz *x, unsigned threads)
{
#if LZMA_VERSION >= UINT32_C(50040002)
	const lzma_mt mt = {
		.flags = LZMA_CONCATENATED,
		.threads = threads,
		.memlimit_threading = XZ_THREADS_MEMORY,
		.memlimit_stop = XZ_MEMORY,
	};

	if (threads > 1)
		return lzma_stream_decoder_mt(&x->z, &mt);
#else
	(void)threads;
#endif
	return lzma_stream_decoder(&x->z, XZ_MEMORY, LZMA_CONCATENATED);
}

static struct layer *
xz_new(struct input *in, struct layer *below)
{
	static const lzma_stream init = LZMA_STREAM_INIT;
	struct xz *x = calloc(1, sizeof(*x));

	(void)below;
	if (!x)
		return NULL;
	x->z = init;
	x->action = LZMA_RUN;
	if (xz_init(x, in->threads) == LZMA_OK)
		return &x->layer;
	input_fail(in, "liblzma failed");
	free(x);
	return NULL;
}

static int
xz_fail(struct input *in, lzma_ret rc)
{
	switch (rc) {
	case LZMA_MEM_ERROR:
		return input_fail(in, "xz: not enough memory");
	case LZMA_MEMLIMIT_ERROR:
		return input_fail(in, "xz: needs more than %llu MiB of memory",
		    (unsigned long long)(XZ_MEMORY >> 20));
	case LZMA_FORMAT_ERROR:
		return input_fail(in, "trailing garbage after the xz data");
	case LZMA_OPTIONS_ERROR:
		return input_fail(in, "xz: options that liblzma does not "
		    "support");
	case LZMA_BUF_ERROR:
		return input_fail(in, "unexpected end of the xz data");
	default:
		return input_fail(in, "xz: corrupt");
	}
}

/* Something to decode. 0, or -1 with why. */
static int
xz_take(struct input *in, struct xz *x)
{
	const void *p;
	size_t n;
	int rc;

	if (x->z.avail_in || x->action == LZMA_FINISH)
		return 0;
	rc = layer_next(in, x->layer.below, &p, &n);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		x->action = LZMA_FINISH;
		return 0;
	}
	x->z.next_in = p;
	x->z.avail_in = n;
	return 0;
}

/* Decodes what there is room for. 0, or -1 with why. */
static int
xz_step(struct input *in, struct xz *x)
{
	lzma_ret rc;

	if (xz_take(in, x) < 0)
		return -1;
	rc = lzma_code(&x->z, x->action);
	x->done = rc == LZMA_STREAM_END;
	return rc == LZMA_OK || x->done ? 0 : xz_fail(in, rc);
}

static int
xz_make(struct input *in, struct layer *l)
{
	struct xz *x = (struct xz *)l;
	int rc = 0;

	x->z.next_out = x->out;
	x->z.avail_out = sizeof(x->out);
	while (x->z.avail_out && !x->done && rc == 0)
		rc = xz_step(in, x);
	l->at = x->out;
	l->n = sizeof(x->out) - x->z.avail_out;
	return rc;
}

static void
xz_free(struct layer *l)
{
	struct xz *x = (struct xz *)l;

	lzma_end(&x->z);
	free(x);
}

const struct layer_ops xz_ops = { xz_begins, xz_new, xz_make, xz_free };
