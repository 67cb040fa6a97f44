/*
 * cpus.c - how many processors this process may use.
 *
 * Formats: proc(5) for /proc/self/cgroup and /proc/self/mountinfo; the files
 * of a cgroup are described in Linux' Documentation/admin-guide/cgroup-v2.rst
 * (cpu.max) and Documentation/scheduler/sched-bwc.rst (version 1).
 */
#include "ppool/core.h"

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

/* Is name in a list with commas? Which is cut up. */
static bool
listed(char *list, const char *name)
{
	const char *word;

	while ((word = strsep(&list, ",")))
		if (!strcmp(word, name))
			return true;
	return false;
}

/* The first line of a file in a directory. */
static bool
read_line(const char *dir, const char *name, char *line, size_t size)
{
	char path[PATH_MAX + 32];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(line, (int)size, f);
	(void)fclose(f);
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
	if (*quota <= 0 ||
	    !read_line(dir, "cpu.cfs_period_us", line, sizeof(line)))
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

/*
 * The directory of the cgroup with this path below a mount point of its
 * hierarchy; -1 when it is too long.
 */
static int
join_dir(const char *root, const char *point, const char *path,
    char dir[PATH_MAX])
{
	/* A part of the tree may be mounted: skip what is above. */
	size_t len = strcmp(root, "/") ? strlen(root) : !strcmp(path, "/");
	int n;

	if (strncmp(path, root, len) != 0)
		len = strlen(path);
	n = snprintf(dir, PATH_MAX, "%s%s", point, path + len);
	return n > 0 && n < PATH_MAX ? 0 : -1;
}

/* The paths of this process's cgroups; NULL: it has none of that kind. */
struct cgroups {
	char *v1; /* of the cpu controller */
	char *v2;
};

/* A line of /proc/self/cgroup: hierarchy:controllers:path */
static void
add_cgroup(struct cgroups *g, char *line)
{
	bool v2 = !strncmp(line, "0::", 3);
	char *list = strchr(line, ':');
	char *path = list ? strchr(list + 1, ':') : NULL;
	char **which = v2 ? &g->v2 : &g->v1;

	if (!path || *which)
		return;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (v2 || listed(list + 1, "cpu"))
		*which = strdup(path); /* NULL: as if it had none */
}

/*
 * A line of /proc/self/mountinfo. The first mount of a hierarchy counts.
 *     36 35 98:0 /root /mount/point options [tags] - type source superoptions
 */
static int
quota_of_mount(struct cgroups *g, char *line, int least)
{
	char root[PATH_MAX], point[PATH_MAX], dir[PATH_MAX], type[16];
	char *tail = strstr(line, " - "), *super = strrchr(line, ' ');
	char **which = NULL;

	line[strcspn(line, "\n")] = '\0';
	if (!tail || sscanf(tail, " - %15s", type) != 1 ||
	    sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2)
		return least;
	if (!strcmp(type, "cgroup2"))
		which = &g->v2;
	else if (!strcmp(type, "cgroup") && listed(super + 1, "cpu"))
		which = &g->v1;
	if (!which || !*which)
		return least;
	if (join_dir(root, point, *which, dir) == 0)
		least = least_quota(which == &g->v2, dir, strlen(point), least);
	free(*which);
	*which = NULL;
	return least;
}

int
ppool_quota(const char *cgroup, const char *mountinfo, int least)
{
	struct cgroups g = { NULL, NULL };
	char *line = NULL;
	size_t size = 0;
	FILE *f = fopen(cgroup, "re");

	if (!f)
		return least;
	while (getline(&line, &size, f) > 0)
		add_cgroup(&g, line);
	(void)fclose(f);
	f = g.v1 || g.v2 ? fopen(mountinfo, "re") : NULL;
	while (f && (g.v1 || g.v2) && getline(&line, &size, f) > 0)
		least = quota_of_mount(&g, line, least);
	if (f)
		(void)fclose(f);
	free(line);
	free(g.v1);
	free(g.v2);
	return least;
}

int
ppool_cpus(void)
{
	int n = allowed();

	/* a quota could not make it less */
	if (n == 1)
		return n;
	return ppool_quota("/proc/self/cgroup", "/proc/self/mountinfo", n);
}

#else

int
ppool_cpus(void)
{
	return online();
}

#endif
