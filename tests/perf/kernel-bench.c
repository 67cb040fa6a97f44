/*
 * The speed of every SHA-512 kernel that this processor has: GB/s summed over
 * its lanes, and the cost of a step for the table in src/digest/sha512x.c.
 * Messages of 1 MiB, kernels in turn, the median of the process's CPU time.
 */
#include "digest/sha512x.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 21
#define MESSAGE (1 << 20)
#define KERNELS 8

static unsigned char data[SHA512X_MAX_WIDTH][MESSAGE];

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

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
	k->compress(h, p, MESSAGE / SHA512X_BLOCK);
	return cpu_seconds() - start;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(void)
{
	static double t[KERNELS][ROUNDS];
	const struct sha512x_kernel *k;
	unsigned r, i;

	memset(data, 0x5a, sizeof(data));
	for (r = 0; r < ROUNDS; r++)
		for (i = 0, k = sha512x_kernels; k->name; i++, k++)
			if (k->supported())
				t[i][r] = time_kernel(k);
	printf("%-12s %6s %6s\n", "kernel", "GB/s", "cost");
	for (i = 0, k = sha512x_kernels; k->name; i++, k++) {
		qsort(t[i], ROUNDS, sizeof(t[i][0]), compare);
		if (!k->supported())
			printf("%-12s not on this processor\n", k->name);
		else if (!sha512x_trusted(k))
			printf("%-12s WRONG\n", k->name);
		else
			printf("%-12s %6.2f %6.0f\n", k->name,
			    k->width * MESSAGE / t[i][ROUNDS / 2] / 1e9,
			    100 * t[i][ROUNDS / 2] / t[0][ROUNDS / 2]);
	}
	return 0;
}
