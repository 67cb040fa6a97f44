#include "digest/digest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

struct digest {
	EVP_MD *md;
	size_t size;
	const char *param; /* by which size is asked for; NULL: it is md's */
	char tag[DIGEST_TAG_MAX + 1];
};

struct digest_ctx {
	const struct digest *digest;
	EVP_MD_CTX *evp;
};

/*
 * The tags of cksum(1) that libcrypto does not use as its first name, and
 * those of others that it does not know: FreeBSD's sha512t256(1). Of two for
 * the same digest the first one is printed.
 */
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
	{ "SHA512t224", "SHA2-512/224" },
	{ "SHA512t256", "SHA2-512/256" },
};

#define DIGEST_NTAGS (sizeof(digest_tags) / sizeof(digest_tags[0]))

/*
 * Digests of which there are several lengths, and the parameter that sets it
 * (EVP_MD-BLAKE2(7), EVP_MD-SHAKE(7)). Those without a length of their own
 * have that of OpenSSL 1.1.1 to 3.3 when none is asked for.
 */
static const struct family {
	const char *tag;   /* printed, and read, as is libcrypto's name */
	const char *name;
	const char *param;
	size_t usual;      /* bytes */
	size_t max;
	bool extendable;   /* has no length of its own */
} families[] = {
	{ "BLAKE2b", "BLAKE2B-512", OSSL_DIGEST_PARAM_SIZE, 64, 64, false },
	{ "BLAKE2s", "BLAKE2S-256", OSSL_DIGEST_PARAM_SIZE, 32, 32, false },
	{ "SHAKE128", "SHAKE-128", OSSL_DIGEST_PARAM_XOFLEN, 16, DIGEST_MAX,
	    true },
	{ "SHAKE256", "SHAKE-256", OSSL_DIGEST_PARAM_XOFLEN, 32, DIGEST_MAX,
	    true },
};

/* The family that the len bytes at name mean; NULL: none. */
static const struct family *
family_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const struct family *f = &families[i];

		if ((strlen(f->tag) == len &&
		    !strncasecmp(name, f->tag, len)) ||
		    (strlen(f->name) == len &&
		    !strncasecmp(name, f->name, len)))
			return f;
	}
	return NULL;
}

bool
digest_is_extendable(const char *name)
{
	const struct family *f = family_find(name, strlen(name));

	return f && f->extendable;
}

/* The bits that "NAME-BITS" ends in, and the length of NAME; 0: it does not
 * end so. */
static unsigned
bits_of_name(const char *name, size_t *len)
{
	const char *dash = strrchr(name, '-'), *p;
	unsigned bits = 0;

	if (!dash)
		return 0;
	for (p = dash + 1; *p >= '0' && *p <= '9' && bits < 1000; p++)
		bits = bits * 10 + (unsigned)(*p - '0');
	*len = (size_t)(dash - name);
	return *p ? 0 : bits;
}

static const char *
name_of_tag(const char *name)
{
	size_t i;

	for (i = 0; i < DIGEST_NTAGS; i++)
		if (!strcasecmp(name, digest_tags[i].tag))
			return digest_tags[i].name;
	return name;
}

static const char *
tag_of_md(const EVP_MD *md)
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

/* NULL with errno. */
static EVP_MD *
digest_fetch(const char *name)
{
	EVP_MD *md;

	digest_init_library();
	ERR_set_mark();
	md = EVP_MD_fetch(NULL, name_of_tag(name), NULL);
	if (!md)
		errno = ERR_GET_REASON(ERR_peek_last_error()) ==
		    ERR_R_MALLOC_FAILURE ? ENOMEM : EINVAL;
	ERR_pop_to_mark();
	return md;
}

/* libcrypto is more generous: some versions pass over blanks at the end, and
 * what follows a colon is a list of names. */
size_t
digest_name_bytes(const char *s, size_t len)
{
	static const char allowed[] = "0123456789-/_."
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t i = 0;

	while (i < len && memchr(allowed, s[i], sizeof(allowed) - 1))
		i++;
	return i;
}

/* 0, or -1 with errno when the tag is too long. */
static int __attribute__((format(printf, 2, 3)))
set_tag(struct digest *d, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(d->tag, sizeof(d->tag), fmt, ap);
	va_end(ap);
	errno = EINVAL;
	return n >= 0 && (size_t)n < sizeof(d->tag) ? 0 : -1;
}

/*
 * Does libcrypto yield as many bytes as it was asked for? The provider of
 * OpenSSL 3.0 and 3.1 takes a size for BLAKE2 and does not heed it.
 */
static int
digest_probe(const struct digest *d)
{
	unsigned char out[DIGEST_MAX];
	struct digest_ctx *c = digest_ctx_new(d);
	int rc;

	if (!c)
		return -1;
	rc = digest_init(c) < 0 ? -1 : digest_final(c, out);
	digest_ctx_free(c);
	errno = EINVAL;
	return rc;
}

/* A digest of size bytes of a family. 0, or -1 with errno. */
static int
digest_set_family(struct digest *d, const struct family *f, size_t size)
{
	d->md = digest_fetch(f->name);
	if (!d->md)
		return -1;
	d->size = size;
	if (size == f->max && !f->extendable)
		return set_tag(d, "%s", f->tag);
	d->param = f->param;
	if (set_tag(d, "%s-%zu", f->tag, 8 * size) < 0)
		return -1;
	return digest_probe(d);
}

/* A digest of the one size that libcrypto says. 0, or -1 with errno. */
static int
digest_set_fixed(struct digest *d, const char *name)
{
	int size;

	d->md = digest_fetch(name);
	if (!d->md)
		return -1;
	size = EVP_MD_get_size(d->md);
	if (size <= 0 || size > DIGEST_MAX) {
		errno = EINVAL;
		return -1;
	}
	d->size = (size_t)size;
	return set_tag(d, "%s", tag_of_md(d->md));
}

/* "SHA256-256", as cksum 9.10 has it: the name and the size it has anyway. */
static int
digest_set_with_bits(struct digest *d, const char *name, size_t len,
    unsigned bits)
{
	char *base = strndup(name, len);
	int rc;

	if (!base)
		return -1;
	rc = digest_set_fixed(d, base);
	free(base);
	if (rc == 0 && d->size * 8 != bits) {
		errno = EINVAL;
		return -1;
	}
	return rc;
}

/* 0, or -1 with errno. */
static int
digest_set(struct digest *d, const char *name)
{
	size_t len = strlen(name);
	const struct family *f = family_find(name, len);
	unsigned bits;

	if (!len || digest_name_bytes(name, len) < len) {
		errno = EINVAL;
		return -1;
	}
	if (f)
		return digest_set_family(d, f, f->usual);
	bits = bits_of_name(name, &len);
	f = bits % 8 ? NULL : family_find(name, len);
	if (f && bits && bits <= 8 * f->max)
		return digest_set_family(d, f, bits / 8);
	if (digest_set_fixed(d, name) == 0)
		return 0;
	if (d->md || !bits || errno != EINVAL)
		return -1;
	return digest_set_with_bits(d, name, len, bits);
}

struct digest *
digest_new(const char *name)
{
	struct digest *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return NULL;
	if (digest_set(d, name) == 0)
		return d;
	err = errno;
	digest_free(d);
	errno = err;
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
	const struct digest *d = c->digest;
	size_t size = d->size;
	OSSL_PARAM length[2] = { OSSL_PARAM_END, OSSL_PARAM_END };

	if (d->param)
		length[0] = OSSL_PARAM_construct_size_t(d->param, &size);
	/* no dearer than a copy of a template: 0.4 us for a message */
	return EVP_DigestInit_ex2(c->evp, d->md, d->param ? length : NULL) ?
	    0 : -1;
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
