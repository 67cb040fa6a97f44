/*
 * hosts.h - what relays (relay.h) tell the parent of their hosts.
 *
 * Each has a line of memory that it shares with the parent, who looks at it now
 * and then, and is the only one to print. A line is written by its relay alone, but
 * for note_tail.
 */
#ifndef HASHER_HOSTS_H
#define HASHER_HOSTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hasher/hasher.h"

enum host_state {
	HOST_NEW,   /* it was not heard of */
	HOST_READY, /* it works: jobs and engine are set */
	HOST_LOST   /* it does not any more: why is set */
};

#define HOST_TEXT 512
#define HOST_NOTES 4096 /* a power of two */

struct host_line {
	_Atomic int state;     /* host_state; what it says of was set before */
	_Atomic uint64_t files, bytes, busy_ns;
	unsigned jobs;
	char engine[32];
	char why[HOST_TEXT];
	/* Lines that its launcher has printed: a ring. */
	_Atomic uint32_t note_head; /* bytes written, ever */
	_Atomic uint32_t note_tail; /* bytes read, ever: the parent's */
	_Atomic uint32_t note_lost; /* lines that had no place */
	char notes[HOST_NOTES];
};

struct host_seen {
	int state;
	uint32_t lost;
};

struct hosts {
	const struct hasher_host *v; /* n; borrowed */
	unsigned n;
	bool debug;             /* says which are ready */
	struct host_line *lines; /* shared */
	struct host_seen *seen;
};

/* 0, or -1 with errno and nothing to release. v is borrowed. */
int hosts_init(struct hosts *h, const struct hasher_host *v, unsigned n);

void hosts_release(struct hosts *h);

/* ---- in a relay --------------------------------------------------------------- */

void host_say_ready(struct host_line *l, unsigned jobs, const char *engine,
    size_t len);
void host_say_lost(struct host_line *l, const char *why);

/* A line that its launcher printed, without newline. */
void host_note(struct host_line *l, const char *text, size_t len);

/* ---- in the parent ------------------------------------------------------------ */

/* Prints what is new: what launchers printed, hosts that are lost. */
void hosts_look(struct hosts *h);

/* Are there hosts, and none of them works any more? */
bool hosts_are_lost(const struct hosts *h);

/* As hasher_report. */
bool hosts_report(const struct hosts *h, unsigned n, struct hasher_report *r);

#endif
