/*
 * launch.h - a process behind a command: ssh, srun, a shell.
 */
#ifndef FAR_LAUNCH_H
#define FAR_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

struct launch {
	pid_t pid; /* 0: there is none, or no more */
	int status; /* of its end, as waitpid(2) has it; 0 before */
	int fd;    /* its stdin and stdout; non-blocking */
	int err;   /* what it prints on stderr can be read from it, likewise */
};

/*
 * Runs argv, which is looked for in PATH, with a socket for stdin and stdout. It
 * gets SIGTERM when this process ends. 0, or -1 with errno; that the command
 * cannot be run is said on its stderr.
 */
int launch_start(struct launch *l, char *const argv[]);

/* Has it ended, or does so within so many ms? */
bool launch_ended(struct launch *l, int ms);

/* Closes the connection, and gives it so many ms to end by itself before it is killed.
 * What it said until then on stderr can be read; then launch_release. */
void launch_end(struct launch *l, int ms);

/* Fine with one that was never started: zeroed, or -1 from launch_start. */
void launch_release(struct launch *l);

#endif
