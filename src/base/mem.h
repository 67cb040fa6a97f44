/*
 * mem.h - memory allocation that ends the program when it fails.
 *
 * Without memory the parent process cannot keep the names and digests that it
 * has to report. So these functions never return NULL: they end the program
 * with one line on stderr and exit status 2 (PHASH_FAILURE). What they return is
 * freed by free(3).
 *
 * Workers (src/hasher/worker.c) and the islands do not use them: what fails
 * there travels to the parent as an errno.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* malloc(n), with n == 0 meaning one byte. */
void *mem_alloc(size_t n);

/* n * size zeroed bytes; the product is checked. */
void *mem_zalloc(size_t n, size_t size);

/* A copy of len bytes with a NUL behind them; of none, s may be NULL. */
char *mem_dup(const char *s, size_t len);

/* p, which may be NULL, with room for n elements of size bytes each, neither of
 * them 0; it may have moved. The product is checked. */
void *mem_resize(void *p, size_t n, size_t size);

/*
 * Makes room for need elements of size bytes each in the array p of *cap
 * elements, growing by half as much again so that appending costs O(1).
 * Returns the array, which may have moved, and updates *cap.
 */
void *mem_grow(void *p, size_t *cap, size_t need, size_t size);

#endif
