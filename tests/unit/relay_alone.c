/*
 * hasher/relay where the pool, the clock and the far end are those of the test: how
 * much it asks for and when, what it says at the far end, and how its life ends.
 */
#include "hasher/relay.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "digest/algorithm.h"
#include "digest/engine.h"
#include "far.h"
#include "hasher/hosts.h"
#include "hasher/result.h"
#include "hasher/wire.h"
#include "hasher/worker.h"
#include "scratch.h"

#define VERSION "7.7"
#define START (1000 * CLOCK_SECOND)
#define MIB (UINT64_C(1) << 20)

enum { JOBS = 2, SIZE = 5 };
/* What a far end with so many workers is supposed to do in a second. */
#define PACE (JOBS * 500 * MIB)

void __real_launch_end(struct launch *l, int ms);
void __wrap_launch_end(struct launch *l, int ms);
int __wrap_ppool_ask(ppool_worker *w, unsigned chunks, uint64_t weight,
    uint64_t pace);
int __wrap_ppool_answer(ppool_worker *w, const ppool_item *item, int code,
    const void *data, size_t len);
int __wrap_ppool_answer_part(ppool_worker *w, const ppool_item *item,
    const void *data, size_t len);
int __wrap_ppool_worker_flush(ppool_worker *w);
int __wrap_ppool_resign(ppool_worker *w);

/* ---- the pool ----------------------------------------------------------------- */

#define NAME "here"

enum { ITEMS = 64, ASKS = 64 };

static struct {
	unsigned char data[ITEMS][WIRE_HEAD + sizeof(NAME)];
	unsigned n, taken;
	int none;           /* what ppool_take says when there are no more */
	int early;          /* and before it was asked */
	struct {
		unsigned chunks;
		uint64_t weight, pace;
		int64_t at; /* ms since START */
	} asks[ASKS];
	unsigned takes, nasks, nanswers, nparts, flushes, resigns;
	struct result last; /* answer */
	/* the call that fails, from 1 on; 0: none does */
	unsigned bad_ask, bad_answer, bad_part, bad_flush;
	int goodbye;        /* ms that the launcher was given to end */
} pool;

static int
far_take(ppool_item *item)
{
	assert_in_range(++pool.takes, 1, 10000);
	if (!pool.nasks)
		return pool.early;
	if (pool.taken == pool.n)
		return pool.none;
	*item = (ppool_item){ .id = pool.taken, .data = pool.data[pool.taken],
	    .len = sizeof(pool.data[0]) };
	pool.taken++;
	return 1;
}

int
__wrap_ppool_ask(ppool_worker *w, unsigned chunks, uint64_t weight,
    uint64_t pace)
{
	(void)w;
	assert_in_range(pool.nasks, 0, ASKS - 1);
	pool.asks[pool.nasks].chunks = chunks;
	pool.asks[pool.nasks].weight = weight;
	pool.asks[pool.nasks].pace = pace;
	pool.asks[pool.nasks].at = (far.now - START) / FAR_MS;
	return ++pool.nasks == pool.bad_ask ? -1 : 0;
}

int
__wrap_ppool_answer(ppool_worker *w, const ppool_item *item, int code,
    const void *data, size_t len)
{
	(void)w;
	assert_in_range(item->id, 0, pool.taken - 1);
	assert_int_equal(code, 0);
	assert_int_equal(wire_get_answer(&pool.last, 32, data, len), 0);
	return ++pool.nanswers == pool.bad_answer ? -1 : 0;
}

int
__wrap_ppool_answer_part(ppool_worker *w, const ppool_item *item,
    const void *data, size_t len)
{
	(void)w;
	(void)data;
	(void)len;
	assert_in_range(item->id, 0, pool.taken - 1);
	return ++pool.nparts == pool.bad_part ? -1 : 0;
}

int
__wrap_ppool_worker_flush(ppool_worker *w)
{
	(void)w;
	assert_in_range(++pool.flushes, 1, 10000);
	return pool.flushes == pool.bad_flush ? -1 : 0;
}

int
__wrap_ppool_resign(ppool_worker *w)
{
	(void)w;
	pool.resigns++;
	return 0;
}

void
__wrap_launch_end(struct launch *l, int ms)
{
	pool.goodbye = ms;
	__real_launch_end(l, ms);
}

static void
feed_entry(const struct entry *e)
{
	assert_in_range(pool.n, 0, ITEMS - 1);
	wire_put_head(pool.data[pool.n], e);
	memcpy(pool.data[pool.n] + WIRE_HEAD, NAME, sizeof(NAME));
	pool.n++;
}

/* One more item: a file that is not there by now. */
static void
feed(int algorithm, bool archive)
{
	const struct entry e = { .kind = ENTRY_FOUND, .algorithm = algorithm,
	    .archive = archive, .id = { .dev = 1, .ino = 100, .size = SIZE,
	    .mtime = 9 } };

	feed_entry(&e);
}

/* One that is there. */
static void
feed_file(bool archive)
{
	struct entry e = { .kind = ENTRY_NAMED, .archive = archive };
	struct stat st;

	assert_return_code(stat(NAME, &st), errno);
	e.id = entry_identity(&st);
	feed_entry(&e);
}

/* ---- the far end -------------------------------------------------------------- */

static unsigned turn;       /* counts how often it was waited for, from 1 */
static void (*act)(void);   /* what happens in each */
static void (*on_request)(uint64_t id, const struct entry *e);
static void (*on_ping)(uint64_t x); /* NULL: PONG, at once */
static unsigned nalgorithms, algorithm, nrequests, npings, nbyes;
static int64_t pinged[ITEMS]; /* ms since START */
static bool quiet;          /* the last wait was in vain */

static int64_t
ms(void)
{
	return (far.now - START) / FAR_MS;
}

static struct result
result_of(const struct entry *e)
{
	struct result r = { .status = RESULT_OK, .digestlen = 32,
	    .size = e->id.size, .entry = { .id = e->id } };

	r.entry.id.mode = S_IFREG | 0644;
	return r;
}

static void
say(uint64_t id, enum talk_type type, const struct result *r)
{
	unsigned char b[WIRE_ANSWER_MAX];

	talk_say_item(&far.channel, type, id, b, wire_put_answer(b, r));
}

static void
say_part(uint64_t id)
{
	const struct result r = { .entry = { .name = "m", .len = 1 },
	    .digestlen = 32 };
	size_t n;
	void *part = wire_new_part(&r, &n);

	assert_non_null(part);
	talk_say_item(&far.channel, TALK_PART, id, part, n);
	free(part);
}

static void
say_alive(uint64_t bytes)
{
	talk_say_number(&far.channel, TALK_ALIVE, bytes);
}

/* Answers as it should, at once. */
static void
answer(uint64_t id, const struct entry *e)
{
	const struct result r = result_of(e);

	say(id, TALK_ANSWER, &r);
}

static void
answer_later(uint64_t id)
{
	const struct entry e = { .id = { .dev = 1, .ino = 100, .size = SIZE,
	    .mtime = 9 } };

	answer(id, &e);
}

/* Is busy for ever. */
static void
keep(uint64_t id, const struct entry *e)
{
	(void)id;
	(void)e;
}

static void
hear_request(const struct channel_frame *f)
{
	struct entry_root root;
	const unsigned char *p;
	struct entry e;
	uint64_t id;
	size_t n;

	assert_int_equal(talk_hear_item(&id, &p, &n, f), 0);
	assert_int_equal(wire_get_request(&e, &root, p, n), 0);
	/* what it means is known there */
	assert_true(e.algorithm == 0 || (unsigned)e.algorithm == algorithm);
	nrequests++;
	on_request(id, &e);
}

static void
hear(const struct channel_frame *f)
{
	struct talk_text name;
	uint64_t x;

	switch (f->type) {
	case TALK_SETUP:
		talk_say_ready(&far.channel, &(struct talk_ready){ JOBS,
		    talk_text("none") });
		break;
	case TALK_ALGORITHM:
		assert_int_equal(talk_hear_algorithm(&algorithm, &name, f), 0);
		assert_memory_equal(name.s, "SHA3-256", name.len);
		nalgorithms++;
		break;
	case TALK_REQUEST:
		hear_request(f);
		break;
	case TALK_PING:
		assert_int_equal(talk_hear_number(&x, f), 0);
		assert_in_range(npings, 0, ITEMS - 1);
		pinged[npings++] = ms();
		if (on_ping)
			on_ping(x);
		else
			talk_say_number(&far.channel, TALK_PONG, x);
		break;
	default:
		assert_int_equal(f->type, TALK_BYE);
		nbyes++;
	}
}

static void
hear_all(void)
{
	struct channel_frame f;

	while (far.channel.in >= 0 && far_hear(&f))
		hear(&f);
}

static void
far_turn(void)
{
	const struct talk_hello hello = { TALK_PROTOCOL, talk_text(VERSION) };

	if (++turn == 1) {
		buf_put(&far.channel.unsent, TALK_MARK, TALK_MARK_LEN);
		talk_say_hello(&far.channel, &hello);
	} else {
		hear_all();
		if (act)
			act();
	}
	if (far.channel.out >= 0) {
		quiet = !channel_pending(&far.channel);
		far_send();
	}
}

/* ---- a life ------------------------------------------------------------------- */

static char *argv[] = { (char *)(uintptr_t)"rsh", NULL };
static struct hasher_host host = { "h", 2, argv };
static struct hasher_opts opts = { .hosts = &host, .nhosts = 1,
    .engine = "auto", .directory = "/", .version = VERSION, .dirfd = AT_FDCWD,
    .host_timeout = 1 };
static struct host_line line;
static struct watch_line watch;
static const struct relay_setup setup = { &opts, &line, &watch };

static int
enter(void **state)
{
	(void)state;
	far_begin();
	memset(&pool, 0, sizeof(pool));
	pool.goodbye = -1;
	memset(&line, 0, sizeof(line));
	memset(&watch, 0, sizeof(watch));
	turn = nalgorithms = algorithm = nrequests = npings = nbyes = 0;
	act = NULL;
	on_ping = NULL;
	on_request = answer;
	opts.host_timeout = 1;
	opts.algorithms = algorithms_new();
	if (!opts.algorithms)
		return -1;
	return algorithms_add(opts.algorithms, "sha256") == 0 &&
	    algorithms_add(opts.algorithms, "sha3-256") == 1 ? 0 : -1;
}

static int
leave(void **state)
{
	(void)state;
	far_end();
	algorithms_free(opts.algorithms);
	return 0;
}

static void
again(void **state)
{
	assert_int_equal(leave(state), 0);
	assert_int_equal(enter(state), 0);
}

/* Nothing is left of it. */
static void
assert_closed(void)
{
	struct channel_frame f;

	while (channel_next(&far.channel, &f) == 1)
		;
	if (far.channel.in >= 0)
		assert_int_equal(channel_receive(&far.channel), -1);
	if (far.err >= 0)
		assert_int_equal(write(far.err, "", 1), -1);
}

/* It ends well: it says so, and gives the far end the time to end, too. */
static void
assert_well(void)
{
	assert_int_equal(relay_serve(&setup, 0, NULL), 0);
	hear_all();
	assert_int_equal(nbyes, 1);
	assert_true(pool.goodbye > 0);
	assert_int_equal(line.state, HOST_READY);
	assert_int_equal(pool.resigns, 0);
	assert_int_equal(pool.nanswers, pool.n);
	assert_closed();
}

/* The far end is given up, for this; what it had goes to others. */
static void
assert_lost(const char *why)
{
	assert_int_equal(relay_serve(&setup, 0, NULL), 1);
	assert_string_equal(line.why, why);
	assert_int_equal(line.state, HOST_LOST);
	assert_int_equal(pool.resigns, 1);
	hear_all();
	assert_int_equal(nbyes, 0);
	assert_int_equal(pool.goodbye, -1);
	assert_closed();
}

/* The owner is gone: nobody is told anything. */
static void
assert_left(void)
{
	assert_int_equal(relay_serve(&setup, 0, NULL), 1);
	assert_string_equal(line.why, "");
	assert_int_equal(line.state, HOST_READY);
	assert_int_equal(pool.resigns, 0);
	hear_all();
	assert_int_equal(nbyes, 0);
	assert_int_equal(pool.goodbye, -1);
	assert_closed();
}

static void
no_more(void)
{
	pool.none = -1;
}

static void
test_life(void **state)
{
	(void)state;
	feed(0, false);
	feed(1, false);
	feed(0, false);
	feed(1, false);
	pool.none = 0;
	act = no_more;
	assert_well();
	assert_int_equal(nrequests, 4);
	/* one is told when it first matters, and number 0 was in SETUP */
	assert_int_equal(nalgorithms, 1);
	assert_int_equal(algorithm, 1);
	assert_int_equal(line.files, 4);
	assert_int_equal(line.bytes, 4 * SIZE);
	assert_int_equal(watch.id, PPOOL_OLDEST);
	assert_int_equal(watch.moves, 4);
	assert_int_equal(watch.bytes, 0); /* those are in ALIVE */
	assert_true(pool.flushes > 0);
}

static void
test_nothing_to_do(void **state)
{
	(void)state;
	act = no_more;
	assert_well();
	assert_int_equal(nrequests, 0);
}

static uint64_t held[ITEMS]; /* all that came; those before nfree are answered */
static unsigned nheld, nfree;

static void
hold(uint64_t id, const struct entry *e)
{
	(void)e;
	assert_in_range(id, 0, 2);
	for (unsigned i = nfree; i < nheld; i++)
		assert_true(held[i] != id);
	assert_in_range(nheld, 0, ITEMS - 1);
	held[nheld++] = id;
}

/* One, two or three, and as many are taken. */
static void
answer_some(void)
{
	for (unsigned n = turn % 3 + 1; n && nfree < nheld; n--) {
		answer_later(held[nfree++]);
		if (pool.n < 30)
			feed(0, false);
	}
	pool.none = pool.n < 30 ? 0 : -1;
}

/* Answers come in any order, and numbers are given to others when they are free. */
static void
test_numbers(void **state)
{
	(void)state;
	nheld = nfree = 0;
	on_request = hold;
	act = answer_some;
	for (int i = 0; i < 3; i++)
		feed(0, false);
	assert_well();
	assert_int_equal(nrequests, 30);
}

/* ---- how much ----------------------------------------------------------------- */

static void
assert_ask(unsigned i, int64_t at, unsigned chunks, uint64_t weight,
    uint64_t pace)
{
	assert_in_range(i, 0, pool.nasks - 1);
	assert_int_equal(pool.asks[i].at, at);
	assert_int_equal(pool.asks[i].chunks, chunks);
	assert_true(pool.asks[i].weight == weight);
	assert_true(pool.asks[i].pace == pace);
}

/* Chunks for all workers, each with full lanes. */
static unsigned
full(void)
{
	return JOBS * (engine_widest() + WORKER_AHEAD);
}

static uint64_t
for_ms(uint64_t pace, unsigned n)
{
	return pace / 1000 * n;
}

/* One for each worker, and as much as they may have when the first is answered:
 * for a tenth of a second, as the way there and back took no time. */
static void
test_first_answer(void **state)
{
	(void)state;
	feed(0, false);
	feed(0, false);
	pool.none = -1;
	assert_well();
	assert_int_equal(pool.nasks, 2);
	assert_ask(0, 0, JOBS, 0, PACE);
	assert_ask(1, 0, full(), for_ms(PACE, 100), PACE);
}

static void
end_at_one_second(void)
{
	if (ms() >= 1000)
		no_more();
}

/* Or when half a second has passed. What has nothing to do is no slower for it. */
static void
test_first_look(void **state)
{
	(void)state;
	act = end_at_one_second;
	assert_well();
	assert_int_equal(pool.nasks, 3);
	assert_ask(0, 0, JOBS, 0, PACE);
	assert_ask(1, 500, full(), for_ms(PACE, 100), PACE);
	assert_ask(2, 1000, full(), for_ms(PACE, 100), PACE);
}

/* What takes so long to come back, in ms. */
static const unsigned trips[] = { 40, 60, 10, 20 };

static void
pong_late(uint64_t x)
{
	far.now += trips[(npings - 1) % 4] * FAR_MS;
	talk_say_number(&far.channel, TALK_PONG, x);
}

static void
end_after_four(void)
{
	if (npings == 4 && quiet)
		no_more();
}

/* The shortest way there and back counts, twice. */
static void
test_trip(void **state)
{
	unsigned before = 0;

	(void)state;
	on_ping = pong_late;
	act = end_after_four;
	assert_well();
	for (unsigned i = 1; i < pool.nasks; i++) {
		unsigned trip = pool.asks[i].at < pinged[2] + 10 ? 40 : 10;

		assert_int_equal(pool.asks[i].chunks, full());
		assert_true(pool.asks[i].weight == for_ms(PACE, 2 * trip + 100));
		assert_true(!before || before >= trip);
		before = trip;
	}
	assert_int_equal(before, 10);
}

/* Twice what it is supposed to do in half a second, and then nothing. */
static void
work_in_a_burst(void)
{
	if (quiet && ms() == 250)
		say_alive(PACE);
	if (ms() == 2000 && quiet) {
		answer_later(0);
		no_more();
	}
}

/* Who does more is asked for more at once, who does less for less, by and by. */
static void
test_pace(void **state)
{
	uint64_t pace = PACE / 500 * 1000;

	(void)state;
	feed(0, false);
	on_request = keep;
	act = work_in_a_burst;
	assert_well();
	assert_true(pool.nasks >= 4);
	assert_ask(0, 0, JOBS, 0, PACE);
	assert_ask(1, 500, full(), for_ms(pace, 100), pace);
	for (unsigned i = 2; i < 4; i++) {
		pace -= pace / 4;
		assert_ask(i, 500 * i, full(), for_ms(pace, 100), pace);
	}
}

static void
stop_after_asks(void)
{
	if (pool.nasks >= ASKS - 2)
		far_hang_up();
}

/* However slow, it is asked for something. */
static void
test_slowest(void **state)
{
	(void)state;
	feed(0, false);
	on_request = keep;
	act = stop_after_asks;
	assert_lost("connection lost");
	assert_true(pool.asks[20].pace > WORKER_FILE_WEIGHT);
	assert_true(pool.asks[pool.nasks - 1].pace == WORKER_FILE_WEIGHT);
}

/* ---- what is no PONG --------------------------------------------------------- */

static void
mishear(uint64_t x)
{
	talk_say_number(&far.channel, TALK_PONG, x + 1);
}

static void
say_twice(uint64_t x)
{
	talk_say_number(&far.channel, TALK_PONG, x);
	talk_say_number(&far.channel, TALK_PONG, x);
}

static void
test_pong(void **state)
{
	on_ping = mishear;
	assert_lost("answers nonsense");
	again(state);
	on_ping = say_twice;
	assert_lost("answers nonsense");
}

/* ---- is it alive? ------------------------------------------------------------- */

static void
say_nothing(uint64_t x)
{
	(void)x;
}

/* Nothing is heard for longer than it may be silent. */
static void
test_mute(void **state)
{
	(void)state;
	on_ping = say_nothing;
	assert_lost("not heard of for 1 second");
	assert_int_equal(ms(), 1250);
	assert_int_equal(npings, 1); /* until it is answered */
	again(state);
	opts.host_timeout = 3;
	on_ping = say_nothing;
	assert_lost("not heard of for 3 seconds");
	assert_int_equal(ms(), 3250);
}

static void
live_to_three_seconds(void)
{
	/* just in time */
	if (quiet && ms() % 1000 == 0 && ms() != 0)
		say_alive(0);
	if (ms() >= 3000)
		no_more();
}

static void
test_alive(void **state)
{
	(void)state;
	on_ping = say_nothing;
	act = live_to_three_seconds;
	assert_well();
	assert_int_equal(npings, 1);
}

static void
end_at_three_seconds(void)
{
	if (ms() >= 3000)
		no_more();
}

/* It is asked each second. */
static void
test_pings(void **state)
{
	(void)state;
	act = end_at_three_seconds;
	assert_well();
	assert_in_range(npings, 3, 4);
	for (unsigned i = 0; i < npings; i++)
		assert_int_equal(pinged[i], 1000 * i);
}

/* Only bytes that were not there before are progress. */
static const uint64_t alive_bytes[] = { 7, 7, 7, 9, 8, 8 };
static unsigned alive; /* how many of them were said */

static void
count_bytes(void)
{
	if (alive == sizeof(alive_bytes) / sizeof(alive_bytes[0]))
		no_more();
	else
		say_alive(alive_bytes[alive++]);
}

static void
test_progress(void **state)
{
	(void)state;
	alive = 0;
	act = count_bytes;
	assert_well();
	assert_int_equal(watch.bytes, 9);
	assert_int_equal(watch.moves, 2);
}

static void
answer_late(void)
{
	if (turn > 3)
		assert_true(far.pool == (pool.none == 0));
	if (ms() == 500 && quiet)
		no_more();
	if (ms() == 2000)
		answer_later(0);
}

/* While the pool has no more it is not waited for; what is under way is. Only that
 * counts as busy. */
static void
test_waits(void **state)
{
	(void)state;
	feed(0, false);
	on_request = keep;
	act = answer_late;
	assert_well();
	assert_int_equal(ms(), 2000);
	assert_int_equal(line.busy_ns, 2000 * FAR_MS);
}

static void
test_idle(void **state)
{
	(void)state;
	act = end_at_one_second;
	assert_well();
	assert_int_equal(line.busy_ns, 0);
	assert_true(far.pool);
}

/* ---- the end ------------------------------------------------------------------ */

static void
hang_up_at_one_second(void)
{
	if (ms() >= 1000)
		far_hang_up();
}

/* What was said last is heard, but nothing can be said any more. */
static void
be_deaf(void)
{
	assert_int_equal(shutdown(far.channel.in, SHUT_RD), 0);
	say_alive(1);
	feed(0, false);
}

static void
test_hangs_up(void **state)
{
	act = hang_up_at_one_second;
	assert_lost("connection lost");
	again(state);
	feed(0, false);
	on_request = keep;
	act = hang_up_at_one_second;
	assert_lost("connection lost");
	again(state);
	act = be_deaf;
	assert_lost("connection lost: Broken pipe");
	assert_int_equal(far.polls, 2);
}

/* It never gets that far. */
static void
test_cannot_start(void **state)
{
	(void)state;
	far.start_err = ENOENT;
	assert_lost("cannot be started: No such file or directory");
	assert_int_equal(pool.nasks, 0);
	again(state);
	pool.early = -1;
	assert_int_equal(relay_serve(&setup, 0, NULL), 1);
	assert_int_equal(line.state, HOST_NEW);
	assert_int_equal(pool.resigns, 0);
	assert_int_equal(pool.nasks, 0);
}

/* What it printed at last is for the parent, whatever it was. */
static void
print_and_hang_up(void)
{
	far_print("bye", 3);
	far_hang_up();
}

static void
test_last_words(void **state)
{
	(void)state;
	act = print_and_hang_up;
	assert_lost("connection lost");
	assert_int_equal(line.note_head, 4);
	assert_memory_equal(line.notes, "bye\n", 4);
}

/* Each call that may find the owner gone. */
static void
test_owner_gone(void **state)
{
	pool.bad_ask = 1;
	assert_left();
	assert_int_equal(pool.flushes, 0);
	again(state);
	feed(0, false);
	pool.bad_ask = 2;
	assert_left();
	assert_int_equal(pool.nanswers, 1);
	again(state);
	pool.bad_ask = 2;
	assert_left();
	assert_int_equal(ms(), 500);
	again(state);
	pool.bad_flush = 1;
	assert_left();
	again(state);
	feed(0, false);
	pool.bad_answer = 1;
	assert_left();
	assert_int_equal(pool.nasks, 1);
	again(state);
	feed(0, false);
	feed(0, false);
	pool.bad_answer = 2;
	assert_left();
}

/* ---- answers ------------------------------------------------------------------ */

static enum result_status status;
static bool anonymous;
static enum talk_type type;

static void
answer_so(uint64_t id, const struct entry *e)
{
	struct result r = result_of(e);

	if (status != RESULT_OK)
		(void)result_fail(&r, status, ENOENT);
	r.text = "text";
	if (anonymous)
		r.entry.id = (struct entry_identity){ 0 };
	say(id, type, &r);
	if (type == TALK_PART)
		answer(id, e);
}

/* Of a file that cannot be opened here, either. */
static enum result_status
status_here(void)
{
	switch (status) {
	case RESULT_OPEN:
	case RESULT_STAT:
	case RESULT_TYPE:
	case RESULT_PLACE:
	case RESULT_READ:
		return RESULT_OPEN;
	default:
		return status;
	}
}

/* What a whole file can have, and an archive alone. */
static void
test_statuses(void **state)
{
	static const struct {
		enum result_status status;
		bool file, anonymous, archive, anonymous_archive;
	} cases[] = {
		{ RESULT_OK, true, false, true, false },
		{ RESULT_CHANGED, true, false, true, false },
		{ RESULT_OPENED, false, false, true, false },
		{ RESULT_ARCHIVE, false, false, true, false },
		{ RESULT_OPEN, true, true, true, true },
		{ RESULT_BUSY, true, true, true, true },
		{ RESULT_STAT, true, true, true, true },
		{ RESULT_READ, true, true, true, true },
		{ RESULT_TYPE, true, true, true, true },
		{ RESULT_PLACE, true, true, true, true },
		{ RESULT_REFUSED, false, false, false, false },
		{ RESULT_DIGEST, true, true, true, true },
		{ RESULT_DIED, true, true, true, true },
		{ RESULT_STALLED, true, true, true, true },
		{ RESULT_OUTPUT, false, false, false, false },
		{ RESULT_LINKS, false, false, false, false },
		{ RESULT_ALGORITHM, false, false, false, false },
		{ RESULT_LINK, false, false, false, false },
		{ RESULT_OTHER, false, false, false, false },
		{ RESULT_LISTED, false, false, false, false },
		{ RESULT_BUDGET, false, false, false, false },
	};
	size_t i;

	type = TALK_ANSWER;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const bool good[] = { cases[i].file, cases[i].anonymous,
		    cases[i].archive, cases[i].anonymous_archive };

		for (unsigned n = 0; n < 4; n++) {
			again(state);
			status = cases[i].status;
			anonymous = n & 1;
			feed(0, n & 2);
			pool.none = -1;
			on_request = answer_so;
			if (good[n]) {
				assert_well();
				assert_int_equal(pool.last.status, status_here());
			} else {
				assert_lost("answers nonsense");
				assert_int_equal(pool.nanswers, 0);
			}
		}
	}
	assert_int_equal(i + 1, RESULT_STATUSES); /* LOST is below */
	again(state);
	status = RESULT_LOST;
	feed(0, false);
	on_request = answer_so;
	assert_lost("its workers are gone");
}

/* Members only after what says which archive they are of. */
static bool introduced;

static void
answer_in_parts(uint64_t id, const struct entry *e)
{
	struct result r = result_of(e);

	(void)result_fail(&r, RESULT_OPENED, 0);
	if (introduced)
		say(id, TALK_PART, &r);
	say_part(id);
	say_part(id);
	say(id, TALK_ANSWER, &r);
}

static void
test_parts(void **state)
{
	feed(0, true);
	pool.none = -1;
	introduced = true;
	on_request = answer_in_parts;
	assert_well();
	assert_int_equal(pool.nparts, 2);
	assert_int_equal(pool.last.status, RESULT_OPENED);
	again(state);
	feed(0, true);
	introduced = false;
	on_request = answer_in_parts;
	assert_lost("answers nonsense");
	assert_int_equal(pool.nparts, 0);
	again(state);
	feed(0, false); /* its members are not meant */
	introduced = true;
	on_request = answer_in_parts;
	assert_lost("answers nonsense");
	again(state);
	feed(0, true);
	pool.bad_part = 2;
	on_request = answer_in_parts;
	assert_left();
	again(state);
	feed(0, true);
	type = TALK_PART;
	status = RESULT_OPENED;
	anonymous = true;
	on_request = answer_so;
	assert_lost("answers nonsense");
}

/* Another file than is here. */
static void
answer_other(uint64_t id, const struct entry *e)
{
	struct result r = result_of(e);

	r.entry.id.size++;
	if (type == TALK_PART) {
		(void)result_fail(&r, RESULT_OPENED, 0);
		say(id, TALK_PART, &r);
		say_part(id);
		say(id, TALK_PART, &r);
		say_part(id);
	}
	say(id, TALK_ANSWER, &r);
}

/* None of it is passed on; but for a file that is not here any more: what it has
 * here is said then. */
static void
test_other_file(void **state)
{
	static const enum talk_type types[] = { TALK_ANSWER, TALK_PART };

	for (size_t i = 0; i < 2; i++) {
		again(state);
		type = types[i];
		on_request = answer_other;
		put(NAME, "12345");
		feed_file(type == TALK_PART);
		assert_lost("does not see the same files: " NAME " has another "
		    "size, time or inode there");
		unlink(NAME);
		assert_int_equal(pool.nanswers + pool.nparts, 0);
		again(state);
		on_request = answer_other;
		feed(0, type == TALK_PART);
		pool.none = -1;
		assert_well();
		assert_int_equal(pool.nparts, 0);
		assert_int_equal(pool.last.status, RESULT_OPEN);
		assert_int_equal(pool.last.err, ENOENT);
	}
}

/* Answers to what was not asked, or was answered already. */
static uint64_t wrong_id;

static void
answer_wrong(uint64_t id, const struct entry *e)
{
	if (wrong_id == id)
		answer(id, e);
	answer(wrong_id, e);
}

static void
test_ids(void **state)
{
	static const uint64_t wrong[] = { 1, 2, 3, 1000, UINT32_MAX,
	    UINT64_C(1) << 32, UINT64_MAX };

	feed(0, false);
	wrong_id = 0;
	on_request = answer_wrong;
	assert_lost("answers nonsense");
	assert_int_equal(pool.nanswers, 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		again(state);
		feed(0, false);
		wrong_id = wrong[i];
		on_request = answer_wrong;
		assert_lost("answers nonsense");
		assert_int_equal(pool.nanswers, 0);
	}
}

/* Each kind of frame with a body that is too short. */
static enum talk_type short_type;
static size_t short_len;

static void
say_short(void)
{
	static const char zeros[100];

	buf_put(channel_begin(&far.channel, short_type), zeros, short_len);
	channel_end(&far.channel);
	act = NULL;
}

static void
test_short(void **state)
{
	static const struct {
		enum talk_type type;
		size_t len;
	} cases[] = {
		{ TALK_ANSWER, 7 }, { TALK_ANSWER, 8 }, { TALK_ANSWER, 20 },
		{ TALK_PART, 7 }, { TALK_PART, 8 }, { TALK_PART, 20 },
		{ TALK_ALIVE, 7 }, { TALK_ALIVE, 9 },
		{ TALK_PONG, 7 }, { TALK_PONG, 9 },
		{ TALK_HELLO, 8 }, { TALK_BYE, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		again(state);
		feed(0, true);
		on_request = keep;
		on_ping = say_nothing;
		short_type = cases[i].type;
		short_len = cases[i].len;
		act = say_short;
		assert_lost("answers nonsense");
		assert_int_equal(pool.nanswers + pool.nparts, 0);
	}
	again(state);
	short_type = TALK_REFUSED;
	short_len = 3;
	act = say_short;
	assert_lost("does not speak as phash does");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_life),
		CASE(test_nothing_to_do),
		CASE(test_numbers),
		CASE(test_first_answer),
		CASE(test_first_look),
		CASE(test_trip),
		CASE(test_pace),
		CASE(test_slowest),
		CASE(test_pong),
		CASE(test_mute),
		CASE(test_alive),
		CASE(test_pings),
		CASE(test_progress),
		CASE(test_waits),
		CASE(test_idle),
		CASE(test_hangs_up),
		CASE(test_cannot_start),
		CASE(test_last_words),
		CASE(test_owner_gone),
		CASE(test_statuses),
		CASE(test_parts),
		CASE(test_other_file),
		CASE(test_ids),
		CASE(test_short),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as in a relay */
	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
