#include "hasher/result.h"

#include <limits.h>
#include <string.h>

#include "base/buf.h"

int
result_fail(struct result *r, enum result_status status, int code)
{
	r->status = status;
	r->code = code;
	r->digestlen = 0;
	memset(r->digest, 0, sizeof(r->digest));
	return -1;
}

static void
put_death(struct buf *out, int code)
{
	const char *name;

	if (code == INT_MIN) {
		buf_puts(out, "worker died");
		return;
	}
	if (code >= 0) {
		buf_printf(out, "worker exited with status %d", code);
		return;
	}
	buf_printf(out, "worker killed by signal %d", -code);
	name = strsignal(-code);
	if (name)
		buf_printf(out, " (%s)", name);
}

void
result_reason(const struct result *r, struct buf *out)
{
	switch (r->status) {
	case RESULT_OK:
		return;
	case RESULT_OPEN:
	case RESULT_STAT:
	case RESULT_READ:
		buf_puts(out, strerror(r->err));
		return;
	case RESULT_BUSY:
		buf_puts(out, "in use: another program has a lease on it");
		return;
	case RESULT_TYPE:
		buf_puts(out, "no longer a regular file");
		return;
	case RESULT_PLACE:
		buf_puts(out, "its directory is no longer what was walked");
		return;
	case RESULT_CHANGED:
		buf_puts(out, "file changed as we read it");
		return;
	case RESULT_DIGEST:
		buf_puts(out, "libcrypto failed");
		return;
	case RESULT_DIED:
		put_death(out, r->death);
		return;
	case RESULT_OUTPUT:
		buf_puts(out, "a hard link to the output");
		return;
	case RESULT_LINKS:
		buf_puts(out, "too many ways through symbolic links");
		return;
	case RESULT_ALGORITHM:
		buf_puts(out, "its algorithm is not known to libcrypto");
		return;
	case RESULT_STALLED:
		buf_printf(out, "no progress for %d second%s", r->seconds,
		    r->seconds == 1 ? "" : "s");
		return;
	case RESULT_LOST:
		buf_puts(out, "not hashed");
		return;
	case RESULT_STATUSES:
		break;
	}
	buf_printf(out, "unknown status %d", (int)r->status);
}
