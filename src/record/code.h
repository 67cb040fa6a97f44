/*
 * code.h - bytes as text and back: hex, and base64 of RFC 4648, padded; and
 * numbers.
 *
 * Hex is written in lower case, and read in both.
 */
#ifndef RECORD_CODE_H
#define RECORD_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Appends len bytes, in base64 or in hex. */
void code_put(struct buf *out, const void *p, size_t len, bool base64);

/* Are the len characters digits and nothing else? In base64, and in base32, of
 * either case, any number of "=" may follow. */
bool code_is_hex(const char *s, size_t len);
bool code_is_base64(const char *s, size_t len);
bool code_is_base32(const char *s, size_t len);

/* The bytes that base64 of len characters stands for, to judge by its length
 * and by the "=" that it ends in; 0: none. */
size_t code_base64_bytes(const char *s, size_t len);

/* Decodes the n bytes that 2 * n characters stand for. 0, or -1 when one of
 * them is no digit. */
int code_get_hex(const char *s, size_t n, unsigned char *to);

/*
 * Decodes the n bytes that code_base64_bytes says; to may be s. *rest is what
 * stands in the bits that padding leaves unused: 0 in the one form that n bytes
 * have (RFC 4648, 3.5). 0, or -1 when one of their characters is no digit.
 */
int code_get_base64(const char *s, size_t n, unsigned char *to, unsigned *rest);

/* Decodes len decimal digits and nothing else. 0, or -1 where it is none, or the
 * number too large. */
int code_get_decimal(const char *s, size_t len, uint64_t *n);

/* The same, with "-" in front or not; down to -INT64_MAX. */
int code_get_signed(const char *s, size_t len, int64_t *n);

#endif
