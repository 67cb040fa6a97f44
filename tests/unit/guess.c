/* base/guess: words that are nearly right. */
#include "base/guess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = { "update", "output", "tag", "zero", "text",
    "sha512", "sha512-256", "shake128", "sha1", NULL };

static void
guess(const char *word, const char *want)
{
	const char *got = guess_word(word, strlen(word), words);

	if (want) {
		assert_non_null(got);
		assert_string_equal(got, want);
	} else {
		assert_null(got);
	}
}

static void
test_one_letter(void **state)
{
	(void)state;
	guess("upate", "update");    /* missing */
	guess("updatte", "update");  /* too many */
	guess("updade", "update");   /* wrong */
	guess("pudate", "update");   /* exchanged, at the beginning */
	guess("sha521", "sha512");   /* and at the end */
	guess("SHA51", "sha512");    /* in any case... */
	guess("TGA", "tag");
	guess("ZREO", "zero");       /* ...from the first letter to the last */
}

static void
test_two_letters(void **state)
{
	(void)state;
	guess("updt", NULL);
	guess("updat3s", "update");
	guess("uptdaet", "update");
	guess("xpdxtx", NULL);
	guess("sha521-265", "sha512-256"); /* two pairs */
}

static void
test_short_words_must_be_nearer(void **state)
{
	(void)state;
	guess("tga", "tag");
	guess("txet", "text");
	guess("tugs", NULL);
	guess("ta", NULL);
	guess("", NULL);
}

static void
test_no_more_than_a_third_is_wrong(void **state)
{
	(void)state;
	guess("updta", NULL);  /* two of five */
	guess("shoke", NULL);
	guess("outptu1", "output");
}

static void
test_the_rest_may_be_missing(void **state)
{
	(void)state;
	guess("upd", "update");
	guess("OUT", "output");
	guess("up", NULL);
	guess("shak", "shake128");   /* not sha1 */
}

static void
test_the_nearest_wins(void **state)
{
	(void)state;
	guess("outpate", "output");
	guess("sha512-25", "sha512-256");
	guess("sha512-", "sha512");
}

static void
test_long_words(void **state)
{
	char word[100];

	(void)state;
	memset(word, 'u', sizeof(word));
	assert_null(guess_word(word, sizeof(word), words));
	assert_null(guess_word(word, 32, words));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_letter),
		cmocka_unit_test(test_two_letters),
		cmocka_unit_test(test_short_words_must_be_nearer),
		cmocka_unit_test(test_no_more_than_a_third_is_wrong),
		cmocka_unit_test(test_the_rest_may_be_missing),
		cmocka_unit_test(test_the_nearest_wins),
		cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
