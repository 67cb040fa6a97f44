#include "mode/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/xio.h"
#include "hasher/result.h"
#include "mode/run.h"
#include "record/format.h"
#include "source/own.h"

static int
journal_fail(struct journal *j, const char *why)
{
	diag_name(j->path, strlen(j->path), "%s", why);
	j->failed = true;
	return -1;
}

/* A line that was cut off stays by itself, and is passed over by who reads it. */
static int
journal_end_line(struct journal *j)
{
	struct stat st;
	char last;

	if (fstat(j->fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	if (!st.st_size)
		return 0;
	if (pread(j->fd, &last, 1, st.st_size - 1) != 1)
		return -1;
	return last == '\n' ? 0 : xio_write(j->fd, "\n", 1);
}

int
journal_open(struct journal *j, struct run *r, const char *path)
{
	j->path = path;
	j->startfd = r->startfd;
	j->fd = openat(r->startfd, path, O_RDWR | O_CREAT | O_APPEND |
	    O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (j->fd < 0)
		return journal_fail(j, strerror(errno));
	/* two runs would each remove what the other needs */
	if (flock(j->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return journal_fail(j, "in use by another run");
	if (journal_end_line(j) < 0)
		return journal_fail(j, errno == EINVAL ? "not a regular file" :
		    strerror(errno));
	own_add_open(r->own, j->fd, true);
	j->synced = clock_ns();
	return 0;
}

void
journal_add(struct journal *j, const struct result *r, const char *tag)
{
	const struct format f = { .kind = FORMAT_JSON, .identity = true,
		.end = '\n', .tag = tag };

	if (j->path && r->status == RESULT_OK && entry_is_known(&r->entry.id))
		format_result(&f, r, &j->lines);
}

void
journal_flush(struct journal *j)
{
	int64_t now;

	if (!j->path || j->failed)
		return;
	if (j->lines.len && xio_write(j->fd, j->lines.data, j->lines.len) < 0) {
		(void)journal_fail(j, strerror(errno));
		return;
	}
	j->dirty |= j->lines.len > 0;
	buf_clear(&j->lines);
	now = clock_ns();
	if (!j->dirty || now - j->synced < CLOCK_SECOND)
		return;
	j->synced = now;
	j->dirty = false;
	/* EINVAL: there is nothing to sync it to */
	if (fdatasync(j->fd) < 0 && errno != EINVAL)
		(void)journal_fail(j, strerror(errno));
}

void
journal_remove(struct journal *j)
{
	if (j->path && unlinkat(j->startfd, j->path, 0) < 0)
		(void)journal_fail(j, strerror(errno));
}

void
journal_release(struct journal *j)
{
	if (j->path && j->fd >= 0)
		(void)close(j->fd);
	buf_release(&j->lines);
}
