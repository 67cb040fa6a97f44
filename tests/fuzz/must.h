/*
 * must.h - what a fuzzer asserts, in every build.
 */
#ifndef TESTS_FUZZ_MUST_H
#define TESTS_FUZZ_MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void
must(bool truth, const char *what)
{
	if (truth)
		return;
	(void)fprintf(stderr, "not true: %s\n", what);
	abort();
}

#endif
