/* mode/slurm: the nodes that scontrol names, and the CPUs of each by
 * SLURM_JOB_CPUS_PER_NODE. */
#include "mode/slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "said.h"
#include "scratch.h"

static struct slurm slurm;

/* Runs slurm_init where this script is scontrol; what it prints on stderr is said. */
static int
init(const char *script)
{
	int before, rc;

	put("scontrol", script);
	assert_return_code(chmod("scontrol", 0700), errno);
	slurm_release(&slurm);
	before = said_begin();
	rc = slurm_init(&slurm);
	said_end(before);
	unlink("scontrol");
	return rc;
}

static int
enter(void **state)
{
	(void)state;
	slurm = (struct slurm){ .n = 0 };
	setenv("SLURM_JOB_NODELIST", "n[1-2]", 1);
	unsetenv("SLURM_JOB_CPUS_PER_NODE");
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	slurm_release(&slurm);
	return signal(SIGCHLD, SIG_DFL) == SIG_ERR ? -1 : 0;
}

static int
enter_all(void **state)
{
	static char path[5000];

	if (scratch_enter(state) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s:%s", scratch, getenv("PATH"));
	return setenv("PATH", path, 1);
}

static void
test_cpus(void **state)
{
	static const char list[] = "4(x2),8,1(x3)";
	static const int want[] = { 4, 4, 8, 1, 1, 1, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(slurm_cpus(list, i), want[i]);
	assert_int_equal(slurm_cpus("16", 0), 16);
	assert_int_equal(slurm_cpus("4096", 0), 1024); /* as many as -j has */
	assert_int_equal(slurm_cpus("1024,1023", 0), 1024);
	assert_int_equal(slurm_cpus("1024,1023", 1), 1023);
	assert_int_equal(slurm_cpus("", 0), 0);
	assert_int_equal(slurm_cpus(NULL, 0), 0);
	assert_int_equal(slurm_cpus("x", 0), 0);
}

static void
test_nodes(void **state)
{
	(void)state;
	setenv("SLURM_JOB_CPUS_PER_NODE", "4,2", 1);
	assert_int_equal(init("#!/bin/sh\n"
	    "[ \"$*\" = 'show hostnames n[1-2]' ] || exit 1\n"
	    "echo one; echo; echo two; echo; printf three\n"), 0);
	assert_string_equal(said, "");
	assert_int_equal(slurm.n, 3);
	assert_string_equal(slurm.v[0].name, "one");
	assert_int_equal(slurm.v[0].cpus, 4);
	assert_string_equal(slurm.v[1].name, "two");
	assert_int_equal(slurm.v[1].cpus, 2);
	assert_string_equal(slurm.v[2].name, "three");
	assert_int_equal(slurm.v[2].cpus, 0);
}

/* Nothing in the variable is a command. */
static void
test_list_is_a_word(void **state)
{
	(void)state;
	setenv("SLURM_JOB_NODELIST", "$(echo a) `echo b`\";c", 1);
	assert_int_equal(init("#!/bin/sh\necho \"$3\"\n"), 0);
	assert_int_equal(slurm.n, 1);
	assert_string_equal(slurm.v[0].name, "$(echo a) `echo b`\";c");
}

static void
test_fails(void **state)
{
	static const char failed[] =
	    "phash: --on=slurm: scontrol show hostnames failed\n";

	(void)state;
	assert_int_equal(init("#!/bin/sh\necho one; exit 1\n"), -1);
	assert_string_equal(said, failed);
	assert_int_equal(init("#!/bin/sh\necho one; kill -9 $$\n"), -1);
	assert_string_equal(said, failed);
	assert_int_equal(init("#!/bin/sh\n"), -1);
	assert_string_equal(said, failed);
	assert_int_equal(slurm.n, 0);
	assert_int_equal(init("#!/bin/sh\necho; echo\n"), -1);
	assert_string_equal(said, failed);
	assert_int_equal(slurm.n, 0);
}

static void
test_no_allocation(void **state)
{
	(void)state;
	unsetenv("SLURM_JOB_NODELIST");
	assert_int_equal(init("#!/bin/sh\necho one\n"), -1);
	assert_string_equal(said, "phash: --on=slurm: there is no allocation: "
	    "SLURM_JOB_NODELIST is not set\n");
	assert_int_equal(slurm.n, 0);
}

/* Its status is not to be had. */
static void
test_no_status(void **state)
{
	(void)state;
	assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	assert_int_equal(init("#!/bin/sh\necho one\n"), -1);
	assert_string_equal(said, "phash: --on=slurm: scontrol show hostnames "
	    "failed: No child processes\n");
}

static int no_pipe; /* popen(3) has none */

FILE *__real_popen(const char *command, const char *type);
FILE *__wrap_popen(const char *command, const char *type);

FILE *
__wrap_popen(const char *command, const char *type)
{
	if (!no_pipe)
		return __real_popen(command, type);
	errno = no_pipe;
	return NULL;
}

static void
test_no_pipe(void **state)
{
	(void)state;
	no_pipe = EMFILE;
	assert_int_equal(init("#!/bin/sh\necho one\n"), -1);
	no_pipe = 0;
	assert_string_equal(said, "phash: --on=slurm: scontrol show hostnames "
	    "failed: Too many open files\n");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus),
		CASE(test_nodes),
		CASE(test_list_is_a_word),
		CASE(test_fails),
		CASE(test_no_allocation),
		CASE(test_no_status),
		CASE(test_no_pipe),
	};

	return cmocka_run_group_tests(tests, enter_all, scratch_leave);
}
