/*
 * Specifications from strangers into record/mtree, through record/manifest: see
 * README beside this file.
 *
 * The input is what follows "#mtree". What must hold of every line, beyond that
 * nothing is touched outside it:
 *
 *   - an entry has a name, without NUL; its digest has the right size, or there
 *     is none where nobody can compute it;
 *   - the entry printed as a specification and read again is the same entry.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "hasher/result.h"
#include "record/format.h"
#include "record/manifest.h"

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Short digests are found sooner. */
static const struct manifest_algorithm known[] = {
	{ 0, 1, "SHA512" }, { 1, 2, "SHA384" }, { 2, 3, "MD5" },
};

static struct manifest_algorithm
algorithm(void *cookie, const char *tag, size_t len, size_t bytes,
    bool base64)
{
	const struct manifest_algorithm unknown = { .number = -1 };

	(void)cookie;
	must(tag && len <= MANIFEST_TAG_MAX, "there is a tag");
	must(bytes && bytes <= DIGEST_MAX && !base64, "it is of a digest");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].tag) == len &&
		    !memcmp(known[i].tag, tag, len))
			return known[i];
	return unknown;
}

/* A line, in memory of exactly its size. */
static enum manifest_kind
read_line(struct manifest *m, const void *line, size_t len,
    struct manifest_entry *e, struct buf *name)
{
	char *copy = malloc(len ? len : 1);
	enum manifest_kind kind;

	must(copy != NULL, "there is memory");
	memcpy(copy, line, len);
	kind = manifest_line(m, copy, len, e);
	must(kind < MANIFEST_MALFORMED || m->tag, "there is a tag to name");
	buf_clear(name);
	if (kind == MANIFEST_ENTRY)
		buf_put(name, e->name, e->len);
	free(copy);
	return kind;
}

/* Reads what was printed, in which there is one entry. */
static void
read_again(const struct buf *text, const struct result *r)
{
	struct manifest m = { .algorithm = algorithm };
	struct manifest_entry e, last;
	struct buf name = BUF_INIT, found = BUF_INIT;
	const char *at = text->data, *end = at + text->len, *stop;
	int entries = 0;

	for (; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		must(stop != NULL, "a line ends");
		switch (read_line(&m, at, (size_t)(stop - at), &e, &name)) {
		case MANIFEST_ENTRY:
			last = e;
			buf_clear(&found);
			buf_put(&found, name.data, name.len);
			entries++;
			break;
		case MANIFEST_SKIP:
			break;
		default:
			must(false, "what is printed can be read");
		}
	}
	must(entries == 1, "there is one entry");
	must(found.len >= r->entry.len && !memcmp(found.data + found.len -
	    r->entry.len, r->entry.name, r->entry.len), "a name survives");
	must(found.len == r->entry.len || (found.len == r->entry.len + 2 &&
	    !memcmp(found.data, "./", 2)), "in its directory");
	must(last.algorithm == r->entry.algorithm, "an algorithm survives");
	must(last.want.digestlen == r->digestlen &&
	    !memcmp(last.want.digest, r->digest, r->digestlen),
	    "a digest survives");
	must(last.want.has_size && last.want.size == r->size,
	    "a size survives");
	must(last.file.known == entry_is_known(&r->entry),
	    "an identity survives");
	must(!last.file.known || (last.file.dev == r->entry.id.dev &&
	    last.file.ino == r->entry.id.ino &&
	    last.file.mtime == r->entry.id.mtime &&
	    last.file.ctime == r->entry.id.ctime &&
	    last.file.read == r->entry.given), "and is the same");
	manifest_release(&m);
	buf_release(&name);
	buf_release(&found);
}

static void
check_entry(const struct manifest_entry *e, struct buf *name)
{
	struct result r = { .size = e->want.size, .entry = { .len = name->len,
	    .algorithm = e->algorithm }, .digestlen = e->want.digestlen };
	struct buf dir = BUF_INIT, text = BUF_INIT;
	struct format f = { .kind = FORMAT_MTREE, .end = '\n', .dir = &dir,
	    .identity = true };

	must(e->form == FORMAT_MTREE, "it is an entry of a specification");
	must(name->len && !memchr(name->data, '\0', name->len),
	    "a name has bytes, and no NUL");
	must(e->want.has_size || !e->want.size, "there is no size without one");
	must(e->want.digestlen == (e->algorithm < 0 ? 0 :
	    known[e->algorithm].size), "the digest has its size");
	if (e->algorithm < 0)
		return;
	if (e->file.known) {
		r.entry.given = e->file.read;
		r.entry.id = (struct entry_identity){ .dev = e->file.dev,
		    .ino = e->file.ino, .mtime = e->file.mtime,
		    .ctime = e->file.ctime, .mode = S_IFREG };
	}
	r.entry.name = buf_str(name);
	memcpy(r.digest, e->want.digest, r.digestlen);
	f.tag = known[e->algorithm].tag;
	format_begin(&f, &text);
	format_result(&f, &r, &text);
	read_again(&text, &r);
	buf_release(&dir);
	buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest m = { .algorithm = algorithm };
	const uint8_t *end = data + size, *stop;
	struct buf name = BUF_INIT;
	struct manifest_entry e;

	must(read_line(&m, "#mtree", 6, &e, &name) == MANIFEST_SKIP,
	    "a head is a comment");
	for (; data < end; data = stop + 1) {
		stop = memchr(data, '\n', (size_t)(end - data));
		if (!stop)
			stop = end;
		if (read_line(&m, data, (size_t)(stop - data), &e, &name) ==
		    MANIFEST_ENTRY)
			check_entry(&e, &name);
		if (stop == end)
			break;
	}
	if (manifest_end(&m, &e) == MANIFEST_ENTRY) {
		buf_clear(&name);
		buf_put(&name, e.name, e.len);
		check_entry(&e, &name);
	}
	manifest_release(&m);
	buf_release(&name);
	return 0;
}
