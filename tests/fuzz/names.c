/*
 * Names of files, which are any bytes, into every form that phash prints them
 * in, and back: see README beside this file.
 *
 * An input is a byte whose lowest bit chooses the locale, C or C.UTF-8, and
 * whose others a width of the terminal; and the name, which is also taken for
 * each of its forms and decoded. What must hold:
 *
 *   - quoted for a message, it is one word of a shell that stands for the name,
 *     and nothing that a terminal would obey;
 *   - fitted to a terminal, it is not wider than that;
 *   - escaped for a line, for a specification or for JSON, it is read back as it
 *     was, and what is decoded is encoded as it was, where there is one form.
 */
#include <iconv.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/buf.h"
#include "base/quote.h"
#include "record/code.h"
#include "record/json.h"
#include "record/name.h"
#include "record/vis.h"

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- words of a shell ------------------------------------------------------- */

/* The byte that an escape of $'...' stands for; *at is behind its backslash. */
static char
escaped(const char **at)
{
	static const char letters[] = "abtnvfr";
	const char *letter = strchr(letters, **at);
	int value = 0;

	if (letter && *letter) {
		++*at;
		return (char)('\a' + (letter - letters));
	}
	for (int i = 0; i < 3; i++, ++*at) {
		must(**at >= '0' && **at <= '7', "three octal digits");
		value = 8 * value + (**at - '0');
	}
	must(value < 256, "of one byte");
	return (char)value;
}

/* '...', "..." or $'...' at *at; moves it behind. */
static void
quoted(const char **at, struct buf *word)
{
	bool dollar = **at == '$';
	char quote = *(*at += dollar);

	for (++*at; **at != quote; ) {
		char c = *(*at)++;

		must(c != '\0', "a quote is closed");
		must(quote != '"' || !strchr("$`\\!", c),
		    "nothing is expanded");
		if (dollar && c == '\\')
			c = escaped(at);
		buf_putc(word, c);
	}
	++*at;
}

/* What a shell makes of text, which must be one word; POSIX 2.2. */
static void
unquote(const char *text, struct buf *word)
{
	const char *at = text;

	while (*at) {
		if (*at == '\'' || *at == '"' || (*at == '$' && at[1] == '\'')) {
			quoted(&at, word);
			continue;
		}
		must(at != text || !strchr("#~", *at), "no comment, no home");
		if (*at == '\\')
			must(*++at == '\'', "a quote is escaped");
		else
			must(!strchr(" \t\n!\"$&()*;<=>?[^`|", *at),
			    "no other word begins");
		buf_putc(word, *at++);
	}
	must(strcmp(text, "{") != 0 && strcmp(text, "}") != 0,
	    "it is no word of the shell's own");
}

/* Does it turn the direction of writing? Bidi_Control of Unicode. */
static bool
turns(wchar_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* How wide text is; all of it must be characters that print. */
static size_t
columns(const char *text)
{
	mbstate_t state = { 0 };
	size_t total = 0;

	while (*text) {
		wchar_t c;
		size_t n = mbrtowc(&c, text, strlen(text), &state);

		must(n <= strlen(text), "it is in the locale's encoding");
		must(iswprint((wint_t)c) && !turns(c),
		    "a terminal only shows it");
		total += wcwidth(c) > 0 ? (size_t)wcwidth(c) : 0;
		text += n;
	}
	return total;
}

static void
check_quoted(void (*quote)(struct buf *, const char *, size_t),
    const char *name, size_t len, bool always)
{
	struct buf text = BUF_INIT, word = BUF_INIT;

	quote(&text, name, len);
	must(!memchr(text.data, '\0', text.len), "it is text");
	(void)columns(buf_str(&text));
	unquote(buf_str(&text), &word);
	must(word.len == len && !memcmp(word.data, name, len),
	    "a quoted name stands for the name");
	must(!always || strchr("'\"", *text.data), "it is quoted");
	buf_release(&text);
	buf_release(&word);
}

static void
check_fitted(const char *name, size_t len, size_t width)
{
	struct buf text = BUF_INIT;

	quote_fit(&text, name, len, width);
	must(columns(buf_str(&text)) <= width, "it fits");
	buf_release(&text);
}

/* ---- lines, specifications, JSON -------------------------------------------- */

/* As it is read in, then as it is written. */
static void
check_escaped(char *text, size_t len)
{
	struct buf again = BUF_INIT, first = BUF_INIT;
	size_t n = len;

	name_escape(&first, text, len);
	must(!memchr(first.data, '\n', first.len) &&
	    !memchr(first.data, '\r', first.len), "it is one line");
	must(name_needs_escape(text, len) == (first.len != len),
	    "it is escaped where it must be");
	n = first.len;
	must(name_unescape(first.data, &n) == 0 && n == len &&
	    !memcmp(first.data, text, len), "an escaped name comes back");
	if (!memchr(text, '\n', len) && !memchr(text, '\r', len)) {
		n = len;
		if (name_unescape(text, &n) == 0) {
			name_escape(&again, text, n);
			must(again.len == len, "there is one escaped form");
		}
	}
	buf_release(&again);
	buf_release(&first);
}

static void
check_vis(char *text, size_t len)
{
	struct buf b = BUF_INIT;
	size_t n;

	vis_put(&b, text, len);
	for (size_t i = 0; i < b.len; i++)
		must(b.data[i] > ' ' && b.data[i] < 0x7f &&
		    !strchr("#=*?[]", b.data[i]), "it is one word");
	n = b.len;
	must(vis_get(b.data, &n) && n == len && !memcmp(b.data, text, len),
	    "a name in a specification comes back");
	buf_release(&b);
	n = len;
	must(!vis_get(text, &n) || n <= len, "it does not grow");
}

static void
check_json(const char *name, size_t len, bool utf8)
{
	struct json_text key, value;
	struct buf b = BUF_INIT;
	struct json j;
	unsigned rest = 0;

	buf_putc(&b, '{');
	json_put_path(&b, "path", name, len);
	buf_putc(&b, '}');
	must(name_is_utf8(b.data, b.len), "JSON is UTF-8");
	j = (struct json){ b.data, b.data + b.len };
	must(json_take(&j, '{') && json_string(&j, &key) &&
	    json_take(&j, ':') && json_string(&j, &value) &&
	    json_take(&j, '}') && json_at_end(&j), "an object comes back");
	must(key.len == (utf8 ? 4 : 11), "base64 is for what is not UTF-8");
	if (!utf8) {
		size_t n = code_base64_bytes(value.s, value.len);

		must(n == len && code_get_base64(value.s, n,
		    (unsigned char *)value.s, &rest) == 0 && !rest,
		    "base64 comes back");
		value.len = n;
	}
	must(value.len == len && !memcmp(value.s, name, len),
	    "a name in JSON comes back");
	buf_release(&b);
}

/* As iconv(3) sees it. */
static bool
is_utf8(const char *s, size_t len)
{
	static iconv_t to_utf16 = (iconv_t)-1;
	char *in = (char *)(uintptr_t)s;
	size_t room = 2 * len + 2, left = len, n;
	char *to = malloc(room), *out = to;

	if (to_utf16 == (iconv_t)-1)
		to_utf16 = iconv_open("UTF-16LE", "UTF-8");
	must(to_utf16 != (iconv_t)-1 && to != NULL, "there is an oracle");
	(void)iconv(to_utf16, NULL, NULL, NULL, NULL);
	n = iconv(to_utf16, &in, &left, &out, &room);
	free(to);
	return n != (size_t)-1 && !left;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name;
	size_t len;
	bool utf8;

	if (size < 2 || memchr(data + 1, '\0', size - 1))
		return 0;
	len = size - 1;
	name = malloc(len);
	must(name != NULL, "there is memory");
	memcpy(name, data + 1, len);
	must(setlocale(LC_CTYPE, data[0] & 1 ? "C.UTF-8" : "C") != NULL,
	    "there is a locale");
	check_quoted(quote_shell, name, len, false);
	check_quoted(quote_shell_always, name, len, true);
	check_quoted(quote_message, name, len, memchr(name, ':', len) != NULL);
	check_fitted(name, len, 5 + data[0] / 2u);
	utf8 = name_is_utf8(name, len);
	must(utf8 == is_utf8(name, len), "UTF-8 is what iconv takes for it");
	check_json(name, len, utf8);
	check_escaped(name, len);
	memcpy(name, data + 1, len);
	check_vis(name, len);
	free(name);
	return 0;
}
