/* Path to result, and the paths in order. */
#include "record/table.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hasher/result.h"

static uint32_t seed;

static uint32_t
random_below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static uint64_t
add(struct table *t, const char *path, size_t len)
{
	bool is_new;

	return table_add(t, path, len, &is_new);
}

/* The i-th path of a tree of directories; returns its length. */
static size_t
tree_path(char path[64], unsigned i)
{
	return (size_t)snprintf(path, 64, "usr/src/linux/d%u/file-%u.c",
	    i / 37, i);
}

static void
test_numbers_count_from_0(void **state)
{
	struct table *t = table_new();
	bool is_new = false;

	(void)state;
	assert_int_equal(table_add(t, "b", 1, &is_new), 0);
	assert_true(is_new);
	assert_int_equal(table_add(t, "a", 1, &is_new), 1);
	assert_true(is_new);
	assert_int_equal(table_count(t), 2);
	table_free(t);
}

static void
test_a_path_twice_keeps_its_number(void **state)
{
	struct table *t = table_new();
	bool is_new = true;

	(void)state;
	add(t, "b", 1);
	add(t, "a", 1);
	assert_int_equal(table_add(t, "b", 1, &is_new), 0);
	assert_false(is_new);
	assert_int_equal(table_count(t), 2);
	table_free(t);
}

static void
test_length_counts_not_nul(void **state)
{
	struct table *t = table_new();

	(void)state;
	assert_int_equal(add(t, "", 0), 0);
	assert_int_equal(add(t, "abc", 2), 1);
	assert_int_equal(add(t, "ab", 2), 1);
	assert_int_equal(add(t, "ab\0c", 4), 2);
	assert_int_equal(add(t, "", 0), 0);
	table_free(t);
}

static void
test_find_in_a_table_that_has_grown(void **state)
{
	struct table *t = table_new();
	char path[64];
	size_t len;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		len = tree_path(path, i);
		assert_int_equal(add(t, path, len), i);
	}
	for (unsigned i = 0; i < 20000; i++) {
		len = tree_path(path, i);
		assert_int_equal(table_find(t, path, len), i);
	}
	assert_true(table_find(t, path, len - 1) == UINT64_MAX);
	assert_true(table_find(t, "", 0) == UINT64_MAX);
	table_free(t);
}

static void
test_a_result_comes_back(void **state)
{
	struct table *t = table_new();
	struct result r = { .status = RESULT_OK, .size = UINT64_MAX - 1,
		.entry.cookie = 99, .digestlen = 64 }, got;

	(void)state;
	for (size_t i = 0; i < sizeof(r.digest); i++)
		r.digest[i] = (unsigned char)(i + 1);
	add(t, "x", 1);
	add(t, "a/b", 3);
	assert_int_equal(table_set(t, 1, &r), 0);
	memset(&got, 0xee, sizeof(got));
	assert_true(table_get(t, 1, &got));
	assert_int_equal(got.status, RESULT_OK);
	assert_int_equal(got.code, 0);
	assert_true(got.size == UINT64_MAX - 1);
	assert_int_equal(got.entry.cookie, 1);
	assert_string_equal(got.entry.name, "a/b");
	assert_int_equal(got.entry.len, 3);
	assert_int_equal(got.digestlen, 64);
	assert_memory_equal(got.digest, r.digest, 64);
	table_free(t);
}

static void
test_a_failure_comes_back(void **state)
{
	struct table *t = table_new();
	struct result r = { .status = RESULT_DIED, .code = -9 }, got;

	(void)state;
	add(t, "x", 1);
	assert_int_equal(table_set(t, 0, &r), 0);
	assert_true(table_get(t, 0, &got));
	assert_int_equal(got.status, RESULT_DIED);
	assert_int_equal(got.code, -9);
	assert_int_equal(got.digestlen, 0);
	table_free(t);
}

static void
test_no_result_yet(void **state)
{
	struct table *t = table_new();
	struct result got;

	(void)state;
	add(t, "x", 1);
	memset(&got, 0xee, sizeof(got));
	assert_false(table_get(t, 0, &got));
	assert_int_equal(got.status, RESULT_LOST);
	assert_string_equal(got.entry.name, "x");
	assert_int_equal(got.entry.len, 1);
	assert_int_equal(got.digestlen, 0);
	table_free(t);
}

static void
test_set_refuses_what_is_not_there(void **state)
{
	struct table *t = table_new();
	struct result r = { .status = RESULT_OK };

	(void)state;
	assert_int_equal(table_set(t, 0, &r), -1);
	add(t, "x", 1);
	assert_int_equal(table_set(t, 1, &r), -1);
	assert_int_equal(table_set(t, UINT64_MAX, &r), -1);
	table_free(t);
}

static void
test_set_refuses_a_second_result(void **state)
{
	struct table *t = table_new();
	struct result r = { .status = RESULT_OPEN, .code = 2 }, got;

	(void)state;
	add(t, "x", 1);
	assert_int_equal(table_set(t, 0, &r), 0);
	r.code = 13;
	assert_int_equal(table_set(t, 0, &r), -1);
	assert_true(table_get(t, 0, &got));
	assert_int_equal(got.code, 2);
	table_replace(t, 0, &r);
	assert_true(table_get(t, 0, &got));
	assert_int_equal(got.code, 13);
	table_free(t);
}

static void
test_note_is_there_until_the_result(void **state)
{
	struct table *t = table_new();
	struct result r = { .status = RESULT_OK, .code = 1, .size = 7,
	    .entry = { .kind = ENTRY_NAMED, .algorithm = 3 } }, got;
	const struct entry known = { .name = "y", .kind = ENTRY_LINKED,
	    .algorithm = 5, .cookie = 9, .id = { 1, 2, UINT64_C(1) << 40, 4, 5,
	    6 } };

	(void)state;
	add(t, "x", 1);
	assert_false(table_get(t, 0, &got));
	assert_int_equal(got.entry.id.size, 0);
	assert_int_equal(got.entry.algorithm, 0);
	table_note(t, 0, &known);
	assert_false(table_get(t, 0, &got));
	assert_int_equal(got.status, RESULT_LOST);
	assert_string_equal(got.entry.name, "x");
	assert_int_equal(got.entry.cookie, 0);
	assert_int_equal(got.entry.kind, ENTRY_LINKED);
	assert_int_equal(got.entry.algorithm, 5);
	assert_memory_equal(&got.entry.id, &known.id, sizeof(known.id));
	assert_int_equal(table_set(t, 0, &r), 0);
	assert_true(table_get(t, 0, &got));
	assert_int_equal(got.size, 7);
	assert_int_equal(got.code, 1);
	assert_int_equal(got.entry.kind, ENTRY_NAMED);
	assert_int_equal(got.entry.algorithm, 3);
	table_free(t);
}

static void
test_stamps(void **state)
{
	struct table *t = table_new();
	struct result r = { .status = RESULT_OK,
	    .entry.id = { .mode = 0100640, .mtime = -3, .ctime = 11, .dev = 12,
	    .ino = 13 } }, back;
	unsigned i;
	char path[64];

	(void)state;
	table_keep_stamps(t);
	for (i = 0; i < 10000; i++) {
		uint64_t n = add(t, path, tree_path(path, i));

		r.entry.id.mtime = (int64_t)i - 3;
		assert_int_equal(table_set(t, n, &r), 0);
	}
	for (i = 0; i < 10000; i++) {
		assert_true(table_get(t, i, &back));
		assert_true(back.entry.id.mtime == (int64_t)i - 3);
		assert_int_equal(back.entry.id.mode, 0100640);
		assert_int_equal(back.entry.id.ctime, 11);
		assert_int_equal(back.entry.id.dev, 12);
		assert_int_equal(back.entry.id.ino, 13);
	}
	r.entry.id.mode = 0100600;
	table_replace(t, 5, &r);
	assert_true(table_get(t, 5, &back));
	assert_int_equal(back.entry.id.mode, 0100600);
	table_free(t);
	t = table_new();
	(void)add(t, "a", 1);
	assert_int_equal(table_set(t, 0, &r), 0);
	assert_true(table_get(t, 0, &back));
	assert_int_equal(back.entry.id.mode, 0);
	assert_true(back.entry.id.mtime == ENTRY_NO_TIME);
	assert_true(back.entry.id.ctime == ENTRY_NO_TIME);
	assert_int_equal(back.entry.id.ino, 0);
	table_free(t);
}

static const struct entry_identity file_id = { .dev = 3, .ino = 4, .size = 5,
	.mtime = -6, .ctime = 7, .mode = 0100644 };

/* Recalls path with a digest of that byte. */
static void
recall(struct table *t, const char *path, unsigned char digest)
{
	struct result old = { .size = 5, .digestlen = 2,
		.digest = { digest, digest },
		.entry = { .algorithm = 2, .given = 1000, .id = file_id } };

	table_recall(t, path, strlen(path), &old);
}

static void
test_recall(void **state)
{
	struct table *t = table_new();
	struct entry e = { .algorithm = 2, .kind = ENTRY_NAMED, .id = file_id };
	struct result r = { .status = RESULT_OK, .digestlen = 2, .size = 5,
		.digest = { 9, 9 }, .entry = { .given = 2000, .id = file_id } };
	bool is_new;

	(void)state;
	table_keep_stamps(t);
	recall(t, "a", 1);
	recall(t, "b", 2);
	recall(t, "a", 3);
	assert_int_equal(table_count(t), 2);
	assert_int_equal(table_find(t, "b", 1), 1);
	assert_false(table_is_found(t, 0));
	assert_int_equal(table_add(t, "a", 1, &is_new), 0);
	assert_true(is_new);
	assert_true(table_is_found(t, 0));
	assert_int_equal(table_add(t, "a", 1, &is_new), 0);
	assert_false(is_new);

	table_note(t, 0, &e);
	assert_true(table_get_old(t, 0, &r));
	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(r.entry.kind, ENTRY_NAMED);
	assert_int_equal(r.entry.algorithm, 2);
	assert_int_equal(r.entry.given, 1000);
	assert_int_equal(r.size, 5);
	assert_int_equal(r.digestlen, 2);
	assert_int_equal(r.digest[1], 3);
	assert_true(entry_is_same(&r.entry.id, &file_id));
	assert_false(table_get(t, 0, &r));
	assert_int_equal(r.status, RESULT_LOST);
	assert_true(entry_is_same(&r.entry.id, &file_id));

	r.status = RESULT_OK;
	r.entry.given = 2000;
	assert_int_equal(table_set(t, 0, &r), 0);
	assert_false(table_get_old(t, 0, &r));
	assert_true(table_get(t, 0, &r));
	assert_int_equal(r.entry.given, 2000);
	table_free(t);
}

/* Each part of what is noted may differ from what was recalled. */
static void
test_recall_of_another_file(void **state)
{
	struct entry_identity ids[5] = { file_id, file_id, file_id, file_id,
	    file_id };
	struct entry e = { .algorithm = 2 };
	struct result old;
	struct table *t;
	bool is_new;
	size_t i;

	(void)state;
	ids[0].dev++;
	ids[1].ino++;
	ids[2].size++;
	ids[3].mtime++;
	ids[4].ctime++;
	for (i = 0; i < 7; i++) {
		t = table_new();
		table_keep_stamps(t);
		recall(t, "a", 1);
		(void)table_add(t, "a", 1, &is_new);
		e.id = i < 5 ? ids[i] : file_id;
		e.algorithm = i == 5 ? 1 : 2;
		table_note(t, 0, &e);
		assert_int_equal(table_get_old(t, 0, &old), i == 6);
		/* what was another file once stays one */
		e.id = file_id;
		e.algorithm = 2;
		table_note(t, 0, &e);
		assert_int_equal(table_get_old(t, 0, &old), i == 6);
		table_free(t);
	}
}

/* Of a file on one of many devices that a list names nothing is known. */
static void
test_recalled_devices(void **state)
{
	struct table *t = table_new();
	struct result old = { .size = 5, .digestlen = 2,
		.entry = { .algorithm = 2, .given = 1000, .id = file_id } };
	struct entry e = { .algorithm = 2, .id = file_id };
	char path[64];
	bool is_new;
	size_t len;

	(void)state;
	table_keep_stamps(t);
	for (unsigned i = 0; i < 1002; i++) {
		len = tree_path(path, i);
		old.entry.id.dev = i;
		table_recall(t, path, len, &old);
	}
	for (unsigned i = 0; i < 1002; i++) {
		len = tree_path(path, i);
		(void)table_add(t, path, len, &is_new);
		e.id.dev = i;
		table_note(t, i, &e);
		assert_int_equal(table_get_old(t, i, &old), i < 1000);
	}
	table_free(t);
}

/* With too many devices some are not known, and no file on them is another's. */
static void
test_devices(void **state)
{
	struct table *t = table_new();
	struct entry e = { .id = file_id };
	struct result r;
	char path[64];
	bool is_new;
	uint64_t n, i;

	(void)state;
	table_keep_stamps(t);
	for (i = 0; i < 65600; i++) {
		n = table_add(t, path, tree_path(path, (unsigned)i), &is_new);
		e.id.dev = i;
		table_note(t, n, &e);
	}
	for (i = 0; i < 65600; i++) {
		(void)table_get(t, i, &r);
		assert_int_equal(r.entry.id.dev, i < 65535 ? i : 0);
		assert_int_equal(r.entry.id.ino, i < 65535 ? file_id.ino : 0);
	}
	table_free(t);
}

static size_t
allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Goes through 20,000 entries, some of them with long names, as those behind are
 * forgotten, and freed. */
static void
test_forget(void **state)
{
	static char longer[20000];
	struct table *t = table_new();
	struct result r = { .status = RESULT_LINK, .text = "text" }, back;
	size_t before, after;
	char path[64];
	unsigned i;

	(void)state;
	table_keep_stamps(t);
	memset(longer, 'x', sizeof(longer));
	for (i = 0; i < 20000; i++) {
		uint64_t n;

		(void)snprintf(longer, sizeof(longer), "%u", i);
		longer[strlen(longer)] = 'x';
		n = i % 100 ? add(t, path, tree_path(path, i)) :
		    add(t, longer, sizeof(longer));
		assert_int_equal(n, i);
		assert_int_equal(table_set(t, n, &r), 0);
	}
	/* the texts of early ones may be anywhere behind */
	r.text = "another";
	table_replace(t, 3, &r);
	before = allocated();
	for (i = 0; i < 20000; i++) {
		table_forget(t, i);
		if (i == 10000) {
			/* the names, the blocks of rows and of stamps that
			 * have no more, and the index: 3.2 MB */
			after = allocated();
			assert_true(!before || (before > after &&
			    before - after > 2900000));
		}
		assert_true(table_get(t, i, &back));
		assert_string_equal(back.text, i == 3 ? "another" : "text");
		assert_int_equal(back.entry.len, i % 100 ?
		    tree_path(path, i) : sizeof(longer));
		if (i % 100)
			assert_memory_equal(back.entry.name, path,
			    back.entry.len);
	}
	table_forget(t, 20000);
	assert_int_equal(table_count(t), 20000);
	table_free(t);
}

/* Roots differ by any of their three members, and stay with their entries. */
static void
test_roots_stay_beside_results(void **state)
{
	static const struct entry_root roots[] = { { 3, 5, 7 }, { 3, 5, 7 },
	    { 3, 5, 8 }, { 3, 6, 8 }, { 4, 6, 8 }, { 3, 5, 7 } };
	enum { N = sizeof(roots) / sizeof(roots[0]) };
	const struct result r = { .status = RESULT_OK };
	struct table *t = table_new();
	struct entry_root gone;
	struct result got;
	char name[2] = "a";
	uint64_t i;

	(void)state;
	for (i = 0; i < N; i++, name[0]++) {
		const struct entry known = { .root = &gone };

		add(t, name, 1);
		gone = roots[i]; /* it is copied */
		table_note(t, i, &known);
	}
	memset(&gone, 0, sizeof(gone));
	for (i = 0; i < N; i++) {
		assert_false(table_get(t, i, &got));
		assert_memory_equal(got.entry.root, &roots[i],
		    sizeof(roots[i]));
		assert_int_equal(table_set(t, i, &r), 0);
		assert_true(table_get(t, i, &got));
		assert_memory_equal(got.entry.root, &roots[i],
		    sizeof(roots[i]));
	}
	table_free(t);
}

static void
test_paths_stay_where_they_are(void **state)
{
	struct table *t = table_new();
	char path[64];
	struct result first, again;

	(void)state;
	add(t, "first", 5);
	table_get(t, 0, &first);
	for (unsigned i = 0; i < 20000; i++)
		add(t, path, tree_path(path, i));
	table_get(t, 0, &again);
	assert_ptr_equal(first.entry.name, again.entry.name);
	assert_string_equal(first.entry.name, "first");
	table_free(t);
}

/* Every entry once, and each smaller than the next. */
static void
check_order(struct table *t)
{
	size_t n = table_count(t), len;
	unsigned char *seen = calloc(n + 1, 1);
	struct result a, b;
	uint64_t number;
	int c;

	assert_non_null(seen);
	table_sort(t);
	for (size_t i = 0; i < n; i++) {
		number = table_sorted_at(t, i);
		assert_true(number < n);
		assert_false(seen[number]++);
		table_get(t, number, &b);
		if (i > 0) {
			len = a.entry.len < b.entry.len ? a.entry.len : b.entry.len;
			c = memcmp(a.entry.name, b.entry.name, len);
			assert_true(c < 0 || (!c && a.entry.len < b.entry.len));
		}
		a = b;
	}
	free(seen);
}

static void
test_sort_of_none_and_one(void **state)
{
	struct table *t = table_new();

	(void)state;
	check_order(t);
	table_free(t);
	t = table_new();
	add(t, "x", 1);
	check_order(t);
	assert_int_equal(table_sorted_at(t, 0), 0);
	table_free(t);
}

static void
test_sort_is_bytewise(void **state)
{
	static const char *const paths[] = { "\377", "a/b", "a", "a.b", "a b",
		"A", "", "\001", "a0", "aaaaaaaaaaaaaaaa", "aaaaaaaa" };
	static const unsigned want[] = { 6, 7, 5, 2, 4, 3, 1, 8, 10, 9, 0 };
	struct table *t = table_new();

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		add(t, paths[i], strlen(paths[i]));
	table_sort(t);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		assert_int_equal(table_sorted_at(t, i), want[i]);
	table_free(t);
}

static void
test_sort_of_a_tree_in_order_and_in_reverse(void **state)
{
	struct table *t = table_new();
	char path[64];

	(void)state;
	for (unsigned i = 0; i < 10000; i++)
		add(t, path, tree_path(path, i));
	check_order(t);
	table_free(t);
	t = table_new();
	for (unsigned i = 10000; i-- > 0; )
		add(t, path, tree_path(path, i));
	check_order(t);
	table_free(t);
}

/* Few different bytes, so that many begin with the same or are the beginning
 * of another; NUL and bytes above 127 are among them. */
static void
test_sort_of_random_paths(void **state)
{
	static const char set[] = { 'a', 'b', '/', '\0', '\177', '\200' };
	char path[40];

	(void)state;
	seed = 1;
	for (uint32_t kinds = 1; kinds <= sizeof(set); kinds++) {
		struct table *t = table_new();

		for (int i = 0; i < 4000; i++) {
			size_t len = random_below(sizeof(path) + 1);

			for (size_t k = 0; k < len; k++)
				path[k] = set[sizeof(set) - 1 -
				    random_below(kinds)];
			add(t, path, len);
		}
		check_order(t);
		table_free(t);
	}
}

/* The end of a path and NULs look alike in a key. */
static void
test_sort_of_nuls(void **state)
{
	static const char nuls[64];
	struct table *t = table_new();

	(void)state;
	for (size_t len = sizeof(nuls); len > 0; len--)
		add(t, nuls, len);
	check_order(t);
	table_free(t);
}

static void
test_long_paths(void **state)
{
	enum { LEN = 300000, COUNT = 30 };
	struct table *t = table_new();
	char *path = malloc(LEN);
	struct result r;

	(void)state;
	assert_non_null(path);
	memset(path, 'x', LEN);
	for (int i = 0; i < COUNT; i++) {
		path[LEN - 1] = (char)('a' + i * 7 % COUNT);
		assert_int_equal(add(t, path, LEN), i);
	}
	assert_int_equal(add(t, path, LEN), COUNT - 1);
	table_get(t, COUNT - 1, &r);
	assert_int_equal(r.entry.len, LEN);
	assert_memory_equal(r.entry.name, path, LEN);
	assert_int_equal(r.entry.name[LEN], '\0');
	check_order(t);
	free(path);
	table_free(t);
}

/* The most memory this process ever had, in bytes; 0 when not known. */
static size_t
memory_peak(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	size_t kib = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %zu", &kib) == 1)
			break;
	fclose(f);
	return kib * 1024;
}

/* Has somebody else taken malloc's place? Valgrind preloads its own. */
static bool
malloc_is_foreign(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
	return true;
#endif
#endif
	return getenv("LD_PRELOAD") != NULL;
}

/* The first thing that this program does, for a peak never comes down. From
 * 50,000 entries on a page more or less does not matter. */
static void
test_memory_per_entry(void **state)
{
	struct result r = { .status = RESULT_OK, .digestlen = 64 };
	size_t before = memory_peak(), paths = 0, len, n = 0;
	struct table *t;
	char path[64];

	(void)state;
	if (!before || malloc_is_foreign())
		skip();
	t = table_new();
	while (n < 450000) {
		len = tree_path(path, (unsigned)n);
		paths += len;
		assert_int_equal(table_set(t, add(t, path, len), &r), 0);
		if (++n >= 50000 && n % 1000 == 0)
			assert_true(memory_peak() - before <= paths + 160 * n);
	}
	table_sort(t);
	assert_true(memory_peak() - before <= paths + 160 * n);
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_per_entry),
		cmocka_unit_test(test_numbers_count_from_0),
		cmocka_unit_test(test_a_path_twice_keeps_its_number),
		cmocka_unit_test(test_length_counts_not_nul),
		cmocka_unit_test(test_find_in_a_table_that_has_grown),
		cmocka_unit_test(test_a_result_comes_back),
		cmocka_unit_test(test_a_failure_comes_back),
		cmocka_unit_test(test_no_result_yet),
		cmocka_unit_test(test_set_refuses_what_is_not_there),
		cmocka_unit_test(test_set_refuses_a_second_result),
		cmocka_unit_test(test_note_is_there_until_the_result),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_recall),
		cmocka_unit_test(test_recall_of_another_file),
		cmocka_unit_test(test_recalled_devices),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_roots_stay_beside_results),
		cmocka_unit_test(test_paths_stay_where_they_are),
		cmocka_unit_test(test_sort_of_none_and_one),
		cmocka_unit_test(test_sort_is_bytewise),
		cmocka_unit_test(test_sort_of_a_tree_in_order_and_in_reverse),
		cmocka_unit_test(test_sort_of_random_paths),
		cmocka_unit_test(test_sort_of_nuls),
		cmocka_unit_test(test_long_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
