/*
 * The entries of a table in order: a radix sort that looks at eight bytes at a
 * time, and within such a group a merge sort by them.
 */
#include "record/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/compat.h"
#include "base/diag.h"
#include "base/mem.h"
#include "record/rows.h"

/* Groups as small as this are sorted by insertion. */
#define SMALL_GROUP 8

/* A run of items whose paths have their first depth bytes in common. */
struct group {
	size_t at;
	size_t n;
	size_t depth;
};

/* A sort under way. */
struct sorter {
	struct group *groups; /* still to be sorted; last in, first out */
	size_t ngroups, cap;
	struct item *spare;
};

/* Bytes depth to depth + 7 of a path as a number that orders as they do; the
 * end counts as zeros. */
static uint64_t
key_at(const struct row *e, size_t depth)
{
	size_t left = e->len - depth;
	uint64_t key = 0;

	memcpy(&key, e->path + depth, left < 8 ? left : 8);
	return be64toh(key);
}

static int
compare_paths(const struct row *a, const struct row *b, size_t depth)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int c = memcmp(a->path + depth, b->path + depth, len - depth);

	return c ? c : (a->len > b->len) - (a->len < b->len);
}

/* By insertion. */
static void
sort_small(const struct table *t, struct item *items, size_t n, size_t depth)
{
	const struct row *e;
	uint64_t number;
	size_t i, k;

	for (i = 1; i < n; i++) {
		number = items[i].number;
		e = row_at(t, number);
		for (k = i; k > 0; k--) {
			if (compare_paths(row_at(t, items[k - 1].number), e,
			    depth) <= 0)
				break;
			items[k].number = items[k - 1].number;
		}
		items[k].number = number;
	}
}

static void
insert_by_key(struct item *items, size_t n)
{
	struct item item;
	size_t i, k;

	for (i = 1; i < n; i++) {
		item = items[i];
		for (k = i; k > 0 && items[k - 1].key > item.key; k--)
			items[k] = items[k - 1];
		items[k] = item;
	}
}

/* Merges two sorted neighbours, of which the first has half items and is
 * copied to spare first. */
static void
merge_by_key(struct item *items, size_t half, size_t n, struct item *spare)
{
	const struct item *a = spare, *a_end = spare + half;
	const struct item *b = items + half, *b_end = items + n;

	memcpy(spare, items, half * sizeof(*spare));
	while (a < a_end && b < b_end)
		*items++ = b->key < a->key ? *b++ : *a++;
	memcpy(items, a, (size_t)(a_end - a) * sizeof(*a));
}

/*
 * By merging: n log n for any names, and fast for those that are nearly in
 * order already, as most are. With qsort(3) instead, the whole sort takes more
 * than twice as long. spare holds n / 2 items.
 */
static void
sort_by_key(struct item *items, size_t n, struct item *spare)
{
	size_t half = n / 2;

	if (n <= SMALL_GROUP) {
		insert_by_key(items, n);
		return;
	}
	sort_by_key(items, half, spare);
	sort_by_key(items + half, n - half, spare);
	if (items[half].key < items[half - 1].key)
		merge_by_key(items, half, n, spare);
}

/*
 * Of items with equal keys, puts those whose paths end within the key in
 * front; returns how many they are. Only a path with NULs in it can make that
 * more than one; the shorter is then the smaller.
 */
static size_t
split_ended(const struct table *t, struct item *items, size_t n, size_t depth)
{
	struct item swap;
	size_t ended = 0;

	for (size_t i = 0; i < n; i++) {
		if (row_at(t, items[i].number)->len > depth + 8)
			continue;
		swap = items[ended];
		items[ended++] = items[i];
		items[i] = swap;
	}
	sort_small(t, items, ended, depth);
	return ended;
}

/* Sorts the n items that begin at at, or, when they are many, adds them to the
 * groups that are still to be sorted. */
static void
group_add(struct table *t, struct sorter *s, size_t at, size_t n, size_t depth)
{
	if (n <= SMALL_GROUP) {
		sort_small(t, t->sorted + at, n, depth);
		return;
	}
	s->groups = mem_grow(s->groups, &s->cap, s->ngroups + 1,
	    sizeof(*s->groups));
	s->groups[s->ngroups++] = (struct group){ at, n, depth };
}

static void
group_sort(struct table *t, struct sorter *s, const struct group *g)
{
	struct item *items = t->sorted + g->at;
	size_t i, end, ended;

	for (i = 0; i < g->n; i++)
		items[i].key = key_at(row_at(t, items[i].number), g->depth);
	sort_by_key(items, g->n, s->spare);
	for (i = 0; i < g->n; i = end) {
		for (end = i + 1; end < g->n; end++)
			if (items[end].key != items[i].key)
				break;
		if (end - i == 1)
			continue;
		ended = split_ended(t, items + i, end - i, g->depth);
		group_add(t, s, g->at + i + ended, end - i - ended,
		    g->depth + 8);
	}
}

/*
 * A radix sort that looks at eight bytes at a time: a group is sorted by its
 * keys, and each run of equal keys becomes a group eight bytes further on.
 * Groups to be sorted are in an array, not on the stack: the length of a path,
 * and so the depth of a recursion, has no limit.
 */
void
table_sort(struct table *t)
{
	struct sorter s = { NULL, 0, 0, NULL };
	struct group g;

	if (t->forgotten)
		diag_bug("table_sort after table_forget");
	free(t->slots);
	t->slots = NULL;
	free(t->sorted);
	t->sorted = mem_zalloc(t->count, sizeof(*t->sorted));
	for (size_t i = 0; i < t->count; i++)
		t->sorted[i].number = i;
	s.spare = mem_zalloc(t->count / 2, sizeof(*s.spare));
	group_add(t, &s, 0, t->count, 0);
	while (s.ngroups > 0) {
		g = s.groups[--s.ngroups];
		group_sort(t, &s, &g);
	}
	free(s.groups);
	free(s.spare);
}

uint64_t
table_sorted_at(const struct table *t, size_t i)
{
	if (!t->sorted || i >= t->count)
		diag_bug("table_sorted_at: no such place");
	return t->sorted[i].number;
}
