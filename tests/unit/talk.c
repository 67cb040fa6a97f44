/* far/channel and far/talk: both directions, and everything that is refused. */
#include "far/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "far/channel.h"

/* What is sent to one end of a pipe comes out at the other. */
static struct channel out, in;
static int fds[2];

/* The linker puts these in the place of the C library's (Makefile). */
ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __real_write(int fd, const void *from, size_t n);
ssize_t __wrap_write(int fd, const void *from, size_t n);

static unsigned interrupts; /* calls that are interrupted next */

static bool
interrupted(void)
{
	if (!interrupts)
		return false;
	interrupts--;
	errno = EINTR;
	return true;
}

ssize_t
__wrap_read(int fd, void *to, size_t n)
{
	return interrupted() ? -1 : __real_read(fd, to, n);
}

ssize_t
__wrap_write(int fd, const void *from, size_t n)
{
	return interrupted() ? -1 : __real_write(fd, from, n);
}

static int
enter(void **state)
{
	(void)state;
	if (pipe(fds) < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(fds[1], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	channel_init(&out, -1, fds[1]);
	channel_init(&in, fds[0], -1);
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	channel_release(&out);
	channel_release(&in);
	(void)close(fds[0]);
	if (fds[1] >= 0)
		(void)close(fds[1]);
	return out.unsent.data || in.got.data ? -1 : 0;
}

static void
pass(struct channel_frame *f)
{
	assert_int_equal(channel_send(&out), 0);
	assert_int_equal(channel_pending(&out), 0);
	while (channel_next(&in, f) == 0)
		assert_int_equal(channel_receive(&in), 1);
}

static void
assert_text(const struct talk_text *t, const char *want)
{
	assert_int_equal(t->len, strlen(want));
	assert_memory_equal(t->s, want, t->len);
}

/* Each message that is cut short, or longer, is refused. */
#define REFUSES(hear, f) do { \
	struct channel_frame cut_ = (f); \
	size_t i_; \
	for (i_ = 0; i_ < (f).n; i_++) { \
		cut_.n = i_; \
		assert_int_equal(hear(&cut_), -1); \
	} \
	cut_.n = (f).n + 1; \
	assert_int_equal(hear(&cut_), -1); \
} while (0)

static int
hear_setup(const struct channel_frame *f)
{
	struct talk_setup s;

	return talk_hear_setup(&s, f);
}

static int
hear_hello(const struct channel_frame *f)
{
	struct talk_hello h;

	return talk_hear_hello(&h, f);
}

static int
hear_ready(const struct channel_frame *f)
{
	struct talk_ready r;

	return talk_hear_ready(&r, f);
}

static int
hear_text(const struct channel_frame *f)
{
	struct talk_text t;

	return talk_hear_text(&t, f);
}

static int
hear_algorithm(const struct channel_frame *f)
{
	struct talk_text t;
	unsigned n;

	return talk_hear_algorithm(&n, &t, f);
}

static int
hear_number(const struct channel_frame *f)
{
	uint64_t x;

	return talk_hear_number(&x, f);
}

static void
test_setup(void **state)
{
	const struct talk_setup said = {
		.hello = { TALK_PROTOCOL, talk_text("1.2") },
		.algorithm = talk_text("SHA512"),
		.directory = talk_text("/a b"),
		.engine = talk_text("auto"),
		.jobs = 4, .chunk = 5, .timeout = 6, .silence = UINT32_MAX,
		.twice = true, .limit = UINT64_MAX - 1,
	};
	struct talk_setup s;
	struct channel_frame f;

	(void)state;
	talk_say_setup(&out, &said);
	pass(&f);
	assert_int_equal(f.type, TALK_SETUP);
	assert_int_equal(talk_hear_setup(&s, &f), 0);
	assert_int_equal(s.hello.protocol, TALK_PROTOCOL);
	assert_text(&s.hello.version, "1.2");
	assert_text(&s.algorithm, "SHA512");
	assert_text(&s.directory, "/a b");
	assert_text(&s.engine, "auto");
	assert_int_equal(s.jobs, 4);
	assert_int_equal(s.chunk, 5);
	assert_int_equal(s.timeout, 6);
	assert_int_equal(s.silence, UINT32_MAX);
	assert_true(s.twice);
	assert_true(s.limit == UINT64_MAX - 1);
	REFUSES(hear_setup, f);
}

/* Of another protocol nothing but the version is known. */
static void
test_other_protocol(void **state)
{
	struct talk_setup s = { .hello = { 99, talk_text("9") } };
	struct talk_hello h;
	struct channel_frame f;

	(void)state;
	talk_say_hello(&out, &s.hello);
	pass(&f);
	f.n++; /* there may be anything behind it */
	assert_int_equal(talk_hear_hello(&h, &f), 0);
	assert_int_equal(h.protocol, 99);
	assert_text(&h.version, "9");
	talk_say_setup(&out, &s);
	pass(&f);
	f.n -= 5;
	assert_int_equal(talk_hear_setup(&s, &f), 0);
	assert_int_equal(s.hello.protocol, 99);
}

static void
test_messages(void **state)
{
	const struct talk_hello hello = { TALK_PROTOCOL, talk_text("1") };
	struct talk_hello h;
	struct talk_ready r;
	struct talk_text t;
	struct channel_frame f;
	const unsigned char *p;
	unsigned number;
	uint64_t x;
	size_t n;

	(void)state;
	talk_say_hello(&out, &hello);
	pass(&f);
	assert_int_equal(talk_hear_hello(&h, &f), 0);
	REFUSES(hear_hello, f);
	talk_say_ready(&out, &(struct talk_ready){ 7, talk_text("lanes") });
	pass(&f);
	assert_int_equal(talk_hear_ready(&r, &f), 0);
	assert_int_equal(r.jobs, 7);
	assert_text(&r.engine, "lanes");
	REFUSES(hear_ready, f);
	talk_say_refused(&out, "no");
	pass(&f);
	assert_int_equal(f.type, TALK_REFUSED);
	assert_int_equal(talk_hear_text(&t, &f), 0);
	assert_text(&t, "no");
	REFUSES(hear_text, f);
	talk_say_algorithm(&out, 63, "MD5");
	pass(&f);
	assert_int_equal(talk_hear_algorithm(&number, &t, &f), 0);
	assert_int_equal(number, 63);
	assert_text(&t, "MD5");
	REFUSES(hear_algorithm, f);
	talk_say_number(&out, TALK_PING, UINT64_MAX - 2);
	pass(&f);
	assert_int_equal(f.type, TALK_PING);
	assert_int_equal(talk_hear_number(&x, &f), 0);
	assert_true(x == UINT64_MAX - 2);
	REFUSES(hear_number, f);
	talk_say_item(&out, TALK_ANSWER, 5, "abc", 3);
	talk_say_item(&out, TALK_REQUEST, 6, "", 0);
	pass(&f);
	assert_int_equal(f.type, TALK_ANSWER);
	assert_int_equal(talk_hear_item(&x, &p, &n, &f), 0);
	assert_int_equal(x, 5);
	assert_int_equal(n, 3);
	assert_memory_equal(p, "abc", 3);
	pass(&f);
	assert_int_equal(talk_hear_item(&x, &p, &n, &f), 0);
	assert_int_equal(x, 6);
	assert_int_equal(n, 0);
	f.n = 7;
	assert_int_equal(talk_hear_item(&x, &p, &n, &f), -1);
	talk_say_bye(&out);
	pass(&f);
	assert_int_equal(f.type, TALK_BYE);
	assert_int_equal(f.n, 0);
}

static void
test_text_with_nul(void **state)
{
	const struct talk_ready r = { 1, { "a\0b", 3 } };
	struct talk_ready got;
	struct channel_frame f;

	(void)state;
	talk_say_ready(&out, &r);
	pass(&f);
	assert_int_equal(talk_hear_ready(&got, &f), -1);
}

/* Frames of any size come through a pipe that is full most of the time. */
static void
test_much(void **state)
{
	enum { FRAMES = 3000 };
	static char text[1000];
	struct channel_frame f;
	const unsigned char *p;
	uint64_t id, next = 0;
	size_t n, most = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (uint64_t i = 0; i < FRAMES; i++) {
		talk_say_item(&out, TALK_ANSWER, i, text, i % 1000);
		assert_int_equal(channel_send(&out), 0);
		if (channel_pending(&out) > most)
			most = channel_pending(&out);
		if (i % 700 == 0 && channel_receive(&in) < 0)
			fail();
	}
	assert_true(most > 0);
	while (next < FRAMES) {
		if (channel_next(&in, &f) == 0) {
			assert_int_equal(channel_send(&out), 0);
			(void)channel_receive(&in);
			continue;
		}
		assert_int_equal(talk_hear_item(&id, &p, &n, &f), 0);
		assert_true(id == next++);
		assert_int_equal(n, id % 1000);
		assert_memory_equal(p, text, n);
	}
	assert_int_equal(channel_pending(&out), 0);
	assert_int_equal(channel_receive(&in), 0);
}

/* However much comes through, no more is kept than is under way. */
static void
test_room(void **state)
{
	enum { FRAMES = 1000 };
	static char text[10000];
	struct channel_frame f;

	(void)state;
	for (int i = 0; i < FRAMES; i++) {
		talk_say_item(&out, TALK_ANSWER, 1, text, sizeof(text));
		pass(&f);
	}
	assert_in_range(out.unsent.cap, sizeof(text), FRAMES / 10 * sizeof(text));
	assert_in_range(in.got.cap, sizeof(text), FRAMES / 10 * sizeof(text));
	assert_int_equal(out.sent, 0);
	assert_int_equal(channel_receive(&in), 0);
	assert_int_equal(in.got.len, 0);
}

/* What is left moves when that is no more than what is done with. */
static void
test_moves(void **state)
{
	struct channel_frame f;

	(void)state;
	for (int i = 0; i < 4; i++)
		talk_say_bye(&out);
	assert_int_equal(channel_send(&out), 0);
	assert_int_equal(channel_receive(&in), 1);
	assert_int_equal(in.got.len, 20);
	assert_int_equal(channel_next(&in, &f), 1);
	assert_int_equal(channel_receive(&in), 0);
	assert_int_equal(in.at, 5);
	assert_int_equal(in.got.len, 20);
	assert_int_equal(channel_next(&in, &f), 1);
	assert_int_equal(channel_receive(&in), 0);
	assert_int_equal(in.at, 0);
	assert_int_equal(in.got.len, 10);
	assert_int_equal(channel_next(&in, &f), 1);
	assert_int_equal(f.type, TALK_BYE);
	assert_int_equal(channel_next(&in, &f), 1);
	assert_int_equal(f.type, TALK_BYE);
}

/* Reads and writes that signals interrupt are done again. */
static void
test_interrupted(void **state)
{
	struct channel_frame f;

	(void)state;
	interrupts = 3;
	talk_say_bye(&out);
	assert_int_equal(channel_send(&out), 0);
	assert_int_equal(interrupts, 0);
	interrupts = 3;
	assert_int_equal(channel_receive(&in), 1);
	assert_int_equal(interrupts, 0);
	assert_int_equal(channel_next(&in, &f), 1);
	assert_int_equal(f.type, TALK_BYE);
	/* after that an end is none the less one */
	(void)close(fds[1]);
	fds[1] = -1;
	errno = EINTR;
	assert_int_equal(channel_receive(&in), -1);
	assert_int_equal(errno, 0);
}

static void
test_is_same(void **state)
{
	static const struct {
		struct talk_hello hello;
		bool same;
	} cases[] = {
		{ { 1, { "1.2", 3 } }, true },
		{ { 2, { "1.2", 3 } }, false },
		{ { 1, { "1.3", 3 } }, false },
		{ { 1, { "1.2.3", 5 } }, false },
		{ { 1, { "1.", 2 } }, false },
		{ { 2, { "1.3", 3 } }, false },
		{ { 2, { "", 0 } }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(talk_is_same(&cases[i].hello, &cases[0].hello),
		    cases[i].same);
}

static void
raw(const char *bytes, size_t n)
{
	assert_int_equal(write(fds[1], bytes, n), n);
	assert_int_equal(channel_receive(&in), 1);
}

static void
test_no_frames(void **state)
{
	struct channel_frame f;

	(void)state;
	raw("\1\0\0", 3);
	assert_int_equal(channel_next(&in, &f), 0);
	raw("\0", 1);
	assert_int_equal(channel_next(&in, &f), 0);
	raw("\14", 1);
	assert_int_equal(channel_next(&in, &f), 1);
	assert_int_equal(f.type, TALK_BYE);
	raw("\0\0\0\0", 4);
	assert_int_equal(channel_next(&in, &f), -1);
	in.got.len = in.at = 0;
	raw("\1\0\1\1", 4); /* one more than the most, and a bit */
	assert_int_equal(channel_next(&in, &f), -1);
	in.got.len = in.at = 0;
	raw("\0\0\1\1", 4);
	assert_int_equal(channel_next(&in, &f), 0);
}

static void
test_mark(void **state)
{
	struct channel_frame f;
	size_t before;

	(void)state;
	assert_false(channel_find(&in, TALK_MARK, TALK_MARK_LEN, &before));
	assert_int_equal(before, 0);
	raw("hello\0\377pha", 10);
	assert_false(channel_find(&in, TALK_MARK, TALK_MARK_LEN, &before));
	assert_int_equal(before, 10);
	/* with nothing behind it */
	raw(TALK_MARK, TALK_MARK_LEN);
	assert_true(channel_find(&in, TALK_MARK, TALK_MARK_LEN, &before));
	assert_int_equal(before, 10);
	assert_int_equal(channel_next(&in, &f), 0);
	in.got.len = 10;
	in.at = 0;
	/* two beginnings, the second of which is whole */
	raw("\0", 1);
	raw(&TALK_MARK[1], TALK_MARK_LEN - 1);
	raw("\1\0\0\0\14", 5);
	assert_true(channel_find(&in, TALK_MARK, TALK_MARK_LEN, &before));
	assert_int_equal(before, 10);
	assert_int_equal(channel_next(&in, &f), 1);
	assert_int_equal(f.type, TALK_BYE);
}

static void
test_ends(void **state)
{
	(void)state;
	errno = EIO;
	assert_int_equal(channel_receive(&in), 0);
	(void)close(fds[1]);
	fds[1] = -1;
	assert_int_equal(channel_receive(&in), -1);
	assert_int_equal(errno, 0);
	in.in = -1;
	assert_int_equal(channel_receive(&in), -1);
	assert_int_equal(errno, EBADF);
	out.out = -1;
	talk_say_bye(&out);
	assert_int_equal(channel_send(&out), -1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_setup),
		CASE(test_other_protocol),
		CASE(test_messages),
		CASE(test_text_with_nul),
		CASE(test_much),
		CASE(test_room),
		CASE(test_moves),
		CASE(test_interrupted),
		CASE(test_is_same),
		CASE(test_no_frames),
		CASE(test_mark),
		CASE(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
