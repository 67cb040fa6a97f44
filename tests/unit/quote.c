/*
 * Names as a shell would accept them.
 *
 * With arguments this program is no test: it prints each argument quoted in
 * both ways, for tests/quote.t to compare with ls(1).
 */
#include "base/quote.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "base/buf.h"

static void
check(void (*quote)(struct buf *, const char *, size_t), const char *name,
    size_t len, const char *want)
{
	struct buf b = BUF_INIT;

	quote(&b, name, len);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
shell(const char *name, const char *want)
{
	check(quote_shell, name, strlen(name), want);
}

static void
always(const char *name, const char *want)
{
	check(quote_shell_always, name, strlen(name), want);
}

static void
test_harmless_names_stay_bare(void **state)
{
	(void)state;
	shell("a", "a");
	shell("./dir/file-1.0_x,y:z@%+]", "./dir/file-1.0_x,y:z@%+]");
	shell("a#b~c{d}e", "a#b~c{d}e");
}

static void
test_always_quotes_harmless_names(void **state)
{
	(void)state;
	always("a", "'a'");
	always("sp ace", "'sp ace'");
}

static void
test_empty_name(void **state)
{
	(void)state;
	shell("", "''");
	always("", "''");
}

static void
test_what_a_shell_would_take(void **state)
{
	(void)state;
	shell("sp ace", "'sp ace'");
	shell("a*", "'a*'");
	shell("$x", "'$x'");
	shell("a\\b", "'a\\b'");
	shell("a=b", "'a=b'");
}

static void
test_special_only_at_the_beginning(void **state)
{
	(void)state;
	shell("#a", "'#a'");
	shell("~a", "'~a'");
}

static void
test_braces_special_only_when_alone(void **state)
{
	(void)state;
	shell("{", "'{'");
	shell("}", "'}'");
	shell("{}", "{}");
}

static void
test_apostrophe_in_double_quotes(void **state)
{
	(void)state;
	shell("it's", "\"it's\"");
	shell("it's it", "\"it's it\"");
	shell("#it's", "\"#it's\"");
	always("it's", "\"it's\"");
}

static void
test_apostrophe_beside_what_doubles_cannot_hold(void **state)
{
	(void)state;
	shell("it's $x", "'it'\\''s $x'");
	shell("it's{}", "'it'\\''s{}'");
	shell("it's#", "'it'\\''s#'");
	shell("'\n", "''\\'''$'\\n'");
	shell("\n'", "''$'\\n'\\'''");
}

static void
test_control_characters(void **state)
{
	(void)state;
	shell("nl\nx", "'nl'$'\\n''x'");
	shell("a\nbc\nd", "'a'$'\\n''bc'$'\\n''d'");
	shell("\a\b\t\n\v\f\r", "''$'\\a\\b\\t\\n\\v\\f\\r'");
	shell("\001\033\177", "''$'\\001\\033\\177'");
}

static void
test_bytes_beyond_ascii_in_the_c_locale(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_ALL, "C"));
	shell("\303\251", "''$'\\303\\251'");
	shell("a\377b", "'a'$'\\377''b'");
}

static void
test_utf8_locale(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "C.UTF-8"))
		skip();
	shell("\303\251", "\303\251");
	shell("\303\251's", "\"\303\251's\"");
	shell("\303", "''$'\\303'");           /* cut off */
	shell("\303x", "''$'\\303''x'");       /* broken */
	shell("\302\205", "''$'\\302\\205'");  /* a control character */
	shell("\377\376", "''$'\\377\\376'");
	setlocale(LC_ALL, "C");
}

static void
test_what_is_not_seen(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "C.UTF-8"))
		skip();
	shell("a\342\200\256b", "'a'$'\\342\\200\\256''b'"); /* U+202E */
	shell("\342\201\246", "''$'\\342\\201\\246'");       /* U+2066 */
	shell("\342\200\217", "''$'\\342\\200\\217'");       /* U+200F */
	shell("\330\234", "''$'\\330\\234'");                 /* U+061C */
	shell("\342\200\213", "''$'\\342\\200\\213'");       /* U+200B */
	shell("\342\200\250", "''$'\\342\\200\\250'");       /* U+2028 */
	shell("\357\273\277", "''$'\\357\\273\\277'");       /* U+FEFF */
	shell("\342\200\220", "\342\200\220"); /* U+2010, a hyphen */
	setlocale(LC_ALL, "C");
}

/* Unicode's Default_Ignorable_Code_Point and fillers, each end of a range. */
static void
test_what_takes_no_room(void **state)
{
	static const wchar_t c[] = { 0xad, 0x34f, 0x115f, 0x1160, 0x17b4,
		0x17b5, 0x180b, 0x180f, 0x3164, 0xfe00, 0xfe0f, 0xffa0,
		0xfff0, 0xfffb, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000,
		0xe0100, 0xe01ef, 0xe0fff };
	struct buf b = BUF_INIT;
	char name[16];
	int n;

	(void)state;
	if (!setlocale(LC_ALL, "C.UTF-8"))
		skip();
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		n = snprintf(name, sizeof(name), "%lc", (wint_t)c[i]);
		assert_true(n > 0);
		buf_clear(&b);
		quote_shell(&b, name, (size_t)n);
		assert_memory_equal(buf_str(&b), "''$'\\", 5);
	}
	buf_release(&b);
	shell("\302\256", "\302\256"); /* U+00AE, a sign */
	setlocale(LC_ALL, "C");
}

static void
message(const char *name, const char *want)
{
	check(quote_message, name, strlen(name), want);
}

static void
test_colon_in_a_message(void **state)
{
	(void)state;
	shell("a:b", "a:b");
	message("a:b", "'a:b'");
	message(":", "':'");
	message("it's:", "\"it's:\"");
	message("a'#:", "'a'\\''#:'");
	message("nl\n:", "'nl'$'\\n'':'");
	message("ab", "ab");
	check(quote_message, "ab:", 2, "ab");
}

static void
fits(const char *name, size_t columns, const char *want)
{
	struct buf b = BUF_INIT;

	quote_fit(&b, name, strlen(name), columns);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_fit(void **state)
{
	(void)state;
	fits("abcdefghij", 10, "abcdefghij");
	fits("abcdefghijk", 10, "abc...hijk");
	fits("abcdefghijk", 5, "a...k");
	fits("", 10, "");
	fits("a\nb c'", 10, "a?b c'");
	if (!setlocale(LC_ALL, "C.UTF-8"))
		skip();
	/* two bytes and one column; three and two; none is seen */
	fits("\303\251\303\251\303\251", 5, "\303\251\303\251\303\251");
	fits("\344\270\255\344\270\255\344\270\255\344\270\255", 7,
	    "\344\270\255...\344\270\255");
	fits("\342\200\256x", 5, "?x");
	setlocale(LC_ALL, "C");
}

static void
test_length_counts_not_nul(void **state)
{
	(void)state;
	check(quote_shell, "abc", 2, "ab");
	check(quote_shell, "a\0b", 3, "'a'$'\\000''b'");
}

static int
print_quoted(int n, char **names)
{
	struct buf b = BUF_INIT;

	setlocale(LC_ALL, "");
	for (int i = 0; i < n; i++) {
		quote_shell(&b, names[i], strlen(names[i]));
		buf_putc(&b, '\n');
		quote_shell_always(&b, names[i], strlen(names[i]));
		buf_putc(&b, '\n');
	}
	fwrite(b.data, 1, b.len, stdout);
	buf_release(&b);
	return fflush(stdout) ? 1 : 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_harmless_names_stay_bare),
		cmocka_unit_test(test_always_quotes_harmless_names),
		cmocka_unit_test(test_empty_name),
		cmocka_unit_test(test_what_a_shell_would_take),
		cmocka_unit_test(test_special_only_at_the_beginning),
		cmocka_unit_test(test_braces_special_only_when_alone),
		cmocka_unit_test(test_apostrophe_in_double_quotes),
		cmocka_unit_test(
		    test_apostrophe_beside_what_doubles_cannot_hold),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_bytes_beyond_ascii_in_the_c_locale),
		cmocka_unit_test(test_utf8_locale),
		cmocka_unit_test(test_what_is_not_seen),
		cmocka_unit_test(test_what_takes_no_room),
		cmocka_unit_test(test_colon_in_a_message),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_length_counts_not_nul),
	};

	if (argc > 1)
		return print_quoted(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
