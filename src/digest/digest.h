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

struct digest;     /* an algorithm, fetched */
struct digest_ctx; /* one message being digested */

/*
 * Fetches an algorithm by any name that libcrypto knows (EVP_MD_fetch), case
 * aside, or by a checksum line's tag: "sha512", "SHA2-512", "SHA512/256",
 * "blake2b", FreeBSD's "SHA512t256". "NAME-BITS" is one of another length
 * (BLAKE2b-256, SHAKE128-256), where libcrypto can compute it, or says the
 * length that there is (SHA256-256). SHAKE128 and SHAKE256 have 16 and 32
 * bytes unless told. NULL with errno: EINVAL for a name that is not known, has
 * other characters than letters, digits and - / _ ., or means no digest of 1
 * to DIGEST_MAX bytes; ENOMEM else.
 */
struct digest *digest_new(const char *name);
void digest_free(struct digest *d);

/* The bytes at the beginning of s that may be those of a name. */
size_t digest_name_bytes(const char *s, size_t len);

/* Bytes of a digest. */
size_t digest_size(const struct digest *d);

/*
 * Is that the name of a digest without a length of its own, and without one in
 * the name (SHAKE128)? Then "NAME-BITS" is one with it, up to DIGEST_MAX.
 */
bool digest_is_extendable(const char *name);

/*
 * The tag that checksum lines carry for it: cksum's where cksum has one (MD5,
 * SHA1, SHA224 ... SHA512, SHA3-256, BLAKE2b, BLAKE2b-256, SM3), SHAKE128-256
 * and the like, libcrypto's own name for the rest. It is a name for it, too.
 * Belongs to d; at most DIGEST_TAG_MAX bytes.
 */
const char *digest_tag(const struct digest *d);

/*
 * Whether libcrypto's default provider computes it. Where the system's policy
 * names another one (FIPS), no code of ours may stand in for it.
 */
bool digest_is_default(const struct digest *d);

/* A context, used again for message after message. NULL when out of memory. */
struct digest_ctx *digest_ctx_new(const struct digest *d);
void digest_ctx_free(struct digest_ctx *c);

/* 0, or -1 when libcrypto fails. final writes digest_size() bytes. */
int digest_init(struct digest_ctx *c);
int digest_update(struct digest_ctx *c, const void *p, size_t n);
int digest_final(struct digest_ctx *c, unsigned char *out);

#endif
