/* What one file yielded, in words. */
#include "hasher/result.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
check_reason(enum result_status status, int code, const char *want)
{
	struct result r = { .status = status, .code = code };
	struct buf b = BUF_INIT;

	result_reason(&r, &b);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_fail_clears_the_digest(void **state)
{
	struct result r = { .status = RESULT_OK, .digestlen = 64 };
	static const unsigned char zeros[DIGEST_MAX];

	(void)state;
	memset(r.digest, 1, sizeof(r.digest));
	assert_int_equal(result_fail(&r, RESULT_READ, EIO), -1);
	assert_int_equal(r.status, RESULT_READ);
	assert_int_equal(r.code, EIO);
	assert_int_equal(r.digestlen, 0);
	assert_memory_equal(r.digest, zeros, sizeof(zeros));
}

static void
test_ok_has_no_reason(void **state)
{
	(void)state;
	check_reason(RESULT_OK, 0, "");
}

static void
test_errno_reasons(void **state)
{
	(void)state;
	check_reason(RESULT_OPEN, EACCES, strerror(EACCES));
	check_reason(RESULT_STAT, EOVERFLOW, strerror(EOVERFLOW));
	check_reason(RESULT_READ, EIO, strerror(EIO));
}

static void
test_fixed_reasons(void **state)
{
	(void)state;
	check_reason(RESULT_TYPE, 0, "no longer a regular file");
	check_reason(RESULT_PLACE, 0,
	    "its directory is no longer what was walked");
	check_reason(RESULT_CHANGED, 0, "file changed as we read it");
	check_reason(RESULT_DIGEST, 0, "libcrypto failed");
	check_reason(RESULT_OUTPUT, 0, "a hard link to the output");
	check_reason(RESULT_LINKS, 0, "too many ways through symbolic links");
	check_reason(RESULT_LOST, 0, "not hashed");
	check_reason(RESULT_LISTED, 0, "a directory");
	check_reason(RESULT_BUDGET, 0, "left out: the budget is used up");
	check_reason(RESULT_STALLED, 1, "no progress for 1 second");
	check_reason(RESULT_STALLED, 60, "no progress for 60 seconds");
	check_reason(RESULT_OPENED, 0, "an archive");
	check_reason(RESULT_OTHER, 0, "not a regular file");
	check_reason(RESULT_LINK, 0,
	    "a hard link to what is not in the archive");
	check_reason(RESULT_ARCHIVE, 0, "damaged"); /* it did not say how */
	check_reason(RESULT_BUSY, 0,
	    "in use: another program has a lease on it");
	check_reason(RESULT_ALGORITHM, -1,
	    "its algorithm is not known to libcrypto");
}

static void
test_text(void **state)
{
	struct result r = { .status = RESULT_ARCHIVE, .text = "a\xff" };

	(void)state;
	assert_string_equal(result_text(&r), "a\xff"); /* as it came */
	r.text = "";
	assert_string_equal(result_text(&r), "damaged");
	r.text = NULL;
	assert_string_equal(result_text(&r), "damaged");
	r.status = RESULT_OTHER;
	assert_null(result_text(&r));
}

static void
test_died(void **state)
{
	(void)state;
	check_reason(RESULT_DIED, -SIGKILL,
	    "worker killed by signal 9 (Killed)");
	check_reason(RESULT_DIED, 3, "worker exited with status 3");
	check_reason(RESULT_DIED, 0, "worker exited with status 0");
	check_reason(RESULT_DIED, INT_MIN, "worker died");
}

/* What it says is of no matter, that it says something is. */
static void
test_values_out_of_range(void **state)
{
	static const int codes[] = { INT_MIN, -INT_MAX, -1000, 1000, INT_MAX };

	(void)state;
	for (int status = RESULT_OPEN; status < 256; status++) {
		for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
			struct result r = { .code = codes[i] };
			struct buf b = BUF_INIT;

			r.status = (enum result_status)status;
			result_reason(&r, &b);
			assert_true(b.len > 0);
			buf_release(&b);
		}
	}
	check_reason(RESULT_REFUSED, 0,
	    "not there when the run began, or forbidden");
	check_reason(RESULT_STATUSES, 0, "unknown status 22");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail_clears_the_digest),
		cmocka_unit_test(test_ok_has_no_reason),
		cmocka_unit_test(test_errno_reasons),
		cmocka_unit_test(test_fixed_reasons),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_died),
		cmocka_unit_test(test_values_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
