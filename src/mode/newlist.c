#include "mode/newlist.h"

#include <string.h>

#include "base/buf.h"
#include "base/outfile.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "hasher/result.h"
#include "mode/run.h"
#include "mode/tags.h"
#include "options/options.h"
#include "record/compare.h"
#include "record/format.h"
#include "record/manifest.h"
#include "record/side.h"

/* Might a name that is not dotted have been printed with "./" in front? Not an
 * absolute one, nor one that leads up. */
static bool
newlist_may_have_dots(const char *name, size_t len)
{
	return len && *name != '/' && !(len >= 2 && !memcmp(name, "..", 2) &&
	    (len == 2 || name[2] == '/'));
}

static bool
newlist_keeps_form(const struct newlist *l, const struct options *o)
{
	return l->has_form && !o->format_given;
}

static bool
newlist_base64(const struct newlist *l, const struct options *o)
{
	return o->base64 || (newlist_keeps_form(l, o) && l->base64);
}

void
newlist_see(struct newlist *l, const struct manifest_entry *e, int n)
{
	if (!l->has_form) {
		l->has_form = true;
		l->kind = e->form;
		l->base64 = e->base64;
		l->algorithm = n;
	}
	if (!l->has_plain && e->form == FORMAT_UNTAGGED) {
		l->has_plain = true;
		l->binary = e->binary;
	}
	if (!l->has_dots && newlist_may_have_dots(e->name, e->len)) {
		l->has_dots = true;
		l->dots = e->len > 2 && !memcmp(e->name, "./", 2);
	}
}

const char *
newlist_refusal(const struct newlist *l, const struct options *o,
    const char *tag)
{
	const struct format f = { .kind = FORMAT_MTREE, .tag = tag };

	if (!newlist_has_stamps(l, o))
		return NULL;
	if (o->base64)
		return "a specification of mtree has digests in hex: --base64 "
		    "does not go with it";
	return format_can(&f) ? NULL : "a specification of mtree has no keyword "
	    "for its algorithm";
}

bool
newlist_has_stamps(const struct newlist *l, const struct options *o)
{
	return (newlist_keeps_form(l, o) ? l->kind : o->format) ==
	    FORMAT_MTREE;
}

static struct format
newlist_format(const struct newlist *l, const struct options *o, int n)
{
	struct format f = {
		.kind = newlist_keeps_form(l, o) ? l->kind : o->format,
		.base64 = newlist_base64(l, o),
		.binary = newlist_keeps_form(l, o) && l->binary,
		.end = o->zero ? '\0' : '\n',
	};

	/* without a tag it would be read as what it is not */
	if (f.kind == FORMAT_UNTAGGED && (!l->told || n != l->algorithm))
		f.kind = FORMAT_TAGGED;
	return f;
}

/* Is the name to have "./" in front? dotted: it was found with that. */
static bool
newlist_dots(const struct newlist *l, const struct entry *e, bool dotted)
{
	if (e->len == 1 && *e->name == '-')
		return e->kind != ENTRY_STDIN;
	return l->has_dots && newlist_may_have_dots(e->name, e->len) ?
	    l->dots : dotted;
}

/* 0, or -1 where it has no name. */
static int
newlist_put(const struct newlist *l, const struct format *f, struct result *r,
    bool dotted, struct buf *out)
{
	struct buf path = BUF_INIT;
	bool named;

	if (newlist_dots(l, &r->entry, dotted)) {
		buf_puts(&path, "./");
		buf_put(&path, r->entry.name, r->entry.len);
		r->entry.name = buf_str(&path);
		r->entry.len = path.len;
	}
	named = format_has_name(f, r);
	if (named)
		format_result(f, r, out);
	buf_release(&path);
	return named ? 0 : -1;
}

static void
newlist_put_all(const struct newlist *l, const struct run *run,
    const struct tags *tags, const struct compare *c, struct outfile *list)
{
	struct compare_cursor t = { .i = 0 };
	struct buf dir = BUF_INIT;
	struct format f = newlist_format(l, run->o, l->algorithm);
	struct result r;

	format_begin(&f, &list->lines);
	while (!list->lost && compare_file(c, &t, &r)) {
		f = newlist_format(l, run->o, r.entry.algorithm);
		f.tag = tags_name(tags, r.entry.algorithm);
		f.dir = &dir;
		if (!format_can(&f)) {
			outfile_lose(list, "mtree has no keyword for the "
			    "algorithm");
			break;
		}
		if (newlist_put(l, &f, &r, side_is_dotted(c->have,
		    r.entry.cookie), &list->lines) < 0)
			outfile_lose(list, FORMAT_NAMELESS);
		outfile_more(list);
	}
	buf_release(&dir);
}

/* The old list has been read; the new one is written to path. */
static void
newlist_begin(struct newlist *l, const struct run *run,
    const struct compare *c, const char *path)
{
	const struct digest *d;

	if (!l->has_form)
		l->algorithm = compare_algorithm(c, COMPARE_NONE);
	d = algorithms_digest(run->algorithms, l->algorithm);
	l->told = d && tags_is_told(path, d->tag, d->size,
	    newlist_base64(l, run->o));
}

const char *
newlist_forgets(const struct compare *c, bool unseen)
{
	const struct verdict_counts *n = &c->counts;

	if (n->listed[VERDICT_UNREADABLE] ||
	    n->found[VERDICT_UNREADABLE] || unseen)
		return "not everything could be read";
	if (n->refused || n->lines.malformed)
		return "lines of the list were not understood or refused";
	if (compare_has_further(c))
		return "names are listed with several algorithms";
	return c->hashed ? NULL : "no file was found";
}

int
newlist_write(struct newlist *l, const struct run *run,
    const struct tags *tags, const struct compare *c, const char *path)
{
	struct outfile list = { .lost = false };
	int rc = -1;

	if (run_open_update(run, &list, path) == 0) {
		newlist_begin(l, run, c, path);
		newlist_put_all(l, run, tags, c, &list);
		rc = outfile_commit(&list, path);
	}
	outfile_release(&list);
	return rc;
}
