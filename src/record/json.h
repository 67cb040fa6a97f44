/*
 * json.h - reads a JSON text (RFC 8259) in place, one value at a time, and
 * writes the members of objects.
 *
 * No tree is built and nothing is allocated: the caller asks for what it
 * expects next, and strings are decoded over the bytes they came from. When a
 * function returns false, the text is not JSON, or not what was expected; only
 * after json_take, which a caller may use to look ahead, may reading go on. The
 * bytes are untrusted.
 */
#ifndef RECORD_JSON_H
#define RECORD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define JSON_MAX_DEPTH 64 /* of objects and arrays that are skipped */

/* What is still to be read. Begins as the whole text. */
struct json {
	char *at;
	char *end;
};

/* A string, decoded to UTF-8, or a number as it stands. Lies within the text;
 * a string may hold NUL ("\u0000"). */
struct json_text {
	char *s;
	size_t len;
};

/* Passes over white space and then, if it comes next, c: one of {}[]:,
 * False when it does not. */
bool json_take(struct json *j, char c);

/* Passes over white space; true when that was all that was left. */
bool json_at_end(struct json *j);

/* Reads a string. It must be UTF-8, and each escape a character: no half of a
 * surrogate pair. */
bool json_string(struct json *j, struct json_text *t);

/* Reads a number. */
bool json_number(struct json *j, struct json_text *t);

/* Passes over a value of any kind. */
bool json_skip(struct json *j);

/*
 * The json_put functions append a member to an object, which the caller begins
 * with "{" and ends with "}": "name":VALUE, and a comma before it unless it is
 * the first. Names are written as they are.
 */

/* A string; text must be UTF-8. */
void json_put_text(struct buf *out, const char *name, const char *text);

/* A string of len bytes, or, when they are not UTF-8, "name_base64":"...". */
void json_put_path(struct buf *out, const char *name, const char *path,
    size_t len);

/* A string of hex, or of base64. */
void json_put_bytes(struct buf *out, const char *name, const unsigned char *p,
    size_t len, bool base64);

void json_put_number(struct buf *out, const char *name, uint64_t n);
void json_put_signed(struct buf *out, const char *name, int64_t n);
void json_put_bool(struct buf *out, const char *name, bool is);

#endif
