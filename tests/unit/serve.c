/*
 * mode/serve, in a child of this process, which is its driver: both directions,
 * what is refused, and how it ends. What the child cannot have, or is asked for, is
 * seen and changed in the functions that it calls.
 */
#include "mode/mode.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/entry.h"
#include "base/version.h"
#include "digest/algorithm.h"
#include "digest/engine.h"
#include "far/channel.h"
#include "far/talk.h"
#include "hasher/hasher.h"
#include "hasher/result.h"
#include "hasher/wire.h"
#include "mode/confine.h"
#include "options/options.h"
#include "ppool/ppool.h"
#include "scratch.h"

#define WORKERS 2        /* at most, whatever is asked for */
#define PATIENCE 60000   /* ms that it waits for the first words: must be
                          * SERVE_PATIENCE_MS of mode/serve.c */

/* Of a child, before it begins. */
static struct {
	bool no_algorithms, no_confine, no_enter, no_hasher, no_engine, no_part;
	bool broken;         /* the workers are gone when they are waited for */
	bool broken_put;     /* when a name is given */
	bool broken_finish;  /* when all is done */
	bool no_pause;       /* the hasher does not call on_pause */
	bool hasty;          /* the first words are not waited for */
	int interrupted;     /* so often is waiting for them */
	int early;           /* so often it waits for what is not there yet */
	const char *refusal; /* of the engine */
	int cpus;            /* 0: as many as there are */
	rlim_t descriptors;  /* 0: as many as there are */
	pid_t pid;           /* the child's; 0 here */
} at;

/* In memory that both have. */
static struct shared {
	_Atomic int64_t now;      /* of the clock; 0: it is the real one */
	struct hasher_opts opts;  /* that the child has made a hasher with */
	struct sandbox sandbox;   /* of them */
	char engine[100];         /* likewise */
} *shared;

/* ---- what the child calls ----------------------------------------------------- */

int __real_clock_gettime(clockid_t which, struct timespec *t);
int __wrap_clock_gettime(clockid_t which, struct timespec *t);

int
__wrap_clock_gettime(clockid_t which, struct timespec *t)
{
	int64_t now = shared ? shared->now : 0;

	if (!now || which != CLOCK_MONOTONIC)
		return __real_clock_gettime(which, t);
	t->tv_sec = now / CLOCK_SECOND;
	t->tv_nsec = now % CLOCK_SECOND;
	return 0;
}

int __real_poll(struct pollfd *p, nfds_t n, int ms);
int __wrap_poll(struct pollfd *p, nfds_t n, int ms);

int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	if (ms == PATIENCE && at.hasty)
		return 0;
	if (ms == PATIENCE && at.interrupted) {
		at.interrupted--;
		errno = EINTR;
		return -1;
	}
	return __real_poll(p, n, ms);
}

struct algorithms *__real_algorithms_new(void);
struct algorithms *__wrap_algorithms_new(void);

struct algorithms *
__wrap_algorithms_new(void)
{
	return at.no_algorithms ? NULL : __real_algorithms_new();
}

int __real_confine_init(struct confine *c, const struct options *o);
int __wrap_confine_init(struct confine *c, const struct options *o);

int
__wrap_confine_init(struct confine *c, const struct options *o)
{
	int rc = __real_confine_init(c, o);

	return at.no_confine ? -1 : rc;
}

int __wrap_confine_enter(struct confine *c, const struct options *o, int output);

/* It gives up nothing here: counters of lines are written when it ends. */
int
__wrap_confine_enter(struct confine *c, const struct options *o, int output)
{
	(void)c;
	(void)o;
	return at.no_enter || output != -1 ? -1 : 0;
}

struct hasher *__real_hasher_new(const struct hasher_opts *opts);
struct hasher *__wrap_hasher_new(const struct hasher_opts *opts);

struct hasher *
__wrap_hasher_new(const struct hasher_opts *opts)
{
	struct hasher_opts few = *opts;

	shared->opts = *opts;
	shared->sandbox = *opts->sandbox;
	snprintf(shared->engine, sizeof(shared->engine), "%s", opts->engine);
	if (few.jobs > WORKERS)
		few.jobs = WORKERS;
	return at.no_hasher ? NULL : __real_hasher_new(&few);
}

int __real_hasher_put(struct hasher *h, const struct entry *e);
int __wrap_hasher_put(struct hasher *h, const struct entry *e);

int
__wrap_hasher_put(struct hasher *h, const struct entry *e)
{
	return at.broken_put ? -1 : __real_hasher_put(h, e);
}

int __real_hasher_idle(struct hasher *h, int fd, int (*more)(void *), void *cookie);
int __wrap_hasher_idle(struct hasher *h, int fd, int (*more)(void *), void *cookie);

int
__wrap_hasher_idle(struct hasher *h, int fd, int (*more)(void *), void *cookie)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (at.early && at.early--)
		return 0;
	if (at.no_pause)
		return __real_poll(&p, 1, -1) < 0 ? -1 : 0;
	return at.broken ? -1 : __real_hasher_idle(h, fd, more, cookie);
}

int __real_hasher_finish(struct hasher *h);
int __wrap_hasher_finish(struct hasher *h);

int
__wrap_hasher_finish(struct hasher *h)
{
	if (at.no_pause)
		return 0;
	return at.broken_finish ? -1 : __real_hasher_finish(h);
}

void *__real_wire_new_part(const struct result *r, size_t *n);
void *__wrap_wire_new_part(const struct result *r, size_t *n);

void *
__wrap_wire_new_part(const struct result *r, size_t *n)
{
	/* its workers call it too */
	return at.no_part && getpid() == at.pid ? NULL :
	    __real_wire_new_part(r, n);
}

struct engine *__real_engine_new(const struct digest *d, unsigned slots,
    const char *choice);
struct engine *__wrap_engine_new(const struct digest *d, unsigned slots,
    const char *choice);

struct engine *
__wrap_engine_new(const struct digest *d, unsigned slots, const char *choice)
{
	return at.no_engine ? NULL : __real_engine_new(d, slots, choice);
}

const char *__real_engine_refusal(const char *choice);
const char *__wrap_engine_refusal(const char *choice);

const char *
__wrap_engine_refusal(const char *choice)
{
	return at.refusal ? at.refusal : __real_engine_refusal(choice);
}

int __real_ppool_cpus(void);
int __wrap_ppool_cpus(void);

int
__wrap_ppool_cpus(void)
{
	return at.cpus ? at.cpus : __real_ppool_cpus();
}

/* ---- the child, and the way to it --------------------------------------------- */

static pid_t child;
static bool begun; /* there is a channel to it */
static struct channel channel;
static struct talk_setup setup; /* what is said first */

/* Both ends of the child's stdin, its stdout, and a file for its stderr. */
static int to[2], from[2], err;

static void
child_run(void)
{
	static const struct options options = { .mode = OPTIONS_SERVE };
	struct rlimit descriptors;
	int fd, status;

	at.pid = getpid();
	(void)signal(SIGPIPE, SIG_IGN);
	dup2(to[0], STDIN_FILENO);
	dup2(from[1], STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (fd = STDERR_FILENO + 1; fd < 100; fd++)
		close(fd);
	getrlimit(RLIMIT_NOFILE, &descriptors);
	if (at.descriptors)
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){ at.descriptors,
		    descriptors.rlim_max });
	status = mode_serve(&options);
	setrlimit(RLIMIT_NOFILE, &descriptors); /* for a sanitizer */
	exit(status);
}

static void
begin(void)
{
	fflush(NULL);
	err = open("said", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_return_code(err, errno);
	assert_return_code(pipe(to), errno);
	assert_return_code(pipe(from), errno);
	if (at.interrupted || at.early) /* there is nothing to read then */
		assert_return_code(fcntl(to[0], F_SETFL, O_NONBLOCK), errno);
	child = fork();
	assert_return_code(child, errno);
	if (!child)
		child_run();
	close(to[0]);
	close(from[1]);
	channel_init(&channel, from[0], to[1]);
	begun = true;
}

/* Nothing more is said to the child. */
static void
hang_up(void)
{
	close(channel.out);
	channel.out = -1;
}

/* Nothing more is heard of it. */
static void
stop_listening(void)
{
	close(channel.in);
	channel.in = -1;
}

static void
release(void)
{
	if (channel.out >= 0)
		hang_up();
	if (channel.in >= 0)
		stop_listening();
	channel_release(&channel);
	close(err);
	unlink("said");
	begun = false;
}

static void
say(void)
{
	assert_return_code(channel_send(&channel), errno);
}

/* The next frame that does not merely say that the child is alive. False: there is
 * none, as it has ended. */
static bool
hear_any(struct channel_frame *f)
{
	int rc;

	do
		while ((rc = channel_next(&channel, f)) == 0)
			if (channel_receive(&channel) < 0)
				return false;
	while (rc == 1 && f->type == TALK_ALIVE);
	assert_int_equal(rc, 1);
	return true;
}

static void
hear(struct channel_frame *f, enum talk_type type)
{
	assert_true(hear_any(f));
	assert_int_equal(f->type, type);
}

/* What it says to be alive: the bytes that were digested. */
static uint64_t
hear_alive(void)
{
	struct channel_frame f;
	uint64_t x;
	int rc;

	while ((rc = channel_next(&channel, &f)) == 0)
		assert_int_equal(channel_receive(&channel), 1);
	assert_int_equal(rc, 1);
	assert_int_equal(f.type, TALK_ALIVE);
	assert_int_equal(talk_hear_number(&x, &f), 0);
	return x;
}

static void
assert_text(const struct talk_text *t, const char *want)
{
	assert_int_equal(t->len, strlen(want));
	assert_memory_equal(t->s, want, t->len);
}

/* It says nothing more, ends with this status, and has printed this. */
static void
ends(int want, const char *said)
{
	char text[1000];
	struct channel_frame f;
	int status;
	ssize_t n;

	if (channel.in >= 0)
		assert_false(hear_any(&f));
	assert_int_equal(waitpid(child, &status, 0), child);
	child = 0;
	n = pread(err, text, sizeof(text) - 1, 0);
	assert_return_code(n, errno);
	text[n] = '\0';
	assert_string_equal(text, said);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
	release();
}

static void
refuses(const char *why)
{
	struct channel_frame f;
	struct talk_text t;

	hear(&f, TALK_REFUSED);
	assert_int_equal(talk_hear_text(&t, &f), 0);
	assert_text(&t, why);
	ends(2, "");
}

/* The child begins, and says who it is. */
static void
greet(void)
{
	struct channel_frame f;
	struct talk_hello h;
	size_t before;

	begin();
	while (!channel_find(&channel, TALK_MARK, TALK_MARK_LEN, &before))
		assert_int_equal(channel_receive(&channel), 1);
	assert_int_equal(before, 0);
	hear(&f, TALK_HELLO);
	assert_int_equal(talk_hear_hello(&h, &f), 0);
	assert_int_equal(h.protocol, TALK_PROTOCOL);
	assert_text(&h.version, PHASH_VERSION);
}

/* And is told what is wanted. */
static void
ask(void)
{
	greet();
	talk_say_setup(&channel, &setup);
	say();
}

/* It has so many workers. */
static void
ready(unsigned jobs, const char *engine)
{
	struct channel_frame f;
	struct talk_ready r;

	ask();
	hear(&f, TALK_READY);
	assert_int_equal(talk_hear_ready(&r, &f), 0);
	assert_int_equal(r.jobs, jobs);
	if (engine)
		assert_text(&r.engine, engine);
}

static void
bye(void)
{
	talk_say_bye(&channel);
	say();
	ends(0, "");
}

static int
enter(void **state)
{
	(void)state;
	memset(&at, 0, sizeof(at));
	memset(shared, 0, sizeof(*shared));
	setup = (struct talk_setup){
		.hello = { TALK_PROTOCOL, talk_text(PHASH_VERSION) },
		.algorithm = talk_text("sha256"),
		.directory = talk_text(scratch),
		.engine = talk_text("auto"),
		.jobs = WORKERS,
		.silence = 1000000,
	};
	return 0;
}

/* Of a test that has failed the child is still there. */
static int
leave(void **state)
{
	(void)state;
	if (child > 0) {
		kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
		child = 0;
	}
	if (begun)
		release();
	return 0;
}

/* ---- names and answers -------------------------------------------------------- */

static struct entry
named(const char *name)
{
	return (struct entry){ .name = name, .len = strlen(name),
	    .kind = ENTRY_NAMED };
}

/* Sends a request for e without its last cut bytes. */
static void
request_cut(uint64_t id, const struct entry *e, size_t cut)
{
	unsigned char b[WIRE_HEAD + 100];

	wire_put_head(b, e);
	assert_in_range(e->len, 0, 99);
	memcpy(b + WIRE_HEAD, e->name, e->len + 1);
	talk_say_item(&channel, TALK_REQUEST, id, b, WIRE_HEAD + e->len + 1 -
	    cut);
}

static void
request(uint64_t id, const struct entry *e)
{
	request_cut(id, e, 0);
}

/* What it answers, of a digest of so many bytes. */
static struct result
answer(uint64_t id, size_t digestlen)
{
	struct channel_frame f;
	const unsigned char *p;
	struct result r;
	uint64_t of;
	size_t n;

	memset(&r, 0, sizeof(r));
	hear(&f, TALK_ANSWER);
	assert_int_equal(talk_hear_item(&of, &p, &n, &f), 0);
	assert_int_equal(of, id);
	assert_int_equal(wire_get_answer(&r, digestlen, p, n), 0);
	return r;
}

/* SHA-256 and MD5 of "abc". */
static const unsigned char sha256_abc[] = {
	0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
	0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a,
	0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad
};
static const unsigned char md5_abc[] = {
	0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f,
	0x7d, 0x28, 0xe1, 0x7f, 0x72
};

static void
assert_abc(uint64_t id)
{
	const struct result r = answer(id, sizeof(sha256_abc));

	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(r.size, 3);
	assert_memory_equal(r.digest, sha256_abc, sizeof(sha256_abc));
}

/* ---- the beginning ------------------------------------------------------------ */

static void
test_hello(void **state)
{
	(void)state;
	greet();
	hang_up();
	ends(2, "");
}

static void
test_setup(void **state)
{
	struct algorithms *a = algorithms_new();
	struct engine *e;

	(void)state;
	setup.chunk = 5;
	setup.timeout = 6;
	setup.limit = UINT64_MAX - 1;
	setup.twice = true;
	setup.engine = talk_text("libcrypto");
	assert_int_equal(algorithms_add(a, "sha256"), 0);
	e = engine_new(algorithms_digest(a, 0), 1, "libcrypto");
	ready(WORKERS, e->name);
	bye();
	engine_free(e);
	algorithms_free(a);
	assert_int_equal(shared->opts.jobs, WORKERS);
	assert_int_equal(shared->opts.chunk, 5);
	assert_int_equal(shared->opts.timeout, 6);
	assert_true(shared->opts.limit == UINT64_MAX - 1);
	assert_true(shared->opts.twice);
	assert_true(shared->sandbox.threads); /* of archives */
	assert_string_equal(shared->engine, "libcrypto");
}

static void
test_limits(void **state)
{
	(void)state;
	setup.jobs = OPTIONS_MAX_JOBS;
	setup.chunk = setup.timeout = setup.silence = 1000000;
	ready(OPTIONS_MAX_JOBS, NULL);
	bye();
	assert_int_equal(shared->opts.jobs, OPTIONS_MAX_JOBS);
	assert_int_equal(shared->opts.chunk, 1000000);
	assert_int_equal(shared->opts.timeout, 1000000);
	assert_int_equal(shared->opts.threads, 1);
}

/* By itself it has a worker for each CPU; what is more than workers is for
 * archives. */
static void
test_workers(void **state)
{
	static const struct {
		unsigned jobs, ready, threads;
	} cases[] = { { 0, 8, 1 }, { 1, 1, 8 }, { 3, 3, 2 }, { 8, 8, 1 },
	    { 9, 9, 1 } };

	(void)state;
	at.cpus = 8;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup.jobs = cases[i].jobs;
		ready(cases[i].ready, NULL);
		bye();
		assert_int_equal(shared->opts.jobs, cases[i].ready);
		assert_int_equal(shared->opts.threads, cases[i].threads);
	}
}

static void
insane(void)
{
	ask();
	refuses("was asked for what it cannot do");
}

static void
test_insane(void **state)
{
	static const char *const engines[] = { "", "aut", "autos", "auth",
	    "lanex", "libcrypt" };
	const struct talk_setup sane = setup;

	(void)state;
	setup.jobs = OPTIONS_MAX_JOBS + 1;
	insane();
	setup = sane;
	setup.chunk = 1000001;
	insane();
	setup = sane;
	setup.timeout = 1000001;
	insane();
	setup = sane;
	setup.silence = 1000001;
	insane();
	setup.silence = 0;
	insane();
	setup = sane;
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		setup.engine = talk_text(engines[i]);
		insane();
	}
	assert_int_equal(shared->opts.jobs, 0); /* none was begun */
}

static void
test_other_version(void **state)
{
	(void)state;
	setup.hello.version = talk_text("0");
	ask();
	refuses("is another version of phash");
	setup.hello.version = talk_text(PHASH_VERSION);
	setup.hello.protocol++;
	ask();
	refuses("is another version of phash");
}

static void
test_no_setup(void **state)
{
	(void)state;
	greet();
	talk_say_number(&channel, TALK_PING, 1);
	say();
	refuses("does not understand its driver");
	greet();
	buf_put(channel_begin(&channel, TALK_SETUP), "\1\0\0\0", 4);
	channel_end(&channel);
	say();
	refuses("does not understand its driver");
	/* what is no frame at all comes from no phash */
	greet();
	buf_put(&channel.unsent, "\0\0\0\0", 4);
	say();
	ends(2, "");
	/* half of it */
	greet();
	buf_put(&channel.unsent, "\100\0\0\0\2\1", 6);
	say();
	hang_up();
	ends(2, "");
}

/* A setup that comes in two pieces. */
static void
test_pieces(void **state)
{
	struct channel_frame f;
	char last;

	(void)state;
	greet();
	talk_say_setup(&channel, &setup);
	last = channel.unsent.data[--channel.unsent.len];
	say();
	buf_putc(&channel.unsent, last);
	say();
	hear(&f, TALK_READY);
	bye();
}

/* A driver that says nothing is not waited for any longer. */
static void
test_patience(void **state)
{
	(void)state;
	at.hasty = true;
	greet();
	ends(2, "");
}

/* It may wait in vain. */
static void
test_interrupted(void **state)
{
	(void)state;
	at.interrupted = at.early = 3;
	ready(WORKERS, NULL);
	bye();
}

static void
test_directory(void **state)
{
	const struct entry abc = named("abc"), file = named("file");
	char path[sizeof(scratch) + 10];

	(void)state;
	put("file", "");
	assert_return_code(mkdir("d e", 0700), errno);
	put("d e/abc", "abc");
	snprintf(path, sizeof(path), "%s/d e", scratch);
	setup.directory = talk_text(path);
	ready(WORKERS, NULL);
	request(1, &abc);
	say();
	assert_abc(1);
	request(2, &file);
	say();
	assert_int_equal(answer(2, sizeof(sha256_abc)).status, RESULT_OPEN);
	bye();
	unlink("file");
	unlink("d e/abc");
	rmdir("d e");
}

static void
test_no_directory(void **state)
{
	(void)state;
	setup.directory = talk_text("none/at all");
	ask();
	refuses("cannot change to none/at all: No such file or directory");
	setup.directory = talk_text("");
	ask();
	refuses("cannot change to : No such file or directory");
}

static void
test_unable(void **state)
{
	(void)state;
	setup.algorithm = talk_text("nonesuch");
	ask();
	refuses("its libcrypto does not know nonesuch");
	setup.algorithm = talk_text("sha256");
	at.refusal = "not today";
	ask();
	refuses("not today");
	at.refusal = NULL;
	at.no_hasher = true;
	ask();
	refuses("cannot start workers");
	at.no_hasher = false;
	at.no_enter = true;
	ask();
	refuses("cannot give up what it does not need");
	at.no_enter = false;
	at.no_engine = true;
	ready(WORKERS, "unknown");
	bye();
}

/* It says nothing before it can. */
static void
test_stillborn(void **state)
{
	(void)state;
	at.no_confine = true;
	begin();
	ends(2, "");
	at.no_confine = false;
	at.no_algorithms = true;
	begin();
	ends(2, "phash: out of memory\n");
}

/* It needs three beside those that it has. */
static void
test_descriptors(void **state)
{
	(void)state;
	for (at.descriptors = 4; at.descriptors < 6; at.descriptors++) {
		begin();
		ends(2, "phash: --serve: Too many open files\n");
	}
}

/* ---- requests ----------------------------------------------------------------- */

static void
test_requests(void **state)
{
	const struct entry abc = named("abc"), none = named("none");
	struct result r;
	struct stat st;

	(void)state;
	put("abc", "abc");
	assert_return_code(stat("abc", &st), errno);
	ready(WORKERS, NULL);
	request(UINT64_MAX - 1, &abc);
	say();
	r = answer(UINT64_MAX - 1, sizeof(sha256_abc));
	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(r.size, 3);
	assert_memory_equal(r.digest, sha256_abc, sizeof(sha256_abc));
	assert_true(r.entry.id.ino == st.st_ino);
	request(0, &none);
	say();
	r = answer(0, sizeof(sha256_abc));
	assert_int_equal(r.status, RESULT_OPEN);
	assert_int_equal(r.err, ENOENT);
	bye();
	unlink("abc");
}

/* What the driver knows of a file has other numbers here. */
static void
test_identity(void **state)
{
	struct entry_root root = { .below = 2, .dev = 77, .ino = 78 };
	struct entry e = { .name = "d/abc", .len = 5, .kind = ENTRY_FOUND,
	    .root = &root, .id = { .dev = 79, .ino = 80, .size = 81,
	    .mtime = 82, .ctime = 83 } };

	(void)state;
	assert_return_code(mkdir("d", 0700), errno);
	put("d/abc", "abc");
	ready(WORKERS, NULL);
	request(1, &e);
	say();
	assert_abc(1);
	e.root = NULL;
	e.kind = ENTRY_NAMED;
	request(2, &e);
	say();
	assert_abc(2);
	bye();
	unlink("d/abc");
	rmdir("d");
}

/* All that has come before the goodbye is answered. */
static void
test_bye(void **state)
{
	enum { N = 50 };
	const struct entry abc = named("abc");
	bool seen[N] = { false };
	struct channel_frame f;
	const unsigned char *p;
	uint64_t id;
	size_t n;

	(void)state;
	put("abc", "abc");
	ready(WORKERS, NULL);
	for (id = 0; id < N; id++)
		request(id, &abc);
	talk_say_bye(&channel);
	say();
	for (unsigned i = 0; i < N; i++) {
		hear(&f, TALK_ANSWER);
		assert_int_equal(talk_hear_item(&id, &p, &n, &f), 0);
		assert_in_range(id, 0, N - 1);
		assert_false(seen[id]);
		seen[id] = true;
	}
	ends(0, "");
	unlink("abc");
}

/* What it has to say is not kept for a pause. */
static void
test_ping(void **state)
{
	struct channel_frame f;
	uint64_t x;

	(void)state;
	at.no_pause = true;
	ready(WORKERS, NULL);
	talk_say_number(&channel, TALK_PING, UINT64_MAX - 5);
	say();
	hear(&f, TALK_PONG);
	assert_int_equal(talk_hear_number(&x, &f), 0);
	assert_true(x == UINT64_MAX - 5);
	talk_say_number(&channel, TALK_PING, 7);
	talk_say_number(&channel, TALK_PING, 8);
	talk_say_bye(&channel);
	say();
	for (uint64_t want = 7; want < 9; want++) {
		hear(&f, TALK_PONG);
		assert_int_equal(talk_hear_number(&x, &f), 0);
		assert_true(x == want);
	}
	ends(0, "");
}

static void
test_algorithms(void **state)
{
	struct entry abc = named("abc");
	struct result r;

	(void)state;
	put("abc", "abc");
	ready(WORKERS, NULL);
	talk_say_algorithm(&channel, 7, "SHA256");
	talk_say_algorithm(&channel, ALGORITHMS_MAX - 1, "md5");
	abc.algorithm = 7;
	request(1, &abc);
	say();
	assert_abc(1);
	abc.algorithm = ALGORITHMS_MAX - 1;
	request(2, &abc);
	say();
	r = answer(2, sizeof(md5_abc));
	assert_int_equal(r.status, RESULT_OK);
	assert_memory_equal(r.digest, md5_abc, sizeof(md5_abc));
	talk_say_algorithm(&channel, ALGORITHMS_MAX, "md5");
	say();
	refuses("no such number of an algorithm");
	ready(WORKERS, NULL);
	talk_say_algorithm(&channel, 1, "nonesuch");
	/* it is the last that it takes notice of */
	request(3, &abc);
	say();
	refuses("its libcrypto does not know nonesuch");
	unlink("abc");
}

/* ---- nonsense ----------------------------------------------------------------- */

static void
misheard(void)
{
	/* nobody is answered any more */
	talk_say_number(&channel, TALK_PING, 1);
	say();
	refuses("does not understand its driver");
}

static void
test_misheard(void **state)
{
	static const enum talk_type types[] = { TALK_ALGORITHM, TALK_REQUEST,
	    TALK_PING };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		ready(WORKERS, NULL);
		(void)channel_begin(&channel, types[i]);
		channel_end(&channel);
		misheard();
	}
	ready(WORKERS, NULL);
	talk_say_number(&channel, TALK_PONG, 1);
	misheard();
	ready(WORKERS, NULL);
	talk_say_setup(&channel, &setup);
	misheard();
	ready(WORKERS, NULL);
	buf_put(&channel.unsent, "\0\0\0\0", 4);
	misheard();
}

static void
no_request(const struct entry *e, size_t cut)
{
	ready(WORKERS, NULL);
	request_cut(1, e, cut);
	misheard();
}

static void
test_no_requests(void **state)
{
	static const int numbers[] = { 1, ALGORITHMS_MAX - 1, ALGORITHMS_MAX,
	    255 };
	struct entry e = named("/dev/null");

	(void)state;
	no_request(&e, 1); /* no NUL */
	no_request(&e, e.len + 1);
	/* what only this machine has is hashed here */
	e.kind = ENTRY_STREAM;
	no_request(&e, 0);
	e.kind = ENTRY_STDIN;
	no_request(&e, 0);
	e.kind = ENTRY_NAMED;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		e.algorithm = numbers[i];
		no_request(&e, 0);
	}
}

/* ---- how it ends -------------------------------------------------------------- */

static void
test_workers_gone(void **state)
{
	const struct entry null = named("/dev/null");

	(void)state;
	at.broken = true;
	ready(WORKERS, NULL);
	refuses("its workers are gone");
	at.broken = false;
	at.broken_put = true;
	ready(WORKERS, NULL);
	request(1, &null);
	say();
	ends(2, "");
	at.broken_put = false;
	at.broken_finish = true;
	ready(WORKERS, NULL);
	talk_say_bye(&channel);
	say();
	ends(2, "");
}

static void
test_gone(void **state)
{
	const struct entry null = named("/dev/null");

	(void)state;
	ready(WORKERS, NULL);
	hang_up();
	ends(2, "");
	ready(WORKERS, NULL);
	request(1, &null);
	say();
	stop_listening();
	ends(2, "");
}

/* Time passes as this test has it: to the nanosecond. */
static void
test_alive(void **state)
{
	const struct entry abc = named("abc");

	(void)state;
	put("abc", "abc");
	ready(WORKERS, NULL);
	assert_int_equal(hear_alive(), 0);
	request(1, &abc);
	say();
	assert_abc(1);
	shared->now = clock_ns() + CLOCK_SECOND;
	while (hear_alive() != 3)
		shared->now += CLOCK_SECOND / 5;
	shared->now += CLOCK_SECOND / 5;
	assert_int_equal(hear_alive(), 3);
	shared->now = 0;
	bye();
	unlink("abc");
}

static void
ping(void)
{
	talk_say_number(&channel, TALK_PING, 1);
	say();
}

static void
pong(void)
{
	struct channel_frame f;

	hear(&f, TALK_PONG);
}

/* Seconds, of a clock that the test sets: in earnest nothing takes as long. */
#define LONG 1000

/* One that has been silent for exactly as long as it may is waited for still. */
static void
test_silence(void **state)
{
	(void)state;
	setup.silence = LONG;
	ready(WORKERS, NULL);
	(void)hear_alive();
	shared->now = clock_ns() + CLOCK_SECOND;
	(void)hear_alive();
	ping();
	pong();
	shared->now += LONG * CLOCK_SECOND;
	(void)hear_alive();
	ping();
	pong();
	shared->now += LONG * CLOCK_SECOND + 1;
	ends(2, "");
}

/* Nobody was there to hear what has been said. */
static void
test_stopped(void **state)
{
	int status;

	(void)state;
	setup.silence = LONG;
	ready(WORKERS, NULL);
	shared->now = clock_ns() + CLOCK_SECOND;
	ping();
	pong();
	assert_return_code(kill(child, SIGSTOP), errno);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	ping();
	shared->now += 3 * LONG * CLOCK_SECOND;
	assert_return_code(kill(child, SIGCONT), errno);
	pong();
	shared->now = 0;
	bye();
}

/* ---- archives ----------------------------------------------------------------- */

#ifdef PHASH_LIBARCHIVE

/* Files "m0", "m1" and so on, which are empty. */
static void
put_tar(const char *path, unsigned members)
{
	static char tar[512 * 10];
	unsigned i, n, sum;

	memset(tar, 0, sizeof(tar));
	for (i = 0; i < members; i++) {
		char *h = tar + (size_t)512 * i;

		snprintf(h, 100, "m%u", i);
		memcpy(h + 100, "0000600", 8);
		memcpy(h + 108, "0000000", 8);
		memcpy(h + 116, "0000000", 8);
		memcpy(h + 124, "00000000000", 12);
		memcpy(h + 136, "00000000000", 12);
		memset(h + 148, ' ', 8);
		h[156] = '0';
		memcpy(h + 257, "ustar\00000", 8);
		for (n = sum = 0; n < 512; n++)
			sum += (unsigned char)h[n];
		snprintf(h + 148, 8, "%06o", sum);
	}
	scratch_write(path, tar, sizeof(tar));
}

/* A part of the answer to id: that it was opened, or else the member of this name. */
static void
hear_part(uint64_t id, const char *name)
{
	struct channel_frame f;
	const unsigned char *p;
	struct result r;
	uint64_t of;
	size_t n;

	hear(&f, TALK_PART);
	assert_int_equal(talk_hear_item(&of, &p, &n, &f), 0);
	assert_int_equal(of, id);
	assert_int_equal(wire_is_opened(p, n), name == NULL);
	if (!name) {
		assert_int_equal(wire_get_answer(&r, 32, p, n), 0);
		assert_true(r.entry.id.size == 5120);
		return;
	}
	assert_int_equal(wire_get_part(&r, 32, p, n), 0);
	assert_int_equal(r.status, RESULT_OK);
	assert_string_equal(r.entry.name, name);
}

static void
hear_archive(uint64_t id)
{
	hear_part(id, NULL);
	hear_part(id, "m0");
	hear_part(id, "m1");
	assert_int_equal(answer(id, 32).status, RESULT_OPENED);
}

/* That one is open is said before its first member, each time. */
static void
test_archives(void **state)
{
	struct entry e = named("tar");

	(void)state;
	put_tar("tar", 2);
	e.archive = true;
	ready(WORKERS, NULL);
	for (unsigned i = 0; i < 2; i++) {
		request(1, &e);
		say();
		hear_archive(1);
	}
	request(2, &e);
	say();
	hear_archive(2);
	bye();
	at.no_part = true;
	ready(WORKERS, NULL);
	request(1, &e);
	say();
	ends(2, "phash: out of memory\n");
	unlink("tar");
}

#else

static void
test_archives(void **state)
{
	(void)state;
	skip();
}

#endif

/* ---- */

static int
enter_all(void **state)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? -1 : scratch_enter(state);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_hello),
		CASE(test_setup),
		CASE(test_limits),
		CASE(test_workers),
		CASE(test_insane),
		CASE(test_other_version),
		CASE(test_no_setup),
		CASE(test_pieces),
		CASE(test_patience),
		CASE(test_interrupted),
		CASE(test_directory),
		CASE(test_no_directory),
		CASE(test_unable),
		CASE(test_stillborn),
		CASE(test_descriptors),
		CASE(test_requests),
		CASE(test_identity),
		CASE(test_bye),
		CASE(test_ping),
		CASE(test_algorithms),
		CASE(test_misheard),
		CASE(test_no_requests),
		CASE(test_workers_gone),
		CASE(test_gone),
		CASE(test_alive),
		CASE(test_silence),
		CASE(test_stopped),
		CASE(test_archives),
	};

	return cmocka_run_group_tests(tests, enter_all, scratch_leave);
}
