#include "digest/engine.h"

#include <errno.h>
#include <string.h>

#include "digest/sha512x.h"

#define ENGINE_KERNELS 8 /* more than there are */

/* The first that can compute something does. */
static const struct engine_ops *const engine_rows[] = { &lanes_ops, &evp_ops };

/* Whether k may compute by that choice. */
static bool
engine_allows(const char *choice, const struct sha512x_kernel *k)
{
	if (!strcmp(choice, "auto"))
		return !sha512x_libcrypto_fast();
	/* libcrypto's one lane is of use beside others, and not by itself */
	return k->width > 1 &&
	    (!strcmp(choice, "lanes") || !strcmp(choice, k->name));
}

void
engine_choices(const char *names[ENGINE_CHOICES])
{
	const struct sha512x_kernel *k;
	unsigned n = 0;

	names[n++] = "auto";
	names[n++] = "libcrypto";
	names[n++] = "lanes";
	for (k = sha512x_kernels; k->name; k++)
		if (k->width > 1 && n < ENGINE_CHOICES - 1)
			names[n++] = k->name;
	names[n] = NULL;
}

const char *
engine_refusal(const char *choice)
{
	const struct sha512x_kernel *k = sha512x_find(choice);

	if (!k || k->width == 1 || sha512x_trusted(k))
		return NULL;
	return k->supported() ? "does not agree with libcrypto" :
	    "not on this processor";
}

struct engine *
engine_new_of(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels)
{
	size_t i;

	for (i = 0; i < sizeof(engine_rows) / sizeof(engine_rows[0]); i++) {
		struct engine *e = engine_rows[i]->new(d, slots, kernels);

		if (e || errno != ENOTSUP)
			return e;
	}
	return NULL;
}

struct engine *
engine_new(const struct digest *d, unsigned slots, const char *choice)
{
	const struct sha512x_kernel *kernels[ENGINE_KERNELS + 1], *k;
	unsigned n = 0;

	for (k = sha512x_kernels; k->name && n < ENGINE_KERNELS; k++)
		if (engine_allows(choice, k))
			kernels[n++] = k;
	kernels[n] = NULL;
	return engine_new_of(d, slots, kernels);
}

void
engine_free(struct engine *e)
{
	if (e)
		e->ops->free(e);
}

const char *
engine_name(const struct engine *e)
{
	return e->name;
}

size_t
engine_size(const struct engine *e)
{
	return e->size;
}

int
engine_start(struct engine *e, unsigned i)
{
	return e->ops->start(e, i);
}

void
engine_expect(struct engine *e, unsigned i, uint64_t bytes)
{
	e->ops->expect(e, i, bytes);
}

void
engine_feed(struct engine *e, unsigned i, const void *p, size_t n, bool last)
{
	e->ops->feed(e, i, p, n, last);
}

void
engine_run(struct engine *e)
{
	e->ops->run(e);
}

enum engine_state
engine_state(const struct engine *e, unsigned i)
{
	return e->ops->state(e, i);
}

const unsigned char *
engine_digest(const struct engine *e, unsigned i)
{
	return e->ops->digest(e, i);
}

unsigned
engine_widest(void)
{
	const struct sha512x_kernel *k;
	unsigned widest = 1;

	for (k = sha512x_kernels; k->name; k++)
		if (k->supported() && k->width > widest)
			widest = k->width;
	return widest;
}
