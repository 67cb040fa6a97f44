/*
 * kernel-bench - what several lanes are worth on this machine.
 * kernel-bench kernels - the kernels alone.
 * kernel-bench rate PROCESSES - the GB/s that so many processes have at the same
 * time, all together, with the kernel that phash takes for as many files as it has
 * lanes. Processors that are two halves of one core share it.
 *
 * First every SHA-512 kernel that the processor has: GB/s summed over its
 * lanes, and the cost of a step, for the table in src/digest/sha512x.c. Then
 * whole messages through engine.h, libcrypto against what "auto" chooses, by
 * the length of a message and the number of messages at a time.
 *
 * Other processes' noise is met by taking turns in short pieces and by the
 * median of CPU time, and of the ratio of neighbours in time.
 */
#include "digest/sha512x.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "digest/digest.h"
#include "digest/engine.h"

#define TURNS 41
#define MESSAGE ((size_t)1 << 20)
#define KERNELS 8
#define MAX_SLOTS 16

static unsigned char data[MAX_SLOTS][MESSAGE];

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double v[TURNS])
{
	qsort(v, TURNS, sizeof(v[0]), compare);
	return v[TURNS / 2];
}

/* Seconds for a quarter of a message on every lane. */
static double
time_kernel(const struct sha512x_kernel *k)
{
	uint64_t state[SHA512X_MAX_WIDTH][8] = { { 0 } };
	uint64_t *h[SHA512X_MAX_WIDTH];
	const unsigned char *p[SHA512X_MAX_WIDTH];
	double start;
	unsigned i;

	for (i = 0; i < k->width; i++) {
		h[i] = state[i];
		p[i] = data[i];
	}
	start = cpu_seconds();
	k->compress(h, p, MESSAGE / 4 / SHA512X_BLOCK);
	return cpu_seconds() - start;
}

static void
bench_kernels(void)
{
	static double t[KERNELS][TURNS], cost[KERNELS][TURNS];
	const struct sha512x_kernel *k;
	unsigned turn, i;

	for (turn = 0; turn < TURNS; turn++) {
		for (i = 0, k = sha512x_kernels; k->name; i++, k++) {
			if (!sha512x_trusted(k))
				continue;
			t[i][turn] = time_kernel(k);
			cost[i][turn] = 100 * t[i][turn] / t[0][turn];
		}
	}
	printf("%-12s %6s %6s\n", "kernel", "GB/s", "cost");
	for (i = 0, k = sha512x_kernels; k->name; i++, k++) {
		if (t[i][0] > 0)
			printf("%-12s %6.2f %6.0f\n", k->name, k->width *
			    (double)(MESSAGE / 4) / median(t[i]) / 1e9,
			    median(cost[i]));
		else
			printf("%-12s %s\n", k->name, k->supported() ?
			    "does not agree with libcrypto" :
			    "not on this processor");
	}
}

/* Seconds for `messages` messages of n bytes, `slots` at a time. */
static double
time_lanes(struct engine *l, unsigned slots, size_t n, unsigned messages)
{
	double start = cpu_seconds();
	unsigned started = 0, done = 0, i;

	while (done < messages) {
		for (i = 0; i < slots; i++) {
			if (l->slot[i].state == ENGINE_FED)
				continue;
			done += l->slot[i].state == ENGINE_DONE;
			engine_start(l, i, 0);
			if (started < messages) {
				engine_feed(l, i, data[i], n, true);
				started++;
			}
		}
		engine_run(l);
	}
	return cpu_seconds() - start;
}

static void
bench_lanes(const struct digest *d, size_t n, unsigned slots)
{
	static double t[2][TURNS], gain[TURNS];
	unsigned messages = (unsigned)(4 * MESSAGE / n), turn, i;

	for (turn = 0; turn < TURNS; turn++) {
		for (i = 0; i < 2; i++) {
			struct engine *l = engine_new(d, slots,
			    i ? "auto" : "libcrypto");

			t[i][turn] = time_lanes(l, slots, n, messages);
			engine_free(l);
		}
		gain[turn] = t[0][turn] / t[1][turn];
	}
	printf("%8zu %6u %10.2f %6.2f %6.2f\n", n, slots,
	    4 * MESSAGE / median(t[0]) / 1e9,
	    4 * MESSAGE / median(t[1]) / 1e9, median(gain));
}

/* ---- many at a time ------------------------------------------------------------- */

#define RATE_SECONDS 0.5

static double
wall_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The one that moves most for its cost. */
static const struct sha512x_kernel *
best_kernel(void)
{
	const struct sha512x_kernel *set[KERNELS], *k;
	unsigned n = 0, width = 1;

	for (k = sha512x_kernels; k->name; k++) {
		if (!sha512x_trusted(k))
			continue;
		set[n++] = k;
		if (k->width > width)
			width = k->width;
	}
	return n ? sha512x_choose(set, n, width) : NULL;
}

/* Bytes a second, of one process. */
static double
rate_here(const struct sha512x_kernel *k)
{
	double begin = wall_seconds(), now;
	unsigned turns = 0;

	do {
		(void)time_kernel(k);
		turns++;
		now = wall_seconds();
	} while (now - begin < RATE_SECONDS);
	return turns * (double)k->width * (MESSAGE / 4) / (now - begin);
}

static int
bench_rate(int processes)
{
	const struct sha512x_kernel *k = best_kernel();
	double rate, sum = 0;
	int fds[2], i;

	if (!k || processes < 1 || pipe(fds) < 0)
		return 1;
	for (i = 0; i < processes; i++) {
		switch (fork()) {
		case -1:
			return 1;
		case 0:
			rate = rate_here(k);
			_exit(write(fds[1], &rate, sizeof(rate)) !=
			    sizeof(rate));
		default:
			break;
		}
	}
	close(fds[1]);
	for (; read(fds[0], &rate, sizeof(rate)) == sizeof(rate); i--)
		sum += rate;
	if (i)
		return 1;
	printf("%.3f\n", sum / 1e9);
	return 0;
}

int
main(int argc, char **argv)
{
	static const size_t lengths[] = { 100, 1000, 16 * 1024, MESSAGE };
	static const unsigned slots[] = { 1, 2, 3, 4, MAX_SLOTS };
	struct digest *d;
	unsigned i, j;

	memset(data, 0x5a, sizeof(data));
	if (argc == 3 && !strcmp(argv[1], "rate"))
		return bench_rate(atoi(argv[2]));
	if (argc == 2 && !strcmp(argv[1], "kernels")) {
		bench_kernels();
		return 0;
	}
	d = digest_new("sha512");
	if (!d)
		return 1;
	bench_kernels();
	printf("\n%8s %6s %10s %6s %6s\n", "bytes", "slots", "libcrypto",
	    "auto", "gain");
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (j = 0; j < sizeof(slots) / sizeof(slots[0]); j++)
			bench_lanes(d, lengths[i], slots[j]);
	digest_free(d);
	return 0;
}
