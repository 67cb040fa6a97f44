/*
 * output.h - the lines of a mode: gathered, written, and known to be lost.
 *
 * Over base/outfile. What cannot be written is said once on stderr, and
 * remembered: a mode asks for lost where it would go on for nothing, and ends
 * with PHASH_FAILURE.
 */
#ifndef MODE_OUTPUT_H
#define MODE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Zero-initialised is empty. */
struct output {
	struct buf lines; /* to be appended to; output_more after each line */
	bool lost;
};

/* Writes what was gathered. */
void output_flush(struct output *out);

/* Writes it only if there is much of it. */
void output_more(struct output *out);

/* Says what is in message on stderr, if anything is, and empties it. What
 * stands on stdout before a message is written before it. */
void output_say(struct output *out, struct buf *message);

/* The output is worth nothing any more: says why, the first time. */
void output_lose(struct output *out, const char *why);

/* Flushes, and puts the file in its place (base/outfile.h) if nothing was
 * lost. 0 or -1. */
int output_commit(struct output *out);

void output_release(struct output *out);

#endif
