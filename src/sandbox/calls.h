/*
 * calls.h - seccomp(2): the system calls that a worker makes.
 */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include <stdbool.h>

struct calls {
	bool threads;   /* it may make some */
};

/*
 * From now on any other system call kills the process. Of those that are refused
 * with an error instead, the C library and the pool know another way, or need
 * none. 0, or -1 with errno: ENOSYS where there is no filter for this machine, or
 * the program was built with what makes calls of its own, as sanitizers do.
 */
int calls_enter(const struct calls *c);

#endif
