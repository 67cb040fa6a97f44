#include "archive/rar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Both with a zero behind, which belongs to them. */
#define RAR4_SIGNATURE "Rar!\x1a\x07"
#define RAR5_SIGNATURE "Rar!\x1a\x07\x01"

/* The beginning of a header, in which its size is: of RAR 4 seven bytes; of RAR 5
 * a CRC, and a number of three bytes at most, which does not count those seven. */
#define RAR4_BEGINS 7
#define RAR5_CRC 4
#define RAR5_BEGINS 7

static const char rar_damaged[] = "a header of it is damaged";
static const char rar_encrypted[] = "encrypted";
static const char rar_volume[] = "one of several volumes: a rar can be read only "
    "where it is one file";

enum rar_format
rar_begins(const unsigned char *p, size_t n)
{
	if (n >= sizeof(RAR4_SIGNATURE) &&
	    !memcmp(p, RAR4_SIGNATURE, sizeof(RAR4_SIGNATURE)))
		return RAR_4;
	if (n >= sizeof(RAR5_SIGNATURE) &&
	    !memcmp(p, RAR5_SIGNATURE, sizeof(RAR5_SIGNATURE)))
		return RAR_5;
	return RAR_NONE;
}

/* The first reason is the one. */
static void
rar_fail(struct rar *r, const char *why)
{
	if (!r->why)
		r->why = why;
}

static void
rar_begin_header(struct rar *r)
{
	r->have = 0;
	r->need = r->format == RAR_4 ? RAR4_BEGINS : RAR5_CRC + 1;
}

void
rar_init(struct rar *r, enum rar_format format)
{
	r->format = format;
	if (format == RAR_NONE)
		return;
	r->skip = format == RAR_4 ? sizeof(RAR4_SIGNATURE) :
	    sizeof(RAR5_SIGNATURE);
	rar_begin_header(r);
}

void
rar_release(struct rar *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		free(r->v[i].target);
	free(r->v);
	free(r->head);
}

/* ---- members ------------------------------------------------------------------ */

/* m, with its target, is taken. */
static void
rar_add(struct rar *r, struct rar_member m)
{
	size_t cap = r->vcap ? 2 * r->vcap : 64;
	struct rar_member *v;

	if (r->n == r->vcap) {
		v = realloc(r->v, cap * sizeof(*v));
		if (!v) {
			free(m.target);
			rar_fail(r, strerror(ENOMEM));
			return;
		}
		r->v = v;
		r->vcap = cap;
	}
	r->v[r->n++] = m;
}

/* Makes room of those that were told. */
static void
rar_forget(struct rar *r)
{
	size_t i;

	for (i = 0; i < r->first; i++)
		free(r->v[i].target);
	r->n -= r->first;
	if (r->n)
		memmove(r->v, r->v + r->first, r->n * sizeof(*r->v));
	r->first = 0;
}

const struct rar_member *
rar_next(struct rar *r)
{
	return r->first < r->n ? &r->v[r->first++] : NULL;
}

/* ---- RAR 4 -------------------------------------------------------------------- */

enum {
	RAR4_MAIN = 0x73,
	RAR4_FILE = 0x74,
	RAR4_SERVICE = 0x7a, /* it has the header of a file */
	RAR4_END = 0x7b
};
#define RAR4_HAS_DATA 0x8000     /* of any block but those two */
#define RAR4_MAIN_VOLUME 0x1
#define RAR4_MAIN_ENCRYPTED 0x80 /* the headers that follow */
#define RAR4_END_NEXT 0x1        /* there is another volume */
#define RAR4_SPLIT 0x3           /* of a file: from, or to, another volume */
#define RAR4_FILE_ENCRYPTED 0x4
#define RAR4_LARGE 0x100         /* sizes have their upper halves, too */
#define RAR4_WINDOW 0xe0         /* all of it: a directory */
#define RAR4_STORED 0x30
#define RAR4_UNPACK 29           /* the version that libarchive has */

static uint32_t
rar_le16(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
rar_le32(const unsigned char *p)
{
	return rar_le16(p) | rar_le16(p + 2) << 16;
}

static void
rar4_file(struct rar *r, uint32_t flags)
{
	const unsigned char *h = r->head;

	if (flags & RAR4_SPLIT)
		rar_fail(r, rar_volume);
	else if (flags & RAR4_FILE_ENCRYPTED)
		rar_fail(r, rar_encrypted);
	else if ((flags & RAR4_WINDOW) == RAR4_WINDOW)
		rar_add(r, (struct rar_member){ .what = RAR_OTHER });
	else if (h[25] != RAR4_STORED && h[24] < RAR4_UNPACK)
		rar_fail(r, "compressed as RAR before 2.9 did, which cannot be "
		    "read");
	else
		rar_add(r, (struct rar_member){ .what = RAR_DATA,
		    .sums = { .has_crc = true, .crc = rar_le32(h + 16) } });
}

/* A file, or what is told like one. */
static void
rar4_file_block(struct rar *r, uint32_t flags)
{
	const unsigned char *h = r->head;

	if (r->have < (flags & RAR4_LARGE ? 40 : 32)) {
		rar_fail(r, rar_damaged);
		return;
	}
	r->skip = rar_le32(h + 7);
	if (flags & RAR4_LARGE)
		r->skip |= (uint64_t)rar_le32(h + 32) << 32;
	if (h[2] == RAR4_FILE)
		rar4_file(r, flags);
}

static void
rar4_block(struct rar *r)
{
	const unsigned char *h = r->head;
	uint32_t flags = rar_le16(h + 3);
	uLong crc = crc32(0, h + 2, (uInt)r->have - 2);

	if ((crc & 0xffff) != rar_le16(h)) {
		rar_fail(r, rar_damaged);
		return;
	}
	switch (h[2]) {
	case RAR4_FILE:
	case RAR4_SERVICE:
		rar4_file_block(r, flags);
		return;
	case RAR4_END:
		if (flags & RAR4_END_NEXT)
			rar_fail(r, rar_volume);
		r->ended = true;
		return;
	case RAR4_MAIN:
		if (flags & RAR4_MAIN_VOLUME)
			rar_fail(r, rar_volume);
		if (flags & RAR4_MAIN_ENCRYPTED)
			rar_fail(r, rar_encrypted);
		return;
	}
	/* of an older RAR, to whoever knows them */
	if (!(flags & RAR4_HAS_DATA))
		return;
	if (r->have < RAR4_BEGINS + 4)
		rar_fail(r, rar_damaged);
	else
		r->skip = rar_le32(h + 7);
}

/* ---- RAR 5 -------------------------------------------------------------------- */

enum {
	RAR5_MAIN = 1,
	RAR5_FILE = 2,
	RAR5_SERVICE = 3,
	RAR5_ENCRYPTION = 4, /* of the headers that follow */
	RAR5_END = 5
};
#define RAR5_HAS_EXTRA 0x1
#define RAR5_HAS_DATA 0x2
#define RAR5_NEEDLESS 0x4     /* to be passed over by whoever does not know it */
#define RAR5_SPLIT 0x18       /* from, or to, another volume */
#define RAR5_MAIN_VOLUME 0x1
#define RAR5_END_NEXT 0x1
#define RAR5_FILE_DIRECTORY 0x1
#define RAR5_FILE_MTIME 0x2
#define RAR5_FILE_CRC 0x4
#define RAR5_VERSION(info) ((info) & 0x3f)
#define RAR5_METHOD(info) ((info) >> 7 & 7)
/* Records of what is extra about a file. */
#define RAR5_EXTRA_ENCRYPTION 1
#define RAR5_EXTRA_HASH 2
#define RAR5_HASH_BLAKE2SP 0
#define RAR5_EXTRA_REDIRECTION 5

enum {
	RAR5_SYMLINK = 1,
	RAR5_WINDOWS_SYMLINK = 2,
	RAR5_JUNCTION = 3,
	RAR5_HARD_LINK = 4,
	RAR5_COPY = 5
};

/* What is left of a header; bad: it has not all that was asked for. */
struct cursor {
	const unsigned char *p;
	size_t n;
	bool bad;
};

/* So many bytes of it; a cursor of them. */
static struct cursor
cursor_take(struct cursor *c, uint64_t n)
{
	struct cursor taken = { .p = c->p };

	if (n > c->n) {
		c->bad = true;
		n = c->n;
	}
	taken.n = (size_t)n;
	taken.bad = c->bad;
	c->p += n;
	c->n -= (size_t)n;
	return taken;
}

static uint32_t
cursor_le32(struct cursor *c)
{
	struct cursor number = cursor_take(c, 4);

	return number.bad ? 0 : rar_le32(number.p);
}

/* Seven bits a byte, the lowest first; the upper bit says that more follow. */
static uint64_t
cursor_vint(struct cursor *c)
{
	uint64_t v = 0;
	unsigned shift;

	for (shift = 0; shift < 64 && c->n; shift += 7) {
		c->n--;
		v |= (uint64_t)(*c->p & 0x7f) << shift;
		if (!(*c->p++ & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

/* A link, as a record has it: of what is one, no bytes follow. */
static void
rar5_redirection(struct rar *r, struct cursor *c, struct rar_member *m)
{
	uint64_t type = cursor_vint(c);
	struct cursor target;

	(void)cursor_vint(c); /* is it to a directory? */
	target = cursor_take(c, cursor_vint(c));
	m->what = RAR_OTHER;
	if (c->bad)
		return;
	switch (type) {
	case RAR5_SYMLINK:
	case RAR5_WINDOWS_SYMLINK:
	case RAR5_JUNCTION:
		return;
	case RAR5_HARD_LINK:
	case RAR5_COPY:
		break;
	default:
		rar_fail(r, "a link of a kind that is not known");
		return;
	}
	m->what = RAR_LINK;
	free(m->target);
	m->target = strndup((const char *)target.p, target.n);
	if (!m->target)
		rar_fail(r, strerror(ENOMEM));
	else if (strlen(m->target) != target.n)
		rar_fail(r, rar_damaged);
}

/* A checksum, as a record has it. Of what is compressed libarchive verifies it. */
static void
rar5_hash(struct cursor *c, bool stored, struct checksums *sums)
{
	uint64_t type = cursor_vint(c);
	struct cursor digest;

	if (type != RAR5_HASH_BLAKE2SP || !stored)
		return;
	digest = cursor_take(c, sizeof(sums->blake2sp));
	sums->has_blake2sp = !digest.bad;
	memcpy(sums->blake2sp, digest.p, digest.n);
}

static void
rar5_records(struct rar *r, struct cursor *c, bool stored,
    struct rar_member *m)
{
	struct cursor record;
	uint64_t type;

	while (c->n && !c->bad) {
		record = cursor_take(c, cursor_vint(c));
		type = cursor_vint(&record);
		c->bad |= record.bad;
		switch (c->bad ? 0 : type) {
		case RAR5_EXTRA_ENCRYPTION:
			rar_fail(r, rar_encrypted);
			break;
		case RAR5_EXTRA_REDIRECTION:
			rar5_redirection(r, &record, m);
			break;
		case RAR5_EXTRA_HASH:
			rar5_hash(&record, stored, &m->sums);
			break;
		}
		c->bad |= record.bad; /* on the way */
	}
}

static void
rar5_file(struct rar *r, struct cursor *c, uint64_t extra)
{
	struct rar_member m = { .what = RAR_DATA };
	uint64_t flags = cursor_vint(c), info;

	(void)cursor_vint(c); /* its size */
	(void)cursor_vint(c); /* attributes */
	if (flags & RAR5_FILE_MTIME)
		(void)cursor_le32(c);
	m.sums.has_crc = flags & RAR5_FILE_CRC;
	if (m.sums.has_crc)
		m.sums.crc = cursor_le32(c);
	info = cursor_vint(c);
	(void)cursor_vint(c); /* the system */
	(void)cursor_take(c, cursor_vint(c)); /* its name */
	/* libarchive looks for it here, the format behind whatever else there is */
	c->bad |= c->n != extra;
	rar5_records(r, c, !RAR5_METHOD(info), &m);
	if (flags & RAR5_FILE_DIRECTORY)
		m.what = RAR_OTHER;
	if (c->bad)
		rar_fail(r, rar_damaged);
	if (RAR5_VERSION(info) && RAR5_METHOD(info))
		rar_fail(r, "compressed as a newer RAR does, which cannot be "
		    "read");
	if (r->why)
		free(m.target);
	else
		rar_add(r, m);
}

static void
rar5_known(struct rar *r, struct cursor *c, uint64_t type, uint64_t flags,
    uint64_t extra)
{
	switch (type) {
	case RAR5_MAIN:
		if (cursor_vint(c) & RAR5_MAIN_VOLUME)
			rar_fail(r, rar_volume);
		break;
	case RAR5_FILE:
		rar5_file(r, c, extra);
		break;
	case RAR5_SERVICE:
		break;
	case RAR5_ENCRYPTION:
		rar_fail(r, rar_encrypted);
		break;
	case RAR5_END:
		if (cursor_vint(c) & RAR5_END_NEXT)
			rar_fail(r, rar_volume);
		r->ended = true;
		break;
	default:
		if (!(flags & RAR5_NEEDLESS))
			rar_fail(r, "a block of a kind that is not known");
	}
}

static void
rar5_block(struct rar *r)
{
	struct cursor c = { .p = r->head, .n = r->have };
	uint32_t crc = cursor_le32(&c);
	uint64_t type, flags, extra = 0;

	if (crc32(0, c.p, (uInt)c.n) != crc) {
		rar_fail(r, rar_damaged);
		return;
	}
	(void)cursor_vint(&c); /* its size, which is right */
	type = cursor_vint(&c);
	flags = cursor_vint(&c);
	if (flags & RAR5_HAS_EXTRA)
		extra = cursor_vint(&c);
	if (flags & RAR5_HAS_DATA)
		r->skip = cursor_vint(&c);
	if (c.bad)
		rar_fail(r, rar_damaged);
	else if (flags & RAR5_SPLIT)
		rar_fail(r, rar_volume);
	else
		rar5_known(r, &c, type, flags, extra);
	if (c.bad)
		rar_fail(r, rar_damaged);
}

/* ---- headers ------------------------------------------------------------------ */

/* How many bytes the header has of which have are there; or that many and one, to
 * tell it; 0: it is none. */
static size_t
rar_size(const struct rar *r)
{
	struct cursor c = { .p = r->head, .n = r->have };
	uint64_t size;

	if (r->format == RAR_4) {
		size = rar_le16(r->head + 5);
		return size < RAR4_BEGINS ? 0 : (size_t)size;
	}
	(void)cursor_take(&c, RAR5_CRC);
	size = cursor_vint(&c);
	if (c.bad)
		return r->have < RAR5_BEGINS ? r->have + 1 : 0;
	return (size_t)(c.p - r->head) + (size_t)size;
}

/* Has the buffer room for all that is needed? */
static bool
rar_make_room(struct rar *r)
{
	unsigned char *head;

	if (r->need <= r->cap)
		return true;
	head = realloc(r->head, r->need);
	if (!head) {
		rar_fail(r, strerror(ENOMEM));
		return false;
	}
	r->head = head;
	r->cap = r->need;
	return true;
}

/* Takes what the header lacks of these, and looks at it when it is complete. How
 * many were taken. */
static size_t
rar_take(struct rar *r, const unsigned char *p, size_t n)
{
	size_t size;

	if (!rar_make_room(r))
		return 0;
	if (n > r->need - r->have)
		n = r->need - r->have;
	memcpy(r->head + r->have, p, n);
	r->have += n;
	if (r->have < r->need)
		return n;
	size = rar_size(r);
	if (size < r->have) {
		rar_fail(r, rar_damaged);
	} else if (size > r->have) {
		r->need = size;
	} else {
		(r->format == RAR_4 ? rar4_block : rar5_block)(r);
		rar_begin_header(r);
	}
	return n;
}

void
rar_feed(struct rar *r, const unsigned char *p, size_t n)
{
	size_t some;

	if (r->format == RAR_NONE)
		return;
	rar_forget(r);
	while (n && !r->why && !r->ended) {
		if (r->skip) {
			some = n < r->skip ? n : (size_t)r->skip;
			r->skip -= some;
		} else {
			some = rar_take(r, p, n);
		}
		p += some;
		n -= some;
	}
	if (n && r->ended)
		rar_fail(r, "there is more after the end of the archive");
}

void
rar_finish(struct rar *r)
{
	if (r->format && !r->ended)
		rar_fail(r, "no end of the archive: it may have been cut");
}
