/* hasher/crew: what a pool is to be, and what its workers are to do. */
#include "hasher/crew.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/diag.h"
#include "hasher/watch.h"

/* The linker puts these in the place of those of the same name (Makefile). */
void *__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off);
void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off);
void *__wrap_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t off);
ppool_err __wrap_ppool_feed_only(ppool_feed *f, unsigned first, unsigned n);
unsigned __wrap_ppool_number(const ppool_worker *w);
int __wrap_ppool_ask(ppool_worker *w, unsigned chunks, uint64_t weight,
    uint64_t pace);
int __wrap_relay_serve(const struct relay_setup *setup, unsigned n,
    ppool_worker *pool);
int __wrap_worker_init(void *initarg, void **state);
int __wrap_worker_serve(void *state, ppool_worker *pool);

/* Feeds are compared, never looked into. */
static char files_feed, streams_feed;
#define FILES ((ppool_feed *)(void *)&files_feed)
#define STREAMS ((ppool_feed *)(void *)&streams_feed)

static struct {
	bool no_memory;
	ppool_err only;         /* what ppool_feed_only says of files */
	unsigned files[2], streams[2], nfiles, nstreams;
	unsigned number;        /* of the worker */
	int init, ask;          /* what these say */
	unsigned chunks;        /* that were asked for */
	unsigned ninits, nserves;
} with;

void *
__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	if (with.no_memory) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mmap(at, n, prot, flags, fd, off);
}

void *
__wrap_mmap64(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	return __wrap_mmap(at, n, prot, flags, fd, off);
}

ppool_err
__wrap_ppool_feed_only(ppool_feed *f, unsigned first, unsigned n)
{
	const unsigned to[] = { first, n };

	if (f == FILES) {
		memcpy(with.files, to, sizeof(to));
		with.nfiles++;
		return with.only;
	}
	assert_ptr_equal(f, STREAMS);
	memcpy(with.streams, to, sizeof(to));
	with.nstreams++;
	return PPOOL_NOMEM;
}

unsigned
__wrap_ppool_number(const ppool_worker *w)
{
	(void)w;
	return with.number;
}

int
__wrap_ppool_ask(ppool_worker *w, unsigned chunks, uint64_t weight,
    uint64_t pace)
{
	(void)w;
	assert_true(weight == 0 && pace == 0);
	with.chunks = chunks;
	return with.ask;
}

static struct crew crew;

int
__wrap_relay_serve(const struct relay_setup *setup, unsigned n,
    ppool_worker *pool)
{
	(void)pool;
	assert_ptr_equal(setup, &crew.relays);
	return 100 + (int)n;
}

int
__wrap_worker_init(void *initarg, void **state)
{
	assert_ptr_equal(initarg, &crew.setup);
	*state = &with;
	with.ninits++;
	return with.init;
}

int
__wrap_worker_serve(void *state, ppool_worker *pool)
{
	(void)pool;
	assert_ptr_equal(state, &with);
	with.nserves++;
	return 200;
}

static const struct hasher_host hosts[] = { { .name = "a" }, { .name = "b" } };
static struct watch_line lines[3];

static int
enter(void **state)
{
	(void)state;
	memset(&with, 0, sizeof(with));
	return 0;
}

static void
begin(unsigned nhosts)
{
	const struct hasher_opts opts = { .jobs = 5, .hosts = hosts,
	    .nhosts = nhosts, .engine = "auto", .dirfd = 7, .twice = true,
	    .limit = 8, .threads = 9, .debug = true };

	assert_int_equal(crew_init(&crew, &opts), 0);
	crew_watch(&crew, lines);
}

static void
test_alone(void **state)
{
	ppool_opts po = { .flags = 0 };

	(void)state;
	begin(0);
	crew_pool(&crew, &po, 10, 4);
	assert_int_equal(po.processes, 5);
	assert_int_equal(po.window, 14);
	assert_int_equal(po.flags, 0);
	assert_true(po.init == __wrap_worker_init);
	assert_true(po.serve == __wrap_worker_serve);
	assert_ptr_equal(po.initarg, &crew.setup);
	assert_string_equal(crew.setup.engine, "auto");
	assert_int_equal(crew.setup.dirfd, 7);
	assert_true(crew.setup.twice);
	assert_int_equal(crew.setup.limit, 8);
	assert_int_equal(crew.setup.threads, 9);
	assert_ptr_equal(crew.setup.lines, lines);
	assert_int_equal(crew_feeds(&crew, FILES, STREAMS), PPOOL_OK);
	assert_int_equal(with.nfiles + with.nstreams, 0);
	crew_release(&crew);
}

/* One for each host, and one for streams. */
static void
test_hosts(void **state)
{
	ppool_opts po = { .flags = 0 };
	void *arg = NULL;

	(void)state;
	begin(2);
	crew_pool(&crew, &po, 10, 4);
	assert_int_equal(crew.workers, 3);
	assert_int_equal(po.processes, 3);
	assert_true(po.window > 1000);
	assert_int_equal(po.flags, PPOOL_ON_ASKING | PPOOL_BLAMELESS);
	assert_ptr_equal(crew.relays.opts, &crew.opts);
	assert_ptr_equal(crew.relays.lines, crew.hosts.lines);
	assert_ptr_equal(crew.relays.watch, lines);
	assert_true(crew.hosts.debug);
	assert_int_equal(crew_feeds(&crew, FILES, STREAMS), PPOOL_NOMEM);
	assert_int_equal(with.nfiles, 1);
	assert_int_equal(with.files[0], 0);
	assert_int_equal(with.files[1], 2);
	assert_int_equal(with.nstreams, 1);
	assert_int_equal(with.streams[0], 2);
	assert_int_equal(with.streams[1], 1);
	/* what they do */
	arg = po.initarg;
	assert_int_equal(po.serve(arg, NULL), 100);
	with.number = 1;
	assert_int_equal(po.serve(arg, NULL), 101);
	assert_int_equal(with.ninits, 0);
	with.number = 2;
	assert_int_equal(po.serve(arg, NULL), 200);
	assert_int_equal(with.chunks, 4);
	assert_int_equal(with.ninits, 1);
	assert_int_equal(with.nserves, 1);
	crew_release(&crew);
	assert_null(crew.hosts.lines);
}

static void
test_fails(void **state)
{
	const struct hasher_opts opts = { .jobs = 5, .hosts = hosts,
	    .nhosts = 2 };
	ppool_opts po = { .flags = 0 };

	(void)state;
	with.no_memory = true;
	assert_int_equal(crew_init(&crew, &opts), -1);
	assert_int_equal(errno, ENOMEM);
	assert_null(crew.hosts.lines);
	with.no_memory = false;
	begin(2);
	with.only = PPOOL_CANCELED;
	assert_int_equal(crew_feeds(&crew, FILES, STREAMS), PPOOL_CANCELED);
	assert_int_equal(with.nstreams, 0);
	crew_pool(&crew, &po, 10, 4);
	with.number = 2;
	with.init = ENOMEM;
	assert_int_equal(po.serve(po.initarg, NULL), 1);
	assert_int_equal(with.chunks, 0);
	with.init = 0;
	with.ask = -1;
	assert_int_equal(po.serve(po.initarg, NULL), 1);
	assert_int_equal(with.nserves, 0);
	crew_release(&crew);
}

static void
clean_up(void)
{
	_exit(9);
}

/* A relay has nothing to clean up when it dies, and some signals do not end it. */
static void
test_begins(void **state)
{
	ppool_opts po = { .flags = 0 };
	int status;
	pid_t pid;

	(void)state;
	begin(2);
	crew_pool(&crew, &po, 10, 4);
	pid = fork();
	if (pid == 0) {
		void *arg = NULL;

		diag_at_die(clean_up);
		if (po.init(po.initarg, &arg) || arg != &crew)
			_exit(1);
		(void)raise(SIGPIPE);
		(void)raise(SIGUSR1);
		(void)close(STDERR_FILENO);
		diag_die("the end");
	}
	assert_return_code(pid, errno);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), PHASH_FAILURE);
	crew_release(&crew);
}

#define CASE(test) cmocka_unit_test_setup(test, enter)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_alone),
		CASE(test_hosts),
		CASE(test_fails),
		CASE(test_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
