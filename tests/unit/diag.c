/* base/diag: how the program ends, and what it does before. */
#include "base/diag.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The hook's trace: a byte in here. */
static int trail[2];

static void
leave_trace(void)
{
	if (write(trail[1], "x", 1) != 1)
		_exit(99);
}

static void
leave_trace_and_die(void)
{
	leave_trace();
	diag_die("once more");
}

/* Runs die in a child with hook; its status, what it said on stderr in text,
 * and how often the hook ran. */
static int
run(void (*hook)(void), void (*die)(const char *, ...), char text[64])
{
	static const struct rlimit none = { 0, 0 };
	int err[2], status;
	char traces[8];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(trail), 0);
	assert_int_equal(pipe(err), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL); /* cmocka has a handler */
		setrlimit(RLIMIT_CORE, &none);
		dup2(err[1], STDERR_FILENO);
		diag_at_die(hook);
		die("%d apples", 3);
		_exit(98);
	}
	assert_true(pid > 0);
	close(trail[1]);
	close(err[1]);
	n = read(err[0], text, 63);
	text[n > 0 ? n : 0] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(read(trail[0], traces, sizeof(traces)), 1);
	close(trail[0]);
	close(err[0]);
	return status;
}

static void
test_die(void **state)
{
	char text[64];
	int status = run(leave_trace, diag_die, text);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), PHASH_FAILURE);
	assert_string_equal(text, "phash: 3 apples\n");
}

static void
test_bug(void **state)
{
	char text[64];
	int status = run(leave_trace, diag_bug, text);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_string_equal(text, "phash: BUG: 3 apples\n");
}

static void
test_hook_that_dies_runs_once(void **state)
{
	char text[64];
	int status = run(leave_trace_and_die, diag_bug, text);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), PHASH_FAILURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_die),
		cmocka_unit_test(test_bug),
		cmocka_unit_test(test_hook_that_dies_runs_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
