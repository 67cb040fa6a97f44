/*
 * progress.h - one line on stderr that shows the progress of the run.
 *
 *     12345 files, 1.2 GB, 812 MB/s
 *     50%, 12345/24000 files, 1.2 GB/2.4 GB, 812 MB/s, 0:12 left, src/main.c
 *
 * Files and bytes done, and bytes per second over the last seconds; once
 * everything has been found, or the share of the work is known, how much of all
 * that is, and the time left; and a file that was done just now, with
 * PROGRESS_NAMES. Units are powers of ten. The parts stand in the order of
 * their importance: where a terminal is too narrow for all, the last ones are
 * left out, and the name is shortened in its middle.
 *
 * Nothing is drawn in the first half second. The line is redrawn four times a
 * second, and wiped before anything else is written to the same terminal: a
 * message (base/diag.h) or output (base/outfile.h). SIGUSR1 prints one such
 * line at any time, progress shown or not.
 *
 * There is no timer: whoever waits must ask progress_due several times a second,
 * and when SIGUSR1 has interrupted it. File-scope state, as stderr is one.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PROGRESS_SHOW = 1,  /* draw the line */
	PROGRESS_KEEP = 2,  /* leave a last one, of the whole run, at the end */
	PROGRESS_NAMES = 4  /* name files */
};

/* Installs the handler of SIGUSR1: early, for its default is to kill. */
void progress_init(void);

/* Starts the clock and, with PROGRESS_SHOW, the line. */
void progress_start(unsigned flags);

/* A file of size bytes was found. */
void progress_found(uint64_t size);

/* Everything has been found: of how many files and bytes is known. */
void progress_found_all(void);

/* The share of the work that is done, for as long as not everything has been
 * found: done of all, in any unit. With all 0 it is not known. */
void progress_share(uint64_t done, uint64_t all);

/* A file is done; its name is copied. */
void progress_done(const char *name, size_t len);

/* Bytes digested so far, files still open included. */
void progress_bytes(uint64_t bytes);

/* How many other machines do the work, of all that were asked; all 0: none was. */
void progress_hosts(unsigned ready, unsigned all);

/* From here on the line says that the file at path is waited for (len bytes,
 * which are copied), in the place of rate and time left; 0 bytes: that none
 * is. */
void progress_waiting(const char *path, size_t len);

/* Is it time for a line, or did SIGUSR1 ask for one? Cheap. */
bool progress_due(void);

/* Draws what is due. */
void progress_tick(void);

/*
 * To be called before n bytes at p are written to fd. If that is where the line
 * stands, wipes it until the next progress_tick; and while what was written
 * there last does not end in a newline, no line is drawn behind it.
 */
void progress_yield(int fd, const void *p, size_t n);

/* Wipes the line for good; with PROGRESS_KEEP, the last one follows,
 * with a newline. */
void progress_end(void);

/* Wipes the line, so that a program that is ended by a signal leaves none.
 * Async-signal-safe. */
void progress_abandon(void);

#endif
