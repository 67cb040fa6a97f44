/* In place of this room, in a phash without libarchive: nobody asks for
 * archives, as the options refuse to. */
#include <errno.h>
#include <stddef.h>

#include "archive/members.h"
#include "archive/unpack.h"

struct members *
members_new(const struct members_opts *opts,
    enum members_kind *kind) /* NOLINT(readability-non-const-parameter) */
{
	(void)opts;
	(void)kind;
	errno = ENOSYS;
	return NULL;
}

void
members_free(struct members *ms)
{
	(void)ms;
}

struct unpack *
unpack_new(const struct members_opts *opts, struct members *ms)
{
	(void)opts;
	(void)ms;
	errno = ENOSYS;
	return NULL;
}

void
unpack_free(struct unpack *u)
{
	(void)u;
}

int
unpack_take(struct unpack *u, struct unpack_piece *p)
{
	(void)u;
	(void)p;
	return 0;
}

void
unpack_release(struct unpack *u, const struct unpack_piece *p)
{
	(void)u;
	(void)p;
}

int
unpack_fd(const struct unpack *u)
{
	(void)u;
	return -1;
}

bool
unpack_progress(struct unpack *u, uint64_t *bytes)
{
	(void)u;
	*bytes = 0;
	return false;
}
