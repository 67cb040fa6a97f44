/* err.c - names of errors. */
#include "ppool/ppool.h"

static const char *const texts[] = {
	[PPOOL_OK] = "no error",
	[PPOOL_END] = "no more results",
	[PPOOL_TIMEOUT] = "not ready in time",
	[PPOOL_INTR] = "interrupted by a signal",
	[PPOOL_TASK] = "the function failed",
	[PPOOL_DIED] = "the worker died",
	[PPOOL_CANCELED] = "canceled",
	[PPOOL_SOURCE] = "the source failed",
	[PPOOL_TOOBIG] = "item or result too big",
	[PPOOL_CLOSED] = "the pool is closed",
	[PPOOL_RUNNING] = "the pool is still running",
	[PPOOL_NOTREADY] = "not ready",
	[PPOOL_BROKEN] = "no worker can be started",
	[PPOOL_BUSY] = "cannot wait inside a callback",
	[PPOOL_INVAL] = "invalid argument or foreign pool",
	[PPOOL_NOMEM] = "out of memory",
	[PPOOL_SYS] = "system error",
	[PPOOL_GIVENUP] = "given up",
};

const char *
ppool_strerror(ppool_err err)
{
	size_t n = (size_t)err;

	return n < sizeof(texts) / sizeof(texts[0]) ? texts[n] :
		"unknown error";
}
