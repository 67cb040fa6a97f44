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

/* Of a file in a list that is checked. */
enum verdict_check {
	VERDICT_OK,
	VERDICT_FAILED,     /* another digest, or another size */
	VERDICT_UNREADABLE,
	VERDICT_IGNORED     /* --ignore-missing, and it does not exist */
};
#define VERDICT_CHECKS 4

/* Options of check and audit; an audit is always strict, and warns. --quiet,
 * --status and --warn exclude each other: the last of them on the command line
 * counts. */
struct verdict_rules {
	bool ignore_missing;
	bool strict;
	bool quiet;
	bool status;
	bool warn;
};

/* Lines of one list that are no entries, though they should be. */
struct verdict_lines {
	uint64_t malformed; /* all of them */
	uint64_t nul;       /* those with MANIFEST_NUL */
	uint64_t no_digest; /* those with MANIFEST_NO_DIGEST */
};

/* What the lines without a tag were taken for, when nobody said so and others
 * have digests of the same length. Both are texts, or NULL. */
struct verdict_guess {
	const char *tag;
	const char *others; /* "BLAKE2b, SHA3-512" */
};

/* One list that is checked. */
struct verdict_counts {
	struct verdict_lines lines;
	struct verdict_guess guess;
	uint64_t files[VERDICT_CHECKS];
};

/* The verdict on a file of which a list wants want, and that yielded r. */
enum verdict_check verdict_check(const struct verdict_rules *rules,
    const struct manifest_want *want, const struct result *r);

/* Counts what manifest_line returned, if it was a malformed line. */
void verdict_count_line(struct verdict_lines *lines, enum manifest_kind kind);

/* What to say of a list of another kind (manifest.h); NULL: it is none. */
const char *verdict_other_list(enum manifest_kind kind);

/* Appends "NAME: OK" and end, or nothing, when the rules want silence. With end
 * '\0' the name is raw. */
void verdict_check_line(const struct verdict_rules *rules,
    enum verdict_check verdict, const char *name, size_t len, char end,
    struct buf *out);

/* A listed file and what became of it, for JSON. */
struct verdict_checked {
	enum verdict_check verdict;
	const char *name;
	size_t len;
	const char *algorithm;            /* its tag */
	const struct manifest_want *want;
	const struct result *found;
	const char *reason;               /* VERDICT_UNREADABLE: why */
};

/*
 * Appends {"verdict":"FAILED","path":...,"algorithm":...} and end, or nothing,
 * when the rules want silence. UNREADABLE has "error"; FAILED says in which way
 * the file differs: "digest", "size", "expected_digest", "expected_size", with
 * digests in hex. Without a digest found, there is none of the first two. What
 * was expected is left out where the list does not say it, or says what no file
 * can have. Names as in record/format.h.
 */
void verdict_check_json(const struct verdict_rules *rules,
    const struct verdict_checked *c, char end, struct buf *out);

/*
 * Appends what -w says of a malformed line: "LIST: 3: improperly formatted
 * SHA512 checksum line"; 3 and SHA512 are m's: the algorithm of its tag, if
 * that is known, or that of the list. list is a path, or "standard
 * input". False, and nothing is appended, when the rules want silence.
 */
bool verdict_malformed(const struct verdict_rules *rules,
    const struct manifest *m, const char *list, struct buf *out);

/*
 * What is to be said at the end of a list: appends the message number which,
 * from 0, if there is cause for it. False when there is no message of that
 * number, nor of a higher one.
 *
 *     for (n = 0; verdict_check_end(..., n, &b); n++) {
 *             if (b.len)
 *                     diag_msg("%s", buf_str(&b));
 *             buf_clear(&b);
 *     }
 */
bool verdict_check_end(const struct verdict_rules *rules,
    const struct verdict_counts *c, const char *list, unsigned which,
    struct buf *out);

/* Did the list pass? It takes at least one file that is OK. */
bool verdict_check_passed(const struct verdict_rules *rules,
    const struct verdict_counts *c);

/* Of a name in a list or below the directory that is audited. */
enum verdict_audit {
	VERDICT_AUDIT_OK,
	VERDICT_AUDIT_CHANGED,
	VERDICT_AUDIT_MISSING,
	VERDICT_AUDIT_NEW,
	VERDICT_AUDIT_MOVED,      /* one name MISSING, the other NEW, and the
	                           * same digest: the caller finds such pairs */
	VERDICT_AUDIT_UNREADABLE
};
#define VERDICT_AUDITS 6

struct verdict_audit_counts {
	struct verdict_lines lines;
	struct verdict_guess guess;
	uint64_t refused;                /* entries that scope_outside() finds,
	                                  * or that contradict another */
	uint64_t left_out;               /* entries that options leave out */
	uint64_t listed[VERDICT_AUDITS]; /* names in the list; a MOVED pair
	                                  * counts here, once */
	uint64_t found[VERDICT_AUDITS];  /* other names: NEW, UNREADABLE */
};

/*
 * The verdict on a name: want is NULL when it is not listed, r when the walk
 * did not find it (not both). A listed file that vanished between walk and
 * open is MISSING, one that has become a link, a directory or the like is
 * CHANGED.
 */
enum verdict_audit verdict_audit(const struct manifest_want *want,
    const struct result *r);

/* What an audit reports of a name. */
struct verdict_line {
	enum verdict_audit verdict;
	const char *old;    /* MOVED: where it was; else NULL */
	size_t oldlen;
	const char *name;
	size_t len;
	const char *algorithm;            /* CHANGED: its tag, or NULL, ... */
	const struct manifest_want *want; /* ...and what differs from what */
	const struct result *found;
	const char *reason; /* UNREADABLE, or CHANGED and no file any more:
	                     * why; else NULL */
};

/* Do the rules let a verdict be reported? */
bool verdict_audit_told(const struct verdict_rules *rules,
    enum verdict_audit verdict);

/*
 * Appends "CHANGED NAME", or "MOVED OLD -> NAME", and end. With end '\0' names
 * are raw, and a NUL stands for the arrow: "MOVED OLD", "NAME".
 */
void verdict_audit_line(const struct verdict_line *l, char end,
    struct buf *out);

/* Appends {"verdict":"MOVED","old_path":...,"path":...} and end. CHANGED has
 * "algorithm" and says in which way the file differs, as FAILED does; "error"
 * holds the reason. Names as in record/format.h. */
void verdict_audit_json(const struct verdict_line *l, char end,
    struct buf *out);

/*
 * As verdict_check_end. passed: nothing differs (verdict_audit_passed) and all
 * could be looked at. The last message has the sums, unless passed and quiet,
 * or status: "9 listed: 4 OK, 1 CHANGED, 1 MISSING, 2 MOVED,
 * 1 UNREADABLE; not listed: 3 NEW, 0 UNREADABLE".
 */
bool verdict_audit_end(const struct verdict_rules *rules,
    const struct verdict_audit_counts *c, bool passed, const char *list,
    unsigned which, struct buf *out);

/* Is everything OK (or MISSING, with ignore_missing), every line understood,
 * and at least one name OK? */
bool verdict_audit_passed(const struct verdict_rules *rules,
    const struct verdict_audit_counts *c);

#endif
