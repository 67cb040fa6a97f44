/*
 * absent.h - listed names that the walk of an audit has not found: looked at by
 * name, before they are called MISSING.
 */
#ifndef MODE_ABSENT_H
#define MODE_ABSENT_H

#include <stdint.h>

struct entry;
struct result;
struct scope;
struct run;
struct table;

struct absent {
	const struct run *run;
	const struct scope *scope; /* the operands */
	const struct table *want;  /* what is listed; sorted */
	const struct table *have;  /* what was found; may be added to meanwhile,
	                            * and is not sorted */
	void *cookie;
	/* Number n of want is a regular file, of algorithm 0. Non-zero
	 * stops. */
	int (*on_name)(void *cookie, const struct entry *e, uint64_t n);
	/* It is another kind of file (RESULT_TYPE), or cannot be looked at. */
	int (*on_error)(void *cookie, const struct result *r);
	/* With -x it lies, or lay, on another file system than the operands. */
	void (*on_left_out)(void *cookie, uint64_t n);
};

/* Goes through all of them, or until on_name or on_error stops it. Of what does
 * not exist nothing is told. */
void absent_run(const struct absent *p);

#endif
