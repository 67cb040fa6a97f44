#include "archive/members.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/end.h"
#include "archive/handle.h"

static const char zeros[64 * 1024];

/* ---- bytes for libarchive ----------------------------------------------------- */

static la_ssize_t
members_on_read(struct archive *a, void *cookie, const void **p)
{
	struct members *ms = cookie;
	size_t n;
	int rc;

	if (ms->lastn >= MEMBERS_BLOCK)
		memcpy(ms->before, ms->last + ms->lastn - MEMBERS_BLOCK,
		    MEMBERS_BLOCK);
	rc = input_next(&ms->in, p, &n);
	if (rc < 0) {
		ms->input_broken = true;
		archive_set_error(a, -1, "%s", ms->in.why);
	}
	if (rc <= 0) {
		if (rc == 0)
			rar_finish(&ms->rar);
		return rc;
	}
	rar_feed(&ms->rar, *p, n);
	ms->given += n;
	ms->last = *p;
	ms->lastn = n;
	return (la_ssize_t)n;
}

static la_int64_t
members_on_seek(struct archive *a, void *cookie, la_int64_t offset, int whence)
{
	struct members *ms = cookie;
	int64_t at = input_seek(&ms->in, offset, whence);

	if (at < 0) {
		ms->input_broken = true;
		archive_set_error(a, -1, "%s", ms->in.why);
		return ARCHIVE_FATAL;
	}
	ms->given = (uint64_t)at;
	ms->lastn = 0;
	return at;
}

/* Says why libarchive failed, unless its input did. -1. */
static int
members_fail(struct members *ms)
{
	const char *why = archive_error_string(ms->a);

	return ms->input_broken ? -1 :
	    input_fail(&ms->in, "%s", why ? why : "damaged");
}

/* ---- what it is --------------------------------------------------------------- */

typedef int members_support(struct archive *);

/*
 * Not mtree, which takes any text for one; not what is hardly an archive (uu, lha,
 * rpm); rar not here, but where it begins as one, and with nothing else. A file of
 * zeros is an empty tar to libarchive: what begins so is an ISO or no archive.
 */
static members_support *const formats[] = {
	archive_read_support_format_iso9660,
	/* from here on not of zeros */
	archive_read_support_format_tar,
	archive_read_support_format_gnutar,
	archive_read_support_format_zip,
	archive_read_support_format_7zip,
	archive_read_support_format_cpio,
	archive_read_support_format_ar,
	archive_read_support_format_xar,
	archive_read_support_format_cab,
	archive_read_support_format_warc,
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static bool
members_begin_with_zeros(const struct members *ms)
{
	size_t n;
	const unsigned char *p = input_peek(&ms->in, &n);

	return n >= MEMBERS_BLOCK && !memcmp(p, zeros, MEMBERS_BLOCK);
}

/* What it may be. 0, or -1 where there is no memory. */
static int
members_set_formats(struct members *ms)
{
	size_t n = members_begin_with_zeros(ms) ? 1 : FORMATS, i;

	if (ms->rar.format == RAR_4)
		return archive_read_support_format_rar(ms->a);
	if (ms->rar.format == RAR_5)
		return archive_read_support_format_rar5(ms->a);
	for (i = 0; i < n; i++)
		if (formats[i](ms->a) < ARCHIVE_WARN)
			return -1;
	return archive_read_support_format_raw(ms->a);
}

/* 0, or -1 where there is no memory. The blocks of a rar are to go by in their
 * order. */
static int
members_set_up(struct members *ms)
{
	return members_set_formats(ms) == ARCHIVE_OK &&
	    archive_read_set_callback_data(ms->a, ms) == ARCHIVE_OK &&
	    archive_read_set_read_callback(ms->a, members_on_read) ==
	    ARCHIVE_OK && (!ms->in.seekable || ms->rar.format ||
	    archive_read_set_seek_callback(ms->a, members_on_seek) ==
	    ARCHIVE_OK) ? 0 : -1;
}

/* When it would try again, libarchive has passed over what is damaged: then
 * nothing of what follows is told, and no bound is needed. */
static void
members_read_header(struct members *ms)
{
	ms->header = archive_read_next_header(ms->a, &ms->e);
	ms->members += ms->header == ARCHIVE_OK || ms->header == ARCHIVE_WARN;
}

bool
members_is_format(const struct members *ms, int base)
{
	return (archive_format(ms->a) & ARCHIVE_FORMAT_BASE_MASK) == base;
}

static bool
members_has_index(const struct members *ms)
{
	return members_is_format(ms, ARCHIVE_FORMAT_ZIP) ||
	    members_is_format(ms, ARCHIVE_FORMAT_7ZIP);
}

/* Its first header tells what it is. 0, or -1 with why. */
static int
members_open(struct members *ms)
{
	const unsigned char *p;
	size_t n;

	if (input_open(&ms->in) < 0)
		return -1;
	p = input_peek(&ms->in, &n);
	rar_init(&ms->rar, rar_begins(p, n));
	/* the readers of libarchive that crash most */
	if (ms->rar.format && !ms->confined)
		return input_fail(&ms->in, "a rar is read only in a sandbox "
		    "with seccomp");
	ms->kind = ms->in.layers > 1 ? MEMBERS_COMPRESSED : MEMBERS_PLAIN;
	ms->empty = n == 0;
	if (ms->empty)
		return 0;
	if (members_set_up(ms) < 0)
		return input_fail(&ms->in, "%s", strerror(ENOMEM));
	if (archive_read_open1(ms->a) != ARCHIVE_OK)
		return members_fail(ms);
	members_read_header(ms);
	ms->ahead = true;
	if (archive_format(ms->a) != ARCHIVE_FORMAT_RAW)
		ms->kind = MEMBERS_ARCHIVE;
	/* what is a file in it, and whether it is all of it, its index says */
	if (members_has_index(ms) && !ms->in.seekable)
		return input_fail(&ms->in, "a zip or 7z can be read from a "
		    "file only, and not compressed");
	return 0;
}

struct members *
members_new(const struct members_opts *o, enum members_kind *kind)
{
	struct members *ms = calloc(1, sizeof(*ms));

	if (!ms)
		return NULL;
	ms->size = o->size;
	ms->guarded = !o->limit;
	ms->confined = o->confined;
	ms->in.fd = o->fd;
	ms->in.seekable = o->size != UINT64_MAX;
	ms->in.threads = o->threads;
	ms->in.limit = o->limit ? o->limit : MEMBERS_LIMIT;
	ms->a = archive_read_new();
	if (!ms->a) {
		free(ms);
		return NULL;
	}
	ms->broken = members_open(ms) < 0;
	/* why it is broken is to be told, whatever it would have been */
	*kind = ms->broken ? MEMBERS_ARCHIVE : ms->kind;
	return ms;
}

void
members_free(struct members *ms)
{
	if (!ms)
		return;
	(void)archive_read_free(ms->a); /* nothing was written */
	input_release(&ms->in);
	rar_release(&ms->rar);
	links_release(&ms->links);
	free(ms);
}

void
members_watch(struct members *ms, void *cookie,
    void (*on_read)(void *cookie, size_t n))
{
	ms->in.cookie = cookie;
	ms->in.on_read = on_read;
	on_read(cookie, (size_t)ms->in.taken);
}

const char *
members_why(const struct members *ms)
{
	return ms->in.why;
}

/* ---- members ------------------------------------------------------------------ */

/* So many bytes more are to come. 0, or -1 with why when that is too much. */
static int
members_bound(struct members *ms, uint64_t more)
{
	uint64_t size = ms->size != UINT64_MAX ? ms->size : ms->in.taken;
	uint64_t sum = ms->total + more;

	if (sum < more || sum > ms->in.limit)
		return input_fail(&ms->in, "expands to more than %llu bytes",
		    (unsigned long long)ms->in.limit);
	if (ms->guarded && sum > MEMBERS_RATIO_FROM &&
	    sum / MEMBERS_RATIO > size)
		return input_fail(&ms->in, "expands to more than %d times its "
		    "size", MEMBERS_RATIO);
	return 0;
}

static enum members_event
members_break(struct members *ms)
{
	ms->broken = true;
	return MEMBERS_BROKEN;
}

/* Its name and the name that it is a link to, as this locale has them: where it
 * has none, in UTF-8. To have it in the locale is to have its accents composed: not
 * of a RAR 5, whose names are UTF-8, and go with those that its links are to. 0, or
 * -1 with why. */
static int
members_names(struct members *ms, struct member *m)
{
	m->name = ms->rar.format == RAR_5 ? NULL :
	    archive_entry_pathname(ms->e);
	if (!m->name)
		m->name = archive_entry_pathname_utf8(ms->e);
	m->link = archive_entry_hardlink(ms->e);
	if (!m->link)
		m->link = archive_entry_hardlink_utf8(ms->e);
	if (archive_format(ms->a) == ARCHIVE_FORMAT_RAW)
		m->name = ""; /* libarchive made one up */
	else if (!m->name || !*m->name)
		return input_fail(&ms->in, "a member without a name");
	m->len = strlen(m->name);
	return 0;
}

/* Are all links but the last of a file written as if they were empty? So cpio(5)
 * has it of the newc and crc formats. */
static bool
members_has_late_links(const struct members *ms)
{
	int format = archive_format(ms->a);

	return (format == ARCHIVE_FORMAT_CPIO_SVR4_NOCRC ||
	    format == ARCHIVE_FORMAT_CPIO_SVR4_CRC) &&
	    archive_entry_filetype(ms->e) == AE_IFREG &&
	    archive_entry_nlink(ms->e) > 1;
}

/* In nanoseconds, if it is known and not too far away. */
static int64_t
members_mtime(const struct members *ms)
{
	const int64_t most = INT64_MAX / 1000000000;
	int64_t s = archive_entry_mtime(ms->e);

	if (!archive_entry_mtime_is_set(ms->e) || s <= -most || s >= most)
		return INT64_MIN;
	return s * 1000000000 + archive_entry_mtime_nsec(ms->e);
}

static void
members_facts(const struct members *ms, struct member *m)
{
	m->has_size = archive_entry_size_is_set(ms->e);
	m->size = m->has_size ? (uint64_t)archive_entry_size(ms->e) : 0;
	m->whole = ms->kind == MEMBERS_PLAIN;
	/* of what is compressed and no archive, nobody knows it */
	m->mode = members_is_format(ms, ARCHIVE_FORMAT_RAW) ? 0 :
	    (uint32_t)archive_entry_mode(ms->e);
	m->mtime = members_mtime(ms);
}

/* The index of an ar, which its readers take for a member. */
static bool
members_is_index(const struct members *ms, const char *name)
{
	return members_is_format(ms, ARCHIVE_FORMAT_AR) &&
	    (!strcmp(name, "/") || !strcmp(name, "/SYM64/") ||
	    !strcmp(name, "__.SYMDEF") || !strcmp(name, "__.SYMDEF SORTED"));
}

/* Keeps it until the end. Its event, unless that is the time to tell it. */
static enum members_event
members_hold(struct members *ms, struct member *m, bool *held)
{
	m->link = NULL;
	*held = !m->size;
	if (links_hold(&ms->links, (uint64_t)archive_entry_dev(ms->e),
	    (uint64_t)archive_entry_ino64(ms->e), m) == 0)
		return MEMBERS_FILE;
	*held = false;
	input_fail(&ms->in, "%s", strerror(ENOMEM));
	return members_break(ms);
}

/* What its blocks say of a member of a rar: libarchive knows neither copies nor
 * junctions, and takes them for empty files. */
static enum members_event
members_rar_event(struct members *ms, struct member *m)
{
	switch (ms->said->what) {
	case RAR_LINK:
		m->link = ms->said->target;
		return MEMBERS_LINK;
	case RAR_OTHER:
		return MEMBERS_OTHER;
	case RAR_DATA:
		break;
	}
	return MEMBERS_FILE;
}

/* What it is; *held: nothing yet. */
static enum members_event
members_event(struct members *ms, struct member *m, bool *held)
{
	if (archive_entry_is_encrypted(ms->e)) {
		input_fail(&ms->in, "encrypted");
		return members_break(ms);
	}
	if (members_is_index(ms, m->name))
		return MEMBERS_OTHER;
	if (ms->said && ms->said->what != RAR_DATA)
		return members_rar_event(ms, m);
	/* of some formats a link has the data too */
	if (m->link && !m->size && !members_has_late_links(ms))
		return MEMBERS_LINK;
	/* some ar(1) writes no type */
	if (!m->link && archive_entry_filetype(ms->e) != AE_IFREG &&
	    archive_entry_filetype(ms->e) != 0)
		return MEMBERS_OTHER;
	if (ms->size != UINT64_MAX && m->has_size &&
	    members_bound(ms, m->size) < 0)
		return members_break(ms);
	if (members_has_late_links(ms))
		return members_hold(ms, m, held);
	return MEMBERS_FILE;
}

/* What was held has its turn: a link to the file with the data, or, where there
 * was none, an empty file. */
static enum members_event
members_settle(struct members *ms, struct member *m)
{
	if (!links_next(&ms->links, m))
		return MEMBERS_END;
	ms->data.ended = true;
	return m->link ? MEMBERS_LINK : MEMBERS_FILE;
}

/* Of an empty file, whatever it was compressed with. */
static enum members_event
members_nothing(struct members *ms, struct member *m)
{
	static const struct member empty = { .name = "" };

	if (ms->ended)
		return MEMBERS_END;
	ms->ended = true;
	ms->data.ended = true;
	*m = empty;
	m->whole = ms->kind == MEMBERS_PLAIN;
	return MEMBERS_FILE;
}

/*
 * A warning about a header may be of what is no part of a name or a digest: a
 * name that this locale cannot have, which is then had in UTF-8, or a keyword of
 * pax that libarchive does not know. Others are of damage that was passed over,
 * or of data that it does not understand.
 */
static bool
members_is_harmless(const struct members *ms)
{
	static const char *const phrases[] = { "can't be converted",
	    "cannot be converted", "can't be translated", "Ignoring" };
	const char *why = archive_error_string(ms->a);
	size_t i;

	for (i = 0; why && i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strstr(why, phrases[i]))
			return true;
	return false;
}

static bool
members_has_no_header(const struct members *ms)
{
	return ms->header < ARCHIVE_WARN || ms->header == ARCHIVE_RETRY;
}

/* What do the blocks of a rar say of the next member? 0, or -1 with why: it is not
 * to be told, whatever libarchive has. */
static int
members_ask_rar(struct members *ms)
{
	if (!ms->rar.format)
		return 0;
	ms->said = rar_next(&ms->rar);
	if (ms->said) {
		checksum_init(&ms->sum, &ms->said->sums);
		return 0;
	}
	if (ms->rar.why)
		return input_fail(&ms->in, "%s", ms->rar.why);
	return members_has_no_header(ms) ? 0 :
	    input_fail(&ms->in, "a member that none of its headers is of");
}

/* The next header. As members_next; *held: it is not to be told yet. */
static enum members_event
members_read(struct members *ms, struct member *m, bool *held)
{
	if (!ms->ahead)
		members_read_header(ms);
	ms->ahead = false;
	ms->ended = ms->header == ARCHIVE_EOF;
	if (ms->ended)
		return end_check(ms) < 0 ? members_break(ms) : MEMBERS_END;
	if (members_ask_rar(ms) < 0)
		return members_break(ms);
	if (members_has_no_header(ms)) {
		(void)members_fail(ms);
		return members_break(ms);
	}
	if (members_names(ms, m) < 0)
		return members_break(ms);
	members_facts(ms, m);
	if (ms->header == ARCHIVE_WARN && !members_is_harmless(ms)) {
		/* nobody knows what of it is right */
		ms->data.failed = true;
		(void)members_fail(ms);
		return MEMBERS_FILE;
	}
	return members_event(ms, m, held);
}

enum members_event
members_next(struct members *ms, struct member *m)
{
	enum members_event event = MEMBERS_END;
	bool held = true;

	memset(&ms->data, 0, sizeof(ms->data));
	if (ms->broken)
		return MEMBERS_BROKEN;
	if (ms->empty)
		return members_nothing(ms, m);
	while (!ms->ended && held) {
		held = false;
		event = members_read(ms, m, &held);
	}
	return event == MEMBERS_END ? members_settle(ms, m) : event;
}

/* ---- bytes of a member -------------------------------------------------------- */

/* Reads the next block. 0, or -1 with why. */
static int
members_block(struct members *ms)
{
	la_int64_t offset = 0;
	int rc = archive_read_data_block(ms->a, &ms->data.p, &ms->data.n,
	    &offset);

	ms->data.ended = rc == ARCHIVE_EOF;
	if (ms->data.ended)
		ms->data.n = 0;
	if (rc == ARCHIVE_OK && (offset < 0 || (uint64_t)offset < ms->data.at))
		return input_fail(&ms->in, "its parts overlap");
	ms->data.offset = ms->data.ended ? ms->data.at : (uint64_t)offset;
	if (rc == ARCHIVE_OK || ms->data.ended)
		return 0;
	ms->broken = rc == ARCHIVE_FATAL || ms->input_broken;
	return members_fail(ms);
}

/* What was not given is a hole up to there, if the archive says so. 0, or -1
 * with why. */
static int
members_last(struct members *ms)
{
	uint64_t size;

	if (!archive_entry_size_is_set(ms->e))
		return 0;
	size = (uint64_t)archive_entry_size(ms->e);
	if (ms->data.at < size && archive_entry_sparse_count(ms->e) > 0) {
		ms->data.offset = size;
		return 0;
	}
	return ms->data.at == size ? 0 : input_fail(&ms->in, ms->data.at <
	    size ? "shorter than its size says" : "longer than its size says");
}

/* Something to give, unless it is complete. 0, or -1 with why. */
static int
members_fill(struct members *ms)
{
	while (!ms->data.n && ms->data.at == ms->data.offset &&
	    !ms->data.ended) {
		if (members_block(ms) < 0)
			return -1;
		if (ms->data.ended && members_last(ms) < 0)
			return -1;
		if (ms->data.ended && !checksum_holds(&ms->sum))
			return input_fail(&ms->in, "its checksum is wrong");
	}
	return members_bound(ms, ms->data.offset - ms->data.at + ms->data.n);
}

int
members_data(struct members *ms, const void **p, size_t *n)
{
	uint64_t hole;

	if (!ms->data.failed)
		ms->data.failed = members_fill(ms) < 0;
	if (ms->data.failed)
		return -1;
	hole = ms->data.offset - ms->data.at;
	if (hole) {
		*p = zeros;
		*n = hole < sizeof(zeros) ? (size_t)hole : sizeof(zeros);
	} else {
		*p = ms->data.p;
		*n = ms->data.n;
		checksum_update(&ms->sum, *p, *n);
		ms->data.n = 0;
		ms->data.offset += *n;
	}
	ms->data.at += *n;
	ms->total += *n;
	return *n > 0;
}
