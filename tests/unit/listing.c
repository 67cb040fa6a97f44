/* hasher/listing: both directions, and everything that must be refused. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "hasher/listing.h"

static const struct entry dir = { .name = "a/d", .len = 3,
    .kind = ENTRY_TREE };
static const struct entry file = { .name = "a/d/f", .len = 5,
    .kind = ENTRY_FOUND, .id = { UINT64_MAX, 2, UINT64_C(3) << 40, -4, 5,
    0100644 } };
static const struct walk_counts counted = { 1, UINT64_MAX, 3, 4 };

/* A listing with one of each. */
static void
make(struct buf *b)
{
	const struct entry sub = { .name = "a/d/sub/..s", .len = 11,
	    .kind = ENTRY_TREE };

	listing_put_entry(b, &file);
	listing_put_entry(b, &sub);
	listing_put_error(b, "a/d/x\n", 6, EACCES);
	listing_put_error(b, "a/d/o", 5, WALK_OUTPUT);
	listing_put_counts(b, &counted);
}

static void
must_get(struct listing_record *r, const unsigned char **from,
    const unsigned char *end, int what, const char *name)
{
	assert_int_equal(listing_get(r, from, end), 0);
	assert_int_equal(r->what, what);
	assert_string_equal(r->entry.name, name);
	assert_int_equal(r->entry.len, strlen(name));
}

static void
test_round_trip(void **state)
{
	struct buf b = BUF_INIT;
	const unsigned char *from, *end;
	struct listing_record r;

	(void)state;
	make(&b);
	from = (const unsigned char *)b.data;
	end = from + b.len;
	must_get(&r, &from, end, LISTING_ENTRY, "a/d/f");
	assert_int_equal(r.entry.kind, ENTRY_FOUND);
	assert_true(entry_is_same(&r.entry.id, &file.id));
	assert_int_equal(r.entry.id.mode, 0100644);
	assert_null(r.entry.root);
	must_get(&r, &from, end, LISTING_ENTRY, "a/d/sub/..s");
	assert_int_equal(r.entry.kind, ENTRY_TREE);
	must_get(&r, &from, end, LISTING_ERROR, "a/d/x\n");
	assert_int_equal(r.err, EACCES);
	must_get(&r, &from, end, LISTING_ERROR, "a/d/o");
	assert_int_equal(r.err, WALK_OUTPUT);
	assert_int_equal(listing_get(&r, &from, end), 0);
	assert_int_equal(r.what, LISTING_COUNTS);
	assert_memory_equal(&r.counts, &counted, sizeof(counted));
	assert_ptr_equal(from, end);
	assert_int_equal(listing_get(&r, &from, end), -1);
	assert_true(listing_is_right(&dir, b.data, b.len));
	buf_release(&b);
}

/* From memory of its own, so that a sanitizer sees who reads on. */
static bool
is_right(const void *p, size_t n)
{
	void *copy = malloc(n ? n : 1);
	bool is;

	assert_non_null(copy);
	memcpy(copy, p, n);
	is = listing_is_right(&dir, copy, n);
	free(copy);
	return is;
}

static void
test_cut_off(void **state)
{
	struct buf b = BUF_INIT;
	size_t n;

	(void)state;
	make(&b);
	for (n = 0; n < b.len; n++)
		assert_false(is_right(b.data, n));
	assert_true(is_right(b.data, b.len));
	buf_putc(&b, 'x');
	assert_false(is_right(b.data, b.len));
	b.data[0] = 'x';
	assert_false(is_right(b.data, b.len - 1));
	buf_release(&b);
}

/* Is an entry of this name and kind, or, of the kind NAMED, an error, right in a
 * listing of the directory called in? */
static bool
is_taken(const char *in, const char *name, enum entry_kind kind)
{
	const struct entry d = { .name = in, .len = strlen(in),
	    .kind = ENTRY_TREE };
	const struct entry e = { .name = name, .len = strlen(name),
	    .kind = kind };
	struct buf b = BUF_INIT;
	bool is;

	if (kind == ENTRY_NAMED)
		listing_put_error(&b, name, strlen(name), EACCES);
	else
		listing_put_entry(&b, &e);
	listing_put_counts(&b, &counted);
	is = listing_is_right(&d, b.data, b.len);
	buf_release(&b);
	return is;
}

/* Is it right that this lies in the directory called in? */
static bool
takes(const char *in, const char *name)
{
	bool is = is_taken(in, name, ENTRY_FOUND);

	assert_int_equal(is_taken(in, name, ENTRY_TREE), is);
	assert_int_equal(is_taken(in, name, ENTRY_NAMED),
	    is || !strcmp(in, name));
	return is;
}

static void
test_names(void **state)
{
	static const char *const wrong[] = { "", "a", "a/", "b/d/f", "a/df",
	    "a/d/", "a/d//f", "a/d/f/", "a/d/.", "a/d/..", "a/d/../f",
	    "a/d/f/../../g", "a/d/./f", "a/dd/f", "a/d" };
	static const char *const right[] = { "a/d/f", "a/d/f/g", "a/d/...",
	    "a/d/.f/..g", "a/d/f." };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(takes("a/d", wrong[i]));
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_true(takes("a/d", right[i]));
	assert_true(takes("/", "/f/g"));
	assert_false(takes("/", "/"));
	assert_false(takes("/", "//f"));
	assert_true(takes("../..", "../../f"));
	assert_true(takes("a//b", "a//b/f"));
}

static void
test_errors(void **state)
{
	static const struct { int err; bool right; } cases[] = { { 0, false },
	    { 1, true }, { EACCES, true }, { WALK_OUTPUT, true },
	    { WALK_LINKS, true }, { WALK_LINKS - 1, false },
	    { INT_MIN, false } };
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		listing_put_error(&b, "a/d/f", 5, cases[i].err);
		listing_put_counts(&b, &counted);
		assert_int_equal(is_right(b.data, b.len), cases[i].right);
	}
	buf_release(&b);
}

/* One NUL, which is at the end. */
static void
test_nul(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	listing_put_error(&b, "a/d/\0f", 6, EACCES);
	listing_put_counts(&b, &counted);
	assert_false(is_right(b.data, b.len));
	buf_clear(&b);
	listing_put_error(&b, "a/d/f", 5, EACCES);
	listing_put_counts(&b, &counted);
	b.data[1 + 4 + 4 + 5] = 'g';
	assert_false(is_right(b.data, b.len));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
