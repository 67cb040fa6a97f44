/*
 * hasher/hosts: what a relay says of its host, as the parent prints and counts it.
 * Both are this process.
 */
#include "hasher/hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "said.h"
#include "scratch.h"

static const struct hasher_host names[] = { { .name = "one" },
    { .name = "the other" } };
static struct hosts hosts;

static int
enter(void **state)
{
	(void)state;
	return hosts_init(&hosts, names, 2);
}

static int
leave(void **state)
{
	(void)state;
	hosts_release(&hosts);
	return 0;
}

/* What is printed when the parent looks. */
static const char *
look(void)
{
	int before = said_begin();

	hosts_look(&hosts);
	return said_end(before);
}

static void
note(const char *text)
{
	host_note(&hosts.lines[0], text, strlen(text));
}

/* A line of n letters. */
static void
long_note(size_t n)
{
	char text[HOST_TEXT + 100];

	assert_in_range(n, 0, sizeof(text));
	memset(text, 'x', n);
	host_note(&hosts.lines[0], text, n);
}

static void
test_states(void **state)
{
	struct hasher_report r;

	(void)state;
	assert_string_equal(look(), "");
	assert_false(hosts_are_lost(&hosts));
	host_say_ready(&hosts.lines[0], 2, "avx2xyz", 4);
	assert_string_equal(look(), ""); /* it is for --debug */
	assert_true(hosts_report(&hosts, 0, &r));
	assert_true(r.ready);
	assert_string_equal(r.name, "one");
	assert_true(hosts_report(&hosts, 1, &r));
	assert_false(r.ready);
	assert_string_equal(r.name, "the other");
	assert_false(hosts_report(&hosts, 2, &r));
	host_say_lost(&hosts.lines[0], "gone");
	assert_string_equal(look(), "phash: one: gone\n");
	assert_string_equal(look(), "");
	assert_true(hosts_report(&hosts, 0, &r));
	assert_false(r.ready);
	assert_false(hosts_are_lost(&hosts));
	host_say_lost(&hosts.lines[1], "no\nway");
	assert_string_equal(look(), "phash: 'the other': no?way\n");
	assert_true(hosts_are_lost(&hosts));
}

static void
test_none_is_not_lost(void **state)
{
	struct hosts none = { .n = 0 };

	(void)state;
	assert_false(hosts_are_lost(&none));
}

static void
test_debug(void **state)
{
	(void)state;
	hosts.debug = true;
	host_say_ready(&hosts.lines[0], 1, "avx2 and more", 4);
	host_say_ready(&hosts.lines[1], 12, "lanes", 5);
	assert_string_equal(look(), "phash: one: 1 worker, engine avx2\n"
	    "phash: 'the other': 12 workers, engine lanes\n");
	assert_string_equal(look(), "");
}

static void
test_report(void **state)
{
	struct hasher_report r;

	(void)state;
	hosts.lines[1].files = 3;
	hosts.lines[1].bytes = UINT64_C(5) << 40;
	hosts.lines[1].busy_ns = 7;
	assert_true(hosts_report(&hosts, 1, &r));
	assert_true(r.files == 3 && r.bytes == UINT64_C(5) << 40 &&
	    r.busy_ns == 7);
}

/* Texts are cut to their places, with a NUL. */
static void
test_long_texts(void **state)
{
	char text[2 * HOST_TEXT];
	struct host_line *l = &hosts.lines[0];

	(void)state;
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	host_say_lost(l, text);
	assert_int_equal(strlen(l->why), HOST_TEXT - 1);
	host_say_ready(l, 1, text, sizeof(text) - 1);
	assert_int_equal(strlen(l->engine), sizeof(l->engine) - 1);
	host_say_ready(l, 1, text, sizeof(l->engine) - 1);
	assert_int_equal(strlen(l->engine), sizeof(l->engine) - 1);
	host_say_ready(l, 1, text, sizeof(l->engine));
	assert_int_equal(strlen(l->engine), sizeof(l->engine) - 1);
	assert_int_equal(strlen(l->why), HOST_TEXT - 1);
	long_note(HOST_TEXT + 50);
	look();
	assert_int_equal(strlen(said), strlen("phash: one: ") + HOST_TEXT + 1);
}

/* Lines come once and in order; what a terminal would obey does not come. */
static void
test_notes(void **state)
{
	(void)state;
	note("Welcome");
	note("");
	note("\033[2J");
	assert_string_equal(look(), "phash: one: Welcome\nphash: one: \n"
	    "phash: one: ?[2J\n");
	assert_string_equal(look(), "");
	for (int i = 0; i < 3 * HOST_NOTES; i += 10) {
		note("123456789");
		assert_string_equal(look(), "phash: one: 123456789\n");
	}
}

/* Beside what the host itself has to say. */
static void
test_notes_and_states(void **state)
{
	(void)state;
	hosts.debug = true;
	note("Welcome");
	host_say_ready(&hosts.lines[0], 2, "avx2", 4);
	assert_string_equal(look(), "phash: one: Welcome\n"
	    "phash: one: 2 workers, engine avx2\n");
	note("Bye");
	host_say_lost(&hosts.lines[0], "gone");
	assert_string_equal(look(), "phash: one: Bye\nphash: one: gone\n");
}

/* The ring takes so many bytes, with the end of each line; of others it is said how
 * many there were. */
static void
test_lost_notes(void **state)
{
	(void)state;
	for (int i = 0; i < HOST_NOTES / 64; i++)
		long_note(63);
	assert_int_equal(hosts.lines[0].note_lost, 0);
	note("");
	long_note(5);
	assert_int_equal(hosts.lines[0].note_lost, 2);
	look();
	assert_non_null(strstr(said, "x\nphash: one: 2 more lines\n"));
	assert_string_equal(look(), "");
	note("back");
	assert_string_equal(look(), "phash: one: back\n");
}

/* A relay may write anything to its line. */
static void
test_overwritten(void **state)
{
	struct host_line *l = &hosts.lines[0];

	(void)state;
	note("unseen");
	l->note_head = l->note_tail + HOST_NOTES + 1;
	assert_string_equal(look(), "");
	l->note_head = l->note_tail;
	memset(l->why, 'z', sizeof(l->why)); /* without a NUL */
	l->state = HOST_LOST;
	look();
	assert_int_equal(strlen(said), strlen("phash: one: ") + HOST_TEXT + 1);
	l->state = 77;
	assert_string_equal(look(), "");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_states),
		CASE(test_none_is_not_lost),
		CASE(test_debug),
		CASE(test_report),
		CASE(test_long_texts),
		CASE(test_notes),
		CASE(test_notes_and_states),
		CASE(test_lost_notes),
		CASE(test_overwritten),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
