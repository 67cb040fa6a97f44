#include "digest/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

struct digest {
	EVP_MD *md;
	const char *tag; /* in digest_tags, or md's */
	size_t size;
};

struct digest_ctx {
	const struct digest *digest;
	EVP_MD_CTX *evp;
};

/* The tags of cksum(1) that libcrypto does not use as its first name. */
static const struct {
	const char *tag;
	const char *name;
} digest_tags[] = {
	{ "SHA1", "SHA1" },
	{ "SHA224", "SHA2-224" },
	{ "SHA256", "SHA2-256" },
	{ "SHA384", "SHA2-384" },
	{ "SHA512", "SHA2-512" },
	{ "SHA512/224", "SHA2-512/224" },
	{ "SHA512/256", "SHA2-512/256" },
	{ "BLAKE2b", "BLAKE2B-512" },
	{ "BLAKE2s", "BLAKE2S-256" },
};

#define DIGEST_NTAGS (sizeof(digest_tags) / sizeof(digest_tags[0]))

static const char *
digest_name_of_tag(const char *name)
{
	size_t i;

	for (i = 0; i < DIGEST_NTAGS; i++)
		if (!strcasecmp(name, digest_tags[i].tag))
			return digest_tags[i].name;
	return name;
}

static const char *
digest_tag_of_md(const EVP_MD *md)
{
	size_t i;

	for (i = 0; i < DIGEST_NTAGS; i++)
		if (EVP_MD_is_a(md, digest_tags[i].name))
			return digest_tags[i].tag;
	return EVP_MD_get0_name(md);
}

/*
 * libcrypto without what only other programs need: texts of errors, the tables
 * behind EVP_get_digestbyname(3), and a tidy heap at exit, which together cost
 * a millisecond at every start. openssl.cnf is read: a system's policy (which
 * providers, FIPS) stands in it. OPENSSL_init_crypto(3)
 */
static void
digest_init_library(void)
{
	/* if this fails, so does the fetch */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
	    OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
	    OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* Only what names and tags are made of reaches libcrypto: 3.5 reads "sha512 "
 * as SHA-512, and ':' separates names for it. */
static bool
digest_is_name(const char *name)
{
	return *name && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-/_.")];
}

static EVP_MD *
digest_fetch(const char *name)
{
	EVP_MD *md;

	if (!digest_is_name(name)) {
		errno = EINVAL;
		return NULL;
	}
	digest_init_library();
	ERR_set_mark();
	md = EVP_MD_fetch(NULL, digest_name_of_tag(name), NULL);
	if (!md)
		errno = ERR_GET_REASON(ERR_peek_last_error()) ==
		    ERR_R_MALLOC_FAILURE ? ENOMEM : EINVAL;
	ERR_pop_to_mark();
	return md;
}

struct digest *
digest_new(const char *name)
{
	struct digest *d = malloc(sizeof(*d));
	int size;

	if (!d)
		return NULL;
	d->md = digest_fetch(name);
	if (!d->md)
		goto free_digest;
	/* 0: extendable output without a size of its own, or no digest */
	size = EVP_MD_get_size(d->md);
	if (size <= 0 || size > DIGEST_MAX) {
		errno = EINVAL;
		goto free_md;
	}
	d->size = (size_t)size;
	d->tag = digest_tag_of_md(d->md);
	return d;

free_md:
	EVP_MD_free(d->md);
free_digest:
	free(d);
	return NULL;
}

void
digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_free(d->md);
	free(d);
}

size_t
digest_size(const struct digest *d)
{
	return d->size;
}

const char *
digest_tag(const struct digest *d)
{
	return d->tag;
}

bool
digest_is_default(const struct digest *d)
{
	const OSSL_PROVIDER *p = EVP_MD_get0_provider(d->md);

	return p && !strcmp(OSSL_PROVIDER_get0_name(p), "default");
}

struct digest_ctx *
digest_ctx_new(const struct digest *d)
{
	struct digest_ctx *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	c->digest = d;
	c->evp = EVP_MD_CTX_new();
	if (!c->evp) {
		free(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

void
digest_ctx_free(struct digest_ctx *c)
{
	if (!c)
		return;
	EVP_MD_CTX_free(c->evp);
	free(c);
}

int
digest_init(struct digest_ctx *c)
{
	/* no dearer than a copy of a template: 0.4 us for a message */
	return EVP_DigestInit_ex2(c->evp, c->digest->md, NULL) ? 0 : -1;
}

int
digest_update(struct digest_ctx *c, const void *p, size_t n)
{
	return EVP_DigestUpdate(c->evp, p, n) ? 0 : -1;
}

int
digest_final(struct digest_ctx *c, unsigned char *out)
{
	unsigned char all[EVP_MAX_MD_SIZE];
	unsigned n;

	if (!EVP_DigestFinal_ex(c->evp, all, &n) || n != c->digest->size)
		return -1;
	memcpy(out, all, n);
	return 0;
}
