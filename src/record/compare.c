#include "record/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/table.h"

static int
compare_names(const struct result *a, const struct result *b)
{
	size_t n = a->entry.len < b->entry.len ? a->entry.len : b->entry.len;
	int c = memcmp(a->entry.name, b->entry.name, n);

	return c ? c : (a->entry.len > b->entry.len) - (a->entry.len < b->entry.len);
}

bool
compare_next(const struct table *want, const struct table *have,
    struct compare_turn *t)
{
	struct result w, h;
	int c;

	t->want = t->have = COMPARE_NONE;
	if (t->i < table_count(want))
		t->want = table_sorted_at(want, t->i);
	if (t->j < table_count(have))
		t->have = table_sorted_at(have, t->j);
	if (t->want != COMPARE_NONE && t->have != COMPARE_NONE) {
		(void)table_get(want, t->want, &w);
		(void)table_get(have, t->have, &h);
		c = compare_names(&w, &h);
		if (c < 0)
			t->have = COMPARE_NONE;
		else if (c > 0)
			t->want = COMPARE_NONE;
	}
	t->i += t->want != COMPARE_NONE;
	t->j += t->have != COMPARE_NONE;
	return t->want != COMPARE_NONE || t->have != COMPARE_NONE;
}

size_t
compare_behind(const struct table *a, const struct table *b,
    const char *prefix, size_t len)
{
	size_t i = 0, j = 0, n = 0;
	struct result in, behind;
	int c;

	while (i < table_count(a) && j < table_count(b)) {
		(void)table_get(a, table_sorted_at(a, i), &in);
		(void)table_get(b, table_sorted_at(b, j), &behind);
		if (behind.entry.len < len || memcmp(behind.entry.name, prefix, len)) {
			j++;
			continue;
		}
		behind.entry.name += len;
		behind.entry.len -= len;
		c = compare_names(&in, &behind);
		n += c == 0;
		i += c <= 0;
		j += c >= 0;
	}
	return n;
}

void
compare_add(struct compare_files *fs, uint64_t number, size_t place,
    const struct result *r)
{
	struct compare_file *f;

	fs->v = mem_grow(fs->v, &fs->cap, fs->n + 1, sizeof(*fs->v));
	f = &fs->v[fs->n++];
	f->number = number;
	f->place = place;
	f->algorithm = r->entry.algorithm;
	f->size = r->size;
	f->digestlen = r->digestlen;
	memcpy(f->digest, r->digest, r->digestlen);
}

static int
compare_digests(const struct compare_file *a, const struct compare_file *b)
{
	if (a->algorithm != b->algorithm)
		return a->algorithm < b->algorithm ? -1 : 1;
	if (a->digestlen != b->digestlen)
		return a->digestlen < b->digestlen ? -1 : 1;
	return memcmp(a->digest, b->digest, a->digestlen);
}

static int
compare_files(const void *pa, const void *pb)
{
	const struct compare_file *a = pa, *b = pb;
	int c = compare_digests(a, b);

	return c ? c : (a->place > b->place) - (a->place < b->place);
}

static int
compare_sizes(const void *pa, const void *pb)
{
	const struct compare_file *a = pa, *b = pb;

	if (a->algorithm != b->algorithm)
		return a->algorithm < b->algorithm ? -1 : 1;
	return (a->size > b->size) - (a->size < b->size);
}

void
compare_sort(struct compare_files *fs)
{
	if (fs->n)
		qsort(fs->v, fs->n, sizeof(*fs->v), compare_sizes);
}

bool
compare_has(const struct compare_files *fs, int algorithm, uint64_t size)
{
	struct compare_file sized = { .algorithm = algorithm, .size = size };
	struct compare_file any = { .algorithm = algorithm,
	    .size = COMPARE_NO_SIZE };

	return fs->n && (bsearch(&sized, fs->v, fs->n, sizeof(*fs->v),
	    compare_sizes) || bsearch(&any, fs->v, fs->n, sizeof(*fs->v),
	    compare_sizes));
}

static void
compare_sort_digests(struct compare_files *fs)
{
	if (fs->n)
		qsort(fs->v, fs->n, sizeof(*fs->v), compare_files);
}

void
compare_moved(struct compare_files *missing, struct compare_files *fresh,
    uint64_t *moved_to, bool *moved)
{
	size_t i = 0, j = 0;

	compare_sort_digests(missing);
	compare_sort_digests(fresh);
	while (i < missing->n && j < fresh->n) {
		const struct compare_file *m = &missing->v[i];
		const struct compare_file *f = &fresh->v[j];
		int c = compare_digests(m, f);

		if (c == 0 && moved[f->number])
			c = 1; /* paired by another digest */
		else if (c == 0 && m->size != COMPARE_NO_SIZE &&
		    m->size != f->size)
			c = -1; /* a list that contradicts itself */
		if (c == 0) {
			moved_to[m->number] = f->number;
			moved[f->number] = true;
		}
		i += c <= 0;
		j += c >= 0;
	}
}
