/*
 * Two ways to run: by EVP, one slot after another, for every algorithm; and by
 * kernels (sha512x.h) for the SHA-512 family, described here.
 *
 * A slot's message is its state of eight words and a run of whole blocks
 * (message.h), so that no slot is bound to a lane or to a kernel. Every step
 * takes up to a kernel's width of FED slots and as many blocks as the shortest
 * of their runs has; a slot whose bytes are used up is replaced by another FED
 * one before the next step. What was left over by the run before goes first,
 * or short messages would wait for ever behind long ones; then those with most
 * bytes fed, so that they end together. But the message with most to come, fed
 * or expected, always has a lane, for it would be the last to end.
 */
#include "digest/lanes.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "digest/digest.h"
#include "digest/message.h"
#include "digest/sha512x.h"

#define LANES_KERNELS 8 /* more than there are */

struct slot {
	enum lanes_state state;

	/* by EVP */
	struct digest_ctx *ctx;
	const unsigned char *p; /* FED: the bytes to digest */
	size_t n;
	bool last;

	/* by kernels */
	struct message msg;
	uint64_t expect;        /* bytes of the whole message; 0: not known */
	bool late;              /* FED since before this run */
	bool stepping;          /* has been taken up by this run */

	unsigned char out[DIGEST_MAX];
};

struct lanes {
	const struct message_variant *variant; /* NULL: by EVP */
	const struct sha512x_kernel *set[LANES_KERNELS];
	unsigned nset;
	const struct sha512x_kernel *widest;
	uint64_t spare[SHA512X_MAX_WIDTH][8]; /* lanes without a message */
	unsigned slots;
	struct slot slot[];
};

/* Takes over those of the kernels that can be trusted. */
static void
lanes_choose(struct lanes *l, const struct sha512x_kernel *const *kernels)
{
	for (; *kernels && l->nset < LANES_KERNELS; kernels++) {
		if (!sha512x_trusted(*kernels))
			continue;
		l->set[l->nset++] = *kernels;
		if (!l->widest || (*kernels)->width > l->widest->width)
			l->widest = *kernels;
	}
}

static int
lanes_new_ctxs(struct lanes *l, const struct digest *d)
{
	unsigned i;

	for (i = 0; i < l->slots; i++) {
		l->slot[i].ctx = digest_ctx_new(d);
		if (!l->slot[i].ctx)
			return -1;
	}
	return 0;
}

struct lanes *
lanes_new_kernels(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels)
{
	struct lanes *l = calloc(1, sizeof(*l) + slots * sizeof(l->slot[0]));

	if (!l)
		return NULL;
	l->slots = slots;
	if (digest_is_default(d))
		l->variant = message_find(digest_tag(d));
	if (l->variant)
		lanes_choose(l, kernels);
	if (l->widest && l->widest->width > 1)
		return l;
	l->variant = NULL;
	if (lanes_new_ctxs(l, d) < 0) {
		lanes_free(l);
		errno = ENOMEM;
		return NULL;
	}
	return l;
}

/* Whether k is among what the engine means, or what a test asks for. */
static bool
lanes_wants(const struct sha512x_kernel *k, enum lanes_engine engine,
    const char *forced)
{
	if (forced)
		return k == sha512x_find(forced);
	switch (engine) {
	case LANES_AUTO:
		return !sha512x_libcrypto_fast();
	case LANES_LIBCRYPTO:
		return false;
	case LANES_SIMD:
		return k->width > 1;
	}
	return false;
}

struct lanes *
lanes_new(const struct digest *d, unsigned slots, enum lanes_engine engine)
{
	const struct sha512x_kernel *kernels[LANES_KERNELS + 1], *k;
	const char *forced = getenv("PHASH_TEST_ENGINE");
	unsigned n = 0;

	for (k = sha512x_kernels; k->name && n < LANES_KERNELS; k++)
		if (lanes_wants(k, engine, forced))
			kernels[n++] = k;
	kernels[n] = NULL;
	return lanes_new_kernels(d, slots, kernels);
}

void
lanes_free(struct lanes *l)
{
	unsigned i;

	if (!l)
		return;
	for (i = 0; i < l->slots; i++)
		digest_ctx_free(l->slot[i].ctx);
	free(l);
}

int
lanes_start(struct lanes *l, unsigned i)
{
	struct slot *s = &l->slot[i];

	s->state = LANES_HUNGRY;
	s->expect = 0;
	if (l->variant) {
		message_start(&s->msg, l->variant);
	} else if (digest_init(s->ctx) < 0) {
		s->state = LANES_FAILED;
		return -1;
	}
	return 0;
}

void
lanes_expect(struct lanes *l, unsigned i, uint64_t bytes)
{
	l->slot[i].expect = bytes;
}

void
lanes_feed(struct lanes *l, unsigned i, const void *p, size_t n, bool last)
{
	struct slot *s = &l->slot[i];

	s->state = LANES_FED;
	if (l->variant) {
		message_feed(&s->msg, p, n, last);
	} else {
		s->p = p;
		s->n = n;
		s->last = last;
	}
}

static enum lanes_state
slot_run_evp(struct slot *s)
{
	if (digest_update(s->ctx, s->p, s->n) < 0)
		return LANES_FAILED;
	if (!s->last)
		return LANES_HUNGRY;
	return digest_final(s->ctx, s->out) < 0 ? LANES_FAILED : LANES_DONE;
}

static void
run_evp(struct lanes *l)
{
	unsigned i;

	for (i = 0; i < l->slots; i++)
		if (l->slot[i].state == LANES_FED)
			l->slot[i].state = slot_run_evp(&l->slot[i]);
}

/* True when the slot has no whole block (any more): it is not FED then. */
static bool
slot_settle(struct slot *s, const struct message_variant *v)
{
	if (s->msg.blocks)
		return false;
	if (s->msg.ended) {
		message_digest(&s->msg, v, s->out);
		s->state = LANES_DONE;
	} else {
		s->state = LANES_HUNGRY;
	}
	return true;
}

static uint64_t
slot_to_come(const struct slot *s)
{
	uint64_t more = s->expect > s->msg.bytes ? s->expect - s->msg.bytes : 0;

	return more + message_left(&s->msg);
}

static bool
slot_is_longer(const struct slot *a, const struct slot *b)
{
	return slot_to_come(a) > slot_to_come(b);
}

static bool
slot_precedes(const struct slot *a, const struct slot *b)
{
	if (a->late != b->late)
		return a->late;
	return message_left(&a->msg) > message_left(&b->msg);
}

/* The first by that order of those that could join. */
static struct slot *
next_slot(struct lanes *l,
    bool (*before)(const struct slot *a, const struct slot *b))
{
	struct slot *best = NULL, *s;

	for (s = l->slot; s < l->slot + l->slots; s++)
		if (s->state == LANES_FED && !s->stepping &&
		    (!best || before(s, best)))
			best = s;
	return best;
}

/* Fills up the n slots of the next step to all that the lanes can hold. The
 * longest is the second: the first may be the only one to be stepped. */
static unsigned
join(struct lanes *l, struct slot *step[], unsigned n)
{
	struct slot *s;

	while (n < l->widest->width &&
	    (s = next_slot(l, n == 1 ? slot_is_longer : slot_precedes))) {
		s->stepping = true;
		step[n++] = s;
	}
	return n;
}

/* Compresses what the first slots have in common; leaves the rest alone when
 * a narrower kernel is cheaper. */
static void
step_slots(struct lanes *l, struct slot *const step[], unsigned n)
{
	const struct sha512x_kernel *k = sha512x_choose(l->set, l->nset, n);
	uint64_t *h[SHA512X_MAX_WIDTH];
	const unsigned char *p[SHA512X_MAX_WIDTH];
	size_t blocks = step[0]->msg.blocks;
	unsigned i;

	for (i = 0; i < k->width; i++) {
		struct message *m = &step[i < n ? i : 0]->msg;

		h[i] = i < n ? m->h : l->spare[i];
		p[i] = m->run;
		if (m->blocks < blocks)
			blocks = m->blocks;
	}
	/* a spare lane reads lane 0's bytes: the minimum covers it */
	k->compress(h, p, blocks);
	for (i = 0; i < k->width && i < n; i++)
		message_advance(&step[i]->msg, blocks);
}

/* Drops the slots that are used up; returns how many stay. */
static unsigned
leave(struct lanes *l, struct slot *step[], unsigned n)
{
	unsigned i, stay = 0;

	for (i = 0; i < n; i++)
		if (!slot_settle(step[i], l->variant))
			step[stay++] = step[i];
	return stay;
}

static void
run_kernels(struct lanes *l)
{
	struct slot *step[SHA512X_MAX_WIDTH], *s;
	bool moved = false;
	unsigned n = 0, stay;

	for (s = l->slot; s < l->slot + l->slots; s++)
		if (s->state == LANES_FED && slot_settle(s, l->variant))
			moved = true;
	while ((n = join(l, step, n))) {
		/* better company may come with the next bytes */
		if (moved && n < l->widest->width)
			break;
		step_slots(l, step, n);
		stay = leave(l, step, n);
		moved |= stay < n;
		n = stay;
	}
	for (s = l->slot; s < l->slot + l->slots; s++) {
		s->stepping = false;
		s->late = s->state == LANES_FED;
	}
}

void
lanes_run(struct lanes *l)
{
	if (l->variant)
		run_kernels(l);
	else
		run_evp(l);
}

enum lanes_state
lanes_state(const struct lanes *l, unsigned i)
{
	return l->slot[i].state;
}

const unsigned char *
lanes_digest(const struct lanes *l, unsigned i)
{
	return l->slot[i].out;
}

unsigned
lanes_widest(void)
{
	const struct sha512x_kernel *k;
	unsigned widest = 1;

	for (k = sha512x_kernels; k->name; k++)
		if (k->supported() && k->width > widest)
			widest = k->width;
	return widest;
}

const char *
lanes_name(const struct lanes *l)
{
	return l->variant ? l->widest->name : "libcrypto";
}
