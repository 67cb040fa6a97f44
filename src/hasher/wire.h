/*
 * wire.h - what parent and worker say to each other, as bytes and back.
 *
 * Two audiences: local.c (parent) encodes requests and decodes answers,
 * worker.c (child) the other way round. The pool frames the messages. Integers
 * are little-endian.
 *
 *     request  u8 kind, u8 number of the algorithm, u8 1 if its members are
 *              meant, u64 device, u64 inode, u64 size, i64 mtime, i64 ctime, u64
 *              bytes of the name that are the root's (all ones: it has none),
 *              u64 device, u64 inode of the root, name, NUL
 *     answer   u8 status, i32 code, u64 bytes hashed, identity of what was
 *              read, if it was opened: u64 device, u64 inode, u64 size, i64
 *              mtime, i64 ctime, u32 mode; then the digest (0 to 64 bytes); of
 *              RESULT_ARCHIVE instead: text, NUL; of RESULT_LISTED a listing
 *              (listing.h), to a request for an ENTRY_TREE alone
 *     part     of the answer to an archive, first, with RESULT_OPENED: as an
 *              answer; then for each member: u8 status, i32 code, u64 size, u32
 *              mode, i64 mtime, u8 bytes of the digest, digest, name, NUL,
 *              text, NUL
 *
 * Everything that is decoded is checked first: a worker that went wild can
 * spoil its own files, never the parent.
 */
#ifndef HASHER_WIRE_H
#define HASHER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"
#include "hasher/result.h"

#define WIRE_HEAD (3 + 8 * 8) /* bytes of a request before the name */
#define WIRE_TEXT_MAX 256     /* bytes of the text of an answer, with its NUL:
                               * a longer one is cut */
#define WIRE_ANSWER_MAX (57 + DIGEST_MAX + WIRE_TEXT_MAX)

#define WIRE_IDENTITY (5 * 8 + 4)

/* An identity, as an answer has it: WIRE_IDENTITY bytes, as base/little.h has
 * integers. */
unsigned char *wire_put_identity(unsigned char *to,
    const struct entry_identity *id);
struct entry_identity wire_get_identity(const unsigned char **from);

/* Writes what of the request for e comes before its name and a NUL. */
void wire_put_head(unsigned char head[WIRE_HEAD], const struct entry *e);

/* Does the request ask for a listing? */
bool wire_asks_listing(const void *p, size_t n);

/* The name, len bytes long, in the n bytes of a request for it. */
const char *wire_name(const void *p, size_t n, size_t len);

/* 0, or -1 when the bytes are no request. e's name points into p, its root is
 * NULL or *root; of the identity all but the mode is set. */
int wire_get_request(struct entry *e, struct entry_root *root, const void *p,
    size_t n);

/* Writes r's status, code, size, digest and text, and its entry's identity; returns
 * the bytes used. A listing follows them. */
size_t wire_put_answer(unsigned char to[WIRE_ANSWER_MAX],
    const struct result *r);

/*
 * 0, or -1 when the bytes are no answer, or not one with a digest of digestlen
 * bytes. Sets status, code, size, digest, digestlen and text of r, and the identity
 * of its entry if it was opened, to that of what was read; the text is in p. A
 * listing has not been looked at.
 */
int wire_get_answer(struct result *r, size_t digestlen, const void *p,
    size_t n);

/* Is this part of an answer the first one? It is an answer by itself. */
bool wire_is_opened(const void *p, size_t n);

/* The part for r, a member: *n bytes, to be freed. NULL with errno where there
 * is no memory. */
void *wire_new_part(const struct result *r, size_t *n);

/* The same way back, as wire_get_answer; sets all of r but archive, algorithm and
 * cookie. Name and text are in p. */
int wire_get_part(struct result *r, size_t digestlen, const void *p, size_t n);

#endif
