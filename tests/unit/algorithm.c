/*
 * Algorithms by number, in this process and in those forked from it.
 */
#include "digest/algorithm.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "digest/digest.h"

static void
test_all_names_have_one_number(void **state)
{
	struct algorithms *a = algorithms_new();

	(void)state;
	assert_non_null(a);
	assert_int_equal(algorithms_add(a, "sha512"), 0);
	assert_int_equal(algorithms_add(a, "SHA256"), 1);
	assert_int_equal(algorithms_add(a, "SHA2-512"), 0);
	assert_int_equal(algorithms_add(a, "sha256-256"), 1);
	assert_string_equal(algorithms_digest(a, 0)->tag, "SHA512");
	assert_int_equal(algorithms_digest(a, 1)->size, 32);
	algorithms_free(a);
}

static void
test_what_is_not_known(void **state)
{
	struct algorithms *a = algorithms_new();
	int n;

	(void)state;
	assert_int_equal(algorithms_add(a, "no-such-digest"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(algorithms_add(a, "md5 "), -1);
	for (n = -1; n <= ALGORITHMS_MAX; n++) {
		errno = 0;
		assert_null(algorithms_digest(a, n));
		assert_int_equal(errno, EINVAL);
	}
	algorithms_free(a);
}

static void
test_one_too_many(void **state)
{
	struct algorithms *a = algorithms_new();
	char name[32];
	int n;

	(void)state;
	for (n = 0; n < ALGORITHMS_MAX; n++) {
		snprintf(name, sizeof(name), "SHAKE128-%d", 8 * (n + 1));
		assert_int_equal(algorithms_add(a, name), n);
	}
	assert_int_equal(algorithms_add(a, "sha512"), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(algorithms_add(a, "no-such-digest"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(algorithms_add(a, "SHAKE128-512"), n - 1);
	assert_string_equal(algorithms_digest(a, 0)->tag, "SHAKE128-8");
	algorithms_free(a);
}

/* What the child says of numbers 0 and 1: its exit status. */
static int
ask(struct algorithms *a, int told)
{
	char byte;

	if (read(told, &byte, 1) != 1)
		return 1;
	if (strcmp(algorithms_digest(a, 0)->tag, "SHA512"))
		return 2;
	if (strcmp(algorithms_digest(a, 1)->tag, "SHA3-256"))
		return 3;
	return algorithms_digest(a, 2) ? 4 : 0;
}

static void
test_a_forked_process_learns_of_what_comes_later(void **state)
{
	static struct algorithms *a; /* a child that leaves has it still */
	int tell[2], status;
	pid_t pid;

	(void)state;
	a = algorithms_new();
	assert_int_equal(pipe(tell), 0);
	assert_int_equal(algorithms_add(a, "sha512"), 0);
	pid = fork();
	if (pid == 0) {
		algorithms_seal(a);
		_exit(ask(a, tell[0]));
	}
	assert_int_equal(algorithms_add(a, "sha3-256"), 1);
	assert_int_equal(write(tell[1], "", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(tell[0]);
	close(tell[1]);
	algorithms_free(a);
}

/* It dies of the attempt. */
static void
test_a_sealed_process_changes_nothing(void **state)
{
	struct algorithms *a = algorithms_new();
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		close(STDERR_FILENO); /* a sanitizer would complain */
		algorithms_seal(a);
		algorithms_add(a, "sha512");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_not_equal(status, 0);
	assert_null(algorithms_digest(a, 0));
	algorithms_free(a);
}

static void
test_nothing_is_freed_in_peace(void **state)
{
	(void)state;
	algorithms_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_names_have_one_number),
		cmocka_unit_test(test_what_is_not_known),
		cmocka_unit_test(test_one_too_many),
		cmocka_unit_test(
		    test_a_forked_process_learns_of_what_comes_later),
		cmocka_unit_test(test_a_sealed_process_changes_nothing),
		cmocka_unit_test(test_nothing_is_freed_in_peace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
