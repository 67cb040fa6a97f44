/*
 * ppool-blocking.c - seven jobs on five workers, twice: with apply_async,
 * which returns at once, and with apply, which waits for the result.
 *
 * cc ppool-blocking.c -lppool
 */
#include <err.h>
#include <stdio.h>
#include <time.h>

#include <ppool.h>

enum { WORKERS = 5, JOBS = 7 };

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* In a worker. Its item is the number of the job; it has no result. */
static int
job(void *state, const void *in, size_t len, ppool_out *out)
{
	const struct timespec nap = { 0, 200000000 };
	const int *number = in;
	double start = seconds();

	(void)state;
	(void)len;
	(void)out;
	printf("job %d: start\n", *number);
	nanosleep(&nap, NULL);
	printf("job %d: end after %.2f s\n", *number, seconds() - start);
	return 0;
}

static void
without_blocking(ppool *pool)
{
	ppool_async *jobs[JOBS];
	ppool_err e;

	for (int i = 0; i < JOBS; i++) {
		e = ppool_apply_async(pool, job, &i, sizeof(i), NULL, NULL,
		                      &jobs[i]);
		if (e)
			errx(1, "job %d: %s", i, ppool_strerror(e));
	}
	for (int i = 0; i < JOBS; i++) {
		e = ppool_get(jobs[i], -1, NULL, NULL);
		if (e)
			errx(1, "job %d: %s", i, ppool_strerror(e));
		ppool_async_free(jobs[i]);
	}
}

static void
with_blocking(ppool *pool)
{
	ppool_async *result;
	ppool_err e;

	for (int i = 0; i < JOBS; i++) {
		e = ppool_apply(pool, job, &i, sizeof(i), &result);
		if (e)
			errx(1, "job %d: %s", i, ppool_strerror(e));
		ppool_async_free(result);
	}
}

int
main(void)
{
	const ppool_opts opts = { .processes = WORKERS };
	ppool *pool;
	ppool_err e;
	double start;

	/* Workers never flush at exit, so let every line go out at once. */
	if (setvbuf(stdout, NULL, _IOLBF, 0))
		errx(1, "cannot set the buffering of the output");
	e = ppool_create(&pool, &opts);
	if (e)
		errx(1, "cannot create a pool: %s", ppool_strerror(e));

	start = seconds();
	without_blocking(pool);
	printf("apply_async: %.2f s\n", seconds() - start);

	start = seconds();
	with_blocking(pool);
	printf("apply: %.2f s\n", seconds() - start);

	ppool_destroy(pool);
	return 0;
}
