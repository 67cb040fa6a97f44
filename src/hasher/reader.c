#include "hasher/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"
#include "base/entry.h"
#include "base/xio.h"
#include "hasher/result.h"

/* Bytes asked for at once, ahead of reading them. */
#define READER_AHEAD (1024 * 1024)
/* Nanoseconds that a disk is awaited; then read(2) waits for it: what was read
 * ahead may have been dropped again, or not be read at all, as it is of pages that
 * are in memory in part (regular_read_to_size). */
#define READER_PATIENCE INT64_C(200000000)
#define READER_AWAIT_MAX 64
/* Seconds: the kernel's own default, and more than anybody should wait. */
#define READER_LEASE_MAX 45

void
readers_init(struct readers *all, int base)
{
	memset(all, 0, sizeof(*all));
	dirs_init(&all->dirs, base);
}

void
readers_release(struct readers *all)
{
	dirs_release(&all->dirs);
}

int
reader_lease_ms(void)
{
	FILE *f = fopen("/proc/sys/fs/lease-break-time", "re");
	int seconds;

	/* 0 is for ever, which is too long */
	if (!f || fscanf(f, "%d", &seconds) != 1 || seconds < 1 ||
	    seconds > READER_LEASE_MAX)
		seconds = READER_LEASE_MAX;
	if (f)
		(void)fclose(f);
	return seconds * 1000 + 1000;
}

/*
 * Has a stream bytes, or come to its end? A FIFO that was opened before its
 * writer reads as empty, but poll(2) waits for one.
 */
static bool
reader_is_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* when poll itself fails, read says what is the matter */
	return poll(&p, 1, 0) != 0;
}

static ssize_t
stream_read(struct reader *f, void *p, size_t n)
{
	ssize_t got;

	f->balked = false;
	if (!reader_is_ready(f->fd))
		return READER_LATER;
	do
		got = read(f->fd, p, n);
	while (got < 0 && errno == EINTR);
	f->balked = got < 0 && errno == EAGAIN;
	return f->balked ? READER_LATER : got;
}

static bool
stream_is_last(const struct reader *f, size_t got, size_t n)
{
	(void)f;
	(void)n;
	return got == 0;
}

static int
stream_settled(struct reader *f, struct result *r)
{
	(void)f;
	(void)r;
	return 1;
}

static ssize_t
regular_read_waiting(const struct reader *f, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(f->fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Does its file system know no read that does not wait? Where the place is another
 * one by now, nobody knows. */
static bool
regular_waits(const struct reader *f)
{
	return f->place->waits && f->place->dev == f->st.st_dev;
}

static ssize_t
regular_read_nowait(struct reader *f, void *p, size_t n)
{
	ssize_t got;

	if (regular_waits(f))
		return regular_read_waiting(f, p, n);
	do
		got = compat_read_nowait(f->fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got >= 0 || errno != EOPNOTSUPP)
		return got;
	f->place->waits |= f->place->dev == f->st.st_dev;
	return regular_read_waiting(f, p, n);
}

/*
 * Where a block is smaller than a page, the last page of a file that was written
 * just now is in memory as far as the file goes. What lies behind counts as missing
 * if it is asked for, and no advice brings it.
 */
static ssize_t
regular_read_to_size(struct reader *f, void *p, size_t n)
{
	const uint64_t size = (uint64_t)f->st.st_size;

	if (f->got < size && n > size - f->got)
		return regular_read_nowait(f, p, (size_t)(size - f->got));
	errno = EAGAIN;
	return -1;
}

/* Bytes of a disk that are not to be waited for are asked for. */
static ssize_t
regular_read(struct reader *f, void *p, size_t n)
{
	ssize_t got;

	if (f->awaited >= READER_PATIENCE)
		return regular_read_waiting(f, p, n);
	got = regular_read_nowait(f, p, n);
	if (got < 0 && errno == EAGAIN && !f->asked)
		got = regular_read_to_size(f, p, n);
	if (got >= 0 || errno != EAGAIN)
		return got;
	if (!f->asked)
		(void)posix_fadvise(f->fd, (off_t)f->got, READER_AHEAD,
		    POSIX_FADV_WILLNEED); /* advice only */
	f->asked = true;
	return READER_LATER;
}

static bool
reader_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
regular_is_as_before(const struct reader *f, const struct stat *now)
{
	return now->st_size == f->st.st_size &&
	    reader_same_time(&now->st_mtim, &f->st.st_mtim) &&
	    reader_same_time(&now->st_ctim, &f->st.st_ctim);
}

/*
 * The read that returns 0 is saved where the first short read of the file ends at
 * its size, and the size is more than a hint. regular_settled confirms the size.
 * Beyond it a file that has changed is not read on, as it may grow for ever; files
 * of /proc have size 0, do not change, and are read until they say 0.
 */
static bool
regular_is_last(const struct reader *f, size_t got, size_t n)
{
	const uint64_t size = (uint64_t)f->st.st_size;
	struct stat now;

	return got == 0 ||
	    (got < n && f->got == size && !f->read_to_zero) ||
	    (f->got > size && fstat(f->fd, &now) == 0 &&
	    !regular_is_as_before(f, &now));
}

int
reader_rewind(struct reader *f, struct result *r)
{
	if (lseek(f->fd, 0, SEEK_SET) < 0)
		return result_fail(r, RESULT_READ, errno);
	f->got = 0;
	return 0;
}

static int
regular_settled(struct reader *f, struct result *r)
{
	struct stat now;

	if (fstat(f->fd, &now) < 0)
		return result_fail(r, RESULT_STAT, errno);
	if (regular_is_as_before(f, &now))
		return 1;
	if (f->rewound)
		return result_fail(r, RESULT_CHANGED, 0);
	if (reader_rewind(f, r) < 0)
		return -1;
	f->st = now;
	f->rewound = true;
	return 0;
}

static const struct reader_kind {
	/* As read(2), or READER_LATER. */
	ssize_t (*read)(struct reader *f, void *p, size_t n);
	/* Are these got of n bytes the last ones? */
	bool (*is_last)(const struct reader *f, size_t got, size_t n);
	/* As reader_settled. */
	int (*settled)(struct reader *f, struct result *r);
} stream = { stream_read, stream_is_last, stream_settled },
  regular = { regular_read, regular_is_last, regular_settled };

ssize_t
reader_read(struct reader *f, void *p, size_t n, bool *last, struct result *r)
{
	ssize_t got = f->kind->read(f, p, n);

	if (got == READER_LATER)
		return READER_LATER;
	if (got < 0)
		return result_fail(r, RESULT_READ, errno);
	/* a disk that could not but be waited for is waited for from then on */
	if (f->awaited < READER_PATIENCE)
		f->awaited = 0;
	f->asked = false;
	f->got += (uint64_t)got;
	*last = f->kind->is_last(f, (size_t)got, n);
	f->read_to_zero |= (size_t)got < n && !*last;
	return got;
}

int
reader_settled(struct reader *f, struct result *r)
{
	return f->kind->settled(f, r);
}

/* For how long a disk is awaited before it is asked again. */
static int64_t
reader_nap(int64_t awaited)
{
	const int64_t least = 50000, most = 6400000, nap = awaited / 8;

	return nap < least ? least : nap > most ? most : nap;
}

void
reader_await(struct reader *const v[], unsigned n, int ms)
{
	struct pollfd p[READER_AWAIT_MAX];
	int64_t ns = (int64_t)ms * 1000000, nap, since, waited;
	struct timespec t;
	nfds_t polled = 0;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (v[i]->regular) {
			nap = reader_nap(v[i]->awaited);
			ns = nap < ns ? nap : ns;
		} else if (!v[i]->balked) {
			p[polled].fd = v[i]->fd;
			p[polled++].events = POLLIN;
		}
	}
	t.tv_sec = ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	since = clock_ns();
	/* reader_read says what is there */
	if (ppoll(p, polled, &t, NULL) < 0 && errno != EINTR)
		(void)nanosleep(&t, NULL); /* the kernel lacks memory */
	/* more has passed where this process was stopped, or came late to run */
	waited = clock_ns() - since;
	for (i = 0; i < n; i++)
		v[i]->awaited += waited < ns ? waited : ns;
}

void
reader_close(struct reader *f)
{
	if (f->fd >= 0)
		(void)close(f->fd); /* nothing was written through it */
	f->fd = -1;
}

/* What was a regular file in the walk may be a FIFO by now; and one that the
 * user named is waited for by poll(2), not here. */
#define READER_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* What is known of the open file, if it may be read. 0, or -1 with the reason
 * in r. */
static int
reader_look(struct reader *f, const struct entry *e, struct result *r)
{
	if (fstat(f->fd, &f->st) < 0)
		return result_fail(r, RESULT_STAT, errno);
	/* stdin is read from wherever it stands, and cannot be set back */
	f->regular = S_ISREG(f->st.st_mode) && e->kind != ENTRY_STDIN;
	f->kind = f->regular ? &regular : &stream;
	if (!S_ISREG(f->st.st_mode) &&
	    (e->kind == ENTRY_FOUND || e->kind == ENTRY_LINKED))
		return result_fail(r, RESULT_TYPE, 0);
	return 0;
}

/* A sandbox knows files, not names: what was below the operands when it was made
 * may be opened. Is it that which said EACCES? Permissions did not. */
static bool
reader_is_refused(const struct readers *all, int dir, const char *name)
{
	bool refused = all->confined &&
	    faccessat(dir, name, R_OK, AT_EACCESS) == 0;

	errno = EACCES;
	return refused;
}

static int
reader_open_at(struct reader *f, const struct readers *all, int dir,
    const char *name, const struct entry *e, struct result *r)
{
	f->fd = xio_open(dir, name, READER_FLAGS |
	    (e->kind == ENTRY_FOUND ? O_NOFOLLOW : 0));
	if (f->fd >= 0)
		return 0;
	/* O_NOFOLLOW's own error for "it is a link now" */
	if (errno == ELOOP && e->kind == ENTRY_FOUND)
		return result_fail(r, RESULT_TYPE, 0);
	if (errno == EACCES && reader_is_refused(all, dir, name))
		return result_fail(r, RESULT_REFUSED, 0);
	return result_fail(r, RESULT_OPEN, errno);
}

/* In the directory that the walk saw. */
static int
reader_open_in(struct reader *f, struct readers *all, const struct entry *e,
    struct result *r)
{
	const char *name;
	int dir = dirs_enter(&all->dirs, e, &name);

	f->fd = -1;
	if (dir == -1)
		return errno == ENOTDIR ? result_fail(r, RESULT_PLACE, 0) :
		    result_fail(r, RESULT_OPEN, errno);
	if (reader_open_at(f, all, dir, name, e, r) < 0)
		return -1;
	return reader_look(f, e, r);
}

/* Is it the file that was found? Where nobody has noted which, it is. */
static bool
reader_is_same(const struct reader *f, const struct entry *e)
{
	return !e->id.ino ||
	    (f->st.st_dev == e->id.dev && f->st.st_ino == e->id.ino);
}

/* Can it be for want of something that a file could not be opened, or for what
 * has nothing to do with the directories on the way? */
static bool
reader_is_short(const struct result *r)
{
	return r->status == RESULT_OPEN && (r->err == EMFILE ||
	    r->err == ENFILE || r->err == ENOMEM || r->err == EWOULDBLOCK);
}

/*
 * A directory that was kept open may be another one by now than its name
 * says. Then so is the file in it, or it cannot be had: it is looked for anew, by
 * its whole name, which for one that cannot be had costs as much as several.
 */
static int
reader_open_found(struct reader *f, struct readers *all, const struct entry *e,
    struct result *r)
{
	int rc = reader_open_in(f, all, e, r);

	if (!all->dirs.kept || (rc == 0 && reader_is_same(f, e)))
		return rc;
	if (rc < 0 && reader_is_short(r))
		return rc;
	reader_close(f);
	dirs_forget(&all->dirs);
	return reader_open_in(f, all, e, r);
}

static int
reader_open_stdin(struct reader *f, const struct entry *e, struct result *r)
{
	f->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (f->fd < 0)
		return result_fail(r, RESULT_OPEN, errno);
	return reader_look(f, e, r);
}

static int
reader_open_named(struct reader *f, const struct readers *all,
    const struct entry *e, struct result *r)
{
	if (e->kind == ENTRY_STDIN)
		return reader_open_stdin(f, e, r);
	if (reader_open_at(f, all, all->dirs.base, e->name, e, r) < 0)
		return -1;
	return reader_look(f, e, r);
}

/* Asked for once a file system, as long as they do not alternate. */
static void
reader_enter_place(struct reader *f, struct reader_place *place)
{
	if (!place->known || place->dev != f->st.st_dev)
		*place = (struct reader_place){ .known = true,
		    .dev = f->st.st_dev,
		    .size_is_hint = compat_size_is_hint(f->fd) };
	f->place = place;
	f->read_to_zero = place->size_is_hint;
}

int
reader_open(struct reader *f, struct readers *all, const struct entry *e,
    struct result *r)
{
	int rc;

	f->got = 0;
	f->awaited = 0;
	f->rewound = f->balked = f->asked = f->read_to_zero = false;
	rc = e->root ? reader_open_found(f, all, e, r) :
	    reader_open_named(f, all, e, r);
	if (rc < 0)
		reader_close(f);
	else if (f->regular)
		reader_enter_place(f, &all->place);
	return rc;
}
