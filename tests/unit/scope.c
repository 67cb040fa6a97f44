/* Plain forms of names, and which of them operands stand for. */
#include "record/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "record/side.h"
#include "hasher/result.h"
#include "record/table.h"

static void
plain(const char *name, const char *text)
{
	struct buf room = BUF_INIT;
	size_t len = strlen(name);
	const char *p = scope_plain(&room, name, &len);

	assert_int_equal(len, strlen(text));
	assert_memory_equal(p, text, len);
	buf_release(&room);
}

static void
test_plain(void **state)
{
	(void)state;
	plain("f", "f");
	plain("d/f", "d/f");
	plain("/d/f", "/d/f");
	plain(".f", ".f");
	plain("d/.f/..g", "d/.f/..g");
	plain("../f", "../f");
	plain("d/../f", "d/../f");
	plain("", "");
	plain(".", ".");
	plain("/", "/");
}

static void
test_plain_of_others(void **state)
{
	(void)state;
	plain("./f", "f");
	plain("././/f", "f");
	plain("d//f", "d/f");
	plain("d/./f", "d/f");
	plain("d/././//./f", "d/f");
	plain("//d///f", "/d/f");
	plain("/./d/f", "/d/f");
	plain("./../d//f", "../d/f");
	plain("./", ".");
	plain(".//./", ".");
	plain("./.", ".");
	plain("//", "/");
	plain("/.", "/");
}

/* It can be nothing but a directory. */
static void
test_a_slash_at_the_end_stays(void **state)
{
	(void)state;
	plain("d/", "d/");
	plain("d//", "d/");
	plain("d/.", "d/");
	plain("d/./", "d/");
}

static void
test_plain_within_more(void **state)
{
	struct buf room = BUF_INIT;
	size_t len = 4;
	const char *p;

	(void)state;
	p = scope_plain(&room, "d//fxx//y", &len);
	assert_int_equal(len, 3);
	assert_memory_equal(p, "d/f", 3);
	len = 3;
	p = scope_plain(&room, "d/./", &len);
	assert_int_equal(len, 2);
	assert_memory_equal(p, "d/", 2);
	buf_release(&room);
}

/* What one operand says of a name: outside, or where what is below begins. */
#define OUTSIDE -1

static void
below(const char *operand, const char *name, int want)
{
	char *operands[] = { (char *)operand };
	struct scope *s = scope_new(operands, 1);
	size_t at;

	assert_int_equal(scope_outside(s, name, strlen(name), &at),
	    want == OUTSIDE);
	if (want != OUTSIDE)
		assert_int_equal(at, want);
	scope_free(s);
}

static void
test_relative_names_are_inside(void **state)
{
	(void)state;
	below(".", "f", 0);
	below(".", "d/f", 0);
	below("d", "f", 0);
	below("d", "d", 1);
	below("d", "d/f", 2);
	below("d", "dd/f", 0);
	below("d/e", "d/f", 0);
	below("/d", "d/f", 0);
	below(".", "...", 0);
	below(".", "..f", 0);
	below(".", "f..", 0);
	below(".", "d/..f/g", 0);
}

static void
test_others_are_outside(void **state)
{
	(void)state;
	below(".", "/f", OUTSIDE);
	below("d", "/d/f", OUTSIDE);
	below("/d", "/", OUTSIDE);
	below("/d", "/dd/f", OUTSIDE);
	below("/d/e", "/d/f", OUTSIDE);
	below(".", "..", OUTSIDE);
	below(".", "../f", OUTSIDE);
	below(".", "d/../f", OUTSIDE);
	below(".", "d/..", OUTSIDE);
	below("../d", "../f", OUTSIDE);
	below("../d", "../dd/f", OUTSIDE);
	below(".", "", OUTSIDE);
}

static void
test_operands_anywhere(void **state)
{
	(void)state;
	below("/d", "/d/f", 3);
	below("/d/", "/d/f", 3);
	below("//d//e/.", "/d/e/f", 5);
	below("/d", "/d", 2);
	below("/", "/d/f", 1);
	below("..", "../f", 3);
	below("./..", "../f", 3);
	below("../d", "../d/e/f", 5);
	below("d/../e", "d/../e/f", 7);
}

static void
test_no_dotdot_below_an_operand(void **state)
{
	(void)state;
	below("/d", "/d/../f", OUTSIDE);
	below("/d", "/d/e/..", OUTSIDE);
	below("/", "/../f", OUTSIDE);
	below("..", "../../f", OUTSIDE);
	below("../d", "../d/../f", OUTSIDE);
	below("d", "d/../f", OUTSIDE);
}

static void
test_every_operand_in_turn(void **state)
{
	char *operands[] = { "d/e", "x", ".", "d", "d/e/f", "d/eee" };
	struct scope *s = scope_new(operands, 6);
	size_t cursor = 0, at;

	(void)state;
	assert_true(scope_next(s, "d/e/f", 5, &cursor, &at));
	assert_int_equal(at, 0);
	assert_true(scope_next(s, "d/e/f", 5, &cursor, &at));
	assert_int_equal(at, 2);
	assert_true(scope_next(s, "d/e/f", 5, &cursor, &at));
	assert_int_equal(at, 4);
	assert_true(scope_next(s, "d/e/f", 5, &cursor, &at));
	assert_int_equal(at, 5);
	assert_false(scope_next(s, "d/e/f", 5, &cursor, &at));
	assert_false(scope_outside(s, "d/e/g", 5, &at));
	assert_int_equal(at, 4);
	scope_free(s);
}

static uint64_t
add(struct side *s, const char *name, bool is_new)
{
	bool new;
	uint64_t n = side_add(s, name, strlen(name), &new);

	assert_int_equal(new, is_new);
	return n;
}

static void
test_a_side_keeps_the_first_spelling(void **state)
{
	static const char *const shown[] = { "a", "d//f", "b", "e/./f", "." };
	static const bool dotted[] = { true, true, false, true, false };
	struct side *s = side_new();
	struct result r;

	(void)state;
	assert_int_equal(add(s, "./a", true), 0);
	assert_int_equal(add(s, ".//d//f", true), 1);
	assert_int_equal(add(s, "b", true), 2);
	assert_int_equal(add(s, "d/f", false), 1);
	assert_int_equal(add(s, "./e/./f", true), 3);
	assert_int_equal(add(s, ".", true), 4);
	for (uint64_t n = 0; n < 5; n++) {
		(void)side_get(s, n, &r);
		assert_string_equal(r.entry.name, shown[n]);
		assert_int_equal(r.entry.len, strlen(shown[n]));
		assert_int_equal(side_is_dotted(s, n), dotted[n]);
	}
	assert_int_equal(table_find(s->table, "d/f", 3), 1);
	side_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_of_others),
		cmocka_unit_test(test_a_slash_at_the_end_stays),
		cmocka_unit_test(test_plain_within_more),
		cmocka_unit_test(test_relative_names_are_inside),
		cmocka_unit_test(test_others_are_outside),
		cmocka_unit_test(test_operands_anywhere),
		cmocka_unit_test(test_no_dotdot_below_an_operand),
		cmocka_unit_test(test_every_operand_in_turn),
		cmocka_unit_test(test_a_side_keeps_the_first_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
