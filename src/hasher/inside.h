/*
 * inside.h - an archive that a worker has open: its members, and the parts of
 * its answer that they become.
 *
 * Several members are digested at a time, and answered in the order of the
 * archive, which a second try in another worker repeats (ppool_answer_part).
 */
#ifndef HASHER_INSIDE_H
#define HASHER_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/unpack.h"
#include "hasher/reader.h"
#include "hasher/result.h"
#include "ppool/ppool.h"

#define INSIDE_AHEAD 64 /* members that wait for one before them */

struct inside_member {
	char *name;           /* its own */
	char *text;           /* likewise: as result.text */
	struct result res;
	bool done;
	bool whole;           /* as member.whole: no part, but the answer */
};

struct inside {
	struct unpack *unpack;
	struct reader wake;     /* only to be awaited: not a file */
	struct unpack_piece next;
	bool has_next;
	struct inside_member *current; /* whose bytes are next, or NULL */
	struct inside_member member[INSIDE_AHEAD];
	uint64_t first, end;    /* members first to end - 1 are there */
	struct inside_member whole; /* done: it was no archive, but this */
};

/* On an archive as unpack_new says. NULL with errno, and ms is freed. */
struct inside *inside_new(const struct members_opts *opts, struct members *ms);

/* Waits for its thread, which stops. NULL is fine. */
void inside_free(struct inside *in);

enum inside_event {
	INSIDE_LATER,  /* nothing can be had now */
	INSIDE_BEGIN,  /* a member begins: inside_begin */
	INSIDE_BYTES,  /* of the current member: inside_bytes */
	INSIDE_FAILED, /* the current member has no more: inside_fail */
	INSIDE_END     /* nothing more will come, and all is answered */
};

/* What comes next; until it is asked for by the function named, it stays. Deals
 * with all members that have no bytes by itself. */
enum inside_event inside_next(struct inside *in);

/* Becomes the current one. */
struct inside_member *inside_begin(struct inside *in);

/* Gives the next bytes of the current member; after the last ones it is current
 * no more. To be given back by inside_release. */
void inside_bytes(struct inside *in, struct unpack_piece *p);
void inside_release(struct inside *in, const struct unpack_piece *p);

/* Ends the current member, of which the archive has no more: its result says
 * why. */
void inside_fail(struct inside *in);

/* m has its result. */
void inside_done(struct inside_member *m);

/* Sends the results that are due. 0, or -1 when the owner is gone. */
int inside_answer(struct inside *in, ppool_worker *w, const ppool_item *item);

/* Has it got on since the last call? *bytes of the archive were read. */
bool inside_progress(struct inside *in, uint64_t *bytes);

/* After INSIDE_END: the answer to the archive itself. r->text is in's. */
void inside_result(const struct inside *in, struct result *r);

#endif
