/*
 * ppool-bench.c - what a pool costs: a function that does nothing, over paths
 * of about 80 bytes, with answers of 64.
 *
 *	ppool-bench WORKERS CHUNK ITEMS
 *
 * prints the items per second that went through imap_unordered.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ppool/ppool.h"

struct paths {
	long next;
	long end;
	char text[128];
};

static int
next_path(void *cookie, ppool_buf *item)
{
	struct paths *p = cookie;
	int len;

	if (p->next == p->end)
		return 0;
	len = snprintf(p->text, sizeof(p->text),
	    "/usr/share/some/directory/that/lies/rather/deep/"
	    "in/the/tree/file-%015ld.c", p->next++);
	*item = (ppool_buf){ p->text, (size_t)len };
	return 1;
}

static int
answer(void *state, const void *in, size_t len, ppool_out *out)
{
	char digest[64];

	(void)state;
	memset(digest, len ? *(const char *)in : 0, sizeof(digest));
	return ppool_write(out, digest, sizeof(digest)) != PPOOL_OK;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long
run(ppool *pool, size_t chunk, long items)
{
	struct paths paths = { .end = items };
	ppool_iter *it;
	ppool_result r;
	ppool_err e;
	long n = 0;

	e = ppool_imap_unordered(pool, answer, next_path, &paths, chunk, 0, &it);
	if (e)
		errx(1, "imap: %s", ppool_strerror(e));
	while ((e = ppool_next(it, -1, &r)) == PPOOL_OK)
		n += r.err == PPOOL_OK && r.len == 64;
	if (e != PPOOL_END)
		errx(1, "next: %s", ppool_strerror(e));
	ppool_iter_free(it);
	return n;
}

int
main(int argc, char *argv[])
{
	ppool_opts opts = { 0 };
	ppool *pool;
	ppool_err e;
	double start;
	long items;

	if (argc != 4)
		errx(1, "usage: ppool-bench WORKERS CHUNK ITEMS");
	opts.processes = atoi(argv[1]);
	items = atol(argv[3]);
	e = ppool_create(&pool, &opts);
	if (e)
		errx(1, "create: %s", ppool_strerror(e));
	run(pool, 1, 100); /* the workers are up */
	start = seconds();
	if (run(pool, (size_t)atol(argv[2]), items) != items)
		errx(1, "answers were lost");
	printf("%.0f\n", (double)items / (seconds() - start));
	ppool_destroy(pool);
	return 0;
}
