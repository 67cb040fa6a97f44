/*
 * sleeping-digest.c - digests of libcrypto that take as long as is said, without the
 * processor, so that two cores can stand for many (phash-bench.sh, row scaling).
 *
 *     LD_PRELOAD=sleeping-digest.so DIGEST_SLEEP=MICROSECONDS phash --engine=libcrypto
 *
 * They are the right ones.
 */
#include <dlfcn.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <time.h>

int
EVP_DigestFinal_ex(EVP_MD_CTX *c, unsigned char *digest, unsigned int *len)
{
	static int (*final)(EVP_MD_CTX *, unsigned char *, unsigned int *);
	const char *us = getenv("DIGEST_SLEEP");
	long n = us ? atol(us) : 0;
	const struct timespec t = { .tv_sec = n / 1000000,
	    .tv_nsec = n % 1000000 * 1000 };

	if (!final)
		*(void **)&final = dlsym(RTLD_NEXT, "EVP_DigestFinal_ex");
	(void)nanosleep(&t, NULL);
	return final ? final(c, digest, len) : 0;
}
