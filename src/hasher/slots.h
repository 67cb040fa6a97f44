/*
 * slots.h - what a worker has open: for worker.c and archived.c, which share it.
 */
#ifndef HASHER_SLOTS_H
#define HASHER_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "digest/algorithm.h"
#include "digest/engine.h"
#include "hasher/inside.h"
#include "hasher/reader.h"
#include "hasher/result.h"
#include "hasher/worker.h"
#include "ppool/ppool.h"

/*
 * Files open at a time, streams aside, and bytes read from each at a time:
 * together a worker stays under 4 MiB, whatever the files, and under 8 with all
 * its streams. An archive has some 5 MiB of its own, and what its decoder takes.
 * Members have slots beside those: of a stream, which may be silent for ever, one
 * at a time, and of all files some.
 */
#define WORKER_FILES 16
#define WORKER_ARCHIVES 4 /* of the files */
#define WORKER_MEMBERS 12
#define WORKER_SLOTS (WORKER_FILES + WORKER_MEMBERS + 2 * WORKER_STREAMS)
#define WORKER_BUFFER (128 * 1024)
/*
 * Of every buffer. The kernel copies out of its page cache with rep movsb,
 * which some processors (Zen 3) do five times slower to a place that is not at
 * the beginning of a cache line.
 */
#define WORKER_ALIGN 4096

_Static_assert(WORKER_SLOTS <= ENGINE_SLOTS, "slot i of each is the same file");

enum slot_state {
	SLOT_FREE,
	SLOT_WAITING, /* its file cannot be opened now: worker_defer */
	SLOT_OPEN,
	SLOT_ARCHIVE, /* its members are in slots of their own */
	SLOT_MEMBER
};

struct slot {
	enum slot_state state;
	unsigned rivals;      /* waiting for a descriptor: until fewer files
	                       * than these are open, streams aside; 0: until
	                       * retry_at */
	int64_t retry_at, give_up_at; /* worker_now; 0: not set */
	struct engine *engine;
	ppool_item item;
	struct reader file;
	struct result res;
	bool crowded;         /* WAITING: until there are fewer archives */
	bool again;           /* this reading is only compared with res.digest */
	unsigned char *buf;
	struct inside *inside;         /* ARCHIVE: its own; MEMBER: that of... */
	struct slot *archive;          /* ...this one */
	struct inside_member *member;  /* MEMBER: it */
	unsigned members;              /* ARCHIVE: slots with one of its */
	struct unpack_piece piece;     /* MEMBER: the bytes that were fed... */
	bool has_piece;                /* ...if there are any */
};

struct worker {
	const struct worker_setup *setup;
	struct watch_line *line;
	/* Of each algorithm that was asked for. Slot i of each belongs to
	 * slot i of the worker. */
	struct engine *engine[ALGORITHMS_MAX];
	ppool_worker *pool;
	unsigned busy;               /* slots that are not free */
	unsigned open;               /* slots with an open file */
	unsigned streams;            /* those of them that are streams */
	unsigned archives;           /* slots with an archive that is a file */
	unsigned members;            /* slots with a member of such a one... */
	unsigned streamed;           /* ...and of another */
	unsigned stuck;              /* archives of which nothing came in this
	                              * turn */
	unsigned most;               /* slots that there are descriptors for */
	unsigned fed;                /* slots that got bytes in this turn, or have
	                              * some left to digest */
	bool unicode;                /* so are names of members */
	unsigned sandbox;            /* the parts of it that are in force */
	bool answered;               /* a slot became free since worker_fill */
	struct slot slot[WORKER_SLOTS];
	unsigned char *bufs;         /* WORKER_SLOTS * WORKER_BUFFER */
	struct readers readers;
	struct buf listing;          /* room for the answer to a directory */
};

#endif
