/*
 * ppool-blocking.c - seven jobs on five workers, four times: with
 * apply_async and map_async, which return at once, and with apply and
 * map, which wait. A job sleeps for a random part of three seconds, or of
 * what is given.
 *
 * cc ppool-blocking.c -lppool
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <ppool.h>

enum { WORKERS = 5, JOBS = 7 };

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* In each worker, once: what every job gets is how long it may sleep. */
static int
init(void *longest, void **state)
{
	srandom((unsigned int)getpid());
	*state = longest;
	return 0;
}

/* "12:59:01.123" */
static const char *
clock_text(char text[16])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	n = strftime(text, 16, "%H:%M:%S", &tm);
	snprintf(text + n, 16 - n, ".%03d", (int)(now.tv_nsec / 1000000));
	return text;
}

/* In a worker. Its item is the number of the job; it has no result. */
static int
job(void *state, const void *in, size_t len, ppool_out *out)
{
	const double *longest = state;
	const int *number = in;
	double nap = *longest * ((double)random() / 2147483647.0);
	double start = seconds();
	struct timespec ts;
	char text[16];

	(void)len;
	(void)out;
	printf("job %d: process %ld, parent %ld, start %s\n", *number,
	    (long)getpid(), (long)getppid(), clock_text(text));
	ts.tv_sec = (time_t)nap;
	ts.tv_nsec = (long)((nap - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
	printf("job %d: process %ld, parent %ld, end %s, elapsed %.2f s\n",
	    *number, (long)getpid(), (long)getppid(), clock_text(text),
	    seconds() - start);
	return 0;
}

static void
check(ppool_err e)
{
	if (e)
		errx(1, "%s", ppool_strerror(e));
}

static void
apply_async(ppool *pool)
{
	ppool_async *jobs[JOBS];

	for (int i = 0; i < JOBS; i++)
		check(ppool_apply_async(pool, job, &i, sizeof(i),
		    NULL, NULL, &jobs[i]));
	printf("apply_async has returned %d times\n", JOBS);
	for (int i = 0; i < JOBS; i++) {
		check(ppool_get(jobs[i], -1, NULL, NULL));
		ppool_async_free(jobs[i]);
	}
}

static void
apply(ppool *pool)
{
	ppool_async *result;

	for (int i = 0; i < JOBS; i++) {
		check(ppool_apply(pool, job, &i, sizeof(i), &result));
		printf("apply has returned\n");
		ppool_async_free(result);
	}
}

static int numbers[JOBS];
static ppool_buf items[JOBS];

static void
map_async(ppool *pool)
{
	ppool_async *jobs;

	check(ppool_map_async(pool, job, items, JOBS, 1,
	    NULL, NULL, &jobs));
	printf("map_async has returned\n");
	check(ppool_get(jobs, -1, NULL, NULL));
	ppool_async_free(jobs);
}

static void
map(ppool *pool)
{
	ppool_async *jobs;

	check(ppool_map(pool, job, items, JOBS, 1, &jobs));
	printf("map has returned\n");
	ppool_async_free(jobs);
}

static void
run(const char *name, void (*phase)(ppool *pool), ppool *pool)
{
	double start = seconds();

	printf("%s:\n", name);
	phase(pool);
	printf("%s: %.2f s in all\n\n", name, seconds() - start);
}

int
main(int argc, char *argv[])
{
	double longest = argc > 1 ? atof(argv[1]) : 3;
	const ppool_opts opts = {
		.processes = WORKERS, .init = init, .initarg = &longest
	};
	ppool *pool;

	for (int i = 0; i < JOBS; i++) {
		numbers[i] = i;
		items[i] = (ppool_buf){ &numbers[i], sizeof(numbers[i]) };
	}
	/* Workers never flush at exit: let every line go out at once. */
	if (setvbuf(stdout, NULL, _IOLBF, 0))
		errx(1, "cannot set the buffering of the output");
	check(ppool_create(&pool, &opts));

	run("apply_async", apply_async, pool);
	run("apply", apply, pool);
	run("map_async", map_async, pool);
	run("map", map, pool);

	ppool_destroy(pool);
	return 0;
}
