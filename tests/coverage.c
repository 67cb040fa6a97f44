/*
 * coverage.c - workers that leave their counters behind (make coverage).
 *
 * gcc's counters are written by a handler of atexit(3). Workers run none: they
 * leave by _exit(2), and the hasher's are killed when there is no more to do.
 * So _exit here, which stands before the C library's, writes them, and phash,
 * linked with --wrap=ppool_destroy, first lets its workers go by themselves.
 *
 * A worker that is locked in can write no file: so phash is linked with wrappers
 * of the calls that lock it in, too, which do nothing and say that they did.
 */
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ppool/ppool.h"

#define PATIENCE_MS 2000 /* with a worker that waits for a file */

void __gcov_dump(void); /* libgcov's; gcov.h is not everywhere */

/* Not there where ppool_destroy is not wrapped. */
void __real_ppool_destroy(ppool *pool) __attribute__((weak));
void __wrap_ppool_destroy(ppool *pool);

static struct stat root;

__attribute__((constructor)) static void
begin(void)
{
	(void)stat("/", &root);
}

/* Where / is another directory, counters would become files in it. */
void
_exit(int status)
{
	struct stat now;

	if (stat("/", &now) == 0 && now.st_dev == root.st_dev &&
	    now.st_ino == root.st_ino)
		__gcov_dump();
	for (;;)
		syscall(SYS_exit_group, status);
}

/* Weak, too: some unit tests have their own. */
long __real_syscall(long number, ...) __attribute__((weak));
long __wrap_syscall(long number, ...) __attribute__((weak));

long
__wrap_syscall(long number, ...)
{
	long a[6];
	va_list ap;

	if (number == SYS_seccomp || number == SYS_landlock_restrict_self)
		return 0;
	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __wrap_setrlimit(int resource, const struct rlimit *limit);
int __wrap_setrlimit64(int resource, const void *limit);

/* The sandbox alone sets any. */
int
__wrap_setrlimit(int resource, const struct rlimit *limit)
{
	(void)resource;
	(void)limit;
	return 0;
}

int
__wrap_setrlimit64(int resource, const void *limit)
{
	(void)resource;
	(void)limit;
	return 0;
}

void
__wrap_ppool_destroy(ppool *pool)
{
	if (pool && ppool_close(pool) == PPOOL_OK)
		(void)ppool_join(pool, PATIENCE_MS);
	__real_ppool_destroy(pool);
}
