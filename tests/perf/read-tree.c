/*
 * read-tree DIR [WORKERS] - walks and reads every file, and hashes nothing:
 * what is left of phash's work when digests cost nothing. With 0 workers it walks
 * and does nothing else. Prints files and bytes. For phash-bench.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ppool/ppool.h"

static ppool_feed *feed; /* nftw has no context pointer */
static uint64_t files, bytes;

static int
read_file(void *state, const void *in, size_t len, ppool_out *out)
{
	static _Alignas(4096) char buf[128 * 1024];
	uint64_t total = 0;
	ssize_t n;
	int fd;

	(void)state;
	(void)len; /* the path comes with its NUL */
	fd = open(in, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		total += (uint64_t)n;
	close(fd);
	ppool_write(out, &total, sizeof(total));
	return n < 0 ? errno : 0;
}

static void
count(void *cookie, const ppool_result *r)
{
	uint64_t n;

	(void)cookie;
	if (r->err != PPOOL_OK || r->len != sizeof(n)) {
		fprintf(stderr, "read-tree: %s: %s\n",
		    (const char *)r->item.data, ppool_strerror(r->err));
		return;
	}
	memcpy(&n, r->data, sizeof(n));
	files++;
	bytes += n;
}

static int
visit_only(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)ftw;
	if (type == FTW_F && S_ISREG(st->st_mode)) {
		files++;
		bytes += (uint64_t)st->st_size;
	}
	return 0;
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	return ppool_feed_put(feed, path, strlen(path) + 1,
	    (uint64_t)st->st_size + 4096, NULL) != PPOOL_OK;
}

int
main(int argc, char **argv)
{
	ppool_opts po = { .processes = argc > 2 ? atoi(argv[2]) : 2,
	    .window = 8 };
	ppool_feed_opts fo = { .chunk_weight = 2 << 20 };
	ppool *pool;

	if (argc < 2)
		return 2;
	if (!po.processes) {
		if (nftw(argv[1], visit_only, 64, FTW_PHYS))
			return 2;
	} else {
		if (ppool_create(&pool, &po) != PPOOL_OK || ppool_feed_open(pool,
		    read_file, &fo, count, NULL, &feed) != PPOOL_OK ||
		    nftw(argv[1], visit, 64, FTW_PHYS) ||
		    ppool_feed_finish(feed, -1))
			return 2;
		ppool_feed_free(feed);
		ppool_destroy(pool);
	}
	printf("%" PRIu64 " files, %" PRIu64 " bytes\n", files, bytes);
	return 0;
}
