/*
 * failing.h - a descriptor that has something to read, and then fails with
 * EIO: a terminal's other side. For tests of what is read line by line; the
 * one who includes it has included cmocka.h.
 */
#ifndef FAILING_H
#define FAILING_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static inline int
failing(const char *text)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY), tty;
	struct termios t;

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd), 0);
	assert_int_equal(unlockpt(fd), 0);
	tty = open(ptsname(fd), O_RDWR | O_NOCTTY);
	assert_true(tty >= 0);
	assert_int_equal(tcgetattr(tty, &t), 0);
	t.c_oflag &= ~(tcflag_t)OPOST;
	assert_int_equal(tcsetattr(tty, TCSANOW, &t), 0);
	assert_int_equal(write(tty, text, strlen(text)), strlen(text));
	close(tty);
	return fd;
}

#endif
