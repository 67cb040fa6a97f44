/*
 * absent.h - listed names that the walk of an audit has not found: looked at by
 * name, before they are called MISSING.
 */
#ifndef MODE_ABSENT_H
#define MODE_ABSENT_H

#include <stdint.h>

struct compare;
struct entry;
struct run;
struct scope;

/*
 * Goes through all of them, after compare_end_walk. A regular file, of number
 * listed in want, goes to on_file, as an entry of algorithm 0; non-zero stops.
 * What is another kind of file (RESULT_TYPE) or cannot be looked at is a failure
 * of compare's. With -x, what lies, or lay, on another file system than the
 * operands is dropped. Of what does not exist nothing is told.
 */
void absent_run(const struct run *run, const struct scope *scope,
    struct compare *compare, void *cookie,
    int (*on_file)(void *cookie, const struct entry *e, uint64_t listed));

#endif
