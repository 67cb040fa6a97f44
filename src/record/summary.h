/*
 * summary.h - what is wrong, in a few lines: where there are many verdicts that
 * are not OK, the directories that explain most of them.
 *
 * A directory explains a verdict when a quarter of all names with that verdict,
 * and at least two, lie below it, not counted what lies below a directory further
 * down that explains it; or when it has so many and nine tenths of what is below
 * it have the verdict: then it stands for the directories further down, too,
 * unless it is one alone that has them all. So the directories are the deepest
 * that explain so much, and they depend on names and verdicts alone. What they
 * leave of a verdict is a line, with the directory that has it all, or the name,
 * if it is one: there are not more than four lines for a verdict.
 *
 * Memory is bounded by the longest name, and directories more than 255 deep are
 * taken for the one above them. The calls, in this order:
 *
 *     summary_new
 *     summary_find        every name that has a verdict, in bytewise order
 *     summary_found
 *     summary_place       the same names once more
 *     summary_line        the lines, from 0
 *
 * Names are plain (scope.h), of a pair the old one.
 */
#ifndef RECORD_SUMMARY_H
#define RECORD_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/verdict.h"

struct buf;
struct summary;

/* As many verdicts as there are lines on a screen are read as they are. */
#define SUMMARY_SCREEN 24

/* Of the verdicts that are not OK and that the rules, which are borrowed, let be
 * told. NULL: there are not more than a screen has. */
struct summary *summary_new(const struct verdict_rules *rules,
    const struct verdict_counts *c);
void summary_free(struct summary *s);

void summary_find(struct summary *s, enum verdict v, const char *name,
    size_t len);
void summary_found(struct summary *s);
void summary_place(struct summary *s, enum verdict v, const char *name,
    size_t len);

/*
 * Appends line number n: "CHANGED: all 312 files below usr/lib", "NEW: 40 of 50
 * files below etc", "MISSING: 3 more files". Verdicts stand in the order of the
 * enum, those of one verdict in that of numbers, the greatest first, with what
 * others leave at their end. put appends the name. False, and nothing is
 * appended, when there is no such line.
 */
bool summary_line(const struct summary *s, size_t n, struct buf *out,
    void *cookie, void (*put)(void *cookie, struct buf *out, const char *name,
    size_t len));

#endif
