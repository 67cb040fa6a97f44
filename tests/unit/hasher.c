/*
 * hasher/hasher: what all hashers have in common, with a row of functions that
 * do as the case says. local_new, which hasher_new calls, is this file's.
 */
#include "hasher/hasher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/entry.h"
#include "hasher/local.h"
#include "hasher/ops.h"
#include "hasher/result.h"

enum { FD = 7 };

/*
 * What was called, a letter each: take, flush, Turn for FD, Finish, look, X for
 * free, and of the callbacks Result, pause and more. (u is turn without one.)
 */
static char trail[64];

/*
 * What take, flush, turn and finish do, a letter for each call, of which the
 * last stays: 0, 1 and - are what is returned, d delivers a result and returns
 * 0, D the same and returns 1.
 */
static const char *take, *flush, *turn, *finish;

static struct hasher hasher;
static struct entry taken[8]; /* without a result */
static unsigned ntaken;
static uint64_t named;        /* entries, numbered from 1 by their cookies */
static uint64_t cookies;      /* of results: digits of a number */
static uint64_t open_then;    /* hasher_open, at the last result */

static void
note(char c)
{
	size_t n = strlen(trail);

	assert_true(n + 1 < sizeof(trail));
	trail[n] = c;
}

static void
assert_trail(const char *want)
{
	assert_string_equal(trail, want);
	memset(trail, 0, sizeof(trail));
}

/* The oldest gets its result. */
static void
deliver(void)
{
	struct result r = { .status = RESULT_OK };

	assert_true(ntaken > 0);
	r.entry = taken[0];
	memmove(taken, taken + 1, --ntaken * sizeof(taken[0]));
	hasher_deliver(&hasher, &r);
}

static int
play(const char **script)
{
	char c = **script;

	if ((*script)[1])
		++*script;
	if (c == 'd' || c == 'D')
		deliver();
	return c == '-' ? -1 : c == '1' || c == 'D';
}

static int
fake_take(struct hasher *h, const struct entry *e)
{
	assert_ptr_equal(h, &hasher);
	note('t');
	if (*take == '1' || *take == 'D')
		taken[ntaken++] = *e;
	return play(&take);
}

static int
fake_flush(struct hasher *h)
{
	assert_ptr_equal(h, &hasher);
	note('f');
	return play(&flush);
}

static int
fake_turn(struct hasher *h, int fd, int ms)
{
	assert_ptr_equal(h, &hasher);
	assert_true(fd == -1 || fd == FD);
	assert_true(ms == 0 || ms == HASHER_PAUSE_MS);
	note(fd == FD ? 'T' : ms ? 'u' : 'n');
	return play(&turn);
}

static int
fake_finish(struct hasher *h)
{
	assert_ptr_equal(h, &hasher);
	note('F');
	return play(&finish);
}

static void
fake_look(struct hasher *h)
{
	assert_ptr_equal(h, &hasher);
	note('l');
}

static bool
fake_stalled(struct hasher *h, struct hasher_stall *s)
{
	assert_ptr_equal(h, &hasher);
	s->seconds = 9;
	return true;
}

static uint64_t
fake_bytes(const struct hasher *h)
{
	assert_ptr_equal(h, &hasher);
	return 1234;
}

static void
fake_free(struct hasher *h)
{
	assert_ptr_equal(h, &hasher);
	note('X');
}

static const struct hasher_ops fake_ops = {
	.take = fake_take,
	.flush = fake_flush,
	.turn = fake_turn,
	.finish = fake_finish,
	.look = fake_look,
	.stalled = fake_stalled,
	.bytes = fake_bytes,
	.free = fake_free,
};

static bool none; /* no hasher can be made */

struct hasher *
local_new(const struct hasher_opts *opts)
{
	assert_int_equal(opts->jobs, 3);
	memset(&hasher, 0, sizeof(hasher));
	hasher.ops = &fake_ops;
	return none ? NULL : &hasher;
}

static void
on_result(void *cookie, const struct result *r)
{
	assert_ptr_equal(cookie, trail);
	note('R');
	cookies = 10 * cookies + r->entry.cookie;
	open_then = hasher_open(&hasher);
}

static void
on_pause(void *cookie)
{
	assert_ptr_equal(cookie, trail);
	note('p');
}

static struct hasher_opts opts = { .jobs = 3, .cookie = trail,
    .on_result = on_result, .on_pause = on_pause };

static int
setup(void **state)
{
	(void)state;
	memset(trail, 0, sizeof(trail));
	take = "1";
	flush = finish = "0";
	turn = "d";
	ntaken = 0;
	cookies = named = 0;
	return hasher_new(&opts) == &hasher ? 0 : -1;
}

static int
try_kind(enum entry_kind kind)
{
	const struct entry e = { .name = "f", .len = 1, .kind = kind,
	    .cookie = ++named };

	return hasher_try(&hasher, &e);
}

static int
try(void)
{
	return try_kind(ENTRY_FOUND);
}

static int
put(void)
{
	const struct entry e = { .name = "f", .len = 1, .cookie = ++named };

	return hasher_put(&hasher, &e);
}

static void
test_none_can_be_made(void **state)
{
	(void)state;
	none = true;
	assert_null(hasher_new(&opts));
	none = false;
	hasher_free(NULL);
	assert_trail("");
}

static void
test_passed_on(void **state)
{
	struct hasher_stall s;

	(void)state;
	assert_true(hasher_stalled(&hasher, &s));
	assert_int_equal(s.seconds, 9);
	assert_int_equal(hasher_bytes(&hasher), 1234);
	hasher_free(&hasher);
	assert_trail("X");
}

static void
test_taken(void **state)
{
	(void)state;
	assert_int_equal(try(), 1);
	assert_int_equal(put(), 0);
	assert_trail("tt");
	assert_int_equal(hasher_open(&hasher), 2);
}

static void
test_refused(void **state)
{
	(void)state;
	take = "0";
	assert_int_equal(try(), 0);
	assert_trail("tlp"); /* who tries again and again sees to it */
	assert_int_equal(hasher_open(&hasher), 0);
	hasher.on_pause = NULL;
	assert_int_equal(try(), 0);
	assert_trail("tl");
}

/* As of a name that is too long. It counts as given when it is answered. */
static void
test_result_at_once(void **state)
{
	(void)state;
	take = "D1D";
	assert_int_equal(try(), 1);
	assert_trail("tRlp");
	assert_int_equal(open_then, 0);
	assert_int_equal(put(), 0);
	assert_trail("t");
	assert_int_equal(put(), 0);
	assert_trail("tRlp");
	assert_int_equal(open_then, 1);
	assert_int_equal(hasher_open(&hasher), 1);
}

static void
test_no_more_is_taken(void **state)
{
	(void)state;
	take = "1-";
	assert_int_equal(put(), 0);
	assert_int_equal(try(), -1);
	assert_int_equal(put(), -1);
	assert_trail("ttt");
	hasher.broken = true;
	assert_int_equal(try(), -1);
	assert_int_equal(put(), -1);
	assert_trail(""); /* is not asked */
	assert_int_equal(hasher_open(&hasher), 1);
}

static void
test_put_waits_for_room(void **state)
{
	(void)state;
	take = "1001";
	turn = "0d";
	assert_int_equal(put(), 0);
	assert_int_equal(put(), 0);
	assert_trail("t" "tlp" "ulp" "tlp" "uRlp" "t");
	assert_int_equal(hasher_open(&hasher), 1);
	take = "0";
	turn = "-";
	assert_int_equal(put(), -1);
	assert_trail("tlp" "u");
	assert_int_equal(hasher_open(&hasher), 1);
}

static void
test_attend(void **state)
{
	(void)state;
	turn = "0d0-";
	assert_int_equal(put(), 0);
	assert_int_equal(hasher_attend(&hasher), 0);
	assert_trail("t" "fnlp");
	assert_int_equal(hasher_open(&hasher), 1);
	assert_int_equal(hasher_attend(&hasher), 0);
	assert_trail("fnRlp");
	assert_int_equal(hasher_open(&hasher), 0);
	assert_int_equal(hasher_attend(&hasher), 0);
	assert_trail("fnlp"); /* with nothing open, too */
	assert_int_equal(hasher_attend(&hasher), -1);
	assert_trail("fn");
	flush = "-";
	assert_int_equal(hasher_attend(&hasher), -1);
	assert_trail("f");
	hasher.broken = true;
	assert_int_equal(hasher_attend(&hasher), -1);
	assert_trail("");
}

static void
test_wait(void **state)
{
	(void)state;
	assert_int_equal(hasher_wait(&hasher), 0);
	assert_trail("f"); /* nothing is open */
	assert_int_equal(put() + put() + put(), 0);
	assert_trail("ttt");
	turn = "00d-";
	assert_int_equal(hasher_wait(&hasher), 0);
	assert_trail("f" "ulp" "ulp" "uRlp");
	flush = "d0-";
	assert_int_equal(hasher_wait(&hasher), 0);
	assert_trail("fR"); /* no turn is needed for that */
	assert_int_equal(hasher_open(&hasher), 1);
	assert_int_equal(hasher_wait(&hasher), -1);
	assert_trail("fu");
	assert_int_equal(hasher_wait(&hasher), -1);
	assert_trail("f");
	assert_int_equal(cookies, 12);
}

/* Names that wait for room will fill the chunk that is open: it is not sent as it is,
 * but where none was refused since. */
static void
test_wait_for_room(void **state)
{
	(void)state;
	assert_int_equal(put(), 0);
	take = "0";
	assert_int_equal(try(), 0);
	assert_trail("t" "tlp");
	turn = "0d";
	assert_int_equal(hasher_wait(&hasher), 0);
	assert_trail("ulp" "uRlp");
	take = "1";
	assert_int_equal(put(), 0);
	assert_int_equal(hasher_wait(&hasher), 0);
	assert_trail("t" "fuRlp");
}

static void
test_idle(void **state)
{
	(void)state;
	assert_int_equal(put(), 0);
	turn = "0d1-";
	assert_int_equal(hasher_idle(&hasher, FD, NULL, NULL), 0);
	assert_trail("t" "fTlp" "fTRlp" "fTlp");
	assert_int_equal(hasher_idle(&hasher, FD, NULL, NULL), -1);
	assert_trail("fT");
	flush = "-";
	assert_int_equal(hasher_idle(&hasher, FD, NULL, NULL), -1);
	assert_trail("f");
}

/* Tries what kinds says, and fails at its end. */
static int
more(void *cookie)
{
	const char **kinds = cookie;

	note('m');
	if (!**kinds)
		return -1;
	(void)try_kind(*(*kinds)++ == 's' ? ENTRY_STREAM : ENTRY_FOUND);
	return 0;
}

static void
test_idle_gives_more(void **state)
{
	const char *kinds = "fffs";

	(void)state;
	take = "1010";
	turn = "0";
	assert_int_equal(hasher_idle(&hasher, FD, more, &kinds), -1);
	assert_trail(
	    "mt" "fTlp"
	    "mtlp" "Tlp" /* the file refused will go along */
	    "mt" "fTlp"
	    "mtlp" "fTlp" /* not so a stream */
	    "m");
}

static void
test_finish(void **state)
{
	(void)state;
	assert_int_equal(put(), 0);
	finish = "d-0";
	assert_int_equal(hasher_finish(&hasher), 0);
	assert_int_equal(hasher_finish(&hasher), -1);
	hasher.broken = true;
	assert_int_equal(hasher_finish(&hasher), -1);
	assert_trail("tFRFF");
}

static void
test_lost_results(void **state)
{
	static const char want[] = "phash: lost results: 3 names given, "
	    "1 results received\n";
	int saved = dup(STDERR_FILENO), said[2];
	char text[128] = "";

	(void)state;
	finish = "d";
	assert_int_equal(put() + put() + put(), 0);
	assert_int_equal(pipe(said), 0);
	dup2(said[1], STDERR_FILENO);
	assert_int_equal(hasher_finish(&hasher), -1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(said[1]);
	assert_int_equal(read(said[0], text, sizeof(text) - 1),
	    sizeof(want) - 1);
	assert_string_equal(text, want);
	close(said[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none_can_be_made, setup),
		cmocka_unit_test_setup(test_passed_on, setup),
		cmocka_unit_test_setup(test_taken, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_result_at_once, setup),
		cmocka_unit_test_setup(test_no_more_is_taken, setup),
		cmocka_unit_test_setup(test_put_waits_for_room, setup),
		cmocka_unit_test_setup(test_attend, setup),
		cmocka_unit_test_setup(test_wait, setup),
		cmocka_unit_test_setup(test_wait_for_room, setup),
		cmocka_unit_test_setup(test_idle, setup),
		cmocka_unit_test_setup(test_idle_gives_more, setup),
		cmocka_unit_test_setup(test_finish, setup),
		cmocka_unit_test_setup(test_lost_results, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
