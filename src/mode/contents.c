#include "mode/contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hasher/result.h"
#include "record/table.h"
#include "source/filter.h"

/* In owner: number of the archive + 1, 0 where it is no member; and bits. */
#define CONTENTS_DOUBLE (UINT64_C(1) << 63)
#define CONTENTS_LOST (UINT64_C(1) << 62)
#define CONTENTS_OPEN (UINT64_C(1) << 61)
#define CONTENTS_UNWANTED (UINT64_C(1) << 60)
#define CONTENTS_ID (CONTENTS_UNWANTED - 1)

void
contents_release(struct contents *c)
{
	free(c->owner);
	buf_release(&c->name);
	c->owner = NULL;
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

/* What a link is to has come before it. */
static void
contents_follow(struct contents *c, const struct entry *archive,
    struct result *link)
{
	struct result to;
	uint64_t n;

	contents_name(c, archive, link->text, strlen(link->text));
	n = table_find(c->table, c->name.data, c->name.len);
	if (n == UINT64_MAX || !contents_has(c, n) ||
	    !table_get(c->table, n, &to))
		return;
	link->status = to.status;
	link->code = to.code;
	link->text = to.text;
	link->size = to.size;
	link->digestlen = to.digestlen;
	memcpy(link->digest, to.digest, to.digestlen);
}

/* The owner of number n, which is new to c. */
static uint64_t *
contents_owner(struct contents *c, uint64_t n)
{
	size_t had = c->cap;

	if (n >= had) {
		c->owner = mem_grow(c->owner, &c->cap, (size_t)n + 1,
		    sizeof(*c->owner));
		memset(c->owner + had, 0, (c->cap - had) * sizeof(*c->owner));
	}
	return &c->owner[n];
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
	const uint64_t id = member->entry.cookie + 1;
	struct result r = *member;
	uint64_t n, *owner;
	bool is_new;

	*contents_owner(c, member->entry.cookie) |= CONTENTS_OPEN;
	if (r.status == RESULT_LINK)
		contents_follow(c, r.archive, &r);
	contents_name(c, r.archive, r.entry.name, r.entry.len);
	n = table_add(c->table, c->name.data, c->name.len, &is_new);
	owner = contents_owner(c, n);
	/* the content of a compressed file may have its very name */
	if (is_new || (!(*owner & CONTENTS_ID) && n == member->entry.cookie)) {
		*owner |= id;
		if (!contents_is_wanted(c, &r.entry))
			*owner |= CONTENTS_UNWANTED;
		(void)table_set(c->table, n, &r); /* it has none yet */
	} else if (!(*owner & CONTENTS_ID)) {
		*owner |= CONTENTS_LOST; /* it is a file's */
	} else {
		*owner |= (*owner & CONTENTS_ID) == id ? CONTENTS_DOUBLE :
		    CONTENTS_LOST;
		if ((*owner & CONTENTS_ID) <= id) {
			*owner = id | (*owner & ~CONTENTS_ID);
			table_replace(c->table, n, &r);
		}
	}
}

bool
contents_has(const struct contents *c, uint64_t n)
{
	return n < c->cap && (c->owner[n] & CONTENTS_ID);
}

bool
contents_wants(const struct contents *c, uint64_t n)
{
	return n >= c->cap || !(c->owner[n] & CONTENTS_UNWANTED);
}

bool
contents_is_open(const struct contents *c, uint64_t n)
{
	return n < c->cap && (c->owner[n] & CONTENTS_OPEN);
}

const char *
contents_clash(const struct contents *c, uint64_t n, bool *lost)
{
	uint64_t owner = n < c->cap ? c->owner[n] : 0;

	*lost = owner & CONTENTS_LOST;
	if (*lost)
		return "a member of another archive has this name, too, and "
		    "has no line (--archive-prefix)";
	if (owner & CONTENTS_DOUBLE)
		return "more than one member has this name: it is the last one's "
		    "digest";
	return NULL;
}
