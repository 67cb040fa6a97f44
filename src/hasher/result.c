#include "hasher/result.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/quote.h"

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
	if (-code == SIGSYS)
		buf_puts(out, ": a system call that a sandbox forbids, see "
		    "--no-sandbox");
}

/* Of those that need no more than a phrase. */
static const char *const reasons[RESULT_STATUSES] = {
	[RESULT_BUSY] = "in use: another program has a lease on it",
	[RESULT_TYPE] = "no longer a regular file",
	[RESULT_PLACE] = "its directory is no longer what was walked",
	[RESULT_REFUSED] = "not there when the run began, or forbidden",
	[RESULT_CHANGED] = "file changed as we read it",
	[RESULT_DIGEST] = "libcrypto failed",
	[RESULT_OUTPUT] = "a hard link to the output",
	[RESULT_LINKS] = "too many ways through symbolic links",
	[RESULT_ALGORITHM] = "its algorithm is not known to libcrypto",
	[RESULT_OPENED] = "an archive",
	[RESULT_OTHER] = "not a regular file",
	[RESULT_LINK] = "a hard link to what is not in the archive",
	[RESULT_LISTED] = "a directory",
	[RESULT_BUDGET] = "left out: the budget is used up",
	[RESULT_LOST] = "not hashed",
};

const char *
result_text(const struct result *r)
{
	if (r->status != RESULT_ARCHIVE)
		return NULL;
	return r->text && *r->text ? r->text : "damaged";
}

void
result_reason(const struct result *r, struct buf *out)
{
	const char *text;

	switch (r->status) {
	case RESULT_OK:
		break;
	case RESULT_ARCHIVE:
		/* what is in an archive may be in its text */
		text = result_text(r);
		quote_fit(out, text, strlen(text), SIZE_MAX);
		break;
	case RESULT_OPEN:
	case RESULT_STAT:
	case RESULT_READ:
		buf_puts(out, strerror(r->err));
		break;
	case RESULT_DIED:
		put_death(out, r->death);
		break;
	case RESULT_STALLED:
		buf_printf(out, "no progress for %d second%s", r->seconds,
		    r->seconds == 1 ? "" : "s");
		break;
	default:
		if (r->status < RESULT_STATUSES)
			buf_puts(out, reasons[r->status]);
		else
			buf_printf(out, "unknown status %d", (int)r->status);
		break;
	}
}
