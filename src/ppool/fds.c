/* fds.c - the descriptors that a worker is left with. */
#include "ppool/core.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The least descriptor that stays, and is not below from; INT_MAX: none. */
static int
next_kept(const int *keep, int own, int from)
{
	int least = own >= from ? own : INT_MAX;

	for (; *keep >= 0; keep++)
		if (*keep >= from && *keep < least)
			least = *keep;
	return least;
}

/* The limit may be anything, and below what is open. */
static void
close_one_by_one(int first, int last)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;

	if (!dir) {
		for (long end = sysconf(_SC_OPEN_MAX); first <= last &&
		    first < end; first++)
			close(first);
		return;
	}
	while ((e = readdir(dir))) {
		int fd = atoi(e->d_name);

		if (fd >= first && fd <= last && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
}

static void
close_from_to(int first, int last)
{
	if (first > last)
		return;
#if defined(SYS_close_range) && !defined(PPOOL_PORTABLE)
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
#endif
	close_one_by_one(first, last);
}

/* The standard three are never free, or a file that is opened later would
 * become one of them. */
static void
replace_stdio(const int *keep)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		if (fd != null && (next_kept(keep, -1, fd) != fd ||
		    fcntl(fd, F_GETFD) < 0))
			dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

void
ppool_keep_fds(const int *keep, int own)
{
	int from = STDERR_FILENO + 1, next;

	do {
		next = next_kept(keep, own, from);
		close_from_to(from, next - 1);
		from = next == INT_MAX ? next : next + 1;
	} while (from < INT_MAX);
	replace_stdio(keep);
}
