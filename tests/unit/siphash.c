/* SipHash-2-4 against the paper's vector and libcrypto. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/* Appendix A of the paper: key 00..0f, message 00..0e. */
static void
test_paper_vector(void **state)
{
	const struct siphash_key key = {
		UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)
	};
	unsigned char message[15];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)i;
	assert_true(siphash(&key, message, sizeof(message)) ==
	    UINT64_C(0xa129ca6149be45e5));
}

static uint64_t
from_le(const unsigned char *p)
{
	uint64_t x = 0;

	for (int i = 7; i >= 0; i--)
		x = x << 8 | p[i];
	return x;
}

static uint64_t
reference(EVP_MAC_CTX *ctx, const unsigned char key[16], const void *p,
    size_t len)
{
	unsigned char out[8];
	size_t size = sizeof(out), outlen;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_end()
	};

	assert_int_equal(EVP_MAC_init(ctx, key, 16, params), 1);
	assert_int_equal(EVP_MAC_update(ctx, p, len), 1);
	assert_int_equal(EVP_MAC_final(ctx, out, &outlen, sizeof(out)), 1);
	assert_int_equal(outlen, 8);
	return from_le(out);
}

static void
test_every_length_against_libcrypto(void **state)
{
	unsigned char key[16], message[131];
	struct siphash_key k;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *ctx;

	(void)state;
	if (!mac)
		skip();
	ctx = EVP_MAC_CTX_new(mac);
	assert_non_null(ctx);
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)(i * 37 + 201);
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)(i * 151 + 77);
	k.k0 = from_le(key);
	k.k1 = from_le(key + 8);
	for (size_t len = 0; len < sizeof(message); len++)
		assert_true(siphash(&k, message, len) ==
		    reference(ctx, key, message, len));
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
}

/* Bytes that do not begin at a multiple of eight. */
static void
test_unaligned(void **state)
{
	const struct siphash_key key = { 1, 2 };
	unsigned char message[64] = { 0 };
	uint64_t want;

	(void)state;
	memcpy(message, "a path of some length", 21);
	want = siphash(&key, message, 21);
	for (size_t i = 1; i < 8; i++) {
		memset(message, 0, sizeof(message));
		memcpy(message + i, "a path of some length", 21);
		assert_true(siphash(&key, message + i, 21) == want);
	}
}

static void
test_random_keys_differ(void **state)
{
	struct siphash_key a = { 0, 0 }, b = { 0, 0 };

	(void)state;
	siphash_key_random(&a);
	siphash_key_random(&b);
	assert_true(a.k0 != b.k0);
	assert_true(a.k1 != b.k1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paper_vector),
		cmocka_unit_test(test_every_length_against_libcrypto),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_random_keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
