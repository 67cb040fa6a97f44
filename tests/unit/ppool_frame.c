/*
 * ppool_frame.c - a worker that breaks the protocol: each row is one
 * field of one frame that the owner must refuse.
 */
#include "ppool_util.h"

#include <sys/socket.h>

#include "ppool/frame.h"

enum { ITEMS = 3, MAX_ITEM = 104 };

/* A group of two answers, with four bytes and their padding each. */
struct group {
	struct frame_note note;
	struct {
		struct frame_answer head;
		int value;
		int padding;
	} answers[2];
};

static void wrong_magic(struct group *g) { g->note.magic ^= 1; }
static void wrong_type(struct group *g) { g->note.type = 5; }
static void no_answers(struct group *g) { g->note.n = 0; }
static void more_answers(struct group *g) { g->note.n = 3; }
static void odd_length(struct group *g) { g->note.len -= 4; }
static void short_length(struct group *g) { g->note.len -= 8; }
static void unknown_chunk(struct group *g) { g->answers[1].head.seq++; }
static void unknown_place(struct group *g) { g->answers[1].head.place = ITEMS; }
static void same_place(struct group *g) { g->answers[1].head.place = 0; }
static void long_answer(struct group *g) { g->answers[1].head.len = 9; }
static void huge_answer(struct group *g) { g->answers[1].head.len = UINT32_MAX; }
static void
toobig_with_data(struct group *g)
{
	g->answers[1].head.flags = FRAME_TOOBIG;
}

static void
part_with_code(struct group *g)
{
	g->answers[1].head.flags = FRAME_PART;
	g->answers[1].head.code = 1;
}

/* An item that has ended has no more parts. */
static void
late_part(struct group *g)
{
	g->answers[1].head.flags = FRAME_PART;
	g->answers[1].head.place = 0;
}


static void
unknown_flag(struct group *g)
{
	g->answers[1].head.flags = 4;
	g->answers[1].head.len = 0;
}

static void
huge_length(struct group *g)
{
	g->note.len = (uint32_t)FRAME_GROUP + 1024;
}

static void
ask_of_other_length(struct group *g)
{
	g->note.type = FRAME_ASK;
	g->note.n = 0;
}

static void
resignation_with_more(struct group *g)
{
	g->note.type = FRAME_RESIGN;
	g->note.n = 0;
}

static void
second_hello(struct group *g)
{
	g->note.type = FRAME_HELLO;
	g->note.len = g->note.n = 0;
}

static const struct fault {
	const char *name;
	void (*make)(struct group *g);
} faults[] = {
	{ "wrong_magic", wrong_magic },
	{ "wrong_type", wrong_type },
	{ "no_answers", no_answers },
	{ "more_answers", more_answers },
	{ "odd_length", odd_length },
	{ "short_length", short_length },
	{ "huge_length", huge_length },
	{ "unknown_chunk", unknown_chunk },
	{ "unknown_place", unknown_place },
	{ "same_place", same_place },
	{ "long_answer", long_answer },
	{ "huge_answer", huge_answer },
	{ "unknown_flag", unknown_flag },
	{ "toobig_with_data", toobig_with_data },
	{ "part_with_code", part_with_code },
	{ "late_part", late_part },
	{ "second_hello", second_hello },
	{ "ask_of_other_length", ask_of_other_length },
	{ "resignation_with_more", resignation_with_more },
};

struct counted {
	const struct fault *fault; /* NULL: a frame without one */
	int workers;           /* that were started */
};

static int
init_counts(void *initarg, void **state)
{
	struct counted *counted = initarg;

	__atomic_add_fetch(&counted->workers, 1, __ATOMIC_SEQ_CST);
	*state = counted;
	return 0;
}

/* The worker's own: it has closed every other one. */
static int
own_socket(void)
{
	int type, found = -1;
	socklen_t len;

	for (int fd = 0; fd < 256; fd++) {
		len = sizeof(type);
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
			found = fd;
	}
	return found;
}

/* Answers the first two items of the first chunk, whose number is 1. */
static void
send_group(const struct fault *fault)
{
	struct group g = {
		.note = { .len = sizeof(g.answers), .magic = FRAME_MAGIC,
		    .type = FRAME_ANSWERS, .n = 2 },
	};

	for (int i = 0; i < 2; i++) {
		g.answers[i].head = (struct frame_answer){
			.seq = 1, .place = (uint32_t)i, .len = sizeof(int),
		};
		g.answers[i].value = i * i;
	}
	if (fault)
		fault->make(&g);
	if (send(own_socket(), &g, sizeof(g), MSG_NOSIGNAL) < 0)
		_exit(1);
}

static int
serve_faults(void *state, ppool_worker *w)
{
	struct counted *counted = state;
	bool first = counted->workers == 1;
	ppool_item item;
	int n = 0, v;

	while (ppool_take(w, true, &item) == 1) {
		n++;
		if (first && n < ITEMS)
			continue;
		if (first)
			send_group(counted->fault);
		v = int_of(item.data, item.len);
		v *= v;
		if (ppool_answer(w, &item, 0, &v, sizeof(v)))
			return 1;
	}
	return 0;
}

/* A map of one chunk; returns how many workers it took. */
static int
run_with(const struct fault *fault)
{
	struct counted *counted = shared_new(sizeof(*counted));
	const ppool_opts opts = { .processes = 1, .serve = serve_faults,
	    .init = init_counts, .initarg = counted,
	    .max_item = MAX_ITEM };
	ppool_buf *items = int_items(ITEMS);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	ppool *pool;
	int workers;

	counted->fault = fault;
	pool = pool_with(&opts);
	assert_int_equal(ppool_map(pool, fn_echo, items, ITEMS, ITEMS, &job),
	    PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
	for (int i = 0; i < ITEMS; i++)
		assert_int_result(&r[i], (uint64_t)i, i * i);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
	workers = counted->workers;
	munmap(counted, sizeof(*counted));
	return workers;
}

/* Or the rows below would prove nothing. */
static void
whole_frames_are_taken(void **state)
{
	(void)state;
	assert_int_equal(run_with(NULL), 1);
}

/* A counted is killed, and others do its work. */
static void
faulty_frames_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(faults); i++) {
		int workers = run_with(&faults[i]);

		if (workers < 2)
			print_error("%s was taken\n", faults[i].name);
		assert_in_range(workers, 2, 3);
	}
}

/* Sends the header of a frame that never comes, once. */
static int
fn_begins_a_frame(void *state, const void *in, size_t len, ppool_out *out)
{
	const struct frame_note note = {
		.len = FRAME_GROUP, .magic = FRAME_MAGIC,
		.type = FRAME_ANSWERS, .n = 1,
	};
	struct counted *counted = state;

	if (counted->workers == 1 && int_of(in, len) == 1 &&
	    send(own_socket(), &note, sizeof(note), MSG_NOSIGNAL) < 0)
		return 1;
	return fn_square(state, in, len, out);
}

/* What follows it is taken for its body, so that nothing more is heard. */
static void
a_frame_must_end(void **state)
{
	struct counted *counted = shared_new(sizeof(*counted));
	const ppool_opts opts = { .processes = 1, .init = init_counts,
	    .initarg = counted, .task_timeout_ms = 3000 };
	ppool_buf *items = int_items(ITEMS);
	ppool_async *job = NULL;
	const ppool_result *r = NULL;
	ppool *pool = pool_with(&opts);

	(void)state;
	assert_int_equal(ppool_map(pool, fn_begins_a_frame, items, ITEMS, ITEMS,
	    &job), PPOOL_OK);
	assert_int_equal(ppool_get(job, -1, &r, NULL), PPOOL_OK);
	for (int i = 0; i < ITEMS; i++)
		assert_int_result(&r[i], (uint64_t)i, i * i);
	assert_int_equal(counted->workers, 2);
	ppool_async_free(job);
	int_items_free(items);
	pool_end(pool);
	munmap(counted, sizeof(*counted));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(whole_frames_are_taken),
		CASE(faulty_frames_are_refused),
		CASE(a_frame_must_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
