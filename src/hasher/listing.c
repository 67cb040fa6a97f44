#include "hasher/listing.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/little.h"
#include "hasher/wire.h"

#define COUNTS (4 * 8)

/* Room for the kind of a record, n bytes and a name, of which kind and name are
 * written; returns where the n bytes go. */
static unsigned char *
put_record(struct buf *b, char kind, size_t n, const char *name, size_t len)
{
	unsigned char *p = (unsigned char *)buf_reserve(b, 1 + n + 4 + len + 1);
	unsigned char *at = p + 1, *to;

	*p = (unsigned char)kind;
	to = little_put32(at + n, (uint32_t)len);
	memcpy(to, name, len);
	to[len] = '\0';
	b->len += 1 + n + 4 + len + 1;
	return at;
}

void
listing_put_entry(struct buf *b, const struct entry *e)
{
	if (e->kind == ENTRY_TREE) {
		(void)put_record(b, 'd', 0, e->name, e->len);
		return;
	}
	(void)wire_put_identity(put_record(b, 'f', WIRE_IDENTITY, e->name,
	    e->len), &e->id);
}

void
listing_put_error(struct buf *b, const char *path, size_t len, int err)
{
	(void)little_put32(put_record(b, 'e', 4, path, len), (uint32_t)err);
}

void
listing_put_counts(struct buf *b, const struct walk_counts *c)
{
	unsigned char *p = (unsigned char *)buf_reserve(b, 1 + COUNTS);

	*p++ = 'c';
	p = little_put64(p, c->links);
	p = little_put64(p, c->specials);
	p = little_put64(p, c->own);
	(void)little_put64(p, c->dirs);
	b->len += 1 + COUNTS;
}

/* Is it a path from dir downwards, no component of which is empty or leads back? */
static bool
is_below(const struct entry *dir, const char *name, size_t len)
{
	size_t at = dir->len, n;

	if (len <= at || memcmp(name, dir->name, at) != 0)
		return false;
	if (name[at - 1] != '/' && name[at++] != '/')
		return false;
	for (;; at += n + 1) {
		n = strcspn(name + at, "/");
		if (!n || (n <= 2 && !strncmp(name + at, "..", n)))
			return false;
		if (at + n == len)
			return true;
	}
}

static int
get_name(struct entry *e, const unsigned char **from, const unsigned char *end)
{
	size_t len;

	if (end - *from < 4)
		return -1;
	len = little_get32(from);
	if ((size_t)(end - *from) <= len ||
	    memchr(*from, '\0', len + 1) != *from + len)
		return -1;
	e->name = (const char *)*from;
	e->len = len;
	*from += len + 1;
	return 0;
}

static int
get_counts(struct walk_counts *c, const unsigned char **from,
    const unsigned char *end)
{
	if (end - *from != COUNTS)
		return -1;
	c->links = little_get64(from);
	c->specials = little_get64(from);
	c->own = little_get64(from);
	c->dirs = little_get64(from);
	return 0;
}

int
listing_get(struct listing_record *r, const unsigned char **from,
    const unsigned char *end)
{
	if (*from == end)
		return -1;
	memset(r, 0, sizeof(*r));
	r->what = LISTING_ENTRY;
	switch (*(*from)++) {
	case 'f':
		if (end - *from < WIRE_IDENTITY)
			return -1;
		r->entry.id = wire_get_identity(from);
		r->entry.kind = ENTRY_FOUND;
		break;
	case 'd':
		r->entry.kind = ENTRY_TREE;
		break;
	case 'e':
		if (end - *from < 4)
			return -1;
		r->what = LISTING_ERROR;
		r->err = (int)little_get32(from);
		if (!r->err || r->err < WALK_LINKS)
			return -1;
		break;
	case 'c':
		r->what = LISTING_COUNTS;
		return get_counts(&r->counts, from, end);
	default:
		return -1;
	}
	return get_name(&r->entry, from, end);
}

/* Of what is below dir; or, an error, of dir itself? */
static bool
is_of(const struct entry *dir, const struct listing_record *r)
{
	const struct entry *e = &r->entry;

	return r->what == LISTING_COUNTS || is_below(dir, e->name, e->len) ||
	    (r->what == LISTING_ERROR && e->len == dir->len &&
	    !memcmp(e->name, dir->name, e->len));
}

bool
listing_is_right(const struct entry *dir, const void *p, size_t n)
{
	const unsigned char *from = p, *end = from + n;
	struct listing_record r;

	do
		if (listing_get(&r, &from, end) < 0 || !is_of(dir, &r))
			return false;
	while (r.what != LISTING_COUNTS);
	return true;
}
