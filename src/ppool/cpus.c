/*
 * cpus.c - how many processors this process may use.
 *
 * Formats: proc(5) for /proc/self/cgroup and /proc/self/mountinfo; the files
 * of a cgroup are described in Linux' Documentation/admin-guide/cgroup-v2.rst
 * (cpu.max) and Documentation/scheduler/sched-bwc.rst (version 1).
 */
#include "ppool/ppool.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
online(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n < INT_MAX ? (int)n : INT_MAX;
}

#if defined(__linux__) && !defined(PPOOL_PORTABLE)

/* The kernel refuses a set smaller than its own. */
static int
allowed(void)
{
	for (int most = 1024; most <= 1 << 20; most *= 2) {
		size_t size = CPU_ALLOC_SIZE(most);
		cpu_set_t *set = CPU_ALLOC(most);
		int rc, n = 0;

		if (!set)
			break;
		rc = sched_getaffinity(0, size, set);
		if (!rc)
			n = CPU_COUNT_S(size, set);
		CPU_FREE(set);
		if (n > 0)
			return n;
		if (rc && errno != EINVAL)
			break;
	}
	return online();
}

/* Is name in a list with commas? */
static bool
listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (;; list++) {
		if (!strncmp(list, name, len) &&
		    (list[len] == ',' || !list[len]))
			return true;
		list = strchr(list, ',');
		if (!list)
			return false;
	}
}

/*
 * Splits a line of mountinfo in place:
 *     36 35 98:0 /root /mount/point options [tags] - type source superoptions
 */
static bool
parse_mount(char *line, char **root, char **point, char **type, char **super)
{
	char *end, *tail = strstr(line, " - ");

	if (!tail)
		return false;
	*tail = '\0';
	*type = strtok_r(tail + 3, " \n", &end);
	*super = strtok_r(NULL, " \n", &end) ? strtok_r(NULL, " \n", &end) :
		NULL;
	*root = NULL;
	if (!strtok_r(line, " ", &end) || !strtok_r(NULL, " ", &end) ||
	    !strtok_r(NULL, " ", &end))
		return false;
	*root = strtok_r(NULL, " ", &end);
	*point = strtok_r(NULL, " ", &end);
	return *point && *type && *super;
}

/*
 * The directory of the cgroup with this path, in the hierarchy of version 2,
 * or of the cpu controller; top is how long its mount point is. -1: none.
 */
static int
find_dir(bool v2, const char *path, char dir[PATH_MAX], size_t *top)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *root, *point, *type, *super;
	size_t size = 0;
	int rc = -1;

	if (!f)
		return -1;
	while (rc && getline(&line, &size, f) > 0) {
		size_t len;
		int n;

		if (!parse_mount(line, &root, &point, &type, &super) ||
		    strcmp(type, v2 ? "cgroup2" : "cgroup") ||
		    (!v2 && !listed(super, "cpu")))
			continue;
		/* A part of the tree may be mounted: skip what is above. */
		len = strcmp(root, "/") ? strlen(root) : !strcmp(path, "/");
		if (strncmp(path, root, len))
			len = strlen(path);
		n = snprintf(dir, PATH_MAX, "%s%s", point, path + len);
		*top = strlen(point);
		if (n > 0 && n < PATH_MAX)
			rc = 0;
	}
	free(line);
	fclose(f);
	return rc;
}

/* The first line of a file in a directory. */
static bool
read_line(const char *dir, const char *name, char *line, size_t size)
{
	char path[PATH_MAX + 32];
	FILE *f;
	bool ok;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return false;
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(line, (int)size, f);
	fclose(f);
	return ok;
}

/* Quota and period of one cgroup, in microseconds. */
static bool
read_quota(bool v2, const char *dir, long long *quota, long long *period)
{
	char line[64];

	if (v2)
		return read_line(dir, "cpu.max", line, sizeof(line)) &&
		       sscanf(line, "%lld %lld", quota, period) == 2;
	if (!read_line(dir, "cpu.cfs_quota_us", line, sizeof(line)))
		return false;
	*quota = atoll(line);
	if (!read_line(dir, "cpu.cfs_period_us", line, sizeof(line)))
		return false;
	*period = atoll(line);
	return true;
}

/* The least quota of a cgroup and all above it, in processors. */
static int
least_quota(bool v2, char *dir, size_t top, int least)
{
	for (;;) {
		long long quota, period;
		char *slash;

		if (read_quota(v2, dir, &quota, &period) && quota > 0 &&
		    period > 0 && (quota - 1) / period + 1 < least)
			least = (int)((quota - 1) / period + 1);
		slash = strrchr(dir, '/');
		if (!slash || (size_t)(slash - dir) < top)
			return least;
		*slash = '\0';
	}
}

/* A line of /proc/self/cgroup: hierarchy:controllers:path */
static int
quota_of_line(char *line, int least)
{
	char dir[PATH_MAX];
	char *list = strchr(line, ':');
	char *path = list ? strchr(list + 1, ':') : NULL;
	bool v2 = !strncmp(line, "0::", 3);
	size_t top;

	if (!path)
		return least;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (!v2 && !listed(list + 1, "cpu"))
		return least;
	if (find_dir(v2, path, dir, &top))
		return least;
	return least_quota(v2, dir, top, least);
}

int
ppool_cpus(void)
{
	int least = allowed();
	FILE *f = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return least;
	while (getline(&line, &size, f) > 0)
		least = quota_of_line(line, least);
	free(line);
	fclose(f);
	return least;
}

#else

int
ppool_cpus(void)
{
	return online();
}

#endif
