#include "mode/newlist.h"

#include <string.h>

#include "base/buf.h"
#include "digest/algorithm.h"
#include "digest/digest.h"
#include "hasher/result.h"
#include "mode/tags.h"
#include "options.h"
#include "record/manifest.h"

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

void
newlist_begin(struct newlist *l, const struct options *o, const char *path,
    struct algorithms *a, int n)
{
	const struct digest *d;

	if (!l->has_form)
		l->algorithm = n;
	d = algorithms_digest(a, l->algorithm);
	l->told = d && tags_is_told(path, digest_tag(d), digest_size(d),
	    newlist_base64(l, o));
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

/* Is the name to have "./" in front? */
static bool
newlist_dots(const struct newlist *l, const struct newlist_file *file)
{
	const struct entry *e = &file->r->entry;

	if (e->len == 1 && *e->name == '-')
		return e->kind != ENTRY_STDIN;
	return l->has_dots && newlist_may_have_dots(e->name, e->len) ?
	    l->dots : file->dotted;
}

void
newlist_put(const struct newlist *l, const struct options *o,
    const struct newlist_file *file, struct buf *out)
{
	struct format f = newlist_format(l, o, file->r->entry.algorithm);
	struct result r = *file->r;
	struct buf path = BUF_INIT;

	if (newlist_dots(l, file)) {
		buf_puts(&path, "./");
		buf_put(&path, r.entry.name, r.entry.len);
		r.entry.name = buf_str(&path);
		r.entry.len = path.len;
	}
	f.tag = file->tag;
	format_result(&f, &r, out);
	buf_release(&path);
}
