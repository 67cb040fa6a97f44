/*
 * operands.h - every name that the operands stand for, one callback each.
 *
 * From the command line and the lists of operands (source/list.h), through the
 * walk (source/walk.h), to entries.
 */
#ifndef MODE_OPERANDS_H
#define MODE_OPERANDS_H

#include <stddef.h>
#include <stdint.h>

struct entry;
struct result;
struct setup;

struct operands {
	const struct setup *setup;
	const char *none; /* what is meant when there is no operand */
	void *cookie;
	/* An entry, of algorithm 0 and without a cookie. Non-zero stops. */
	int (*on_name)(void *cookie, const struct entry *e);
	/* A name that has no digest, and why. Non-zero stops. */
	int (*on_error)(void *cookie, const struct result *r);
	/* Called while a list has nothing to read; may be NULL. -1 stops. */
	int (*on_idle)(void *cookie);
};

/*
 * Goes through all of them, or until a callback stops it. Returns how many
 * names of lists could not be used; each was said on stderr.
 */
uint64_t operands_run(struct operands *p);

#endif
