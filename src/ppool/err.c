#include "ppool/ppool.h"

const char *
ppool_strerror(ppool_err err)
{
	switch (err) {
	case PPOOL_OK:
		return "no error";
	case PPOOL_END:
		return "no more results";
	case PPOOL_TIMEOUT:
		return "not ready in time";
	case PPOOL_INTR:
		return "interrupted by a signal";
	case PPOOL_TASK:
		return "the function failed";
	case PPOOL_DIED:
		return "the worker died";
	case PPOOL_CANCELED:
		return "canceled";
	case PPOOL_SOURCE:
		return "the source failed";
	case PPOOL_TOOBIG:
		return "item or result too big";
	case PPOOL_CLOSED:
		return "the pool is closed";
	case PPOOL_RUNNING:
		return "the pool is still running";
	case PPOOL_NOTREADY:
		return "not ready";
	case PPOOL_BROKEN:
		return "no worker can be started";
	case PPOOL_BUSY:
		return "cannot wait inside a callback";
	case PPOOL_INVAL:
		return "invalid argument or foreign pool";
	case PPOOL_NOMEM:
		return "out of memory";
	case PPOOL_SYS:
		return "system error";
	case PPOOL_GIVENUP:
		return "given up";
	}
	return "unknown error";
}
