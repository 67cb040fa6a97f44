#include "mode/archives.h"

#include <stdlib.h>

#include "base/mem.h"
#include "hasher/result.h"
#include "mode/contents.h"
#include "mode/run.h"
#include "options/options.h"
#include "record/table.h"

struct archives_open {
	struct archives_open *next;
	uint64_t cookie;
	struct contents contents;
};

/* Where the archive of that cookie is, or would go. */
static struct archives_open **
archives_place(struct archives *as, uint64_t cookie)
{
	struct archives_open **o = &as->open;

	while (*o && (*o)->cookie != cookie)
		o = &(*o)->next;
	return o;
}

static void
archives_drop(struct archives_open **place)
{
	struct archives_open *o = *place;

	*place = o->next;
	table_free(o->contents.table);
	contents_release(&o->contents);
	free(o);
}

void
archives_release(struct archives *as)
{
	while (as->open)
		archives_drop(&as->open);
}

void
archives_add(struct archives *as, const struct result *member)
{
	struct archives_open **o = archives_place(as, member->entry.cookie);
	struct result m = *member;

	if (!*o) {
		*o = mem_zalloc(1, sizeof(**o));
		(*o)->cookie = member->entry.cookie;
		(*o)->contents.table = table_new();
		(*o)->contents.rules = as->rules;
	}
	m.entry.cookie = 0; /* the table has no row for the archive */
	contents_add(&(*o)->contents, &m);
}

const struct contents *
archives_contents(const struct archives *as, uint64_t cookie)
{
	const struct archives_open *o = as->open;

	while (o && o->cookie != cookie)
		o = o->next;
	return o ? &o->contents : NULL;
}

void
archives_close(struct archives *as, uint64_t cookie)
{
	struct archives_open **o = archives_place(as, cookie);

	if (*o)
		archives_drop(o);
}

struct contents_rules
archives_rules(const struct run *run)
{
	const struct options *o = run->o;
	bool several = o->noperands > 1 || o->nlists ||
	    o->archive == OPTIONS_ARCHIVE_RECURSIVE;

	return (struct contents_rules){
		.prefix = o->archive_prefix == OPTIONS_ALWAYS ||
		    (o->archive_prefix == OPTIONS_AUTO && several),
		.filter = run->filter,
	};
}
