/*
 * Three stores, none of which is copied when it grows, but for the first block,
 * which begins small, as there may be thousands of tables of a few entries:
 *
 *   rows      blocks of ROWS_BLOCK; number n is in block n / ROWS_BLOCK
 *   paths     an arena of chunks, each path with a NUL behind it
 *   slots     the index, 8 bytes each; rebuilt from the rows when it doubles,
 *             after the old one has been freed
 *
 * A row is 112 bytes, 136 with a stamp, its path costs one more, and at the worst
 * moment, just after it has doubled, the index has 8/3 slots for an entry, 21
 * bytes; the sort needs up to 28 when the index is gone. That makes at most 141,
 * or 165, and leaves 11 for the overhead of malloc(3). A root is a chunk of the
 * arena.
 */
#include "record/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "record/rows.h"

#define FIRST_ENTRIES 16
#define CHUNK_SIZE ((size_t)256 << 10)
#define FIRST_CHUNK ((size_t)1 << 10) /* each is twice the one before */
#define FIRST_SLOTS 32

/*
 * A slot is 0 when free, else an entry's number + 1 in the low bits and the
 * top bits of its hash above them, so that the entry of another path is hardly
 * ever read. The low bits of the hash say where the slot is.
 */
#define NUMBER_BITS 40
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

struct chunk {
	struct chunk *next;
	uint64_t until; /* no entry from this number on has anything in it */
	_Alignas(struct entry_root) char bytes[];
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
	free(t->roots);
	free(t->devs);
	free(t);
}

void
table_keep_stamps(struct table *t)
{
	if (t->count)
		diag_bug("table_keep_stamps: there are entries");
	t->stamped = true;
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

static uint32_t
hash_of(const struct table *t, const char *path, size_t len)
{
	return (uint32_t)siphash(&t->key, path, len);
}

/* What a slot has above its number. */
static uint64_t
slot_tag(uint32_t hash)
{
	return (uint64_t)hash << 32 & ~NUMBER_MASK;
}

/* The slot of a path, or the free one where it would go. */
static uint64_t *
slot_of(const struct table *t, uint32_t hash, const char *path, size_t len)
{
	const struct row *e;
	uint64_t slot;
	size_t i;

	for (i = hash & t->mask; (slot = t->slots[i]); i = (i + 1) & t->mask) {
		if ((slot ^ slot_tag(hash)) >> NUMBER_BITS)
			continue;
		e = row_at(t, (slot & NUMBER_MASK) - 1);
		if (e->hash == hash && e->len == len &&
		    !memcmp(e->path, path, len))
			break;
	}
	return &t->slots[i];
}

static uint64_t
slot_value(uint32_t hash, uint64_t number)
{
	return slot_tag(hash) | (number + 1);
}

static void
grow_slots(struct table *t)
{
	size_t n = (t->mask + 1) * 2;
	uint32_t hash;
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
	return n < t->count && n / ROWS_BLOCK >= t->forgotten;
}

/* Of number n; they are kept. */
static struct stamp *
stamp_at(const struct table *t, uint64_t n)
{
	return &t->stamps[n / ROWS_BLOCK][n % ROWS_BLOCK];
}

/* Another block, or, of the first one, twice as much of it. */
static void
blocks_grow(struct table *t)
{
	size_t n = ROWS_BLOCK, last;

	if (t->room < ROWS_BLOCK)
		n = t->room ? 2 * t->room : FIRST_ENTRIES;
	if (!t->room || t->room >= ROWS_BLOCK) {
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
	t->room = last * ROWS_BLOCK + n;
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

/* ---- identities --------------------------------------------------------------- */

/* A list may name any number of devices, each of which is searched for. */
#define RECALLED_DEVICES 1000

/* The number + 1 of a device; 0 where it is not one of the first max. */
static uint16_t
dev_number(struct table *t, uint64_t dev, size_t max)
{
	size_t i = t->dev;

	if (i < t->ndevs && t->devs[i] == dev)
		return (uint16_t)(i + 1);
	for (i = 0; i < t->ndevs && t->devs[i] != dev; i++)
		;
	if (i >= max)
		return 0;
	if (i == t->ndevs) {
		t->devs = mem_grow(t->devs, &t->devs_cap, i + 1,
		    sizeof(*t->devs));
		t->devs[t->ndevs++] = dev;
	}
	t->dev = i;
	return (uint16_t)(i + 1);
}

/* Keeps all of the identity of number n but its size. */
static void
stamp_set(struct table *t, uint64_t n, const struct entry_identity *id,
    size_t max_devs)
{
	struct row *e = row_at(t, n);

	e->mode = (uint16_t)id->mode;
	e->dev = dev_number(t, id->dev, max_devs);
	*stamp_at(t, n) = (struct stamp){ id->ino, id->mtime, id->ctime };
}

static struct entry_identity
stamp_get(const struct table *t, uint64_t n)
{
	const struct row *e = row_at(t, n);
	const struct stamp *s = stamp_at(t, n);
	struct entry_identity id = { .size = e->size, .mode = e->mode,
		.mtime = s->mtime, .ctime = s->ctime };

	if (e->dev) {
		id.dev = t->devs[e->dev - 1];
		id.ino = s->ino;
	}
	return id;
}

/* ---- entries --------------------------------------------------------------------- */

/* The number of a path that is there, or is added now, without a result. */
static uint64_t
row_of(struct table *t, const char *path, size_t len)
{
	static const struct entry_identity nothing;
	uint64_t *slot;
	uint32_t hash;
	struct row *e;

	if (!t->slots)
		diag_bug("table_add after table_sort or table_forget");
	if (len > UINT32_MAX)
		diag_die("a name of more than 4 GiB");
	/* three quarters full is full */
	if (t->count / 3 >= (t->mask + 1) / 4)
		grow_slots(t);
	hash = hash_of(t, path, len);
	slot = slot_of(t, hash, path, len);
	if (*slot)
		return (*slot & NUMBER_MASK) - 1;
	e = row_add(t);
	e->path = path_copy(t, path, len);
	e->len = (uint32_t)len;
	e->hash = hash;
	e->algorithm = 0;
	e->kind = ENTRY_FOUND;
	e->done = e->found = e->old = false;
	e->root = 0;
	e->given = 0;
	e->size = 0;
	if (t->stamped)
		stamp_set(t, t->count - 1, &nothing, 0);
	else
		e->id = nothing;
	*slot = slot_value(hash, t->count - 1);
	return t->count - 1;
}

uint64_t
table_add(struct table *t, const char *path, size_t len, bool *is_new)
{
	uint64_t n = row_of(t, path, len);
	struct row *e = row_at(t, n);

	*is_new = !e->found;
	e->found = true;
	return n;
}

bool
table_is_found(const struct table *t, uint64_t n)
{
	return row_at(t, n)->found;
}

uint64_t
table_find(const struct table *t, const char *path, size_t len)
{
	uint64_t slot;

	if (!t->slots)
		diag_bug("table_find after table_sort or table_forget");
	slot = *slot_of(t, hash_of(t, path, len), path, len);
	return slot ? (slot & NUMBER_MASK) - 1 : UINT64_MAX;
}

/* The number + 1 of root; 0 for none. Files that are added one after the other
 * mostly have the same root, so it is compared with the last one only. */
static uint32_t
root_copy(struct table *t, const struct entry_root *root)
{
	const struct entry_root *last =
	    t->nroots ? t->roots[t->nroots - 1] : NULL;

	if (!root)
		return 0;
	if (last && last->below == root->below && last->dev == root->dev &&
	    last->ino == root->ino)
		return (uint32_t)t->nroots;
	if (t->nroots == UINT32_MAX)
		diag_die("too many operands");
	t->roots = mem_grow(t->roots, &t->roots_cap, t->nroots + 1,
	    sizeof(*t->roots));
	t->roots[t->nroots++] = memcpy(chunk_add(t, sizeof(*root))->bytes, root,
	    sizeof(*root));
	return (uint32_t)t->nroots;
}

/* Is that what was recalled of number n? */
static bool
is_same(const struct table *t, uint64_t n, const struct entry *known)
{
	struct entry_identity old = stamp_get(t, n);

	return row_at(t, n)->dev && entry_is_same(&old, &known->id) &&
	    row_at(t, n)->algorithm == known->algorithm;
}

void
table_note(struct table *t, uint64_t n, const struct entry *known)
{
	struct row *e;

	if (!is_there(t, n) || row_at(t, n)->done)
		diag_bug("table_note: no entry without a result");
	e = row_at(t, n);
	e->kind = (unsigned char)known->kind;
	e->root = root_copy(t, known->root);
	if (!t->stamped) {
		e->algorithm = (int16_t)known->algorithm;
		e->id = known->id;
		return;
	}
	e->old = e->old && is_same(t, n, known);
	e->algorithm = (int16_t)known->algorithm;
	e->size = known->id.size;
	stamp_set(t, n, &known->id, UINT16_MAX);
}

static bool
row_has_text(const struct row *e)
{
	return e->status == RESULT_ARCHIVE || e->status == RESULT_LINK;
}

static void
row_set_digest(struct row *e, const struct result *r)
{
	if (r->digestlen > sizeof(e->digest))
		diag_bug("digest of %zu bytes", r->digestlen);
	e->algorithm = (int16_t)r->entry.algorithm;
	e->size = r->size;
	e->given = r->entry.given > 0 && r->entry.given <= UINT32_MAX ?
	    (uint32_t)r->entry.given : 0;
	e->digestlen = (unsigned char)r->digestlen;
	memcpy(e->digest, r->digest, r->digestlen);
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
	e->done = true;
	e->old = false;
	e->status = (unsigned char)r->status;
	e->code = r->code;
	e->kind = (unsigned char)r->entry.kind;
	row_set_digest(e, r);
	if (row_has_text(e))
		e->text = path_copy(t, r->text, strlen(r->text));
	if (t->stamped)
		stamp_set(t, n, &r->entry.id, UINT16_MAX);
	return 0;
}

void
table_recall(struct table *t, const char *path, size_t len,
    const struct result *old)
{
	uint64_t n = row_of(t, path, len);
	struct row *e = row_at(t, n);

	if (!t->stamped || e->found)
		diag_bug("table_recall: not before it is found");
	e->old = old->digestlen > 0;
	e->status = RESULT_OK;
	row_set_digest(e, old);
	stamp_set(t, n, &old->entry.id, RECALLED_DEVICES);
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
	if (n / ROWS_BLOCK <= t->forgotten)
		return;
	free(t->slots);
	t->slots = NULL;
	for (; t->forgotten < n / ROWS_BLOCK; t->forgotten++) {
		free(t->blocks[t->forgotten]);
		t->blocks[t->forgotten] = NULL;
		if (!t->stamped)
			continue;
		free(t->stamps[t->forgotten]);
		t->stamps[t->forgotten] = NULL;
	}
	/* what is before t->forgotten; the texts and paths of others stay */
	while ((c = *link)) {
		if (c->until > t->forgotten * ROWS_BLOCK) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		free(c);
	}
}

/* All that is kept of number n, whose digest is there. */
static void
row_get_digest(const struct row *e, struct result *r)
{
	r->size = e->size;
	r->entry.given = e->given;
	r->status = (enum result_status)e->status;
	r->digestlen = e->digestlen;
	if (row_has_text(e))
		r->text = e->text;
	else
		memcpy(r->digest, e->digest, e->digestlen);
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
	r->entry.root = e->root ? t->roots[e->root - 1] : NULL;
	r->entry.cookie = n;
	if (t->stamped)
		r->entry.id = stamp_get(t, n);
	else if (e->done)
		r->entry.id.mtime = r->entry.id.ctime = ENTRY_NO_TIME;
	else
		r->entry.id = e->id;
	if (!e->done)
		return false;
	r->code = e->code;
	row_get_digest(e, r);
	return true;
}

bool
table_is_recalled(const struct table *t, uint64_t n)
{
	return row_at(t, n)->old;
}

bool
table_get_old(const struct table *t, uint64_t n, struct result *old)
{
	if (table_get(t, n, old) || !row_at(t, n)->old)
		return false;
	row_get_digest(row_at(t, n), old);
	return true;
}

size_t
table_count(const struct table *t)
{
	return (size_t)t->count;
}
