/*
 * ppool-digest-map.c - the SHA-512 of every regular file in a directory,
 * computed by two workers and printed in the order they are done.
 *
 * cc ppool-digest-map.c -lppool -lcrypto
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <ppool.h>

enum { WORKERS = 2, CHUNK = 20 };

struct listing {
	DIR *dir;
	const char *name;
	char path[4096];
};

/* The pool asks for a path whenever it has room for one. */
static int
next_path(void *cookie, ppool_buf *item)
{
	struct listing *list = cookie;
	struct dirent *entry;
	struct stat st;
	int n;

	for (;;) {
		errno = 0;
		entry = readdir(list->dir);
		if (!entry)
			return errno ? -errno : 0;
		n = snprintf(list->path, sizeof(list->path), "%s/%s",
		             list->name, entry->d_name);
		if (n < 0 || (size_t)n >= sizeof(list->path))
			return -ENAMETOOLONG;
		if (lstat(list->path, &st) == 0 && S_ISREG(st.st_mode))
			break;
	}
	*item = (ppool_buf){ list->path, (size_t)n + 1 };
	return 1;
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
	    update_from(ctx, file) == 0 && EVP_DigestFinal_ex(ctx, md, &size))
		failed = ppool_write(out, md, size) != PPOOL_OK;
	if (file)
		fclose(file);
	EVP_MD_CTX_free(ctx);
	return failed;
}

static void
print_digest(const ppool_result *r)
{
	const unsigned char *md = r->data;

	for (size_t i = 0; i < r->len; i++)
		printf("%02x", md[i]);
	printf("  %s\n", (const char *)r->item.data);
}

/* Prints what comes; returns how many files had no digest. */
static unsigned long
print_all(ppool_iter *it, unsigned long *count)
{
	unsigned long failed = 0;
	ppool_result r;
	ppool_err e;

	while ((e = ppool_next(it, -1, &r)) == PPOOL_OK) {
		if (r.err == PPOOL_SOURCE)
			errx(1, "cannot list: %s", strerror(-r.code));
		if (r.err == PPOOL_OK) {
			print_digest(&r);
			++*count;
		} else {
			warnx("%s: %s", (const char *)r.item.data,
			      ppool_strerror(r.err));
			failed++;
		}
	}
	if (e != PPOOL_END)
		errx(1, "%s", ppool_strerror(e));
	return failed;
}

int
main(int argc, char *argv[])
{
	const ppool_opts opts = { .processes = WORKERS };
	struct listing list = { .name = argc > 1 ? argv[1] : "." };
	unsigned long count = 0, failed;
	ppool *pool;
	ppool_iter *it;
	ppool_err e;

	e = ppool_create(&pool, &opts);
	if (e)
		errx(1, "cannot create a pool: %s", ppool_strerror(e));
	list.dir = opendir(list.name);
	if (!list.dir)
		err(1, "%s", list.name);
	e = ppool_imap_unordered(pool, digest, next_path, &list, CHUNK, 0, &it);
	if (e)
		errx(1, "%s: %s", list.name, ppool_strerror(e));

	failed = print_all(it, &count);
	printf("%lu files\n", count);

	ppool_iter_free(it);
	ppool_destroy(pool);
	closedir(list.dir);
	if (fflush(stdout) || ferror(stdout))
		err(1, "standard output");
	return failed > 0;
}
