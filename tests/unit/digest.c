/*
 * Digests by name. The answers are the standards' own examples.
 */
#include "digest/digest.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* How often libcrypto was asked: linked with --wrap=EVP_MD_fetch. */
static int asked;

EVP_MD *__real_EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *name,
    const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *name,
    const char *properties);

EVP_MD *
__wrap_EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *name,
    const char *properties)
{
	asked++;
	return __real_EVP_MD_fetch(ctx, name, properties);
}

/* Linked with --wrap of these, which say that there is no memory. */
static bool no_memory;

OSSL_LIB_CTX *__real_OSSL_LIB_CTX_get0_global_default(void);
OSSL_LIB_CTX *__wrap_OSSL_LIB_CTX_get0_global_default(void);

OSSL_LIB_CTX *
__wrap_OSSL_LIB_CTX_get0_global_default(void)
{
	return no_memory ? NULL : __real_OSSL_LIB_CTX_get0_global_default();
}

static bool no_names;

int __real_EVP_MD_names_do_all(const EVP_MD *md,
    void (*fn)(const char *name, void *data), void *data);
int __wrap_EVP_MD_names_do_all(const EVP_MD *md,
    void (*fn)(const char *name, void *data), void *data);

int
__wrap_EVP_MD_names_do_all(const EVP_MD *md,
    void (*fn)(const char *name, void *data), void *data)
{
	return no_names ? 0 : __real_EVP_MD_names_do_all(md, fn, data);
}

static void
hex(char *out, const unsigned char *p, size_t n)
{
	size_t i;

	*out = '\0';
	for (i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
}

/* The name is known, under that tag, and digests "abc" to that. */
static void
known(const char *name, const char *tag, const char *abc)
{
	struct digest *d = digest_new(name);
	EVP_MD_CTX *c;
	unsigned char out[DIGEST_MAX];
	char got[2 * DIGEST_MAX + 1];

	assert_non_null(d);
	assert_string_equal(d->tag, tag);
	assert_int_equal(d->size, strlen(abc) / 2);
	c = EVP_MD_CTX_new();
	assert_non_null(c);
	assert_int_equal(digest_init(d, c), 0);
	assert_int_equal(EVP_DigestUpdate(c, "abc", 3), 1);
	assert_int_equal(digest_final(d, c, out), 0);
	hex(got, out, d->size);
	assert_string_equal(got, abc);
	EVP_MD_CTX_free(c);
	digest_free(d);
}

#define MD5_ABC "900150983cd24fb0d6963f7d28e17f72"
#define SHA1_ABC "a9993e364706816aba3e25717850c26c9cd0d89d"
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223" \
	"b00361a396177a9cb410ff61f20015ad"
#define SHA512_ABC "ddaf35a193617abacc417349ae204131" \
	"12e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd" \
	"454d4423643ce80e2a9ac94fa54ca49f"
#define SHA512_256_ABC "53048e2681941ef99b2e29b76b4c7dab" \
	"e4c2d0c634fc6d46e0e2f13107e7af23"
#define SHA512_224_ABC "4634270f707b6a54daae7530460842e2" \
	"0e37ed265ceee9a43e8924aa"
#define BLAKE2B_ABC "ba80a53f981c4d0d6a2797b69f12f6e9" \
	"4c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc95" \
	"18d38aa8dbf1925ab92386edd4009923"
#define SHAKE128_ABC "5881092dd818bf5cf8a3ddb793fbcba7"
#define SHAKE256_ABC "483366601360a8771c6863080cc4114d" \
	"8db44530f8f1e1ee4f94ea37e78b5739"

static void
test_names_of_libcrypto(void **state)
{
	(void)state;
	known("SHA2-512", "SHA512", SHA512_ABC);
	known("SHA-512", "SHA512", SHA512_ABC);
	known("SHA512-256", "SHA512/256", SHA512_256_ABC);
	known("SHA2-512/224", "SHA512/224", SHA512_224_ABC);
	known("BLAKE2B-512", "BLAKE2b", BLAKE2B_ABC);
}

static void
test_tags_are_names(void **state)
{
	(void)state;
	known("MD5", "MD5", MD5_ABC);
	known("SHA1", "SHA1", SHA1_ABC);
	known("SHA256", "SHA256", SHA256_ABC);
	known("SHA512", "SHA512", SHA512_ABC);
	known("SHA512/256", "SHA512/256", SHA512_256_ABC);
	known("SHA512/224", "SHA512/224", SHA512_224_ABC);
	known("BLAKE2b", "BLAKE2b", BLAKE2B_ABC);
	known("SHA512t256", "SHA512/256", SHA512_256_ABC);
	known("SHA512t224", "SHA512/224", SHA512_224_ABC);
}

static void
test_a_name_may_say_the_length_that_there_is(void **state)
{
	(void)state;
	known("SHA256-256", "SHA256", SHA256_ABC);
	known("md5-128", "MD5", MD5_ABC);
	known("BLAKE2b-512", "BLAKE2b", BLAKE2B_ABC);
	/* libcrypto's own name, not a part of SHA-512 */
	known("SHA512-256", "SHA512/256", SHA512_256_ABC);
	known("BLAKE2b512", "BLAKE2b", BLAKE2B_ABC);
}

static void
test_case_makes_no_difference(void **state)
{
	(void)state;
	known("sha512", "SHA512", SHA512_ABC);
	known("sHa512/256", "SHA512/256", SHA512_256_ABC);
	known("blake2b", "BLAKE2b", BLAKE2B_ABC);
}

/* Every tag leads back to itself: what phash writes, it can check. */
static void
test_every_tag_is_a_name(void **state)
{
	static const char *const names[] = { "md5", "sha1", "sha224", "sha256",
	    "sha384", "sha512", "sha512-224", "sha512-256", "sha3-224",
	    "sha3-256", "sha3-384", "sha3-512", "sm3", "blake2b512",
	    "blake2s256", "ripemd160", "blake2b-256", "shake128",
	    "shake256-512" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct digest *d = digest_new(names[i]), *again;

		if (!d)
			continue; /* left out of this libcrypto */
		again = digest_new(d->tag);
		assert_non_null(again);
		assert_string_equal(again->tag, d->tag);
		assert_int_equal(again->size, d->size);
		digest_free(again);
		digest_free(d);
	}
}

static void
unknown(const char *name)
{
	errno = 0;
	assert_null(digest_new(name));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
test_bytes_of_names(void **state)
{
	char s[2] = "?";
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		s[0] = (char)c;
		assert_int_equal(digest_name_bytes(s, 1), c && c < 128 &&
		    (isalnum(c) || strchr("-/_.", c)));
	}
	assert_int_equal(digest_name_bytes("SHA512/256 (a", 13), 10);
	assert_int_equal(digest_name_bytes("SHA512", 3), 3);
	assert_int_equal(digest_name_bytes("", 0), 0);
}

static void
test_unknown_names(void **state)
{
	(void)state;
	unknown("no-such-digest");
	unknown("SHA512/");
	unknown("SHA256-128");
	unknown("SHA256-");
	unknown("SHA256-256x");
	unknown("SHA256--256");
	unknown("-256");
}

/* What cannot be a name is kept from libcrypto, which is more generous in some
 * versions: it passes over blanks at the end, and reads a list of names. */
static void
test_libcrypto_is_not_asked_for_what_is_no_name(void **state)
{
	static const char *const names[] = { "", "sha512 ", " sha512",
	    "sha512\t", "sha512\n", "sha512:sha256", "sha512=", "sha512-512 ",
	    "sha512 -512", "sha\303\237" };
	size_t i;

	(void)state;
	unknown("no-such-digest");
	assert_true(asked > 0);
	asked = 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unknown(names[i]);
	assert_int_equal(asked, 0);
}

static void
test_lengths_out_of_range(void **state)
{
	(void)state;
	unknown("BLAKE2b-0");
	unknown("BLAKE2b-12");
	unknown("BLAKE2b-520");
	unknown("BLAKE2b-99999999999999999999999999");
	unknown("BLAKE2b-");
	unknown("BLAKE2s-264");
	unknown("SHAKE128-0");
	unknown("SHAKE128-520");
	unknown("SHAKE128-7");
}

/* b2sum(1) of "abc". A libcrypto that does not heed the length must be found
 * out: its digest is not the beginning of the one of 64 bytes. */
static void
test_blake2b_with_a_length(void **state)
{
	struct digest *d = digest_new("BLAKE2b-256");

	(void)state;
	if (!d) {
		assert_int_equal(errno, EINVAL);
		skip();
	}
	digest_free(d);
	known("BLAKE2b-256", "BLAKE2b-256", "bddd813c634239723171ef3fee98579b"
	    "94964e3bb1cb3e427262c8c068d52319");
	known("blake2b-8", "BLAKE2b-8", "6b");
	known("BLAKE2s-128", "BLAKE2s-128",
	    "aa4938119b1dc7b87cbad0ffd200d0ae");
}

/* libcrypto knows a digest of no bytes at all. */
static void
test_a_digest_without_bytes_is_refused(void **state)
{
	(void)state;
	unknown("NULL");
}

/* libcrypto has had a size of its own for them only until 3.3. */
static void
test_extendable_output_has_a_size_in_every_version(void **state)
{
	(void)state;
	known("SHAKE128", "SHAKE128-128", SHAKE128_ABC);
	known("SHAKE-128", "SHAKE128-128", SHAKE128_ABC);
	known("shake256", "SHAKE256-256", SHAKE256_ABC);
	known("SHAKE256-16", "SHAKE256-16", "4833");
	known("SHAKE-128-256", "SHAKE128-256", SHAKE128_ABC
	    "4097d5c526a6d35f97b83351940f2cc8");
}

static void
test_which_are_extendable(void **state)
{
	(void)state;
	assert_true(digest_is_extendable("SHAKE128"));
	assert_true(digest_is_extendable("shake-256"));
	assert_false(digest_is_extendable("SHAKE128-256"));
	assert_false(digest_is_extendable("BLAKE2b"));
	assert_false(digest_is_extendable("SHA512"));
	assert_false(digest_is_extendable(""));
}

static void
test_a_context_serves_message_after_message(void **state)
{
	struct digest *d = digest_new("sha512");
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char first[DIGEST_MAX], out[DIGEST_MAX];
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		/* the second message is given up in the middle */
		assert_int_equal(digest_init(d, c), 0);
		assert_int_equal(EVP_DigestUpdate(c, "ab", 2), 1);
		if (i == 1)
			continue;
		assert_int_equal(EVP_DigestUpdate(c, "c", 1), 1);
		assert_int_equal(digest_final(d, c, i ? out : first), 0);
	}
	assert_memory_equal(out, first, d->size);
	EVP_MD_CTX_free(c);
	digest_free(d);
}

static void
test_final_writes_no_more_than_the_size(void **state)
{
	struct digest *d = digest_new("md5");
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char out[17];

	(void)state;
	out[16] = 0xa5;
	assert_int_equal(digest_init(d, c), 0);
	assert_int_equal(digest_final(d, c, out), 0);
	assert_int_equal(out[16], 0xa5);
	EVP_MD_CTX_free(c);
	digest_free(d);
}

static void
test_nothing_is_freed_in_peace(void **state)
{
	(void)state;
	digest_free(NULL);
}

/* A digest under another tag than its own would be one that nobody can check. */
static void
test_without_memory(void **state)
{
	(void)state;
	no_names = true;
	errno = 0;
	assert_null(digest_new("sha512"));
	assert_int_equal(errno, ENOMEM);
	no_names = false;
	no_memory = true;
	asked = 0;
	errno = 0;
	assert_null(digest_new("sha512"));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(asked, 0);
	no_memory = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_libcrypto),
		cmocka_unit_test(test_tags_are_names),
		cmocka_unit_test(test_a_name_may_say_the_length_that_there_is),
		cmocka_unit_test(test_case_makes_no_difference),
		cmocka_unit_test(test_every_tag_is_a_name),
		cmocka_unit_test(test_bytes_of_names),
		cmocka_unit_test(test_unknown_names),
		cmocka_unit_test(
		    test_libcrypto_is_not_asked_for_what_is_no_name),
		cmocka_unit_test(test_a_digest_without_bytes_is_refused),
		cmocka_unit_test(test_lengths_out_of_range),
		cmocka_unit_test(test_blake2b_with_a_length),
		cmocka_unit_test(
		    test_extendable_output_has_a_size_in_every_version),
		cmocka_unit_test(test_which_are_extendable),
		cmocka_unit_test(test_a_context_serves_message_after_message),
		cmocka_unit_test(test_final_writes_no_more_than_the_size),
		cmocka_unit_test(test_nothing_is_freed_in_peace),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
