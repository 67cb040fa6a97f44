/*
 * json.h - reads a JSON text (RFC 8259) in place, one value at a time.
 *
 * No tree is built and nothing is allocated: the caller asks for what it
 * expects next, and strings are decoded over the bytes they came from. After
 * a function has returned false the text is no JSON, or not what was expected,
 * and reading is over. Bytes from strangers are the use it is made for.
 */
#ifndef RECORD_JSON_H
#define RECORD_JSON_H

#include <stdbool.h>
#include <stddef.h>

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

/* Passes over white space and, if it comes next, c: one of {}[]:, */
bool json_take(struct json *j, char c);

/* Has only white space been left? */
bool json_at_end(struct json *j);

/* Reads a string, whose bytes must be UTF-8 and whose escapes characters. */
bool json_string(struct json *j, struct json_text *t);

/* Reads a number. */
bool json_number(struct json *j, struct json_text *t);

/* Passes over a value of any kind. */
bool json_skip(struct json *j);

#endif
