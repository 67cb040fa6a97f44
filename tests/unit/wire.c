/* hasher/wire: both directions, and everything that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "hasher/wire.h"

static void
test_request_round_trip(void **state)
{
	struct wire_request q = { .algorithm = "SM3", .alen = 3,
	    .entry = { .name = "a\nb", .len = 3, .kind = ENTRY_STREAM,
	    .id.ino = UINT64_MAX, .cookie = UINT64_MAX - 1 } };
	struct wire_request back;
	struct buf b = BUF_INIT;

	(void)state;
	wire_put_request(&b, &q);
	assert_int_equal(wire_get_request(&back, b.data, b.len), 0);
	assert_true(back.entry.cookie == q.entry.cookie);
	assert_true(back.entry.id.ino == q.entry.id.ino);
	assert_int_equal(back.entry.kind, ENTRY_STREAM);
	assert_int_equal(back.alen, 3);
	assert_memory_equal(back.algorithm, "SM3", 3);
	assert_int_equal(back.entry.len, 3);
	assert_memory_equal(back.entry.name, "a\nb", 3);
	buf_release(&b);
}

static void
test_request_refused(void **state)
{
	struct wire_request q = { .entry = { .name = "path", .len = 4 } };
	const enum entry_kind bad = ENTRY_KINDS, good = ENTRY_FOUND;
	const size_t kind = offsetof(struct entry, kind);
	struct wire_request back;
	struct buf b = BUF_INIT;
	size_t n;

	(void)state;
	wire_put_request(&b, &q);
	for (n = 0; n <= sizeof(q.entry); n++) /* a head cut short */
		assert_int_equal(wire_get_request(&back, b.data, n), -1);
	memcpy(b.data + kind, &bad, sizeof(bad)); /* no such way to open */
	assert_int_equal(wire_get_request(&back, b.data, b.len), -1);
	memcpy(b.data + kind, &good, sizeof(good));
	b.data[sizeof(q.entry)] = 5; /* an algorithm's name longer than what
	                              * is there */
	assert_int_equal(wire_get_request(&back, b.data, b.len), -1);
	b.data[sizeof(q.entry)] = 0;
	assert_int_equal(wire_get_request(&back, b.data, b.len - 1), -1);
	assert_int_equal(wire_get_request(&back, b.data, b.len), 0);
	b.data[b.len - 1] = '\0'; /* a NUL in a name */
	assert_int_equal(wire_get_request(&back, b.data, b.len), -1);
	buf_release(&b);
}

static void
test_answer_round_trip(void **state)
{
	struct result r = { .status = RESULT_OK, .code = -9,
	    .size = UINT64_C(1) << 40, .digestlen = 64 };
	struct result back = { .entry.cookie = 77 };
	unsigned char a[WIRE_ANSWER_MAX];
	size_t n;

	(void)state;
	memset(r.digest, 0xa5, 64);
	n = wire_put_answer(a, &r);
	assert_int_equal(n, WIRE_ANSWER_MAX);
	assert_int_equal(wire_get_answer(&back, 64, a, n), 0);
	assert_int_equal(back.status, RESULT_OK);
	assert_int_equal(back.code, -9);
	assert_true(back.size == UINT64_C(1) << 40);
	assert_int_equal(back.digestlen, 64);
	assert_memory_equal(back.digest, r.digest, 64);
	assert_true(back.entry.cookie == 77); /* not the worker's to set */
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
	assert_int_equal(wire_get_answer(&back, 32, a, 12), -1);
	assert_int_equal(wire_get_answer(&back, 32, a, n - 1), -1);
	assert_int_equal(wire_get_answer(&back, 64, a, n), -1);
	a[0] = RESULT_OPEN; /* a failure with a digest */
	assert_int_equal(wire_get_answer(&back, 32, a, n), -1);
	assert_int_equal(wire_get_answer(&back, 32, a, 13), 0);
	a[0] = RESULT_STATUSES; /* no such status */
	assert_int_equal(wire_get_answer(&back, 32, a, 13), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_round_trip),
		cmocka_unit_test(test_request_refused),
		cmocka_unit_test(test_answer_round_trip),
		cmocka_unit_test(test_answer_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
