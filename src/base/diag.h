/*
 * diag.h - messages on stderr, and how the program ends after an error.
 *
 * A message is one line: "phash: " and the text, made once, where path and
 * operation are both known. Only the parent process calls these; what
 * fails in a worker travels in its results.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stddef.h>

/* Exit statuses of the program, worst last. */
enum {
	PHASH_OK = 0,      /* all well */
	PHASH_DIFFERS = 1, /* something differs or could not be read */
	PHASH_FAILURE = 2  /* phash could not do its job */
};

/* "phash: TEXT". */
void diag_msg(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * "phash: 'NAME': TEXT", NAME shell-quoted only where it needs to be
 * (quote.h). The form every message about a file takes.
 */
void diag_name(const char *name, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* diag_msg, then _exit status PHASH_FAILURE, after the hook of diag_at_die. */
void diag_die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* For a state that only a fault of the program can lead to, and no input: says
 * "BUG" and aborts, after the hook of diag_at_die. */
void diag_bug(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* hook runs before each message: the progress line wipes itself there.
 * NULL: none. */
void diag_before_message(void (*hook)(void));

/* hook runs once in diag_die or diag_bug, before the process ends: temporary
 * files are removed there. NULL: none. */
void diag_at_die(void (*hook)(void));

#endif
