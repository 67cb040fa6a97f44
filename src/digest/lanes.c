/*
 * Several messages of the SHA-512 family at a time, by kernels (sha512x.h).
 *
 * A slot's message is its state of eight words and a run of whole blocks
 * (message.h), so that no slot is bound to a lane or to a kernel, and a message
 * may change kernel in the middle. Every step takes up to a kernel's width of
 * FED slots and as many blocks as the shortest of their runs has; a slot whose
 * bytes are used up is replaced by another FED one before the next step. What
 * was left over by the run before goes first, or short messages would wait for
 * ever behind long ones; then those with most bytes fed, so that they end
 * together. But the message with most to come, fed or expected, always has a
 * lane, for it would be the last to end.
 */
#include "digest/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "digest/digest.h"
#include "digest/message.h"
#include "digest/sha512x.h"

struct lanes_slot {
	struct engine_slot *base;
	struct message msg;
	bool late;              /* FED since before this run */
	bool stepping;          /* has been taken up by this run */
};

struct lanes {
	struct engine engine;
	const struct message_variant *variant;
	const struct sha512x_kernel *set[SHA512X_MAX_KERNELS];
	unsigned nset;
	unsigned width;                       /* the widest kernel's */
	uint64_t spare[SHA512X_MAX_WIDTH][8]; /* lanes without a message */
	struct lanes_slot slot[]; /* as many as engine.slots */
};

/* Takes over those of the kernels that can be trusted. */
static void
lanes_take(struct lanes *l, const struct sha512x_kernel *const *kernels)
{
	for (; *kernels && l->nset < SHA512X_MAX_KERNELS; kernels++) {
		if (!sha512x_trusted(*kernels))
			continue;
		l->set[l->nset++] = *kernels;
		if ((*kernels)->width > l->width) {
			l->width = (*kernels)->width;
			l->engine.name = (*kernels)->name;
		}
	}
}

/* Where the system's policy names a provider, no kernel stands in for it. One
 * lane is of use beside wide ones only: without them, EVP does better. */
static struct engine *
lanes_new(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels)
{
	const struct message_variant *variant = digest_is_default(d) ?
	    message_find(d->tag) : NULL;
	struct lanes *l;
	unsigned i;

	errno = ENOTSUP;
	if (!variant || !*kernels)
		return NULL;
	l = calloc(1, sizeof(*l) + slots * sizeof(l->slot[0]));
	if (!l)
		return NULL;
	l->engine.ops = &lanes_ops;
	l->variant = variant;
	for (i = 0; i < slots; i++)
		l->slot[i].base = &l->engine.slot[i];
	lanes_take(l, kernels);
	if (l->width > 1)
		return &l->engine;
	free(l);
	errno = ENOTSUP;
	return NULL;
}

static int
lanes_start(struct engine *e, unsigned i)
{
	struct lanes *l = (struct lanes *)e;

	l->slot[i].late = false;
	message_start(&l->slot[i].msg, l->variant);
	return 0;
}

/* True when the slot has no whole block (any more): it is not FED then. */
static bool
slot_settle(struct lanes_slot *s, const struct message_variant *v)
{
	if (s->msg.blocks)
		return false;
	if (s->msg.ended) {
		message_digest(&s->msg, v, s->base->digest);
		s->base->state = ENGINE_DONE;
	} else {
		s->base->state = ENGINE_HUNGRY;
	}
	return true;
}

static uint64_t
slot_to_come(const struct lanes_slot *s)
{
	uint64_t expect = s->base->expect, fed = s->msg.bytes;

	return (expect > fed ? expect - fed : 0) + message_left(&s->msg);
}

static bool
slot_is_longer(const struct lanes_slot *a, const struct lanes_slot *b)
{
	return slot_to_come(a) > slot_to_come(b);
}

static bool
slot_precedes(const struct lanes_slot *a, const struct lanes_slot *b)
{
	if (a->late != b->late)
		return a->late;
	return message_left(&a->msg) > message_left(&b->msg);
}

/* The first by that order of those that could join. */
static struct lanes_slot *
next_slot(struct lanes *l,
    bool (*before)(const struct lanes_slot *a, const struct lanes_slot *b))
{
	struct lanes_slot *best = NULL, *s;

	for (s = l->slot; s < l->slot + l->engine.slots; s++)
		if (s->base->state == ENGINE_FED && !s->stepping &&
		    (!best || before(s, best)))
			best = s;
	return best;
}

/* Fills up the n slots of the next step to all that the lanes can hold. The
 * longest is the second: the first may be the only one to be stepped. */
static unsigned
join(struct lanes *l, struct lanes_slot *step[], unsigned n)
{
	struct lanes_slot *s;

	while (n < l->width &&
	    (s = next_slot(l, n == 1 ? slot_is_longer : slot_precedes))) {
		s->stepping = true;
		step[n++] = s;
	}
	return n;
}

/* Compresses what the first slots have in common; leaves the rest alone when
 * a narrower kernel is cheaper. */
static void
step_slots(struct lanes *l, struct lanes_slot *const step[], unsigned n)
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
leave(struct lanes *l, struct lanes_slot *step[], unsigned n)
{
	unsigned i, stay = 0;

	for (i = 0; i < n; i++)
		if (!slot_settle(step[i], l->variant))
			step[stay++] = step[i];
	return stay;
}

static void
lanes_run(struct engine *e)
{
	struct lanes *l = (struct lanes *)e;
	struct lanes_slot *step[SHA512X_MAX_WIDTH], *s;
	bool moved = false;
	unsigned n = 0, stay;

	for (s = l->slot; s < l->slot + l->engine.slots; s++)
		if (s->base->state == ENGINE_FED) {
			if (!s->late)
				message_feed(&s->msg, s->base->p, s->base->n,
				    s->base->last);
			moved |= slot_settle(s, l->variant);
		}
	while ((n = join(l, step, n))) {
		/* the caller may have bytes that fill the other lanes */
		if (moved && n < l->width)
			break;
		step_slots(l, step, n);
		stay = leave(l, step, n);
		moved |= stay < n;
		n = stay;
	}
	for (s = l->slot; s < l->slot + l->engine.slots; s++) {
		s->stepping = false;
		s->late = s->base->state == ENGINE_FED;
	}
}

const struct engine_ops lanes_ops = {
	.new = lanes_new,
	.start = lanes_start,
	.run = lanes_run,
};
