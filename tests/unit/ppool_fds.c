/* ppool_fds.c - what a worker has open, with a list of descriptors to keep. */
#include "ppool_util.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "wrap_syscall.h"

/* Of the kernel, for workers forked after. */
static bool no_close_range, no_proc;

DIR *__real_opendir(const char *name);
DIR *__wrap_opendir(const char *name);

DIR *
__wrap_opendir(const char *name)
{
	return no_proc ? NULL : __real_opendir(name);
}

static bool
syscall_answers(long number, const long *arg, long *rc)
{
	(void)arg;
	*rc = -1;
#ifdef SYS_close_range
	if (number == SYS_close_range && no_close_range) {
		errno = ENOSYS;
		return true;
	}
#endif
	return false;
}

enum { MOST = 64 }; /* all descriptors of this test are below */

enum what { CLOSED, NULL_DEVICE, SOCKET, OTHER };

struct open_fds {
	char what[MOST];
};

static enum what
what_is(int fd)
{
	struct stat st, null;

	if (fstat(fd, &st))
		return CLOSED;
	if (S_ISSOCK(st.st_mode))
		return SOCKET;
	if (!stat("/dev/null", &null) && st.st_rdev == null.st_rdev &&
	    S_ISCHR(st.st_mode))
		return NULL_DEVICE;
	return OTHER;
}

static int
fn_open_fds(void *state, const void *in, size_t len, ppool_out *out)
{
	struct open_fds open;

	(void)state;
	(void)in;
	(void)len;
	for (int fd = 0; fd < MOST; fd++)
		open.what[fd] = (char)what_is(fd);
	return ppool_write(out, &open, sizeof(open)) ? 1 : 0;
}

static struct open_fds
fds_of_a_worker(ppool *pool)
{
	struct open_fds open;
	ppool_async *a = NULL;
	const ppool_result *r = NULL;

	assert_int_equal(ppool_apply(pool, fn_open_fds, NULL, 0, &a), PPOOL_OK);
	assert_int_equal(ppool_get(a, -1, &r, NULL), PPOOL_OK);
	assert_int_equal(r->len, sizeof(open));
	memcpy(&open, r->data, sizeof(open));
	ppool_async_free(a);
	return open;
}

static int
count(const struct open_fds *open, enum what what)
{
	int n = 0;

	for (int fd = 3; fd < MOST; fd++)
		n += open->what[fd] == (char)what;
	return n;
}

/* In two workers, of which the second sees the first one's socket, and in one
 * that takes the place of a dead one. */
static void
expect_open(const int *keep, int others, int sockets)
{
	const ppool_opts opts = { .processes = 2, .keep = keep };
	ppool *pool = pool_with(&opts);
	const struct death death = { DIE_SIGNAL, SIGKILL };
	ppool_async *a = NULL;

	for (int i = 0; i < 8; i++) {
		struct open_fds open = fds_of_a_worker(pool);

		assert_int_equal(count(&open, OTHER), others);
		assert_int_equal(count(&open, SOCKET), sockets);
		assert_int_equal(count(&open, NULL_DEVICE), 0);
		if (i % 2)
			continue;
		assert_int_equal(ppool_apply(pool, fn_die, &death,
		    sizeof(death), &a), PPOOL_DIED);
		ppool_async_free(a);
	}
	pool_end(pool);
}

static void
only_those_listed_stay(void **state)
{
	int a[2], b[2], null = open("/dev/null", O_RDONLY);

	(void)state;
	assert_return_code(pipe(a), errno);
	assert_return_code(pipe(b), errno);
	assert_return_code(null, errno);
	for (int how = 0; how < 3; how++) {
		no_close_range = how > 0;
		no_proc = how > 1;
		expect_open((const int[]){ -1 }, 0, 1);
		expect_open((const int[]){ b[1], 0, a[0], -1 }, 2, 1);
		expect_open((const int[]){ a[0], a[0], a[1], MOST, -1 }, 2, 1);
	}
	no_close_range = no_proc = false;
	close(null);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

/* Not by accident: without a list it has what the owner had. */
static void
without_a_list_all_stay(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ppool *pool = pool_of(1);
	struct open_fds open = fds_of_a_worker(pool);

	(void)state;
	assert_int_equal(open.what[fd], NULL_DEVICE);
	close(fd);
	pool_end(pool);
}

static const struct std {
	int keep[4];
	char what[3]; /* of 0 to 2, when they are pipes in the owner */
	int closed;   /* there; -1: none */
} stds[] = {
	{ { -1 }, { NULL_DEVICE, NULL_DEVICE, NULL_DEVICE }, -1 },
	{ { 0, 2, -1 }, { OTHER, NULL_DEVICE, OTHER }, -1 },
	{ { 2, 1, 0, -1 }, { OTHER, OTHER, OTHER }, -1 },
	{ { 1, -1 }, { NULL_DEVICE, OTHER, NULL_DEVICE }, 0 },
	{ { 0, 1, -1 }, { NULL_DEVICE, OTHER, NULL_DEVICE }, 0 },
	{ { 0, 1, 2, -1 }, { OTHER, NULL_DEVICE, OTHER }, 1 },
};

static void
standard_ones_are_never_free(void **state)
{
	int saved[3], ends[2];

	(void)state;
	assert_return_code(pipe(ends), errno);
	for (size_t i = 0; i < NITEMS(stds); i++) {
		const ppool_opts opts = { .processes = 1,
		    .keep = stds[i].keep };
		struct open_fds open;
		ppool *pool;

		for (int fd = 0; fd < 3; fd++) {
			saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
			dup2(ends[1], fd);
		}
		if (stds[i].closed >= 0)
			close(stds[i].closed);
		pool = pool_with(&opts);
		open = fds_of_a_worker(pool);
		pool_end(pool);
		for (int fd = 0; fd < 3; fd++) {
			dup2(saved[fd], fd);
			close(saved[fd]);
		}
		assert_memory_equal(open.what, stds[i].what, 3);
		assert_int_equal(count(&open, OTHER), 0);
	}
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_those_listed_stay),
		CASE(without_a_list_all_stay),
		CASE(standard_ones_are_never_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
