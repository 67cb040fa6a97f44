#include "record/moved.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hasher/result.h"

void
moved_add(struct moved_files *fs, uint64_t number, uint64_t place,
    const struct result *r)
{
	struct moved_file *f;

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
moved_compare(const struct moved_file *a, const struct moved_file *b)
{
	if (a->algorithm != b->algorithm)
		return a->algorithm < b->algorithm ? -1 : 1;
	if (a->digestlen != b->digestlen)
		return a->digestlen < b->digestlen ? -1 : 1;
	return memcmp(a->digest, b->digest, a->digestlen);
}

/* For qsort(3): by digest, and files of one digest in order of name. */
static int
by_digest(const void *pa, const void *pb)
{
	const struct moved_file *a = pa, *b = pb;
	int c = moved_compare(a, b);

	return c ? c : (a->place > b->place) - (a->place < b->place);
}

static int
by_size(const void *pa, const void *pb)
{
	const struct moved_file *a = pa, *b = pb;

	if (a->algorithm != b->algorithm)
		return a->algorithm < b->algorithm ? -1 : 1;
	return (a->size > b->size) - (a->size < b->size);
}

static void
sort(struct moved_files *fs, int (*compare)(const void *, const void *))
{
	if (fs->n)
		qsort(fs->v, fs->n, sizeof(*fs->v), compare);
}

void
moved_sort(struct moved_files *fs)
{
	sort(fs, by_size);
}

bool
moved_has(const struct moved_files *fs, int algorithm, uint64_t size)
{
	const struct moved_file sized = { .algorithm = algorithm,
	    .size = size };
	const struct moved_file any = { .algorithm = algorithm,
	    .size = MOVED_NO_SIZE };

	return fs->n &&
	    (bsearch(&sized, fs->v, fs->n, sizeof(*fs->v), by_size) ||
	    bsearch(&any, fs->v, fs->n, sizeof(*fs->v), by_size));
}

void
moved_pair(struct moved_files *missing, struct moved_files *fresh,
    uint64_t *to, bool *moved)
{
	size_t i = 0, j = 0;

	sort(missing, by_digest);
	sort(fresh, by_digest);
	while (i < missing->n && j < fresh->n) {
		const struct moved_file *m = &missing->v[i];
		const struct moved_file *f = &fresh->v[j];
		int c = moved_compare(m, f);

		if (c == 0 && moved[f->number])
			c = 1; /* paired by another digest */
		else if (c == 0 && m->size != MOVED_NO_SIZE &&
		    f->size != MOVED_NO_SIZE && m->size != f->size)
			c = -1; /* a list that contradicts itself */
		if (c == 0) {
			to[m->number] = f->number;
			moved[f->number] = true;
		}
		i += c <= 0;
		j += c >= 0;
	}
}
