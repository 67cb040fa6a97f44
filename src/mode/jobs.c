#include "mode/jobs.h"

#include <stdbool.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "base/xio.h"
#include "mode/run.h"
#include "options/options.h"
#include "ppool/ppool.h"

/*
 * What the operands say about the number of workers, as far as that can be
 * told at once.
 */
struct jobs_facts {
	bool bounded;    /* no list, no directory: not more files than operands */
	int disks;       /* with moving heads, different ones... */
	bool all_disks;  /* ...and every operand is on one of them; only looked
	                  * at without -j */
};

#define JOBS_DISKS 64 /* more than anybody will count */

static void
jobs_add_disk(struct jobs_facts *f, dev_t disks[JOBS_DISKS], dev_t dev)
{
	dev_t disk;
	int i;

	if (!disk_is_rotational(DISK_SYSFS, dev, &disk)) {
		f->all_disks = false;
		return;
	}
	for (i = 0; i < f->disks; i++)
		if (disks[i] == disk)
			return;
	if (f->disks < JOBS_DISKS)
		disks[f->disks++] = disk;
}

static struct jobs_facts
jobs_facts(const struct run *r)
{
	const struct options *o = r->o;
	struct jobs_facts f = {
		.bounded = o->mode == OPTIONS_HASH && !o->nlists,
		.all_disks = !o->jobs && o->mode != OPTIONS_CHECK && o->noperands &&
		    o->noperands <= JOBS_DISKS && !o->nlists,
	};
	dev_t disks[JOBS_DISKS];
	struct stat st;
	size_t i;

	/* many operands are looked at by the walk soon enough */
	for (i = 0; i < o->noperands && i < JOBS_DISKS; i++) {
		if (xio_stat(r->dirfd, o->operands[i], &st, 0) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			f.bounded = false;
		if (f.all_disks)
			jobs_add_disk(&f, disks, st.st_dev);
	}
	if (o->noperands > JOBS_DISKS)
		f.bounded = false;
	return f;
}

int
jobs_workers(const struct run *r)
{
	struct jobs_facts f = jobs_facts(r);
	int files = r->o->noperands ? (int)r->o->noperands : 1;
	int jobs;

	if (f.bounded && files == 1)
		return 1;
	jobs = r->o->jobs ? r->o->jobs : ppool_cpus();
	if (f.all_disks && f.disks && f.disks < jobs)
		jobs = f.disks;
	return f.bounded && files < jobs ? files : jobs;
}

unsigned
jobs_threads(const struct run *r, int jobs)
{
	const struct options *o = r->o;
	size_t archives = (size_t)jobs;

	if (o->mode != OPTIONS_CHECK && !o->nlists && o->noperands &&
	    o->archive == OPTIONS_ARCHIVE_OPERANDS && o->noperands < archives)
		archives = o->noperands;
	jobs = (o->jobs ? o->jobs : ppool_cpus()) / (int)archives;
	return jobs > 1 ? (unsigned)jobs : 1;
}
