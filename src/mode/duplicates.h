/*
 * duplicates.h - which files have the same digest (--duplicates).
 *
 * A group is two files or more. Names of one file, by its device and inode, are
 * one: the first of them in order of path is in the group, the others are links
 * of it, which only --json names. Groups are in order of their first path, and so are
 * the files of each. Lines are those that the format prints of a file, with an empty
 * one between groups; with --json a group is an object:
 *
 *     {"algorithm":...,"digest":...,"size":...,"files":[{"path":...},
 *     {"path":...,"links":[{"path":...}]}]}
 */
#ifndef MODE_DUPLICATES_H
#define MODE_DUPLICATES_H

#include <stdint.h>

struct format;
struct outfile;
struct table;

struct duplicates_counts {
	uint64_t groups;
	uint64_t files, bytes; /* beyond the first of each group */
};

/* t is sorted, and keeps identities. */
struct duplicates_counts duplicates_print(const struct table *t,
    const struct format *f, struct outfile *out);

#endif
