/*
 * tree.h - what lies in one directory tree, entry by entry.
 *
 * nftw(3) does the walking. It has no context pointer, so this module keeps the
 * one walk that is going on in file scope: no tree can be walked from inside a
 * visit.
 *
 * Each entry below the root is visited once, or comes to be known as one that
 * could not be looked at; what cannot be read is visited as a failure, and the
 * walk goes on after it. Paths longer than PATH_MAX and trees deeper than the
 * limit on descriptors are walked like any other.
 */
#ifndef SOURCE_TREE_H
#define SOURCE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct tree_entry {
	const char *name; /* leads to it from the current directory */
	const char *path; /* from the root's on, as find(1) spells it; len
	                   * bytes, valid during the visit */
	size_t len;
	int depth;        /* the root's is that of tree_opts */
	const struct stat *st; /* NULL: not even its type is known */
	int err;          /* errno: it could not be looked at, or into; ELOOP
	                   * too where that would lead into itself; else 0 */
	bool known;       /* the root, or entered by an earlier visit's answer:
	                   * this is the visit when that is done, or fails */
	bool later;       /* if entered, it is visited again then */
	bool link;        /* a link that is followed: st is of where it leads */
	bool behind;      /* a link was followed on the way to it */
};

enum tree_answer {
	TREE_PASS,
	TREE_ENTER, /* a directory: what is in it is visited */
	TREE_STOP   /* there is no further visit */
};

struct tree_opts {
	int dirfd;   /* a handle of the current directory; AT_FDCWD: there is
	              * none yet */
	int depth;   /* of the root, which is followed if that is 0 */
	bool follow; /* symbolic links */
	enum tree_answer (*visit)(void *cookie, const struct tree_entry *e);
	void *cookie;
};

/*
 * Walks the directory called root, whose name has no slash at its end but for
 * "/". Comes back to the current directory, which is another one meanwhile.
 */
void tree_walk(const char *root, const struct tree_opts *o);

#endif
