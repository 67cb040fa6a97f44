/*
 * confine.h - what this process and its workers give up, as the options have it.
 *
 * Workers open nothing for writing, make no connection and no process. With
 * --archive, as members are taken apart by much code of others, and with --sandbox,
 * they may read what is below the operands alone; but any file where the names are
 * those of lists, or where links are followed, which lead anywhere. The parent may
 * write where its output goes. With --on nothing but streams is read here, and what
 * leads to the other machines is as free as phash was.
 */
#ifndef MODE_CONFINE_H
#define MODE_CONFINE_H

#include <stdbool.h>

#include "sandbox/sandbox.h"

struct hasher;
struct options;

/* Valid after confine_init. */
struct confine {
	bool wanted;                /* there is one for the workers */
	struct sandbox workers;
	struct sandbox_user user;
	int place;                  /* outfile_place of --update's list, or the
	                             * journal */
	int parent;                 /* parts that are in force here; -1: none was
	                             * entered */
};

/* Before -C moves: the user, and the places. 0, or -1 after a message; release c in
 * both cases. */
int confine_init(struct confine *c, const struct options *o);

/* Before the workers are made, with paths relative to dirfd. */
void confine_prepare(struct confine *c, const struct options *o, int dirfd);

/* This process, after that, as what it gives up those lack too that it makes; output
 * is the directory in which the output gets its name, -1 if it has none. 0, or -1
 * after a message. */
int confine_enter(struct confine *c, const struct options *o, int output);

/* For the workers; NULL: none. */
const struct sandbox *confine_workers(const struct confine *c);

/* For --debug: what is in force, if it was asked for. */
void confine_say(const struct confine *c, const struct hasher *h);

void confine_release(struct confine *c);

#endif
