/*
 * ppool-digest-map.c - the SHA-512 of every regular file in a tree,
 * computed by a pool with map, and collected in a table.
 *
 * cc ppool-digest-map.c -lppool -lcrypto
 */
#define _XOPEN_SOURCE 700 /* nftw */

#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <ppool.h>

/* The table: a row is an item of the map, and its result has the same
 * index. It lies here since nftw(3) hands its callback no more. */
static ppool_buf *paths; /* with their NULs */
static size_t count, room;

static int
add(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t len = strlen(path) + 1;
	char *copy;

	(void)ftw;
	if (type == FTW_DNR || type == FTW_NS)
		warnx("%s: cannot be read", path);
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	if (count == room) {
		room = room ? 2 * room : 64;
		paths = realloc(paths, room * sizeof(*paths));
		if (!paths)
			err(1, NULL);
	}
	copy = malloc(len);
	if (!copy)
		err(1, NULL);
	memcpy(copy, path, len);
	paths[count++] = (ppool_buf){ copy, len };
	return 0;
}

static int
update_from(EVP_MD_CTX *ctx, FILE *file)
{
	unsigned char block[65536];
	size_t n;

	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		if (!EVP_DigestUpdate(ctx, block, n))
			return -1;
	return ferror(file) ? -1 : 0;
}

/* In a worker: a path, with its NUL, in; a digest out. */
static int
digest(void *state, const void *in, size_t len, ppool_out *out)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FILE *file = fopen(in, "rb");
	int failed = 1;

	(void)state;
	(void)len;
	if (ctx && file && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) &&
	    update_from(ctx, file) == 0 &&
	    EVP_DigestFinal_ex(ctx, md, &size))
		failed = ppool_write(out, md, size) != PPOOL_OK;
	if (file)
		fclose(file);
	EVP_MD_CTX_free(ctx);
	return failed;
}

/* Returns how many files had no digest. */
static size_t
print_table(const ppool_result *results)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++) {
		const char *path = paths[i].data;
		const unsigned char *md = results[i].data;

		if (results[i].err) {
			warnx("%s: %s", path,
			    ppool_strerror(results[i].err));
			failed++;
			continue;
		}
		printf("%s  ", path);
		for (size_t j = 0; j < results[i].len; j++)
			printf("%02x", md[j]);
		putchar('\n');
	}
	printf("%zu files\n", count - failed);
	return failed;
}

int
main(int argc, char *argv[])
{
	const char *top = argc > 1 ? argv[1] : ".";
	const ppool_result *results;
	ppool *pool;
	ppool_async *job;
	ppool_err e;
	size_t failed;

	e = ppool_create(&pool, NULL);
	if (e)
		errx(1, "cannot create a pool: %s", ppool_strerror(e));
	if (nftw(top, add, 64, FTW_PHYS) < 0)
		err(1, "%s", top);

	e = ppool_map(pool, digest, paths, count, 0, &job);
	if (!job)
		errx(1, "%s: %s", top, ppool_strerror(e));
	/* a failure of one file: the results tell which */
	ppool_get(job, -1, &results, NULL);
	failed = print_table(results);

	ppool_async_free(job);
	ppool_destroy(pool);
	for (size_t i = 0; i < count; i++)
		free((void *)paths[i].data);
	free(paths);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
	return failed > 0;
}
