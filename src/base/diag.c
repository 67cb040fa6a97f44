#include "base/diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/quote.h"

/* The hooks belong to stderr and to the process, of which there is one. */
static void (*message_hook)(void);
static void (*die_hook)(void);

/*
 * A line is written by one write(2), so that no other program's output comes
 * between its parts; stderr is unbuffered by default. The buffer is not from
 * malloc(3), because "out of memory" is one of the lines.
 */
static void
diag_buffer_stderr(void)
{
	static char buffer[8192];
	static bool done;

	if (!done)
		(void)setvbuf(stderr, buffer, _IOFBF, sizeof(buffer));
	done = true;
}

static void
diag_line(const char *prefix, const char *name, const char *fmt, va_list ap)
{
	if (message_hook)
		message_hook();
	diag_buffer_stderr();
	/* when stderr fails, there is nowhere to say so */
	(void)fprintf(stderr, "phash: %s", prefix);
	if (name)
		(void)fprintf(stderr, "%s: ", name);
	(void)vfprintf(stderr, fmt, ap);
	(void)putc('\n', stderr);
	(void)fflush(stderr);
}

void
diag_msg(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_line("", NULL, fmt, ap);
	va_end(ap);
}

void
diag_name(const char *name, size_t len, const char *fmt, ...)
{
	struct buf quoted = BUF_INIT;
	va_list ap;

	quote_message(&quoted, name, len);
	va_start(ap, fmt);
	diag_line("", buf_str(&quoted), fmt, ap);
	va_end(ap);
	buf_release(&quoted);
}

static void
diag_run_die_hook(void)
{
	void (*hook)(void) = die_hook;

	die_hook = NULL; /* a hook may call diag_die itself */
	if (hook)
		hook();
}

void
diag_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_line("", NULL, fmt, ap);
	va_end(ap);
	diag_run_die_hook();
	_exit(PHASH_FAILURE);
}

void
diag_bug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_line("BUG: ", NULL, fmt, ap);
	va_end(ap);
	diag_run_die_hook();
	abort();
}

void
diag_before_message(void (*hook)(void))
{
	message_hook = hook;
}

void
diag_at_die(void (*hook)(void))
{
	die_hook = hook;
}
