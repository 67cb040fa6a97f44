#include "digest/message.h"

#include <endian.h>
#include <string.h>

static const struct message_variant variants[] = {
	{ "SHA512", 64, {
		0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
		0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		0x510e527fade682d1, 0x9b05688c2b3e6c1f,
		0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 } },
	{ "SHA384", 48, {
		0xcbbb9d5dc1059ed8, 0x629a292a367cd507,
		0x9159015a3070dd17, 0x152fecd8f70e5939,
		0x67332667ffc00b31, 0x8eb44a8768581511,
		0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 } },
	{ "SHA512/256", 32, {
		0x22312194fc2bf72c, 0x9f555fa3c84c64c2,
		0x2393b86b6f53b151, 0x963877195940eabd,
		0x96283ee2a88effe3, 0xbe5e1e2553863992,
		0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2 } },
	{ "SHA512/224", 28, {
		0x8c3d37c819544da2, 0x73e1996689dcd4d6,
		0x1dfab7ae32ff9c82, 0x679dd514582f9fcf,
		0x0f6d2b697bd44da8, 0x77e36f7304c48942,
		0x3f9d85a86a1d36c8, 0x1112e6ad91d692a1 } },
};

const struct message_variant *
message_find(const char *tag)
{
	size_t i;

	for (i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (!strcmp(variants[i].tag, tag))
			return &variants[i];
	return NULL;
}

/* Moves fed bytes into the buffer, until it has a block. */
static void
buffer(struct message *m)
{
	size_t room = SHA512X_BLOCK - m->used;
	size_t n = m->n < room ? m->n : room;

	if (!n)
		return; /* p may be NULL */
	memcpy(m->buf + m->used, m->p, n);
	m->used += (unsigned)n;
	m->p += n;
	m->n -= n;
}

/* A one bit, zeros, the length in bits as 128 of them: one block or two. */
static void
pad(struct message *m)
{
	const uint64_t bits[2] = { htobe64(m->bytes >> 61),
	    htobe64(m->bytes << 3) };
	size_t end = m->used + 1 + sizeof(bits) <= SHA512X_BLOCK ?
	    SHA512X_BLOCK : 2 * SHA512X_BLOCK;

	m->buf[m->used] = 0x80;
	memset(m->buf + m->used + 1, 0, end - sizeof(bits) - m->used - 1);
	memcpy(m->buf + end - sizeof(bits), bits, sizeof(bits));
	m->run = m->buf;
	m->blocks = end / SHA512X_BLOCK;
	m->ended = true;
}

/* Finds the next run, when all blocks of the one before are compressed. */
static void
next_run(struct message *m)
{
	if (m->ended)
		return;
	if (m->used == 0 && m->n >= SHA512X_BLOCK) {
		m->run = m->p;
		m->blocks = m->n / SHA512X_BLOCK;
		m->p += m->blocks * SHA512X_BLOCK;
		m->n -= m->blocks * SHA512X_BLOCK;
		return;
	}
	buffer(m);
	if (m->used == SHA512X_BLOCK) {
		m->run = m->buf;
		m->blocks = 1;
		m->used = 0;
	} else if (m->last) {
		pad(m);
	}
}

void
message_start(struct message *m, const struct message_variant *v)
{
	memcpy(m->h, v->iv, sizeof(m->h));
	m->blocks = 0;
	m->ended = false;
	m->bytes = 0;
	m->used = 0;
}

void
message_feed(struct message *m, const void *p, size_t n, bool last)
{
	m->p = p;
	m->n = n;
	m->last = last;
	m->bytes += n;
	next_run(m);
}

void
message_advance(struct message *m, size_t done)
{
	m->run += done * SHA512X_BLOCK;
	m->blocks -= done;
	if (!m->blocks)
		next_run(m);
}

size_t
message_left(const struct message *m)
{
	return m->blocks * SHA512X_BLOCK + m->n;
}

void
message_digest(const struct message *m, const struct message_variant *v,
    unsigned char *out)
{
	uint64_t words[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		words[i] = htobe64(m->h[i]);
	memcpy(out, words, v->size);
}
