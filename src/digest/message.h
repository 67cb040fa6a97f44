/*
 * message.h - one message of the SHA-512 family, as runs of whole blocks.
 *
 * The message takes pieces of any size and gives out whole blocks: `blocks` of
 * them, one after the other, at `run`. A block that is spread over two pieces,
 * and the padding (FIPS 180-4, 5.1.2), are put together in its own buffer; all
 * others stay where they are.
 *
 *     message_start(m, v);
 *     message_feed(m, p, n, last);
 *     while (m->blocks) {
 *             compress any number of m->run, up to m->blocks, into m->h
 *             message_advance(m, that number);
 *     }
 *     m->ended: message_digest(); else feed again
 */
#ifndef DIGEST_MESSAGE_H
#define DIGEST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest/sha512x.h"

/* One algorithm of the family: they differ in this alone. */
struct message_variant {
	const char *tag; /* struct digest's */
	size_t size;     /* of the digest, bytes */
	uint64_t iv[8];  /* FIPS 180-4, 5.3.4 to 5.3.6 */
};

struct message {
	uint64_t h[8];

	/* What to compress next. */
	const unsigned char *run;
	size_t blocks;          /* 0: feed it, unless it has ended */
	bool ended;             /* nothing comes after these blocks */
	uint64_t bytes;         /* fed altogether */

	/* For message.c only. */
	const unsigned char *p; /* fed, behind the run */
	size_t n;
	bool last;              /* nothing comes after p */
	unsigned used;          /* of buf */
	unsigned char buf[2 * SHA512X_BLOCK];
};

/* The variant with that tag; NULL when it is none of the family. */
const struct message_variant *message_find(const char *tag);

void message_start(struct message *m, const struct message_variant *v);

/* Takes the next n bytes; only when there are no blocks. p must stay valid
 * until there are none again. last: the message ends with them. */
void message_feed(struct message *m, const void *p, size_t n, bool last);

/* `done` blocks of the run have been compressed. */
void message_advance(struct message *m, size_t done);

/* Bytes fed that are not compressed yet, padding in the run included. Only
 * while there are blocks: then no part of one waits in the buffer for more. */
size_t message_left(const struct message *m);

/* Writes v->size bytes; the message has ended. */
void message_digest(const struct message *m, const struct message_variant *v,
    unsigned char *out);

#endif
