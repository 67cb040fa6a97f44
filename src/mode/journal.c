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
#include "options/options.h"
#include "record/format.h"
#include "source/own.h"

/* Its first line. A list may have it, too: it is a comment. */
static const char journal_head[] = "# phash journal\n";
#define JOURNAL_HEAD (sizeof(journal_head) - 1)

#define JOURNAL_TRIES 100 /* to lock what is removed at the same time */

static int
journal_fail(struct journal *j, const char *why)
{
	diag_name(j->path, strlen(j->path), "%s", why);
	j->failed = true;
	return -1;
}

static bool
journal_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is it still the file of that name? */
static bool
journal_is_there(const struct journal *j)
{
	struct stat mine, there;

	return fstat(j->fd, &mine) == 0 &&
	    fstatat(j->startfd, j->path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    journal_is_same(&mine, &there);
}

/* Opens and locks the file of that name: a run that had it may remove it in
 * between. 0, or -1 after a message. */
static int
journal_lock(struct journal *j)
{
	int try;

	for (try = 0; try < JOURNAL_TRIES; try++) {
		j->fd = openat(j->startfd, j->path, O_RDWR | O_CREAT |
		    O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
		    O_NOFOLLOW, 0666);
		if (j->fd < 0)
			return journal_fail(j, errno == ELOOP ?
			    "a symbolic link" : strerror(errno));
		/* where there are no locks, nobody has one */
		if (flock(j->fd, LOCK_EX | LOCK_NB) < 0 &&
		    errno == EWOULDBLOCK)
			break;
		if (journal_is_there(j))
			return 0;
		(void)close(j->fd);
		j->fd = -1;
	}
	return journal_fail(j, "in use by another run");
}

/* Is it the output, too? */
static bool
journal_is_output(const struct run *r, const struct stat *st)
{
	struct stat out;

	if (r->out.fd >= 0 && fstat(r->out.fd, &out) == 0 &&
	    journal_is_same(st, &out))
		return true;
	return r->o->output && xio_stat(r->startfd, r->o->output, &out, 0) == 0 &&
	    journal_is_same(st, &out);
}

/* Begins a new one. */
static int
journal_begin(struct journal *j)
{
	return xio_write(j->fd, journal_head, JOURNAL_HEAD) < 0 ?
	    journal_fail(j, strerror(errno)) : 0;
}

/* Goes on in one of size bytes, if it is one. A line that was cut off stays by
 * itself, and is passed over by who reads it. */
static int
journal_go_on(struct journal *j, off_t size)
{
	char head[JOURNAL_HEAD], last;

	if (pread(j->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head, journal_head, sizeof(head)) != 0)
		return journal_fail(j, "not a journal of phash");
	if (pread(j->fd, &last, 1, size - 1) != 1 ||
	    (last != '\n' && xio_write(j->fd, "\n", 1) < 0) ||
	    lseek(j->fd, 0, SEEK_SET) < 0)
		return journal_fail(j, strerror(errno));
	return 0;
}

int
journal_open(struct journal *j, struct run *r, const char *path)
{
	struct stat st;

	j->path = path;
	j->startfd = r->startfd;
	j->fd = -1;
	if (journal_lock(j) < 0)
		return -1;
	if (fstat(j->fd, &st) < 0)
		return journal_fail(j, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return journal_fail(j, "not a regular file");
	if (st.st_uid != geteuid())
		return journal_fail(j, "it belongs to somebody else");
	if (journal_is_output(r, &st))
		return journal_fail(j, "it is the output, too");
	own_add_open(r->own, j->fd, true);
	j->synced = clock_ns();
	return st.st_size ? journal_go_on(j, st.st_size) : journal_begin(j);
}

void
journal_add(struct journal *j, const struct result *r, const char *tag)
{
	const struct format f = { .kind = FORMAT_JSON, .identity = true,
		.end = '\n', .tag = tag };

	if (j->path && !j->failed && r->status == RESULT_OK &&
	    entry_is_known(&r->entry))
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
		buf_release(&j->lines);
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
	if (!j->path || !journal_is_there(j))
		return;
	if (j->entries && !j->used)
		diag_name(j->path, strlen(j->path), "kept: none of its files "
		    "was found");
	else if (unlinkat(j->startfd, j->path, 0) < 0)
		(void)journal_fail(j, strerror(errno));
}

void
journal_release(struct journal *j)
{
	if (j->path && j->fd >= 0)
		(void)close(j->fd);
	buf_release(&j->lines);
}
