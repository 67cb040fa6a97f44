#include "digest/digest.h"

#include <errno.h>
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

#define BASE_MAX 64 /* bytes of NAME in "NAME-BITS", with the null byte */

/*
 * The algorithms with a tag of cksum(1) that is not libcrypto's first name for
 * them, or a tag that libcrypto does not know (FreeBSD's sha512t256(1)), or
 * several lengths (EVP_MD-BLAKE2(7), EVP_MD-SHAKE(7)). Of two tags for one
 * algorithm the first is printed. An algorithm without a length of its own has
 * that of OpenSSL 1.1.1 to 3.3 when none is asked for.
 */
static const struct row {
	const char *tag;   /* printed, and read, as is libcrypto's name */
	const char *name;  /* libcrypto's */
	const char *param; /* sets the length; NULL: there is only one */
	size_t usual;      /* bytes, when no length is asked for */
	size_t max;        /* more than usual: it has no length of its own */
} rows[] = {
	{ "SHA1", "SHA1", NULL, 0, 0 },
	{ "SHA224", "SHA2-224", NULL, 0, 0 },
	{ "SHA256", "SHA2-256", NULL, 0, 0 },
	{ "SHA384", "SHA2-384", NULL, 0, 0 },
	{ "SHA512", "SHA2-512", NULL, 0, 0 },
	{ "SHA512/224", "SHA2-512/224", NULL, 0, 0 },
	{ "SHA512/256", "SHA2-512/256", NULL, 0, 0 },
	{ "SHA512t224", "SHA2-512/224", NULL, 0, 0 },
	{ "SHA512t256", "SHA2-512/256", NULL, 0, 0 },
	{ "BLAKE2b", "BLAKE2B-512", OSSL_DIGEST_PARAM_SIZE, 64, 64 },
	{ "BLAKE2s", "BLAKE2S-256", OSSL_DIGEST_PARAM_SIZE, 32, 32 },
	{ "SHAKE128", "SHAKE-128", OSSL_DIGEST_PARAM_XOFLEN, 16, DIGEST_MAX },
	{ "SHAKE256", "SHAKE-256", OSSL_DIGEST_PARAM_XOFLEN, 32, DIGEST_MAX },
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *
row_find(const char *name)
{
	const struct row *r;

	for (r = rows; r < rows + NROWS; r++)
		if (!strcasecmp(name, r->tag) || !strcasecmp(name, r->name))
			return r;
	return NULL;
}

bool
digest_is_extendable(const char *name)
{
	const struct row *r = row_find(name);

	return r && r->max > r->usual;
}

/* Takes "NAME-BITS" apart: NAME into base. The bits; 0: it is not such a
 * name. */
static unsigned
split_bits(const char *name, char base[BASE_MAX])
{
	const char *dash = strrchr(name, '-'), *p;
	unsigned bits = 0;

	if (!dash || dash - name >= BASE_MAX)
		return 0;
	for (p = dash + 1; *p >= '0' && *p <= '9' && bits < 1000; p++)
		bits = bits * 10 + (unsigned)(*p - '0');
	snprintf(base, BASE_MAX, "%.*s", (int)(dash - name), name);
	return *p ? 0 : bits;
}

/* For EVP_MD_names_do_all: keeps the row of the name, if it has one. */
static void
row_keep(const char *name, void *cookie)
{
	const struct row **found = cookie;

	if (!*found)
		*found = row_find(name);
}

/* An algorithm has other names, too: those of OIDs, or of a provider. 0, and *found
 * is NULL where none of them has a row; or -1 with errno. */
static int
row_of_md(const EVP_MD *md, const struct row **found)
{
	*found = NULL;
	if (EVP_MD_names_do_all(md, row_keep, found))
		return 0;
	errno = ENOMEM;
	return -1;
}

/*
 * NULL with errno. libcrypto is set up without what only other programs need:
 * texts of errors, the tables behind EVP_get_digestbyname(3), and the release
 * of all memory at exit, which together cost a millisecond at every start.
 * openssl.cnf is read: it may say which providers the system's policy allows
 * (FIPS). OPENSSL_init_crypto(3)
 */
static EVP_MD *
digest_fetch(const char *name)
{
	const struct row *r = row_find(name);
	EVP_MD *md;

	/* if this fails, so does the fetch; but one of version 3.0 that has no
	 * context crashes */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
	    OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
	    OPENSSL_INIT_NO_ATEXIT, NULL);
	errno = ENOMEM;
	if (!OSSL_LIB_CTX_get0_global_default())
		return NULL;
	ERR_set_mark();
	md = EVP_MD_fetch(NULL, r ? r->name : name, NULL);
	if (!md)
		errno = ERR_GET_REASON(ERR_peek_last_error()) ==
		    ERR_R_MALLOC_FAILURE ? ENOMEM : EINVAL;
	ERR_pop_to_mark();
	return md;
}

/* libcrypto takes more: some versions ignore blanks at the end, and what
 * follows a colon is a list of names. */
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

/*
 * Does libcrypto yield as many bytes as it was asked for? The provider of
 * OpenSSL 3.0 and 3.1 takes a size for BLAKE2 and ignores it. 0, or -1 with
 * errno.
 */
static int
digest_probe(const struct digest *d)
{
	unsigned char out[DIGEST_MAX];
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int rc = c && digest_init(d, c) == 0 ? digest_final(d, c, out) : -1;

	EVP_MD_CTX_free(c);
	errno = c ? EINVAL : ENOMEM;
	return rc;
}

/* A digest of size bytes, which the row allows. 0, or -1 with errno. */
static int
digest_set_sized(struct digest *d, const struct row *r, size_t size)
{
	if (!d->md)
		d->md = digest_fetch(r->name);
	if (!d->md)
		return -1;
	d->size = size;
	snprintf(d->tag, sizeof(d->tag), "%s", r->tag);
	if (size == r->usual && size == r->max)
		return 0;
	d->param = r->param;
	snprintf(d->tag, sizeof(d->tag), "%s-%zu", r->tag, 8 * size);
	return digest_probe(d);
}

/* Is there a digest of so many bits? */
static bool
row_has_bits(const struct row *r, unsigned bits)
{
	return r->param && bits && bits % 8 == 0 && bits / 8 <= r->max;
}

/* The digest that libcrypto has by a name that is not in rows, of the one size
 * that it says; which must be so many bits, unless that is 0. 0, or -1 with
 * errno. */
static int
digest_set_named(struct digest *d, const char *name, unsigned bits)
{
	const struct row *r;
	const char *tag;
	int size;

	d->md = digest_fetch(name);
	if (!d->md)
		return -1;
	if (row_of_md(d->md, &r) < 0)
		return -1;
	if (r && r->param && (!bits || row_has_bits(r, bits)))
		return digest_set_sized(d, r, bits ? bits / 8 : r->usual);
	size = EVP_MD_get_size(d->md);
	tag = r ? r->tag : EVP_MD_get0_name(d->md);
	errno = EINVAL;
	if (size <= 0 || size > DIGEST_MAX || strlen(tag) > DIGEST_TAG_MAX)
		return -1;
	d->size = (size_t)size;
	snprintf(d->tag, sizeof(d->tag), "%s", tag);
	return bits && bits != 8 * d->size ? -1 : 0;
}

/*
 * 0, or -1 with errno. libcrypto knows names that look like "NAME-BITS":
 * SHA512-256 is not SHA-512. Only a name that it does not know is taken for a
 * digest of one length with that length behind it, as cksum 9.10 writes it:
 * SHA256-256.
 */
static int
digest_set(struct digest *d, const char *name)
{
	const struct row *r = row_find(name);
	size_t len = strlen(name);
	char base[BASE_MAX];
	unsigned bits;

	errno = EINVAL;
	if (!len || digest_name_bytes(name, len) < len)
		return -1;
	if (r && r->param)
		return digest_set_sized(d, r, r->usual);
	bits = split_bits(name, base);
	r = bits ? row_find(base) : NULL;
	if (r && row_has_bits(r, bits))
		return digest_set_sized(d, r, bits / 8);
	if (digest_set_named(d, name, 0) == 0)
		return 0;
	return d->md || !bits || errno != EINVAL ? -1 :
	    digest_set_named(d, base, bits);
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

bool
digest_is_default(const struct digest *d)
{
	const OSSL_PROVIDER *p = EVP_MD_get0_provider(d->md);

	return p && !strcmp(OSSL_PROVIDER_get0_name(p), "default");
}

int
digest_init(const struct digest *d, EVP_MD_CTX *c)
{
	size_t size = d->size;
	OSSL_PARAM length[2] = { OSSL_PARAM_END, OSSL_PARAM_END };

	if (d->param)
		length[0] = OSSL_PARAM_construct_size_t(d->param, &size);
	/* 0.4 us for a message; a copy of a context that has begun one is no
	 * faster */
	return EVP_DigestInit_ex2(c, d->md, d->param ? length : NULL) ?
	    0 : -1;
}

int
digest_final(const struct digest *d, EVP_MD_CTX *c, unsigned char *out)
{
	unsigned char all[EVP_MAX_MD_SIZE];
	unsigned n;

	if (!EVP_DigestFinal_ex(c, all, &n) || n != d->size)
		return -1;
	memcpy(out, all, n);
	return 0;
}
