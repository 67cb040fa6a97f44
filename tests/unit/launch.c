/* far/launch: what a command gets, how it ends, and what remains of it: nothing. */
#include "far/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

/* ms; far more than is needed. */
#define LONG 60000

/* The linker puts these in the place of the C library's (Makefile). */
int __real_socketpair(int domain, int type, int protocol, int fd[2]);
int __wrap_socketpair(int domain, int type, int protocol, int fd[2]);
int __real_pipe(int fd[2]);
int __wrap_pipe(int fd[2]);
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_fcntl(int fd, int what, ...);
int __wrap_fcntl(int fd, int what, ...);
int __wrap_fcntl64(int fd, int what, ...);

int __real_clock_gettime(clockid_t which, struct timespec *t);
int __wrap_clock_gettime(clockid_t which, struct timespec *t);

static bool stands_still; /* the clock */

int
__wrap_clock_gettime(clockid_t which, struct timespec *t)
{
	if (!stands_still)
		return __real_clock_gettime(which, t);
	*t = (struct timespec){ 1, 0 };
	return 0;
}

static unsigned calls, failing; /* which of them fails, from 1; 0: none */

static bool
fails(void)
{
	if (++calls != failing)
		return false;
	errno = ENFILE;
	return true;
}

int
__wrap_socketpair(int domain, int type, int protocol, int fd[2])
{
	return fails() ? -1 : __real_socketpair(domain, type, protocol, fd);
}

int
__wrap_pipe(int fd[2])
{
	return fails() ? -1 : __real_pipe(fd);
}

pid_t
__wrap_fork(void)
{
	return fails() ? -1 : __real_fork();
}

int
__wrap_fcntl(int fd, int what, ...)
{
	va_list ap;
	int x;

	va_start(ap, what);
	x = va_arg(ap, int);
	va_end(ap);
	return fails() ? -1 : __real_fcntl(fd, what, x);
}

int
__wrap_fcntl64(int fd, int what, ...)
{
	va_list ap;
	int x;

	va_start(ap, what);
	x = va_arg(ap, int);
	va_end(ap);
	return __wrap_fcntl(fd, what, x);
}

/* ---- a command that runs ------------------------------------------------------ */

static struct launch l;

static void
start(const char *a, const char *b, const char *c, const char *d)
{
	const char *const argv[] = { a, b, c, d, NULL };
	char *copy[5];

	memcpy(copy, argv, sizeof(copy));
	assert_int_equal(launch_start(&l, copy), 0);
	assert_true(l.pid > 0);
	assert_int_equal(l.status, 0);
}

static void
start_shell(const char *script)
{
	start("sh", "-c", script, NULL);
}

/* What comes from fd, up to n bytes, or its end. */
static const char *
hear(int fd, size_t n)
{
	static char text[4096];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got;

	assert_in_range(n, 0, sizeof(text) - 1);
	do {
		assert_int_equal(poll(&p, 1, LONG), 1);
		got = read(fd, text + len, n - len);
		assert_return_code(got, errno);
		len += (size_t)got;
	} while (got && len < n);
	text[len] = '\0';
	return text;
}

#define ALL 4095

static void
assert_released(void)
{
	launch_release(&l);
	assert_int_equal(l.pid, 0);
	assert_int_equal(l.fd, -1);
	assert_int_equal(l.err, -1);
}

/* Both ends talk; what is read has an end when the connection is closed. */
static void
test_talks(void **state)
{
	const int before = descriptors();
	char byte;

	(void)state;
	start_shell("cat; echo bye >&2; exit 3");
	assert_false(launch_ended(&l, 0));
	assert_int_equal(read(l.fd, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(read(l.err, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(l.fd, "hello", 5), 5);
	assert_string_equal(hear(l.fd, 5), "hello");
	launch_end(&l, LONG);
	assert_int_equal(l.pid, 0);
	assert_int_equal(l.fd, -1);
	assert_true(WIFEXITED(l.status));
	assert_int_equal(WEXITSTATUS(l.status), 3);
	assert_string_equal(hear(l.err, ALL), "bye\n");
	launch_end(&l, LONG); /* once more is fine */
	assert_int_equal(WEXITSTATUS(l.status), 3);
	assert_released();
	assert_int_equal(descriptors(), before);
}

static void
test_ended(void **state)
{
	(void)state;
	start("true", NULL, NULL, NULL);
	assert_true(launch_ended(&l, LONG));
	assert_int_equal(l.pid, 0);
	assert_true(WIFEXITED(l.status) && !WEXITSTATUS(l.status));
	assert_true(launch_ended(&l, 0));
	assert_released();
}

/* It is waited for that long: one that takes its time is not told to end. */
static void
test_ends_by_itself(void **state)
{
	(void)state;
	start_shell("trap 'exit 4' TERM; echo; cat; sleep 0.1; exit 3");
	assert_string_equal(hear(l.fd, 1), "\n");
	launch_end(&l, LONG);
	assert_true(WIFEXITED(l.status));
	assert_int_equal(WEXITSTATUS(l.status), 3);
	assert_released();
}

static void
test_terminated(void **state)
{
	const int before = descriptors();

	(void)state;
	start("sleep", "1000", NULL, NULL);
	assert_released();
	assert_true(WIFSIGNALED(l.status));
	assert_int_equal(WTERMSIG(l.status), SIGTERM);
	/* it is waited for until it ends: how long that takes, nobody knows */
	start_shell("trap 'exit 4' TERM; echo; while :; do sleep 0.01; done");
	assert_string_equal(hear(l.fd, 1), "\n");
	stands_still = true;
	launch_end(&l, 0);
	stands_still = false;
	assert_true(WIFEXITED(l.status));
	assert_int_equal(WEXITSTATUS(l.status), 4);
	assert_released();
	assert_int_equal(descriptors(), before);
}

static void
test_killed(void **state)
{
	(void)state;
	start_shell("trap '' TERM; echo; exec sleep 1000");
	assert_string_equal(hear(l.fd, 1), "\n");
	launch_end(&l, 0);
	assert_int_equal(l.pid, 0);
	assert_true(WIFSIGNALED(l.status));
	assert_int_equal(WTERMSIG(l.status), SIGKILL);
	assert_released();
}

static void
test_not_there(void **state)
{
	(void)state;
	start("./nothing-there", NULL, NULL, NULL);
	assert_string_equal(hear(l.err, ALL),
	    "./nothing-there: No such file or directory\n");
	assert_true(launch_ended(&l, LONG));
	assert_true(WIFEXITED(l.status));
	assert_int_equal(WEXITSTATUS(l.status), 127);
	assert_released();
}

/* ---- what it has -------------------------------------------------------------- */

static bool
has_signal(const char *status, const char *set, int sig)
{
	const char *at = strstr(status, set);

	assert_non_null(at);
	return strtoull(at + strlen(set), NULL, 16) >> (sig - 1) & 1;
}

/* It blocks no signals, and neither SIGPIPE nor SIGCHLD is ignored, though here they
 * are; others stay as they are. */
static void
test_signals(void **state)
{
	static const int ignored[] = { SIGPIPE, SIGCHLD, SIGUSR2 };
	void (*before[3])(int);
	sigset_t block, old;
	const char *status;

	(void)state;
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGHUP);
	assert_int_equal(sigprocmask(SIG_BLOCK, &block, &old), 0);
	for (size_t i = 0; i < 3; i++)
		before[i] = signal(ignored[i], SIG_IGN);
	start("cat", "/proc/self/status", NULL, NULL);
	for (size_t i = 0; i < 3; i++)
		(void)signal(ignored[i], before[i]);
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	status = hear(l.fd, ALL);
	assert_false(has_signal(status, "SigBlk:", SIGHUP));
	assert_false(has_signal(status, "SigIgn:", SIGPIPE));
	assert_false(has_signal(status, "SigIgn:", SIGCHLD));
	assert_true(has_signal(status, "SigIgn:", SIGUSR2));
	assert_released();
}

static void
assert_not_inherited(int fd)
{
	int flags = __real_fcntl(fd, F_GETFD);

	assert_return_code(flags, errno);
	assert_true(flags & FD_CLOEXEC);
}

/* Its descriptors, also where the first three are closed here. */
static void
test_descriptors(void **state)
{
	int saved[3];

	(void)state;
	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = __real_fcntl(fd, F_DUPFD_CLOEXEC, 10);
		close(fd);
	}
	start_shell("cat; echo bye >&2");
	for (int fd = 0; fd < 3; fd++) {
		if (saved[fd] >= 0)
			(void)dup2(saved[fd], fd);
		close(saved[fd]);
	}
	assert_true(l.fd > STDERR_FILENO);
	assert_true(l.err > STDERR_FILENO);
	assert_not_inherited(l.fd);
	assert_not_inherited(l.err);
	assert_int_equal(write(l.fd, "hello", 5), 5);
	assert_int_equal(shutdown(l.fd, SHUT_WR), 0);
	assert_string_equal(hear(l.fd, ALL), "hello");
	assert_string_equal(hear(l.err, ALL), "bye\n");
	assert_released();
}

/* It ends with the process that has started it. */
static void
test_orphan(void **state)
{
	int alive[2], status;
	pid_t pid;

	(void)state;
#ifdef PHASH_PORTABLE
	skip(); /* there is no such thing */
#endif
	assert_int_equal(__real_pipe(alive), 0);
	pid = __real_fork();
	if (pid == 0) {
		start_shell("echo; exec sleep 1000");
		(void)hear(l.fd, 1);
		_exit(0);
	}
	close(alive[1]);
	assert_return_code(pid, errno);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(hear(alive[0], 1), "");
	close(alive[0]);
}

/* ---- what may fail ------------------------------------------------------------ */

static void
test_fails(void **state)
{
	char *const argv[] = { (char *)(uintptr_t)"true", NULL };
	const int before = descriptors();
	unsigned n = 0;
	int rc;

	(void)state;
	do {
		memset(&l, 7, sizeof(l));
		calls = 0;
		failing = ++n;
		errno = 0;
		rc = launch_start(&l, argv);
		failing = 0;
		if (rc < 0) {
			assert_int_equal(errno, ENFILE);
			assert_int_equal(l.pid, 0);
			assert_int_equal(descriptors(), before);
		}
		assert_released();
		assert_int_equal(descriptors(), before);
	} while (rc < 0);
	/* two pairs, as many others above the first three, two that do not
	 * block, and fork */
	assert_int_equal(n - 1, 2 + 4 + 2 + 1);
}

static void
test_never_started(void **state)
{
	const int before = descriptors();

	(void)state;
	l = (struct launch){ .fd = -1, .err = -1 };
	assert_true(launch_ended(&l, LONG));
	assert_released();
	assert_int_equal(descriptors(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_ends_by_itself),
		cmocka_unit_test(test_terminated),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_orphan),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_never_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
