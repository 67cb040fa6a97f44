#include "record/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/quote.h"
#include "hasher/result.h"
#include "record/json.h"

/* The size must be the listed one too: a list with the right digest and another
 * size is wrong about the file. */
static bool
is_wanted(const struct manifest_want *want, const struct result *r)
{
	return want->digestlen && want->digestlen == r->digestlen &&
	    !memcmp(want->digest, r->digest, r->digestlen) &&
	    (!want->has_size || want->size == r->size);
}

static bool
is_gone(const struct result *r)
{
	return r->status == RESULT_OPEN && r->err == ENOENT;
}

enum verdict_check
verdict_check(const struct verdict_rules *rules,
    const struct manifest_want *want, const struct result *r)
{
	if (r->status == RESULT_OK)
		return is_wanted(want, r) ? VERDICT_OK : VERDICT_FAILED;
	return rules->ignore_missing && is_gone(r) ? VERDICT_IGNORED :
	    VERDICT_UNREADABLE;
}

void
verdict_count_line(struct verdict_lines *lines, enum manifest_kind kind)
{
	switch (kind) {
	case MANIFEST_ENTRY:
	case MANIFEST_SKIP:
		return;
	case MANIFEST_MALFORMED:
	case MANIFEST_HASHDEEP:
	case MANIFEST_SFV:
		break;
	case MANIFEST_NUL:
		lines->nul++;
		break;
	case MANIFEST_NO_DIGEST:
		lines->no_digest++;
		break;
	}
	lines->malformed++;
}

static bool
is_silent(const struct verdict_rules *rules, enum verdict_check verdict)
{
	return rules->status || verdict == VERDICT_IGNORED ||
	    (rules->quiet && verdict == VERDICT_OK);
}

void
verdict_check_line(const struct verdict_rules *rules,
    enum verdict_check verdict, const char *name, size_t len, char end,
    struct buf *out)
{
	static const char *const texts[VERDICT_CHECKS] = {
		": OK", ": FAILED", ": FAILED open or read", NULL
	};

	if (is_silent(rules, verdict))
		return;
	if (end)
		quote_message(out, name, len);
	else
		buf_put(out, name, len);
	buf_puts(out, texts[verdict]);
	buf_putc(out, end);
}

/* The members that say in which way a file differs from its entry. */
static void
put_json_differs(const struct manifest_want *want, const struct result *found,
    struct buf *out)
{
	if (found->status == RESULT_OK) {
		json_put_bytes(out, "digest", found->digest, found->digestlen,
		    false);
		json_put_number(out, "size", found->size);
	}
	if (want->digestlen)
		json_put_bytes(out, "expected_digest", want->digest,
		    want->digestlen, false);
	if (want->has_size)
		json_put_number(out, "expected_size", want->size);
}

void
verdict_check_json(const struct verdict_rules *rules,
    const struct verdict_checked *c, char end, struct buf *out)
{
	static const char *const words[VERDICT_CHECKS] = {
		"OK", "FAILED", "UNREADABLE", NULL
	};

	if (is_silent(rules, c->verdict))
		return;
	buf_putc(out, '{');
	json_put_text(out, "verdict", words[c->verdict]);
	json_put_path(out, "path", c->name, c->len);
	if (c->algorithm)
		json_put_text(out, "algorithm", c->algorithm);
	if (c->verdict == VERDICT_FAILED)
		put_json_differs(c->want, c->found, out);
	if (c->reason)
		json_put_text(out, "error", c->reason);
	buf_putc(out, '}');
	buf_putc(out, end);
}

bool
verdict_malformed(const struct verdict_rules *rules, const struct manifest *m,
    const char *list, struct buf *out)
{
	if (!rules->warn)
		return false;
	quote_message(out, list, strlen(list));
	buf_printf(out, ": %" PRIu64 ": improperly formatted %s checksum line",
	    m->line, m->tag);
	return true;
}

const char *
verdict_other_list(enum manifest_kind kind)
{
	switch (kind) {
	case MANIFEST_ENTRY:
	case MANIFEST_SKIP:
	case MANIFEST_MALFORMED:
	case MANIFEST_NUL:
	case MANIFEST_NO_DIGEST:
		break;
	case MANIFEST_HASHDEEP:
		return "a list of hashdeep, which phash does not read";
	case MANIFEST_SFV:
		return "a list of SFV (CRC-32), which phash does not read";
	}
	return NULL;
}

static uint64_t
sum(const uint64_t *counts, size_t n)
{
	uint64_t total = 0;

	while (n--)
		total += counts[n];
	return total;
}

static void
put_list(struct buf *out, const char *list, const char *text)
{
	quote_message(out, list, strlen(list));
	buf_puts(out, text);
}

/* Nothing for none. */
static void
put_warning(struct buf *out, uint64_t n, const char *one, const char *many)
{
	if (n)
		buf_printf(out, "WARNING: %" PRIu64 " %s", n,
		    n == 1 ? one : many);
}

static void
put_malformed(struct buf *out, const struct verdict_lines *lines)
{
	put_warning(out, lines->malformed, "line is improperly formatted",
	    "lines are improperly formatted");
}

static void
put_none_found(struct buf *out, const char *list)
{
	put_list(out, list, ": no properly formatted checksum lines found");
}

static void
put_none_verified(struct buf *out, const char *list)
{
	put_list(out, list, ": no file was verified");
}

static void
put_nul(struct buf *out, const struct verdict_lines *lines, const char *list)
{
	if (lines->nul)
		put_list(out, list, ": NUL in a line "
		    "(-z reads lists whose lines end with NUL)");
}

static void
put_no_digest(struct buf *out, const struct verdict_lines *lines,
    const char *list)
{
	if (lines->no_digest)
		put_list(out, list, ": an entry without a digest "
		    "(the file could not be read when the list was made)");
}

static void
put_guess(struct buf *out, const struct verdict_guess *g, const char *list)
{
	if (!g->others)
		return;
	put_list(out, list, ": ");
	buf_printf(out, "nothing matched as %s; digests of this length may "
	    "also be %s (-a says which)", g->tag, g->others);
}

/* The first five in coreutils' order; it does not know the rest. */
enum check_end {
	CHECK_END_NONE_FOUND,
	CHECK_END_MALFORMED,
	CHECK_END_UNREADABLE,
	CHECK_END_FAILED,
	CHECK_END_NONE_VERIFIED,
	CHECK_END_NUL,
	CHECK_END_NO_DIGEST,
	CHECK_END_GUESS,
	CHECK_ENDS
};

bool
verdict_check_end(const struct verdict_rules *rules,
    const struct verdict_counts *c, const char *list, unsigned which,
    struct buf *out)
{
	bool found = sum(c->files, VERDICT_CHECKS) > 0;

	if (which >= CHECK_ENDS)
		return false;
	/* that nothing was checked is said whatever the rules */
	if (rules->status && which != CHECK_END_NONE_FOUND)
		return true;
	switch ((enum check_end)which) {
	case CHECK_END_NONE_FOUND:
		if (!found)
			put_none_found(out, list);
		break;
	case CHECK_END_MALFORMED:
		if (found)
			put_malformed(out, &c->lines);
		break;
	case CHECK_END_UNREADABLE:
		put_warning(out, c->files[VERDICT_UNREADABLE],
		    "listed file could not be read",
		    "listed files could not be read");
		break;
	case CHECK_END_FAILED:
		put_warning(out, c->files[VERDICT_FAILED],
		    "computed checksum did NOT match",
		    "computed checksums did NOT match");
		break;
	case CHECK_END_NONE_VERIFIED:
		if (found && rules->ignore_missing && !c->files[VERDICT_OK])
			put_none_verified(out, list);
		break;
	case CHECK_END_NUL:
		put_nul(out, &c->lines, list);
		break;
	case CHECK_END_NO_DIGEST:
		put_no_digest(out, &c->lines, list);
		break;
	case CHECK_END_GUESS:
		if (c->files[VERDICT_FAILED] && !c->files[VERDICT_OK])
			put_guess(out, &c->guess, list);
		break;
	case CHECK_ENDS:
		break;
	}
	return true;
}

bool
verdict_check_passed(const struct verdict_rules *rules,
    const struct verdict_counts *c)
{
	return c->files[VERDICT_OK] && !c->files[VERDICT_FAILED] &&
	    !c->files[VERDICT_UNREADABLE] &&
	    !(rules->strict && c->lines.malformed);
}

enum verdict_audit
verdict_audit(const struct manifest_want *want, const struct result *r)
{
	if (!r || (want && is_gone(r)))
		return VERDICT_AUDIT_MISSING;
	if (want && r->status == RESULT_TYPE)
		return VERDICT_AUDIT_CHANGED;
	if (r->status != RESULT_OK)
		return VERDICT_AUDIT_UNREADABLE;
	if (!want)
		return VERDICT_AUDIT_NEW;
	return is_wanted(want, r) ? VERDICT_AUDIT_OK : VERDICT_AUDIT_CHANGED;
}

static const char *const audit_words[VERDICT_AUDITS] = {
	"OK", "CHANGED", "MISSING", "NEW", "MOVED", "UNREADABLE"
};

static void
put_name(struct buf *out, const char *name, size_t len, char end)
{
	if (end)
		quote_shell(out, name, len);
	else
		buf_put(out, name, len);
}

bool
verdict_audit_told(const struct verdict_rules *rules,
    enum verdict_audit verdict)
{
	if (rules->status)
		return false;
	return !(rules->quiet && verdict == VERDICT_AUDIT_OK) &&
	    !(rules->ignore_missing && verdict == VERDICT_AUDIT_MISSING);
}

void
verdict_audit_line(const struct verdict_line *l, char end, struct buf *out)
{
	buf_puts(out, audit_words[l->verdict]);
	buf_putc(out, ' ');
	if (l->old) {
		put_name(out, l->old, l->oldlen, end);
		buf_put(out, end ? " -> " : "", end ? 4 : 1);
	}
	put_name(out, l->name, l->len, end);
	buf_putc(out, end);
}

void
verdict_audit_json(const struct verdict_line *l, char end, struct buf *out)
{
	buf_putc(out, '{');
	json_put_text(out, "verdict", audit_words[l->verdict]);
	if (l->old)
		json_put_path(out, "old_path", l->old, l->oldlen);
	json_put_path(out, "path", l->name, l->len);
	if (l->want && l->verdict == VERDICT_AUDIT_CHANGED) {
		if (l->algorithm)
			json_put_text(out, "algorithm", l->algorithm);
		put_json_differs(l->want, l->found, out);
	}
	if (l->reason)
		json_put_text(out, "error", l->reason);
	buf_putc(out, '}');
	buf_putc(out, end);
}

static void
put_audit_sum(struct buf *out, const struct verdict_audit_counts *c)
{
	const char *separator = ": ";

	buf_printf(out, "%" PRIu64 " listed", sum(c->listed, VERDICT_AUDITS));
	for (int v = 0; v < VERDICT_AUDITS; v++) {
		if (v == VERDICT_AUDIT_NEW)
			continue;
		buf_printf(out, "%s%" PRIu64 " %s", separator, c->listed[v],
		    audit_words[v]);
		separator = ", ";
	}
	buf_printf(out, "; not listed: %" PRIu64 " NEW, %" PRIu64
	    " UNREADABLE", c->found[VERDICT_AUDIT_NEW],
	    c->found[VERDICT_AUDIT_UNREADABLE]);
}

enum audit_end {
	AUDIT_END_NONE_FOUND,
	AUDIT_END_MALFORMED,
	AUDIT_END_REFUSED,
	AUDIT_END_NONE_VERIFIED,
	AUDIT_END_NUL,
	AUDIT_END_NO_DIGEST,
	AUDIT_END_GUESS,
	AUDIT_END_SUM,
	AUDIT_ENDS
};

bool
verdict_audit_end(const struct verdict_rules *rules,
    const struct verdict_audit_counts *c, bool passed, const char *list,
    unsigned which, struct buf *out)
{
	bool listed = sum(c->listed, VERDICT_AUDITS) > 0;
	bool found = c->refused || listed;

	if (which >= AUDIT_ENDS)
		return false;
	/* that nothing was compared is said whatever the rules */
	if (rules->status && which != AUDIT_END_NONE_FOUND)
		return true;
	switch ((enum audit_end)which) {
	case AUDIT_END_NONE_FOUND:
		if (!found && c->left_out)
			put_list(out, list, ": every entry is left out by "
			    "--exclude, --include or -x");
		else if (!found)
			put_none_found(out, list);
		break;
	case AUDIT_END_MALFORMED:
		if (found)
			put_malformed(out, &c->lines);
		break;
	case AUDIT_END_REFUSED:
		put_warning(out, c->refused, "entry was refused",
		    "entries were refused");
		break;
	case AUDIT_END_NONE_VERIFIED:
		if (listed && rules->ignore_missing &&
		    !c->listed[VERDICT_AUDIT_OK])
			put_none_verified(out, list);
		break;
	case AUDIT_END_NUL:
		put_nul(out, &c->lines, list);
		break;
	case AUDIT_END_NO_DIGEST:
		put_no_digest(out, &c->lines, list);
		break;
	case AUDIT_END_GUESS:
		if (c->listed[VERDICT_AUDIT_CHANGED] &&
		    !c->listed[VERDICT_AUDIT_OK])
			put_guess(out, &c->guess, list);
		break;
	case AUDIT_END_SUM:
		if (!passed || !rules->quiet)
			put_audit_sum(out, c);
		break;
	case AUDIT_ENDS:
		break;
	}
	return true;
}

bool
verdict_audit_passed(const struct verdict_rules *rules,
    const struct verdict_audit_counts *c)
{
	uint64_t ok = c->listed[VERDICT_AUDIT_OK];
	uint64_t ignored = rules->ignore_missing ?
	    c->listed[VERDICT_AUDIT_MISSING] : 0;

	return ok && ok + ignored == sum(c->listed, VERDICT_AUDITS) &&
	    !sum(c->found, VERDICT_AUDITS) && !c->refused && !c->lines.malformed;
}
