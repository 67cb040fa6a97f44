/*
 * hasher/relay, with far ends that misbehave: this program is its own launcher,
 * and does there what the name of the host says. What is hashed is one file and
 * some names that are not there.
 */
#include "hasher/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/entry.h"
#include "base/xio.h"
#include "digest/algorithm.h"
#include "far/channel.h"
#include "far/talk.h"
#include "hasher/result.h"
#include "hasher/wire.h"
#include "said.h"
#include "scratch.h"

#define VERSION "7.7"

/* The workers that a far end says it has. */
enum { JOBS = 2 };
/* What the far end "distant" wants to have in hand before it answers. */
enum { AHEAD = 30 };

/* ---- at the far end ----------------------------------------------------------- */

static struct channel channel;
static int64_t ready; /* when it said so */

static void
far_send(void)
{
	assert_int_equal(channel_send(&channel), 0);
}

static void
far_hear(struct channel_frame *f)
{
	int rc;

	while ((rc = channel_next(&channel, f)) == 0)
		if (channel_receive(&channel) < 0)
			_exit(0);
	assert_int_equal(rc, 1);
}

/* The file as a worker would see it; SHA-256 of nothing, whatever is in it. */
static struct result
far_result(const struct entry *e, const char *mode)
{
	struct result r = { .status = RESULT_OK, .digestlen = 32 };
	struct stat st;

	if (stat(e->name, &st) < 0) {
		(void)result_fail(&r, RESULT_OPEN, EACCES);
		return r;
	}
	r.entry.id = entry_identity(&st);
	r.size = r.entry.id.size;
	memset(r.digest, 0xa5, 32);
	r.entry.id.dev += 77; /* is called otherwise there */
	if (!strcmp(mode, "size"))
		r.entry.id.size++;
	if (!strcmp(mode, "older"))
		r.entry.id.mtime -= 1000;
	if (!strcmp(mode, "inode") && strcmp(e->name, "first") != 0)
		r.entry.id.ino++;
	if (!strcmp(mode, "inodes"))
		r.entry.id.ino += 5;
	if (!strcmp(mode, "absent"))
		(void)result_fail(&r, RESULT_OPEN, ENOENT);
	if (!strcmp(mode, "unreadable"))
		(void)result_fail(&r, RESULT_READ, EIO);
	if (!strcmp(mode, "lost"))
		(void)result_fail(&r, RESULT_LOST, 0);
	if (!strcmp(mode, "anonymous"))
		r.entry.id = (struct entry_identity){ 0 };
	if (!strcmp(mode, "opened"))
		(void)result_fail(&r, RESULT_OPENED, 0);
	if (!strcmp(mode, "other"))
		(void)result_fail(&r, RESULT_OTHER, 0);
	return r;
}

static void
far_answer(uint64_t id, enum talk_type type, const struct result *r)
{
	unsigned char b[WIRE_ANSWER_MAX];

	talk_say_item(&channel, type, id, b, wire_put_answer(b, r));
}

static void
far_part(uint64_t id)
{
	const struct result r = { .entry = { .name = "m", .len = 1 },
	    .digestlen = 32 };
	size_t n;
	void *part = wire_new_part(&r, &n);

	assert_non_null(part);
	talk_say_item(&channel, TALK_PART, id, part, n);
	free(part);
}

/* Of heavy files, each is a chunk. Those that have come by now must be no more
 * than there are workers, as nothing is answered; but for a driver that has waited
 * for longer than half a second, which is then free to send more. */
static void
far_count(void)
{
	struct channel_frame f;
	unsigned n = 1;
	int rc;

	usleep(200000);
	assert_return_code(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), errno);
	do {
		while ((rc = channel_next(&channel, &f)) == 1)
			n += f.type == TALK_REQUEST;
		assert_int_equal(rc, 0);
	} while (channel_receive(&channel) > 0);
	if (clock_ns() - ready < CLOCK_SECOND / 2 && n > JOBS)
		_exit(4);
	_exit(5);
}

/* Answers nothing before it has more files than are sent while it is not known how
 * long an answer takes to come: those for a tenth of a second, or what the workers
 * can have in hand. */
static void
far_hoard(uint64_t id, const struct result *r)
{
	static struct {
		uint64_t id;
		struct result result;
	} held[AHEAD];
	static unsigned n;

	if (n < AHEAD) {
		held[n].id = id;
		held[n++].result = *r;
		if (n < AHEAD)
			return;
		for (unsigned i = 0; i < AHEAD; i++)
			far_answer(held[i].id, TALK_ANSWER, &held[i].result);
	} else {
		far_answer(id, TALK_ANSWER, r);
	}
}

static void
far_request(const struct channel_frame *f, const char *mode)
{
	struct result opened = { .status = RESULT_OPENED };
	struct entry_root root;
	const unsigned char *p;
	struct result r;
	struct entry e;
	uint64_t id;
	size_t n;

	assert_int_equal(talk_hear_item(&id, &p, &n, f), 0);
	assert_int_equal(wire_get_request(&e, &root, p, n), 0);
	r = far_result(&e, mode);
	if (!strcmp(mode, "dies"))
		_exit(3);
	if (!strcmp(mode, "mute"))
		pause();
	if (!strcmp(mode, "closes")) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		pause();
	}
	if (!strcmp(mode, "nonsense"))
		id += 1000;
	if (!strcmp(mode, "part"))
		far_part(id);
	opened.entry.id = r.entry.id;
	if (!strcmp(mode, "other-archive") || (!strcmp(mode, "uninvited") &&
	    r.status == RESULT_OK)) {
		opened.entry.id.size += *mode == 'o';
		far_answer(id, TALK_PART, &opened);
		far_part(id);
	}
	if (!strcmp(mode, "vanishes") && !strcmp(e.name, "first")) {
		/* it is another one, and not there here for a moment */
		assert_int_equal(rename("first", "hidden"), 0);
		opened.entry.id.size++;
		far_answer(id, TALK_PART, &opened);
		far_part(id);
		far_send();
		usleep(300000);
		assert_int_equal(rename("hidden", "first"), 0);
		opened.entry.id.size--;
		far_answer(id, TALK_PART, &opened);
		far_part(id);
		r.status = RESULT_OPENED;
		r.digestlen = 0;
	}
	if (!strcmp(mode, "refuses"))
		talk_say_refused(&channel, "had enough\033[2J");
	if (!strcmp(mode, "counts"))
		far_count();
	if (!strcmp(mode, "distant")) {
		far_hoard(id, &r);
		return;
	}
	if (!strcmp(mode, "pong"))
		talk_say_number(&channel, TALK_PONG, 1);
	if (!strcmp(mode, "type"))
		talk_say_number(&channel, (enum talk_type)99, 0);
	if (!strcmp(mode, "huge")) {
		buf_put(&channel.unsent, "\377\377\377\177\1", 5);
		far_send();
		pause();
	}
	if (!strcmp(mode, "short"))
		talk_say_item(&channel, TALK_ANSWER, id, "", 0);
	far_answer(id, TALK_ANSWER, &r);
	if (!strcmp(mode, "twice"))
		far_answer(id, TALK_ANSWER, &r);
}

/* Far away: what is asked is heard late. It waits in vain for more files when it
 * has been asked some times. */
static void
far_away(void)
{
	static unsigned pings;

	if (++pings > 6)
		_exit(6);
	usleep(400000);
}

static void
far_work(const char *mode)
{
	struct channel_frame f;
	uint64_t x;

	for (;;) {
		far_hear(&f);
		if (f.type == TALK_REQUEST)
			far_request(&f, mode);
		if (f.type == TALK_PING && strcmp(mode, "mute") != 0) {
			assert_int_equal(talk_hear_number(&x, &f), 0);
			if (!strcmp(mode, "distant"))
				far_away();
			x += !strcmp(mode, "misheard");
			talk_say_number(&channel, TALK_PONG, x);
			if (!strcmp(mode, "echo"))
				talk_say_number(&channel, TALK_PONG, x);
		}
		if (f.type == TALK_BYE)
			_exit(0);
		far_send();
	}
}

static int
far_main(const char *mode)
{
	const struct talk_hello hello = { !strcmp(mode, "protocol") ?
	    TALK_PROTOCOL + 1 : TALK_PROTOCOL, talk_text(!strcmp(mode,
	    "version") ? "7.8" : VERSION) };
	struct channel_frame f;

	channel_init(&channel, STDIN_FILENO, STDOUT_FILENO);
	if (!strcmp(mode, "shell"))
		buf_puts(&channel.unsent, "Welcome!\r\nto this\n");
	if (!strcmp(mode, "slow"))
		sleep(5);
	buf_put(&channel.unsent, TALK_MARK, TALK_MARK_LEN);
	if (!strcmp(mode, "first"))
		talk_say_bye(&channel);
	talk_say_hello(&channel, &hello);
	far_send();
	far_hear(&f);
	assert_int_equal(f.type, TALK_SETUP);
	if (!strcmp(mode, "unwilling"))
		talk_say_refused(&channel, "not today");
	talk_say_ready(&channel, &(struct talk_ready){ !strcmp(mode,
	    "workless") ? 0 : JOBS, talk_text("none") });
	ready = clock_ns();
	far_send();
	far_work(mode);
	return 0;
}

/* ---- here --------------------------------------------------------------------- */

enum { NAMES = 3 };
static const char *const names[NAMES] = { "first", "file", "absent" };
enum { HEAVY = 40 };
static bool heavy; /* other names are hashed: "0" and so on */

static char self[4096];
static struct result results[HEAVY];
static unsigned ntaken, nresults, nparts;
static bool archives = true; /* members of them are meant */

static void
on_result(void *cookie, const struct result *r)
{
	(void)cookie;
	if (r->archive) {
		nparts++;
		return;
	}
	assert_in_range(r->entry.cookie, 0, HEAVY - 1);
	results[r->entry.cookie] = *r;
	nresults++;
}

static struct entry
entry_of(const char *name, uint64_t cookie)
{
	struct entry e = { .name = name, .len = strlen(name),
	    .kind = ENTRY_NAMED, .archive = archives, .cookie = cookie };
	struct stat st;

	if (stat(name, &st) == 0)
		e.id = entry_identity(&st);
	return e;
}

/* Of a file that is a chunk for itself. */
static const char *
heavy_name(char b[static 16], unsigned i)
{
	snprintf(b, 16, "%u", i);
	return b;
}

/* Hashes all names at hosts that behave like this. What hasher_finish says. */
static int
run(unsigned n, const char *const *modes, int timeout)
{
	char *argv[4][4];
	struct hasher_host hosts[4];
	struct hasher_opts opts = { .jobs = 1, .dirfd = AT_FDCWD,
	    .engine = "auto", .threads = 1, .hosts = hosts, .nhosts = n,
	    .host_timeout = timeout, .directory = "/", .version = VERSION,
	    .on_result = on_result };
	struct hasher *h;
	int before, rc = 0;
	unsigned i;

	for (i = 0; i < n; i++) {
		char *const a[] = { self, (char *)(uintptr_t)"--far",
		    (char *)(uintptr_t)modes[i], NULL };

		memcpy(argv[i], a, sizeof(a));
		hosts[i] = (struct hasher_host){ modes[i], 2, argv[i] };
	}
	ntaken = nresults = nparts = 0;
	opts.algorithms = algorithms_new();
	assert_non_null(opts.algorithms);
	assert_int_equal(algorithms_add(opts.algorithms, "sha256"), 0);
	before = said_begin();
	h = hasher_new(&opts);
	assert_non_null(h);
	for (i = 0; i < (heavy ? HEAVY : NAMES) && rc == 0; i++) {
		char number[16];
		const struct entry e = entry_of(heavy ?
		    heavy_name(number, i) : names[i], i);

		rc = hasher_put(h, &e);
		ntaken += rc == 0;
	}
	if (hasher_finish(h) < 0)
		rc = -1;
	(void)said_end(before);
	hasher_free(h);
	algorithms_free(opts.algorithms);
	return rc;
}

static void
assert_hashed(void)
{
	assert_int_equal(nresults, NAMES);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(results[i].status, RESULT_OK);
		assert_int_equal(results[i].digestlen, 32);
		assert_int_equal(results[i].digest[31], 0xa5);
	}
	/* the reason is the one that it has here */
	assert_int_equal(results[2].status, RESULT_OPEN);
	assert_int_equal(results[2].err, ENOENT);
}

/* One alone that cannot be used: nothing is hashed, and why is said once. */
static void
test_alone(void **state)
{
	static const struct {
		const char *mode, *why;
	} cases[] = {
		{ "version", "phash is version 7.8 there (protocol 1), and 7.7 "
		    "here (1)" },
		{ "protocol", "phash is version 7.7 there (protocol 2), and 7.7 "
		    "here (1)" },
		{ "first", "does not speak as phash does" },
		{ "unwilling", "not today" },
		{ "workless", "does not speak as phash does" },
		{ "dies", "ended with status 3" },
		{ "nonsense", "answers nonsense" },
		{ "part", "answers nonsense" },
		{ "type", "answers nonsense" },
		{ "huge", "answers nonsense" },
		{ "short", "answers nonsense" },
		{ "twice", "answers nonsense" },
		{ "pong", "answers nonsense" },
		{ "echo", "answers nonsense" },
		{ "misheard", "answers nonsense" },
		{ "refuses", "had enough?[2J" },
		{ "lost", "its workers are gone" },
		{ "anonymous", "answers nonsense" },
		{ "other", "answers nonsense" },
		{ "closes", "connection lost" },
		{ "size", "does not see the same files: first has another size, "
		    "time or inode there" },
		{ "older", "does not see the same files: first has another size, "
		    "time or inode there" },
		{ "inode", "does not see the same files: file has another size, "
		    "time or inode there" },
		{ "absent", "does not see the same files: first cannot be opened "
		    "there: No such file or directory" },
		{ "unreadable", "does not see the same files: first cannot be "
		    "read there: Input/output error" },
		{ "other-archive", "does not see the same files: first has "
		    "another size, time or inode there" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at;

		assert_int_equal(run(1, &cases[i].mode, 20), -1);
		at = strstr(said, cases[i].why);
		if (!at)
			print_error("%s: %s", cases[i].mode, said);
		assert_non_null(at);
		assert_null(strstr(at + 1, cases[i].why));
		assert_non_null(strstr(said, "phash: no host is left\n"));
		assert_int_equal(nparts, 0);
		/* what was taken has a result, too; a host may be lost before
		 * all are */
		assert_in_range(ntaken, 1, NAMES);
		assert_int_equal(nresults, ntaken);
	}
}

/* Members of what is no archive. */
static void
test_uninvited(void **state)
{
	static const char *const uninvited[] = { "uninvited" };
	static const char *const opened[] = { "opened" };

	(void)state;
	archives = false;
	assert_int_equal(run(1, opened, 20), -1);
	assert_non_null(strstr(said, "opened: answers nonsense"));
	assert_int_equal(run(1, uninvited, 20), -1);
	assert_non_null(strstr(said, "uninvited: answers nonsense"));
	assert_int_equal(nparts, 0);
	archives = true;
	assert_int_equal(run(1, uninvited, 20), 0);
	assert_int_equal(nparts, 2);
}

/* With another beside it, that does it all. */
static void
test_beside(void **state)
{
	static const char *const bad[] = { "version", "dies", "nonsense",
	    "closes", "size", "inode", "absent", "unreadable", "refuses",
	    "other-archive", "lost", "anonymous" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const modes[] = { bad[i], "well" };

		assert_int_equal(run(2, modes, 20), 0);
		assert_hashed();
		assert_null(strstr(said, "well"));
	}
}

static void
test_well(void **state)
{
	static const char *const one[] = { "well" };
	static const char *const inodes[] = { "inodes" };
	static const char *const shell[] = { "shell" };

	(void)state;
	assert_int_equal(run(1, one, 20), 0);
	assert_hashed();
	assert_string_equal(said, "");
	/* another file system that has them all, under other numbers */
	assert_int_equal(run(1, inodes, 20), 0);
	assert_hashed();
	assert_string_equal(said, "");
	assert_int_equal(run(1, shell, 20), 0);
	assert_hashed();
	assert_string_equal(said, "phash: shell: printed before phash began: "
	    "Welcome! ...\n");
}

/* An archive that could not be opened here when it was another one there: it has no
 * members, and no good end. */
static void
test_vanishes(void **state)
{
	static const char *const vanishes[] = { "vanishes" };

	(void)state;
	assert_int_equal(run(1, vanishes, 20), 0);
	assert_string_equal(said, "");
	assert_int_equal(nparts, 0);
	assert_int_equal(results[0].status, RESULT_OPEN);
	assert_int_equal(results[0].err, ENOENT);
	assert_int_equal(results[1].status, RESULT_OK);
}

static void
test_silence(void **state)
{
	static const char *const mute[] = { "mute" };
	static const char *const slow[] = { "slow" };

	(void)state;
	assert_int_equal(run(1, mute, 1), -1);
	assert_non_null(strstr(said, "phash: mute: not heard of for 1 second\n"));
	assert_int_equal(run(1, slow, 1), -1);
	assert_non_null(strstr(said, "phash: slow: no answer for 1 second\n"));
}

static void
heavy_begin(void)
{
	char name[16];

	heavy = true;
	for (unsigned i = 0; i < HEAVY; i++) {
		put(heavy_name(name, i), "");
		assert_return_code(truncate(name, 10 << 20), errno);
	}
}

static void
heavy_end(void)
{
	char name[16];

	heavy = false;
	for (unsigned i = 0; i < HEAVY; i++)
		unlink(heavy_name(name, i));
}

/* At first a far end gets one chunk for each worker, so that others have some. */
static void
test_begins(void **state)
{
	static const char *const counts[] = { "counts" };

	(void)state;
	heavy_begin();
	assert_int_equal(run(1, counts, 20), -1);
	assert_non_null(strstr(said, " ended with status 5\n"));
	heavy_end();
}

/* The longer an answer takes to come, the more is under way. */
static void
test_distant(void **state)
{
	static const char *const distant[] = { "distant" };

	(void)state;
	heavy_begin();
	assert_int_equal(run(1, distant, 20), 0);
	assert_string_equal(said, "");
	assert_int_equal(nresults, HEAVY);
	for (unsigned i = 0; i < HEAVY; i++)
		assert_int_equal(results[i].status, RESULT_OK);
	heavy_end();
}

static int
enter(void **state)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 || scratch_enter(state) < 0)
		return -1;
	put("first", "1");
	put("file", "22");
	return 0;
}

static int
leave(void **state)
{
	unlink("first");
	unlink("file");
	return scratch_leave(state);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_uninvited),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_well),
		cmocka_unit_test(test_vanishes),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_begins),
		cmocka_unit_test(test_distant),
	};

	if (argc == 3 && !strcmp(argv[1], "--far"))
		return far_main(argv[2]);
	return cmocka_run_group_tests(tests, enter, leave);
}
