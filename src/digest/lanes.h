/*
 * lanes.h - several messages digested at once on one core.
 *
 * A set of lanes has a fixed number of slots; each holds one message. The
 * caller hands bytes to slots and calls lanes_run, which moves whatever can be
 * moved: with a SIMD kernel (sha512x.h) several slots step together, with
 * libcrypto one after another. Which of the two runs makes no difference to
 * the digests. A message may change engine in the middle.
 *
 *     lanes_start(l, i);                       slot i: a new message
 *     lanes_feed(l, i, p, n, last);            bytes; p stays valid until
 *                                              lanes_state(l, i) is not FED
 *     lanes_run(l);                            moves what fills the lanes well
 *     lanes_state(l, i) == LANES_HUNGRY        feed it the next bytes
 *     lanes_state(l, i) == LANES_DONE          lanes_digest(l, i), then start
 */
#ifndef DIGEST_LANES_H
#define DIGEST_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest;
struct lanes;
struct sha512x_kernel;

enum lanes_engine {
	LANES_AUTO,      /* a SIMD kernel where it pays, else libcrypto */
	LANES_LIBCRYPTO, /* libcrypto alone */
	LANES_SIMD       /* SIMD even for a single message, where there is a
	                  * kernel for the algorithm; for tests */
};

enum lanes_state {
	LANES_IDLE,   /* no message */
	LANES_HUNGRY, /* started; wants bytes */
	LANES_FED,    /* has bytes that are not digested yet */
	LANES_DONE,   /* the digest is ready */
	LANES_FAILED  /* libcrypto failed */
};

/*
 * slots: 1 to 64. NULL when out of memory. d is borrowed. A kernel that this
 * processor has not, or that does not agree with libcrypto, is left out; when
 * none is left, libcrypto does it all.
 *
 * The environment's PHASH_TEST_ENGINE overrules engine, for tests: the name of
 * the one kernel to use even for a single message ("avx2x4"), or "libcrypto".
 * What came of it is in lanes_name().
 */
struct lanes *lanes_new(const struct digest *d, unsigned slots,
    enum lanes_engine engine);

/* For tests: with a choice of kernels, which ends with NULL. */
struct lanes *lanes_new_kernels(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels);
void lanes_free(struct lanes *l);

/* Begins a new message in slot i, whatever was there. 0, or -1 (the slot is
 * then LANES_FAILED). */
int lanes_start(struct lanes *l, unsigned i);

/* How long the message of slot i will be, in bytes, if that is known: a hint
 * that lets the longest begin first. 0 after lanes_start. */
void lanes_expect(struct lanes *l, unsigned i, uint64_t bytes);

/* Gives the slot its next n bytes (0 is fine); last: the message ends with
 * them. Only in state HUNGRY. */
void lanes_feed(struct lanes *l, unsigned i, const void *p, size_t n,
    bool last);

/*
 * Digests until at least one slot is not FED any more, and then on for as long
 * as the FED ones fill every lane. What stays FED goes first next time: calling
 * again and again, with or without new bytes, comes to an end with every
 * message. Returns at once when no slot is FED.
 */
void lanes_run(struct lanes *l);

enum lanes_state lanes_state(const struct lanes *l, unsigned i);

/* The digest of a DONE slot, digest_size() bytes; valid until lanes_start. */
const unsigned char *lanes_digest(const struct lanes *l, unsigned i);

/* The most messages that a step moves on this processor; 1: only libcrypto. */
unsigned lanes_widest(void);

/* The engine in use, for --debug: "libcrypto", or the widest kernel's name,
 * "avx2x4", "avx512x8". */
const char *lanes_name(const struct lanes *l);

#endif
