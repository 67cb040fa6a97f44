/*
 * manifest.h - lines in: what a list of digests says, a line at a time.
 *
 * Bytes to entries, and nothing else: no file is opened, nothing allocated,
 * nothing printed. Lists come from strangers, and this is where their bytes
 * are checked; tests/fuzz/manifest.c has more of them.
 *
 * The grammar (ABNF of RFC 5234, n being the bytes of a digest) follows what
 * cksum -c and sha512sum -c of coreutils 9.12 read, and what phash prints:
 *
 *     list      = *(line end)           ; end: LF, or NUL with zero
 *     line      = [text] [CR]           ; the CR is dropped unless zero
 *     text      = comment / sum / json
 *     comment   = "#" *OCTET            ; first byte of the line
 *     sum       = *blank ["\"] (tagged / plain)
 *     tagged    = tag [SP] "(" name ")" *blank "=" *blank digest
 *     plain     = digest blank ((SP / "*") name / reversed)
 *     reversed  = name                  ; BSD: one blank only
 *     tag       = 1*31(ALPHA / DIGIT / "-" / "/" / "_" / ".")
 *     digest    = 2nHEXDIG / base64     ; RFC 4648, padded, n bytes
 *     name      = *OCTET                ; the last ")" ends it in tagged
 *     blank     = SP / HTAB
 *     json      = *blank object         ; RFC 8259, on one line unless zero
 *
 * What the grammar does not say:
 *
 *   - With "\" before it a line has \\, \n and \r in its name for backslash,
 *     LF and CR, and no other backslash. With zero there are no escapes.
 *   - A text is tagged when digest_size knows its tag. BLAKE2b-256 and
 *     SHA2-512 are tags like any other. Lines without a tag are of the
 *     algorithm that the list is expected to be of.
 *   - The first plain line decides: if one blank follows the digest and the
 *     next byte is not SP or "*", or is the last of the line, then all plain
 *     lines are reversed, and "digest  a" has the name " a". Otherwise no line
 *     may be. The name of a plain line has at least one byte.
 *   - An object has "path", or "path_base64" for one that is not UTF-8, and
 *     "digest". It may have "algorithm" (a tag), "size" (bytes, no sign, no
 *     fraction), and members with other names, which are passed over. None of
 *     these names may be there twice.
 *   - No name has NUL in it, and unless zero no line, not even a comment: it
 *     might be a whole list for zero, of which only the first name counted.
 */
#ifndef RECORD_MANIFEST_H
#define RECORD_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hasher/result.h"

#define MANIFEST_TAG_MAX 31 /* bytes */

/* Zeroed at first. */
enum manifest_order {
	MANIFEST_UNDECIDED,
	MANIFEST_STANDARD,
	MANIFEST_REVERSED
};

/*
 * One list. The caller sets the first group and zeroes the second, which is
 * the parser's own.
 */
struct manifest {
	/*
	 * Bytes of a digest of the algorithm called tag (len bytes, no NUL
	 * behind them), 0 when there is none. Asked for every line with a tag,
	 * which may hold anything: it should remember what it does not know,
	 * too. Letter case is its business: cksum refuses "sha512 (f) = ".
	 */
	size_t (*digest_size)(void *cookie, const char *tag, size_t len);
	void *cookie;
	const char *tag;  /* of lines that have none; "SHA512"; borrowed */
	bool zero;        /* lines end in NUL, names are raw */
	bool is_stdin;    /* the list is standard input, so no line may mean
	                   * the file "-" */

	uint64_t line;    /* number of the line that was last read, from 1 */
	enum manifest_order order;
};

/* What a list says about a file. */
struct manifest_want {
	bool has_size;
	uint64_t size;
	size_t digestlen;
	unsigned char digest[RESULT_DIGEST_MAX];
};

struct manifest_entry {
	const char *name; /* within the line; no NUL in it, none behind it */
	size_t len;       /* 0 is possible: "SHA512 () = ...", as coreutils */
	const char *tag;  /* within the line, or the manifest's; taglen bytes */
	size_t taglen;
	struct manifest_want want;
};

/* From MANIFEST_MALFORMED on: an improperly formatted line, and why. */
enum manifest_kind {
	MANIFEST_ENTRY,
	MANIFEST_SKIP,      /* empty, or a comment */
	MANIFEST_MALFORMED,
	MANIFEST_NUL,       /* NUL inside: a list for zero? */
	MANIFEST_NO_DIGEST  /* an object that has "error" and no digest */
};

/*
 * Reads one line: len bytes without the LF or NUL that ended it. The line is
 * changed in the reading. Fills *e for MANIFEST_ENTRY only.
 */
enum manifest_kind manifest_line(struct manifest *m, char *line, size_t len,
    struct manifest_entry *e);

#endif
