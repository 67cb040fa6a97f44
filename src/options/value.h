/*
 * value.h - the text of an option's value to what it means. All return 0, or -1
 * where it is no such text; what is pointed to is then as it was.
 */
#ifndef OPTIONS_VALUE_H
#define OPTIONS_VALUE_H

#include <stdint.h>

/* A decimal number and nothing else. */
int value_number(const char *text, int min, int max, int *n);

/* A number of bytes above 0, or of K, M, G or T: 1024, ... of them. */
int value_bytes(const char *text, uint64_t *bytes);

/* A number of s, m, h or d, of no more seconds than that. */
#define VALUE_SECONDS_MAX UINT32_MAX
int value_time(const char *text, int64_t *seconds);

/* "K/N", K from 1 to N, N up to max. */
int value_part(const char *text, unsigned max, unsigned *k, unsigned *n);

#endif
