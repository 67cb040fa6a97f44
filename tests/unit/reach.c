/* hasher/reach: what comes before the first request, what a launcher prints, and how
 * a far end is lost. */
#include "hasher/reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "digest/algorithm.h"
#include "far.h"
#include "hasher/hosts.h"

#define VERSION "7.7"
#define HELLO { TALK_PROTOCOL, talk_text(VERSION) }
#define READY { 12, talk_text("lanes") }
#define NOISE 65536 /* bytes that may come before TALK_MARK */

ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);

static char *argv[] = { (char *)(uintptr_t)"rsh", NULL };
static struct hasher_host host = { "h", 3, argv };
static struct hasher_opts opts = { .hosts = &host, .nhosts = 1,
    .engine = "auto", .directory = "/d", .version = VERSION, .chunk = 5,
    .timeout = 6, .twice = true, .limit = 8 };
static struct host_line line;
static struct watch_line watch;
static struct reach r;
static uint64_t turns;  /* watch.turns when it was waited last */
static unsigned turn;   /* counts them, from 1 */
static void (*act)(void); /* what happens in each; NULL: nothing */
static int taken;       /* ppool_take says so... */
static unsigned takes;  /* ...and did so often */
static int interrupts;  /* reads that fail next... */
static int read_err;    /* ...with this */
static unsigned reads;

static void
far_turn(void)
{
	turns = watch.turns;
	turn++;
	if (act)
		act();
}

static int
far_take(ppool_item *item)
{
	(void)item;
	assert_in_range(++takes, 1, 1000);
	return taken;
}

ssize_t
__wrap_read(int fd, void *to, size_t n)
{
	assert_in_range(++reads, 1, 10000);
	if (interrupts > 0) {
		interrupts--;
		errno = read_err;
		return -1;
	}
	return __real_read(fd, to, n);
}

static int
enter(void **state)
{
	(void)state;
	far_begin();
	memset(&line, 0, sizeof(line));
	memset(&watch, 0, sizeof(watch));
	r = (struct reach){ .opts = &opts, .host = &host, .line = &line,
	    .watch = &watch, .silence = CLOCK_SECOND,
	    .launch = { .fd = -1, .err = -1 } };
	turn = takes = reads = 0;
	taken = interrupts = 0;
	act = NULL;
	opts.algorithms = algorithms_new();
	return opts.algorithms ? algorithms_add(opts.algorithms, "sha256") : -1;
}

static int
leave(void **state)
{
	(void)state;
	reach_release(&r);
	far_end();
	algorithms_free(opts.algorithms);
	return r.launch.fd == -1 && r.launch.err == -1 && !r.err.data &&
	    !r.why.data && !r.channel.got.data && !r.channel.unsent.data ?
	    0 : -1;
}

static void
again(void **state)
{
	assert_int_equal(leave(state), 0);
	assert_int_equal(enter(state), 0);
}

static const char *
why(void)
{
	return buf_str(&r.why);
}

/* What its launcher has printed, as the parent will have it. */
static const char *
notes(void)
{
	line.notes[line.note_head] = '\0';
	return line.notes;
}

static void
say_mark(void)
{
	buf_put(&far.channel.unsent, TALK_MARK, TALK_MARK_LEN);
}

/* The connection stands, nothing was said. */
static void
connect_only(void)
{
	assert_int_equal(launch_start(&r.launch, argv), 0);
	channel_init(&r.channel, r.launch.fd, r.launch.fd);
}

/* ---- the beginning ------------------------------------------------------------ */

static struct talk_hello hello;
static struct talk_ready ready;
static enum talk_type second; /* in the place of READY */
static bool introduced;       /* HELLO was said */

/* As a far end should. */
static void
begin_well(void)
{
	struct channel_frame f;
	struct talk_setup s;

	if (!introduced) {
		introduced = true;
		say_mark();
		talk_say_hello(&far.channel, &hello);
		far_send();
	}
	if (!far_hear(&f))
		return;
	assert_int_equal(f.type, TALK_SETUP);
	assert_int_equal(talk_hear_setup(&s, &f), 0);
	assert_int_equal(s.hello.protocol, TALK_PROTOCOL);
	assert_memory_equal(s.hello.version.s, VERSION, sizeof(VERSION) - 1);
	assert_memory_equal(s.algorithm.s, "SHA256", s.algorithm.len);
	assert_memory_equal(s.directory.s, "/d", s.directory.len);
	assert_memory_equal(s.engine.s, "auto", s.engine.len);
	assert_true(s.jobs == 3 && s.chunk == 5 && s.timeout == 6);
	assert_true(s.twice && s.limit == 8);
	assert_true(s.silence >= 3600);
	if (second == TALK_REFUSED)
		talk_say_refused(&far.channel, "no room\n");
	else if (second == TALK_READY)
		talk_say_ready(&far.channel, &ready);
	else
		talk_say_number(&far.channel, second, 0);
	far_send();
}

static void
start_well(void)
{
	hello = (struct talk_hello)HELLO;
	ready = (struct talk_ready)READY;
	second = TALK_READY;
	introduced = false;
	act = begin_well;
}

static void
test_begins(void **state)
{
	(void)state;
	start_well();
	assert_int_equal(reach_begin(&r), 0);
	assert_string_equal(why(), "");
	assert_int_equal(r.jobs, 12);
	assert_int_equal(line.state, HOST_READY);
	assert_int_equal(line.jobs, 12);
	assert_string_equal(line.engine, "lanes");
	assert_string_equal(notes(), "");
	assert_true(far.pool); /* it may have nothing for it any more */
}

static void
assert_fails(const char *want)
{
	assert_int_equal(reach_begin(&r), -1);
	assert_string_equal(why(), want);
	assert_int_equal(r.jobs, 0);
	assert_int_equal(line.state, HOST_NEW);
}

static void
test_cannot_start(void **state)
{
	(void)state;
	far.start_err = EMFILE;
	assert_fails("cannot be started: Too many open files");
	reach_drain(&r);
}

/* Refused: another version, of the protocol or the program, or of both. */
static void
test_other_versions(void **state)
{
	static const struct {
		unsigned protocol;
		const char *version, *there;
	} cases[] = {
		{ 1, "7.8", "7.8 there (protocol 1)" },
		{ 1, "7.70", "7.70 there (protocol 1)" },
		{ 1, "7.", "7. there (protocol 1)" },
		{ 2, VERSION, "7.7 there (protocol 2)" },
		{ 2, "8", "8 there (protocol 2)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[200];

		start_well();
		hello = (struct talk_hello){ cases[i].protocol,
		    talk_text(cases[i].version) };
		snprintf(want, sizeof(want), "phash is version %s, and 7.7 here "
		    "(1)", cases[i].there);
		assert_fails(want);
		again(state);
	}
}

static void
begin_with_bye(void)
{
	if (turn > 1)
		return;
	say_mark();
	talk_say_bye(&far.channel);
	far_send();
}

/* No length that a frame may have. */
static void
begin_without_frame(void)
{
	if (turn > 1)
		return;
	say_mark();
	buf_put(&far.channel.unsent, "\0\0\0\0", 4);
	far_send();
}

static void
test_strange(void **state)
{
	static const struct {
		enum talk_type second;
		uint32_t jobs;
	} cases[] = { { TALK_READY, 0 }, { TALK_READY, 65537 },
	    { TALK_READY, UINT32_MAX }, { TALK_ALIVE, 1 }, { TALK_HELLO, 1 } };

	act = begin_with_bye;
	assert_fails("does not speak as phash does");
	again(state);
	act = begin_without_frame;
	assert_fails("does not speak as phash does");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		again(state);
		start_well();
		second = cases[i].second;
		ready.jobs = cases[i].jobs;
		assert_fails("does not speak as phash does");
	}
	again(state);
	start_well();
	ready.jobs = 65536;
	assert_int_equal(reach_begin(&r), 0);
	assert_int_equal(r.jobs, 65536);
}

static void
test_refused(void **state)
{
	struct channel_frame f = { .type = TALK_REFUSED,
	    .body = (const unsigned char *)"", .n = 0 };

	(void)state;
	start_well();
	second = TALK_REFUSED;
	assert_fails("no room\n");
	buf_clear(&r.why);
	assert_int_equal(reach_refused(&r, &f), -1);
	assert_string_equal(why(), "does not speak as phash does");
	/* the first reason stays */
	assert_int_equal(reach_lose(&r, "%s", "something else"), -1);
	assert_string_equal(why(), "does not speak as phash does");
}

/* It is waited for as long as it may be silent, and not longer. */
static void
test_no_answer(void **state)
{
	(void)state;
	assert_fails("no answer for 1 second");
	assert_int_equal(far.polls, 10);
	again(state);
	r.silence = 2 * CLOCK_SECOND;
	assert_fails("no answer for 2 seconds");
	assert_int_equal(far.polls, 20);
}

static void
hello_alone(void)
{
	start_well();
	begin_well();
	act = NULL;
}

static void
test_no_answer_later(void **state)
{
	(void)state;
	act = hello_alone;
	assert_fails("no answer for 1 second");
	assert_int_equal(far.polls, 1 + 10);
}

static void
take_nothing(void)
{
	taken = -1;
}

static void
hello_and_nothing(void)
{
	hello_alone();
	act = take_nothing;
}

static void
mark_and_nothing(void)
{
	say_mark();
	far_send();
	take_nothing();
}

/* The pool has nothing for it any more, before the mark, before HELLO and before
 * READY. That is no failure. */
static void
test_not_needed(void **state)
{
	static void (*const acts[])(void) = { take_nothing, mark_and_nothing,
	    hello_and_nothing };

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		act = acts[i];
		assert_fails("");
		assert_int_equal(takes, i == 2 ? 3 : 2);
		again(state);
	}
}

/* With nothing left to read: that would be an error of its own. */
static void
hang_up(void)
{
	struct channel_frame f;

	while (far_hear(&f))
		;
	far_hang_up();
	act = NULL;
}

static void
hello_and_hang_up(void)
{
	hello_alone();
	act = hang_up;
}

static void
test_hangs_up(void **state)
{
	act = hang_up;
	assert_fails("connection lost");
	again(state);
	act = hello_and_hang_up;
	assert_fails("connection lost");
	again(state);
	connect_only();
	talk_say_bye(&r.channel);
	hang_up();
	assert_int_equal(reach_send(&r), -1);
	assert_string_equal(why(), "connection lost: Broken pipe");
}

/* ---- what comes before phash -------------------------------------------------- */

static size_t noise;

static void
make_noise(void)
{
	static char text[NOISE];

	memset(text, 'x', sizeof(text));
	if (turn == 1) {
		assert_int_equal(write(far.channel.out, text, noise), noise);
		return;
	}
	begin_well();
}

static void
one_more(void)
{
	assert_int_equal(write(far.channel.out, "y", 1), 1);
	act = NULL;
}

static void
make_too_much_noise(void)
{
	make_noise();
	act = one_more;
}

static void
test_much_noise(void **state)
{
	char line_of_it[201] = "", want[300];

	start_well();
	noise = NOISE;
	act = make_noise;
	assert_int_equal(reach_begin(&r), 0);
	memset(line_of_it, 'x', sizeof(line_of_it) - 1);
	snprintf(want, sizeof(want), "printed before phash began: %s ...\n",
	    line_of_it);
	assert_string_equal(notes(), want);
	again(state);
	act = make_too_much_noise;
	assert_fails("what answers is not phash");
	assert_string_equal(notes(), want);
}

#define LETTERS_33 "abcdefghijklmnopqrstuvwxyzabcdefg"
#define LETTERS_199 LETTERS_33 LETTERS_33 LETTERS_33 LETTERS_33 LETTERS_33 \
    LETTERS_33 "x"

static const char *greeting;
static size_t greeting_len;

static void
greet(void)
{
	buf_put(&far.channel.unsent, greeting, greeting_len);
	act = begin_well;
	begin_well();
}

/* Of several lines the first is shown. */
static void
test_greeting(void **state)
{
	static const char *const cases[][2] = {
		{ "Welcome", "Welcome" },
		{ "Welcome\n", "Welcome" },
		{ "Welcome\r\n", "Welcome" },
		{ "Welcome\n\n", "Welcome ..." },
		{ "Welcome\nto", "Welcome ..." },
		{ "\nWelcome", " ..." },
		{ "\n", "" },
		{ "\r\n", "" },
		{ LETTERS_199 "a", LETTERS_199 "a" },
		{ LETTERS_199 "a\r\n", LETTERS_199 "a" },
		{ LETTERS_199 "ab", LETTERS_199 "a ..." },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[300];

		start_well();
		act = greet;
		greeting = cases[i][0];
		greeting_len = strlen(greeting);
		assert_int_equal(reach_begin(&r), 0);
		snprintf(want, sizeof(want), "printed before phash began: %s\n",
		    cases[i][1]);
		assert_string_equal(notes(), want);
		again(state);
	}
}

static void
test_greeting_with_a_zero(void **state)
{
	static const char want[] = "printed before phash began: a\0b\n";

	(void)state;
	start_well();
	act = greet;
	greeting = "a\0b";
	greeting_len = 3;
	assert_int_equal(reach_begin(&r), 0);
	assert_memory_equal(notes(), want, sizeof(want));
}

static void
greet_both_ways(void)
{
	if (turn == 1)
		far_print("half a", 6);
	if (turn == 2)
		greet();
}

/* It is no part of a line that the launcher has begun. */
static void
test_greeting_between(void **state)
{
	(void)state;
	start_well();
	greeting = "Welcome";
	greeting_len = strlen(greeting);
	act = greet_both_ways;
	assert_int_equal(reach_begin(&r), 0);
	far_print(" line\n", 6);
	assert_int_equal(reach_await(&r, false, 100), 0);
	assert_string_equal(notes(), "printed before phash began: Welcome\n"
	    "half a line\n");
}

/* ---- what a launcher prints --------------------------------------------------- */

static void
await(int ms)
{
	assert_int_equal(reach_await(&r, false, ms), 0);
	assert_false(far.pool);
}

static void
test_prints(void **state)
{
	(void)state;
	connect_only();
	far_print("one\r\ntwo\n\n\r\nthr", 15);
	await(100);
	assert_string_equal(notes(), "one\ntwo\n");
	assert_int_equal(far.now, 1000 * CLOCK_SECOND);
	far_print("ee\nfour", 7);
	await(100);
	assert_string_equal(notes(), "one\ntwo\nthree\n");
	reach_drain(&r);
	assert_string_equal(notes(), "one\ntwo\nthree\nfour\n");
	reach_drain(&r);
	assert_string_equal(notes(), "one\ntwo\nthree\nfour\n");
}

/* A line that does not end is handed on as it is when it is as long as one may
 * be. */
static void
test_long_line(void **state)
{
	char text[HOST_TEXT];

	(void)state;
	memset(text, 'x', sizeof(text));
	connect_only();
	far_print(text, HOST_TEXT - 1);
	await(100);
	assert_string_equal(notes(), "");
	far_print(text, 1);
	await(100);
	assert_int_equal(strlen(notes()), HOST_TEXT + 1);
	far_print("y\n", 2);
	await(100);
	assert_string_equal(notes() + HOST_TEXT, "\ny\n");
}

/* It is looked at until nothing comes any more, or for long enough. */
static void
test_drains(void **state)
{
	char text[512];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '\n';
	text[511] = '\n';
	connect_only();
	for (int i = 0; i < 40; i++)
		far_print(text, 512);
	for (int i = 0; i < 2; i++) {
		reach_drain(&r);
		/* what has no place is counted */
		line.note_tail = line.note_head;
	}
	assert_int_equal(line.note_lost + 2 * (HOST_NOTES / 511), 40);
	assert_int_equal(r.err.len, 0);
}

/* Its end is the end of that alone. */
static void
test_prints_no_more(void **state)
{
	(void)state;
	connect_only();
	await(100);
	assert_true(r.launch.err >= 0);
	far_print("last", 4);
	far_close(&far.err);
	await(100);
	await(100);
	assert_int_equal(r.launch.err, -1);
	reach_drain(&r);
	assert_string_equal(notes(), "last\n");
	await(100);
}

/* What cannot be read any more is closed, but an interruption is no reason. */
static void
test_cannot_read(void **state)
{
	(void)state;
	connect_only();
	reach_drain(&r);
	assert_true(r.launch.err >= 0);
	far_print("a\n", 2);
	interrupts = 2;
	read_err = EINTR;
	await(100);
	assert_int_equal(interrupts, 0);
	assert_string_equal(notes(), "a\n");
	close(r.launch.err);
	r.launch.err = open("/", O_RDONLY | O_DIRECTORY);
	assert_true(r.launch.err >= 0);
	await(100);
	assert_int_equal(r.launch.err, -1);
}

/* ---- waiting ------------------------------------------------------------------ */

static void
pass_an_hour(void)
{
	far.now += 3600 * CLOCK_SECOND;
}

/* Time in which this process was stopped counts for no more than it meant to wait;
 * and before and after it the parent sees that it is alive. */
static void
test_quiet(void **state)
{
	(void)state;
	connect_only();
	await(250);
	assert_int_equal(r.quiet, 250 * FAR_MS);
	assert_true(turns > 0);
	assert_true(watch.turns > turns);
	act = pass_an_hour;
	await(250);
	assert_int_equal(r.quiet, 500 * FAR_MS);
	act = NULL;
	far.now = 1000 * CLOCK_SECOND;
	far_print("\n", 1);
	far.step = FAR_MS;
	await(250);
	assert_int_equal(r.quiet, 501 * FAR_MS);
}

static void
test_poll(void **state)
{
	(void)state;
	connect_only();
	assert_int_equal(reach_await(&r, true, 10), 0);
	assert_true(far.pool);
	assert_false(far.out);
	far.poll_err = EINTR;
	await(10);
	far.poll_err = ENOMEM;
	assert_int_equal(reach_await(&r, false, 10), -1);
	assert_string_equal(why(), "poll: Cannot allocate memory");
}

/* There may be less to read than poll(2) says. */
static void
test_nothing_to_read(void **state)
{
	(void)state;
	connect_only();
	talk_say_bye(&far.channel);
	far_send();
	interrupts = 1;
	read_err = EAGAIN;
	await(10);
	assert_int_equal(interrupts, 0);
	assert_int_equal(r.channel.got.len, 0);
	await(10);
	assert_int_equal(r.channel.got.len, 5);
}

/* What is to be sent goes out, as much as there is room for, and the rest later. */
static void
test_sends(void **state)
{
	struct channel_frame f;
	size_t n = 0;

	(void)state;
	connect_only();
	for (int i = 0; i < 100; i++)
		talk_say_item(&r.channel, TALK_REQUEST, 1, line.notes,
		    sizeof(line.notes));
	await(10);
	assert_true(far.out);
	while (channel_pending(&r.channel)) {
		while (far_hear(&f))
			n++;
		await(10);
		assert_true(far.out);
	}
	while (far_hear(&f))
		n++;
	assert_int_equal(n, 100);
	await(10);
	assert_false(far.out);
}

/* ---- the end ------------------------------------------------------------------ */

/* A launcher that has ended with this status, or by this signal, and not been waited
 * for; or, by neither, one that stays. */
static pid_t
launcher(int status, int sig)
{
	pid_t pid = fork();
	siginfo_t info;

	if (pid == 0) {
		if (sig)
			(void)raise(sig);
		if (status < 0)
			pause();
		_exit(status);
	}
	assert_return_code(pid, errno);
	if (status >= 0)
		assert_int_equal(waitid(P_PID, (id_t)pid, &info,
		    WEXITED | WNOWAIT), 0);
	return pid;
}

static void
test_launcher_ends(void **state)
{
	static const struct {
		int status, sig;
		const char *why;
	} cases[] = {
		{ 0, 0, "connection lost" },
		{ 3, 0, "connection lost: rsh ended with status 3" },
		{ 255, 0, "connection lost: rsh ended with status 255" },
		{ 0, SIGKILL, "connection lost: rsh was killed by signal 9" },
		{ -1, 0, "connection lost" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		far.pid = launcher(cases[i].status, cases[i].sig);
		far.step = 10 * FAR_MS;
		act = hang_up;
		assert_fails(cases[i].why);
		assert_int_equal(r.launch.pid, cases[i].status < 0 ? far.pid : 0);
		again(state);
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_begins),
		CASE(test_cannot_start),
		CASE(test_other_versions),
		CASE(test_strange),
		CASE(test_refused),
		CASE(test_no_answer),
		CASE(test_no_answer_later),
		CASE(test_not_needed),
		CASE(test_hangs_up),
		CASE(test_much_noise),
		CASE(test_greeting),
		CASE(test_greeting_with_a_zero),
		CASE(test_greeting_between),
		CASE(test_prints),
		CASE(test_long_line),
		CASE(test_drains),
		CASE(test_prints_no_more),
		CASE(test_cannot_read),
		CASE(test_quiet),
		CASE(test_poll),
		CASE(test_nothing_to_read),
		CASE(test_sends),
		CASE(test_launcher_ends),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as in a relay */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
