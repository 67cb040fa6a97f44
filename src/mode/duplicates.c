#include "mode/duplicates.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/outfile.h"
#include "hasher/result.h"
#include "record/format.h"
#include "record/json.h"
#include "record/table.h"

/* A name with a digest, and places in order of path. */
struct duplicates_name {
	uint64_t place;
	uint64_t key;      /* the first bytes of its digest */
	uint64_t group;    /* the first name with its digest */
	uint64_t dev, ino; /* of its file; ino is 0 where not known */
	uint64_t file;     /* the first name of its file */
};

static struct result
duplicates_get(const struct table *t, uint64_t place)
{
	struct result r;

	(void)table_get(t, table_sorted_at(t, (size_t)place), &r);
	return r;
}

static int
duplicates_order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Equal digests have equal keys. */
static int
duplicates_by_key(const void *pa, const void *pb)
{
	const struct duplicates_name *a = pa, *b = pb;
	int c = duplicates_order(a->key, b->key);

	return c ? c : duplicates_order(a->place, b->place);
}

static int
duplicates_by_inode(const void *pa, const void *pb)
{
	const struct duplicates_name *a = pa, *b = pb;
	int c = duplicates_order(a->group, b->group);

	c = c ? c : duplicates_order(a->dev, b->dev);
	c = c ? c : duplicates_order(a->ino, b->ino);
	return c ? c : duplicates_order(a->place, b->place);
}

/* A file, and then its other names. */
static int
duplicates_by_file(const void *pa, const void *pb)
{
	const struct duplicates_name *a = pa, *b = pb;
	int c = duplicates_order(a->group, b->group);

	c = c ? c : duplicates_order(a->file, b->file);
	return c ? c : duplicates_order(a->place, b->place);
}

/* All names with a digest; *n of them, to be freed. */
static struct duplicates_name *
duplicates_names(const struct table *t, size_t *n)
{
	struct duplicates_name *names = mem_zalloc(table_count(t),
	    sizeof(*names)), *name = names;
	struct result r;
	size_t i;

	for (i = 0; i < table_count(t); i++) {
		r = duplicates_get(t, i);
		if (r.status != RESULT_OK ||
		    !table_is_found(t, table_sorted_at(t, i)))
			continue;
		*name = (struct duplicates_name){ .place = i,
			.dev = r.entry.id.dev, .ino = r.entry.id.ino };
		memcpy(&name->key, r.digest, sizeof(name->key));
		name++;
	}
	*n = (size_t)(name - names);
	return names;
}

static bool
duplicates_are_same(const struct result *a, const struct result *b)
{
	return a->digestlen == b->digestlen &&
	    !memcmp(a->digest, b->digest, a->digestlen);
}

/* Sets the group of each of n names, which are sorted by key. Of those with one
 * key, each is compared with the first of every group so far: there is one, as
 * good as always. */
static void
duplicates_group(const struct table *t, struct duplicates_name *names, size_t n)
{
	struct result one, other;
	size_t i, k, first = 0;

	for (i = 0; i < n; i++) {
		if (names[i].key != names[first].key)
			first = i;
		names[i].group = names[i].place;
		one = duplicates_get(t, names[i].place);
		for (k = first; k < i; k++) {
			if (names[k].group != names[k].place)
				continue;
			other = duplicates_get(t, names[k].place);
			if (!duplicates_are_same(&one, &other))
				continue;
			names[i].group = names[k].place;
			break;
		}
	}
}

/* Sets the file of each of n names, which are sorted by inode. */
static void
duplicates_link(struct duplicates_name *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct duplicates_name *before = i ? &names[i - 1] : NULL;

		names[i].file = names[i].place;
		if (before && names[i].ino && before->group == names[i].group &&
		    before->dev == names[i].dev && before->ino == names[i].ino)
			names[i].file = before->file;
	}
}

/* ---- output ------------------------------------------------------------------- */

static void
duplicates_put_path(const struct table *t, uint64_t place, struct buf *out)
{
	struct result r = duplicates_get(t, place);

	buf_putc(out, '{');
	json_put_path(out, "path", r.entry.name, r.entry.len);
}

/* The n names of a group. */
static void
duplicates_put_object(const struct table *t, const struct format *f,
    const struct duplicates_name *names, size_t n, struct outfile *file)
{
	struct result r = duplicates_get(t, names->place);
	struct buf *out = &file->lines;
	size_t i;

	buf_putc(out, '{');
	json_put_text(out, "algorithm", f->tag);
	json_put_bytes(out, "digest", r.digest, r.digestlen, f->base64);
	json_put_number(out, "size", r.size);
	buf_puts(out, ",\"files\":[");
	for (i = 0; i < n; i++) {
		bool linked = i + 1 < n && names[i + 1].file == names[i].file;

		duplicates_put_path(t, names[i].place, out);
		if (names[i].file != names[i].place)
			buf_puts(out, linked ? "}," : "}]}");
		else
			buf_puts(out, linked ? ",\"links\":[" : "}");
		if (!linked && i + 1 < n)
			buf_putc(out, ',');
		outfile_more(file);
	}
	buf_puts(out, "]}");
	buf_putc(out, f->end);
}

static void
duplicates_put_lines(const struct table *t, const struct format *f,
    const struct duplicates_name *names, size_t n, struct outfile *file)
{
	struct result r;
	size_t i;

	for (i = 0; i < n; i++) {
		if (names[i].file != names[i].place)
			continue;
		r = duplicates_get(t, names[i].place);
		format_result(f, &r, &file->lines);
		outfile_more(file);
	}
}

/* A group, if it is one, of n names. */
static void
duplicates_put(const struct table *t, const struct format *f,
    const struct duplicates_name *names, size_t n, struct outfile *out,
    struct duplicates_counts *c)
{
	uint64_t files = 0;
	size_t i;

	for (i = 0; i < n; i++)
		files += names[i].file == names[i].place;
	if (files < 2)
		return;
	if (f->kind == FORMAT_JSON) {
		duplicates_put_object(t, f, names, n, out);
	} else {
		if (c->groups)
			buf_putc(&out->lines, f->end);
		duplicates_put_lines(t, f, names, n, out);
	}
	c->groups++;
	c->files += files - 1;
	c->bytes += (files - 1) * duplicates_get(t, names->place).size;
	outfile_more(out);
}

struct duplicates_counts
duplicates_print(const struct table *t, const struct format *f,
    struct outfile *out)
{
	struct duplicates_counts c = { 0 };
	struct duplicates_name *names;
	size_t n, first, end;

	names = duplicates_names(t, &n);
	qsort(names, n, sizeof(*names), duplicates_by_key);
	duplicates_group(t, names, n);
	qsort(names, n, sizeof(*names), duplicates_by_inode);
	duplicates_link(names, n);
	qsort(names, n, sizeof(*names), duplicates_by_file);
	for (first = 0; first < n && !out->lost; first = end) {
		for (end = first + 1; end < n; end++)
			if (names[end].group != names[first].group)
				break;
		duplicates_put(t, f, names + first, end - first, out, &c);
	}
	free(names);
	return c;
}
