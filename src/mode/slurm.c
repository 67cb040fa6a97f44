#include "mode/slurm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/mem.h"

int
slurm_cpus(const char *list, size_t n)
{
	while (list && *list) {
		char *end;
		unsigned long cpus = strtoul(list, &end, 10), times = 1;

		if (!strncmp(end, "(x", 2))
			times = strtoul(end + 2, &end, 10);
		if (n < times)
			return cpus < 1024 ? (int)cpus : 1024;
		n -= times;
		list = strchr(end, ',');
		if (list)
			list++;
	}
	return 0;
}

static void
slurm_read(struct slurm *s, FILE *f)
{
	const char *cpus = getenv("SLURM_JOB_CPUS_PER_NODE");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			len--;
		if (!len)
			continue;
		s->v = mem_grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
		s->v[s->n] = (struct slurm_node){ mem_dup(line, (size_t)len),
		    slurm_cpus(cpus, s->n) };
		s->n++;
	}
	free(line);
}

int
slurm_init(struct slurm *s)
{
	FILE *f;
	int rc;

	*s = (struct slurm){ .n = 0 };
	if (!getenv("SLURM_JOB_NODELIST")) {
		diag_msg("--on=slurm: there is no allocation: "
		    "SLURM_JOB_NODELIST is not set");
		return -1;
	}
	/* the shell reads the variable itself: no byte of it is a command
	 * NOLINTNEXTLINE(cert-env33-c) */
	f = popen("exec scontrol show hostnames \"$SLURM_JOB_NODELIST\"", "r");
	if (f)
		slurm_read(s, f);
	rc = f ? pclose(f) : -1;
	if (rc == 0 && s->n)
		return 0;
	diag_msg("--on=slurm: scontrol show hostnames failed%s%s",
	    rc == -1 ? ": " : "", rc == -1 ? strerror(errno) : "");
	return -1;
}

void
slurm_release(struct slurm *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i].name);
	free(s->v);
}
