/*
 * A directory is the part of a name up to a slash, with it; the top has no
 * bytes. Those that the last name lies in are levels, each within the one before
 * it. In bytewise order all names below a directory follow each other, so a level
 * has seen all of them when the first name comes that is not below it.
 */
#include "record/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Levels; what lies deeper is taken for what the last of them has itself. */
#define DEPTH 256

/* A directory that is being passed through. */
struct level {
	size_t end;       /* bytes of the last name that are it */
	size_t lines;     /* s->nlines before it */
	uint64_t total;   /* names below it */
	uint64_t n[VERDICTS];
	uint64_t left[VERDICTS]; /* of n: those that no line explains */
};

struct line {
	enum verdict verdict;
	bool rest;        /* what the others of the verdict leave */
	bool more;        /* of what is below it, others have a part */
	struct buf dir;   /* of a rest, the directory of all, or the name */
	uint64_t total;   /* names below it */
	uint64_t n;       /* names that it is for */
};

struct summary {
	const struct verdict_rules *rules;
	uint64_t least[VERDICTS]; /* names that make a line */
	struct buf last;  /* the last name */
	struct level levels[DEPTH]; /* the first is the top */
	size_t nlevels;
	struct line *lines;
	size_t nlines, linescap;
};

static void
level_open(struct summary *s, size_t end)
{
	s->levels[s->nlevels++] = (struct level){ .end = end,
	    .lines = s->nlines };
}

struct summary *
summary_new(const struct verdict_rules *rules, const struct verdict_counts *c)
{
	struct summary *s;

	if (verdict_wrong(rules, c) <= SUMMARY_SCREEN)
		return NULL;
	s = mem_zalloc(1, sizeof(*s));
	s->rules = rules;
	for (int v = 0; v < VERDICTS; v++) {
		uint64_t n = c->listed[v] + c->found[v];

		s->least[v] = n > 8 ? n / 4 + (n % 4 != 0) : 2;
	}
	level_open(s, 0);
	return s;
}

void
summary_free(struct summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nlines; i++)
		buf_release(&s->lines[i].dir);
	buf_release(&s->last);
	free(s->lines);
	free(s);
}

static struct line *
line_add(struct summary *s, enum verdict v, const char *dir, size_t len)
{
	struct line *line;

	s->lines = mem_grow(s->lines, &s->linescap, s->nlines + 1,
	    sizeof(*s->lines));
	line = &s->lines[s->nlines++];
	*line = (struct line){ .verdict = v };
	buf_put(&line->dir, dir, len);
	return line;
}

/* How many lines of a verdict there are from number i on. */
static size_t
lines_of(const struct summary *s, enum verdict v, size_t i)
{
	size_t n = 0;

	for (; i < s->nlines; i++)
		n += s->lines[i].verdict == v;
	return n;
}

/* Drops the lines of a verdict from number i on. */
static void
lines_drop(struct summary *s, enum verdict v, size_t i)
{
	size_t to = i;

	for (; i < s->nlines; i++) {
		if (s->lines[i].verdict == v)
			buf_release(&s->lines[i].dir);
		else
			s->lines[to++] = s->lines[i];
	}
	s->nlines = to;
}

/* ---- the directories ----------------------------------------------------------- */

/* Do nine tenths of what is below l have the verdict, and more of it than one
 * line has that is further down? */
static bool
level_is_whole(const struct summary *s, const struct level *l, enum verdict v)
{
	return l->n[v] >= s->least[v] && l->total - l->n[v] <= l->total / 10 &&
	    (l->left[v] || lines_of(s, v, l->lines) > 1);
}

/* Makes the innermost level a line, if it explains the verdict. */
static void
level_judge(struct summary *s, struct level *l, enum verdict v)
{
	if (level_is_whole(s, l, v))
		lines_drop(s, v, l->lines);
	else if (l->left[v] < s->least[v])
		return;
	line_add(s, v, s->last.data, l->end)->total = l->total;
	l->left[v] = 0;
}

/* Closes the innermost level, whose names the one around it has, too. */
static void
level_close(struct summary *s)
{
	struct level *l = &s->levels[--s->nlevels];

	for (int v = 0; v < VERDICTS; v++) {
		if (verdict_is_wrong(s->rules, (enum verdict)v))
			level_judge(s, l, (enum verdict)v);
		if (s->nlevels) {
			l[-1].n[v] += l->n[v];
			l[-1].left[v] += l->left[v];
		}
	}
	if (s->nlevels)
		l[-1].total += l->total;
}

/* How many bytes at the beginning of a name are a directory that the other name
 * is in, too? */
static size_t
common(const struct buf *a, const char *name, size_t len)
{
	size_t end = 0;

	for (size_t i = 0; i < len && i < a->len && a->data[i] == name[i]; i++)
		if (name[i] == '/')
			end = i + 1;
	return end;
}

void
summary_find(struct summary *s, enum verdict v, const char *name, size_t len)
{
	size_t end = common(&s->last, name, len);
	struct level *l;

	while (s->levels[s->nlevels - 1].end > end)
		level_close(s);
	buf_clear(&s->last);
	buf_put(&s->last, name, len);
	for (size_t i = end; i < len && s->nlevels < DEPTH; i++)
		if (name[i] == '/')
			level_open(s, i + 1);
	l = &s->levels[s->nlevels - 1];
	l->total++;
	l->n[v]++;
	l->left[v]++;
}

void
summary_found(struct summary *s)
{
	while (s->nlevels)
		level_close(s);
}

/* ---- who is in which ------------------------------------------------------------ */

/* The line that a name belongs to: of the deepest directory, or the rest. */
static struct line *
line_of(struct summary *s, enum verdict v, const char *name, size_t len)
{
	struct line *best = NULL;

	for (struct line *l = s->lines; l < s->lines + s->nlines; l++) {
		if (l->verdict != v || (!l->rest && (l->dir.len > len ||
		    (l->dir.len && memcmp(l->dir.data, name, l->dir.len) != 0))))
			continue;
		if (!best || best->rest ||
		    (!l->rest && l->dir.len > best->dir.len))
			best = l;
	}
	return best;
}

/* Marks the lines that a name is below of, and that are not the one it is in. */
static void
mark_others(struct summary *s, const struct line *in, const char *name,
    size_t len)
{
	for (struct line *l = s->lines; l < s->lines + s->nlines; l++)
		l->more |= l != in && l->verdict == in->verdict && !l->rest &&
		    l->dir.len <= len && (!l->dir.len ||
		    memcmp(l->dir.data, name, l->dir.len) == 0);
}

void
summary_place(struct summary *s, enum verdict v, const char *name, size_t len)
{
	struct line *l;

	if (!verdict_is_wrong(s->rules, v))
		return;
	l = line_of(s, v, name, len);
	if (!l) {
		l = line_add(s, v, name, len);
		l->rest = true;
		l->more = lines_of(s, v, 0) > 1;
	} else if (l->rest) {
		l->dir.len = common(&l->dir, name, len);
	}
	l->n++;
	mark_others(s, l, name, len);
}

/* ---- lines ---------------------------------------------------------------------- */

/* Does a stand before b? */
static bool
is_before(const struct line *a, const struct line *b)
{
	if (a->verdict != b->verdict)
		return a->verdict < b->verdict;
	if (a->rest != b->rest)
		return b->rest;
	if (a->more != b->more)
		return b->more;
	return a->n != b->n ? a->n > b->n : a < b;
}

/* The line that has n before it; NULL: there are not so many. */
static const struct line *
line_at(const struct summary *s, size_t n)
{
	const struct line *end = s->lines + s->nlines;

	for (const struct line *l = s->lines; l < end; l++) {
		size_t before = 0;

		for (const struct line *k = s->lines; k < end; k++)
			before += k != l && is_before(k, l);
		if (before == n)
			return l;
	}
	return NULL;
}

static void
put_number(struct buf *out, const struct line *l)
{
	if (l->more || l->rest)
		buf_printf(out, "%" PRIu64 "%s file%s", l->n,
		    l->more ? " more" : "", l->n == 1 ? "" : "s");
	else if (l->n == l->total)
		buf_printf(out, "all %" PRIu64 " files", l->n);
	else
		buf_printf(out, "%" PRIu64 " of %" PRIu64 " files", l->n,
		    l->total);
}

bool
summary_line(const struct summary *s, size_t n, struct buf *out, void *cookie,
    void (*put)(void *cookie, struct buf *out, const char *name, size_t len))
{
	const struct line *l = line_at(s, n);
	size_t len;

	if (!l)
		return false;
	buf_printf(out, "%s: ", verdict_word(l->verdict));
	if (l->rest && l->n == 1) {
		put(cookie, out, l->dir.data, l->dir.len);
		return true;
	}
	put_number(out, l);
	len = l->dir.len;
	if (len) {
		buf_puts(out, l->verdict == VERDICT_MOVED ? " from below " :
		    " below ");
		/* without the slash, unless it is all */
		put(cookie, out, l->dir.data, len - (len > 1));
	}
	return true;
}
