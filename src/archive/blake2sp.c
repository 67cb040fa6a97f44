#include "archive/blake2sp.h"

#include <string.h>

#define BLAKE2S_ROUNDS 10

static const uint32_t blake2s_iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
};

static const uint8_t blake2s_sigma[BLAKE2S_ROUNDS][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

/* ---- a node ------------------------------------------------------------------- */

static uint32_t
le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static uint32_t
rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void
mix(uint32_t v[16], const unsigned at[4], uint32_t x, uint32_t y)
{
	uint32_t a = v[at[0]], b = v[at[1]], c = v[at[2]], d = v[at[3]];

	a += b + x;
	d = rotate(d ^ a, 16);
	c += d;
	b = rotate(b ^ c, 12);
	a += b + y;
	d = rotate(d ^ a, 8);
	c += d;
	b = rotate(b ^ c, 7);
	v[at[0]] = a;
	v[at[1]] = b;
	v[at[2]] = c;
	v[at[3]] = d;
}

/* The block; n bytes of it are of the message. */
static void
blake2s_compress(struct blake2s *s, size_t n, bool final)
{
	/* columns, then diagonals */
	static const unsigned at[8][4] = {
		{ 0, 4, 8, 12 }, { 1, 5, 9, 13 }, { 2, 6, 10, 14 },
		{ 3, 7, 11, 15 }, { 0, 5, 10, 15 }, { 1, 6, 11, 12 },
		{ 2, 7, 8, 13 }, { 3, 4, 9, 14 },
	};
	uint32_t v[16], m[16];
	unsigned i, round;

	s->t += n;
	memcpy(v, s->h, sizeof(s->h));
	memcpy(v + 8, blake2s_iv, sizeof(blake2s_iv));
	v[12] ^= (uint32_t)s->t;
	v[13] ^= (uint32_t)(s->t >> 32);
	v[14] ^= final ? UINT32_MAX : 0;
	v[15] ^= final && s->last ? UINT32_MAX : 0;
	for (i = 0; i < 16; i++)
		m[i] = le32(s->block + (size_t)4 * i);
	for (round = 0; round < BLAKE2S_ROUNDS; round++)
		for (i = 0; i < 8; i++)
			mix(v, at[i], m[blake2s_sigma[round][2 * i]],
			    m[blake2s_sigma[round][2 * i + 1]]);
	for (i = 0; i < 8; i++)
		s->h[i] ^= v[i] ^ v[i + 8];
}

/* Parameters: lengths of 32, no key, eight leaves below a root. */
static void
blake2s_init(struct blake2s *s, unsigned offset, unsigned depth, bool last)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->h, blake2s_iv, sizeof(s->h));
	s->h[0] ^= BLAKE2SP_SIZE | BLAKE2SP_LEAVES << 16 | 2 << 24;
	s->h[2] ^= offset;
	s->h[3] ^= depth << 16 | (uint32_t)BLAKE2SP_SIZE << 24;
	s->last = last;
}

/* n bytes, which fit into a block, but not beyond the end of one. */
static void
blake2s_update(struct blake2s *s, const unsigned char *p, size_t n)
{
	if (s->n == BLAKE2S_BLOCK) {
		blake2s_compress(s, s->n, false);
		s->n = 0;
	}
	memcpy(s->block + s->n, p, n);
	s->n += n;
}

static void
blake2s_final(struct blake2s *s, unsigned char digest[BLAKE2SP_SIZE])
{
	unsigned i;

	memset(s->block + s->n, 0, BLAKE2S_BLOCK - s->n);
	blake2s_compress(s, s->n, true);
	for (i = 0; i < BLAKE2SP_SIZE; i++)
		digest[i] = (unsigned char)(s->h[i / 4] >> i % 4 * 8);
}

/* ---- the tree ----------------------------------------------------------------- */

void
blake2sp_init(struct blake2sp *b)
{
	unsigned i;

	for (i = 0; i < BLAKE2SP_LEAVES; i++)
		blake2s_init(&b->leaf[i], i, 0, i == BLAKE2SP_LEAVES - 1);
	b->bytes = 0;
}

void
blake2sp_update(struct blake2sp *b, const void *p, size_t n)
{
	const unsigned char *bytes = p;
	size_t room, some;

	for (; n; n -= some) {
		room = BLAKE2S_BLOCK - (size_t)(b->bytes % BLAKE2S_BLOCK);
		some = n < room ? n : room;
		blake2s_update(&b->leaf[b->bytes / BLAKE2S_BLOCK %
		    BLAKE2SP_LEAVES], bytes, some);
		bytes += some;
		b->bytes += some;
	}
}

void
blake2sp_final(struct blake2sp *b, unsigned char digest[BLAKE2SP_SIZE])
{
	unsigned char leaf[BLAKE2SP_SIZE];
	struct blake2s root;
	unsigned i;

	blake2s_init(&root, 0, 1, true);
	for (i = 0; i < BLAKE2SP_LEAVES; i++) {
		blake2s_final(&b->leaf[i], leaf);
		blake2s_update(&root, leaf, sizeof(leaf));
	}
	blake2s_final(&root, digest);
}
