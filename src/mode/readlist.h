/*
 * readlist.h - reads lists of digests: lines in, entries and messages out.
 */
#ifndef MODE_READLIST_H
#define MODE_READLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "mode/tags.h"
#include "record/manifest.h"
#include "record/verdict.h"

struct buf;
struct options;
struct run;

/* Zeroed, but for the first group, which is the caller's. */
struct readlist {
	void *cookie;
	bool busy;           /* the workers have names: they are seen to while a
	                      * list has nothing to read */
	/* An entry; valid until it returns. 0, or -1 to read no more. */
	int (*on_entry)(void *cookie, const struct manifest_entry *e);
	/*
	 * What is to be said on stderr at this place of the list: text, which
	 * is to be emptied, is one whole line, or empty where the rules have
	 * nothing said. kind is that of a malformed line, or MANIFEST_SKIP
	 * where none is the reason. 0, or -1.
	 */
	int (*on_message)(void *cookie, enum manifest_kind kind,
	    struct buf *text);

	struct run *run;
	struct tags tags;
	struct verdict_rules rules;
	int delim;           /* what ends lines, as line_next has it */
	uint64_t left_out;   /* entries of other parts (--part) */
	uint64_t bytes;      /* of lines read so far, of all lists */
};

/* r's rules are what the options say, of lists that are checked. */
void readlist_init(struct readlist *r, struct run *run);

/* What messages call the list of that path: "-" is standard input. */
const char *readlist_name(const char *path);

/*
 * Reads one list, relative to where phash was started, to its end. 0; -1 when a
 * callback said so; 1 when the list cannot be read, or is none that phash
 * reads: *why says why, or is NULL where read(2) failed with errno.
 */
int readlist(struct readlist *r, const char *path, const char **why);

/* The same of what fd is open on, from where it stands; name is for messages. */
int readlist_fd(struct readlist *r, int fd, const char *name,
    const char **why);

#endif
