/*
 * The row for the SHA-512 family: several messages at a time, with the kernels
 * of sha512x.h.
 *
 * A slot's message is a state of eight words and a run of whole blocks
 * (message.h). It is bound to no lane and no kernel: each of its blocks may be
 * compressed by another one.
 *
 * A step compresses, with one kernel, as many blocks of each of its slots as
 * the slot with the shortest run has. Before the next step, slots without
 * blocks are replaced by other FED ones. First come those that were FED before
 * this run, or short messages would wait for ever behind long ones; then those
 * with most bytes fed, so that they end together. But the message with most
 * bytes to come, fed or expected, always has a lane, for it would be the last
 * to end.
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
	bool late;              /* was FED before this run */
	bool stepping;          /* has been in a step of this run */
};

struct lanes {
	struct engine engine;
	const struct message_variant *variant;
	const struct sha512x_kernel *set[SHA512X_MAX_KERNELS];
	unsigned nset;
	unsigned width;                       /* the widest kernel's */
	uint64_t spare[SHA512X_MAX_WIDTH][8]; /* of lanes without a message */
	struct lanes_slot slot[];             /* engine.slots of them */
};

/* Copies those of the kernels that can be trusted. */
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

/* Leaves to libcrypto what the system's policy has another provider compute
 * (digest_is_default). A kernel of one lane is used only beside wider ones:
 * alone it is slower than EVP. */
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

static enum engine_state
lanes_feed(struct engine *e, unsigned i, const void *p, size_t n, bool last)
{
	message_feed(&((struct lanes *)e)->slot[i].msg, p, n, last);
	return ENGINE_FED;
}

/* When a FED slot has no whole block left, it is FED no more. Whether that is
 * so. */
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

/* Bytes fed or expected that are not compressed yet. */
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

/* The first in that order of the FED slots that are in no step; NULL: none. */
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

/*
 * Adds to the n slots of the next step until every lane has one or none is
 * left; returns how many they are then. The longest is the second, not the
 * first: with a kernel of one lane only the first moves, and that must be a
 * late one.
 */
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

/* Compresses blocks of the n slots, or only of the first ones, when a kernel of
 * fewer lanes is cheaper. */
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
	/* a spare lane reads lane 0's bytes, and as few */
	k->compress(h, p, blocks);
	for (i = 0; i < k->width && i < n; i++)
		message_advance(&step[i]->msg, blocks);
}

/* Removes the slots without blocks; returns how many stay. */
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
		if (s->base->state == ENGINE_FED)
			moved |= slot_settle(s, l->variant);
	while ((n = join(l, step, n))) {
		/* the caller may have bytes for the other lanes */
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
	.feed = lanes_feed,
	.run = lanes_run,
};
