/* libcrypto's EVP, one message after another, for every algorithm. */
#include "digest/engine.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/evp.h>

struct evp {
	struct engine engine;
	const struct digest *digest;
	EVP_MD_CTX *ctx[ENGINE_SLOTS]; /* NULL: no such slot */
};

static void
evp_release(struct engine *e)
{
	struct evp *v = (struct evp *)e;
	unsigned i;

	for (i = 0; i < ENGINE_SLOTS; i++)
		EVP_MD_CTX_free(v->ctx[i]);
}

static struct engine *
evp_new(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels)
{
	struct evp *v = calloc(1, sizeof(*v));
	unsigned i;

	(void)kernels;
	if (!v)
		return NULL;
	v->engine.ops = &evp_ops;
	v->engine.name = "libcrypto";
	v->digest = d;
	for (i = 0; i < slots; i++) {
		v->ctx[i] = EVP_MD_CTX_new();
		if (!v->ctx[i]) {
			engine_free(&v->engine);
			errno = ENOMEM;
			return NULL;
		}
	}
	return &v->engine;
}

static int
evp_start(struct engine *e, unsigned i)
{
	struct evp *v = (struct evp *)e;

	return digest_init(v->digest, v->ctx[i]);
}

static enum engine_state
evp_feed(struct engine *e, unsigned i, const void *p, size_t n, bool last)
{
	struct evp *v = (struct evp *)e;

	if (!EVP_DigestUpdate(v->ctx[i], p, n))
		return ENGINE_FAILED;
	if (!last)
		return ENGINE_HUNGRY;
	return digest_final(v->digest, v->ctx[i], e->slot[i].digest) < 0 ?
	    ENGINE_FAILED : ENGINE_DONE;
}

const struct engine_ops evp_ops = {
	.new = evp_new,
	.release = evp_release,
	.start = evp_start,
	.feed = evp_feed,
};
