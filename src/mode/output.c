#include "mode/output.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "base/outfile.h"

#define OUTPUT_FLUSH (64 * 1024)

static void
output_write_error(struct output *out)
{
	if (!out->lost)
		diag_msg("write error: %s", strerror(errno));
	out->lost = true;
}

void
output_flush(struct output *out)
{
	if (out->lines.len && !out->lost && outfile_write(&out->lines) < 0)
		output_write_error(out);
	buf_clear(&out->lines);
}

void
output_more(struct output *out)
{
	if (out->lines.len >= OUTPUT_FLUSH)
		output_flush(out);
}

void
output_say(struct output *out, struct buf *message)
{
	if (!message->len)
		return;
	output_flush(out);
	diag_msg("%s", buf_str(message));
	buf_clear(message);
}

void
output_lose(struct output *out, const char *why)
{
	if (!out->lost)
		diag_msg("%s", why);
	out->lost = true;
}

int
output_commit(struct output *out)
{
	output_flush(out);
	if (!out->lost && outfile_commit() < 0)
		output_write_error(out);
	return out->lost ? -1 : 0;
}

void
output_release(struct output *out)
{
	buf_release(&out->lines);
}
