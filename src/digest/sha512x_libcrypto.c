/*
 * One lane, by libcrypto's assembler. The functions are deprecated since
 * OpenSSL 3.0 in favour of EVP, but EVP hides the state of a message, and a
 * message must be able to move between this kernel and the wide ones. What is
 * hashed by libcrypto alone goes through EVP (digest.h).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest/sha512x.h"

#ifdef SHA512X_KERNELS

#include <string.h>

#include <openssl/sha.h>

void
sha512x_libcrypto(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
	SHA512_CTX c = { .md_len = SHA512_DIGEST_LENGTH };

	memcpy(c.h, h[0], sizeof(c.h));
	SHA512_Update(&c, p[0], blocks * SHA512X_BLOCK);
	memcpy(h[0], c.h, sizeof(c.h));
}

#else
typedef int sha512x_libcrypto_is_empty; /* ISO C wants a declaration */
#endif
