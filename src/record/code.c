#include "record/code.h"

#include <string.h>

#include "base/buf.h"

/* The two digits of each byte. One digit at a time was an eighth of what the
 * parent does for a file; this takes three quarters of it. */
#define ROW(h) h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" \
	h "8" h "9" h "a" h "b" h "c" h "d" h "e" h "f"
static const char hex_pairs[] = ROW("0") ROW("1") ROW("2") ROW("3")
    ROW("4") ROW("5") ROW("6") ROW("7") ROW("8") ROW("9") ROW("a")
    ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static void
put_hex(struct buf *out, const unsigned char *p, size_t len)
{
	char *to = buf_reserve(out, 2 * len);

	for (size_t i = 0; i < len; i++)
		memcpy(to + 2 * i, hex_pairs + (size_t)2 * p[i], 2);
	out->len += 2 * len;
}

static void
put_base64(struct buf *out, const unsigned char *p, size_t len)
{
	size_t room = (len + 2) / 3 * 4;
	char *to = buf_reserve(out, room);
	unsigned group;

	for (; len > 0; p += 3, to += 4) {
		group = (unsigned)p[0] << 16;
		group |= len > 1 ? (unsigned)p[1] << 8 : 0;
		group |= len > 2 ? p[2] : 0;
		to[0] = base64_digits[group >> 18];
		to[1] = base64_digits[group >> 12 & 63];
		to[2] = len > 1 ? base64_digits[group >> 6 & 63] : '=';
		to[3] = len > 2 ? base64_digits[group & 63] : '=';
		len -= len < 3 ? len : 3;
	}
	out->len += room;
}

void
code_put(struct buf *out, const void *p, size_t len, bool base64)
{
	if (base64)
		put_base64(out, p, len);
	else
		put_hex(out, p, len);
}

/* The value of a digit + 1. A branch for each digit would be guessed wrong every
 * other time. */
static const unsigned char hex_values[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* The value of a digit; -1: c is none. */
static int
hex_value(char c)
{
	return hex_values[(unsigned char)c] - 1;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int
base32_value(char c)
{
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/* How many digits that value knows are at the beginning. */
static size_t
digits(const char *s, size_t len, int (*value)(char c))
{
	size_t i = 0;

	while (i < len && value(s[i]) >= 0)
		i++;
	return i;
}

/* Digits that value knows, and then any number of "=". */
static bool
is_padded(const char *s, size_t len, int (*value)(char c))
{
	size_t i = digits(s, len, value);

	while (i < len && s[i] == '=')
		i++;
	return i == len;
}

bool
code_is_hex(const char *s, size_t len)
{
	return digits(s, len, hex_value) == len;
}

bool
code_is_base64(const char *s, size_t len)
{
	return is_padded(s, len, base64_value);
}

bool
code_is_base32(const char *s, size_t len)
{
	return is_padded(s, len, base32_value);
}

size_t
code_base64_bytes(const char *s, size_t len)
{
	if (len < 4 || len % 4)
		return 0;
	return len / 4 * 3 - (s[len - 1] == '=') -
	    (s[len - 1] == '=' && s[len - 2] == '=');
}

int
code_get_hex(const char *s, size_t n, unsigned char *to)
{
	for (; n > 0; n--, s += 2) {
		int high = hex_value(s[0]), low = hex_value(s[1]);

		if (high < 0 || low < 0)
			return -1;
		*to++ = (unsigned char)(high << 4 | low);
	}
	return 0;
}

int
code_get_base64(const char *s, size_t n, unsigned char *to, unsigned *rest)
{
	unsigned bits = 0, have = 0;
	size_t done = 0;

	while (done < n) {
		int value = base64_value(*s++);

		if (value < 0)
			return -1;
		bits = bits << 6 | (unsigned)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[done++] = (unsigned char)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	*rest = bits;
	return 0;
}

int
code_get_decimal(const char *s, size_t len, uint64_t *n)
{
	*n = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(s[i] - '0');

		if (digit > 9 || *n > (UINT64_MAX - digit) / 10)
			return -1;
		*n = *n * 10 + digit;
	}
	return len ? 0 : -1;
}

int
code_get_signed(const char *s, size_t len, int64_t *n)
{
	bool negative = len && *s == '-';
	uint64_t u;

	if (code_get_decimal(s + negative, len - negative, &u) < 0 ||
	    u > INT64_MAX)
		return -1;
	*n = negative ? -(int64_t)u : (int64_t)u;
	return 0;
}
