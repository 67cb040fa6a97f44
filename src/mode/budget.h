/*
 * budget.h - how much may still be read (--budget).
 *
 * Bytes are those of files as they are handed to the workers, time is that of the
 * run. What is used up stops no file that was handed over: a file that is larger
 * than all of it is read, too, when it is the first. With a time no more is handed
 * over than some bytes for each worker beyond what they have read, so that little
 * is read when it is over.
 */
#ifndef MODE_BUDGET_H
#define MODE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct options;

#define BUDGET_AHEAD (16 * 1024 * 1024) /* bytes for each worker */

struct budget {
	uint64_t bytes;  /* that are left; UINT64_MAX: any number */
	uint64_t spent;
	int64_t until;   /* as clock_ns; INT64_MAX: for ever */
};

/* The run begins. */
struct budget budget_begin(const struct options *o);

/* Is something left? */
bool budget_lasts(const struct budget *b);

void budget_spend(struct budget *b, uint64_t bytes);

/* Is so much handed over that is not yet read, by that many workers, that no more
 * should be? */
bool budget_is_ahead(const struct budget *b, uint64_t read, int workers);

#endif
