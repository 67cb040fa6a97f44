/*
 * said.h - what is printed on stderr, in a test that is in a directory of its own
 * (scratch.h). Whoever includes it has included cmocka.h.
 */
#ifndef SAID_H
#define SAID_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char said[16 * 1024];

/* From now on it is kept; returns what said_end needs. */
static inline int
said_begin(void)
{
	int before = dup(STDERR_FILENO);
	int fd = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(before >= 0 && fd >= 0);
	assert_return_code(dup2(fd, STDERR_FILENO), errno);
	close(fd);
	return before;
}

/* What was kept is in said, and stderr is what it was before. */
static inline const char *
said_end(int before)
{
	ssize_t n = pread(STDERR_FILENO, said, sizeof(said) - 1, 0);

	assert_return_code(dup2(before, STDERR_FILENO), errno);
	assert_return_code(n, errno);
	said[n] = '\0';
	close(before);
	unlink("said");
	return said;
}

#endif
