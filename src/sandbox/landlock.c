#include "sandbox/landlock.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__) && !defined(PHASH_PORTABLE)
#include <sys/syscall.h>
#endif

#ifdef SYS_landlock_create_ruleset

/* struct landlock_ruleset_attr. The kernel takes one that is longer than it
 * knows if the rest of it is zero. */
struct rules_attr {
	uint64_t files, net, scopes;
};

/* struct landlock_path_beneath_attr. */
struct beneath_attr {
	uint64_t files;
	int32_t fd;
} __attribute__((packed));

#define LANDLOCK_VERSION 1u
#define LANDLOCK_BENEATH 1u

int
landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_VERSION);
}

/* Those of files that a kernel with this version knows. */
static uint64_t
landlock_known(int abi)
{
	uint64_t known = LANDLOCK_FILES_1;

	if (abi >= 2)
		known |= LANDLOCK_REFER;
	if (abi >= 3)
		known |= LANDLOCK_TRUNCATE;
	if (abi >= 5)
		known |= LANDLOCK_IOCTL_DEV;
	return known;
}

int
landlock_rules(uint64_t files, uint64_t net, uint64_t scopes)
{
	int abi = landlock_abi();
	struct rules_attr a = {
		.files = files & landlock_known(abi),
		.net = abi >= LANDLOCK_HAS_TCP ? net : 0,
		.scopes = abi >= 6 ? scopes : 0,
	};

	if (abi < 0)
		return -1;
	return (int)syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0u);
}

int
landlock_allow(int rules, int fd, uint64_t files)
{
	struct beneath_attr a = { .files = files & landlock_known(landlock_abi()),
	    .fd = fd };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode)) /* the rest is refused */
		a.files &= LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE |
		    LANDLOCK_READ_FILE | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV;
	return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_BENEATH, &a,
	    0u);
}

int
landlock_enter(int rules)
{
	return (int)syscall(SYS_landlock_restrict_self, rules, 0u);
}

#else

int
landlock_abi(void)
{
	errno = ENOSYS;
	return -1;
}

int
landlock_rules(uint64_t files, uint64_t net, uint64_t scopes)
{
	(void)files;
	(void)net;
	(void)scopes;
	errno = ENOSYS;
	return -1;
}

int
landlock_allow(int rules, int fd, uint64_t files)
{
	(void)rules;
	(void)fd;
	(void)files;
	errno = ENOSYS;
	return -1;
}

int
landlock_enter(int rules)
{
	(void)rules;
	errno = ENOSYS;
	return -1;
}

#endif
