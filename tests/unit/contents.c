/* mode/contents: what members are called, and what has the same name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hasher/result.h"
#include "mode/contents.h"
#include "record/table.h"

static struct contents c;

static int
set_up(void **state)
{
	(void)state;
	c = (struct contents){ .table = table_new() };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	table_free(c.table);
	contents_release(&c);
	return 0;
}

/* A name that the walk has found. */
static uint64_t
found(const char *name)
{
	bool is_new;
	uint64_t n = table_add(c.table, name, strlen(name), &is_new);

	assert_true(is_new);
	return n;
}

/* A member of the archive with that number, whose digest is one byte. */
static void
add(uint64_t archive, const char *name, unsigned char digest)
{
	struct result a, r = { .digestlen = 1, .digest = { digest } };

	(void)table_get(c.table, archive, &a);
	r.archive = &a.entry;
	r.entry.name = name;
	r.entry.len = strlen(name);
	r.entry.cookie = archive;
	r.size = digest;
	contents_add(&c, &r);
}

static void
add_link(uint64_t archive, const char *name, const char *to)
{
	struct result a, r = { .status = RESULT_LINK, .text = to };

	(void)table_get(c.table, archive, &a);
	r.archive = &a.entry;
	r.entry.name = name;
	r.entry.len = strlen(name);
	r.entry.cookie = archive;
	contents_add(&c, &r);
}

static uint64_t
number(const char *name)
{
	return table_find(c.table, name, strlen(name));
}

static void
expect(const char *name, unsigned char digest)
{
	struct result r;
	uint64_t n = number(name);

	assert_true(n != UINT64_MAX);
	assert_true(contents_has(&c, n));
	assert_true(table_get(c.table, n, &r));
	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(r.digestlen, 1);
	assert_int_equal(r.digest[0], digest);
	assert_int_equal(r.size, digest);
}

static void
test_names(void **state)
{
	uint64_t a = found("d/a.tar");

	(void)state;
	add(a, "./x", 1);
	add(a, "/y", 2);
	expect("./x", 1);
	expect("/y", 2);
	c.rules.prefix = true;
	add(a, "./x", 3);
	expect("d/a.tar!./x", 3);
	expect("./x", 1);
	assert_false(contents_has(&c, a));
	assert_true(contents_is_open(&c, a));
	assert_false(contents_is_open(&c, found("b")));
	assert_false(contents_is_open(&c, 1000));
}

static void
test_names_of_compressed_files(void **state)
{
	static const struct {
		const char *archive, *plain, *prefixed;
	} rows[] = {
		{ "a.gz", "a", "a.gz!a" },
		{ "d/a.tgz", "d/a.tar", "d/a.tgz!a.tar" },
		{ "d/b.tar.xz", "d/b.tar", "d/b.tar.xz!b.tar" },
		{ "d/.gz", "d/.gz", "d/.gz!.gz" },
		{ ".gz", ".gz", ".gz!.gz" },
		{ "e.GZ", "e.GZ", "e.GZ!e.GZ" },
		{ "gz", "gz", "gz!gz" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t a = found(rows[i].archive);

		c.rules.prefix = false;
		add(a, "", 1);
		expect(rows[i].plain, 1);
		/* its own name */
		assert_int_equal(contents_has(&c, a),
		    !strcmp(rows[i].plain, rows[i].archive));
		c.rules.prefix = true;
		add(a, "", 2);
		expect(rows[i].prefixed, 2);
	}
}

static void
expect_clash(const char *name, bool lost, const char *what)
{
	bool is_lost;
	const char *said = contents_clash(&c, number(name), &is_lost);

	assert_int_equal(is_lost, lost);
	if (!what)
		assert_null(said);
	else
		assert_non_null(strstr(said, what));
}

static void
test_last_member_counts(void **state)
{
	uint64_t a = found("a.tar");

	(void)state;
	add(a, "x", 1);
	add(a, "y", 2);
	expect_clash("x", false, NULL);
	add(a, "x", 3);
	expect("x", 3);
	expect_clash("x", false, "more than one member");
	expect_clash("y", false, NULL);
	expect_clash("a.tar", false, NULL);
}

/* Whichever is read first. */
static void
test_last_archive_counts(void **state)
{
	uint64_t a = found("a.tar"), b = found("b.tar");

	(void)state;
	add(a, "x", 1);
	add(b, "x", 2);
	expect("x", 2);
	expect_clash("x", true, "another archive");
	add(b, "y", 3);
	add(a, "y", 4);
	expect("y", 3);
	expect_clash("y", true, "another archive");
}

static void
test_files_keep_their_names(void **state)
{
	uint64_t a = found("a.tar"), x = found("x");
	struct result r;

	(void)state;
	add(a, "x", 1);
	assert_false(contents_has(&c, x));
	assert_false(table_get(c.table, x, &r));
	expect_clash("x", true, "another archive");
}

static void
test_links(void **state)
{
	uint64_t a = found("a.tar");
	struct result r;

	(void)state;
	c.rules.prefix = true;
	add(a, "x", 1);
	add_link(a, "y", "x");
	expect("a.tar!y", 1);
	add(a, "x", 2); /* after the link was made */
	expect("a.tar!y", 1);
	add_link(a, "z", "y");
	expect("a.tar!z", 1);
	add_link(a, "w", "a.tar");
	assert_true(table_get(c.table, number("a.tar!w"), &r));
	assert_int_equal(r.status, RESULT_LINK);
	assert_string_equal(r.text, "a.tar");
	/* not to a file */
	c.rules.prefix = false;
	(void)found("file");
	add_link(a, "v", "file");
	assert_true(table_get(c.table, number("v"), &r));
	assert_int_equal(r.status, RESULT_LINK);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_names),
		CASE(test_names_of_compressed_files),
		CASE(test_last_member_counts),
		CASE(test_last_archive_counts),
		CASE(test_files_keep_their_names),
		CASE(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
