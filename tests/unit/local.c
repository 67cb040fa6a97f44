/*
 * hasher/local: what the parent makes of a worker that says anything. The workers are
 * this file's: each answers what it is asked for as the case says.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/entry.h"
#include "digest/algorithm.h"
#include "hasher/hasher.h"
#include "hasher/listing.h"
#include "hasher/result.h"
#include "hasher/wire.h"
#include "hasher/worker.h"
#include "ppool/ppool.h"

int __wrap_worker_init(void *initarg, void **state);
int __wrap_worker_serve(void *state, ppool_worker *pool);

/* Before its answer a worker says this part, unless it is empty. */
static struct buf part, answer;

int
__wrap_worker_init(void *initarg, void **state)
{
	(void)initarg;
	*state = NULL;
	return 0;
}

int
__wrap_worker_serve(void *state, ppool_worker *pool)
{
	ppool_item item;

	(void)state;
	while (ppool_take(pool, true, &item) > 0) {
		if (part.len && ppool_answer_part(pool, &item, part.data,
		    part.len) < 0)
			return 1;
		if (ppool_answer(pool, &item, 0, answer.data, answer.len) < 0)
			return 1;
	}
	return 0;
}

static const struct entry_root root = { .below = 2 };
static const struct entry tree = { .name = "d", .len = 1,
    .kind = ENTRY_TREE, .root = &root, .cookie = 5 };
static const struct entry file = { .name = "f", .len = 1,
    .kind = ENTRY_NAMED, .cookie = 6 };
static const struct entry archive = { .name = "a", .len = 1,
    .kind = ENTRY_NAMED, .archive = true, .cookie = 7 };

/* What came of one entry. */
static struct {
	unsigned results, members;
	enum result_status status;
	int code;
	uint64_t size, cookie;
} got;

static void
on_result(void *cookie, const struct result *r)
{
	assert_null(cookie);
	if (r->archive) {
		got.members++;
		return;
	}
	got.results++;
	got.status = r->status;
	got.code = r->code;
	got.size = r->size;
	got.cookie = r->entry.cookie;
}

static void
hash(const struct entry *e)
{
	const struct walk_opts walk = { .max_depth = -1, .dirfd = AT_FDCWD };
	struct hasher_opts o = { .jobs = 1, .dirfd = AT_FDCWD,
	    .engine = "auto", .walk = &walk, .threads = 1,
	    .on_result = on_result };
	struct hasher *h;

	memset(&got, 0, sizeof(got));
	o.algorithms = algorithms_new();
	assert_int_equal(algorithms_add(o.algorithms, "sha512"), 0);
	h = hasher_new(&o);
	assert_non_null(h);
	assert_int_equal(hasher_put(h, e), 0);
	assert_int_equal(hasher_finish(h), 0);
	hasher_free(h);
	algorithms_free(o.algorithms);
	assert_int_equal(got.results, 1);
	assert_int_equal(got.cookie, e->cookie);
}

/* The answer is of this status, with nothing behind it. */
static void
answer_with(enum result_status status)
{
	const struct result r = { .status = status };

	buf_clear(&part);
	buf_clear(&answer);
	(void)buf_reserve(&answer, WIRE_ANSWER_MAX);
	answer.len = wire_put_answer((unsigned char *)answer.data, &r);
}

/* A listing in which a file has this name. */
static size_t
answer_listing(const char *name)
{
	const struct entry e = { .name = name, .len = strlen(name),
	    .kind = ENTRY_FOUND };
	const struct walk_counts none = { 0, 0, 0, 0 };
	size_t head;

	answer_with(RESULT_LISTED);
	head = answer.len;
	listing_put_entry(&answer, &e);
	listing_put_counts(&answer, &none);
	return answer.len - head;
}

/* A member, which is a part of the answer to an archive. */
static void
say_member(void)
{
	const struct result r = { .status = RESULT_OTHER,
	    .entry = { .name = "m", .len = 1 } };
	size_t n;
	void *p = wire_new_part(&r, &n);

	assert_non_null(p);
	buf_put(&part, p, n);
	free(p);
}

static void
assert_died(void)
{
	assert_int_equal(got.status, RESULT_DIED);
	assert_int_equal(got.code, INT_MIN);
}

static void
test_listing(void **state)
{
	size_t n = answer_listing("d/f");

	(void)state;
	hash(&tree);
	assert_int_equal(got.status, RESULT_LISTED);
	assert_int_equal(got.size, n);
	answer_listing("e/f");
	hash(&tree);
	assert_died();
	answer_listing("d/../f");
	hash(&tree);
	assert_died();
	answer_with(RESULT_LISTED);
	hash(&tree);
	assert_died();
}

static void
test_listing_of_a_file(void **state)
{
	(void)state;
	answer_listing("f/f");
	hash(&file);
	assert_died();
	hash(&archive);
	assert_died();
}

static void
test_no_listing(void **state)
{
	(void)state;
	answer_with(RESULT_OPEN);
	hash(&tree);
	assert_int_equal(got.status, RESULT_OPEN);
}

/* Of an archive alone. */
static void
test_parts(void **state)
{
	(void)state;
	answer_with(RESULT_OPENED);
	say_member();
	hash(&archive);
	assert_int_equal(got.members, 1);
	hash(&file);
	assert_int_equal(got.members, 0);
	(void)answer_listing("d/f");
	say_member();
	hash(&tree);
	assert_int_equal(got.members, 0);
	assert_int_equal(got.status, RESULT_LISTED);
	buf_release(&part);
	buf_release(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_listing_of_a_file),
		cmocka_unit_test(test_no_listing),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
