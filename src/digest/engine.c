#include "digest/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest/sha512x.h"

/* The first row that can compute an algorithm is taken. */
static const struct engine_ops *const engine_rows[] = { &lanes_ops, &evp_ops };

const char *const engine_choices[] = {
	"auto", "libcrypto", "lanes",
	/* the kernels of several lanes in sha512x_kernels, in that order */
	"avx2x4", "avx512x4", "avx512x8", NULL
};

/* Whether the choice allows kernel k. */
static bool
engine_allows(const char *choice, const struct sha512x_kernel *k)
{
	if (!strcmp(choice, "auto"))
		return !sha512x_libcrypto_fast();
	/* not libcrypto's one lane: a single message takes a wide kernel, too */
	return k->width > 1 &&
	    (!strcmp(choice, "lanes") || !strcmp(choice, k->name));
}

const char *
engine_refusal(const char *choice)
{
	const struct sha512x_kernel *k;

	for (k = sha512x_kernels; k->name; k++)
		if (k->width > 1 && !strcmp(choice, k->name) &&
		    !sha512x_trusted(k))
			return k->supported() ?
			    "does not agree with libcrypto" :
			    "not on this processor";
	return NULL;
}

struct engine *
engine_new_of(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels)
{
	size_t i;

	for (i = 0; i < sizeof(engine_rows) / sizeof(engine_rows[0]); i++) {
		struct engine *e = engine_rows[i]->new(d, slots, kernels);

		if (e) {
			e->size = d->size;
			e->slots = slots;
			return e;
		}
		if (errno != ENOTSUP)
			break;
	}
	return NULL;
}

struct engine *
engine_new(const struct digest *d, unsigned slots, const char *choice)
{
	const struct sha512x_kernel *kernels[SHA512X_MAX_KERNELS + 1], *k;
	unsigned n = 0;

	for (k = sha512x_kernels; k->name && n < SHA512X_MAX_KERNELS; k++)
		if (engine_allows(choice, k))
			kernels[n++] = k;
	kernels[n] = NULL;
	return engine_new_of(d, slots, kernels);
}

void
engine_free(struct engine *e)
{
	if (e && e->ops->release)
		e->ops->release(e);
	free(e);
}

int
engine_start(struct engine *e, unsigned i, uint64_t expect)
{
	struct engine_slot *s = &e->slot[i];
	int rc = e->ops->start(e, i);

	s->expect = expect;
	s->state = rc < 0 ? ENGINE_FAILED : ENGINE_HUNGRY;
	return rc;
}

void
engine_feed(struct engine *e, unsigned i, const void *p, size_t n, bool last)
{
	e->slot[i].state = e->ops->feed(e, i, p, n, last);
}

void
engine_run(struct engine *e)
{
	if (e->ops->run)
		e->ops->run(e);
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
