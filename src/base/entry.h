/*
 * entry.h - a file's name, and what is known about the file.
 *
 * An entry is made where a name is found (source/walk, a list) and passed on
 * unchanged: to the hasher, and back in a result. What is known about a file is
 * asked for once and kept here.
 */
#ifndef BASE_ENTRY_H
#define BASE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* How a file is to be opened. */
enum entry_kind {
	ENTRY_FOUND,  /* found by the walk as a regular file: not followed if it
	               * has become a link, refused if another kind of file */
	ENTRY_LINKED, /* found by the walk behind a symbolic link: followed,
	               * refused unless regular */
	ENTRY_NAMED,  /* named by the user: followed, read whatever it is */
	ENTRY_STREAM, /* likewise, and not a regular file: its bytes can be had
	               * only once, so it is never tried again */
	ENTRY_STDIN,  /* the process's standard input; likewise */
	ENTRY_TREE    /* no file: a directory, of which the walk has found no
	               * more than that it is to be entered */
};
#define ENTRY_KINDS (ENTRY_TREE + 1)

/* A time that is not known, or too far away for nanoseconds in 64 bits: before
 * 1678 or after 2261. */
#define ENTRY_NO_TIME INT64_MIN

/* What stat(2) said of the file; all zero where it was not called. Times are in
 * nanoseconds since the epoch. */
struct entry_identity {
	uint64_t dev, ino;
	uint64_t size;  /* 0 unless a regular file */
	int64_t mtime, ctime;
	uint32_t mode;
};

/* The directory below which the walk found it. From there on no symbolic link
 * leads to the file. */
struct entry_root {
	size_t below;      /* bytes of the name that lead to the directory, the
	                    * slash included; 0: the run's own; one more than
	                    * there are where it is the directory itself */
	uint64_t dev, ino; /* the directory's; ino is 0 where not known */
};

struct entry {
	const char *name; /* len bytes and a NUL; relative to the run's
	                   * directory */
	size_t len;
	const struct entry_root *root; /* of an ENTRY_FOUND and an ENTRY_TREE;
	                    * else NULL */
	enum entry_kind kind;
	int algorithm;    /* its number; 0 is the run's own */
	bool archive;     /* if it is one, its members are meant */
	struct entry_identity id;
	int64_t given;    /* when it was handed to the workers, in seconds since
	                   * the epoch: reading begins then or later; 0: not
	                   * known */
	uint64_t cookie;  /* for the use of the hasher's caller */
};

static inline int64_t
entry_ns(const struct timespec *t)
{
	const int64_t most = INT64_MAX / 1000000000;

	if (t->tv_sec <= -most || t->tv_sec >= most)
		return ENTRY_NO_TIME;
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static inline struct entry_identity
entry_identity(const struct stat *st)
{
	return (struct entry_identity){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
		.mtime = entry_ns(&st->st_mtim),
		.ctime = entry_ns(&st->st_ctim),
		.mode = st->st_mode,
	};
}

/* The same file, and not written to in between as far as its times tell? */
static inline bool
entry_is_same(const struct entry_identity *a, const struct entry_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    a->mtime == b->mtime && a->ctime == b->ctime;
}

/* Is it a regular file that has a name, and all of its identity known? */
static inline bool
entry_is_known(const struct entry *e)
{
	return S_ISREG(e->id.mode) && e->kind != ENTRY_STDIN && e->id.ino &&
	    e->id.mtime != ENTRY_NO_TIME && e->id.ctime != ENTRY_NO_TIME;
}

/* Are its bytes to be had only once? */
static inline bool
entry_is_stream(const struct entry *e)
{
	return e->kind == ENTRY_STREAM || e->kind == ENTRY_STDIN;
}

#endif
