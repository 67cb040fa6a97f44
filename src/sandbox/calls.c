#include "sandbox/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define CALLS_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CALLS_SANITIZED
#endif

/* Tried on x86-64: elsewhere a call may be needed that is missing here. */
#if defined(__linux__) && defined(__x86_64__) && !defined(__ILP32__) && \
    !defined(PHASH_PORTABLE) && !defined(CALLS_SANITIZED)

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Whatever their arguments are: they read, wait, answer on what is open, or
 * concern this process alone. */
static const unsigned calls_always[] = {
	/* files, streams and the socket */
	SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_preadv2,
	SYS_recvfrom,
	SYS_lseek, SYS_fadvise64, SYS_readahead,
	SYS_close, SYS_poll, SYS_ppoll,
	SYS_fstat, SYS_newfstatat, SYS_stat, SYS_lstat, SYS_statx,
	SYS_fchdir, SYS_fstatfs, SYS_getdents64, SYS_readlink, SYS_readlinkat,
	SYS_faccessat,
#ifdef SYS_faccessat2
	SYS_faccessat2,
#endif
	/* memory */
	SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,
	/* time, threads that there are, signals to itself, its end */
	SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_gettimeofday, SYS_time, SYS_futex, SYS_sched_yield, SYS_sched_getaffinity,
	SYS_set_robust_list, SYS_rseq, SYS_membarrier, SYS_restart_syscall,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_sigaltstack, SYS_exit, SYS_exit_group,
	/* what the C library and libcrypto ask */
	SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid,
	SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getcpu, SYS_uname, SYS_sysinfo, SYS_getrandom,
	SYS_getrlimit, SYS_getrusage,
#ifdef SYS_landlock_create_ruleset
	/* to give up more */
	SYS_landlock_create_ruleset, SYS_landlock_restrict_self,
#endif
};

/* What somebody's C library, or what is loaded before it, may try, and can do
 * without. */
static const unsigned calls_refused[] = {
	SYS_prctl, SYS_access, SYS_statfs,
	SYS_sched_getscheduler, SYS_sched_getparam, SYS_tkill,
};

/* fcntl(2): nothing about locks, leases and signals, and nothing that others who
 * have the same file open would notice. */
static const unsigned calls_fcntl[] = {
	F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL,
};

/* What writes or makes a file. */
#define CALLS_OPEN (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | \
	(O_TMPFILE & ~O_DIRECTORY))

#define CALLS_LENGTH(v) (sizeof(v) / sizeof((v)[0]))

/* The filter, and how long it is. Each call that always passes takes two. */
struct program {
	struct sock_filter v[2 * (CALLS_LENGTH(calls_always) +
	    CALLS_LENGTH(calls_refused)) + 100];
	unsigned n;
};

static void
put(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	p->v[p->n++] = (struct sock_filter){ code, yes, no, k };
}

static void
put_return(struct program *p, uint32_t action)
{
	put(p, BPF_RET | BPF_K, action, 0, 0);
}

/* Loads the lower half of an argument; BPF_K of what follows is compared with
 * that. */
static void
put_argument(struct program *p, unsigned n)
{
	put(p, BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)(offsetof(struct seccomp_data, args) + n * 8), 0, 0);
}

static void
put_number(struct program *p)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

/* For this call the next n instructions; others jump over them. */
static void
put_case(struct program *p, unsigned call, uint8_t n)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, call, 0, n);
}

static void
put_always(struct program *p, unsigned call)
{
	put_case(p, call, 1);
	put_return(p, SECCOMP_RET_ALLOW);
}

/* Passes if the lower half of argument n, put to this test (BPF_JEQ, say) with
 * value, is found so, or not so. */
static void
put_tested(struct program *p, unsigned call, unsigned n, uint16_t test,
    uint32_t value, bool so, uint32_t otherwise)
{
	put_case(p, call, 4);
	put_argument(p, n);
	put(p, BPF_JMP | test | BPF_K, value, !so, so);
	put_return(p, SECCOMP_RET_ALLOW);
	put_return(p, otherwise);
}

/* Passes if none of these bits is in argument n. */
static void
put_without(struct program *p, unsigned call, unsigned n, uint32_t bits,
    uint32_t otherwise)
{
	put_tested(p, call, n, BPF_JSET, bits, false, otherwise);
}

static void
put_refused(struct program *p, unsigned call, uint32_t err)
{
	put_case(p, call, 1);
	put_return(p, SECCOMP_RET_ERRNO | err);
}

/* Memory without code in it, and of nobody else. */
static void
put_mmap(struct program *p)
{
	put_case(p, SYS_mmap, 6);
	put_argument(p, 2);
	put(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 3, 0);
	put_argument(p, 3);
	put(p, BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 1, 0);
	put_return(p, SECCOMP_RET_ALLOW);
	put_return(p, SECCOMP_RET_ERRNO | EACCES);
}

static void
put_fcntl(struct program *p)
{
	const uint8_t n = CALLS_LENGTH(calls_fcntl);

	put_case(p, SYS_fcntl, (uint8_t)(n + 3));
	put_argument(p, 1);
	for (uint8_t i = 0; i < n; i++)
		put(p, BPF_JMP | BPF_JEQ | BPF_K, calls_fcntl[i],
		    (uint8_t)(n - i), 0);
	put_return(p, SECCOMP_RET_KILL_PROCESS);
	put_return(p, SECCOMP_RET_ALLOW);
}

/* Passes if argument n, all 64 bits of it, is NULL. */
static void
put_null(struct program *p, unsigned call, unsigned n)
{
	const uint32_t at =
	    (uint32_t)(offsetof(struct seccomp_data, args) + n * 8);

	put_case(p, call, 6);
	put(p, BPF_LD | BPF_W | BPF_ABS, at, 0, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	put(p, BPF_LD | BPF_W | BPF_ABS, at + 4, 0, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
	put_return(p, SECCOMP_RET_ALLOW);
	put_return(p, SECCOMP_RET_KILL_PROCESS);
}

static void
put_threads(struct program *p, bool threads)
{
	if (!threads)
		return;
	/* clone3(2) has its flags in memory: the C library takes clone(2) */
	put_refused(p, SYS_clone3, ENOSYS);
	put_tested(p, SYS_clone, 0, BPF_JSET, CLONE_THREAD, true,
	    SECCOMP_RET_KILL_PROCESS);
	/* by which they wake each other; none of it can be connected */
	put_tested(p, SYS_socketpair, 0, BPF_JEQ, AF_UNIX, true,
	    SECCOMP_RET_KILL_PROCESS);
}

static void
calls_write(struct program *p, const struct calls *c)
{
	size_t i;

	put(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch),
	    0, 0);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	put_return(p, SECCOMP_RET_KILL_PROCESS);
	put_number(p); /* one of x32 has a bit more, and equals none */
	put_without(p, SYS_openat, 2, CALLS_OPEN, SECCOMP_RET_KILL_PROCESS);
	put_without(p, SYS_open, 1, CALLS_OPEN, SECCOMP_RET_KILL_PROCESS);
	/* its flags are in memory */
	put_refused(p, SYS_openat2, ENOSYS);
	put_fcntl(p);
	for (i = 0; i < CALLS_LENGTH(calls_always); i++)
		put_always(p, calls_always[i]);
	for (i = 0; i < CALLS_LENGTH(calls_refused); i++)
		put_refused(p, calls_refused[i], ENOSYS);
	/* what there is to be said goes through sockets: to whom they lead */
	put_null(p, SYS_sendto, 4);
	/* libraries write why they end the process, and are to come to that */
	put_refused(p, SYS_write, EBADF);
	put_refused(p, SYS_writev, EBADF);
	put_mmap(p);
	put_without(p, SYS_mprotect, 2, PROT_EXEC, SECCOMP_RET_ERRNO | EACCES);
	put_threads(p, c->threads);
	/* abort(3) */
	put_tested(p, SYS_tgkill, 0, BPF_JEQ, (uint32_t)getpid(), true,
	    SECCOMP_RET_KILL_PROCESS);
	put_null(p, SYS_prlimit64, 2); /* it only reads */
	put_refused(p, SYS_ioctl, ENOTTY); /* is it a terminal? */
	/* none: a tracer has put it in the place of a call that is to fail */
	put_always(p, UINT32_MAX);
	put_return(p, SECCOMP_RET_KILL_PROCESS);
}

int
calls_enter(const struct calls *c)
{
	struct program p = { .n = 0 };
	struct sock_fprog fprog;

	calls_write(&p, c);
	fprog = (struct sock_fprog){ .len = (unsigned short)p.n, .filter = p.v };
	/* it holds nothing that is not to be read by what runs in it: the
	 * processor may speculate as before (older kernels forbid it otherwise) */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &fprog) == 0)
		return 0;
	return -1;
}

#else

int
calls_enter(const struct calls *c)
{
	(void)c;
	errno = ENOSYS;
	return -1;
}

#endif
