/*
 * shared-map - writes to a file through a shared mapping (tests/fs-changes.t)
 *
 *     shared-map FILE
 *
 * maps FILE (MAP_SHARED) and then does what standard input says, a word a line:
 *
 *     OFFSET   puts an X at this place
 *     sync     msync(2) of the whole mapping, MS_SYNC
 *
 * and answers each with a line, when it is done. A page is written to for the
 * first time by the first OFFSET in it, and not before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
die(const char *what)
{
	fprintf(stderr, "shared-map: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The whole file; *len is its length. */
static volatile char *
map_file(const char *path, size_t *len)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	*len = (size_t)st.st_size;
	p = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(path);
	close(fd);
	return p;
}

int
main(int argc, char **argv)
{
	volatile char *map;
	char line[100];
	size_t len, at;

	if (argc != 2) {
		fputs("usage: shared-map FILE\n", stderr);
		return 2;
	}
	map = map_file(argv[1], &len);
	while (fgets(line, sizeof(line), stdin)) {
		at = strtoul(line, NULL, 10);
		if (!strcmp(line, "sync\n")) {
			if (msync((void *)map, len, MS_SYNC) < 0)
				die("msync");
		} else if (at < len) {
			map[at] = 'X';
		}
		if (puts("done") < 0 || fflush(stdout) != 0)
			return 1;
	}
	return 0;
}
