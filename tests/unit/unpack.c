/* archive/unpack: what the thread hands over, however its owner releases it; and an
 * owner that has enough while the thread waits. */
#include "archive/unpack.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* More than the queue has pieces, and more than there are blocks. */
#define MANY 3000
#define LARGE ((size_t)10 * 1024 * 1024 + 123)
#define LONG_MS 60000

static unsigned char
byte_at(size_t i)
{
	return (unsigned char)(i >> 16 ^ i >> 8 ^ i);
}

/* The types of a header of ustar and pax (POSIX.1-2017, pax, "ustar Interchange
 * Format"), and the name of what every LINK here is a link to. */
enum { REGULAR = '0', LINK = '1', EXTENDED = 'x' };
#define TARGET "target"

static void
put_header(FILE *tar, char type, const char *name, size_t size)
{
	char head[512] = { 0 };
	unsigned sum = 0;
	size_t i;

	(void)snprintf(head, 100, "%s", name);
	memcpy(head + 100, "0000644", 8);
	memcpy(head + 108, "0000000", 8);
	memcpy(head + 116, "0000000", 8);
	(void)snprintf(head + 124, 12, "%011zo", size);
	memcpy(head + 136, "00000000000", 12);
	memset(head + 148, ' ', 8);
	head[156] = type;
	if (type == LINK)
		(void)snprintf(head + 157, 100, "%s", TARGET);
	memcpy(head + 257, "ustar", 6);
	memcpy(head + 263, "00", 2);
	for (i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	(void)snprintf(head + 148, 8, "%06o", sum);
	assert_int_equal(fwrite(head, 1, sizeof(head), tar), sizeof(head));
}

static void
put_data(FILE *tar, size_t size)
{
	size_t i;

	for (i = 0; i < size || i % 512; i++)
		assert_true(putc(i < size ? byte_at(i) : 0, tar) != EOF);
}

static void
put_member(FILE *tar, const char *name, size_t size)
{
	put_header(tar, REGULAR, name, size);
	put_data(tar, size);
}

static const char *
name_of(unsigned i)
{
	static char name[16];

	(void)snprintf(name, sizeof(name), "m%u", i);
	return name;
}

/* Members of some bytes each. */
static void
put_members(FILE *tar, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		put_member(tar, name_of(i), i % 7);
	assert_int_equal(fflush(tar), 0);
}

static void
end_archive(FILE *tar)
{
	static const char zeros[1024];

	assert_int_equal(fwrite(zeros, 1, sizeof(zeros), tar), sizeof(zeros));
	assert_int_equal(fflush(tar), 0);
}

/* Many members, or one that is large. */
static FILE *
archive_of(unsigned many, size_t large)
{
	FILE *tar = tmpfile();

	assert_non_null(tar);
	put_members(tar, many);
	if (large)
		put_member(tar, "large", large);
	end_archive(tar);
	return tar;
}

static struct unpack *
begin_on(int fd, uint64_t size)
{
	const struct members_opts o = { .fd = fd, .size = size, .threads = 1 };
	struct unpack *u = unpack_new(&o, NULL);

	assert_non_null(u);
	return u;
}

static struct unpack *
begin(FILE *tar)
{
	off_t size = lseek(fileno(tar), 0, SEEK_END);

	assert_true(size > 0);
	assert_int_equal(lseek(fileno(tar), 0, SEEK_SET), 0);
	return begin_on(fileno(tar), (uint64_t)size);
}

static bool
is_readable(struct unpack *u, int ms)
{
	struct pollfd fd = { .fd = unpack_fd(u), .events = POLLIN };

	return poll(&fd, 1, ms) == 1;
}

/* The next piece, waited for. */
static void
take(struct unpack *u, struct unpack_piece *p)
{
	while (!unpack_take(u, p))
		assert_true(is_readable(u, LONG_MS));
}

static void
take_begin(struct unpack *u, const char *name, size_t size)
{
	struct unpack_piece p;

	take(u, &p);
	assert_int_equal(p.event, UNPACK_FILE);
	assert_string_equal(p.name, name);
	assert_ptr_equal(p.member.name, p.name);
	assert_true(p.member.has_size);
	assert_int_equal(p.member.size, size);
	assert_int_equal(p.member.mode & 07777, 0644);
	assert_null(p.text);
	assert_null(p.member.link);
	free(p.name);
}

/* Of *at bytes that were before. */
static void
check_bytes(const struct unpack_piece *p, size_t *at)
{
	const unsigned char *b = p->data;
	size_t i;

	assert_int_equal(p->event, UNPACK_BYTES);
	for (i = 0; i < p->n; i++)
		if (b[i] != byte_at(*at + i))
			fail_msg("byte %zu", *at + i);
	*at += p->n;
}

static void
test_many(void **state)
{
	FILE *tar = archive_of(MANY, 0);
	struct unpack *u = begin(tar);
	struct unpack_piece p;
	uint64_t bytes;
	size_t at;
	unsigned i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		take_begin(u, name_of(i), i % 7);
		at = 0;
		take(u, &p);
		check_bytes(&p, &at);
		assert_true(p.last);
		assert_int_equal(at, i % 7);
		unpack_release(u, &p);
	}
	take(u, &p);
	assert_int_equal(p.event, UNPACK_END);
	assert_true(unpack_progress(u, &bytes));
	assert_int_equal(bytes, lseek(fileno(tar), 0, SEEK_END));
	assert_false(unpack_progress(u, &bytes));
	assert_int_equal(bytes, 0);
	unpack_free(u);
	(void)fclose(tar);
}

/* Pieces are held, and released in another order than they came in. */
static void
test_large(void **state)
{
	enum { HELD = 10 };
	FILE *tar = archive_of(0, LARGE);
	struct unpack *u = begin(tar);
	struct unpack_piece p[HELD];
	size_t at = 0, again;
	unsigned n;

	(void)state;
	take_begin(u, "large", LARGE);
	do {
		again = at;
		for (n = 0; n < HELD && (!n || !p[n - 1].last); n++) {
			take(u, &p[n]);
			check_bytes(&p[n], &at);
		}
		/* none was filled again while it was held */
		for (unsigned i = 0; i < n; i++)
			check_bytes(&p[i], &again);
		for (unsigned i = n; i-- > 0;)
			unpack_release(u, &p[i]);
	} while (!p[n - 1].last);
	assert_int_equal(at, LARGE);
	take(u, &p[0]);
	assert_int_equal(p[0].event, UNPACK_END);
	unpack_free(u);
	(void)fclose(tar);
}

/* A hard link that has its data, as in pax it may, is a file like any other. */
static void
test_link_with_data(void **state)
{
	static const char path[512] = "13 path=link\n";
	FILE *tar = tmpfile();
	struct unpack_piece p;
	struct unpack *u;
	size_t at = 0;

	(void)state;
	assert_non_null(tar);
	put_header(tar, EXTENDED, "pax", strlen(path));
	assert_int_equal(fwrite(path, 1, sizeof(path), tar), sizeof(path));
	put_header(tar, LINK, "link", 1000);
	put_data(tar, 1000);
	end_archive(tar);
	u = begin(tar);
	take_begin(u, "link", 1000);
	take(u, &p);
	check_bytes(&p, &at);
	assert_int_equal(at, 1000);
	unpack_release(u, &p);
	take(u, &p);
	assert_int_equal(p.event, UNPACK_END);
	unpack_free(u);
	(void)fclose(tar);
}

static struct unpack *
begin_stream(FILE **to, int *from)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*from = fds[0];
	*to = fdopen(fds[1], "w");
	assert_non_null(*to);
	return begin_on(fds[0], UINT64_MAX);
}

/* An owner that holds all other blocks is woken for what is in the last, although it
 * is less than what it is woken for else. A file goes into one block, so that here
 * there is one in each. */
static void
test_all_blocks_held(void **state)
{
	enum { BLOCKS = 32,           /* UNPACK_BLOCKS */
	       SMALL = 60 * 1024,     /* below UNPACK_WAKE_BYTES */
	       LARGER = 70 * 1024 };  /* above, and not in UNPACK_BLOCK with SMALL */
	struct unpack_piece p[BLOCKS], next;
	struct unpack *u;
	size_t at, size;
	unsigned i;
	FILE *to;
	int from;

	(void)state;
	u = begin_stream(&to, &from);
	for (i = 0; i < BLOCKS; i++) {
		size = i == BLOCKS - 1 ? SMALL : LARGER;
		/* it waits before there is anything */
		assert_false(unpack_take(u, &next));
		put_member(to, name_of(i), size);
		if (i == BLOCKS - 1)
			put_header(to, REGULAR, "larger", LARGER);
		assert_int_equal(fflush(to), 0);
		assert_true(is_readable(u, LONG_MS));
		take_begin(u, name_of(i), size);
		at = 0;
		take(u, &p[i]);
		check_bytes(&p[i], &at);
		assert_int_equal(at, size);
	}
	for (i = 0; i < BLOCKS; i++)
		unpack_release(u, &p[i]);
	put_data(to, LARGER);
	end_archive(to);
	(void)fclose(to);
	take_begin(u, "larger", LARGER);
	at = 0;
	take(u, &next);
	check_bytes(&next, &at);
	assert_int_equal(at, LARGER);
	unpack_release(u, &next);
	take(u, &next);
	assert_int_equal(next.event, UNPACK_END);
	unpack_free(u);
	(void)close(from);
}

/* The descriptor is readable when its owner waits and there is enough to take, not for
 * each piece: of a stream in which more and more comes, and at last its end. */
static void
test_readable(void **state)
{
	enum { TIMES = 3,
	       MORE = 100,     /* members, of 92 KiB: libarchive looks at the first 48
	                        * before it knows the format */
	       ENOUGH = 32 };  /* UNPACK_WAKE_PIECES */
	unsigned i, n, pieces = 0;
	struct unpack_piece p;
	struct unpack *u;
	FILE *to;
	int from;

	(void)state;
	u = begin_stream(&to, &from);
	assert_false(unpack_take(u, &p));
	for (i = 0; i < TIMES; i++) {
		put_members(to, MORE);
		/* what comes after it has taken all waits for the next time */
		assert_true(is_readable(u, LONG_MS));
		for (n = 0; unpack_take(u, &p); n++)
			free(p.name);
		assert_true(n >= ENOUGH);
		pieces += n;
	}
	end_archive(to);
	(void)fclose(to);
	do {
		assert_true(is_readable(u, LONG_MS));
		for (; unpack_take(u, &p); pieces++)
			free(p.name);
	} while (p.event != UNPACK_END);
	/* a byte that was sent while it did not wait would still be there */
	assert_false(is_readable(u, 0));
	assert_int_equal(pieces, 2 * TIMES * MORE + 1);
	unpack_free(u);
	(void)close(from);
}

/* Gives the thread time to read until it cannot go on. It need not have done so. */
static void
let_it_read(struct unpack *u)
{
	uint64_t bytes;

	do
		(void)poll(NULL, 0, 100);
	while (unpack_progress(u, &bytes));
}

/* The thread ends that waits for room, for pieces or for a block; one that was not
 * begun to be taken, and one that is in the middle. */
static void
test_enough(void **state)
{
	struct unpack_piece p;
	struct unpack *u;
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		FILE *tar = i & 1 ? archive_of(MANY, 0) : archive_of(0, LARGE);

		u = begin(tar);
		if (i & 2)
			take_begin(u, i & 1 ? "m0" : "large", i & 1 ? 0 : LARGE);
		if (i & 2)
			take(u, &p); /* and is not released */
		if (i & 4)
			let_it_read(u);
		unpack_free(u);
		(void)fclose(tar);
	}
	unpack_free(NULL);
}

/* So does one that waits to say that the archive is broken: its members have filled
 * the queue. */
static void
test_enough_of_what_is_broken(void **state)
{
	enum { PIECES = 1024 }; /* UNPACK_PIECES */
	FILE *tar = tmpfile();
	struct unpack *u;

	(void)state;
	assert_non_null(tar);
	put_members(tar, PIECES / 2);
	assert_true(fputs("not a header", tar) >= 0);
	assert_int_equal(fflush(tar), 0);
	u = begin(tar);
	let_it_read(u);
	unpack_free(u);
	(void)fclose(tar);
}

/* What ends before its end. */
static void
test_broken(void **state)
{
	FILE *tar = archive_of(0, LARGE);
	struct unpack_piece p;
	struct unpack *u;
	size_t at = 0;

	(void)state;
	assert_int_equal(ftruncate(fileno(tar), (off_t)LARGE / 2), 0);
	u = begin(tar);
	take_begin(u, "large", LARGE);
	for (take(u, &p); p.event == UNPACK_BYTES; take(u, &p)) {
		check_bytes(&p, &at);
		assert_false(p.last);
		unpack_release(u, &p);
	}
	assert_int_equal(p.event, UNPACK_FAILED);
	assert_non_null(p.text);
	free(p.text);
	take(u, &p);
	assert_int_equal(p.event, UNPACK_BROKEN);
	assert_non_null(p.text);
	free(p.text);
	unpack_free(u);
	(void)fclose(tar);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_link_with_data),
		cmocka_unit_test(test_all_blocks_held),
		cmocka_unit_test(test_readable),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_enough_of_what_is_broken),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
