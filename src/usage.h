/*
 * usage.h - what --help prints.
 */
#ifndef USAGE_H
#define USAGE_H

extern const char usage_text[];

#endif
