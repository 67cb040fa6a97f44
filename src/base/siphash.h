/*
 * siphash.h - SipHash-2-4, 64 bits (Aumasson, Bernstein: "SipHash: a fast
 * short-input PRF", 2012). For hash tables whose keys are untrusted.
 * libcrypto has it too, as a MAC, at several times the cost for a short name;
 * the unit test compares the two.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0, k1;
};

/* A key from getentropy(3), or from time and addresses when that fails. */
void siphash_key_random(struct siphash_key *key);

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
