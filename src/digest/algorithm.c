#include "digest/algorithm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "digest/digest.h"

/* By number; an empty tag: no such algorithm. A tag is written before any other
 * process can have its number, and is never changed. */
struct algorithms_tags {
	char tag[ALGORITHMS_MAX][DIGEST_TAG_MAX + 1];
};

struct algorithms {
	struct algorithms_tags *shared;
	struct digest *digest[ALGORITHMS_MAX]; /* NULL: not fetched yet */
};

struct algorithms *
algorithms_new(void)
{
	struct algorithms *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->shared = mmap(NULL, sizeof(*a->shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (a->shared != MAP_FAILED)
		return a;
	free(a);
	return NULL;
}

void
algorithms_free(struct algorithms *a)
{
	int n;

	if (!a)
		return;
	for (n = 0; n < ALGORITHMS_MAX; n++)
		digest_free(a->digest[n]);
	(void)munmap(a->shared, sizeof(*a->shared));
	free(a);
}

int
algorithms_add(struct algorithms *a, const char *name)
{
	struct digest *d = digest_new(name);
	int n;

	if (!d)
		return -1;
	for (n = 0; n < ALGORITHMS_MAX; n++) {
		if (!a->digest[n]) {
			snprintf(a->shared->tag[n], DIGEST_TAG_MAX + 1, "%s",
			    d->tag);
			a->digest[n] = d;
			return n;
		}
		if (!strcmp(a->digest[n]->tag, d->tag))
			break;
	}
	digest_free(d);
	errno = ENOSPC;
	return n < ALGORITHMS_MAX ? n : -1;
}

void
algorithms_seal(struct algorithms *a)
{
	/* if it fails, only a protection against our own errors is missing */
	(void)mprotect(a->shared, sizeof(*a->shared), PROT_READ);
}

const struct digest *
algorithms_digest(struct algorithms *a, int n)
{
	if (n < 0 || n >= ALGORITHMS_MAX || !*a->shared->tag[n]) {
		errno = EINVAL;
		return NULL;
	}
	if (!a->digest[n])
		a->digest[n] = digest_new(a->shared->tag[n]);
	return a->digest[n];
}
