/*
 * verdicts.h - what an audit prints when all is known: a verdict on each name,
 * as a line, an object or in a report, and the sums.
 */
#ifndef MODE_VERDICTS_H
#define MODE_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>

struct compare;
struct readlist;
struct run;
struct summary;

/* Zeroed, but for the first group, which is the caller's. */
struct verdicts {
	struct run *run;
	struct readlist *list;   /* its tags, and its rules */
	struct compare *compare; /* judged */
	const char *name;        /* of the list, in messages */
	uint64_t bad_operands;   /* what lies there was not seen */

	bool passed;             /* from verdicts_print on */
	struct summary *summary; /* between the two; NULL: there is not much */
};

/* Prints the verdicts to the output of the run, reasons to stderr. To be
 * followed by verdicts_print_sums. */
void verdicts_print(struct verdicts *v);

/* Says on stderr what is wrong, if much is, and the sums; and puts the sums in
 * the output where it is of objects. */
void verdicts_print_sums(struct verdicts *v);

#endif
