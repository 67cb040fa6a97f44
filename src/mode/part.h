/*
 * part.h - which names are in part K of N (--part).
 *
 * A name falls into the part that FNV-1a of 64 bits over its bytes, modulo N, says:
 * remainder 0 is part 1. It is taken in its plain form (record/scope.h), so that a
 * file has one part by whatever name it is listed or found. Parts of the same N are
 * therefore the same in every run and on every machine, and each name is in one.
 */
#ifndef MODE_PART_H
#define MODE_PART_H

#include <stdbool.h>
#include <stddef.h>

struct options;

/* Is the name meant? All are where there is no --part. */
bool part_has(const struct options *o, const char *name, size_t len);

#endif
