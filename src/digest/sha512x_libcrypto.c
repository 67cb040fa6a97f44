/*
 * One lane, by libcrypto's assembler. The functions are deprecated since
 * OpenSSL 3.0 in favour of EVP, but EVP hides the state of a message, and a
 * message must be able to move between this kernel and the wide ones. What is
 * hashed by libcrypto alone goes through EVP (evp.c).
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest/sha512x.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>
#ifdef SHA512X_X86
#include <cpuid.h>
#endif

void
sha512x_libcrypto(uint64_t *const h[], const unsigned char *const p[],
    size_t blocks)
{
#ifdef OPENSSL_NO_DEPRECATED_3_0
	(void)h;
	(void)p;
	(void)blocks;
#else
	SHA512_CTX c = { .md_len = SHA512_DIGEST_LENGTH };

	memcpy(c.h, h[0], sizeof(c.h));
	SHA512_Update(&c, p[0], blocks * SHA512X_BLOCK);
	memcpy(h[0], c.h, sizeof(c.h));
#endif
}

bool
sha512x_libcrypto_usable(void)
{
#ifdef OPENSSL_NO_DEPRECATED_3_0
	return false;
#else
	return true;
#endif
}

bool
sha512x_libcrypto_fast(void)
{
#ifdef SHA512X_X86
	unsigned a, b, c, d;

	/* leaf 7.1, EAX bit 0: SHA512; used by libcrypto since 3.6 */
	if (OpenSSL_version_num() >= 0x30600000UL &&
	    __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1))
		return true;
#endif
	return false;
}
