#include "record/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/quote.h"
#include "hasher/result.h"
#include "record/json.h"
#include "record/moved.h"

/* The size must be the listed one too: a list with the right digest and another
 * size is wrong about the file. */
static bool
is_wanted(const struct manifest_want *want, const struct result *r)
{
	return want->digestlen && want->digestlen == r->digestlen &&
	    !memcmp(want->digest, r->digest, r->digestlen) &&
	    (!want->has_size || r->size == MOVED_NO_SIZE ||
	    want->size == r->size);
}

static bool
is_gone(const struct result *r)
{
	return r->status == RESULT_OPEN && r->err == ENOENT;
}

enum verdict
verdict_check(const struct verdict_rules *rules,
    const struct manifest_want *want, const struct result *r)
{
	if (r->status == RESULT_OK)
		return is_wanted(want, r) ? VERDICT_OK : VERDICT_CHANGED;
	return rules->ignore_missing && is_gone(r) ? VERDICT_MISSING :
	    VERDICT_UNREADABLE;
}

enum verdict
verdict_audit(const struct manifest_want *want, const struct result *r)
{
	if (!r || (want && is_gone(r)))
		return VERDICT_MISSING;
	if (want && r->status == RESULT_TYPE)
		return VERDICT_CHANGED;
	if (r->status != RESULT_OK)
		return VERDICT_UNREADABLE;
	if (!want)
		return VERDICT_NEW;
	return is_wanted(want, r) ? VERDICT_OK : VERDICT_CHANGED;
}

/* ---- a line ------------------------------------------------------------------- */

static const char *const words[VERDICTS] = {
	"OK", "CHANGED", "MISSING", "NEW", "MOVED", "UNREADABLE"
};

const char *
verdict_word(enum verdict verdict)
{
	return words[verdict];
}

bool
verdict_told(const struct verdict_rules *rules, enum verdict verdict)
{
	return !rules->status &&
	    !(rules->quiet && verdict == VERDICT_OK) &&
	    !(rules->ignore_missing && verdict == VERDICT_MISSING);
}

static void
put_name(struct buf *out, const char *name, size_t len, char end,
    void (*quote)(struct buf *out, const char *name, size_t len))
{
	if (end)
		quote(out, name, len);
	else
		buf_put(out, name, len);
}

void
verdict_line(const struct verdict_rules *rules, const struct verdict_line *l,
    char end, struct buf *out)
{
	if (!rules->audit) {
		put_name(out, l->name, l->len, end, quote_message);
		buf_puts(out, l->verdict == VERDICT_OK ? ": OK" :
		    l->verdict == VERDICT_CHANGED ? ": FAILED" :
		    ": FAILED open or read");
		buf_putc(out, end);
		return;
	}
	buf_puts(out, words[l->verdict]);
	buf_putc(out, ' ');
	if (l->old) {
		put_name(out, l->old, l->oldlen, end, quote_shell);
		buf_put(out, end ? " -> " : "", end ? 4 : 1);
	}
	put_name(out, l->name, l->len, end, quote_shell);
	buf_putc(out, end);
}

/* The members that say in which way a file differs from its entry. */
static void
put_differs(const struct manifest_want *want, const struct result *found,
    struct buf *out)
{
	if (found->status == RESULT_OK) {
		json_put_bytes(out, "digest", found->digest, found->digestlen,
		    false);
		if (found->size != MOVED_NO_SIZE)
			json_put_number(out, "size", found->size);
	}
	if (want->digestlen)
		json_put_bytes(out, "expected_digest", want->digest,
		    want->digestlen, false);
	if (want->has_size)
		json_put_number(out, "expected_size", want->size);
}

void
verdict_json(const struct verdict_rules *rules, const struct verdict_line *l,
    char end, struct buf *out)
{
	bool changed = l->verdict == VERDICT_CHANGED;

	buf_putc(out, '{');
	json_put_text(out, "verdict", changed && !rules->audit ? "FAILED" :
	    words[l->verdict]);
	if (l->old)
		json_put_path(out, "old_path", l->old, l->oldlen);
	json_put_path(out, "path", l->name, l->len);
	if (l->algorithm && (changed || !rules->audit))
		json_put_text(out, "algorithm", l->algorithm);
	if (changed)
		put_differs(l->want, l->found, out);
	if (l->reason)
		json_put_text(out, "error", l->reason);
	buf_putc(out, '}');
	buf_putc(out, end);
}

/* ---- a list ------------------------------------------------------------------- */

void
verdict_count_line(struct verdict_lines *lines, enum manifest_kind kind)
{
	lines->malformed += kind >= MANIFEST_MALFORMED;
	lines->nul += kind == MANIFEST_NUL;
	lines->no_digest += kind == MANIFEST_NO_DIGEST;
	lines->bare += kind == MANIFEST_BARE;
}

const char *
verdict_other_list(enum manifest_kind kind)
{
	if (kind == MANIFEST_HASHDEEP)
		return "a list of hashdeep, which phash does not read";
	if (kind == MANIFEST_SFV)
		return "a list of SFV (CRC-32), which phash does not read";
	return NULL;
}

static void
put_list(struct buf *out, const char *list, const char *text)
{
	quote_message(out, list, strlen(list));
	buf_puts(out, text);
}

void
verdict_malformed(const struct verdict_rules *rules, const struct manifest *m,
    const char *list, struct buf *out)
{
	if (!rules->warn)
		return;
	put_list(out, list, "");
	buf_printf(out, ": %" PRIu64 ": improperly formatted %s checksum line",
	    m->line, m->tag);
}

/* Nothing for none. */
static void
put_warning(struct buf *out, uint64_t n, const char *one, const char *many)
{
	if (n)
		buf_printf(out, "WARNING: %" PRIu64 " %s", n,
		    n == 1 ? one : many);
}

uint64_t
verdict_sum(const uint64_t counts[VERDICTS])
{
	uint64_t total = 0;

	for (int v = 0; v < VERDICTS; v++)
		total += counts[v];
	return total;
}

bool
verdict_is_wrong(const struct verdict_rules *rules, enum verdict verdict)
{
	return verdict != VERDICT_OK && verdict_told(rules, verdict);
}

uint64_t
verdict_wrong(const struct verdict_rules *rules,
    const struct verdict_counts *c)
{
	uint64_t wrong = 0;

	for (int v = 0; v < VERDICTS; v++)
		if (verdict_is_wrong(rules, (enum verdict)v))
			wrong += c->listed[v] + c->found[v];
	return wrong;
}

static void
put_sum(struct buf *out, const struct verdict_counts *c)
{
	const char *separator = ": ";

	buf_printf(out, "%" PRIu64 " listed", verdict_sum(c->listed));
	for (int v = 0; v < VERDICTS; v++) {
		if (v == VERDICT_NEW)
			continue;
		buf_printf(out, "%s%" PRIu64 " %s", separator, c->listed[v],
		    words[v]);
		separator = ", ";
	}
	buf_printf(out, "; not listed: %" PRIu64 " NEW, %" PRIu64
	    " UNREADABLE", c->found[VERDICT_NEW],
	    c->found[VERDICT_UNREADABLE]);
}

static void
put_none_found(struct buf *out, const char *list,
    const struct verdict_counts *c)
{
	put_list(out, list, c->left_out ?
	    ": every entry is left out by --exclude, --include or -x" :
	    ": no properly formatted checksum lines found");
}

/* When everything differs, the list may be of another algorithm. */
static void
put_guess(struct buf *out, const char *list, const struct verdict_counts *c)
{
	if (!c->listed[VERDICT_CHANGED] || c->listed[VERDICT_OK] ||
	    !c->guess.others)
		return;
	put_list(out, list, ": nothing matched as ");
	buf_printf(out, "%s; digests of this length may also be %s "
	    "(-a says which)", c->guess.tag, c->guess.others);
}

/* Are the sums of an audit told? */
static bool
has_sums(const struct verdict_rules *rules, bool passed)
{
	return rules->audit && !rules->status && !(passed && rules->quiet);
}

void
verdict_json_sums(const struct verdict_rules *rules,
    const struct verdict_counts *c, bool passed, char end, struct buf *out)
{
	static const char *const names[VERDICTS] = { "ok", "changed",
	    "missing", "new", "moved", "unreadable" };

	if (!has_sums(rules, passed))
		return;
	buf_puts(out, "{\"summary\":{");
	json_put_number(out, "listed", verdict_sum(c->listed));
	for (int v = 0; v < VERDICTS; v++)
		json_put_number(out, names[v], c->listed[v] + c->found[v]);
	json_put_number(out, "refused", c->refused);
	json_put_number(out, "malformed", c->lines.malformed);
	json_put_bool(out, "passed", passed);
	buf_puts(out, "}}");
	buf_putc(out, end);
}

/* In coreutils' order; it has none of REFUSED and of those from NUL on. */
enum end {
	END_NONE_FOUND,
	END_MALFORMED,
	END_UNREADABLE,
	END_FAILED,
	END_REFUSED,
	END_NONE_VERIFIED,
	END_NUL,
	END_NO_DIGEST,
	END_BARE,
	END_GUESS,
	END_SUM,
	ENDS
};

bool
verdict_end(const struct verdict_rules *rules, const struct verdict_counts *c,
    bool passed, const char *list, unsigned which, struct buf *out)
{
	bool listed = verdict_sum(c->listed) > 0;
	bool found = c->refused || listed;

	if (which >= ENDS)
		return false;
	/* that nothing was verified is said whatever the rules */
	if (rules->status && which != END_NONE_FOUND)
		return true;
	switch ((enum end)which) {
	case END_NONE_FOUND:
		if (!found && !c->other_parts)
			put_none_found(out, list, c);
		break;
	case END_MALFORMED:
		if (found || c->other_parts)
			put_warning(out, c->lines.malformed,
			    "line is improperly formatted",
			    "lines are improperly formatted");
		break;
	case END_UNREADABLE:
		if (!rules->audit)
			put_warning(out, c->listed[VERDICT_UNREADABLE],
			    "listed file could not be read",
			    "listed files could not be read");
		break;
	case END_FAILED:
		if (!rules->audit)
			put_warning(out, c->listed[VERDICT_CHANGED],
			    "computed checksum did NOT match",
			    "computed checksums did NOT match");
		break;
	case END_REFUSED:
		put_warning(out, c->refused, "entry was refused",
		    "entries were refused");
		break;
	case END_NONE_VERIFIED:
		if (listed && rules->ignore_missing && !c->listed[VERDICT_OK])
			put_list(out, list, ": no file was verified");
		break;
	case END_NUL:
		if (c->lines.nul)
			put_list(out, list, ": NUL in a line "
			    "(-z reads lists whose lines end with NUL)");
		break;
	case END_NO_DIGEST:
		if (c->lines.no_digest)
			put_list(out, list, ": an entry without a digest (the "
			    "file could not be read when the list was made)");
		break;
	case END_BARE:
		if (c->lines.bare)
			put_list(out, list, ": a file without a digest (mtree "
			    "-K sha512 writes one)");
		break;
	case END_GUESS:
		put_guess(out, list, c);
		break;
	case END_SUM:
		if (has_sums(rules, passed))
			put_sum(out, c);
		break;
	case ENDS:
		break;
	}
	return true;
}

enum verdict_end
verdict_end_kind(unsigned which)
{
	return which == END_SUM ? VERDICT_END_SUMS :
	    which == END_GUESS ? VERDICT_END_HINT : VERDICT_END_FAULT;
}

bool
verdict_passed(const struct verdict_rules *rules,
    const struct verdict_counts *c)
{
	uint64_t ok = c->listed[VERDICT_OK];
	uint64_t ignored = rules->ignore_missing ?
	    c->listed[VERDICT_MISSING] : 0;

	return (ok || (c->other_parts && !verdict_sum(c->listed))) &&
	    ok + ignored == verdict_sum(c->listed) &&
	    !verdict_sum(c->found) && !c->refused &&
	    !((rules->audit || rules->strict) && c->lines.malformed);
}
