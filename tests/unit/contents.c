/* mode/contents: what members are called, and which of them count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hasher/result.h"
#include "mode/contents.h"
#include "record/table.h"
#include "source/filter.h"

static struct contents *c;
static struct entry archive;

static int
set_up(void **state)
{
	const struct contents_rules rules = { .prefix = false };

	(void)state;
	c = contents_new(&rules);
	archive = (struct entry){ .name = "d/a.tar", .len = 7 };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	contents_free(c);
	return 0;
}

/* A member whose digest is one byte. */
static void
add(const char *name, unsigned char digest)
{
	const struct result r = { .archive = &archive, .digestlen = 1,
	    .digest = { digest }, .size = digest,
	    .entry = { .name = name, .len = strlen(name) } };

	contents_add(c, &r);
}

static void
add_bare(const char *name, enum result_status status, const char *to)
{
	const struct result r = { .archive = &archive, .status = status,
	    .text = to, .entry = { .name = name, .len = strlen(name) } };

	contents_add(c, &r);
}

static uint64_t
number(const char *name)
{
	return table_find(c->table, name, strlen(name));
}

static void
expect(const char *name, unsigned char digest)
{
	struct result r;
	uint64_t n = number(name);

	assert_true(n != UINT64_MAX);
	assert_true(contents_get(c, n, &r));
	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(r.digestlen, 1);
	assert_int_equal(r.digest[0], digest);
	assert_int_equal(r.size, digest);
}

static void
test_names(void **state)
{
	(void)state;
	add("./x", 1);
	add("/y", 2);
	expect("./x", 1);
	expect("/y", 2);
	c->rules.prefix = true;
	add("./x", 3);
	expect("d/a.tar!./x", 3);
	expect("./x", 1);
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
		archive.name = rows[i].archive;
		archive.len = strlen(archive.name);
		c->rules.prefix = false;
		add("", 1);
		expect(rows[i].plain, 1);
		c->rules.prefix = true;
		add("", 2);
		expect(rows[i].prefixed, 2);
	}
}

static void
test_last_member_counts(void **state)
{
	struct result r;

	(void)state;
	add("x", 1);
	add("y", 2);
	assert_false(contents_is_double(c, number("x")));
	add("x", 3);
	expect("x", 3);
	assert_true(contents_is_double(c, number("x")));
	assert_false(contents_is_double(c, number("y")));
	/* what is no regular file counts, too, but twice the same does not */
	add_bare("y", RESULT_OTHER, NULL);
	assert_false(contents_get(c, number("y"), &r));
	assert_true(contents_is_double(c, number("y")));
	add_bare("d", RESULT_OTHER, NULL);
	add_bare("d", RESULT_OTHER, NULL);
	assert_false(contents_is_double(c, number("d")));
	assert_int_equal(c->others, 3);
}

static void
test_links(void **state)
{
	struct result r;

	(void)state;
	c->rules.prefix = true;
	add("x", 1);
	add_bare("y", RESULT_LINK, "x");
	expect("d/a.tar!y", 1);
	add("x", 2); /* after the link was made */
	expect("d/a.tar!y", 1);
	add_bare("z", RESULT_LINK, "y");
	expect("d/a.tar!z", 1);
	/* another spelling */
	add("./v", 3);
	add_bare("v2", RESULT_LINK, "v");
	expect("d/a.tar!v2", 3);
	add_bare("x2", RESULT_LINK, "./x");
	expect("d/a.tar!x2", 2);
	/* to what has no digest, to what is not there */
	add_bare("s", RESULT_OTHER, NULL);
	add_bare("s2", RESULT_LINK, "s");
	assert_false(contents_get(c, number("d/a.tar!s2"), &r));
	add_bare("w", RESULT_LINK, "nothing");
	assert_true(contents_get(c, number("d/a.tar!w"), &r));
	assert_int_equal(r.status, RESULT_LINK);
	assert_string_equal(r.text, "nothing");
}

static void
test_filter(void **state)
{
	struct filter *f = filter_new();
	struct result r;

	(void)state;
	assert_null(filter_exclude(f, "*.o"));
	c->rules.filter = f;
	add("a.o", 1);
	add("a.c", 2);
	add_bare("b.c", RESULT_LINK, "a.o");
	assert_false(contents_get(c, number("a.o"), &r));
	expect("a.c", 2);
	expect("b.c", 1);
	/* the file that the user named */
	archive.name = "z.o";
	archive.len = 3;
	add("", 3);
	expect("z.o", 3);
	filter_free(f);
}

/* Of two spellings of a name the last one is what is extracted. */
static void
test_the_last_of_two_spellings(void **state)
{
	struct result r;
	uint64_t n;

	(void)state;
	add("a", 1);
	add("./a", 2);
	n = contents_find(c, &archive, "a", 1);
	assert_true(contents_get(c, n, &r));
	assert_int_equal(r.digest[0], 2);
	assert_true(contents_find(c, &archive, "./a", 3) == n);
	add_bare("link", RESULT_LINK, "a");
	assert_true(contents_get(c, number("link"), &r));
	assert_int_equal(r.digest[0], 2);
	add("a", 3);
	n = contents_find(c, &archive, "./a", 3);
	assert_true(contents_get(c, n, &r));
	assert_int_equal(r.digest[0], 3);
	assert_true(contents_find(c, &archive, "b", 1) == UINT64_MAX);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_names),
		CASE(test_names_of_compressed_files),
		CASE(test_last_member_counts),
		CASE(test_links),
		CASE(test_filter),
		CASE(test_the_last_of_two_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
