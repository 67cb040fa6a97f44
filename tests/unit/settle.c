/* hasher: a file that is read twice, while a mapping of it is written to. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "digest/algorithm.h"
#include "hasher/hasher.h"
#include "hasher/result.h"

enum { SIZE = 1000000, TRIES = 1000 };

static char path[] = "/tmp/phash-unit-settle.XXXXXX";

static int
setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || ftruncate(fd, SIZE) < 0 || close(fd) < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void
on_result(void *cookie, const struct result *r)
{
	*(struct result *)cookie = *r;
}

static void
hash_twice(struct result *r)
{
	struct algorithms *a = algorithms_new();
	const struct hasher_opts opts = {
		.jobs = 1, .algorithms = a, .engine = "auto",
		.dirfd = AT_FDCWD, .twice = true,
		.cookie = r, .on_result = on_result,
	};
	const struct entry e = {
		.name = path, .len = strlen(path), .kind = ENTRY_FOUND,
		.id.size = SIZE,
	};
	struct hasher *h;

	assert_int_equal(algorithms_add(a, "sha512"), 0);
	h = hasher_new(&opts);
	assert_non_null(h);
	assert_int_equal(hasher_put(h, &e), 0);
	assert_int_equal(hasher_finish(h), 0);
	hasher_free(h);
	algorithms_free(a);
}

/* A process that writes to the mapping until it is killed. Its first write
 * moves the times; the later ones mostly do not. */
static pid_t
start_writer(void)
{
	int fd = open(path, O_RDWR);
	volatile uint64_t *p;
	pid_t pid;

	assert_true(fd >= 0);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	close(fd);
	p[0] = 1;
	pid = fork();
	assert_true(pid >= 0);
	while (pid == 0)
		p[0]++;
	munmap((void *)(uintptr_t)p, SIZE);
	return pid;
}

static void
test_still_file(void **state)
{
	/* of a million zeros: head -c 1000000 /dev/zero | sha512sum */
	static const unsigned char head[] = { 0xce, 0x04, 0x4b, 0xc9 };
	struct result r;

	(void)state;
	hash_twice(&r);
	assert_int_equal(r.status, RESULT_OK);
	assert_int_equal(r.size, SIZE);
	assert_int_equal(r.digestlen, 64);
	assert_memory_equal(r.digest, head, sizeof(head));
}

/* On a busy machine the writer may not run between two readings: then again. */
static void
test_written_file(void **state)
{
	struct result r = { .status = RESULT_OK };
	pid_t writer = start_writer();
	int i;

	(void)state;
	for (i = 0; i < TRIES && r.status == RESULT_OK; i++)
		hash_twice(&r);
	kill(writer, SIGKILL);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_int_equal(r.status, RESULT_CHANGED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_still_file),
		cmocka_unit_test(test_written_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
