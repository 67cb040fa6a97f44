/*
 * scratch.h - an empty directory to be in, and what is left open. Whoever includes
 * it has included cmocka.h.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "/tmp/phash-unit.XXXXXX";

/* For setup and teardown. Leaving fails when something was left behind. */
static inline int
scratch_enter(void **state)
{
	(void)state;
	return mkdtemp(scratch) && chdir(scratch) == 0 ? 0 : -1;
}

static inline int
scratch_leave(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(scratch) : -1;
}

/* A file of n bytes. */
static inline void
scratch_write(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void
put(const char *path, const char *text)
{
	scratch_write(path, text, strlen(text));
}

/* How many of the first descriptors are open. Not by fcntl(2), which launch.c makes
 * fail. */
static inline int
descriptors(void)
{
	struct stat st;
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fstat(fd, &st) == 0;
	return n;
}

#endif
