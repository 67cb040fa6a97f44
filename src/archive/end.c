#include "archive/end.h"

#include <archive.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/handle.h"

/* Of a zip, from behind: where the end of its index begins (APPNOTE 4.3.16), a
 * comment of 65535 bytes behind it. */
#define END_ZIP 22
#define END_ZIP_TAIL (END_ZIP + 65535)

static bool
end_are_zeros(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* The n bytes that libarchive was given and has not used. It may have kept more:
 * at that it has looked. */
static const char *
end_unused(const struct members *ms, size_t *n)
{
	uint64_t unused = ms->given - (uint64_t)archive_filter_bytes(ms->a, -1);

	*n = unused < ms->lastn ? (size_t)unused : ms->lastn;
	return ms->last + (ms->lastn - *n);
}

/* A tar ends in blocks of zeros (POSIX, pax): without one it may have been cut. */
static int
end_mark(struct members *ms)
{
	size_t n, used, more;
	const char *p = end_unused(ms, &n);

	used = ms->lastn - n < MEMBERS_BLOCK ? ms->lastn - n : MEMBERS_BLOCK;
	more = MEMBERS_BLOCK - used; /* in the block before */
	if (end_are_zeros(p - used, used) &&
	    end_are_zeros(ms->before + used, more))
		return 0;
	return input_fail(&ms->in, "no end of the archive: it may have been "
	    "cut");
}

/* Goes to the end of what decompresses, which verifies its checksums there; or
 * fails when there is anything but padding. 0, or -1 with why. */
static int
end_drain(struct members *ms, bool padding)
{
	size_t n;
	const void *p = end_unused(ms, &n);
	int rc = 1;

	for (; rc > 0; rc = input_next(&ms->in, &p, &n))
		if (padding && !end_are_zeros(p, n))
			return input_fail(&ms->in, "there is more after the "
			    "end of the archive");
	return rc;
}

/* The last bytes of a file, *len of them. 0, or -1 with why. */
static int
end_read_tail(struct members *ms, char tail[END_ZIP_TAIL], size_t *len)
{
	int64_t from = ms->size > END_ZIP_TAIL ?
	    (int64_t)(ms->size - END_ZIP_TAIL) : 0;
	const void *p;
	size_t n;
	int rc;

	*len = 0;
	if (input_seek(&ms->in, from, SEEK_SET) < 0)
		return -1;
	while ((rc = input_next(&ms->in, &p, &n)) > 0) {
		/* it may have grown */
		if (n > END_ZIP_TAIL - *len)
			n = END_ZIP_TAIL - *len;
		memcpy(tail + *len, p, n);
		*len += n;
	}
	return rc;
}

enum { END_NO_INDEX = -1, END_MORE = -2 };

/*
 * The number of members in a zip's index, 65535 for as many and more; or there is
 * none, or more than its comment behind it. In the comment the same four bytes
 * may stand, but not at that distance.
 */
static int
end_in_index(const char *tail, size_t len)
{
	const unsigned char *p;
	int n = END_NO_INDEX;
	size_t left;

	for (left = END_ZIP; left <= len; left++) {
		p = (const unsigned char *)tail + (len - left);
		if (memcmp(p, "PK\5\6", 4) != 0)
			continue;
		if ((size_t)(p[20] | p[21] << 8) == left - END_ZIP)
			return p[10] | p[11] << 8;
		n = END_MORE;
	}
	return n;
}

/* A zip whose index is missing is read from its start, and what is damaged in it
 * passed over. */
static int
end_zip(struct members *ms)
{
	char *tail = malloc(END_ZIP_TAIL);
	size_t len;
	int rc, n;

	if (!tail)
		return input_fail(&ms->in, "%s", strerror(ENOMEM));
	rc = end_read_tail(ms, tail, &len);
	n = rc < 0 ? 0 : end_in_index(tail, len);
	free(tail);
	if (rc < 0)
		return -1;
	if (n == END_NO_INDEX)
		return input_fail(&ms->in, "no index: it may have been cut");
	if (n == END_MORE)
		return input_fail(&ms->in, "there is more after the end of the "
		    "archive");
	/* of more than fit, it is 65535, or only the lowest bits */
	if (n < 65535 && (uint64_t)n != (ms->members & 65535))
		return input_fail(&ms->in, "%d members in its index, and %llu "
		    "were found", n, (unsigned long long)ms->members);
	return 0;
}

/* The last block of a RAR says that it is the last, and whether a volume follows.
 * Before RAR 2.9 there was none: without one it may have been cut. */
static int
end_rar(struct members *ms)
{
	const void *p;
	size_t n;
	int rc = 1;

	while (!ms->rar.why && (rc = input_next(&ms->in, &p, &n)) > 0)
		rar_feed(&ms->rar, p, n);
	if (rc < 0)
		return -1;
	rar_finish(&ms->rar);
	if (rar_next(&ms->rar))
		return input_fail(&ms->in, "a member of it was not found");
	return ms->rar.why ? input_fail(&ms->in, "%s", ms->rar.why) : 0;
}

int
end_check(struct members *ms)
{
	bool tar = members_is_format(ms, ARCHIVE_FORMAT_TAR);
	bool padding = tar || members_is_format(ms, ARCHIVE_FORMAT_CPIO) ||
	    members_is_format(ms, ARCHIVE_FORMAT_AR);

	if (ms->rar.format)
		return end_rar(ms);
	if (members_is_format(ms, ARCHIVE_FORMAT_ZIP))
		return end_zip(ms);
	if (tar && end_mark(ms) < 0)
		return -1;
	return padding || !ms->in.seekable ? end_drain(ms, padding) : 0;
}
