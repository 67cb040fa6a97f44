/*
 * listing.h - what lies in a directory, as bytes and back.
 *
 * A worker writes what its walk finds, the parent reads it. Records follow each
 * other, integers are little-endian:
 *
 *     u8 'f', u64 device, u64 inode, u64 size, i64 mtime, i64 ctime, u32 mode, name
 *     u8 'd', name           a directory that is to be entered, and was not
 *     u8 'e', i32, name      the errno, or walk_error, of what could not be looked at
 *     u8 'c', 4 * u64        struct walk_counts, of this listing alone; the last
 *
 * A name is u32 bytes of it without the NUL, the name, NUL. It is below the directory
 * that was asked for, with that in front; or, of 'e', the directory itself.
 */
#ifndef HASHER_LISTING_H
#define HASHER_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/entry.h"
#include "source/walk.h"

struct buf;

/* A file, or, of the kind TREE, a directory. */
void listing_put_entry(struct buf *b, const struct entry *e);
void listing_put_error(struct buf *b, const char *path, size_t len, int err);
void listing_put_counts(struct buf *b, const struct walk_counts *c);

struct listing_record {
	enum {
		LISTING_ENTRY,  /* entry is FOUND or a TREE; it has no root */
		LISTING_ERROR,  /* err; name and len are in entry */
		LISTING_COUNTS  /* counts; nothing follows */
	} what;
	struct entry entry; /* its name is in the listing */
	int err;
	struct walk_counts counts;
};

/* Reads the record at *from of a listing that ends at end, and moves *from behind
 * it. 0, or -1 when there is none, or none that is right in itself: whether its name
 * lies below the directory is for listing_is_right to say. */
int listing_get(struct listing_record *r, const unsigned char **from,
    const unsigned char *end);

/* Are the n bytes a listing of dir, from beginning to end: is each record one, and of
 * what is below dir or, an error, of dir itself? */
bool listing_is_right(const struct entry *dir, const void *p, size_t n);

#endif
