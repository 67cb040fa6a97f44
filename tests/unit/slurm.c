/* mode/slurm: the CPUs of a node in SLURM_JOB_CPUS_PER_NODE. */
#include "mode/slurm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
	assert_int_equal(slurm_cpus("", 0), 0);
	assert_int_equal(slurm_cpus(NULL, 0), 0);
	assert_int_equal(slurm_cpus("x", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cpus) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
