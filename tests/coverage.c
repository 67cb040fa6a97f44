/*
 * coverage.c - workers that leave their counters behind (make coverage).
 *
 * gcc's counters are written by a handler of atexit(3). Workers run none: they
 * leave by _exit(2), and the hasher's are killed when there is no more to do.
 * So _exit here, which stands before the C library's, writes them, and phash,
 * linked with --wrap=ppool_destroy, first lets its workers go by themselves.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "ppool/ppool.h"

#define PATIENCE_MS 2000 /* with a worker that waits for a file */

void __gcov_dump(void); /* libgcov's; gcov.h is not everywhere */

/* Not there where ppool_destroy is not wrapped. */
void __real_ppool_destroy(ppool *pool) __attribute__((weak));
void __wrap_ppool_destroy(ppool *pool);

void
_exit(int status)
{
	__gcov_dump();
	for (;;)
		syscall(SYS_exit_group, status);
}

void
__wrap_ppool_destroy(ppool *pool)
{
	if (pool && ppool_close(pool) == PPOOL_OK)
		(void)ppool_join(pool, PATIENCE_MS);
	__real_ppool_destroy(pool);
}
