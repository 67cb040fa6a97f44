#include "sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox/calls.h"
#include "sandbox/landlock.h"

#if defined(__linux__) && !defined(PHASH_PORTABLE)
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#define SANDBOX_LINUX
#endif

/* What changes files. */
#define SANDBOX_CHANGE (LANDLOCK_FILES_1 & ~LANDLOCK_READ_FILE & \
	~LANDLOCK_READ_DIR & ~LANDLOCK_EXECUTE)
#define SANDBOX_CHANGE_ALL (SANDBOX_CHANGE | LANDLOCK_REFER | LANDLOCK_TRUNCATE)
/* What a file is replaced with. */
#define SANDBOX_REPLACE (LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_FILE | \
	LANDLOCK_MAKE_REG | LANDLOCK_TRUNCATE)

const char *
sandbox_name(enum sandbox_part part)
{
	switch (part) {
	case SANDBOX_PRIVILEGES:
		return "no new privileges";
	case SANDBOX_LIMITS:
		return "limits";
	case SANDBOX_LANDLOCK:
		return "Landlock";
	case SANDBOX_READING:
		return "only operands are read";
	case SANDBOX_CALLS:
		return "seccomp";
	case SANDBOX_MEMORY:
		return "not dumpable";
	}
	return "";
}

int
sandbox_landlock_abi(void)
{
	int abi = landlock_abi();

	return abi < 0 ? 0 : abi;
}

/* Is this how a kernel, or a filter of system calls that somebody else has set up,
 * says that there is no such thing? */
static bool
sandbox_is_absent(int err)
{
	return err == ENOSYS || err == EOPNOTSUPP || err == EPERM ||
	    err == EINVAL || err == E2BIG; /* sixteen are around it */
}

/* What Landlock is to forbid, as far as files go. calls: what changes them is
 * refused by seccomp(2), and to ask twice would cost something for each file that
 * is opened. */
static uint64_t
sandbox_files(const struct sandbox *s, bool calls)
{
	const uint64_t change = SANDBOX_CHANGE_ALL | LANDLOCK_EXECUTE;

	if (s->reads)
		return change | LANDLOCK_READ_FILE | LANDLOCK_READ_DIR |
		    LANDLOCK_IOCTL_DEV;
	if (!s->worker)
		return change;
	if (!calls)
		return change | LANDLOCK_IOCTL_DEV;
	/* something, or there are no rules, and then what other processes have in
	 * memory is not kept from it either */
	return sandbox_landlock_abi() < LANDLOCK_HAS_TCP ? LANDLOCK_EXECUTE : 0;
}

/* A descriptor, or -1 with errno. */
static int
sandbox_rules(const struct sandbox *s, bool calls)
{
	/* the parent ends its workers by signals */
	return landlock_rules(sandbox_files(s, calls), LANDLOCK_TCP,
	    s->worker ? LANDLOCK_ABSTRACT | LANDLOCK_SIGNAL :
	    LANDLOCK_ABSTRACT);
}

void
sandbox_init(struct sandbox *s, bool worker, bool reads)
{
	*s = (struct sandbox){ .rules = -1, .worker = worker, .reads = reads };
	if (worker && !reads)
		return; /* they depend on what can be had: sandbox_enter */
	s->rules = sandbox_rules(s, false);
	if (s->rules < 0 && !sandbox_is_absent(errno))
		s->err = errno;
}

void
sandbox_release(struct sandbox *s)
{
	if (s->rules >= 0)
		(void)close(s->rules);
	s->rules = -1;
}

int
sandbox_allow_reading(struct sandbox *s, int fd)
{
	return s->rules < 0 || !s->reads ? 0 : landlock_allow(s->rules, fd,
	    LANDLOCK_READ_FILE | LANDLOCK_READ_DIR);
}

int
sandbox_allow_writing(struct sandbox *s, int fd)
{
	return s->rules < 0 ? 0 : landlock_allow(s->rules, fd, SANDBOX_REPLACE);
}

#ifdef SANDBOX_LINUX

/* Of all capabilities the one to read any file, which root has. */
static int
sandbox_drop_capabilities(bool other_user)
{
	const uint32_t keep = other_user ? 0 :
	    UINT32_C(1) << CAP_DAC_READ_SEARCH;
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	data[0].permitted &= keep;
	data[1].permitted = 0;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return (int)syscall(SYS_capset, &head, data);
}

static bool
sandbox_drop_privileges(const struct sandbox *s)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	return !s->worker || sandbox_drop_capabilities(s->user) == 0;
}

static bool
sandbox_hide_memory(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* A change of the user takes away what ends this process with its parent. */
static int
sandbox_ends_with_parent(void)
{
	int sig = 0;

	return prctl(PR_GET_PDEATHSIG, &sig) < 0 ? 0 : sig;
}

static int
sandbox_end_with_parent(int sig, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, sig) < 0)
		return -1;
	errno = ESRCH;
	return !sig || getppid() == parent ? 0 : -1;
}

#else

static bool
sandbox_drop_privileges(const struct sandbox *s)
{
	(void)s;
	return false;
}

static bool
sandbox_hide_memory(void)
{
	return false;
}

static int
sandbox_ends_with_parent(void)
{
	return 0;
}

static int
sandbox_end_with_parent(int sig, pid_t parent)
{
	(void)sig;
	(void)parent;
	return 0;
}

#endif

/* 0, or -1 with errno. */
static int
sandbox_change_user(const struct sandbox_user *u)
{
	pid_t parent = getppid();
	int sig = sandbox_ends_with_parent();

	if (setgroups(u->ngroups, u->groups) < 0 || setgid(u->gid) < 0 ||
	    setuid(u->uid) < 0)
		return -1;
	return sandbox_end_with_parent(sig, parent);
}

static bool
sandbox_limit(int resource)
{
	return setrlimit(resource, &(struct rlimit){ 0, 0 }) == 0;
}

/* Files that are written have their own end: a signal and EFBIG. */
static bool
sandbox_limits(const struct sandbox *s)
{
	bool all = sandbox_limit(RLIMIT_FSIZE) && sandbox_limit(RLIMIT_CORE);

#ifdef RLIMIT_NPROC
	/* root has none */
	if (!s->threads)
		all &= sandbox_limit(RLIMIT_NPROC);
#endif
	return all;
}

/* The two parts that others have a word in. 0, or -1 with errno: it is not for want
 * of them that they are not in force. */
static int
sandbox_enter_calls(const struct sandbox *s, unsigned *in)
{
	const struct calls c = { .threads = s->threads };

	if (calls_enter(&c) == 0)
		*in |= SANDBOX_CALLS;
	else if (!sandbox_is_absent(errno))
		return -1;
	return 0;
}

static int
sandbox_enter_rules(const struct sandbox *s, unsigned *in)
{
	int rules = s->rules;

	if (s->err) {
		errno = s->err;
		return -1;
	}
	if (s->worker && !s->reads) {
		rules = sandbox_rules(s, *in & SANDBOX_CALLS);
		if (rules < 0 && !sandbox_is_absent(errno))
			return -1;
	}
	if (rules < 0)
		return 0;
	if (landlock_enter(rules) == 0)
		*in |= SANDBOX_LANDLOCK | (s->reads ? SANDBOX_READING : 0u);
	else if (!sandbox_is_absent(errno))
		return -1;
	(void)close(rules);
	return 0;
}

int
sandbox_enter(const struct sandbox *s)
{
	unsigned want = ~s->without, in = 0;

	if (s->user && sandbox_change_user(s->user) < 0)
		return -1;
	if ((want & SANDBOX_PRIVILEGES) && sandbox_drop_privileges(s))
		in |= SANDBOX_PRIVILEGES;
	if ((want & SANDBOX_LIMITS) && s->worker && sandbox_limits(s))
		in |= SANDBOX_LIMITS;
	if ((want & SANDBOX_MEMORY) && s->worker && sandbox_hide_memory())
		in |= SANDBOX_MEMORY;
	if ((want & SANDBOX_CALLS) && s->worker &&
	    sandbox_enter_calls(s, &in) < 0)
		return -1;
	if ((want & SANDBOX_LANDLOCK) && sandbox_enter_rules(s, &in) < 0)
		return -1;
	return (int)in;
}
