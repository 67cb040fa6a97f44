/* libcrypto's EVP, one message after another, for every algorithm. */
#include "digest/engine.h"

#include <stdlib.h>

#include "digest/digest.h"

struct evp_slot {
	enum engine_state state;
	struct digest_ctx *ctx;
	const unsigned char *p; /* FED: the bytes to digest */
	size_t n;
	bool last;
	unsigned char out[DIGEST_MAX];
};

struct evp {
	struct engine engine;
	unsigned slots;
	struct evp_slot slot[];
};

static struct evp *
evp_of(struct engine *e)
{
	return (struct evp *)e;
}

static void
evp_free(struct engine *e)
{
	struct evp *v = evp_of(e);
	unsigned i;

	for (i = 0; i < v->slots; i++)
		digest_ctx_free(v->slot[i].ctx);
	free(v);
}

static struct engine *
evp_new(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels)
{
	struct evp *v = calloc(1, sizeof(*v) + slots * sizeof(v->slot[0]));

	(void)kernels;
	if (!v)
		return NULL;
	v->engine.ops = &evp_ops;
	v->engine.name = "libcrypto";
	v->engine.size = digest_size(d);
	for (; v->slots < slots; v->slots++) {
		v->slot[v->slots].ctx = digest_ctx_new(d);
		if (!v->slot[v->slots].ctx) {
			evp_free(&v->engine);
			return NULL;
		}
	}
	return &v->engine;
}

static int
evp_start(struct engine *e, unsigned i)
{
	struct evp_slot *s = &evp_of(e)->slot[i];
	int rc = digest_init(s->ctx);

	s->state = rc < 0 ? ENGINE_FAILED : ENGINE_HUNGRY;
	return rc;
}

/* The order makes no difference here. */
static void
evp_expect(struct engine *e, unsigned i, uint64_t bytes)
{
	(void)e;
	(void)i;
	(void)bytes;
}

static void
evp_feed(struct engine *e, unsigned i, const void *p, size_t n, bool last)
{
	struct evp_slot *s = &evp_of(e)->slot[i];

	s->state = ENGINE_FED;
	s->p = p;
	s->n = n;
	s->last = last;
}

static enum engine_state
run_slot(struct evp_slot *s)
{
	if (digest_update(s->ctx, s->p, s->n) < 0)
		return ENGINE_FAILED;
	if (!s->last)
		return ENGINE_HUNGRY;
	return digest_final(s->ctx, s->out) < 0 ? ENGINE_FAILED : ENGINE_DONE;
}

static void
evp_run(struct engine *e)
{
	struct evp *v = evp_of(e);
	struct evp_slot *s;

	for (s = v->slot; s < v->slot + v->slots; s++)
		if (s->state == ENGINE_FED)
			s->state = run_slot(s);
}

static enum engine_state
evp_state(const struct engine *e, unsigned i)
{
	return ((const struct evp *)e)->slot[i].state;
}

static const unsigned char *
evp_digest(const struct engine *e, unsigned i)
{
	return ((const struct evp *)e)->slot[i].out;
}

const struct engine_ops evp_ops = {
	.new = evp_new,
	.free = evp_free,
	.start = evp_start,
	.expect = evp_expect,
	.feed = evp_feed,
	.run = evp_run,
	.state = evp_state,
	.digest = evp_digest,
};
