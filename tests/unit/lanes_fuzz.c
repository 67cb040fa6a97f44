/*
 * The fuzzer of digest/engine (tests/fuzz/lanes.c), fed with schedules that are
 * the same every time: what it asserts holds with any compiler, on every
 * machine, with every engine that the machine has.
 *
 * With arguments this program is no test: it runs each file named, as one that
 * the fuzzer has found.
 */
#include "../fuzz/lanes.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SCHEDULES 400
#define SCHEDULE_MAX 1200

/* xorshift64*: the same numbers everywhere. */
static uint64_t
next_number(uint64_t *x)
{
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return *x * UINT64_C(2685821657736338717);
}

static void
test_schedules(void **state)
{
	uint8_t input[SCHEDULE_MAX];
	uint64_t x = 512;
	int i;

	(void)state;
	for (i = 0; i < SCHEDULES; i++) {
		size_t n = next_number(&x) % SCHEDULE_MAX, k;

		for (k = 0; k < n; k++)
			input[k] = (uint8_t)(next_number(&x) >> 56);
		LLVMFuzzerTestOneInput(input, n);
	}
}

/* Every engine and algorithm, with messages of every length in one go. */
static void
test_lengths_in_every_engine(void **state)
{
	uint8_t input[2 + 3 * 4 * 300];
	unsigned engine, algorithm;
	size_t i;

	(void)state;
	for (i = 2; i < sizeof(input); i += 3) {
		input[i] = (uint8_t)(0x80 | i / 3 % SLOTS);
		input[i + 1] = (uint8_t)(i / 12);
		input[i + 2] = (uint8_t)(i / 3072);
	}
	for (algorithm = 0; algorithm < 5; algorithm++) {
		for (engine = 0; engine < 8; engine++) {
			input[0] = (uint8_t)algorithm;
			input[1] = (uint8_t)engine;
			LLVMFuzzerTestOneInput(input, sizeof(input));
		}
	}
}

static int
run_file(const char *path)
{
	static uint8_t input[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return 1;
	n = fread(input, 1, sizeof(input), f);
	fclose(f);
	LLVMFuzzerTestOneInput(input, n);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schedules),
		cmocka_unit_test(test_lengths_in_every_engine),
	};
	int i, failed = 0;

	if (argc < 2)
		return cmocka_run_group_tests(tests, NULL, NULL);
	for (i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	return failed;
}
