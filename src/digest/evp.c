/* libcrypto's EVP, one message after another, for every algorithm. */
#include "digest/engine.h"

#include <stdlib.h>

struct evp {
	struct engine engine;
	struct digest_ctx *ctx[ENGINE_SLOTS]; /* of slots that there are */
};

static void
evp_release(struct engine *e)
{
	struct evp *v = (struct evp *)e;
	unsigned i;

	for (i = 0; i < ENGINE_SLOTS; i++)
		digest_ctx_free(v->ctx[i]);
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
	for (i = 0; i < slots; i++) {
		v->ctx[i] = digest_ctx_new(d);
		if (!v->ctx[i]) {
			engine_free(&v->engine);
			return NULL;
		}
	}
	return &v->engine;
}

static int
evp_start(struct engine *e, unsigned i)
{
	return digest_init(((struct evp *)e)->ctx[i]);
}

static enum engine_state
run_slot(struct engine_slot *s, struct digest_ctx *c)
{
	if (digest_update(c, s->p, s->n) < 0)
		return ENGINE_FAILED;
	if (!s->last)
		return ENGINE_HUNGRY;
	return digest_final(c, s->digest) < 0 ? ENGINE_FAILED : ENGINE_DONE;
}

static void
evp_run(struct engine *e)
{
	struct evp *v = (struct evp *)e;
	unsigned i;

	for (i = 0; i < e->slots; i++)
		if (e->slot[i].state == ENGINE_FED)
			e->slot[i].state = run_slot(&e->slot[i], v->ctx[i]);
}

const struct engine_ops evp_ops = {
	.new = evp_new,
	.release = evp_release,
	.start = evp_start,
	.run = evp_run,
};
