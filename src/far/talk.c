#include "far/talk.h"

#include <string.h>

#include "base/buf.h"
#include "base/little.h"
#include "far/channel.h"

struct talk_text
talk_text(const char *s)
{
	return (struct talk_text){ s, strlen(s) };
}

bool
talk_is_same(const struct talk_hello *a, const struct talk_hello *b)
{
	return a->protocol == b->protocol && a->version.len == b->version.len &&
	    !memcmp(a->version.s, b->version.s, a->version.len);
}

/* ---- saying ------------------------------------------------------------------- */

static void
put32(struct buf *out, uint32_t x)
{
	unsigned char b[4];

	(void)little_put32(b, x);
	buf_put(out, b, sizeof(b));
}

static void
put64(struct buf *out, uint64_t x)
{
	unsigned char b[8];

	(void)little_put64(b, x);
	buf_put(out, b, sizeof(b));
}

static void
put_text(struct buf *out, const struct talk_text *t)
{
	put32(out, (uint32_t)t->len);
	buf_put(out, t->s, t->len);
}

static void
put_hello(struct buf *out, const struct talk_hello *h)
{
	put32(out, h->protocol);
	put_text(out, &h->version);
}

void
talk_say_hello(struct channel *c, const struct talk_hello *h)
{
	put_hello(channel_begin(c, TALK_HELLO), h);
	channel_end(c);
}

void
talk_say_setup(struct channel *c, const struct talk_setup *s)
{
	struct buf *out = channel_begin(c, TALK_SETUP);

	put_hello(out, &s->hello);
	put_text(out, &s->algorithm);
	put_text(out, &s->directory);
	put_text(out, &s->engine);
	put32(out, s->jobs);
	put32(out, s->chunk);
	put32(out, s->timeout);
	put32(out, s->silence);
	buf_putc(out, s->twice);
	put64(out, s->limit);
	channel_end(c);
}

void
talk_say_ready(struct channel *c, const struct talk_ready *r)
{
	struct buf *out = channel_begin(c, TALK_READY);

	put32(out, r->jobs);
	put_text(out, &r->engine);
	channel_end(c);
}

void
talk_say_refused(struct channel *c, const char *why)
{
	const struct talk_text t = talk_text(why);

	put_text(channel_begin(c, TALK_REFUSED), &t);
	channel_end(c);
}

void
talk_say_algorithm(struct channel *c, unsigned number, const char *name)
{
	const struct talk_text t = talk_text(name);
	struct buf *out = channel_begin(c, TALK_ALGORITHM);

	buf_putc(out, (char)number);
	put_text(out, &t);
	channel_end(c);
}

void
talk_say_number(struct channel *c, enum talk_type type, uint64_t x)
{
	put64(channel_begin(c, type), x);
	channel_end(c);
}

void
talk_say_bye(struct channel *c)
{
	(void)channel_begin(c, TALK_BYE);
	channel_end(c);
}

void
talk_say_item(struct channel *c, enum talk_type type, uint64_t id,
    const void *p, size_t n)
{
	struct buf *out = channel_begin(c, type);

	put64(out, id);
	buf_put(out, p, n);
	channel_end(c);
}

/* ---- hearing ------------------------------------------------------------------ */

/* What is left of a body; bad: more was asked for than there was. */
struct body {
	const unsigned char *at, *end;
	bool bad;
};

static struct body
body_of(const struct channel_frame *f)
{
	return (struct body){ .at = f->body, .end = f->body + f->n };
}

static bool
has(struct body *b, size_t n)
{
	b->bad |= (size_t)(b->end - b->at) < n;
	return !b->bad;
}

static unsigned
get8(struct body *b)
{
	return has(b, 1) ? *b->at++ : 0;
}

static uint32_t
get32(struct body *b)
{
	return has(b, 4) ? little_get32(&b->at) : 0;
}

static uint64_t
get64(struct body *b)
{
	return has(b, 8) ? little_get64(&b->at) : 0;
}

static struct talk_text
get_text(struct body *b)
{
	struct talk_text t = { "", get32(b) };

	if (!has(b, t.len))
		return (struct talk_text){ "", 0 };
	t.s = (const char *)b->at;
	b->at += t.len;
	/* nobody has a name with NUL */
	b->bad |= memchr(t.s, '\0', t.len) != NULL;
	return t;
}

/* All of it was read, and not more. */
static int
ended(const struct body *b)
{
	return b->bad || b->at != b->end ? -1 : 0;
}

static struct talk_hello
get_hello(struct body *b)
{
	struct talk_hello h = { .protocol = get32(b) };

	h.version = get_text(b);
	return h;
}

/* Of another protocol it may have any other body. */
int
talk_hear_hello(struct talk_hello *h, const struct channel_frame *f)
{
	struct body b = body_of(f);

	*h = get_hello(&b);
	return b.bad || (h->protocol == TALK_PROTOCOL && b.at != b.end) ? -1 :
	    0;
}

/* Likewise. */
int
talk_hear_setup(struct talk_setup *s, const struct channel_frame *f)
{
	struct body b = body_of(f);

	*s = (struct talk_setup){ .hello = get_hello(&b) };
	if (!b.bad && s->hello.protocol != TALK_PROTOCOL)
		return 0;
	s->algorithm = get_text(&b);
	s->directory = get_text(&b);
	s->engine = get_text(&b);
	s->jobs = get32(&b);
	s->chunk = get32(&b);
	s->timeout = get32(&b);
	s->silence = get32(&b);
	s->twice = get8(&b) != 0;
	s->limit = get64(&b);
	return ended(&b);
}

int
talk_hear_ready(struct talk_ready *r, const struct channel_frame *f)
{
	struct body b = body_of(f);

	r->jobs = get32(&b);
	r->engine = get_text(&b);
	return ended(&b);
}

int
talk_hear_text(struct talk_text *why, const struct channel_frame *f)
{
	struct body b = body_of(f);

	*why = get_text(&b);
	return ended(&b);
}

int
talk_hear_algorithm(unsigned *number, struct talk_text *name,
    const struct channel_frame *f)
{
	struct body b = body_of(f);

	*number = get8(&b);
	*name = get_text(&b);
	return ended(&b);
}

int
talk_hear_number(uint64_t *x, const struct channel_frame *f)
{
	struct body b = body_of(f);

	*x = get64(&b);
	return ended(&b);
}

int
talk_hear_item(uint64_t *id, const unsigned char **p, size_t *n,
    const struct channel_frame *f)
{
	struct body b = body_of(f);

	*id = get64(&b);
	*p = b.at;
	*n = (size_t)(b.end - b.at);
	return b.bad ? -1 : 0;
}
