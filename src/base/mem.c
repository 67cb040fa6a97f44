#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

static void *
mem_check(void *p)
{
	if (!p)
		diag_die("out of memory");
	return p;
}

void *
mem_alloc(size_t n)
{
	return mem_check(malloc(n ? n : 1));
}

void *
mem_zalloc(size_t n, size_t size)
{
	return mem_check(calloc(n ? n : 1, size ? size : 1));
}

char *
mem_dup(const char *s, size_t len)
{
	char *p = mem_alloc(len + 1);

	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void *
mem_resize(void *p, size_t n, size_t size)
{
	if (n > SIZE_MAX / size)
		mem_check(NULL);
	return mem_check(realloc(p, n * size));
}

void *
mem_grow(void *p, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap;

	if (need <= n)
		return p;
	n = n > SIZE_MAX / 2 ? need : n + n / 2 + 8;
	if (n < need)
		n = need;
	*cap = n;
	return mem_resize(p, n, size);
}
