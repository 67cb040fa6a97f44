/*
 * local.h - the hasher of this machine: a pool of forked workers.
 */
#ifndef HASHER_LOCAL_H
#define HASHER_LOCAL_H

struct hasher;
struct hasher_opts;

/*
 * The workers are forked when the first entry is taken, which fails after one
 * message on stderr when they cannot be started; or here, where descriptors are
 * few. NULL, after one too, when that fails or there is no memory to share with
 * them. Of opts all but cookie and callbacks is used.
 */
struct hasher *local_new(const struct hasher_opts *opts);

#endif
