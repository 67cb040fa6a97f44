/*
 * scope.h - which names are operands, or lie below one.
 *
 * Names are compared by their text alone: no link is followed, and ".." stands
 * for itself. Two spellings of a path are the same name when
 * their plain forms are equal.
 */
#ifndef RECORD_SCOPE_H
#define RECORD_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct scope;

/* Passes over "./" at the beginning of a name, as often as it is there and
 * something follows it. */
void scope_bare(const char **name, size_t *len);

/*
 * The plain form of a name, in which it has no "./" in front, and neither "//"
 * nor "/./". A slash at its end stays, as it makes a difference. Returns it,
 * its length in *len: a part of name, or what room is filled with.
 */
const char *scope_plain(struct buf *room, const char *name, size_t *len);

/* The n operands; "." is one that every relative name lies below. */
struct scope *scope_new(char *const *operands, size_t n);
void scope_free(struct scope *s);

/*
 * The next operand, in order of length, that a plain name is or lies below.
 * *cursor is 0 at first. Sets *below to where in name that begins what lies
 * below it, which is len for the operand itself.
 */
bool scope_next(const struct scope *s, const char *name, size_t len,
    size_t *cursor, size_t *below);

/*
 * Does a plain name lead out of what the operands stand for? An absolute one
 * does, and one with "..", unless it is an operand or lies below one, with no
 * ".." from there on; so does the empty one, which leads nowhere. Sets *below
 * as scope_next does for the longest of the operands, to 0 when there is none.
 */
bool scope_outside(const struct scope *s, const char *name, size_t len,
    size_t *below);

#endif
