/*
 * engine.h - several messages digested at once on one core.
 *
 * An engine computes one algorithm and has a fixed number of slots; each holds
 * one message. The caller hands bytes to slots and calls engine_run, which
 * moves whatever can be moved. Engines are rows of a table of operations: lanes
 * step several slots together with a SIMD kernel (sha512x.h), evp takes one
 * after another with libcrypto. Which of them computes makes no difference to
 * the digests.
 *
 *     engine_start(e, i);                      slot i: a new message
 *     engine_feed(e, i, p, n, last);           bytes; p stays valid until
 *                                              engine_state(e, i) is not FED
 *     engine_run(e);                           moves what fills the lanes well
 *     engine_state(e, i) == ENGINE_HUNGRY      feed it the next bytes
 *     engine_state(e, i) == ENGINE_DONE        engine_digest(e, i), then start
 */
#ifndef DIGEST_ENGINE_H
#define DIGEST_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest;
struct engine;
struct sha512x_kernel;

enum engine_state {
	ENGINE_IDLE,   /* no message */
	ENGINE_HUNGRY, /* started; wants bytes */
	ENGINE_FED,    /* has bytes that are not digested yet */
	ENGINE_DONE,   /* the digest is ready */
	ENGINE_FAILED  /* libcrypto failed */
};

/*
 * What may be asked for, by name: "auto" takes a SIMD kernel where that is
 * faster than libcrypto, "libcrypto" none, "lanes" whatever kernels there are,
 * even for a single message, and a kernel's name, "avx2x4", that one alone.
 * Fills names, which ends with NULL.
 */
#define ENGINE_CHOICES 7
void engine_choices(const char *names[ENGINE_CHOICES]);

/* Why a choice that is a kernel's name cannot be had here, as an English
 * phrase; NULL: it can. Other choices always can. */
const char *engine_refusal(const char *choice);

/*
 * An engine for d, which is borrowed, with 1 to 64 slots. NULL with errno when
 * out of memory. choice is one of engine_choices. A kernel that this processor
 * has not, that does not agree with libcrypto or is not for the algorithm is
 * left out; when none is left, libcrypto does it all.
 */
struct engine *engine_new(const struct digest *d, unsigned slots,
    const char *choice);

/* The same with a choice of kernels, which ends with NULL. */
struct engine *engine_new_of(const struct digest *d, unsigned slots,
    const struct sha512x_kernel *const *kernels);

void engine_free(struct engine *e);

/* What computes, for --debug: "libcrypto", or the widest kernel's name. */
const char *engine_name(const struct engine *e);

/* Bytes of a digest. */
size_t engine_size(const struct engine *e);

/* Begins a new message in slot i, whatever was there. 0, or -1 (the slot is
 * then ENGINE_FAILED). */
int engine_start(struct engine *e, unsigned i);

/* How long the message of slot i will be, in bytes, if that is known: a hint
 * that lets the longest begin first. 0 after engine_start. */
void engine_expect(struct engine *e, unsigned i, uint64_t bytes);

/* Gives the slot its next n bytes (0 is fine); last: the message ends with
 * them. Only in state HUNGRY. */
void engine_feed(struct engine *e, unsigned i, const void *p, size_t n,
    bool last);

/*
 * Digests until at least one slot is not FED any more, and then on for as long
 * as the FED ones fill every lane. What stays FED goes first next time: calling
 * again and again, with or without new bytes, comes to an end with every
 * message. Returns at once when no slot is FED.
 */
void engine_run(struct engine *e);

enum engine_state engine_state(const struct engine *e, unsigned i);

/* The digest of a DONE slot; valid until engine_start. */
const unsigned char *engine_digest(const struct engine *e, unsigned i);

/* The most messages that an engine steps together on this processor; 1: there
 * is only libcrypto. Two to four times as many slots keep the lanes full
 * between two calls of engine_run. */
unsigned engine_widest(void);

/* ---- for those that are engines ----------------------------------------------- */

/* A row. What the functions do is said above. */
struct engine_ops {
	/* NULL with errno: ENOTSUP when it cannot compute d with any of the
	 * kernels, so that the next row is asked. Fills in all of struct
	 * engine. */
	struct engine *(*new)(const struct digest *d, unsigned slots,
	    const struct sha512x_kernel *const *kernels);
	void (*free)(struct engine *e);
	int (*start)(struct engine *e, unsigned i);
	void (*expect)(struct engine *e, unsigned i, uint64_t bytes);
	void (*feed)(struct engine *e, unsigned i, const void *p, size_t n,
	    bool last);
	void (*run)(struct engine *e);
	enum engine_state (*state)(const struct engine *e, unsigned i);
	const unsigned char *(*digest)(const struct engine *e, unsigned i);
};

/* What the row's own object begins with. */
struct engine {
	const struct engine_ops *ops;
	const char *name;
	size_t size;
};

extern const struct engine_ops lanes_ops; /* lanes.c */
extern const struct engine_ops evp_ops;   /* evp.c */

#endif
