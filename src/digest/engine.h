/*
 * engine.h - several messages digested at once on one core.
 *
 * An engine computes one algorithm and has a fixed number of slots, each with
 * one message. The caller gives bytes to slots and calls engine_run. Engines
 * are rows of a table of operations: lanes compresses blocks of several
 * messages together, with a SIMD kernel (sha512x.h); evp digests one message
 * after another, with libcrypto. Both give the same digests.
 *
 *     engine_start(e, i, bytes);             slot i: a new message
 *     engine_feed(e, i, p, n, last);         p stays valid until the slot is
 *                                            not FED any more
 *     engine_run(e);
 *     e->slot[i].state == ENGINE_HUNGRY      feed it the next bytes
 *     e->slot[i].state == ENGINE_DONE        take e->slot[i].digest, start
 */
#ifndef DIGEST_ENGINE_H
#define DIGEST_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest/digest.h"

#define ENGINE_SLOTS 64 /* at most */

struct sha512x_kernel;

enum engine_state {
	ENGINE_IDLE,   /* no message */
	ENGINE_HUNGRY, /* started; wants bytes */
	ENGINE_FED,    /* has bytes that are not digested yet */
	ENGINE_DONE,   /* the digest is ready */
	ENGINE_FAILED  /* libcrypto failed */
};

struct engine_slot {
	enum engine_state state;
	unsigned char digest[DIGEST_MAX]; /* DONE: engine.size bytes of it */

	uint64_t expect; /* what engine_start was given; for rows only */
};

/* Callers only read it. A row's own object begins with one. */
struct engine {
	const struct engine_ops *ops;
	const char *name; /* "libcrypto", or that of the widest kernel */
	size_t size;      /* of a digest, in bytes */
	unsigned slots;
	struct engine_slot slot[ENGINE_SLOTS];
};

/*
 * What may be asked for, by name; ends with NULL. "auto" takes a SIMD kernel
 * where that is faster than libcrypto, "libcrypto" none, "lanes" whatever
 * kernels there are, even for a single message, and a kernel's name, "avx2x4",
 * that kernel alone.
 */
extern const char *const engine_choices[];

/* Why a choice that is a kernel's name cannot be had here, as an English
 * phrase; NULL: it can. Other choices always can. */
const char *engine_refusal(const char *choice);

/*
 * An engine for d, which is borrowed, with 1 to ENGINE_SLOTS slots. NULL with
 * errno when out of memory. choice is one of engine_choices. A kernel that the
 * processor does not support, that does not agree with libcrypto or is not for
 * the algorithm is left out; when none is left, libcrypto does it all.
 */
struct engine *engine_new(const struct digest *d, unsigned slots,
    const char *choice);

/* The same with a choice of kernels, which ends with NULL. */
struct engine *engine_new_of(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels);

void engine_free(struct engine *e);

/*
 * Begins a new message in slot i, in whatever state the slot is. expect is how
 * many bytes the message will have, 0 when that is not known: a hint that lets
 * the longest begin first. 0, or -1 (the slot is then FAILED).
 */
int engine_start(struct engine *e, unsigned i, uint64_t expect);

/* Gives the slot its next n bytes (0 is fine); last: the message ends with
 * them. Only in state HUNGRY. Where that cannot be faster with others, they are
 * digested here, and the slot is not FED. */
void engine_feed(struct engine *e, unsigned i, const void *p, size_t n,
    bool last);

/*
 * Digests until at least one slot is not FED any more, and then on for as long
 * as the FED ones fill every lane. What stays FED goes first next time: when it
 * is called again and again, with or without new bytes, every message ends.
 * Returns at once when no slot is FED.
 */
void engine_run(struct engine *e);

/* The most messages that an engine compresses together on this processor; 1:
 * there is only libcrypto. Two to four times as many slots keep the lanes full
 * between two calls of engine_run. */
unsigned engine_widest(void);

/* ---- for rows --------------------------------------------------------------- */

struct engine_ops {
	/* Sets ops and name. NULL with errno: ENOTSUP when it cannot compute d
	 * with any of the kernels, so that the next row is asked. */
	struct engine *(*new)(const struct digest *d, unsigned slots,
	    const struct sha512x_kernel *const *kernels);
	/* Frees what the row's object points to, not the object. NULL: it
	 * points to nothing of its own. */
	void (*release)(struct engine *e);
	/* 0, or -1 when libcrypto fails; engine_start sets the state. */
	int (*start)(struct engine *e, unsigned i);
	/* As engine_feed; returns the slot's state, which is FED only where
	 * run has something to do. */
	enum engine_state (*feed)(struct engine *e, unsigned i, const void *p,
	    size_t n, bool last);
	/* As engine_run: moves FED slots on to HUNGRY, DONE or FAILED. NULL:
	 * there are none. */
	void (*run)(struct engine *e);
};

extern const struct engine_ops lanes_ops; /* lanes.c */
extern const struct engine_ops evp_ops;   /* evp.c */

#endif
