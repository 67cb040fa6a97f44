#include "mode/contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hasher/result.h"
#include "record/table.h"
#include "source/filter.h"

enum {
	DOUBLE = 1,   /* several members have the name */
	UNWANTED = 2,
	REPLACED = 4  /* by a later one of another spelling */
};

struct contents *
contents_new(const struct contents_rules *rules)
{
	struct contents *c = mem_zalloc(1, sizeof(*c));

	c->table = table_new();
	c->rules = *rules;
	if (rules->stamps)
		table_keep_stamps(c->table);
	return c;
}

void
contents_free(struct contents *c)
{
	if (!c)
		return;
	table_free(c->table);
	free(c->flags);
	buf_release(&c->name);
	free(c);
}

/* What a compressed file is called without its compression. */
static const struct ending {
	const char *is, *becomes;
} endings[] = {
	{ ".gz", "" }, { ".bz2", "" }, { ".xz", "" }, { ".zst", "" },
	{ ".lz4", "" }, { ".lz", "" }, { ".lzma", "" }, { ".lzo", "" },
	{ ".Z", "" }, { ".tgz", ".tar" }, { ".tbz2", ".tar" },
	{ ".txz", ".tar" }, { ".tzst", ".tar" }, { ".tlz", ".tar" },
};

static void
contents_put_bare(struct buf *out, const char *name, size_t len)
{
	size_t i, n;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		n = strlen(endings[i].is);
		/* a name is left, in its directory */
		if (len <= n || name[len - n - 1] == '/' ||
		    memcmp(name + len - n, endings[i].is, n) != 0)
			continue;
		buf_put(out, name, len - n);
		buf_puts(out, endings[i].becomes);
		return;
	}
	buf_put(out, name, len);
}

/* The name of a member; "" is that of a compressed file's content. */
static void
contents_name(struct contents *c, const struct entry *archive, const char *name,
    size_t len)
{
	const char *own = archive->name;
	const char *slash = strrchr(own, '/');

	buf_clear(&c->name);
	if (c->rules.prefix) {
		buf_put(&c->name, own, archive->len);
		buf_putc(&c->name, '!');
	}
	if (len) {
		buf_put(&c->name, name, len);
		return;
	}
	/* as gunzip(1) has it, which leaves it in the same directory */
	if (c->rules.prefix && slash)
		own = slash + 1;
	contents_put_bare(&c->name, own,
	    archive->len - (size_t)(own - archive->name));
}

/* The number of a member that is the same file when it is extracted, with "./" in
 * front or without; UINT64_MAX: there is none. */
static uint64_t
contents_find_other(struct contents *c, const struct entry *archive,
    const char *name, size_t len)
{
	if (len > 2 && !memcmp(name, "./", 2)) {
		contents_name(c, archive, name + 2, len - 2);
	} else {
		contents_name(c, archive, "./", 2);
		buf_put(&c->name, name, len);
	}
	return table_find(c->table, c->name.data, c->name.len);
}

uint64_t
contents_find(struct contents *c, const struct entry *archive,
    const char *name, size_t len)
{
	uint64_t n, other = contents_find_other(c, archive, name, len);

	contents_name(c, archive, name, len);
	n = table_find(c->table, c->name.data, c->name.len);
	return n == UINT64_MAX || (c->flags[n] & REPLACED) ? other : n;
}

/* What a link is to has come before it. */
static void
contents_follow(struct contents *c, const struct entry *archive,
    struct result *link)
{
	struct result to;
	uint64_t n = contents_find(c, archive, link->text,
	    strlen(link->text));

	if (n == UINT64_MAX)
		return;
	(void)table_get(c->table, n, &to);
	link->status = to.status;
	link->code = to.code;
	link->text = to.text;
	link->size = to.size;
	link->digestlen = to.digestlen;
	memcpy(link->digest, to.digest, to.digestlen);
}

/* The file itself, though without its compression, is what the user named. */
static bool
contents_is_wanted(const struct contents *c, const struct entry *member)
{
	return !c->rules.filter || !member->len ||
	    filter_wants_listed(c->rules.filter, member->name, 0);
}

void
contents_add(struct contents *c, const struct result *member)
{
	struct result r = *member, old;
	uint64_t n, other;
	bool is_new;

	if (r.status == RESULT_LINK)
		contents_follow(c, r.archive, &r);
	if (!r.entry.len) /* it is all of the archive */
		r.entry.kind = r.archive->kind;
	c->others += r.status == RESULT_OTHER;
	other = r.entry.len ? contents_find_other(c, r.archive, r.entry.name,
	    r.entry.len) : UINT64_MAX;
	contents_name(c, r.archive, r.entry.name, r.entry.len);
	n = table_add(c->table, c->name.data, c->name.len, &is_new);
	c->flags = mem_grow(c->flags, &c->cap, (size_t)n + 1, 1);
	if (is_new)
		c->flags[n] = contents_is_wanted(c, &r.entry) ? 0 : UNWANTED;
	if (other != UINT64_MAX && !(c->flags[other] & REPLACED)) {
		c->flags[other] |= REPLACED;
		c->flags[n] |= DOUBLE;
	}
	if (is_new) {
		(void)table_set(c->table, n, &r);
		return;
	}
	c->flags[n] &= (unsigned char)~REPLACED;
	/* directories come twice, and nobody minds */
	(void)table_get(c->table, n, &old);
	if (r.status != RESULT_OTHER || old.status != RESULT_OTHER)
		c->flags[n] |= DOUBLE;
	table_replace(c->table, n, &r);
}

bool
contents_get(const struct contents *c, uint64_t n, struct result *r)
{
	(void)table_get(c->table, n, r);
	return r->status != RESULT_OTHER &&
	    !(c->flags[n] & (UNWANTED | REPLACED));
}

bool
contents_is_double(const struct contents *c, uint64_t n)
{
	return c->flags[n] & DOUBLE;
}
