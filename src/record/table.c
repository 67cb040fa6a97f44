/*
 * Three stores, none of which is copied when it grows, but for the first block,
 * which begins small, as there may be thousands of tables of a few entries:
 *
 *   rows      blocks of BLOCK_ENTRIES; number n is in block n / BLOCK_ENTRIES
 *   paths     an arena of chunks, each path with a NUL behind it
 *   slots     the index, 8 bytes each; rebuilt from the rows when it doubles,
 *             after the old one has been freed
 *
 * A row is 120 bytes, its path costs one more, and at the worst moment, just
 * after it has doubled, the index has 8/3 slots for an entry, 21 bytes; the
 * sort needs up to 28 when the index is gone. That makes at most 149 and
 * leaves 11 for the overhead of malloc(3). A root is a chunk of the arena.
 */
#include "record/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/compat.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/siphash.h"
#include "hasher/result.h"

#define BLOCK_ENTRIES 4096
#define FIRST_ENTRIES 16
#define CHUNK_SIZE ((size_t)256 << 10)
#define FIRST_CHUNK ((size_t)1 << 10) /* each is twice the one before */
#define FIRST_SLOTS 32

/*
 * A slot is 0 when free, else an entry's number + 1 in the low bits and the
 * top bits of its hash above them, so that the entry of another path is hardly
 * ever read.
 */
#define NUMBER_BITS 40
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

/* Groups as small as this are sorted by insertion. */
#define SMALL_GROUP 8

struct row {
	const char *path;
	size_t len;
	uint64_t hash;
	uint64_t size;
	int code;
	int algorithm;
	unsigned char kind;
	unsigned char status;
	unsigned char digestlen;
	bool done; /* the result is here */
	const struct entry_root *root; /* in a chunk, or NULL */
	union {
		struct entry_identity id; /* until it is */
		unsigned char digest[DIGEST_MAX];
		const char *text; /* of RESULT_ARCHIVE and RESULT_LINK */
	};
};

/* Of a row, for who wants it. */
struct stamp {
	int64_t mtime;
	uint32_t mode;
};

struct chunk {
	struct chunk *next;
	uint64_t until; /* no entry from this number on has anything in it */
	_Alignas(struct entry_root) char bytes[];
};

/* An entry being sorted: its key is eight bytes of its path. */
struct item {
	uint64_t key;
	uint64_t number;
};

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

struct table {
	struct row **blocks;
	struct stamp **stamps; /* as blocks; NULL: they are not kept */
	size_t nblocks, blocks_cap, stamps_cap;
	size_t room;           /* entries that there are blocks for */
	bool stamped;
	uint64_t count; /* at most NUMBER_MASK, even where size_t is small */

	struct chunk *chunks;
	struct chunk *used; /* the one in use, or NULL */
	char *free;      /* what is left of the chunk in use */
	size_t free_len;
	size_t chunk_size; /* of the next one */

	size_t forgotten; /* so many blocks have been freed */

	uint64_t *slots; /* NULL once sorted, or something is forgotten */
	size_t mask;     /* number of slots, a power of two, - 1 */
	struct siphash_key key;

	struct item *sorted;

	const struct entry_root *root; /* of the last entry that has one */
};

struct table *
table_new(void)
{
	struct table *t = mem_zalloc(1, sizeof(*t));

	t->slots = mem_zalloc(FIRST_SLOTS, sizeof(*t->slots));
	t->mask = FIRST_SLOTS - 1;
	t->chunk_size = FIRST_CHUNK;
	siphash_key_random(&t->key);
	return t;
}

void
table_free(struct table *t)
{
	struct chunk *c;

	if (!t)
		return;
	while ((c = t->chunks)) {
		t->chunks = c->next;
		free(c);
	}
	for (size_t i = 0; i < t->nblocks; i++)
		free(t->blocks[i]);
	free(t->blocks);
	for (size_t i = 0; t->stamps && i < t->nblocks; i++)
		free(t->stamps[i]);
	free(t->stamps);
	free(t->slots);
	free(t->sorted);
	free(t);
}

void
table_keep_stamps(struct table *t)
{
	if (t->count)
		diag_bug("table_keep_stamps: there are entries");
	t->stamped = true;
}

static struct row *
row_at(const struct table *t, uint64_t n)
{
	return &t->blocks[n / BLOCK_ENTRIES][n % BLOCK_ENTRIES];
}

static struct chunk *
chunk_add(struct table *t, size_t len)
{
	struct chunk *c = mem_alloc(sizeof(*c) + len);

	c->next = t->chunks;
	c->until = UINT64_MAX;
	t->chunks = c;
	return c;
}

/* The next chunk in use, with room for len bytes and a NUL. */
static void
chunk_begin(struct table *t, size_t len)
{
	while (t->chunk_size <= len)
		t->chunk_size *= 2;
	t->used = chunk_add(t, t->chunk_size);
	t->free = t->used->bytes;
	t->free_len = t->chunk_size;
	if (t->chunk_size < CHUNK_SIZE)
		t->chunk_size *= 2;
}

/* A copy of path with a NUL behind it. A long one gets a chunk of its own, so
 * that what is left over at the end of a chunk is little. */
static const char *
path_copy(struct table *t, const char *path, size_t len)
{
	struct chunk *c;
	char *to;

	if (len >= CHUNK_SIZE / 32) {
		c = chunk_add(t, len + 1);
		to = c->bytes;
	} else {
		if (len >= t->free_len)
			chunk_begin(t, len);
		c = t->used;
		to = t->free;
		t->free += len + 1;
		t->free_len -= len + 1;
	}
	c->until = t->count;
	if (len)
		memcpy(to, path, len);
	to[len] = '\0';
	return to;
}

/* The slot of a path, or the free one where it would go. */
static uint64_t *
slot_of(const struct table *t, uint64_t hash, const char *path, size_t len)
{
	const struct row *e;
	uint64_t slot;
	size_t i;

	for (i = hash & t->mask; (slot = t->slots[i]); i = (i + 1) & t->mask) {
		if ((slot ^ hash) >> NUMBER_BITS)
			continue;
		e = row_at(t, (slot & NUMBER_MASK) - 1);
		if (e->hash == hash && e->len == len &&
		    !memcmp(e->path, path, len))
			break;
	}
	return &t->slots[i];
}

static uint64_t
slot_value(uint64_t hash, uint64_t number)
{
	return (hash & ~NUMBER_MASK) | (number + 1);
}

static void
grow_slots(struct table *t)
{
	size_t n = (t->mask + 1) * 2;
	uint64_t hash;
	size_t i;

	free(t->slots);
	t->slots = mem_zalloc(n, sizeof(*t->slots));
	t->mask = n - 1;
	for (uint64_t number = 0; number < t->count; number++) {
		hash = row_at(t, number)->hash;
		i = hash & t->mask;
		while (t->slots[i])
			i = (i + 1) & t->mask;
		t->slots[i] = slot_value(hash, number);
	}
}

/* Is there such an entry, and was it not forgotten? */
static bool
is_there(const struct table *t, uint64_t n)
{
	return n < t->count && n / BLOCK_ENTRIES >= t->forgotten;
}

/* Of number n; they are kept. */
static struct stamp *
stamp_at(const struct table *t, uint64_t n)
{
	return &t->stamps[n / BLOCK_ENTRIES][n % BLOCK_ENTRIES];
}

/* Another block, or, of the first one, twice as much of it. */
static void
blocks_grow(struct table *t)
{
	size_t n = BLOCK_ENTRIES, last;

	if (t->room < BLOCK_ENTRIES)
		n = t->room ? 2 * t->room : FIRST_ENTRIES;
	if (!t->room || t->room >= BLOCK_ENTRIES) {
		t->blocks = mem_grow(t->blocks, &t->blocks_cap, t->nblocks + 1,
		    sizeof(*t->blocks));
		t->blocks[t->nblocks] = NULL;
		if (t->stamped) {
			t->stamps = mem_grow(t->stamps, &t->stamps_cap,
			    t->nblocks + 1, sizeof(*t->stamps));
			t->stamps[t->nblocks] = NULL;
		}
		t->nblocks++;
	}
	last = t->nblocks - 1;
	t->blocks[last] = mem_resize(t->blocks[last], n, sizeof(**t->blocks));
	if (t->stamped)
		t->stamps[last] = mem_resize(t->stamps[last], n,
		    sizeof(**t->stamps));
	t->room = last * BLOCK_ENTRIES + n;
}

static struct row *
row_add(struct table *t)
{
	if (t->count == NUMBER_MASK)
		diag_die("too many files");
	if (t->count == t->room)
		blocks_grow(t);
	return row_at(t, t->count++);
}

uint64_t
table_add(struct table *t, const char *path, size_t len, bool *is_new)
{
	uint64_t hash, *slot;
	struct row *e;

	if (!t->slots)
		diag_bug("table_add after table_sort or table_forget");
	/* three quarters full is full */
	if (t->count / 3 >= (t->mask + 1) / 4)
		grow_slots(t);
	hash = siphash(&t->key, path, len);
	slot = slot_of(t, hash, path, len);
	*is_new = !*slot;
	if (*slot)
		return (*slot & NUMBER_MASK) - 1;
	e = row_add(t);
	e->path = path_copy(t, path, len);
	e->len = len;
	e->hash = hash;
	e->algorithm = 0;
	e->kind = ENTRY_FOUND;
	e->done = false;
	e->id = (struct entry_identity){ 0 };
	e->root = NULL;
	*slot = slot_value(hash, t->count - 1);
	return t->count - 1;
}

uint64_t
table_find(const struct table *t, const char *path, size_t len)
{
	uint64_t slot;

	if (!t->slots)
		diag_bug("table_find after table_sort or table_forget");
	slot = *slot_of(t, siphash(&t->key, path, len), path, len);
	return slot ? (slot & NUMBER_MASK) - 1 : UINT64_MAX;
}

/* Files that are added one after the other mostly have the same root, so it is
 * compared with the last one only. */
static const struct entry_root *
root_copy(struct table *t, const struct entry_root *root)
{
	const struct entry_root *last = t->root;

	if (!root)
		return NULL;
	if (!last || last->below != root->below || last->dev != root->dev ||
	    last->ino != root->ino)
		t->root = memcpy(chunk_add(t, sizeof(*root))->bytes, root,
		    sizeof(*root));
	return t->root;
}

void
table_note(struct table *t, uint64_t n, const struct entry *known)
{
	struct row *e;

	if (!is_there(t, n) || row_at(t, n)->done)
		diag_bug("table_note: no entry without a result");
	e = row_at(t, n);
	e->algorithm = known->algorithm;
	e->kind = (unsigned char)known->kind;
	e->id = known->id;
	e->root = root_copy(t, known->root);
}

static bool
row_has_text(const struct row *e)
{
	return e->status == RESULT_ARCHIVE || e->status == RESULT_LINK;
}

int
table_set(struct table *t, uint64_t n, const struct result *r)
{
	struct row *e;

	if (!is_there(t, n))
		return -1;
	e = row_at(t, n);
	if (e->done)
		return -1;
	if (r->digestlen > sizeof(e->digest))
		diag_bug("digest of %zu bytes", r->digestlen);
	e->done = true;
	e->status = (unsigned char)r->status;
	e->code = r->code;
	e->algorithm = r->entry.algorithm;
	e->kind = (unsigned char)r->entry.kind;
	e->size = r->size;
	e->digestlen = (unsigned char)r->digestlen;
	if (row_has_text(e))
		e->text = path_copy(t, r->text, strlen(r->text));
	else
		memcpy(e->digest, r->digest, r->digestlen);
	if (t->stamped)
		*stamp_at(t, n) = (struct stamp){ r->entry.id.mtime,
		    r->entry.id.mode };
	return 0;
}

void
table_replace(struct table *t, uint64_t n, const struct result *r)
{
	if (!is_there(t, n))
		diag_bug("table_replace: no such entry");
	row_at(t, n)->done = false;
	(void)table_set(t, n, r);
}

void
table_forget(struct table *t, uint64_t n)
{
	struct chunk **link = &t->chunks, *c;

	if (n > t->count)
		diag_bug("table_forget: no such entry");
	if (n / BLOCK_ENTRIES <= t->forgotten)
		return;
	free(t->slots);
	t->slots = NULL;
	for (; t->forgotten < n / BLOCK_ENTRIES; t->forgotten++) {
		free(t->blocks[t->forgotten]);
		t->blocks[t->forgotten] = NULL;
		if (!t->stamped)
			continue;
		free(t->stamps[t->forgotten]);
		t->stamps[t->forgotten] = NULL;
	}
	/* what is before t->forgotten; the texts and paths of others stay */
	while ((c = *link)) {
		if (c->until > t->forgotten * BLOCK_ENTRIES) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		free(c);
	}
}

bool
table_get(const struct table *t, uint64_t n, struct result *r)
{
	const struct row *e;

	if (!is_there(t, n))
		diag_bug("table_get: no such entry");
	e = row_at(t, n);
	memset(r, 0, sizeof(*r));
	r->status = RESULT_LOST;
	r->entry.name = e->path;
	r->entry.len = e->len;
	r->entry.kind = (enum entry_kind)e->kind;
	r->entry.algorithm = e->algorithm;
	r->entry.root = e->root;
	r->entry.cookie = n;
	if (!e->done) {
		r->entry.id = e->id;
		return false;
	}
	r->entry.id.mtime = ENTRY_NO_TIME;
	if (t->stamped) {
		r->entry.id.mtime = stamp_at(t, n)->mtime;
		r->entry.id.mode = stamp_at(t, n)->mode;
	}
	r->code = e->code;
	r->size = e->size;
	r->status = (enum result_status)e->status;
	r->digestlen = e->digestlen;
	if (row_has_text(e))
		r->text = e->text;
	else
		memcpy(r->digest, e->digest, e->digestlen);
	return true;
}

size_t
table_count(const struct table *t)
{
	return (size_t)t->count;
}

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
