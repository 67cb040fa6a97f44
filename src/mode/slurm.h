/*
 * slurm.h - the machines of the allocation of Slurm that this process runs in, by
 * the variables that sbatch(1) and salloc(1) set: SLURM_JOB_NODELIST, which
 * scontrol(1) spells out, and SLURM_JOB_CPUS_PER_NODE.
 */
#ifndef MODE_SLURM_H
#define MODE_SLURM_H

#include <stddef.h>

struct slurm {
	struct slurm_node {
		char *name;
		int cpus; /* 0: not known */
	} *v;
	size_t n, cap;
};

/* 0, or -1 after a message; release it in both cases. */
int slurm_init(struct slurm *s);
void slurm_release(struct slurm *s);

/* The CPUs of node number n in a list like "4(x2),8", 0 where there is none. */
int slurm_cpus(const char *list, size_t n);

#endif
