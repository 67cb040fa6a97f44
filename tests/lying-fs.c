/*
 * lying-fs - a file system that says what is not so (tests/fs-lies.t)
 *
 *     lying-fs DIRECTORY CONTENT [direct]
 *
 * mounts itself on DIRECTORY and serves it until it is unmounted, its parent
 * ends, or a file is read that it dies of. It speaks the kernel's protocol on
 * /dev/fuse (linux/fuse.h) and needs root, but no library.
 *
 * Every file has the first bytes of the file CONTENT; the table of lies has
 * what is said about it, and what happens to whom asks. With "direct", read(2)
 * gets each answer as it is; without, the page cache is in between, which
 * believes the size and asks for whole pages.
 *
 * No answer is kept by the kernel: each look at a file is asked for here.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCK 4096
#define REQUEST_MAX (256 * 1024)
#define ANSWER_MAX (128 * 1024)
#define SIZE_NONE UINT64_MAX /* it is said to be empty */

/* Instead of an errno. */
#define HANGS (-1) /* no answer at all */
#define YIELDS (-2) /* none until the caller has a signal; then EINTR */
#define DIES (-3)   /* the file system ends */

/* What is asked for fails. */
struct trouble {
	uint32_t op;    /* this request: FUSE_OPEN, FUSE_READ... */
	uint64_t at;    /* where it touches that block of a file, or is for that
	                 * name of a directory or a later one; an fstat(2): the
	                 * one of that number since it was opened, or later */
	int err;        /* an errno, or one of those above */
	unsigned times; /* so often; 0: always */
};

struct lie {
	const char *name;
	unsigned dir;      /* which it is in: one of the rows */
	bool is_dir;
	unsigned char type; /* what readdir(3) says of it; 0 is DT_UNKNOWN */
	uint64_t len;      /* of CONTENT; 0: all */
	uint64_t size;     /* said; 0: the length */
	uint32_t most;     /* bytes in an answer; 0: as many as are asked for */
	unsigned moves;    /* so many looks at the open file show another time */
	unsigned grows;    /* ...or another size */
	bool renumbered;   /* each look shows another inode number */
	bool ghost;        /* readdir(3) names it, but it is not there */
	struct trouble trouble;
};

enum { ROOT, TYPES, HALF, LOST }; /* the directories, first in the table */

#define FILE_IN(where, what, said) \
	.name = (what), .dir = (where), .type = (said)
#define FILE_(what) FILE_IN(ROOT, what, DT_REG)
#define DIR_(what) .name = (what), .is_dir = true, .type = DT_DIR
#define READ_AT(where) .op = FUSE_READ, .at = (where)

static const struct lie lies[] = {
	[ROOT] = { DIR_("") },
	[TYPES] = { DIR_("types") },
	[HALF] = { DIR_("half"), .trouble = { FUSE_READDIR, 2, EIO, 0 } },
	[LOST] = { DIR_("lost"), .trouble = { FUSE_READDIR, 2, DIES, 0 } },

	{ FILE_("honest") },
	{ FILE_("plain"), .len = 3000 },

	/* sizes and lengths of answers */
	{ FILE_("small"), .size = 5000 },
	{ FILE_("large"), .size = 5000000 },
	{ FILE_("empty"), .size = SIZE_NONE },
	{ FILE_("longest"), .len = 10000, .size = INT64_MAX },
	{ FILE_("longest2"), .len = 10000, .size = INT64_MAX },
	{ FILE_("longest3"), .len = 10000, .size = INT64_MAX },
	{ FILE_("bytes"), .len = 3000, .most = 1 },
	{ FILE_("bytes-empty"), .len = 3000, .most = 1, .size = SIZE_NONE },
	{ FILE_("bytes-large"), .len = 3000, .most = 1, .size = 9000 },
	{ FILE_("bytes-small"), .len = 3000, .most = 1, .size = 2000 },
	{ FILE_("sevens"), .len = 3000, .most = 7 },
	{ FILE_("sevens-small"), .len = 3000, .most = 7, .size = 2000 },
	{ FILE_("first-small"), .len = 3000, .most = 2000, .size = 2000 },
	{ FILE_("most"), .most = 100000 },

	/* reads that fail */
	{ FILE_("eio-first"), .trouble = { READ_AT(0), EIO, 0 } },
	{ FILE_("eio-middle"), .trouble = { READ_AT(200000), EIO, 0 } },
	{ FILE_("eio-last"), .trouble = { READ_AT(499999), EIO, 0 } },
	{ FILE_("eio-at-end"), .size = 600000,
	    .trouble = { READ_AT(524288), EIO, 0 } },
	{ FILE_("estale"), .trouble = { READ_AT(200000), ESTALE, 0 } },
	{ FILE_("eintr-3"), .trouble = { READ_AT(200000), EINTR, 3 } },
	{ FILE_("eintr"), .trouble = { READ_AT(200000), EINTR, 0 } },
	{ FILE_("eagain-3"), .trouble = { READ_AT(200000), EAGAIN, 3 } },
	{ FILE_("eagain"), .trouble = { READ_AT(200000), EAGAIN, 0 } },
	{ FILE_("eio-open"), .trouble = { FUSE_OPEN, 0, EIO, 0 } },
	{ FILE_("eio-stat"), .trouble = { FUSE_GETATTR, 1, EIO, 0 } },
	{ FILE_("eio-stat-2"), .len = 3000,
	    .trouble = { FUSE_GETATTR, 2, EIO, 0 } },

	/* files that are another one at each look */
	{ FILE_("renumbered"), .renumbered = true },
	{ FILE_("moves-once"), .moves = 2 },
	{ FILE_("moves"), .moves = UINT_MAX },
	{ FILE_("grows-once"), .grows = 2 },
	{ FILE_("grows"), .grows = UINT_MAX },

	/* no answer */
	{ FILE_("hangs"), .trouble = { READ_AT(200000), HANGS, 0 } },
	{ FILE_("hangs-open"), .trouble = { FUSE_OPEN, 0, HANGS, 0 } },
	{ FILE_("yields"), .trouble = { READ_AT(200000), YIELDS, 0 } },
	{ FILE_("dies"), .trouble = { READ_AT(200000), DIES, 0 } },

	/* readdir(3) */
	{ FILE_IN(TYPES, "a-unknown", DT_UNKNOWN) },
	{ FILE_IN(TYPES, "b-directory", DT_DIR) },
	{ FILE_IN(TYPES, "c-fifo", DT_FIFO) },
	{ FILE_IN(TYPES, "d-twice", DT_REG) },
	{ FILE_IN(TYPES, "d-twice", DT_REG) },
	{ FILE_IN(TYPES, "e-ghost", DT_REG), .ghost = true },
	{ FILE_IN(TYPES, "f", DT_REG) },
	{ FILE_IN(HALF, "a", DT_REG) },
	{ FILE_IN(HALF, "b", DT_REG) },
	{ FILE_IN(HALF, "c", DT_REG) },
	{ FILE_IN(LOST, "a", DT_REG) },
	{ FILE_IN(LOST, "b", DT_REG) },
	{ FILE_IN(LOST, "c", DT_REG) },
};
#define LIES (sizeof(lies) / sizeof(lies[0]))

/* A node's number is that of its row, and 1: the root must be 1. */
#define NODE(row) ((uint64_t)(row) + FUSE_ROOT_ID)

static struct {
	unsigned opens;    /* that have not been released */
	unsigned looks;    /* since the last of them */
	unsigned failures; /* of its trouble */
} seen[LIES];

static int dev;
static bool direct;
static unsigned char *content;
static uint64_t content_len;
static uint64_t yielding; /* the request that waits for a signal */

static void
die(const char *what)
{
	fprintf(stderr, "lying-fs: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* An answer that comes too late, for who has been killed, fails. */
static void
answer(uint64_t unique, int err, const void *data, size_t n)
{
	struct fuse_out_header h = { .unique = unique, .error = -err,
	    .len = (uint32_t)(sizeof(h) + n) };
	struct iovec v[] = { { &h, sizeof(h) }, { (void *)data, n } };

	if (writev(dev, v, 2) < 0 && errno != ENOENT)
		die("/dev/fuse");
}

/* Does a request for so much of it meet that trouble? */
static bool
meets(const struct trouble *t, uint64_t from, uint64_t size)
{
	const uint64_t block = t->at / BLOCK * BLOCK;

	if (t->op != FUSE_READ)
		return from >= t->at;
	return from < block + BLOCK && block < from + size;
}

/* Is this request in trouble? Then it has been seen to. */
static bool
fails(const struct fuse_in_header *h, uint64_t from, uint64_t size)
{
	const size_t row = h->nodeid - FUSE_ROOT_ID;
	const struct trouble *t = &lies[row].trouble;

	if (!t->err || t->op != h->opcode || !meets(t, from, size))
		return false;
	if (t->times && seen[row].failures++ >= t->times)
		return false;
	if (t->err == DIES)
		_exit(0);
	if (t->err == YIELDS)
		yielding = h->unique;
	else if (t->err != HANGS)
		answer(h->unique, t->err, NULL, 0);
	return true;
}

static uint64_t
length(size_t row)
{
	return lies[row].len ? lies[row].len : content_len;
}

static unsigned
at_most(unsigned n, unsigned limit)
{
	return n < limit ? n : limit;
}

static struct fuse_attr
attributes(size_t row)
{
	const struct lie *l = &lies[row];
	const unsigned looks = seen[row].looks;
	struct fuse_attr a = { .nlink = 1, .blksize = BLOCK };

	a.ino = NODE(row) + (l->renumbered ? 1000ULL * looks : 0);
	a.mode = l->is_dir ? S_IFDIR | 0755 : S_IFREG | 0644;
	if (!l->is_dir)
		a.size = l->size == SIZE_NONE ? 0 :
		    l->size ? l->size : length(row);
	a.size += at_most(looks, l->grows);
	a.blocks = a.size / 512;
	a.mtime = 1000000000 + at_most(looks, l->moves);
	a.ctime = a.atime = 1000000000;
	return a;
}

static void
serve_lookup(const struct fuse_in_header *h, const char *name)
{
	struct fuse_entry_out out = { 0 };
	size_t i;

	for (i = ROOT + 1; i < LIES; i++)
		if (NODE(lies[i].dir) == h->nodeid && !lies[i].ghost &&
		    !strcmp(lies[i].name, name))
			break;
	if (i == LIES) {
		answer(h->unique, ENOENT, NULL, 0);
		return;
	}
	out.nodeid = NODE(i);
	out.attr = attributes(i);
	answer(h->unique, 0, &out, sizeof(out));
}

static void
serve_getattr(const struct fuse_in_header *h)
{
	const size_t row = h->nodeid - FUSE_ROOT_ID;
	struct fuse_attr_out out = { 0 };

	if (seen[row].opens || lies[row].renumbered)
		seen[row].looks++;
	if (seen[row].opens && fails(h, seen[row].looks, 1))
		return;
	out.attr = attributes(row);
	answer(h->unique, 0, &out, sizeof(out));
}

static void
serve_open(const struct fuse_in_header *h)
{
	const size_t row = h->nodeid - FUSE_ROOT_ID;
	const struct fuse_open_out out = { .open_flags =
	    direct && !lies[row].is_dir ? FOPEN_DIRECT_IO : 0 };

	if (fails(h, 0, 1))
		return;
	seen[row].opens++;
	seen[row].looks = 0;
	answer(h->unique, 0, &out, sizeof(out));
}

static void
serve_release(const struct fuse_in_header *h)
{
	seen[h->nodeid - FUSE_ROOT_ID].opens--;
	answer(h->unique, 0, NULL, 0);
}

static void
serve_read(const struct fuse_in_header *h, const struct fuse_read_in *in)
{
	const size_t row = h->nodeid - FUSE_ROOT_ID;
	const uint64_t len = length(row);
	uint64_t n = in->offset < len ? len - in->offset : 0;

	if (fails(h, in->offset, in->size))
		return;
	if (n > in->size)
		n = in->size;
	if (lies[row].most && n > lies[row].most)
		n = lies[row].most;
	answer(h->unique, 0, content + (n ? in->offset : 0), n);
}

/* Two names in an answer, so that a directory takes several. */
static void
serve_readdir(const struct fuse_in_header *h, const struct fuse_read_in *in)
{
	_Alignas(8) char buf[2 * (FUSE_NAME_OFFSET + 64)] = { 0 };
	struct fuse_dirent *d = (struct fuse_dirent *)buf;
	uint64_t i, nth = 0;
	size_t n = 0;

	if (fails(h, in->offset, 1))
		return;
	for (i = ROOT + 1; i < LIES && nth < in->offset + 2; i++) {
		if (NODE(lies[i].dir) != h->nodeid || nth++ < in->offset)
			continue;
		d->ino = NODE(i);
		d->off = nth;
		d->type = lies[i].type;
		d->namelen = (uint32_t)strlen(lies[i].name);
		memcpy(d->name, lies[i].name, d->namelen);
		n += FUSE_DIRENT_SIZE(d);
		d = (struct fuse_dirent *)(buf + n);
	}
	answer(h->unique, 0, buf, n);
}

static void
serve_init(const struct fuse_in_header *h, const struct fuse_init_in *in)
{
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION,
	    .minor = FUSE_KERNEL_MINOR_VERSION,
	    .max_readahead = in->max_readahead, .max_write = BLOCK };

	answer(h->unique, 0, &out, sizeof(out));
}

static void
serve_interrupt(const struct fuse_interrupt_in *in)
{
	if (in->unique != yielding)
		return;
	yielding = 0;
	answer(in->unique, EINTR, NULL, 0);
}

static void
serve_statfs(const struct fuse_in_header *h)
{
	const struct fuse_statfs_out out = { .st = { .bsize = BLOCK,
	    .namelen = 255 } };

	answer(h->unique, 0, &out, sizeof(out));
}

static void
serve(const struct fuse_in_header *h)
{
	const void *in = h + 1;

	switch (h->opcode) {
	case FUSE_INIT:
		serve_init(h, in);
		break;
	case FUSE_LOOKUP:
		serve_lookup(h, in);
		break;
	case FUSE_GETATTR:
		serve_getattr(h);
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		serve_open(h);
		break;
	case FUSE_READ:
		serve_read(h, in);
		break;
	case FUSE_READDIR:
		serve_readdir(h, in);
		break;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		serve_release(h);
		break;
	case FUSE_STATFS:
		serve_statfs(h);
		break;
	case FUSE_INTERRUPT:
		serve_interrupt(in);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		break; /* which have no answer */
	default:
		answer(h->unique, ENOSYS, NULL, 0);
		break;
	}
}

/* The whole file; content_len is its length. */
static void
load(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	content_len = (uint64_t)st.st_size;
	content = malloc(content_len + 1);
	if (!content || read(fd, content, content_len) != st.st_size)
		die(path);
	close(fd);
}

int
main(int argc, char **argv)
{
	static _Alignas(8) unsigned char request[REQUEST_MAX];
	char options[100];
	ssize_t n;

	if (argc < 3) {
		fputs("usage: lying-fs DIRECTORY CONTENT [direct]\n", stderr);
		return 2;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	direct = argc > 3;
	load(argv[2]);
	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		die("/dev/fuse");
	(void)snprintf(options, sizeof(options),
	    "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", dev);
	if (mount("lying-fs", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		die(argv[1]);
	for (;;) {
		n = read(dev, request, sizeof(request));
		if (n >= 0)
			serve((const struct fuse_in_header *)request);
		else if (errno == ENODEV)
			return 0; /* unmounted */
		else if (errno != EINTR && errno != ENOENT && errno != EAGAIN)
			die("/dev/fuse");
	}
}
