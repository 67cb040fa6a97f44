/* ppool/cpus: the quotas of cgroups of both versions, in a made hierarchy. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ppool/core.h"
#include "scratch.h"

#if defined(__linux__) && !defined(PPOOL_PORTABLE)

static char dir[] = "/tmp/ppool-unit-cpus.XXXXXX";

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static int
setup(void **state)
{
	(void)state;
	strcpy(strrchr(dir, '.'), ".XXXXXX");
	return !mkdtemp(dir) || chdir(dir) || mkdir("m", 0700) ||
	    mkdir("m/a", 0700) || mkdir("m/a/b", 0700);
}

static int
teardown(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* One mount, at dir/m, between two that are none of ours. */
static void
mounts(const char *root, const char *type, const char *super)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	    "30 22 0:26 %s %s/m rw,relatime shared:4 - %s cgroup %s\n"
	    "31 22 0:5 / /dev rw - devtmpfs none rw\n", root, dir, type, super);
	put("mountinfo", text);
}

static void
mounts_v2(void)
{
	mounts("/", "cgroup2", "rw,nsdelegate");
	put("cgroup", "0::/a/b\n");
}

static void
mounts_v1(void)
{
	mounts("/", "cgroup", "rw,cpuacct,cpu");
	put("cgroup", "5:cpuset:/\n4:cpu,cpuacct:/a\n1:name=systemd:/a/b\n");
}

static int
quota(int least)
{
	return ppool_quota("cgroup", "mountinfo", least);
}

static void
v2_is_rounded_up(void **state)
{
	(void)state;
	mounts_v2();
	put("m/a/b/cpu.max", "150000 100000\n");
	assert_int_equal(quota(8), 2);
	put("m/a/b/cpu.max", "200000 100000\n");
	assert_int_equal(quota(8), 2);
	put("m/a/b/cpu.max", "1000 100000\n");
	assert_int_equal(quota(8), 1);
}

static void
v2_takes_the_least_of_all_above(void **state)
{
	(void)state;
	mounts_v2();
	put("m/a/b/cpu.max", "500000 100000\n");
	put("m/a/cpu.max", "300000 100000\n");
	put("m/cpu.max", "max 100000\n");
	assert_int_equal(quota(8), 3);
	put("m/cpu.max", "200000 100000\n");
	assert_int_equal(quota(8), 2);
}

static void
v2_max_is_no_quota(void **state)
{
	(void)state;
	mounts_v2();
	put("m/a/b/cpu.max", "max 100000\n");
	assert_int_equal(quota(8), 8);
}

static void
a_quota_never_raises(void **state)
{
	(void)state;
	mounts_v2();
	put("m/a/b/cpu.max", "900000 100000\n");
	assert_int_equal(quota(4), 4);
}

static void
v1_has_files_of_its_own(void **state)
{
	(void)state;
	mounts_v1();
	put("m/a/cpu.cfs_quota_us", "250000\n");
	put("m/a/cpu.cfs_period_us", "100000\n");
	assert_int_equal(quota(8), 3);
	put("m/a/cpu.cfs_quota_us", "-1\n");
	assert_int_equal(quota(8), 8);
}

static void
v1_cpuset_is_not_cpu(void **state)
{
	(void)state;
	mounts_v1();
	put("m/a/cpu.cfs_quota_us", "250000\n");
	put("m/a/cpu.cfs_period_us", "100000\n");
	put("cgroup", "5:cpuset:/a\n");
	assert_int_equal(quota(8), 8);
	mounts("/", "cgroup", "rw,cpuset");
	put("cgroup", "4:cpu:/a\n");
	assert_int_equal(quota(8), 8);
}

/* In a container the mount may show a part of the hierarchy only. */
static void
a_part_of_the_hierarchy(void **state)
{
	(void)state;
	mounts("/box/7", "cgroup2", "rw");
	put("cgroup", "0::/box/7/a\n");
	put("m/a/cpu.max", "100000 100000\n");
	assert_int_equal(quota(8), 1);
	put("m/a/cpu.max", "max 100000\n");
	put("m/cpu.max", "400000 100000\n");
	assert_int_equal(quota(8), 4);
}

static void
nonsense_is_no_quota(void **state)
{
	(void)state;
	mounts_v2();
	put("m/a/b/cpu.max", "");
	assert_int_equal(quota(8), 8);
	put("m/a/b/cpu.max", "100000\n");
	assert_int_equal(quota(8), 8);
	put("m/a/b/cpu.max", "100000 0\n");
	assert_int_equal(quota(8), 8);
	put("m/a/b/cpu.max", "100000 100000\n");
	assert_int_equal(quota(8), 1); /* the files are read at all */
	put("cgroup", "nothing\n0:\n");
	assert_int_equal(quota(8), 8);
	put("cgroup", "0::/a/b\n");
	put("mountinfo", "30 22 0:26\n - \n1 2 3 4 5 - cgroup2\n");
	assert_int_equal(quota(8), 8);
	assert_int_equal(ppool_quota("none", "mountinfo", 8), 8);
	assert_int_equal(ppool_quota("cgroup", "none", 8), 8);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(v2_is_rounded_up),
		TEST(v2_takes_the_least_of_all_above),
		TEST(v2_max_is_no_quota),
		TEST(a_quota_never_raises),
		TEST(v1_has_files_of_its_own),
		TEST(v1_cpuset_is_not_cpu),
		TEST(a_part_of_the_hierarchy),
		TEST(nonsense_is_no_quota),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void
there_are_no_cgroups(void **state)
{
	(void)state;
	assert_in_range(ppool_cpus(), 1, 1 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_no_cgroups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
