/*
 * digest.h - message digests by name, from libcrypto.
 *
 * This room (src/digest) turns bytes into digests. It knows no file and no
 * process, never prints, and includes nothing of phash from outside itself.
 */
#ifndef DIGEST_DIGEST_H
#define DIGEST_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_MAX 64 /* bytes; libcrypto's EVP_MAX_MD_SIZE */
#define DIGEST_TAG_MAX 31

struct evp_md_st;     /* libcrypto's EVP_MD */
struct evp_md_ctx_st; /* libcrypto's EVP_MD_CTX */

/* An algorithm, fetched. Only digest_new changes it. */
struct digest {
	/*
	 * The tag that checksum lines carry for it: cksum's where cksum has one
	 * (MD5, SHA1, SHA224 ... SHA512, SHA3-256, BLAKE2b, BLAKE2b-256, SM3),
	 * SHAKE128-256 and the like, libcrypto's own name for the rest. It is
	 * a name for it, too.
	 */
	char tag[DIGEST_TAG_MAX + 1];
	size_t size;          /* of a digest, in bytes */
	struct evp_md_st *md;
	const char *param;    /* that sets md's length to size; NULL: size is
	                       * md's own */
};

/*
 * Fetches an algorithm by any name that libcrypto knows (EVP_MD_fetch), case
 * aside, or by a checksum line's tag: "sha512", "SHA2-512", "SHA512/256",
 * "blake2b", FreeBSD's "SHA512t256". "NAME-BITS" is one of another length
 * (BLAKE2b-256, SHAKE128-256), where libcrypto can compute it, or says the
 * length that there is (SHA256-256). SHAKE128 and SHAKE256 have 16 and 32
 * bytes unless the name says another length. NULL with errno: EINVAL for a
 * name that is not known, has other characters than letters, digits and
 * - / _ ., or means no digest of 1 to DIGEST_MAX bytes; ENOMEM else.
 */
struct digest *digest_new(const char *name);
void digest_free(struct digest *d);

/* How many bytes at the beginning of s can be part of a name. */
size_t digest_name_bytes(const char *s, size_t len);

/*
 * Is that the name of a digest without a length of its own, and without one in
 * the name (SHAKE128)? Then "NAME-BITS" is one with it, up to DIGEST_MAX.
 */
bool digest_is_extendable(const char *name);

/*
 * Whether libcrypto's default provider computes it. Where the system's policy
 * names another one (FIPS), no code of ours may compute it instead.
 */
bool digest_is_default(const struct digest *d);

/*
 * init begins a message in c, whatever state c is in; EVP_DigestUpdate takes
 * its bytes; final ends it and writes d->size bytes. 0, or -1 when libcrypto
 * fails or gives another number of bytes.
 */
int digest_init(const struct digest *d, struct evp_md_ctx_st *c);
int digest_final(const struct digest *d, struct evp_md_ctx_st *c,
    unsigned char *out);

#endif
