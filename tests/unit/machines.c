/* mode/machines: from --on and --rsh to hosts, workers and commands. */
#include "mode/machines.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "options/options.h"
#include "said.h"
#include "scratch.h"

static struct machines machines;
static const char *on[4]; /* each --on */
static struct options options;

/* Options with nothing but --on=hosts. */
static int
enter(void **state)
{
	(void)state;
	machines = (struct machines){ .n = 0 };
	options = (struct options){ .on = { .v = on } };
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	machines_release(&machines);
	return 0;
}

/* What machines_init says of --on=hosts. */
static int
init(const char *hosts)
{
	int before = said_begin(), rc;

	machines_release(&machines);
	machines = (struct machines){ .n = 0 };
	on[0] = hosts;
	options.on.n = 1;
	rc = machines_init(&machines, &options);
	said_end(before);
	return rc;
}

static void
refused(const char *hosts, const char *why)
{
	assert_int_equal(init(hosts), -1);
	assert_string_equal(said, why);
}

/* Host number i is this one, with so many workers. */
static void
assert_host(size_t i, const char *name, int jobs)
{
	assert_in_range(i + 1, 1, machines.n);
	assert_string_equal(machines.v[i].name, name);
	assert_int_equal(machines.v[i].jobs, jobs);
}

/* The words of its command are those, each with a bar behind it. */
static void
assert_command(size_t i, const char *want)
{
	struct buf b = BUF_INIT;

	assert_in_range(i + 1, 1, machines.n);
	for (char *const *word = machines.v[i].argv; *word; word++)
		buf_printf(&b, "%s|", *word);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

/* With --rsh the host x is reached by these words, and what always follows. */
static void
leads(const char *rsh, const char *words)
{
	struct buf b = BUF_INIT;

	options.rsh = rsh;
	assert_int_equal(init("x"), 0);
	buf_printf(&b, "%sphash|--serve|", words);
	assert_command(0, buf_str(&b));
	buf_release(&b);
}

static void
test_none(void **state)
{
	(void)state;
	assert_int_equal(machines_init(&machines, &options), 0);
	assert_int_equal(machines.n, 0);
	assert_null(machines.directory);
}

static void
test_hosts(void **state)
{
	char here[sizeof(scratch) + 20];

	(void)state;
	assert_int_equal(init("a"), 0);
	assert_int_equal(machines.n, 1);
	assert_host(0, "a", 0);
	assert_string_equal(said, "");
	assert_non_null(getcwd(here, sizeof(here)));
	assert_string_equal(machines.directory, here);
	assert_int_equal(init("a:1,b,me@c.d:1024,[e],[::1],[f:9]:7,g-"), 0);
	assert_int_equal(machines.n, 7);
	assert_host(0, "a", 1);
	assert_host(1, "b", 0);
	assert_host(2, "me@c.d", 1024);
	assert_host(3, "e", 0);
	assert_host(4, "::1", 0);
	assert_host(5, "f:9", 7);
	assert_host(6, "g-", 0);
}

static void
test_several(void **state)
{
	(void)state;
	on[0] = "a,b";
	on[1] = "c";
	on[2] = "slurms";
	options.on.n = 3;
	assert_int_equal(machines_init(&machines, &options), 0);
	assert_int_equal(machines.n, 4);
	assert_host(0, "a", 0);
	assert_host(2, "c", 0);
	assert_host(3, "slurms", 0);
	assert_command(2, "ssh|-o|ServerAliveInterval=10|-o|"
	    "ServerAliveCountMax=3|c|phash|--serve|");
}

/* A number of workers of its own goes before -j. */
static void
test_jobs(void **state)
{
	(void)state;
	options.jobs = 3;
	assert_int_equal(init("a,b:2"), 0);
	assert_host(0, "a", 3);
	assert_host(1, "b", 2);
}

static void
test_no_host(void **state)
{
	static const char *const names[] = { "", "-x", ":1", "[", "[]", "[]:1",
	    "[a", "[-x]" };
	static const char *const jobs[] = { "a:", "a:0", "a:1025", "a:x", "a:1x",
	    "a:/", "a:-1", "a: 1", "a:1:2", "a:10000", "a:4294967297", "[a]b",
	    "[a]1", "[a]:" };
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(why, sizeof(why), "phash: --on: '%s' is no host\n",
		    names[i]);
		refused(names[i], why);
	}
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		snprintf(why, sizeof(why), "phash: --on: '%s' is not HOST or "
		    "HOST:JOBS, with a number of workers from 1 to 1024\n",
		    jobs[i]);
		refused(jobs[i], why);
	}
	refused("a,", "phash: --on: '' is no host\n");
	refused(",a", "phash: --on: '' is no host\n");
	/* what is behind a comma is another host's */
	refused("[,a]", "phash: --on: '[' is no host\n");
	assert_int_equal(init("[a],b"), 0);
	assert_host(0, "a", 0);
	assert_host(1, "b", 0);
}

static void
test_ssh(void **state)
{
	static const struct {
		int timeout;
		const char *interval;
	} cases[] = { { 0, "10" }, { 1, "1" }, { 2, "1" }, { 3, "1" },
	    { 8, "2" }, { 600, "200" } };
	char want[200];

	(void)state;
	assert_int_equal(machines_timeout(&options), 30);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		options.host_timeout = cases[i].timeout;
		assert_int_equal(init("x"), 0);
		snprintf(want, sizeof(want), "ssh|-o|ServerAliveInterval=%s|-o|"
		    "ServerAliveCountMax=3|x|phash|--serve|",
		    cases[i].interval);
		assert_command(0, want);
	}
	assert_int_equal(machines_timeout(&options), 600);
}

static void
test_words(void **state)
{
	(void)state;
	leads("a", "a|x|");
	leads(" \t a\n b\v\r\f", "a|b|x|");
	leads("'a b' \"c d\"", "a b|c d|x|");
	leads("a' 'b\" \"c", "a b c|x|");
	leads("a '' \"\"", "a|||x|");
	leads("'a\"b' \"c'd\"", "a\"b|c'd|x|");
	leads("a\\ b \\'c \\\"d \\\\e", "a b|'c|\"d|\\e|x|");
	leads("\"a\\\"b\\\\\" 'c\\' '\\\\d'", "a\"b\\|c\\|\\\\d|x|");
	leads("a\\", "a\\|x|");
	leads("a\\b\\c", "abc|x|");
}

static void
test_host_in_words(void **state)
{
	(void)state;
	leads("a {} b", "a|x|b|");
	leads("a{}b{}", "axbx|");
	leads("{} '{}' \"{}\"", "x|x|x|");
	/* what is no {} */
	leads("{ } {y} }{ { }", "{|}|{y}|}{|{|}|x|");
	leads("a{ y} \\{} {\\}", "a{|y}|{}|{}|x|");
	leads("{", "{|x|");
	leads("}", "}|x|");
	assert_int_equal(init("y,z"), 0);
	assert_command(0, "}|y|phash|--serve|");
	assert_command(1, "}|z|phash|--serve|");
}

static void
test_no_words(void **state)
{
	static const char *const bad[] = { "", " ", "\t\n", "'", "\"", "a 'b",
	    "a \"b", "a 'b\"", "a \"b'", "a 'b'c'", "\"a\\\"", "'a\\'b'" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		options.rsh = bad[i];
		refused("x", "phash: --rsh: no command, or a quote that is not "
		    "closed\n");
		assert_int_equal(machines.n, 0);
	}
}

/* What follows the host. */
static void
test_far_end(void **state)
{
	(void)state;
	options.rsh = "a";
	options.remote_path = "/b c/phash";
	assert_int_equal(init("x"), 0);
	assert_command(0, "a|x|/b c/phash|--serve|");
	options.sandbox = OPTIONS_SANDBOX_ALL;
	assert_int_equal(init("x"), 0);
	assert_command(0, "a|x|/b c/phash|--serve|");
	options.sandbox = OPTIONS_SANDBOX_NONE;
	assert_int_equal(init("x"), 0);
	assert_command(0, "a|x|/b c/phash|--serve|--no-sandbox|");
}

/* Where nothing has a path, others cannot be told it. */
static void
test_nowhere(void **state)
{
	int before = open(".", O_RDONLY | O_DIRECTORY), err, rc;

	(void)state;
	on[0] = "x";
	options.on.n = 1;
	err = said_begin();
	assert_return_code(mkdir("gone", 0700), errno);
	assert_return_code(chdir("gone"), errno);
	assert_return_code(rmdir("../gone"), errno);
	rc = machines_init(&machines, &options);
	assert_return_code(fchdir(before), errno);
	said_end(err);
	close(before);
	assert_int_equal(rc, -1);
	assert_string_equal(said, "phash: --on: the current directory has no "
	    "path: No such file or directory\n");
}

/* ---- of Slurm ----------------------------------------------------------------- */

/* It is this script that spells out the allocation. */
static void
scontrol(const char *script)
{
	put("scontrol", script);
	assert_return_code(chmod("scontrol", 0700), errno);
}

static int
enter_slurm(void **state)
{
	static char before[4096], path[4096 + sizeof(scratch)];

	if (!before[0])
		snprintf(before, sizeof(before), "%s", getenv("PATH"));
	snprintf(path, sizeof(path), "%s:%s", scratch, before);
	setenv("PATH", path, 1);
	setenv("SLURM_JOB_NODELIST", "n[1-4]", 1);
	setenv("SLURM_JOB_CPUS_PER_NODE", "8(x2),1", 1);
	scontrol("#!/bin/sh\necho n1; echo n2; echo n3; echo n4\n");
	return enter(state);
}

static int
leave_slurm(void **state)
{
	unlink("scontrol");
	unsetenv("SLURM_JOB_NODELIST");
	unsetenv("SLURM_JOB_CPUS_PER_NODE");
	return leave(state);
}

static void
test_slurm(void **state)
{
	(void)state;
	assert_int_equal(init("slurm"), 0);
	assert_string_equal(said, "");
	assert_int_equal(machines.n, 4);
	assert_host(0, "n1", 8);
	assert_host(1, "n2", 8);
	assert_host(2, "n3", 1);
	assert_host(3, "n4", 0);
	assert_command(1, "srun|-u|--overlap|-N|1|-n|1|-c|8|-w|n2|phash|"
	    "--serve|");
	assert_command(2, "srun|-u|--overlap|-N|1|-n|1|-c|1|-w|n3|phash|"
	    "--serve|");
	assert_command(3, "srun|-u|--overlap|-N|1|-n|1|-w|n4|phash|--serve|");
}

/* The CPUs of a node are no number that anybody gave: -j goes before it. */
static void
test_slurm_jobs(void **state)
{
	(void)state;
	options.jobs = 3;
	options.rsh = "a";
	assert_int_equal(init("slurm"), 0);
	assert_host(0, "n1", 3);
	assert_host(3, "n4", 3);
	assert_command(0, "a|n1|phash|--serve|");
}

static void
test_slurm_beside_hosts(void **state)
{
	(void)state;
	assert_int_equal(init("a:2,slurm,[slurm]:3"), 0);
	assert_int_equal(machines.n, 6);
	assert_host(0, "a", 2);
	assert_host(1, "n1", 8);
	assert_host(4, "n4", 0);
	assert_host(5, "slurm", 3);
	assert_command(5, "ssh|-o|ServerAliveInterval=10|-o|"
	    "ServerAliveCountMax=3|slurm|phash|--serve|");
}

static void
test_slurm_fails(void **state)
{
	(void)state;
	scontrol("#!/bin/sh\necho n1; exit 1\n");
	refused("slurm", "phash: --on=slurm: scontrol show hostnames failed\n");
	assert_int_equal(machines.n, 0);
	unsetenv("SLURM_JOB_NODELIST");
	refused("slurm", "phash: --on=slurm: there is no allocation: "
	    "SLURM_JOB_NODELIST is not set\n");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)
#define SLURM(test) cmocka_unit_test_setup_teardown(test, enter_slurm, \
	leave_slurm)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_none),
		CASE(test_hosts),
		CASE(test_several),
		CASE(test_jobs),
		CASE(test_no_host),
		CASE(test_ssh),
		CASE(test_words),
		CASE(test_host_in_words),
		CASE(test_no_words),
		CASE(test_far_end),
		CASE(test_nowhere),
		SLURM(test_slurm),
		SLURM(test_slurm_jobs),
		SLURM(test_slurm_beside_hosts),
		SLURM(test_slurm_fails),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
