/*
 * archived.h - archives in the slots of a worker: one has the archive, others a
 * member each.
 */
#ifndef HASHER_ARCHIVED_H
#define HASHER_ARCHIVED_H

struct slot;
struct worker;

/* To be called before a sandbox is entered in which there may be archives. */
void archived_prepare(struct worker *w);

/* Is the open file of s an archive? Then it is one from here on: s->inside. 0, or
 * -1 with the reason in s->res, or s->crowded: there are too many. */
int archived_open(struct worker *w, struct slot *s);

/* Begins what members of the archive in s there are slots for, and answers those
 * that are done. 1: it is at its end, and its result in s->res; 0: not yet; -1:
 * the owner is gone. */
int archived_move(struct worker *w, struct slot *s);

/* Moves the member in slot i as far as it goes without engine_run. */
void archived_move_member(struct worker *w, unsigned i);

#endif
