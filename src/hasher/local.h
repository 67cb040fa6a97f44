/*
 * local.h - the hasher of this machine: a pool of forked workers.
 */
#ifndef HASHER_LOCAL_H
#define HASHER_LOCAL_H

struct hasher;
struct hasher_opts;

/* As hasher_new. Of opts all but cookie and callbacks is used. */
struct hasher *local_new(const struct hasher_opts *opts);

#endif
