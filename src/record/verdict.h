/*
 * verdict.h - compares what a list says with what a file yielded: verdicts,
 * their texts, and whether all of them make a success.
 *
 * There are two kinds: check (is every listed file as listed?) and audit (is
 * the tree what the list says, no more and no less?). The texts of check are
 * those of coreutils 9.12, byte for byte, behind the program's own name. Names
 * are quoted as in base/quote.h, so that none of them can control a terminal or
 * look like another line. Nothing is printed here: texts are appended to a
 * buffer, messages without "phash: " and newline (for diag_msg).
 */
#ifndef RECORD_VERDICT_H
#define RECORD_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/manifest.h"

struct buf;

/* Of a name in a list, or below the directory that is audited. */
enum verdict {
	VERDICT_OK,
	VERDICT_CHANGED,    /* another digest, or another size; a check calls it
	                     * FAILED */
	VERDICT_MISSING,    /* of a check: only with ignore_missing */
	VERDICT_NEW,        /* this and the next one: never of a check */
	VERDICT_MOVED,      /* one name MISSING, the other NEW, and the same
	                     * digest: the caller finds such pairs */
	VERDICT_UNREADABLE
};
#define VERDICTS 6

/* How verdicts are reported. At most one of quiet, status and warn is set. */
struct verdict_rules {
	bool audit;  /* an audit, not a check: always strict, with texts of its
	              * own, and a sum at the end */
	bool ignore_missing;
	bool strict;
	bool quiet;
	bool status;
	bool warn;
};

/* Numbers of lines of one list that should be entries and are none. */
struct verdict_lines {
	uint64_t malformed; /* all of them */
	uint64_t nul;       /* those with MANIFEST_NUL */
	uint64_t no_digest; /* those with MANIFEST_NO_DIGEST */
	uint64_t bare;      /* those with MANIFEST_BARE */
};

/* The algorithm that lines without a tag were taken to be of, when the user did
 * not say it, and others with digests of the same length. Texts, or NULL. */
struct verdict_guess {
	const char *tag;
	const char *others; /* "BLAKE2b, SHA3-512" */
};

/* Of one list: of a check, lines, guess and listed alone. */
struct verdict_counts {
	struct verdict_lines lines;
	struct verdict_guess guess;
	uint64_t listed[VERDICTS]; /* names in the list; a MOVED pair counts
	                            * here, once */
	uint64_t found[VERDICTS];  /* other names: NEW, UNREADABLE */
	uint64_t refused;          /* entries that scope_outside() finds, or
	                            * that contradict another */
	uint64_t left_out;         /* entries that options leave out */
	uint64_t other_parts;      /* entries of which nothing is asked now */
};

/* Of a check: the verdict on a file of which a list wants want, and that yielded
 * r. */
enum verdict verdict_check(const struct verdict_rules *rules,
    const struct manifest_want *want, const struct result *r);

/*
 * Of an audit: the verdict on a name. want is NULL when it is not listed, r when
 * the walk did not find it (not both). A listed file that vanished between walk
 * and open is MISSING, one that has become a link, a directory or the like is
 * CHANGED.
 */
enum verdict verdict_audit(const struct manifest_want *want,
    const struct result *r);

/* "CHANGED": of an audit. */
const char *verdict_word(enum verdict verdict);

uint64_t verdict_sum(const uint64_t counts[VERDICTS]);

/* Is it not OK, and do the rules let it be told? And how many are? */
bool verdict_is_wrong(const struct verdict_rules *rules, enum verdict verdict);
uint64_t verdict_wrong(const struct verdict_rules *rules,
    const struct verdict_counts *c);

/* Counts what manifest_line returned, if it was a malformed line. */
void verdict_count_line(struct verdict_lines *lines, enum manifest_kind kind);

/* What to say of a list of another kind (manifest.h); NULL: it is none. */
const char *verdict_other_list(enum manifest_kind kind);

/* Do the rules let a verdict be reported? */
bool verdict_told(const struct verdict_rules *rules, enum verdict verdict);

/* What is reported of a name. */
struct verdict_line {
	enum verdict verdict;
	const char *old;    /* MOVED: where it was; else NULL */
	size_t oldlen;
	const char *name;
	size_t len;
	const char *algorithm;            /* its tag, or NULL */
	const struct manifest_want *want; /* CHANGED: what differs... */
	const struct result *found;       /* ...from what */
	const char *reason; /* UNREADABLE, or CHANGED and no file any more:
	                     * why; else NULL */
};

/* The name that it is about, of a pair the old one. */
static inline const char *
verdict_name(const struct verdict_line *l, size_t *len)
{
	*len = l->old ? l->oldlen : l->len;
	return l->old ? l->old : l->name;
}

/*
 * Appends the line of a check, "NAME: FAILED", or of an audit, "CHANGED NAME" or
 * "MOVED OLD -> NAME", and end. With end '\0' names are raw, and a NUL stands
 * for the arrow: "MOVED OLD", "NAME".
 */
void verdict_line(const struct verdict_rules *rules,
    const struct verdict_line *l, char end, struct buf *out);

/*
 * Appends {"verdict":"MOVED","old_path":...,"path":...} and end. "algorithm" is
 * there for every verdict of a check, and for CHANGED of an audit. CHANGED and
 * FAILED say in which way the file differs: "digest", "size",
 * "expected_digest", "expected_size", with digests in hex. Without a digest
 * found, there is none of the first two. What was expected is left out where
 * the list does not say it, or says what no file can have. "error" has the
 * reason. Names as in record/format.h.
 */
void verdict_json(const struct verdict_rules *rules,
    const struct verdict_line *l, char end, struct buf *out);

/*
 * Appends {"summary":{"listed":9,"ok":4,...,"passed":false}} and end: an object
 * without "verdict" and "path". "listed" is the number of names in the list;
 * "ok", "changed", "missing", "moved", "new" and "unreadable" those of objects,
 * with what the rules keep from being told; "refused" and "malformed" count what
 * of the list got no verdict. Nothing, where verdict_end has no sums.
 */
void verdict_json_sums(const struct verdict_rules *rules,
    const struct verdict_counts *c, bool passed, char end, struct buf *out);

/*
 * Appends what -w says of a malformed line: "LIST: 3: improperly formatted
 * SHA512 checksum line"; 3 and SHA512 are m's: the algorithm of its tag, if
 * that is known, or that of the list. list is a path, or "standard
 * input". Nothing is appended when the rules want silence.
 */
void verdict_malformed(const struct verdict_rules *rules,
    const struct manifest *m, const char *list, struct buf *out);

/*
 * What is to be said at the end of a list: appends the message number which,
 * from 0, if there is cause for it. False when there is no message of that
 * number, nor of a higher one.
 *
 *     for (n = 0; verdict_end(..., n, &b); n++) {
 *             if (b.len)
 *                     diag_msg("%s", buf_str(&b));
 *             buf_clear(&b);
 *     }
 *
 * The last message of an audit has the sums, unless passed and quiet, or
 * status: "9 listed: 4 OK, 1 CHANGED, 1 MISSING, 2 MOVED, 1 UNREADABLE; not
 * listed: 3 NEW, 0 UNREADABLE". passed: as verdict_passed, and all could be
 * looked at.
 */
bool verdict_end(const struct verdict_rules *rules,
    const struct verdict_counts *c, bool passed, const char *list,
    unsigned which, struct buf *out);

/* What message number which of an audit is. */
enum verdict_end {
	VERDICT_END_FAULT, /* of the list: why it has not passed */
	VERDICT_END_HINT,
	VERDICT_END_SUMS
};
enum verdict_end verdict_end_kind(unsigned which);

/* Is everything OK (or MISSING, with ignore_missing), and at least one name, unless
 * all are of other parts? Of a list read strictly, every line must be understood
 * too. */
bool verdict_passed(const struct verdict_rules *rules,
    const struct verdict_counts *c);

#endif
