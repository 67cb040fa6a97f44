#include "base/siphash.h"

#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/compat.h"

static uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static uint64_t
load_le64(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

static void
rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

static void
absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

uint64_t
siphash(const struct siphash_key *key, const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned char tail[8] = { 0 };
	size_t left;
	/* the initial state spells "somepseudorandomlygeneratedbytes" */
	uint64_t v[4] = {
		key->k0 ^ UINT64_C(0x736f6d6570736575),
		key->k1 ^ UINT64_C(0x646f72616e646f6d),
		key->k0 ^ UINT64_C(0x6c7967656e657261),
		key->k1 ^ UINT64_C(0x7465646279746573)
	};

	for (left = len; left >= 8; left -= 8, p += 8)
		absorb(v, load_le64(p));
	if (left)
		memcpy(tail, p, left);
	absorb(v, (uint64_t)len << 56 | load_le64(tail));
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
siphash_key_random(struct siphash_key *key)
{
	struct timespec now = { 0, 0 };

	if (!getentropy(key, sizeof(*key)))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	key->k0 = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec ^
	    (uint64_t)getpid() << 48;
	key->k1 = (uint64_t)(uintptr_t)key ^
	    (uint64_t)(uintptr_t)&siphash_key_random << 16;
}
