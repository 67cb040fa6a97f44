/*
 * sandbox.h - an island: what a process gives up, for good.
 *
 * What a process has to do is decided before it looks at anything that somebody
 * else has made; what it could do beyond that is given up first, so that a fault
 * in a parser opens nothing. Each part is in force where the kernel has it, and
 * none is needed for what the process does: sandbox_enter says which are.
 *
 * A worker reads files and answers on its socket. It opens no file for writing,
 * makes, removes and renames nothing, runs no program, makes no process and no
 * connection, and sends no signal but to itself. The parent reads lists and
 * directories, and writes where it was told to.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The parts, each a bit. */
enum sandbox_part {
	/* execve(2) gives no privileges (PR_SET_NO_NEW_PRIVS); a worker of root
	 * keeps CAP_DAC_READ_SEARCH alone of what capabilities(7) lists */
	SANDBOX_PRIVILEGES = 1,
	/* getrlimit(2): no byte is written to a file, no core file, and no
	 * process or thread made, unless threads are needed */
	SANDBOX_LIMITS = 2,
	/* landlock(7): TCP, abstract sockets, signals, and what others have in
	 * memory; files that are changed, in the parent, and where there is no
	 * SANDBOX_CALLS */
	SANDBOX_LANDLOCK = 4,
	/* the same: files that are read */
	SANDBOX_READING = 8,
	/* seccomp(2): what is not needed kills the process */
	SANDBOX_CALLS = 16,
	/* PR_SET_DUMPABLE: other processes of its user cannot look into it */
	SANDBOX_MEMORY = 32
};
#define SANDBOX_PARTS 6

/* For messages: what one part is called. */
const char *sandbox_name(enum sandbox_part part);

/* Another user, to be changed to by root. */
struct sandbox_user {
	uid_t uid;
	gid_t gid;
	gid_t *groups;      /* supplementary ones */
	size_t ngroups;
};

struct sandbox {
	int rules;          /* descriptor of what may be done to which files, to be
	                     * kept open where it is entered; -1: all, or nobody
	                     * knows how to forbid it */
	int err;            /* why they could not be made though the kernel has
	                     * such; 0 */
	bool worker;        /* or the parent */
	bool reads;         /* only what it is allowed to */
	bool threads;       /* it makes some */
	const struct sandbox_user *user; /* NULL: stay; borrowed */
	unsigned without;   /* parts that are left out */
};

/*
 * Nothing may be done to any file but to read it; and with reads, which a worker
 * may have, not even that. The kernel looks at each directory above a file that is
 * opened then, up to the root, which costs as much as opening it.
 *
 * rules is -1 for a worker without reads, which makes its own when it enters, and
 * where there are none; if that is for want of something, err says of what, and
 * sandbox_enter fails.
 */
void sandbox_init(struct sandbox *s, bool worker, bool reads);
void sandbox_release(struct sandbox *s);

/* The file that fd leads to, or what is below it, if it is a directory, may be
 * read, where s says that not all may. 0, or -1 with errno. */
int sandbox_allow_reading(struct sandbox *s, int fd);

/* In the directory fd files may be made, written, renamed and removed; or the file
 * fd be written. 0, or -1 with errno. */
int sandbox_allow_writing(struct sandbox *s, int fd);

/*
 * Enters. Which parts are in force: those that the kernel has. -1 with errno when
 * another could not be had, or the user not be changed to: this process must not
 * go on.
 */
int sandbox_enter(const struct sandbox *s);

/* The version of landlock(7) that this kernel has; 0: none. */
int sandbox_landlock_abi(void);

#endif
