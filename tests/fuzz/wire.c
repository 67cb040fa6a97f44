/*
 * What workers and far ends say, and what is said to them, into hasher/wire,
 * far/channel and far/talk: see README beside this file.
 *
 * An input is a byte that chooses who reads it, a byte for that reader, and what
 * it is to read. What must hold, beyond that nothing is touched outside it:
 *
 *   - what is taken lies in what was sent, and is a name or a text, with no NUL
 *     but the one at its end;
 *   - what is taken and said again is what was sent, but for what nobody reads;
 *   - a channel gives the same frames however their bytes come.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/little.h"
#include "far/channel.h"
#include "far/talk.h"
#include "hasher/listing.h"
#include "hasher/wire.h"

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
lies_in(const void *text, size_t len, const uint8_t *p, size_t n)
{
	const uint8_t *at = text;

	return at >= p && at <= p + n && len <= (size_t)(p + n - at);
}

/* A text of len bytes with its NUL, in the n bytes at p. */
static void
must_be_text(const char *text, size_t len, const uint8_t *p, size_t n)
{
	must(lies_in(text, len + 1, p, n), "a text lies in what was sent");
	must(strlen(text) == len, "and ends in its one NUL");
}

/* ---- requests --------------------------------------------------------------- */

static void
request(const uint8_t *p, size_t n)
{
	unsigned char head[WIRE_HEAD];
	struct entry_root root;
	struct entry e;

	if (wire_get_request(&e, &root, p, n) < 0)
		return;
	must_be_text(e.name, e.len, p, n);
	must(wire_name(p, n, e.len) == e.name, "a name is found again");
	must(e.name + e.len + 1 == (const char *)p + n, "it is the last");
	must(e.kind < ENTRY_KINDS, "there is such a kind");
	must(!e.root || (e.root == &root &&
	    root.below <= e.len + (e.kind == ENTRY_TREE)),
	    "a root is part of the name");
	wire_put_head(head, &e);
	must(head[2] == (p[2] != 0), "members are meant or not");
	must(!memcmp(head, p, 2), "kind and algorithm survive");
	must(!memcmp(head + 3, p + 3, (e.root ? 8 : 6) * 8),
	    "identity and root survive");
}

/* ---- answers ---------------------------------------------------------------- */

/* The listing of a directory, which is the listing of what is read of it. */
static void
listing(const struct result *r, const uint8_t *p, size_t n)
{
	const struct entry dir = { .name = "d", .len = 1, .kind = ENTRY_TREE };
	const unsigned char *from = (const unsigned char *)r->text;
	const unsigned char *end = from + r->size;
	struct listing_record rec = { .what = LISTING_ENTRY };
	struct buf again = BUF_INIT;

	must(lies_in(from, (size_t)r->size, p, n) && end == p + n,
	    "a listing is the rest of what was sent");
	if (!listing_is_right(&dir, from, (size_t)r->size))
		return;
	while (rec.what != LISTING_COUNTS) {
		must(listing_get(&rec, &from, end) == 0,
		    "a right listing is read");
		if (rec.what != LISTING_COUNTS)
			must_be_text(rec.entry.name, rec.entry.len, p, n);
		if (rec.what == LISTING_ENTRY)
			listing_put_entry(&again, &rec.entry);
		else if (rec.what == LISTING_ERROR)
			listing_put_error(&again, rec.entry.name,
			    rec.entry.len, rec.err);
		else
			listing_put_counts(&again, &rec.counts);
	}
	must(from == end, "counts are the last");
	must(again.len == r->size && !memcmp(again.data, r->text, again.len),
	    "a listing survives");
	buf_release(&again);
}

/* Cut where the text is longer than an answer may have. */
static void
answer(const uint8_t *p, size_t n, size_t digestlen)
{
	unsigned char again[WIRE_ANSWER_MAX];
	struct result r = { .status = RESULT_OK };
	size_t len, text = 0;

	if (wire_get_answer(&r, digestlen, p, n) < 0)
		return;
	must(r.status < RESULT_STATUSES, "there is such a status");
	must(r.digestlen == (r.status == RESULT_OK ? digestlen : 0),
	    "a digest has its size");
	if (r.status == RESULT_LISTED) {
		listing(&r, p, n);
		return;
	}
	must(!r.text == (r.status != RESULT_ARCHIVE), "an archive has a text");
	if (r.text) {
		text = strlen(r.text);
		must_be_text(r.text, text, p, n);
	}
	must(!wire_is_opened(p, n) || r.status == RESULT_OPENED,
	    "a first part is an answer");
	len = wire_put_answer(again, &r);
	must(len <= sizeof(again), "an answer has room");
	if (text >= WIRE_TEXT_MAX) {
		must(len == n - text + WIRE_TEXT_MAX - 1 && !again[len - 1],
		    "a long text is cut");
		n = len - 1;
	}
	must(!memcmp(again, p, 13), "status, code and size survive");
	if (r.entry.id.mode)
		must(!memcmp(again + 13, p + 13, 44), "the identity survives");
	must(!memcmp(again + 57, p + 57, n - 57), "digest and text survive");
}

static void
part(const uint8_t *p, size_t n, size_t digestlen)
{
	struct result r = { .status = RESULT_OK };
	size_t len;
	void *again;

	if (wire_get_part(&r, digestlen, p, n) < 0)
		return;
	must_be_text(r.entry.name, r.entry.len, p, n);
	must_be_text(r.text, strlen(r.text), p, n);
	must(r.digestlen == (r.status == RESULT_OK ? digestlen : 0),
	    "a digest has its size");
	again = wire_new_part(&r, &len);
	must(again && len == n && !memcmp(again, p, n), "a part survives");
	free(again);
}

/* ---- frames ----------------------------------------------------------------- */

static char *
new_text(const struct talk_text *t)
{
	char *text = malloc(t->len + 1);

	must(text != NULL, "there is memory");
	memcpy(text, t->s, t->len);
	text[t->len] = '\0';
	must(strlen(text) == t->len, "a text has no NUL");
	return text;
}

static bool
say_refused(struct channel *c, const struct channel_frame *f)
{
	struct talk_text why;
	char *text;

	if (talk_hear_text(&why, f) < 0)
		return false;
	text = new_text(&why);
	talk_say_refused(c, text);
	free(text);
	return true;
}

static bool
say_algorithm(struct channel *c, const struct channel_frame *f)
{
	struct talk_text name;
	unsigned number;
	char *text;

	if (talk_hear_algorithm(&number, &name, f) < 0)
		return false;
	text = new_text(&name);
	talk_say_algorithm(c, number, text);
	free(text);
	return true;
}

static bool
say_hello(struct channel *c, const struct channel_frame *f)
{
	struct talk_hello h;

	if (talk_hear_hello(&h, f) < 0)
		return false;
	talk_say_hello(c, &h);
	return h.protocol == TALK_PROTOCOL;
}

/* Whether files are read twice is any byte but 0. */
static bool
say_setup(struct channel *c, const struct channel_frame *f)
{
	struct talk_setup s;

	if (talk_hear_setup(&s, f) < 0)
		return false;
	talk_say_setup(c, &s);
	return s.hello.protocol == TALK_PROTOCOL &&
	    (!s.twice || f->body[f->n - 9] == 1);
}

static bool
say_ready(struct channel *c, const struct channel_frame *f)
{
	struct talk_ready r;

	if (talk_hear_ready(&r, f) < 0)
		return false;
	talk_say_ready(c, &r);
	return true;
}

static bool
say_number(struct channel *c, const struct channel_frame *f)
{
	uint64_t x;

	if (talk_hear_number(&x, f) < 0)
		return false;
	talk_say_number(c, (enum talk_type)f->type, x);
	return true;
}

static bool
say_item(struct channel *c, const struct channel_frame *f)
{
	const unsigned char *p;
	uint64_t id;
	size_t n;

	if (talk_hear_item(&id, &p, &n, f) < 0)
		return false;
	must(lies_in(p, n, f->body, f->n), "an item lies in its frame");
	talk_say_item(c, (enum talk_type)f->type, id, p, n);
	return true;
}

/* Says on c what the frame says. False: it says nothing that is read whole. */
static bool
say_again(struct channel *c, const struct channel_frame *f)
{
	switch (f->type) {
	case TALK_HELLO:
		return say_hello(c, f);
	case TALK_SETUP:
		return say_setup(c, f);
	case TALK_READY:
		return say_ready(c, f);
	case TALK_REFUSED:
		return say_refused(c, f);
	case TALK_ALGORITHM:
		return say_algorithm(c, f);
	case TALK_PING:
	case TALK_PONG:
	case TALK_ALIVE:
		return say_number(c, f);
	case TALK_REQUEST:
	case TALK_PART:
	case TALK_ANSWER:
		return say_item(c, f);
	default:
		return false;
	}
}

/* The frame that begins at p, of which it is known to be whole. */
static void
check_frame(const struct channel_frame *f, const uint8_t *p)
{
	struct channel back;

	must(f->type == p[4] && !memcmp(f->body, p + 5, f->n),
	    "a frame is what was sent");
	channel_init(&back, -1, -1);
	if (say_again(&back, f))
		must(channel_pending(&back) == f->n + 5 &&
		    !memcmp(back.unsent.data, p, f->n + 5),
		    "a frame survives");
	channel_release(&back);
}

/* Takes frames from *p on, of which the bytes before end were received. */
static bool
take_frames(struct channel *c, const uint8_t **p, const uint8_t *end)
{
	struct channel_frame f;

	for (;;) {
		const uint8_t *at = *p;
		int rc = channel_next(c, &f);
		uint32_t n;

		if (end - at < 4) {
			must(rc == 0, "a length is not there yet");
			return true;
		}
		n = little_get32(&at);
		must((rc < 0) == (!n || n > CHANNEL_FRAME_MAX),
		    "only a length is wrong");
		if (rc < 0)
			return false;
		must(rc == ((size_t)(end - at) >= n), "a whole frame comes");
		if (rc == 0)
			return true;
		must(f.n == n - 1, "it has its length");
		check_frame(&f, *p);
		*p = at + n;
	}
}

static const uint8_t *
find_mark(const uint8_t *p, const uint8_t *end)
{
	for (; (size_t)(end - p) >= TALK_MARK_LEN; p++)
		if (!memcmp(p, TALK_MARK, TALK_MARK_LEN))
			return p;
	return NULL;
}

/* The n bytes come in pieces; with mark, frames begin after one. */
static void
stream(const uint8_t *p, size_t n, size_t piece, bool mark)
{
	const uint8_t *start = p, *sent = p, *end = p + n;
	bool found = !mark, good = true;
	struct channel c;
	size_t before;
	int fds[2];

	must(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0, "there is a pipe");
	channel_init(&c, fds[0], -1);
	while (good && sent < end) {
		size_t some = (size_t)(end - sent) < piece ?
		    (size_t)(end - sent) : piece;

		must(write(fds[1], sent, some) == (ssize_t)some, "it has room");
		sent += some;
		must(channel_receive(&c) == 1, "what came is received");
		if (!found) {
			const uint8_t *at = find_mark(start, sent);

			found = channel_find(&c, TALK_MARK, TALK_MARK_LEN,
			    &before);
			must(found == (at != NULL), "a mark is found");
			must(before == (size_t)((at ? at : sent) - start),
			    "it is the first");
			p = found ? start + before + TALK_MARK_LEN : p;
		}
		if (found)
			good = take_frames(&c, &p, sent);
	}
	must(channel_receive(&c) == 0, "nothing more came");
	(void)close(fds[1]);
	must(channel_receive(&c) == -1 && errno == 0, "it has an end");
	channel_release(&c);
	(void)close(fds[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { REQUEST, ANSWER, PART, STREAM, MARKED };
	size_t digestlen;

	if (size < 2 || size > 4096)
		return 0;
	digestlen = data[1] % (DIGEST_MAX + 1);
	switch (data[0] % 5) {
	case REQUEST:
		request(data + 2, size - 2);
		break;
	case ANSWER:
		answer(data + 2, size - 2, digestlen);
		break;
	case PART:
		part(data + 2, size - 2, digestlen);
		break;
	default:
		stream(data + 2, size - 2, data[1] + (size_t)1,
		    data[0] % 5 == MARKED);
		break;
	}
	return 0;
}
