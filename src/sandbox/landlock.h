/*
 * landlock.h - landlock(7), without its header: that of Debian 12 knows of half of
 * it. Where the system has none of it, every function fails with ENOSYS.
 */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdint.h>

/* What can be done to files: the kernel's numbers (linux/landlock.h), from the
 * version of the interface that is said on. */
#define LANDLOCK_EXECUTE     (UINT64_C(1) << 0)
#define LANDLOCK_WRITE_FILE  (UINT64_C(1) << 1)
#define LANDLOCK_READ_FILE   (UINT64_C(1) << 2)
#define LANDLOCK_READ_DIR    (UINT64_C(1) << 3)
#define LANDLOCK_REMOVE_DIR  (UINT64_C(1) << 4)
#define LANDLOCK_REMOVE_FILE (UINT64_C(1) << 5)
#define LANDLOCK_MAKE_REG    (UINT64_C(1) << 8)
#define LANDLOCK_FILES_1     ((UINT64_C(1) << 13) - 1) /* with MAKE_* */
#define LANDLOCK_REFER       (UINT64_C(1) << 13)       /* 2 */
#define LANDLOCK_TRUNCATE    (UINT64_C(1) << 14)       /* 3 */
#define LANDLOCK_IOCTL_DEV   (UINT64_C(1) << 15)       /* 5 */
/* TCP: bind and connect. */
#define LANDLOCK_TCP         UINT64_C(3)
#define LANDLOCK_HAS_TCP     4
/* Abstract sockets; signals. 6 */
#define LANDLOCK_ABSTRACT    (UINT64_C(1) << 0)
#define LANDLOCK_SIGNAL      (UINT64_C(1) << 1)

/* The version, from 1; -1 with errno. */
int landlock_abi(void);

/* Of these, nothing may be done but what is allowed; what the kernel does not know
 * of is left out. A descriptor, close-on-exec, or -1 with errno. */
int landlock_rules(uint64_t files, uint64_t net, uint64_t scopes);

/* Allows that to what fd is, or is above of. 0, or -1 with errno. */
int landlock_allow(int rules, int fd, uint64_t files);

/* From now on, for this process and those that it makes. 0, or -1 with errno. */
int landlock_enter(int rules);

#endif
