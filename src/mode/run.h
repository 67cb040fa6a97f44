/*
 * run.h - what every mode needs before its first name, and until its exit
 * status: from options to open lists, output, directory, filter and workers.
 *
 * The order matters: patterns are read, lists and output are opened, and known
 * for our own, from where phash was started, then -C moves, then operands are
 * looked at, then workers fork.
 *
 * Where a table keeps every name until the end (found), the walk does not wait
 * for files to be hashed: it runs to its end, so that the number of files and bytes is
 * known early, and the workers are given names as they have room.
 */
#ifndef MODE_RUN_H
#define MODE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/outfile.h"
#include "mode/backlog.h"
#include "mode/budget.h"
#include "mode/confine.h"
#include "mode/machines.h"
#include "mode/spread.h"

struct algorithms;
struct digest;
struct entry;
struct filter;
struct hasher;
struct list;
struct options;
struct own;
struct result;
struct side;

struct run {
	const struct options *o;
	struct outfile out;     /* what the mode prints */
	struct buf message;     /* empty when it is not in use */
	struct list *list;      /* operands and lists of operands */
	bool list_missing;      /* one of the lists could not be opened */
	struct filter *filter;
	struct own *own;        /* the output, and LIST of an audit */
	struct algorithms *algorithms; /* number 0 is that of -a and -l... */
	const struct digest *digest;   /* ...whose digest it is */
	int startfd;            /* of the directory phash was started in */
	int dirfd;              /* of the one that -C moved to */
	struct machines machines; /* of --on */
	struct confine confine;
	struct spread spread;   /* of the walk, if workers do it */
	struct hasher *hasher;  /* NULL until run_hasher */
	void (*on_result)(void *cookie, const struct result *r); /* the mode's */
	void (*on_pause)(void *cookie);
	void *cookie;
	struct side *found;     /* the mode's, or NULL: names that were found */
	struct backlog backlog; /* of found, what was not yet handed over */
	struct budget budget;   /* what may still be */
	int jobs;               /* workers */
	unsigned passed;        /* names since the workers were seen to */
	bool stopped;           /* the hasher takes no more names */
};

/* Everything but the hasher. 0, or -1 after one message on stderr; release r
 * in both cases. */
int run_init(struct run *r, const struct options *o);

/* Starts the workers, with results going to on_result(cookie). 0 or -1 after
 * one message on stderr. */
int run_hasher(struct run *r, void *cookie,
    void (*on_result)(void *cookie, const struct result *r),
    void (*on_pause)(void *cookie));

void run_release(struct run *r);

/*
 * Handing over names. All return 0, or -1 when the run is over: the workers are
 * gone, after one message on stderr, or nobody can read what is printed.
 */

/* Are the members of e meant, if it is an archive? Of a check, e says so. */
bool run_opens(const struct run *r, const struct entry *e);

/* Hands over e, waiting for the workers. */
int run_put(struct run *r, const struct entry *e);

/* Hands over a directory (ENTRY_TREE), whose result run.spread gets. As hasher_try. */
int run_try(struct run *r, const struct entry *dir);

/* Number n of found is a file of which e says all but the name. It is handed over
 * when the workers have room. */
int run_add(struct run *r, uint64_t n, const struct entry *e);

/* A name needs no worker: now and then sees to them, so that results, and what is
 * done in pauses, do not wait for the end of a walk. */
int run_pass(struct run *r);

/* Hands over all that is left, or as much as the budget allows, waiting for the
 * workers. */
int run_put_rest(struct run *r);

/* Waits for a result. */
int run_wait(struct run *r);

/* The same, and hands over what there is room for of what was added. */
int run_work(struct run *r);

/* Waits for the results of all that was handed over. */
int run_wait_all(struct run *r);

/* For struct line, with a run as cookie: works while fd has nothing to read. */
int run_wait_input(void *cookie, int fd);

/* Waits for all results, unless nobody can read what is printed, and ends the
 * progress line. */
void run_finish(struct run *r);

/* Puts the output in its place, if it is all there. The exit status. */
int run_commit(struct run *r, bool differs);

/* Standard input is read though nobody has named it: says so on a terminal,
 * where phash would seem to hang. */
void run_say_stdin(void);

/* Opens list on path, relative to where phash was started. 0, or -1 after a
 * message; release it in both cases. */
int run_open_update(const struct run *r, struct outfile *list,
    const char *path);

/* The progress line, as --progress says. */
void run_start_progress(const struct run *r);

/* Draws it, if it is due, and says with -v which file is waited for. */
void run_show_progress(const struct run *r);

#endif
