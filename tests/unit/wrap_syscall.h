/*
 * wrap_syscall.h - syscall(2) as a test has it, linked with --wrap=syscall: the
 * test defines syscall_answers, and what that does not answer goes on to the C
 * library. Whoever includes it has included ppool_util.h.
 */
#ifndef WRAP_SYSCALL_H
#define WRAP_SYSCALL_H

#include <sys/syscall.h>

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

/* Whether it is answered here; then by *rc, and errno. */
static bool syscall_answers(long number, const long *arg, long *rc);

/* The pool's have four arguments at most. */
long
__wrap_syscall(long number, ...)
{
	long arg[4], rc;
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < NITEMS(arg); i++)
		arg[i] = va_arg(ap, long);
	va_end(ap);
	if (syscall_answers(number, arg, &rc))
		return rc;
	return __real_syscall(number, arg[0], arg[1], arg[2], arg[3]);
}

#endif
