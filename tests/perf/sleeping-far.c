/*
 * sleeping-far.c - a far end that sleeps instead of hashing, so that two cores can
 * stand for many machines (hosts-sim.sh).
 *
 *     sleeping-far DELAY FILE RATE --serve
 *
 * What is said takes DELAY microseconds each way; a file takes its one worker FILE
 * microseconds, and one more for RATE bytes. Its digests are zeros.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/entry.h"
#include "base/mem.h"
#include "base/version.h"
#include "far/channel.h"
#include "far/talk.h"
#include "hasher/result.h"
#include "hasher/wire.h"

/* What will be said, and when. */
struct later {
	int64_t at;
	enum talk_type type;
	uint64_t id;
	uint64_t size;  /* of an answer's file */
	size_t n;
	unsigned char bytes[WIRE_ANSWER_MAX];
};

static struct channel channel;
/* Of answers and of all else: each in the order of its times. */
static struct queue {
	struct later *v;
	size_t first, n, cap;
} answers, others;

static int64_t delay, per_file, busy;
static double rate;
static uint64_t bytes;

static struct later *
queue_add(struct queue *q)
{
	if (q->first > 4096 && q->first > q->n / 2) {
		memmove(q->v, q->v + q->first,
		    (q->n - q->first) * sizeof(*q->v));
		q->n -= q->first;
		q->first = 0;
	}
	q->v = mem_grow(q->v, &q->cap, q->n + 1, sizeof(*q->v));
	return &q->v[q->n++];
}

static int64_t
queue_next(const struct queue *q)
{
	return q->first < q->n ? q->v[q->first].at : INT64_MAX;
}

static void
request(const struct channel_frame *f, int64_t now)
{
	struct later *l = queue_add(&answers);
	struct result r = { .status = RESULT_OK, .digestlen = 64 };
	struct entry_root root;
	const unsigned char *p;
	struct entry e;
	struct stat st;
	size_t n;

	if (talk_hear_item(&l->id, &p, &n, f) < 0 ||
	    wire_get_request(&e, &root, p, n) < 0)
		exit(3);
	if (stat(e.name, &st) == 0) {
		r.entry.id = entry_identity(&st);
		r.size = r.entry.id.size;
	} else {
		(void)result_fail(&r, RESULT_OPEN, errno);
	}
	l->type = TALK_ANSWER;
	l->size = r.size;
	l->n = wire_put_answer(l->bytes, &r);
	if (busy < now + delay)
		busy = now + delay;
	busy += per_file + (int64_t)((double)r.size / rate * 1000);
	l->at = busy + delay;
}

static void
hear(int64_t now)
{
	struct channel_frame f;
	struct later *l;

	if (channel_receive(&channel) < 0)
		exit(0);
	while (channel_next(&channel, &f) == 1) {
		if (f.type == TALK_REQUEST)
			request(&f, now);
		if (f.type == TALK_PING) {
			l = queue_add(&others);
			l->type = TALK_PONG;
			l->at = now + 2 * delay;
			(void)talk_hear_number(&l->id, &f);
		}
		if (f.type == TALK_BYE)
			exit(0);
	}
}

static void
say(struct queue *q, int64_t now)
{
	for (; queue_next(q) <= now; q->first++) {
		const struct later *l = &q->v[q->first];

		if (l->type == TALK_PONG)
			talk_say_number(&channel, TALK_PONG, l->id);
		else
			talk_say_item(&channel, l->type, l->id, l->bytes, l->n);
		bytes += l->size;
	}
}

static void
begin(void)
{
	const struct talk_hello hello = { TALK_PROTOCOL,
	    talk_text(PHASH_VERSION) };
	struct channel_frame f;
	struct talk_setup s;
	char *dir;

	channel_init(&channel, STDIN_FILENO, STDOUT_FILENO);
	buf_put(&channel.unsent, TALK_MARK, TALK_MARK_LEN);
	talk_say_hello(&channel, &hello);
	(void)channel_send(&channel);
	while (channel_next(&channel, &f) != 1)
		if (channel_receive(&channel) < 0)
			exit(3);
	if (talk_hear_setup(&s, &f) < 0)
		exit(3);
	dir = mem_dup(s.directory.s, s.directory.len);
	if (chdir(dir) < 0)
		exit(3);
	free(dir);
	talk_say_ready(&channel, &(struct talk_ready){ 1, talk_text("sleep") });
	(void)channel_send(&channel);
}

int
main(int argc, char **argv)
{
	int64_t told = 0;

	if (argc < 4) {
		(void)fprintf(stderr, "usage: sleeping-far DELAY FILE RATE\n");
		return 2;
	}
	delay = atoll(argv[1]) * 1000;
	per_file = atoll(argv[2]) * 1000;
	rate = atof(argv[3]);
	begin();
	for (;;) {
		struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
		int64_t now = clock_ns(), next = queue_next(&answers), wait;
		struct timespec t;

		if (queue_next(&others) < next)
			next = queue_next(&others);
		if (told + CLOCK_SECOND / 5 < next)
			next = told + CLOCK_SECOND / 5;
		/* a millisecond's answers go together */
		wait = next - now < 1000000 ? 1000000 : next - now;
		t = (struct timespec){ .tv_sec = wait / CLOCK_SECOND,
		    .tv_nsec = wait % CLOCK_SECOND };
		if (ppoll(&p, 1, &t, NULL) > 0)
			hear(clock_ns());
		now = clock_ns();
		say(&answers, now);
		say(&others, now);
		if (now - told >= CLOCK_SECOND / 5) {
			talk_say_number(&channel, TALK_ALIVE, bytes);
			told = now;
		}
		if (channel_send(&channel) < 0)
			return 0;
	}
}
