/*
 * table.h - path to result, for every file of a run.
 *
 * A hash table with open addressing over an arena. The hash is SipHash keyed
 * with random bytes (base/siphash.h), so that no choice of names can degrade
 * it. Memory: at most the path's length + 152 bytes per entry, with everything
 * counted, growth included, and 24 more with stamps; and 64 for each change of
 * root from one entry to the next. Out of memory ends the program (base/mem.h).
 */
#ifndef RECORD_TABLE_H
#define RECORD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry;
struct result;
struct table;

struct table *table_new(void);
void table_free(struct table *t);

/* From here on, entries keep their identity with their result; it has no device
 * and no inode where entries are on more than 65535 devices. There are none
 * yet. */
void table_keep_stamps(struct table *t);

/*
 * Adds a path without a result (copied). Returns its number, counted from 0 in
 * order of addition, and sets *is_new; a path that is there already keeps its
 * number. One that was recalled has a number, and is new once.
 */
uint64_t table_add(struct table *t, const char *path, size_t len, bool *is_new);

/*
 * Keeps what is known of entry number n, which has no result yet: all of e but
 * its name and cookie. The identity is kept until it has a result.
 */
void table_note(struct table *t, uint64_t n, const struct entry *known);

/*
 * What an earlier run has found of a path, which need not be there now: of old
 * the digest, size, algorithm, identity and time. Of a path that is recalled
 * twice the last counts, also one without a digest, which makes nothing known of
 * it; nor is anything of a file on a device beyond the first 1000. Stamps are kept; the path has not been added.
 */
void table_recall(struct table *t, const char *path, size_t len,
    const struct result *old);

/* Was number n added, and not only recalled? */
bool table_is_found(const struct table *t, uint64_t n);

/* Was something recalled of entry number n, which has no result and of which nothing
 * else was noted? */
bool table_is_recalled(const struct table *t, uint64_t n);

/* Fills *old with what was recalled of entry number n. False where nothing was,
 * or it is not the identity or the algorithm that was noted since, or it has its
 * result. */
bool table_get_old(const struct table *t, uint64_t n, struct result *old);

/* Sets the result of entry number n, of which only the name stays what it was.
 * 0, or -1 when there is no such entry or it has its result already (n may come
 * from outside). */
int table_set(struct table *t, uint64_t n, const struct result *r);

/* Sets the result of entry number n, which may have one. */
void table_replace(struct table *t, uint64_t n, const struct result *r);

/*
 * Entries with numbers below n are not asked for any more: what can be freed of
 * them is. Only table_get and table_count after this.
 */
void table_forget(struct table *t, uint64_t n);

/* Looks a path up; UINT64_MAX when it is not there, found or recalled. */
uint64_t table_find(const struct table *t, const char *path, size_t len);

/* Fills *r with entry n: its name points into the table, its cookie is n; of
 * one with a result the identity is zeros, its times ENTRY_NO_TIME, but for who
 * keeps stamps.
 * False when it has no result yet; status is then RESULT_LOST. */
bool table_get(const struct table *t, uint64_t n, struct result *r);

size_t table_count(const struct table *t); /* entries, with those recalled */

/*
 * Puts the entries in bytewise order of path, after which table_sorted_at(i)
 * gives the number of the i-th. The index is freed to make room: no table_add
 * and no table_find after this.
 */
void table_sort(struct table *t);
uint64_t table_sorted_at(const struct table *t, size_t i);

#endif
