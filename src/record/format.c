#include "record/format.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "hasher/result.h"
#include "record/code.h"
#include "record/json.h"
#include "record/mtree.h"
#include "record/name.h"
#include "record/text.h"
#include "record/vis.h"

#define FORMAT_PATH_MAX 4096 /* as PATH_MAX of Linux, wherever this runs */

static void
put_name(const struct result *r, bool escaped, struct buf *out)
{
	if (escaped)
		name_escape(out, r->entry.name, r->entry.len);
	else
		buf_put(out, r->entry.name, r->entry.len);
}

static void
put_sum(const struct format *f, const struct result *r, struct buf *out)
{
	bool escaped = f->end == '\n' &&
	    name_needs_escape(r->entry.name, r->entry.len);

	if (escaped)
		buf_putc(out, '\\');
	if (f->kind == FORMAT_TAGGED) {
		buf_puts(out, f->tag);
		buf_put(out, " (", 2);
		put_name(r, escaped, out);
		buf_put(out, ") = ", 4);
		code_put(out, r->digest, r->digestlen, f->base64);
	} else {
		code_put(out, r->digest, r->digestlen, f->base64);
		buf_put(out, f->binary ? " *" : "  ", 2);
		put_name(r, escaped, out);
	}
	buf_putc(out, f->end);
}

static void
put_identity(const struct result *r, struct buf *out)
{
	const struct entry_identity *id = &r->entry.id;

	if (!entry_is_known(&r->entry))
		return;
	json_put_number(out, "device", id->dev);
	json_put_number(out, "inode", id->ino);
	json_put_signed(out, "mtime", id->mtime);
	json_put_signed(out, "ctime", id->ctime);
	if (r->entry.given > 0)
		json_put_signed(out, "read", r->entry.given);
}

static void
put_object(const struct format *f, const struct result *r, struct buf *out)
{
	struct buf reason = BUF_INIT;

	buf_putc(out, '{');
	json_put_path(out, "path", r->entry.name, r->entry.len);
	json_put_text(out, "algorithm", f->tag);
	if (r->status == RESULT_OK) {
		json_put_bytes(out, "digest", r->digest, r->digestlen,
		    f->base64);
		json_put_number(out, "size", r->size);
		if (f->identity)
			put_identity(r, out);
	} else {
		result_reason(r, &reason);
		json_put_text(out, "error", buf_str(&reason));
	}
	buf_putc(out, '}');
	buf_putc(out, f->end);
	buf_release(&reason);
}

/* ---- mtree ------------------------------------------------------------------- */

/* A path with a slash: one without would be in the directory that a line before
 * it is about. */
static void
put_path(struct buf *out, const char *name, size_t len)
{
	if (text_begins_with(name, len, "/")) {
		buf_puts(out, "\\057");
		name++;
		len--;
	} else if (!text_begins_with(name, len, "./") &&
	    !text_begins_with(name, len, "../")) {
		buf_puts(out, "./");
	}
	vis_put(out, name, len);
}

/* Does mtree(8) know a directory by this part of a path? */
static bool
is_plain(const char *part, size_t len)
{
	return len && strncmp(part, "..", len) != 0; /* "." is none, too */
}

/* How many bytes both begin with. */
static size_t
common(const struct buf *dir, const char *name, size_t len)
{
	size_t n = 0;

	while (n < dir->len && n < len && dir->data[n] == name[n])
		n++;
	return n;
}

/* Names the directories on the way to a file that the last one was not in, unless
 * they are deeper than any that mtree(8) can be in. */
static void
put_dirs(struct buf *dir, const char *name, size_t len, struct buf *out)
{
	size_t part = text_begins_with(name, len, "./") ? 2 : 0, i;
	size_t named = common(dir, name, len);
	bool plain = !text_begins_with(name, len, "/");

	for (i = part; i < len; i++) {
		if (name[i] != '/')
			continue;
		plain &= i < FORMAT_PATH_MAX && is_plain(name + part, i - part);
		part = i + 1;
		if (!plain || part <= named)
			continue;
		put_path(out, name, i);
		buf_puts(out, " type=dir\n");
	}
	buf_clear(dir);
	buf_put(dir, name, part);
}

static void
put_time(struct buf *out, int64_t ns)
{
	int64_t s = ns / 1000000000, rest = ns % 1000000000;

	/* as struct timespec has it */
	if (rest < 0) {
		rest += 1000000000;
		s--;
	}
	buf_printf(out, " time=%" PRId64 ".%09" PRId64, s, rest);
}

static void
put_specification(const struct format *f, const struct result *r,
    struct buf *out)
{
	const struct entry_identity *id = &r->entry.id;

	put_dirs(f->dir, r->entry.name, r->entry.len, out);
	if (f->identity && entry_is_known(&r->entry))
		buf_printf(out, "# device=%" PRIu64 " inode=%" PRIu64 " mtime=%"
		    PRId64 " ctime=%" PRId64 " read=%" PRId64 "\n", id->dev,
		    id->ino, id->mtime, id->ctime, r->entry.given);
	put_path(out, r->entry.name, r->entry.len);
	buf_printf(out, " type=file size=%" PRIu64, r->size);
	if (S_ISREG(id->mode))
		buf_printf(out, " mode=%04o", (unsigned)id->mode & 07777);
	if (S_ISREG(id->mode) && id->mtime != ENTRY_NO_TIME)
		put_time(out, id->mtime);
	buf_printf(out, " %sdigest=", mtree_keyword(f->tag));
	code_put(out, r->digest, r->digestlen, false);
	buf_putc(out, '\n');
}

/* ---- all --------------------------------------------------------------------- */

bool
format_can(const struct format *f)
{
	return f->kind != FORMAT_MTREE || mtree_keyword(f->tag);
}

bool
format_has_name(const struct format *f, const struct result *r)
{
	return f->kind != FORMAT_MTREE || r->entry.kind != ENTRY_STDIN ||
	    r->entry.len != 1;
}

void
format_begin(const struct format *f, struct buf *out)
{
	if (f->kind == FORMAT_MTREE)
		buf_puts(out, "#mtree\n. type=dir\n");
}

void
format_result(const struct format *f, const struct result *r, struct buf *out)
{
	if (f->kind == FORMAT_JSON)
		put_object(f, r, out);
	else if (r->status != RESULT_OK)
		return;
	else if (f->kind == FORMAT_MTREE)
		put_specification(f, r, out);
	else
		put_sum(f, r, out);
}
