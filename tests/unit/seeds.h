/*
 * A fuzzer's seeds, and all that is one step away from them, through the
 * fuzzer's own function: what it asserts holds on every machine, with or
 * without libFuzzer. The whole of a program, which defines SEEDS, the name of
 * the directory, and includes the fuzzer before this.
 *
 * With arguments that program is no test: it runs each file named, as one that
 * the fuzzer has found.
 */
#ifndef TESTS_UNIT_SEEDS_H
#define TESTS_UNIT_SEEDS_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Runs the input in memory of exactly its size. */
static void
run(const char *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static int
read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return -1;
	do {
		n = fread(buf_reserve(b, 4096), 1, 4096, f);
		b->len += n;
	} while (n);
	return fclose(f);
}

/* Calls step with every seed; there must be some. */
static void
for_each_seed(void (*step)(const struct buf *seed))
{
	const char *srcdir = getenv("SRCDIR"); /* from make check */
	struct buf corpus = BUF_INIT, path = BUF_INIT, seed = BUF_INIT;
	struct dirent *d;
	int seeds = 0;
	DIR *dir;

	buf_printf(&corpus, "%s/tests/fuzz/" SEEDS,
	    srcdir ? srcdir : ".");
	dir = opendir(buf_str(&corpus));
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		buf_clear(&path);
		buf_clear(&seed);
		buf_printf(&path, "%s/%s", buf_str(&corpus), d->d_name);
		assert_int_equal(read_file(buf_str(&path), &seed), 0);
		step(&seed);
		seeds++;
	}
	closedir(dir);
	assert_true(seeds > 0);
	buf_release(&corpus);
	buf_release(&path);
	buf_release(&seed);
}

static void
whole(const struct buf *seed)
{
	run(seed->data, seed->len);
}

static void
cut_off(const struct buf *seed)
{
	for (size_t len = 0; len < seed->len; len++)
		run(seed->data, len);
}

/* To three others each, so that it is done in a second. */
static void
change_bytes(const struct buf *seed)
{
	static const char others[] = "\0\t\n\r \"#()*=-\\{}0Azu\200\377";

	for (size_t i = 0; i < seed->len; i++) {
		char was = seed->data[i];

		for (size_t k = 0; k < 3; k++) {
			seed->data[i] =
			    others[(i + 7 * k) % (sizeof(others) - 1)];
			run(seed->data, seed->len);
		}
		seed->data[i] = was;
	}
}

static void
test_seeds(void **state)
{
	(void)state;
	for_each_seed(whole);
}

static void
test_seeds_cut_off_at_any_byte(void **state)
{
	(void)state;
	for_each_seed(cut_off);
}

static void
test_seeds_with_any_byte_changed(void **state)
{
	(void)state;
	for_each_seed(change_bytes);
}

static int
run_files(int n, char **paths)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < n; i++) {
		buf_clear(&b);
		if (read_file(paths[i], &b) < 0) {
			perror(paths[i]);
			return 1;
		}
		run(b.data, b.len);
	}
	buf_release(&b);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_seeds_cut_off_at_any_byte),
		cmocka_unit_test(test_seeds_with_any_byte_changed),
	};

	if (argc > 1)
		return run_files(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
