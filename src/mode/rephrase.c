#include "mode/rephrase.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/quote.h"
#include "options/options.h"
#include "record/compare.h"
#include "record/scope.h"

/* Appends what a path means in the directory that path holds so far. */
static void
rephrase_join(struct buf *path, const char *name)
{
	if (*name == '/')
		buf_clear(path);
	else if (path->len && path->data[path->len - 1] != '/')
		buf_putc(path, '/');
	buf_puts(path, name);
}

/* Are names of a in b, when dir is put before them? */
static bool
rephrase_finds(const struct table *a, const struct table *b, const char *dir)
{
	struct buf prefix = BUF_INIT, room = BUF_INIT;
	size_t len, found = 0;
	const char *plain;

	buf_puts(&prefix, dir);
	rephrase_join(&prefix, "");
	len = prefix.len;
	plain = scope_plain(&room, buf_str(&prefix), &len);
	/* the current directory is before every name already */
	if (len && strcmp(plain, ".") != 0)
		found = compare_behind(a, b, plain, len);
	buf_release(&prefix);
	buf_release(&room);
	return found > 0;
}

static void
rephrase_word(struct buf *out, const char *before, const char *word)
{
	buf_puts(out, before);
	quote_shell(out, word, strlen(word));
}

/* Appends the command, with the first n of -C and one word more. */
static void
rephrase_command(const struct options *o, size_t n, const char *before,
    const char *word, struct buf *out)
{
	rephrase_word(out, "? (phash --audit=", o->audit);
	for (size_t i = 0; i < n; i++)
		rephrase_word(out, " -C ", o->directories.v[i]);
	rephrase_word(out, before, word);
	buf_putc(out, ')');
}

static const char rephrase_text[] =
    "no name is both listed and found: did you mean ";

/* -C, in the place of the operand? */
static bool
rephrase_with(const struct options *o, const struct table *want,
    const struct table *have, struct buf *out)
{
	if (o->noperands != 1 || !rephrase_finds(want, have, o->operands[0]))
		return false;
	buf_puts(out, rephrase_text);
	rephrase_word(out, "-C ", o->operands[0]);
	rephrase_command(o, o->directories.n, " -C ", o->operands[0], out);
	return true;
}

/* The operand without -C but for the first n of them? */
static bool
rephrase_without(const struct options *o, size_t n, const struct table *want,
    const struct table *have, struct buf *out)
{
	const char *operand = o->noperands ? o->operands[0] : ".";
	struct buf dir = BUF_INIT;
	bool found;

	for (size_t i = n; i < o->directories.n; i++)
		rephrase_join(&dir, o->directories.v[i]);
	found = rephrase_finds(have, want, buf_str(&dir));
	if (found) {
		if (strcmp(operand, ".") != 0)
			rephrase_join(&dir, operand);
		buf_puts(out, rephrase_text);
		rephrase_word(out, "", buf_str(&dir));
		buf_puts(out, " without -C");
		rephrase_command(o, n, " ", buf_str(&dir), out);
	}
	buf_release(&dir);
	return found;
}

void
rephrase(const struct options *o, const struct table *want,
    const struct table *outside, const struct table *have, struct buf *out)
{
	size_t n = o->directories.n;

	if (rephrase_with(o, want, have, out) || o->noperands > 1)
		return;
	while (n--)
		if (rephrase_without(o, n, want, have, out) ||
		    rephrase_without(o, n, outside, have, out))
			return;
}
