/*
 * setup.h - what every mode needs before its first name: from options to open
 * lists, output, directory, filter and workers.
 *
 * The order matters: patterns are read, lists and output are opened, and known
 * for our own, from where phash was started, then -C moves, then operands are
 * looked at, then workers fork.
 */
#ifndef MODE_SETUP_H
#define MODE_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "hasher/hasher.h"
#include "source/walk.h"

struct algorithms;
struct digest;
struct filter;
struct list;
struct options;
struct outfile;
struct own;

struct setup {
	const struct options *o;
	struct list *list;      /* operands and lists of operands */
	bool list_missing;      /* one of the lists could not be opened */
	struct filter *filter;
	struct own *own;        /* the output, and LIST of an audit */
	struct algorithms *algorithms; /* number 0 is that of -a and -l... */
	const struct digest *digest;   /* ...whose digest it is */
	int startfd;            /* of the directory phash was started in */
	int dirfd;              /* of the one that -C moved to */
	struct hasher *hasher;  /* NULL until setup_hasher */
};

/* Everything but the hasher; opens out, for what the mode prints. 0, or -1 after
 * one message on stderr; release both in both cases. */
int setup_init(struct setup *s, const struct options *o, struct outfile *out);

/* Starts the workers, with results going to on_result(cookie). 0 or -1 after
 * one message on stderr. */
int setup_hasher(struct setup *s, void *cookie,
    void (*on_result)(void *cookie, const struct result *r),
    void (*on_pause)(void *cookie));

/* The options of a walk; the callbacks are the caller's to fill in. */
struct walk_opts setup_walk(const struct setup *s);

/* Opens a list of digests, relative to where phash was started; "-" is stdin.
 * A descriptor for setup_close_list, or -1 with errno. */
int setup_open_list(const struct setup *s, const char *path);

void setup_close_list(int fd);

/* Standard input is read though nobody has named it: says so on a terminal,
 * where phash would seem to hang. */
void setup_say_stdin(void);

/* Opens list on path, relative to where phash was started. 0, or -1 after a
 * message; release it in both cases. */
int setup_open_update(const struct setup *s, struct outfile *list,
    const char *path);

/* The progress line, as --progress says. */
void setup_start_progress(const struct options *o);

/* Draws it, if it is due, and says with -v which file is waited for. */
void setup_show_progress(const struct setup *s);

/* Wipes it, or leaves its last line. */
void setup_end_progress(const struct setup *s);

void setup_release(struct setup *s);

#endif
