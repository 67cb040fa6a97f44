/* What archive/rar makes of blocks, however they are divided, and whatever they are
 * made of. */
#include "archive/rar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

/* An archive that is being made. */
static struct {
	unsigned char bytes[4096];
	size_t n;
} made;

static void
add(const void *p, size_t n)
{
	assert_true(n <= sizeof(made.bytes) - made.n);
	memcpy(made.bytes + made.n, p, n);
	made.n += n;
}

static void
le32(unsigned char *p, unsigned long v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

/* A block of RAR 5: what follows the size of its header, and data. */
static void
block5(const char *head, size_t n, const char *data)
{
	unsigned char crc[4], size = (unsigned char)n;

	le32(crc, crc32(crc32(0, &size, 1), (const unsigned char *)head,
	    (uInt)n));
	add(crc, sizeof(crc));
	add(&size, 1);
	add(head, n);
	add(data, strlen(data));
}
#define BLOCK5(head, data) block5(head, sizeof(head) - 1, data)

static void
begin5(void)
{
	made.n = 0;
	add("Rar!\x1a\x07\x01", 8);
	BLOCK5("\1\0\0", "");
}

/* Feeds it step bytes at a time. */
static void
feed(struct rar *r, size_t step)
{
	memset(r, 0, sizeof(*r));
	rar_init(r, rar_begins(made.bytes, made.n));
	assert_int_not_equal(r->format, RAR_NONE);
	for (size_t i = 0; i < made.n; i += step)
		rar_feed(r, made.bytes + i, made.n - i < step ? made.n - i :
		    step);
	rar_finish(r);
}

/* It has no more members, for that reason, or, NULL, as it has ended. */
static void
ends(struct rar *r, const char *why)
{
	assert_null(rar_next(r));
	if (why)
		assert_string_equal(r->why, why);
	else
		assert_null(r->why);
	rar_release(r);
}

/* A file: three bytes, stored. Flags of it 4: a CRC. */
#define FILE5 "\2\2\3\4\3\0ABCD\0\1\1f"
#define END5 "\5\0\0"
static const char damaged[] = "a header of it is damaged";

static void
test_divided(void **state)
{
	const struct rar_member *m;
	struct rar r;

	(void)state;
	begin5();
	BLOCK5(FILE5, "abc");
	/* extra: a hard link to t */
	BLOCK5("\2\3\6\0\0\0\0\0\1\1l\5\5\4\0\1t", "");
	BLOCK5("\2\3\6\1\0\0\0\0\1\1d", "");
	BLOCK5(END5, "");
	for (size_t step = 1; step <= made.n; step++) {
		feed(&r, step);
		m = rar_next(&r);
		assert_non_null(m);
		assert_int_equal(m->what, RAR_DATA);
		assert_true(m->sums.has_crc && m->sums.crc == 0x44434241);
		m = rar_next(&r);
		assert_non_null(m);
		assert_int_equal(m->what, RAR_LINK);
		assert_string_equal(m->target, "t");
		/* the directory is damaged: it says extra of six bytes */
		ends(&r, damaged);
	}
}

/* How a number is too long, or a header too short for what it says. */
static void
test_short(void **state)
{
	static const struct {
		const char *head;
		size_t n;
	} v[] = {
#define HEAD(s) { s, sizeof(s) - 1 }
		HEAD("\2"), HEAD("\2\0"), HEAD("\2\0\0\0\0\0"),
		HEAD("\2\0\0\0\0\0\1\5name"), HEAD("\2\0\4\0\0ABC"),
		HEAD("\2\1\1\0\0\0\0\1\1f\1"), HEAD("\2\1\2\0\0\0\0\1\1f\5\5"),
		HEAD("\2\1\6\0\0\0\0\1\1l\5\5\4\0\7t"),
		HEAD("\2\1\6\0\0\0\0\1\1l\5\5\4\0\1\0"),
		HEAD("\2\1\4\0\0\0\0\1\1f\3\2\0x"),
		HEAD("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		HEAD("\1"), HEAD("\5"), HEAD(""),
	};
	struct rar r;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		begin5();
		block5(v[i].head, v[i].n, "");
		BLOCK5(END5, "");
		feed(&r, 4096);
		ends(&r, damaged);
	}
}

/* A header whose checksum is another. */
static void
test_checksum(void **state)
{
	struct rar r;

	(void)state;
	begin5();
	BLOCK5(END5, "");
	made.bytes[made.n - 6] ^= 1;
	feed(&r, 4096);
	ends(&r, damaged);
	made.n = 0;
	add("Rar!\x1a\x07\0\xc4\x3d\x7b\0\x40\7\0", 14);
	feed(&r, 4096);
	ends(&r, NULL);
	made.bytes[10] ^= 8;
	feed(&r, 4096);
	ends(&r, damaged);
	/* a directory by its flags, whatever its attributes are */
	made.n = 7;
	add("\0\0\x74\xe0\x80\x20\0\0\0\0\0\0\0\0\0\3\0\0\0\0"
	    "\0\0\0\0\x1d\x30\0\0\0\0\0\0", 32);
	made.bytes[7] = (unsigned char)crc32(0, made.bytes + 9, 30);
	made.bytes[8] = (unsigned char)(crc32(0, made.bytes + 9, 30) >> 8);
	feed(&r, 5);
	assert_int_equal(rar_next(&r)->what, RAR_OTHER);
	rar_release(&r);
}

/* Sizes of data that go beyond what there is, up to the largest. */
static void
test_large(void **state)
{
	static const char *const cut =
	    "no end of the archive: it may have been cut";
	struct rar r;

	(void)state;
	begin5();
	BLOCK5("\3\2\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", "");
	BLOCK5(END5, "");
	feed(&r, 1);
	ends(&r, cut);
	/* a header of two megabytes */
	begin5();
	add("ABCD\xff\xff\x7f", 7);
	feed(&r, 3);
	ends(&r, cut);
	/* one of more is none */
	begin5();
	add("ABCD\xff\xff\xff\x7f", 8);
	feed(&r, 3);
	ends(&r, damaged);
	made.n = 0;
	add("Rar!\x1a\x07\0\0\0\x73\0\0\6\0", 14);
	feed(&r, 4);
	ends(&r, damaged);
}

static void
test_end(void **state)
{
	struct rar r;

	(void)state;
	begin5();
	BLOCK5(END5, "");
	feed(&r, 1);
	ends(&r, NULL);
	add("", 1);
	feed(&r, 1);
	ends(&r, "there is more after the end of the archive");
}

/* More members than there is room for at first, some told before others come. */
static void
test_many(void **state)
{
	struct rar r = { .format = RAR_NONE };
	unsigned told = 0;

	(void)state;
	begin5();
	rar_init(&r, RAR_5);
	rar_feed(&r, made.bytes, made.n);
	made.n = 0;
	BLOCK5("\2\3\7\0\0\0\0\0\1\1l\6\5\4\0\2tt", "");
	for (unsigned i = 0; i < 1000; i++) {
		rar_feed(&r, made.bytes, made.n);
		if (i % 3 == 0) {
			assert_string_equal(rar_next(&r)->target, "tt");
			told++;
		}
	}
	for (; rar_next(&r); told++)
		;
	assert_int_equal(told, 1000);
	assert_null(r.why);
	rar_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_divided),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
