/*
 * An entry of the list is stored as a struct result: its digest, and its size
 * or MOVED_NO_SIZE.
 *
 * A name's first entry and first result are rows of the sides. Two tables hold
 * the others, with a key (below) in the place of a path: `further' the entries
 * of names that are listed before with another algorithm, `again' the further
 * results. Where a file differs from an entry of `further', that entry and its
 * result replace the first ones in the sides, so that the merge deals with one
 * entry a name: the first in the order of the list that the file differs from.
 */
#include "record/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"
#include "digest/algorithm.h"
#include "record/table.h"

/* The name of a row of further or again. */
struct key {
	uint64_t number;    /* in want, for further; in have, for again */
	uint64_t place;     /* for again: of a new file, in fresh; else NONE */
	uint64_t algorithm;
};

struct compare *
compare_new(void)
{
	struct compare *c = mem_zalloc(1, sizeof(*c));

	c->want = side_new();
	c->have = side_new();
	c->further = table_new();
	c->algorithm = -1;
	return c;
}

void
compare_free(struct compare *c)
{
	if (!c)
		return;
	side_free(c->want);
	side_free(c->have);
	table_free(c->further);
	table_free(c->again);
	free(c->dropped);
	free(c->to);
	free(c->moved);
	free(c->missing.v);
	free(c->fresh.v);
	free(c);
}

/* The number of a row, which is added if it is not there. */
static uint64_t
key_add(struct table *t, uint64_t number, uint64_t place, int algorithm,
    bool *is_new)
{
	const struct key key = { number, place, (uint64_t)algorithm };

	return table_add(t, (const char *)&key, sizeof(key), is_new);
}

/* Row n: its result, if it has one, and its key. */
static bool
key_get(const struct table *t, uint64_t n, struct result *r, struct key *key)
{
	bool done = table_get(t, n, r);

	memcpy(key, r->entry.name, sizeof(*key));
	return done;
}

/* ---- what is listed ----------------------------------------------------------- */

static struct result
to_result(const struct manifest_want *want, int algorithm)
{
	struct result r = {
		.entry = { .algorithm = algorithm },
		.status = RESULT_OK,
		.size = want->has_size ? want->size : MOVED_NO_SIZE,
		.digestlen = want->digestlen,
	};

	memcpy(r.digest, want->digest, want->digestlen);
	return r;
}

static struct manifest_want
to_want(const struct result *r)
{
	struct manifest_want want = {
		.has_size = r->size != MOVED_NO_SIZE,
		.size = r->size,
		.digestlen = r->digestlen,
	};

	memcpy(want.digest, r->digest, r->digestlen);
	return want;
}

/* Do two entries of one algorithm say the same? Sizes contradict each other
 * only where both have one. */
static bool
is_same(const struct result *a, const struct result *b)
{
	return (a->size == b->size || a->size == MOVED_NO_SIZE ||
	    b->size == MOVED_NO_SIZE) && a->digestlen == b->digestlen &&
	    !memcmp(a->digest, b->digest, a->digestlen);
}

bool
compare_list(struct compare *c, const char *name, size_t len,
    const struct manifest_want *want, int algorithm)
{
	struct result r = to_result(want, algorithm), old;
	struct table *t = c->want->table;
	bool is_new;
	uint64_t n = side_add(c->want, name, len, &is_new);

	if (c->algorithm < 0)
		c->algorithm = algorithm;
	if (!is_new) {
		(void)table_get(t, n, &old);
		if (old.entry.algorithm != algorithm) {
			t = c->further;
			n = key_add(t, n, COMPARE_NONE, algorithm, &is_new);
		}
	}
	if (is_new)
		return table_set(t, n, &r) == 0;
	(void)table_get(t, n, &old);
	return is_same(&old, &r);
}

bool
compare_has_further(const struct compare *c)
{
	return table_count(c->further) > 0;
}

/* ---- what was found ----------------------------------------------------------- */

uint64_t
compare_find(struct compare *c, const char *name, size_t len,
    uint64_t *listed)
{
	struct result r;
	bool is_new;
	uint64_t n = side_add(c->have, name, len, &is_new);

	(void)table_get(c->have->table, n, &r);
	*listed = table_find(c->want->table, r.entry.name, r.entry.len);
	return is_new ? n : COMPARE_NONE;
}

void
compare_fail(struct compare *c, const struct result *r)
{
	bool is_new;
	uint64_t n = side_add(c->have, r->entry.name, r->entry.len, &is_new);

	if (is_new)
		(void)table_set(c->have->table, n, r); /* new: has none */
}

void
compare_end_walk(struct compare *c)
{
	table_sort(c->want->table);
	c->dropped = mem_zalloc(table_count(c->want->table),
	    sizeof(*c->dropped));
}

uint64_t
compare_find_listed(struct compare *c, uint64_t listed)
{
	struct result r;
	bool is_new;

	(void)table_get(c->want->table, listed, &r);
	return side_add(c->have, r.entry.name, r.entry.len, &is_new);
}

void
compare_drop(struct compare *c, uint64_t listed)
{
	c->dropped[listed] = true;
	c->counts.left_out++;
}

int
compare_algorithm(const struct compare *c, uint64_t listed)
{
	struct result want;

	if (listed == COMPARE_NONE)
		return c->algorithm < 0 ? 0 : c->algorithm;
	(void)table_get(c->want->table, listed, &want);
	return want.entry.algorithm;
}

int
compare_result(struct compare *c, const struct result *r)
{
	struct table *t = c->again ? c->again : c->have->table;

	if (table_set(t, r->entry.cookie, r) < 0)
		return -1;
	c->hashed += r->status == RESULT_OK;
	return 0;
}

/* ---- two sides, in order of name ---------------------------------------------- */

static int
compare_names(const struct result *a, const struct result *b)
{
	const struct entry *x = &a->entry, *y = &b->entry;
	int c = memcmp(x->name, y->name, x->len < y->len ? x->len : y->len);

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

/* The next name of either side: have's are those with prefix before them,
 * without it. */
static bool
next_of_any(const struct table *want, const struct table *have,
    const char *prefix, size_t len, struct compare_cursor *t)
{
	struct result w, h;
	int c = 1;

	t->want = t->have = COMPARE_NONE;
	if (t->i < table_count(want))
		t->want = table_sorted_at(want, t->i);
	if (t->j < table_count(have))
		t->have = table_sorted_at(have, t->j);
	if (t->want != COMPARE_NONE && t->have != COMPARE_NONE) {
		(void)table_get(want, t->want, &w);
		(void)table_get(have, t->have, &h);
		if (h.entry.len >= len && !memcmp(h.entry.name, prefix, len)) {
			h.entry.name += len;
			h.entry.len -= len;
			c = compare_names(&w, &h);
		}
		if (c < 0)
			t->have = COMPARE_NONE;
		else if (c > 0)
			t->want = COMPARE_NONE;
	}
	t->i += t->want != COMPARE_NONE;
	t->j += t->have != COMPARE_NONE;
	return t->want != COMPARE_NONE || t->have != COMPARE_NONE;
}

/* The next name that gets a verdict; false at the end. */
static bool
next_judged(const struct compare *c, struct compare_cursor *t)
{
	do {
		if (!next_of_any(c->want->table, c->have->table, "", 0, t))
			return false;
	} while (t->want != COMPARE_NONE && c->dropped[t->want]);
	return true;
}

size_t
compare_behind(const struct table *a, const struct table *b,
    const char *prefix, size_t len)
{
	struct compare_cursor t = { .i = 0 };
	size_t n = 0;

	while (next_of_any(a, b, prefix, len, &t))
		n += t.want != COMPARE_NONE && t.have != COMPARE_NONE;
	return n;
}

/* ---- what is hashed again ------------------------------------------------------ */

/* Asks for one more digest of number n in have, which is r; or says at once why
 * there can be none. */
static void
again_add(struct compare *c, uint64_t n, uint64_t place, struct result r,
    int algorithm)
{
	bool is_new;
	uint64_t row = key_add(c->again, n, place, algorithm, &is_new);

	r.entry.algorithm = algorithm;
	r.entry.id.size = r.size;
	table_note(c->again, row, &r.entry);
	if (algorithm < 0)
		(void)result_fail(&r, RESULT_ALGORITHM, 0);
	else if (entry_is_stream(&r.entry))
		(void)result_fail(&r, RESULT_LOST, 0); /* was read once */
	else
		return;
	(void)table_set(c->again, row, &r);
}

/* Row i of further: its entry, as a result, and its key, and what its name
 * yielded. False where that is not as the name's first entry says. */
static bool
further_get(const struct compare *c, uint64_t i, struct result *entry,
    struct key *key, struct result *found)
{
	struct manifest_want want;
	struct result first;

	(void)key_get(c->further, i, entry, key);
	if (c->to[key->number] == COMPARE_NONE || c->dropped[key->number])
		return false;
	(void)table_get(c->want->table, key->number, &first);
	(void)table_get(c->have->table, c->to[key->number], found);
	want = to_want(&first);
	return verdict_audit(&want, found) == VERDICT_OK;
}

static void
again_add_further(struct compare *c)
{
	struct result entry, found;
	struct key key;
	uint64_t i;

	for (i = 0; i < table_count(c->further); i++)
		if (further_get(c, i, &entry, &key, &found))
			again_add(c, c->to[key.number], COMPARE_NONE, found,
			    entry.entry.algorithm);
}

/* A new file has a digest of c->algorithm; it may be a missing file that is
 * listed with another one. */
static void
again_add_fresh(struct compare *c)
{
	bool wanted[ALGORITHMS_MAX] = { false };
	struct result r;
	int algorithm;
	size_t i;

	for (i = 0; i < c->missing.n; i++)
		if (c->missing.v[i].algorithm >= 0)
			wanted[c->missing.v[i].algorithm] = true;
	wanted[compare_algorithm(c, COMPARE_NONE)] = false;
	moved_sort(&c->missing);
	for (algorithm = 0; algorithm < ALGORITHMS_MAX; algorithm++)
		for (i = 0; wanted[algorithm] && i < c->fresh.n; i++) {
			const struct moved_file *f = &c->fresh.v[i];

			(void)table_get(c->have->table, f->number, &r);
			if (moved_has(&c->missing, algorithm, f->size))
				again_add(c, f->number, f->place, r,
				    algorithm);
		}
}

void
compare_end(struct compare *c)
{
	size_t n = table_count(c->want->table), i;
	struct compare_cursor t = { .i = 0 };
	struct result r;

	table_sort(c->have->table);
	c->to = mem_zalloc(n, sizeof(*c->to));
	for (i = 0; i < n; i++)
		c->to[i] = COMPARE_NONE;
	c->moved = mem_zalloc(table_count(c->have->table), sizeof(*c->moved));
	c->again = table_new();
	while (next_judged(c, &t)) {
		if (t.have == COMPARE_NONE) {
			(void)table_get(c->want->table, t.want, &r);
			if (r.digestlen)
				moved_add(&c->missing, t.want, t.i, &r);
		} else if (t.want != COMPARE_NONE) {
			c->to[t.want] = t.have;
			c->met = true;
		} else if (table_get(c->have->table, t.have, &r) &&
		    r.status == RESULT_OK) {
			moved_add(&c->fresh, t.have, t.j, &r);
		}
	}
	again_add_fresh(c);
	again_add_further(c);
}

bool
compare_again(const struct compare *c, uint64_t *at, struct entry *e)
{
	struct result r, file;
	struct key key;

	while (*at < table_count(c->again)) {
		if (key_get(c->again, (*at)++, &r, &key))
			continue; /* it has its result already */
		/* as it was opened: its root is a part of this name */
		(void)side_get(c->have, key.number, &file);
		*e = r.entry;
		e->name = file.entry.name;
		e->len = file.entry.len;
		return true;
	}
	return false;
}

/* ---- verdicts ------------------------------------------------------------------ */

/* Adds the further digests of new files, where there are any, and pairs. */
static void
judge_fresh(struct compare *c)
{
	struct result r;
	struct key key;
	uint64_t i;

	for (i = 0; i < table_count(c->again); i++)
		if (key_get(c->again, i, &r, &key) &&
		    key.place != COMPARE_NONE && r.status == RESULT_OK)
			moved_add(&c->fresh, key.number, key.place, &r);
	moved_pair(&c->missing, &c->fresh, c->to, c->moved);
}

/* Where a file is as its name's first entry says, puts the first of the further
 * entries that it differs from in the place of that. */
static void
judge_further(struct compare *c)
{
	struct result entry, found, again;
	struct manifest_want want;
	struct key key;
	bool is_new;
	uint64_t i, to;

	for (i = 0; i < table_count(c->further); i++) {
		if (!further_get(c, i, &entry, &key, &found))
			continue;
		to = c->to[key.number];
		/* it was added when it was asked for */
		(void)table_get(c->again, key_add(c->again, to, COMPARE_NONE,
		    entry.entry.algorithm, &is_new), &again);
		want = to_want(&entry);
		if (verdict_audit(&want, &again) == VERDICT_OK)
			continue;
		table_replace(c->want->table, key.number, &entry);
		table_replace(c->have->table, to, &again);
	}
}

/* Fills *v, but for the verdict unless it is MOVED, for a name that is listed;
 * where there is a result, *v is filled for that. */
static void
fill_listed(const struct compare *c, uint64_t n, struct compare_verdict *v)
{
	struct verdict_line *line = &v->line;
	struct result w;

	(void)side_get(c->want, n, &w);
	if (line->found && c->moved[c->to[n]]) {
		line->verdict = VERDICT_MOVED;
		line->old = w.entry.name;
		line->oldlen = w.entry.len;
		return;
	}
	line->name = w.entry.name;
	line->len = w.entry.len;
	v->want = to_want(&w);
	line->want = &v->want;
	v->algorithm = w.entry.algorithm;
}

bool
compare_next(const struct compare *c, struct compare_cursor *t,
    struct compare_verdict *v)
{
	struct verdict_line *line = &v->line;
	bool listed;
	uint64_t have;

	do {
		if (!next_judged(c, t))
			return false;
	} while (t->want == COMPARE_NONE && c->moved[t->have]);
	memset(v, 0, sizeof(*v));
	listed = t->want != COMPARE_NONE;
	have = listed ? c->to[t->want] : t->have;
	if (have != COMPARE_NONE) {
		(void)side_get(c->have, have, &v->found);
		line->found = &v->found;
		line->name = v->found.entry.name;
		line->len = v->found.entry.len;
	}
	if (listed)
		fill_listed(c, t->want, v);
	if (!line->old)
		line->verdict = verdict_audit(line->want, line->found);
	return true;
}

void
compare_judge(struct compare *c)
{
	struct compare_cursor t = { .i = 0 };
	struct compare_verdict v;

	judge_further(c); /* first: moved_pair sets to of missing names too */
	judge_fresh(c);
	while (compare_next(c, &t, &v))
		(t.want != COMPARE_NONE ? c->counts.listed :
		    c->counts.found)[v.line.verdict]++;
}

bool
compare_file(const struct compare *c, struct compare_cursor *t,
    struct result *r)
{
	struct result listed;

	do {
		if (!next_judged(c, t))
			return false;
	} while (t->have == COMPARE_NONE || !side_get(c->have, t->have, r) ||
	    r->status != RESULT_OK); /* vanished, or no file any more */
	if (t->want != COMPARE_NONE) {
		(void)side_get(c->want, t->want, &listed);
		r->entry.name = listed.entry.name;
		r->entry.len = listed.entry.len;
	}
	return true;
}
