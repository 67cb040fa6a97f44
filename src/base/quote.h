/*
 * quote.h - file names as a shell would accept them, for messages.
 *
 * The style is coreutils' shell-escape: a name of harmless characters stays
 * as it is, others are put in quotes, and bytes that must not go to a terminal
 * become $'...' escapes: sp ace -> 'sp ace', it's -> "it's",
 * <newline> in a name -> 'nl'$'\n''x'. In a UTF-8 locale printable characters
 * stay bare, but for those that are invisible or make others look different
 * (U+202E turns the direction of writing), which coreutils leave as they are;
 * elsewhere every byte above 126 is escaped in octal.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Appends name, quoted only if it must be (coreutils: shell-escape). */
void quote_shell(struct buf *out, const char *name, size_t len);

/* The same, and quoted also for a colon in it: for a name that is followed by
 * one (coreutils: quotef). */
void quote_message(struct buf *out, const char *name, size_t len);

/* Appends name, always quoted (coreutils: shell-escape-always). */
void quote_shell_always(struct buf *out, const char *name, size_t len);

/*
 * Appends name as far as it fits into so many columns of a terminal, at least
 * 5: without its middle, for which ... stands, where it is longer. What must
 * not be shown is a question mark, so the name cannot be recovered from it.
 */
void quote_fit(struct buf *out, const char *name, size_t len, size_t columns);

/*
 * Is a character of Unicode one that prints, for iswprint(3), and yet is not
 * seen, or makes what stands beside it seem to be something else: does it turn
 * the direction of writing, break the line, or take no room?
 */
bool quote_is_deceptive(uint32_t c);

#endif
