/*
 * version.h - of phash, as the Makefile has it.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#ifndef PHASH_VERSION
#define PHASH_VERSION "unknown"
#endif

#endif
