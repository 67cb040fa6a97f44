/*
 * Fuzzer of digest/engine: random schedules of messages. Whatever the order in
 * which slots are started, fed, run and started again, each message that comes
 * to its end has the digest that libcrypto gives it in one piece.
 *
 * An input is two bytes that choose algorithm and engine, and then a step for
 * every three bytes: a slot with what to do, and a length. Contents are
 * 251-periodic, beginning at a place that the slot decides: swapped lanes and
 * lost or doubled bytes all show.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "digest/digest.h"
#include "digest/engine.h"
#include "digest/sha512x.h"

#define SLOTS 16
#define FEED_MAX 8192
#define MESSAGE_MAX (64 * 1024)

struct message {
	const struct digest *d;
	EVP_MD_CTX *whole; /* the same bytes, through libcrypto */
	size_t length, phase;
};

static unsigned char bytes[FEED_MAX + 251];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static struct engine *
choose_lanes(const struct digest *d, unsigned which)
{
	const struct sha512x_kernel *set[2] = { NULL, NULL };
	const struct sha512x_kernel *k = sha512x_kernels;
	unsigned n;

	for (n = 0; k[n].name; n++)
		;
	which %= n + 3;
	if (which < n) {
		if (!k[which].supported())
			return engine_new(d, SLOTS, "lanes");
		set[0] = &k[which];
		return engine_new_of(d, SLOTS, set);
	}
	return engine_new(d, SLOTS, which == n ? "auto" :
	    which == n + 1 ? "libcrypto" : "lanes");
}

static void
start(struct engine *l, struct message *m, unsigned slot, uint64_t expect)
{
	check(engine_start(l, slot, expect) == 0 &&
	    digest_init(m->d, m->whole) == 0);
	m->length = 0;
	m->phase = slot * 17 % 251;
}

static void
feed(struct engine *l, struct message *m, unsigned slot, size_t n, bool last)
{
	const unsigned char *p = bytes + (m->length + m->phase) % 251;

	check(EVP_DigestUpdate(m->whole, p, n) == 1);
	m->length += n;
	engine_feed(l, slot, p, n, last);
}

static void
finish(struct engine *l, struct message *m, unsigned slot)
{
	unsigned char want[DIGEST_MAX];

	check(digest_final(m->d, m->whole, want) == 0);
	check(!memcmp(l->slot[slot].digest, want, m->d->size));
}

/* One step: what moves the slot on from the state that it is in. */
static void
step(struct engine *l, struct message *m, const uint8_t *in)
{
	unsigned slot = in[0] % SLOTS;
	size_t n = (in[1] | (size_t)in[2] << 8) % (FEED_MAX + 1);
	/* true or not */
	uint64_t expect = in[0] & 0x20 ? (uint64_t)n << in[1] % 50 : 0;

	m += slot;
	switch (l->slot[slot].state) {
	case ENGINE_IDLE:
		start(l, m, slot, expect);
		break;
	case ENGINE_HUNGRY:
		if (in[0] & 0x40)
			start(l, m, slot, expect); /* given up half-way */
		else
			feed(l, m, slot, n, (in[0] & 0x80) ||
			    m->length > MESSAGE_MAX);
		break;
	case ENGINE_FED:
		engine_run(l);
		break;
	case ENGINE_DONE:
		finish(l, m, slot);
		start(l, m, slot, expect);
		break;
	case ENGINE_FAILED:
		check(false);
	}
}

/* Brings the message in a slot to its end, where one was begun. */
static void
drain(struct engine *l, struct message *m, unsigned slot)
{
	if (l->slot[slot].state == ENGINE_IDLE)
		return;
	while (l->slot[slot].state == ENGINE_FED)
		engine_run(l);
	if (l->slot[slot].state == ENGINE_HUNGRY)
		feed(l, m, slot, slot, true);
	while (l->slot[slot].state == ENGINE_FED)
		engine_run(l);
	check(l->slot[slot].state == ENGINE_DONE);
	finish(l, m, slot);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "sha512", "sha384", "sha512-256",
	    "sha512-224", "sha256" };
	struct message m[SLOTS];
	struct digest *d;
	struct engine *l;
	unsigned i;
	size_t at;

	if (size < 2)
		return 0;
	for (at = 0; at < sizeof(bytes); at++)
		bytes[at] = (unsigned char)(at % 251);
	d = digest_new(names[data[0] % (sizeof(names) / sizeof(names[0]))]);
	check(d != NULL);
	l = choose_lanes(d, data[1]);
	check(l != NULL);
	for (i = 0; i < SLOTS; i++) {
		m[i].d = d;
		check((m[i].whole = EVP_MD_CTX_new()) != NULL);
	}
	for (at = 2; at + 3 <= size; at += 3)
		step(l, m, data + at);
	for (i = 0; i < SLOTS; i++) {
		drain(l, &m[i], i);
		EVP_MD_CTX_free(m[i].whole);
	}
	engine_free(l);
	digest_free(d);
	return 0;
}
