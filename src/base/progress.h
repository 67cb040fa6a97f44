/*
 * progress.h - one line on stderr that says how far the work has come.
 *
 *     12345 files, 1.2 GB, 812 MB/s, 0:12 left
 *
 * Files and bytes done, bytes per second since the start, and the time left
 * once everything has been found. Units are powers of ten. The line is redrawn
 * four times a second, and wiped before anything else is written to the same
 * terminal: a message (base/diag.h) or output (base/outfile.h). SIGUSR1 prints
 * one such line at any time, progress shown or not.
 *
 * A timer and SIGUSR1 only interrupt what the program waits for: it must call
 * progress_tick when it was interrupted. File-scope state, as stderr is one.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Installs the handler of SIGUSR1: early, for its default is to kill. */
void progress_init(void);

/* Starts the clock and, with show, the timer. */
void progress_start(bool show);

/* A file of size bytes was found. */
void progress_found(uint64_t size);

/* Everything has been found: the time left can be told. */
void progress_found_all(void);

/* A file is done. */
void progress_done(void);

/* Bytes digested so far, files still open included. */
void progress_bytes(uint64_t bytes);

/* Did the timer or SIGUSR1 ask for a line since the last call? Cheap. */
bool progress_due(void);

/* Draws what is due. */
void progress_tick(void);

/*
 * To be called before n bytes at p are written to fd. If that is where the line
 * stands, wipes it until the next progress_tick; and while what was written
 * there last does not end in a newline, no line is drawn behind it.
 */
void progress_yield(int fd, const void *p, size_t n);

/* The last line, followed by a newline; stops the timer. */
void progress_end(void);

#endif
