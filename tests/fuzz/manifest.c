/*
 * Bytes from strangers into record/manifest: see README beside this file.
 *
 * The first byte of the input chooses how the list is read (its lowest bits:
 * 1 zero, 2 is_stdin, 4 plain digests of two bytes, 8 is_sfv, so '0' to '?');
 * the rest is the list. What must hold of every line, beyond that nothing is
 * touched outside it:
 *
 *   - an entry's name lies within the line, and there is no NUL in it; its
 *     digest has the right size, or there is none where no file can have it, or
 *     nobody can compute it;
 *   - a malformed line has the tag of an algorithm for messages;
 *   - the entry printed in any format of record/format and read again is the
 *     same entry.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "hasher/result.h"
#include "record/format.h"
#include "record/manifest.h"

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sizes of every kind: with and without padding in base64, hex as long as
 * base64 (2 and 4), out of range, unknown. */
static const struct {
	const char *tag;
	size_t size;
} known[] = {
	{ "SHA512", 64 }, { "SHA2-512", 64 }, { "SHA384", 48 },
	{ "SHA512/256", 32 }, { "BLAKE2b-160", 20 }, { "MD5", 16 },
	{ "X1", 1 }, { "X2", 2 }, { "X3", 3 }, { "X4", 4 }, { "X65", 65 },
};

/* The number of an algorithm is its place among them; the cookie is that of
 * lines without a tag. */
static struct manifest_algorithm
algorithm(void *cookie, const char *tag, size_t len, size_t bytes,
    bool base64)
{
	struct manifest_algorithm a = { .number = -1 };

	(void)bytes;
	(void)base64;
	if (!tag) {
		tag = cookie;
		len = strlen(tag);
	}
	must(len <= MANIFEST_TAG_MAX, "a tag is short");
	must(!memchr(tag, '\0', len), "a tag has no NUL");
	for (int i = 0; i < (int)(sizeof(known) / sizeof(known[0])); i++) {
		if (strlen(known[i].tag) != len ||
		    memcmp(known[i].tag, tag, len) != 0)
			continue;
		a.number = i;
		a.size = known[i].size;
		a.tag = known[i].tag;
	}
	return a;
}

static bool
is_within(const char *part, size_t partlen, const char *line, size_t len)
{
	return part >= line && partlen <= len &&
	    (size_t)(part - line) <= len - partlen;
}

static void
check_entry(const struct manifest *m, const struct manifest_entry *e,
    const char *line, size_t len)
{
	/* lines of a specification may be continued, and are then put together */
	must(m->mtree || is_within(e->name, e->len, line, len),
	    "the name is in the line");
	must(!memchr(e->name, '\0', e->len), "a name has no NUL");
	must(!e->want.digestlen || (e->algorithm >= 0 &&
	    e->want.digestlen == known[e->algorithm].size),
	    "the digest has its size");
	must(!m->is_stdin || e->len != 1 || *e->name != '-',
	    "no entry is the list itself");
}

/* Which file it was: an object that does not say when it was read says nothing. */
static void
check_identity(const struct format *f, const struct result *r,
    const struct manifest_file *file)
{
	const struct entry *e = &r->entry;

	must(file->known == (f->kind == FORMAT_JSON && f->identity &&
	    entry_is_known(e) && e->given > 0), "an identity survives");
	must(!file->known || (file->dev == e->id.dev &&
	    file->ino == e->id.ino && file->mtime == e->id.mtime &&
	    file->ctime == e->id.ctime && file->read == e->given),
	    "and is the same");
}

/* Prints r and reads it again. */
static void
check_format(const struct format *f, const struct result *r)
{
	struct manifest m = { .algorithm = algorithm,
	    .cookie = (void *)(uintptr_t)f->tag, .zero = !f->end };
	struct manifest_entry e;
	struct buf line = BUF_INIT;

	format_result(f, r, &line);
	must(line.len && line.data[line.len - 1] == f->end, "a line ends");
	must(manifest_line(&m, line.data, line.len - 1, &e) == MANIFEST_ENTRY,
	    "what is printed can be read");
	must(e.len == r->entry.len && !memcmp(e.name, r->entry.name, e.len),
	    "a name survives");
	must(!strcmp(known[e.algorithm].tag, f->tag), "a tag survives");
	must(e.want.digestlen == r->digestlen &&
	    !memcmp(e.want.digest, r->digest, r->digestlen),
	    "a digest survives");
	must(e.want.has_size == (f->kind == FORMAT_JSON) &&
	    e.want.size == (e.want.has_size ? r->size : 0), "a size survives");
	check_identity(f, r, &e.file);
	buf_release(&line);
}

static void
check_round_trip(const struct manifest_entry *e)
{
	struct buf name = BUF_INIT;
	struct result r = { .size = e->want.size, .entry = { .len = e->len,
	    .given = e->file.read, .id = { .dev = e->file.dev,
	    .ino = e->file.ino, .mtime = e->file.mtime,
	    .ctime = e->file.ctime, .mode = S_IFREG } },
	    .digestlen = e->want.digestlen };
	struct format f = { .identity = e->file.known };

	buf_put(&name, e->name, e->len);
	r.entry.name = buf_str(&name);
	memcpy(r.digest, e->want.digest, r.digestlen);
	f.tag = known[e->algorithm].tag;
	for (int i = 0; i < 12; i++) { /* not mtree: mtree.c is for that */
		f.kind = (enum format_kind)(i % 3);
		f.base64 = i / 3 % 2;
		f.end = i / 6 ? '\0' : '\n';
		/* a name without bytes has no plain line; and three bytes of
		 * digest may be /set, of a specification, in base64 */
		if (f.kind != FORMAT_UNTAGGED ||
		    (e->len && !(f.base64 && r.digestlen == 3)))
			check_format(&f, &r);
	}
	buf_release(&name);
}

/* The line is copied, so that a step beyond its end is one too far. */
static void
check_line(struct manifest *m, const uint8_t *data, size_t len)
{
	char *line = malloc(len ? len : 1);
	struct manifest_entry e;
	uint64_t number = m->line;
	enum manifest_kind kind;

	must(line != NULL, "there is memory");
	memcpy(line, data, len);
	kind = manifest_line(m, line, len, &e);
	must(kind < MANIFEST_MALFORMED || m->tag, "there is a tag to name");
	if (kind == MANIFEST_ENTRY) {
		check_entry(m, &e, line, len);
		if (e.want.digestlen)
			check_round_trip(&e);
	}
	must(m->line == number + 1, "lines are counted");
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char plain[][7] = { "SHA512", "X2" };
	struct manifest m = { .algorithm = algorithm };
	const uint8_t *end = data + size, *stop;

	if (!size)
		return 0;
	m.zero = *data & 1;
	m.is_stdin = *data & 2;
	m.cookie = plain[*data >> 2 & 1];
	m.is_sfv = *data & 8;
	for (data++; data < end; data = stop + 1) {
		stop = memchr(data, m.zero ? '\0' : '\n',
		    (size_t)(end - data));
		if (!stop)
			stop = end;
		check_line(&m, data, (size_t)(stop - data));
		if (stop == end)
			break;
	}
	manifest_release(&m);
	return 0;
}
