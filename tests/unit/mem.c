/* base/mem and base/buf: growth, and the end of the program without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/mem.h"

/* Linked with --wrap: the allocation with this number fails, from 1. */
static int fail_at;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static int
fails(void)
{
	return fail_at && --fail_at == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

/* Runs f in a child with the n-th allocation failing; its exit status, and
 * what it said on stderr. */
static int
run_failing(void (*f)(void), int n, char *said, size_t size)
{
	int p[2], status;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		dup2(p[1], STDERR_FILENO);
		fail_at = n;
		f();
		_exit(0);
	}
	close(p[1]);
	got = read(p[0], said, size - 1);
	said[got > 0 ? got : 0] = '\0';
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
do_alloc(void)
{
	free(mem_alloc(10));
}

static void
do_zalloc(void)
{
	free(mem_zalloc(10, 10));
}

static void
do_append(void)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "some bytes");
	buf_release(&b);
}

static void
do_grow_too_far(void)
{
	size_t cap = 0;

	free(mem_grow(NULL, &cap, SIZE_MAX / 4, 8));
}

static void
test_failure_ends_the_program(void **state)
{
	void (*const all[])(void) = { do_alloc, do_zalloc, do_append };
	char said[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(run_failing(all[i], 0, said, sizeof(said)),
		    PHASH_OK);
		assert_int_equal(run_failing(all[i], 1, said, sizeof(said)),
		    PHASH_FAILURE);
		assert_string_equal(said, "phash: out of memory\n");
	}
	assert_int_equal(run_failing(do_grow_too_far, 0, said, sizeof(said)),
	    PHASH_FAILURE);
}

static void
test_grow_keeps_contents(void **state)
{
	size_t cap = 0, i;
	int *v = NULL;

	(void)state;
	for (i = 0; i < 10000; i++) {
		v = mem_grow(v, &cap, i + 1, sizeof(*v));
		assert_true(cap > i);
		v[i] = (int)i;
	}
	for (i = 0; i < 10000; i++)
		assert_int_equal(v[i], (int)i);
	free(v);
}

static void
test_buf(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_put(&b, "a\0b", 3);
	buf_printf(&b, "%d-%s", 42, "x");
	buf_putc(&b, '!');
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "a\0b42-x!", 8);
	assert_int_equal(buf_str(&b)[8], '\0');
	assert_int_equal(b.len, 8); /* the NUL is not counted */
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_release(&b);
	assert_null(b.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failure_ends_the_program),
		cmocka_unit_test(test_grow_keeps_contents),
		cmocka_unit_test(test_buf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
