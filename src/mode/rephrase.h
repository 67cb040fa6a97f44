/*
 * rephrase.h - an audit of the right files by the wrong names.
 *
 * A list of `phash -C d .` has no name in common with the operand d, and one of
 * `phash d` none with -C d. What was meant is told by the names alone.
 */
#ifndef MODE_REPHRASE_H
#define MODE_REPHRASE_H

struct buf;
struct options;
struct table;

/*
 * Of sorted tables, what is listed and what was found, which have no name in
 * common: would they, with the path of the operand or of -C before the names of
 * one of them? Then appends a hint with the command that compares them so.
 * outside is what is listed but outside of what is audited.
 */
void rephrase(const struct options *o, const struct table *want,
    const struct table *outside, const struct table *have, struct buf *out);

#endif
