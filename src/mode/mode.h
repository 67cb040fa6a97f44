/*
 * mode.h - what was asked for: one file each.
 *
 * A mode runs from parsed options to the exit status (base/diag.h). It prints
 * to the output (base/outfile.h), which it opens and commits, and to stderr.
 */
#ifndef MODE_MODE_H
#define MODE_MODE_H

struct options;

/* Print the digests of operands and of all files below them. */
int mode_hash(const struct options *o);

/* Check the files that lists name. */
int mode_check(const struct options *o);

/* Do for a phash elsewhere what it asks for (far/talk.h). */
int mode_serve(const struct options *o);

/* Compare what operands and all files below them yield with a list. */
int mode_audit(const struct options *o);

#endif
