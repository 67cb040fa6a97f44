/* hasher/wire: both directions, and everything that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hasher/wire.h"

/* A request as it crosses the socket. */
static size_t
make(unsigned char *to, const struct entry *e)
{
	wire_put_head(to, e);
	memcpy(to + WIRE_HEAD, e->name, e->len + 1);
	return WIRE_HEAD + e->len + 1;
}

static void
test_request_round_trip(void **state)
{
	const struct entry_root root = { 2, UINT64_MAX - 5, 6 };
	struct entry e = { .name = "a\nb", .len = 3, .kind = ENTRY_STREAM,
	    .id = { UINT64_MAX - 1, 2, UINT64_C(3) << 40, -4, 5, 6 },
	    .algorithm = 63, .archive = true, .cookie = 8 };
	unsigned char b[WIRE_HEAD + 16];
	struct entry_root its;
	struct entry got;
	size_t n = make(b, &e);

	(void)state;
	assert_int_equal(wire_get_request(&got, &its, b, n), 0);
	assert_int_equal(got.kind, ENTRY_STREAM);
	assert_int_equal(got.algorithm, 63);
	assert_true(got.archive);
	assert_int_equal(got.len, 3);
	assert_string_equal(got.name, "a\nb");
	assert_true(got.id.dev == UINT64_MAX - 1);
	assert_true(got.id.ino == 2);
	assert_true(got.id.size == UINT64_C(3) << 40);
	assert_true(got.id.mtime == -4);
	assert_true(got.id.ctime == 5);
	assert_null(got.root);
	assert_int_equal(got.id.mode, 0); /* does not travel */
	assert_int_equal(got.cookie, 0);  /* nor does this */
	assert_string_equal(wire_name(b, n, 3), "a\nb");
	e.root = &root;
	n = make(b, &e);
	assert_int_equal(wire_get_request(&got, &its, b, n), 0);
	assert_ptr_equal(got.root, &its);
	assert_int_equal(its.below, 2);
	assert_true(its.dev == UINT64_MAX - 5);
	assert_true(its.ino == 6);
}

static void
test_request_refused(void **state)
{
	static const struct entry_root root = { .below = 4 };
	const struct entry e = { .name = "path", .len = 4, .root = &root };
	unsigned char b[WIRE_HEAD + 16];
	struct entry_root its;
	struct entry got;
	size_t n = make(b, &e), i;

	(void)state;
	for (i = 0; i <= WIRE_HEAD; i++) /* a head cut short, or no name */
		assert_int_equal(wire_get_request(&got, &its, b, i), -1);
	assert_int_equal(wire_get_request(&got, &its, b, n), 0);
	/* no NUL */
	assert_int_equal(wire_get_request(&got, &its, b, n - 1), -1);
	b[0] = ENTRY_KINDS; /* no such way to open */
	assert_int_equal(wire_get_request(&got, &its, b, n), -1);
	b[0] = ENTRY_FOUND;
	b[43] = 5; /* a root longer than the name */
	assert_int_equal(wire_get_request(&got, &its, b, n), -1);
	b[43] = 4;
	b[n - 2] = '\0'; /* a NUL in the name */
	assert_int_equal(wire_get_request(&got, &its, b, n), -1);
}

static void
test_answer_round_trip(void **state)
{
	struct result r = { .status = RESULT_OK, .code = -9,
	    .entry.id = { 1, UINT64_C(2) << 40, 3, -7, INT64_MIN, 0100600 },
	    .size = UINT64_C(1) << 40, .digestlen = 64 };
	struct result back = { .entry.cookie = 77 };
	unsigned char a[WIRE_ANSWER_MAX];
	size_t n;

	(void)state;
	memset(r.digest, 0xa5, 64);
	n = wire_put_answer(a, &r);
	assert_int_equal(n, 57 + 64);
	assert_int_equal(wire_get_answer(&back, 64, a, n), 0);
	assert_int_equal(back.status, RESULT_OK);
	assert_int_equal(back.code, -9);
	assert_true(back.size == UINT64_C(1) << 40);
	assert_memory_equal(&back.entry.id, &r.entry.id, 5 * 8 + 4);
	assert_int_equal(back.digestlen, 64);
	assert_memory_equal(back.digest, r.digest, 64);
	assert_true(back.entry.cookie == 77); /* not the worker's to set */
	/* of what was not opened, what was known before stays */
	r.entry.id = (struct entry_identity){ 0 };
	back.entry.id.ino = 99;
	n = wire_put_answer(a, &r);
	assert_int_equal(wire_get_answer(&back, 64, a, n), 0);
	assert_int_equal(back.entry.id.ino, 99);
}

/* What comes before the members of an archive. */
static void
test_opened(void **state)
{
	const struct result r = { .status = RESULT_OPENED,
	    .entry.id = { 1, 2, 3, 4, 5, 0100644 } };
	struct result back;
	unsigned char a[WIRE_ANSWER_MAX];
	size_t n = wire_put_answer(a, &r);

	(void)state;
	assert_true(wire_is_opened(a, n));
	assert_int_equal(wire_get_answer(&back, 32, a, n), 0);
	assert_memory_equal(&back.entry.id, &r.entry.id, 5 * 8 + 4);
	assert_false(wire_is_opened(a, n - 1));
	assert_false(wire_is_opened(a, n + 1));
	a[0] = RESULT_OK;
	assert_false(wire_is_opened(a, n));
}

static void
test_answer_refused(void **state)
{
	struct result r = { .status = RESULT_OK, .digestlen = 32 };
	struct result back;
	unsigned char a[WIRE_ANSWER_MAX];
	size_t n = wire_put_answer(a, &r);

	(void)state;
	assert_int_equal(wire_get_answer(&back, 32, a, n), 0);
	assert_int_equal(wire_get_answer(&back, 32, a, 56), -1);
	assert_int_equal(wire_get_answer(&back, 32, a, n - 1), -1);
	assert_int_equal(wire_get_answer(&back, 64, a, n), -1);
	a[0] = RESULT_OPEN; /* a failure with a digest */
	assert_int_equal(wire_get_answer(&back, 32, a, n), -1);
	assert_int_equal(wire_get_answer(&back, 32, a, 57), 0);
	a[0] = RESULT_STATUSES; /* no such status */
	assert_int_equal(wire_get_answer(&back, 32, a, 57), -1);
}

static void
test_answer_with_text(void **state)
{
	struct result r = { .status = RESULT_ARCHIVE, .text = "damaged" };
	struct result back = { .digestlen = 7 };
	unsigned char a[WIRE_ANSWER_MAX];
	char longer[2 * WIRE_TEXT_MAX];
	size_t n = wire_put_answer(a, &r);

	(void)state;
	assert_int_equal(n, 57 + 8);
	assert_int_equal(wire_get_answer(&back, 32, a, n), 0);
	assert_int_equal(back.status, RESULT_ARCHIVE);
	assert_int_equal(back.digestlen, 0);
	assert_string_equal(back.text, "damaged");
	assert_int_equal(wire_get_answer(&back, 32, a, n - 1), -1);
	assert_int_equal(wire_get_answer(&back, 32, a, 57), -1);
	a[57] = '\0'; /* more behind the text */
	assert_int_equal(wire_get_answer(&back, 32, a, n), -1);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	r.text = longer;
	n = wire_put_answer(a, &r);
	assert_int_equal(n, 57 + WIRE_TEXT_MAX);
	assert_int_equal(wire_get_answer(&back, 32, a, n), 0);
	assert_int_equal(strlen(back.text), WIRE_TEXT_MAX - 1);
}

static void
test_part_round_trip(void **state)
{
	struct result r = { .entry = { .name = "dir/x", .len = 5,
	    .id = { .mode = 0100644, .mtime = -5 } },
	    .size = UINT64_C(1) << 40, .digestlen = 32 };
	struct result link = { .entry = { .name = "", .len = 0 },
	    .status = RESULT_LINK, .text = "target" };
	struct result back = { .entry.cookie = 77 };
	size_t n;
	void *part;

	(void)state;
	memset(r.digest, 0xa5, 32);
	part = wire_new_part(&r, &n);
	assert_non_null(part);
	assert_int_equal(wire_get_part(&back, 32, part, n), 0);
	assert_int_equal(back.status, RESULT_OK);
	assert_int_equal(back.entry.len, 5);
	assert_string_equal(back.entry.name, "dir/x");
	assert_int_equal(back.entry.id.mode, 0100644);
	assert_true(back.entry.id.mtime == -5);
	assert_true(back.size == UINT64_C(1) << 40);
	assert_int_equal(back.digestlen, 32);
	assert_memory_equal(back.digest, r.digest, 32);
	assert_string_equal(back.text, "");
	assert_true(back.entry.cookie == 77);
	free(part);
	part = wire_new_part(&link, &n);
	assert_non_null(part);
	assert_int_equal(wire_get_part(&back, 32, part, n), 0);
	assert_int_equal(back.status, RESULT_LINK);
	assert_string_equal(back.entry.name, "");
	assert_string_equal(back.text, "target");
	free(part);
}

static void
test_part_refused(void **state)
{
	struct result r = { .entry = { .name = "x", .len = 1 },
	    .digestlen = 32, .text = "t" };
	struct result back;
	size_t n, i;
	unsigned char *part = wire_new_part(&r, &n);

	(void)state;
	assert_non_null(part);
	assert_int_equal(wire_get_part(&back, 32, part, n), 0);
	for (i = 0; i < n; i++)
		assert_int_equal(wire_get_part(&back, 32, part, i), -1);
	assert_int_equal(wire_get_part(&back, 64, part, n), -1);
	part[0] = RESULT_OPEN; /* a failure with a digest */
	assert_int_equal(wire_get_part(&back, 32, part, n), -1);
	part[0] = RESULT_OPENED; /* not a member's */
	assert_int_equal(wire_get_part(&back, 32, part, n), -1);
	part[0] = RESULT_OK;
	part[n - 2] = '\0'; /* a third NUL */
	assert_int_equal(wire_get_part(&back, 32, part, n), -1);
	free(part);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_round_trip),
		cmocka_unit_test(test_request_refused),
		cmocka_unit_test(test_answer_round_trip),
		cmocka_unit_test(test_opened),
		cmocka_unit_test(test_answer_refused),
		cmocka_unit_test(test_answer_with_text),
		cmocka_unit_test(test_part_round_trip),
		cmocka_unit_test(test_part_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
