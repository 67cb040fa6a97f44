/*
 * Messages as runs of blocks. That they give the right digests is for
 * tests/unit/lanes.c; here is what digests do not show.
 */
#include "digest/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static unsigned char data[1000];

static void
start(struct message *m)
{
	message_start(m, message_find("SHA512"));
}

static void
test_the_family_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(message_find("SHA512")->size, 64);
	assert_int_equal(message_find("SHA384")->size, 48);
	assert_int_equal(message_find("SHA512/256")->size, 32);
	assert_int_equal(message_find("SHA512/224")->size, 28);
	assert_null(message_find("SHA256"));
	assert_null(message_find("SHA3-512"));
	assert_null(message_find(""));
}

static void
test_whole_blocks_are_not_copied(void **state)
{
	struct message m;

	(void)state;
	start(&m);
	message_feed(&m, data, 300, false);
	assert_ptr_equal(m.run, data);
	assert_int_equal(m.blocks, 2);
	assert_int_equal(message_left(&m), 300);
	message_advance(&m, 1);
	assert_ptr_equal(m.run, data + 128);
	assert_int_equal(m.blocks, 1);
	message_advance(&m, 1);
	assert_int_equal(m.blocks, 0);
	assert_false(m.ended);
}

static void
test_a_block_of_two_feeds(void **state)
{
	struct message m;

	(void)state;
	start(&m);
	message_feed(&m, data, 100, false);
	assert_int_equal(m.blocks, 0);
	message_feed(&m, data, 28 + 128, false);
	assert_int_equal(m.blocks, 1);
	assert_int_equal(message_left(&m), 100 + 28 + 128);
	message_advance(&m, 1);
	assert_ptr_equal(m.run, data + 28);
	assert_int_equal(m.blocks, 1);
	assert_int_equal(message_left(&m), 128);
}

static void
test_no_bytes(void **state)
{
	struct message m;

	(void)state;
	start(&m);
	message_feed(&m, NULL, 0, false);
	assert_int_equal(m.blocks, 0);
	assert_false(m.ended);
	message_feed(&m, NULL, 0, true);
	assert_int_equal(m.blocks, 1);
	message_advance(&m, 1);
	assert_int_equal(m.blocks, 0);
	assert_true(m.ended);
}

/* The length needs 16 bytes and the one bit a byte: 111 bytes fit a block. */
static void
padding(size_t n, size_t blocks)
{
	struct message m;
	const unsigned char *end;

	start(&m);
	message_feed(&m, data, n, true);
	assert_int_equal(m.blocks, blocks);
	end = m.run + 128 * blocks;
	assert_int_equal(m.run[n], 0x80);
	assert_int_equal(end[-1], 8 * n & 255);
	assert_int_equal(end[-2], 8 * n >> 8);
	assert_true(m.ended);
}

static void
test_padding_takes_a_block_or_two(void **state)
{
	(void)state;
	padding(0, 1);
	padding(111, 1);
	padding(112, 2);
	padding(127, 2);
}

/* From 2^61 bytes on, the number of bits is longer than 64. */
static void
test_the_length_has_128_bits(void **state)
{
	static const unsigned char want[16] = { 0, 0, 0, 0, 0, 0, 0, 5,
	    0, 0, 0, 0, 0, 0, 0, 24 };
	struct message m;

	(void)state;
	start(&m);
	m.bytes = (uint64_t)5 << 61;
	message_feed(&m, "abc", 3, true);
	assert_memory_equal(m.run + 112, want, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_family_and_no_other),
		cmocka_unit_test(test_whole_blocks_are_not_copied),
		cmocka_unit_test(test_a_block_of_two_feeds),
		cmocka_unit_test(test_no_bytes),
		cmocka_unit_test(test_padding_takes_a_block_or_two),
		cmocka_unit_test(test_the_length_has_128_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
