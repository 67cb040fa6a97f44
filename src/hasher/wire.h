/*
 * wire.h - what parent and worker say to each other, as bytes and back.
 *
 * Two audiences: hasher.c (parent) encodes requests and decodes answers,
 * worker.c (child) the other way round. Both ends are the same binary on the
 * same machine, so integers go in host order; the pool frames the messages.
 *
 *     request  struct entry, whose pointer means nothing; u8 n, n bytes of an
 *              algorithm's name (none: the default); name (neither with a NUL)
 *     answer   u8 status, i32 code, u64 size, digest (0 to 64 bytes)
 *
 * Everything that is decoded is checked first: a worker that went wild can
 * spoil its own files, never the parent.
 */
#ifndef HASHER_WIRE_H
#define HASHER_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"
#include "hasher/result.h"

struct buf;

#define WIRE_ANSWER_MAX (13 + RESULT_DIGEST_MAX)

struct wire_request {
	struct entry entry;    /* its name is not NUL-terminated */
	const char *algorithm; /* not NUL-terminated; alen <= 255 */
	size_t alen;
};

/* Appends a request. */
void wire_put_request(struct buf *to, const struct wire_request *q);

/* 0, or -1 when the bytes are no request. The names in q point into p. */
int wire_get_request(struct wire_request *q, const void *p, size_t n);

/* Writes r's status, code, size and digest; returns the bytes used. */
size_t wire_put_answer(unsigned char to[WIRE_ANSWER_MAX],
    const struct result *r);

/*
 * 0, or -1 when the bytes are no answer, or not one with a digest of digestlen
 * bytes. Sets status, code, size, digest and digestlen of r only.
 */
int wire_get_answer(struct result *r, size_t digestlen, const void *p,
    size_t n);

#endif
