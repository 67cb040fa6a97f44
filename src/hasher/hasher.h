/*
 * hasher.h - entries in, results out.
 */
#ifndef HASHER_HASHER_H
#define HASHER_HASHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct algorithms;
struct entry;
struct hasher;
struct result;
struct sandbox;
struct walk_opts;

/* Another machine, or what is like one. */
struct hasher_host {
	const char *name;      /* for messages */
	int jobs;              /* workers there; 0: as many as CPUs */
	char *const *argv;     /* the command that leads to a phash --serve */
};

struct hasher_opts {
	int jobs;              /* workers; at least 1 */
	struct algorithms *algorithms; /* those of the numbers in names;
	                        * number 0 is there already; borrowed */
	size_t chunk;          /* names per chunk; 0: by count and bytes */
	int dirfd;             /* paths are relative to it (AT_FDCWD: the
	                        * current directory); borrowed */
	const char *engine;    /* digest/engine.h: one of engine_choices;
	                        * borrowed */
	bool twice;            /* read each regular file twice, and compare the
	                        * digests: RESULT_CHANGED if they differ */
	unsigned threads;      /* that one archive is decoded with; at least 1 */
	uint64_t limit;        /* of bytes that an archive expands to: as
	                        * members_opts.limit */
	const struct hasher_host *hosts; /* files are hashed by these, if there
	                        * are any, and only streams here; borrowed */
	unsigned nhosts;
	int host_timeout;      /* seconds of silence after which one is lost */
	const char *directory; /* for them: the path of dirfd; borrowed */
	const char *version;   /* of phash, which theirs must be */
	bool debug;            /* says what they have */
	const struct walk_opts *walk; /* by which directories are listed, without
	                        * its callbacks; NULL: none is put; borrowed */
	const struct sandbox *sandbox; /* that workers enter; NULL: none;
	                        * borrowed */
	int timeout;           /* seconds without a sign of life after which a
	                        * worker is replaced and the file that it worked
	                        * on given up (RESULT_STALLED); 0: never */

	void *cookie;
	/* Called once for every entry put, in completion order, and before it
	 * for each member of one that is an archive, in its order; from inside
	 * a function below. r lives until it returns. */
	void (*on_result)(void *cookie, const struct result *r);
	/* Called after a group of results, and whenever a signal or a tenth
	 * of a second of waiting came between. May be NULL. */
	void (*on_pause)(void *cookie);
};

/*
 * Forks the workers: before the walk holds descriptors, and before this process
 * gives up what they may need. NULL after one message on stderr when they cannot
 * be started, or there is no memory to share with them. opts is copied.
 */
struct hasher *hasher_new(const struct hasher_opts *opts);

/*
 * Hands over an entry, which is copied, its name too, and comes back in its
 * result. Its size, as far as is known, says how much work it is. Blocks only
 * while every worker has enough to do. A name that is too long for the pool,
 * 16 MiB and more, has its result at once: RESULT_OPEN with ENAMETOOLONG. 0; -1
 * after one message on stderr when no more can be taken, because the workers
 * are gone: this entry then gets no result. Of a directory
 * (ENTRY_TREE, only with opts.walk) the result is RESULT_LISTED; or another, where a
 * worker cannot list it, which does not say that nobody can.
 */
int hasher_put(struct hasher *h, const struct entry *e);

/*
 * The same without ever blocking. 1: taken; 0: every worker has enough to do
 * now, and the entry was not taken; -1 as above.
 */
int hasher_try(struct hasher *h, const struct entry *e);

/*
 * Waits until at least one more result has been delivered, or none is open.
 * 0; -1 after one message on stderr when the workers are gone.
 */
int hasher_wait(struct hasher *h);

/* Sends what was taken, delivers the results that are there and calls on_pause,
 * without waiting. 0; -1 as above. */
int hasher_attend(struct hasher *h);

/* How many entries were handed over and have no result. Inside a callback it may
 * be one more: the one that is being tried. */
uint64_t hasher_open(const struct hasher *h);

/*
 * Works until there is something to read from fd: what was put and not yet
 * sent goes out, results are delivered, on_pause is called now and then, and
 * more, unless NULL, which may put names. 0; -1 when more says so, or after
 * one message on stderr when the workers are gone.
 */
int hasher_idle(struct hasher *h, int fd, int (*more)(void *cookie),
    void *cookie);

/*
 * Waits until every name put has had its result. 0; -1 after one message on
 * stderr when the workers are gone (what was open has had RESULT_LOST), or
 * when, by our own fault, names and results do not add up.
 */
int hasher_finish(struct hasher *h);

/* A file that is waited for. */
struct hasher_stall {
	const char *path;   /* len bytes, which live until the next call of any
	                     * function of this header */
	size_t len;
	unsigned seconds;   /* for which its worker got on with nothing */
	bool is_new;        /* was not shown before */
};

/* Is there a worker that got on with no file for some seconds? Then s is
 * filled. To be asked in on_pause. A stream that is silent is waited for like
 * any other file, but never given up: its worker is alive. */
bool hasher_stalled(struct hasher *h, struct hasher_stall *s);

/* Bytes digested so far by all workers, for the progress line. */
uint64_t hasher_bytes(const struct hasher *h);

/* Which parts of the sandbox are in force in all workers that have begun, as
 * sandbox_enter has it; -1: none has. */
int hasher_sandbox(const struct hasher *h);

/* What another machine has done. */
struct hasher_report {
	const char *name;     /* as hasher_host has it */
	bool ready;           /* it works, or did to the end */
	uint64_t files, bytes;
	int64_t busy_ns;      /* in which it had something to do */
};

/* Host number n. False: there are fewer. */
bool hasher_report(const struct hasher *h, unsigned n,
    struct hasher_report *r);

/* Kills the workers and releases everything; NULL is fine. */
void hasher_free(struct hasher *h);

#endif
