/*
 * end.h - what follows the last member of an archive.
 *
 * libarchive stops where its last member ends. That it was the last, that nothing
 * is behind it, and that the checksums at the end of what was decompressed are
 * right, is looked at here.
 */
#ifndef ARCHIVE_END_H
#define ARCHIVE_END_H

struct members;

/* After the last header: goes through the rest of the file. 0, or -1 with why. */
int end_check(struct members *ms);

#endif
