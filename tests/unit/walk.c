/*
 * source/walk: real trees, and an nftw(3) that fails where it is told to.
 *
 * What a walk reports becomes a text, one line for each callback, sorted:
 * "PATH" for a file, "PATH linked", "PATH operand", "PATH stream", and
 * "PATH: REASON" for an error.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compat.h"
#include "source/filter.h"
#include "source/own.h"
#include "source/walk.h"

#define NOBODY 65534

/* ---- an nftw that fails ------------------------------------------------------ */

typedef int nftw_visit(const char *, const struct stat *, int, struct FTW *);

/* What goes wrong; all zero: nothing. */
static struct {
	int give_up_at;         /* -1 with EIO, instead of this callback */
	const char *unopenable; /* -1 with EIO, whenever it comes to this name */
	bool noisy;             /* errno is set by what goes well */
	bool quiet;             /* ...and is not by what fails */
	const char *unread;     /* readdir fails in this directory, "" for /,... */
	int kept;               /* ...after so many entries */
	bool next_fails;        /* what comes then cannot be looked at */
	int readdir_from;       /* the calls of our own that fail: from this */
	int readdir_to;         /* ...to this */
	void (*meanwhile)(void); /* called once, when nftw has returned */
	char last[256];         /* the last name before that */
	int calls, readdirs;
	bool lost;              /* by unread, and not told yet */
} fault;

static nftw_visit *visit;
static int promised; /* descriptors, to nftw */

/* Would this not have been seen, because readdir failed before it? */
static bool
is_unread(const char *name)
{
	size_t n;

	if (!fault.unread)
		return false;
	n = strlen(fault.unread);
	if (strncmp(name, fault.unread, n) || name[n] != '/' || !name[n + 1])
		return false;
	/* what is in an entry comes right behind it */
	return strchr(name + n + 1, '/') ? fault.lost : fault.kept-- <= 0;
}

static int
faulty_visit(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	if (++fault.calls == fault.give_up_at ||
	    (fault.unopenable && !strcmp(name + ftw->base, fault.unopenable))) {
		errno = EIO;
		return -1;
	}
	if (is_unread(name)) {
		fault.lost = true;
		return 0;
	}
	if (fault.lost || fault.noisy)
		errno = EIO;
	if (fault.quiet)
		errno = 0;
	if (fault.lost && fault.next_fails)
		type = FTW_NS;
	fault.lost = false;
	snprintf(fault.last, sizeof(fault.last), "%s", name);
	/* so that no directory is closed in the middle, or left out */
	assert_true(ftw->level < promised || !COMPAT_FTW_ACTIONRETVAL);
	return visit(name, st, type, ftw);
}

#if defined(__GLIBC__) && defined(_FILE_OFFSET_BITS) && _FILE_OFFSET_BITS == 64
#define NFTW_SYMBOL "nftw64"
#define READDIR_SYMBOL "readdir64"
#else
#define NFTW_SYMBOL "nftw"
#define READDIR_SYMBOL "readdir"
#endif

/* In the place of the C library's, which does not call this readdir. */
struct dirent *
readdir(DIR *d)
{
	static struct dirent *(*real)(DIR *);
	void *symbol;

	if (!real) {
		symbol = dlsym(RTLD_NEXT, READDIR_SYMBOL);
		memcpy(&real, &symbol, sizeof(real));
	}
	if (++fault.readdirs >= fault.readdir_from &&
	    fault.readdirs <= fault.readdir_to) {
		errno = EIO;
		return NULL;
	}
	return real(d);
}

/* Likewise. */
int
nftw(const char *dir, nftw_visit *fn, int fds, int flags)
{
	static int (*real)(const char *, nftw_visit *, int, int);
	void (*meanwhile)(void);
	void *symbol;
	int rc, err;

	if (!real) {
		symbol = dlsym(RTLD_NEXT, NFTW_SYMBOL);
		memcpy(&real, &symbol, sizeof(real));
	}
	visit = fn;
	promised = fds;
	rc = real(dir, faulty_visit, fds, flags);
	err = rc == 0 && (fault.lost || fault.noisy) ? EIO : errno;
	fault.unread = NULL;
	fault.lost = false;
	meanwhile = fault.meanwhile;
	fault.meanwhile = NULL;
	if (meanwhile)
		meanwhile();
	errno = err;
	return rc;
}

/* ---- walks as text ----------------------------------------------------------- */

static struct walk_opts opts;
static struct filter *filter;
static struct own *own;

static struct {
	char **v;
	size_t n;
	int stop_after; /* the callback that returns 7; 0: none */
	bool stop_at_error;
} lines;

static int
add_line(const char *path, size_t len, const char *end)
{
	struct buf b = BUF_INIT;

	assert_int_equal(len, strlen(path));
	buf_puts(&b, path);
	buf_puts(&b, end);
	buf_putc(&b, '\0');
	lines.v = realloc(lines.v, (lines.n + 1) * sizeof(*lines.v));
	lines.v[lines.n++] = b.data;
	return (int)lines.n == lines.stop_after ? 7 : 0;
}

static int
on_file(void *cookie, const struct entry *e)
{
	static const char *const kind[] = { [ENTRY_FOUND] = "",
	    [ENTRY_LINKED] = " linked", [ENTRY_NAMED] = " operand",
	    [ENTRY_STREAM] = " stream" };

	assert_ptr_equal(cookie, &opts);
	/* files of these trees hold one byte, if any */
	assert_true(e->id.size <= (e->kind != ENTRY_STREAM));
	assert_true(e->id.ino);
	/* behind the slash that follows the operand */
	if (e->root) {
		assert_in_range(e->root->below, 1, e->len - 1);
		assert_int_equal(e->name[e->root->below - 1], '/');
	}
	return add_line(e->name, e->len, kind[e->kind]);
}

static int
on_error(void *cookie, const char *path, size_t len, int err)
{
	char end[200];

	assert_ptr_equal(cookie, &opts);
	snprintf(end, sizeof(end), ": %s", err == WALK_OUTPUT ? "output" :
	    err == WALK_LINKS ? "links" : strerror(err));
	return add_line(path, len, end) || lines.stop_at_error ? 7 : 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes the lines as one text. */
static void
take_lines(struct buf *text)
{
	size_t i;

	if (lines.n)
		qsort(lines.v, lines.n, sizeof(*lines.v), compare);
	buf_clear(text);
	for (i = 0; i < lines.n; i++) {
		buf_puts(text, lines.v[i]);
		buf_putc(text, '\n');
		free(lines.v[i]);
	}
	free(lines.v);
	lines.v = NULL;
	lines.n = 0;
}

static struct buf text;

static char top[PATH_MAX]; /* where every case takes place */

/* ---- walks that others do ------------------------------------------------------ */

/* Directories that were left to somebody. */
static struct {
	struct entry e;
	struct entry_root root;
} left[1000];
static size_t nleft;

static bool
leave_directory(void *cookie, const struct entry *e)
{
	char *name = strdup(e->name);

	assert_ptr_equal(cookie, &opts);
	assert_int_equal(e->kind, ENTRY_TREE);
	assert_true(S_ISDIR(e->id.mode));
	assert_int_equal(strlen(name), e->len);
	assert_in_range(nleft, 0, sizeof(left) / sizeof(left[0]) - 1);
	left[nleft].e = *e;
	left[nleft].e.name = name;
	left[nleft].root = *e->root;
	nleft++;
	return true;
}

/* Every other one is. */
static bool
leave_some(void *cookie, const struct entry *e)
{
	static bool leaves;

	leaves = !leaves;
	return leaves && leave_directory(cookie, e);
}

static void
take_counts(struct walk_counts *c)
{
	struct walk_counts now = walk_counts();

	c->links = now.links - c->links;
	c->specials = now.specials - c->specials;
	c->own = now.own - c->own;
	c->dirs = now.dirs - c->dirs;
}

/* What this walk finds is what was found, and counted, though directories are left to
 * others. */
static void
must_be_found_by_others(const char *operand, const struct walk_counts *counted,
    bool (*on_directory)(void *cookie, const struct entry *e))
{
	struct walk_counts c = walk_counts();
	struct buf theirs = BUF_INIT;

	opts.on_directory = on_directory;
	assert_int_equal(walk(operand, &opts), 0);
	while (nleft) {
		struct entry e = left[--nleft].e;
		struct entry_root root = left[nleft].root;

		e.root = &root;
		assert_int_equal(walk_branch(&e, &opts), 0);
		free((char *)(uintptr_t)e.name);
	}
	opts.on_directory = NULL;
	take_lines(&theirs);
	assert_string_equal(buf_str(&theirs), buf_str(&text));
	buf_release(&theirs);
	take_counts(&c);
	assert_memory_equal(&c, counted, sizeof(c));
	/* a case counts its own walk alone */
	walk_counts_add(&(struct walk_counts){ -c.links, -c.specials, -c.own,
	    -c.dirs });
}

/* A walk, which comes back; valid until the next. */
static const char *
walked(const char *operand)
{
	struct walk_counts c = walk_counts();
	const char zeros[sizeof(fault)] = { 0 };
	bool well = !memcmp(&fault, zeros, sizeof(fault));
	char now[PATH_MAX];

	assert_int_equal(walk(operand, &opts), 0);
	assert_non_null(getcwd(now, sizeof(now)));
	assert_string_equal(now, top);
	take_lines(&text);
	take_counts(&c);
	if (well && !opts.follow) {
		int calls = fault.calls;

		must_be_found_by_others(operand, &c, leave_directory);
		must_be_found_by_others(operand, &c, leave_some);
		memset(&fault, 0, sizeof(fault));
		fault.calls = calls;
	}
	return buf_str(&text);
}

/* The same in a process of its own, which does this before; NULL when that
 * cannot be done here. */
static const char *
walked_by_child(bool (*prepare)(void), const char *operand)
{
	char piece[4096];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (!prepare())
			_exit(77);
		status = walk(operand, &opts);
		take_lines(&text);
		n = write(fds[1], text.data, text.len);
		_exit(status || n != (ssize_t)text.len);
	}
	close(fds[1]);
	buf_clear(&text);
	while ((n = read(fds[0], piece, sizeof(piece))) > 0)
		buf_put(&text, piece, (size_t)n);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		return NULL;
	assert_int_equal(WEXITSTATUS(status), 0);
	return buf_str(&text);
}

/* ---- trees ------------------------------------------------------------------- */

static int
enter(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(top, sizeof(top), "%s/phash-unit-walk.XXXXXX",
	    tmp ? tmp : "/tmp");
	if (!mkdtemp(top) || chmod(top, 0755) < 0 || chdir(top) < 0)
		return -1;
	filter = filter_new();
	own = own_new();
	memset(&fault, 0, sizeof(fault));
	opts = (struct walk_opts){ .max_depth = -1, .dirfd = AT_FDCWD,
	    .filter = filter, .own = own, .cookie = &opts,
	    .on_file = on_file, .on_error = on_error };
	return 0;
}

static int
leave(void **state)
{
	char command[2 * PATH_MAX + 100];

	(void)state;
	filter_free(filter);
	own_free(own);
	lines.stop_after = 0;
	lines.stop_at_error = false;
	snprintf(command, sizeof(command),
	    "chmod -R u+rwx '%s' && rm -rf '%s'", top, top);
	return chdir("/") < 0 || system(command) ? -1 : 0;
}

static void
make_dirs(const char *path)
{
	char copy[PATH_MAX];
	char *slash = copy;

	snprintf(copy, sizeof(copy), "%s/", path);
	while ((slash = strchr(slash, '/'))) {
		*slash = '\0';
		assert_true(mkdir(copy, 0755) == 0 || errno == EEXIST);
		*slash++ = '/';
	}
}

/* A file of one byte, and the directories to it. */
static void
make(const char *path)
{
	char above[PATH_MAX];
	char *slash;
	FILE *f;

	snprintf(above, sizeof(above), "%s", path);
	slash = strrchr(above, '/');
	if (slash) {
		*slash = '\0';
		make_dirs(above);
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(putc('x', f), 'x');
	assert_int_equal(fclose(f), 0);
}

/*
 * Directories called name in each other, with a file "f" on each level, all
 * that in the directory called first; their lines go to want.
 */
static void
make_chain(const char *first, int levels, const char *name, struct buf *want)
{
	int i, here = open(".", O_RDONLY | O_DIRECTORY);
	struct buf path = BUF_INIT;

	buf_puts(&path, first);
	assert_int_equal(mkdir(first, 0755), 0);
	assert_int_equal(chdir(first), 0);
	for (i = 0; i < levels; i++) {
		make("f");
		add_line(buf_str(&path), path.len, "/f");
		assert_int_equal(mkdir(name, 0755), 0);
		assert_int_equal(chdir(name), 0);
		buf_putc(&path, '/');
		buf_puts(&path, name);
	}
	assert_int_equal(fchdir(here), 0);
	close(here);
	take_lines(want);
	buf_release(&path);
}

/* The directory at the bottom of such a chain, as an operand. */
static void
chain_bottom(const char *first, int levels, const char *name, struct buf *b)
{
	int i;

	buf_puts(b, first);
	for (i = 0; i < levels; i++)
		buf_printf(b, "/%s", name);
}

/* The name that nftw sees first in a directory, and last. */
static void
first_and_last(const char *path, char first[256], char last[256])
{
	DIR *d = opendir(path);
	struct dirent *e;

	assert_non_null(d);
	first[0] = '\0';
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		if (!first[0])
			snprintf(first, 256, "%s", e->d_name);
		snprintf(last, 256, "%s", e->d_name);
	}
	closedir(d);
}

static void
make_tree(void)
{
	make("d/1");
	make("d/a/f");
	make("d/a/g");
	make("d/b/f");
	make("d/b/bb/f");
	make("d/b/bb/g");
	make("d/c/f");
	make("d/z");
}

#define TREE "d/1\nd/a/f\nd/a/g\nd/b/bb/f\nd/b/bb/g\nd/b/f\nd/c/f\nd/z\n"

/* ---- operands ---------------------------------------------------------------- */

static void
test_tree(void **state)
{
	(void)state;
	make_tree();
	make_dirs("d/empty/too");
	assert_string_equal(walked("d"), TREE);
	opts.filter = NULL;
	assert_string_equal(walked("d"), TREE);
}

static void
test_spelling(void **state)
{
	(void)state;
	make("d/s/f");
	assert_string_equal(walked("d/"), "d/s/f\n");
	assert_string_equal(walked("d//"), "d/s/f\n");
	assert_string_equal(walked("d//s"), "d//s/f\n");
	assert_string_equal(walked("."), "./d/s/f\n");
	assert_string_equal(walked("./"), "./d/s/f\n");
	assert_string_equal(walked("./d"), "./d/s/f\n");
	assert_string_equal(walked("d/."), "d/./s/f\n");
	assert_string_equal(walked("d/s/.."), "d/s/../s/f\n");
}

static bool
change_root(void)
{
	return chroot(".") == 0 && chdir("/") == 0;
}

static void
test_root(void **state)
{
	const char *got;
	int i;

	(void)state;
	make("s/f");
	make("g");
	got = walked_by_child(change_root, "/");
	if (!got)
		skip();
	assert_string_equal(got, "/g\n/s/f\n");
	assert_string_equal(walked_by_child(change_root, "//"), "/g\n/s/f\n");
	/* also where nftw gives up, and where a directory is not read */
	for (i = 2; i <= 4; i++) {
		fault.give_up_at = i;
		opts.max_depth = -1;
		assert_string_equal(walked_by_child(change_root, "/"),
		    "/g\n/s/f\n");
		opts.max_depth = 1;
		assert_string_equal(walked_by_child(change_root, "/"), "/g\n");
	}
	opts.max_depth = -1;
	fault.give_up_at = 0;
	fault.noisy = true;
	assert_string_equal(walked_by_child(change_root, "/"), "/g\n/s/f\n");
	fault.noisy = false;
	for (i = 0; i <= 2; i++) {
		fault.unread = "";
		fault.kept = i;
		assert_string_equal(walked_by_child(change_root, "/"),
		    "/g\n/s/f\n");
	}
}

static void
test_absolute(void **state)
{
	char want[PATH_MAX + 10], operand[PATH_MAX + 10];

	(void)state;
	make("d/s/f");
	snprintf(operand, sizeof(operand), "%s/d", top);
	snprintf(want, sizeof(want), "%s/d/s/f\n", top);
	assert_string_equal(walked(operand), want);
}

static void
test_operand_files(void **state)
{
	(void)state;
	make("d/f");
	assert_int_equal(symlink("d/f", "link"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	filter_exclude(filter, "*");
	assert_string_equal(walked("d/f"), "d/f operand\n");
	assert_string_equal(walked("link"), "link operand\n");
	assert_string_equal(walked("fifo"), "fifo stream\n");
	assert_string_equal(walked("/dev/null"), "/dev/null stream\n");
}

static void
test_operand_link_to_directory(void **state)
{
	(void)state;
	make("d/s/f");
	assert_int_equal(symlink("d", "link"), 0);
	assert_string_equal(walked("link"), "link/s/f\n");
	assert_string_equal(walked("link/"), "link/s/f\n");
}

static void
test_operand_missing(void **state)
{
	(void)state;
	make("f");
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_string_equal(walked("none"), "none: No such file or directory\n");
	assert_string_equal(walked("dangling"),
	    "dangling: No such file or directory\n");
	assert_string_equal(walked(""), ": No such file or directory\n");
	assert_string_equal(walked("f/"), "f/: Not a directory\n");
}

static void
test_operands_are_not_filtered(void **state)
{
	(void)state;
	make("d/d/f");
	make("d/g");
	filter_exclude(filter, "d");
	assert_string_equal(walked("d"), "d/g\n");
	assert_string_equal(walked("d/d"), "d/d/f\n");
}

static void
test_dirfd(void **state)
{
	(void)state;
	make("d/s/f");
	make("d/g");
	assert_int_equal(symlink("d", "link"), 0);
	opts.dirfd = open(".", O_RDONLY | O_DIRECTORY);
	assert_string_equal(walked("d"), "d/g\nd/s/f\n");
	assert_string_equal(walked("link"), "link/g\nlink/s/f\n");
	assert_string_equal(walked("."), "./d/g\n./d/s/f\n");
	assert_string_equal(walked("d/g"), "d/g operand\n");
	assert_int_equal(access("d/s/f", F_OK), 0);
	close(opts.dirfd);
}

/* ---- entries ----------------------------------------------------------------- */

static void
test_special_files_are_counted(void **state)
{
	struct walk_counts before, after;

	(void)state;
	make("d/s/f");
	assert_int_equal(mkfifo("d/fifo", 0600), 0);
	assert_int_equal(mkfifo("d/s/fifo", 0600), 0);
	assert_int_equal(symlink("f", "d/s/link"), 0);
	assert_int_equal(symlink("s", "d/link"), 0);
	assert_int_equal(symlink("nowhere", "d/dangling"), 0);
	before = walk_counts();
	assert_string_equal(walked("d"), "d/s/f\n");
	after = walk_counts();
	assert_int_equal(after.specials - before.specials, 2);
	assert_int_equal(after.links - before.links, 3);
	assert_int_equal(after.dirs - before.dirs, 2);
	assert_int_equal(after.own - before.own, 0);
}

static void
test_own_files_are_skipped(void **state)
{
	struct walk_counts before;

	(void)state;
	make("d/own");
	make("d/f");
	make("d/s/own");
	assert_int_equal(link("d/own", "d/other name"), 0);
	assert_int_equal(symlink("../own", "d/s/link"), 0);
	own_add(own, "d/own");
	before = walk_counts();
	assert_string_equal(walked("d"), "d/f\nd/other name\nd/s/own\n");
	assert_int_equal(walk_counts().own - before.own, 1);
	assert_string_equal(walked("d/own"), "");
	assert_string_equal(walked("d/s/link"), "");
	opts.follow = true;
	assert_string_equal(walked("d/s"), "d/s/own\n");
	opts.own = NULL;
	assert_string_equal(walked("d/s"), "d/s/link linked\nd/s/own\n");
}

static void
test_output_by_another_name(void **state)
{
	struct walk_counts before;
	int fd;

	(void)state;
	make("d/own");
	make("d/f");
	assert_int_equal(link("d/own", "d/other name"), 0);
	fd = open("d/own", O_WRONLY | O_CLOEXEC);
	own_add_open(own, fd, true);
	before = walk_counts();
	assert_string_equal(walked("d"), "d/f\nd/other name: output\n");
	assert_int_equal(walk_counts().own - before.own, 1);
	assert_string_equal(walked("d/other name"), "d/other name: output\n");
	close(fd);
}

/* In a segment the walk is elsewhere, and names are relative to that. */
static void
test_own_file_behind_a_segment(void **state)
{
	struct buf want = BUF_INIT, path = BUF_INIT;

	(void)state;
	make_chain("d", 50, "n", &want);
	chain_bottom("d", 50, "n", &path);
	buf_puts(&path, "/own");
	make(buf_str(&path));
	own_add(own, buf_str(&path));
	assert_string_equal(walked("d"), buf_str(&want));
	buf_release(&path);
	buf_release(&want);
}

static void
test_filter(void **state)
{
	(void)state;
	make_tree();
	filter_exclude(filter, "b/");
	filter_exclude(filter, "g");
	assert_string_equal(walked("d"), "d/1\nd/a/f\nd/c/f\nd/z\n");
	filter_include(filter, "f");
	assert_string_equal(walked("d"), "d/a/f\nd/c/f\n");
}

static void
test_excluded_before_is_operand_now(void **state)
{
	(void)state;
	make_tree();
	filter_exclude(filter, "b");
	filter_exclude(filter, "c");
	assert_string_equal(walked("d"), "d/1\nd/a/f\nd/a/g\nd/z\n");
	assert_string_equal(walked("d/b"), "d/b/bb/f\nd/b/bb/g\nd/b/f\n");
	assert_string_equal(walked("d/c"), "d/c/f\n");
	assert_string_equal(walked("d/c/none"),
	    "d/c/none: No such file or directory\n");
}

static void
test_max_depth(void **state)
{
	(void)state;
	make_tree();
	opts.max_depth = 0;
	assert_string_equal(walked("d"), "");
	assert_string_equal(walked("d/1"), "d/1 operand\n");
	opts.max_depth = 1;
	assert_string_equal(walked("d"), "d/1\nd/z\n");
	opts.max_depth = 2;
	assert_string_equal(walked("d"),
	    "d/1\nd/a/f\nd/a/g\nd/b/f\nd/c/f\nd/z\n");
	opts.max_depth = 3;
	assert_string_equal(walked("d"), TREE);
}

static void
test_callback_stops(void **state)
{
	(void)state;
	make_tree();
	lines.stop_after = 3;
	assert_int_equal(walk("d", &opts), 7);
	assert_int_equal(lines.n, 3);
	take_lines(&text);
	lines.stop_after = 1;
	assert_int_equal(walk("none", &opts), 7);
	take_lines(&text);
	lines.stop_after = 0;
	assert_string_equal(walked("d"), TREE);
}

/* Stopped by what is said about a directory that cannot be entered: the file
 * that comes next is not told. */
static void
test_callback_stops_before_a_file(void **state)
{
	char next[256] = "";
	struct dirent *e;
	DIR *d;

	(void)state;
	make("d/a");
	make("d/b");
	make("d/x/f");
	make("d/y");
	make("d/z");
	d = opendir("d");
	assert_non_null(d);
	while ((e = readdir(d)) && strcmp(e->d_name, "x"))
		;
	while ((e = readdir(d)) && e->d_name[0] == '.')
		;
	if (e)
		snprintf(next, sizeof(next), "%s", e->d_name);
	closedir(d);
	if (!next[0])
		skip(); /* x happens to be the last */
	fault.unopenable = "x";
	lines.stop_at_error = true;
	assert_int_equal(walk("d", &opts), 7);
	assert_string_equal(lines.v[lines.n - 1], "d/x: Input/output error");
	take_lines(&text);
	lines.stop_at_error = false;
}

/* ---- long and deep ----------------------------------------------------------- */

static void
test_long_paths(void **state)
{
	struct buf want = BUF_INIT, bottom = BUF_INIT;
	char name[201];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	make_chain("d", 100, name, &want);
	assert_true(want.len / 100 > 2 * PATH_MAX);
	assert_string_equal(walked("d"), buf_str(&want));
	opts.follow = true;
	assert_string_equal(walked("d"), buf_str(&want));
	/* operands of such lengths */
	chain_bottom("d", 99, name, &bottom);
	buf_puts(&want, "\n");
	assert_true(bottom.len > 4 * PATH_MAX);
	assert_int_equal(strlen(walked(buf_str(&bottom))), bottom.len + 3);
	buf_puts(&bottom, "/f");
	assert_int_equal(strlen(walked(buf_str(&bottom))),
	    bottom.len + strlen(" operand\n"));
	buf_release(&bottom);
	buf_release(&want);
}

static void
test_link_at_a_long_path(void **state)
{
	struct buf want = BUF_INIT, path = BUF_INIT;
	char name[251];
	int i;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	make_chain("d", 19, name, &want);
	assert_int_equal(chdir("d"), 0);
	for (i = 0; i < 18; i++)
		assert_int_equal(chdir(name), 0);
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(chdir(top), 0);
	chain_bottom("d", 18, name, &path);
	buf_puts(&path, "/link linked\n");
	assert_true(path.len > PATH_MAX);
	opts.follow = true;
	assert_int_equal(strlen(walked("d")), want.len + path.len);
	assert_non_null(strstr(buf_str(&text), buf_str(&path)));
	buf_release(&path);
	buf_release(&want);
}

/* Segments beside each other: each is found from where the walk began. */
static void
test_several_segments(void **state)
{
	struct buf want = BUF_INIT, more = BUF_INIT;
	int i;

	(void)state;
	make_dirs("d");
	for (i = 0; i < 3; i++) {
		char first[] = { 'd', '/', (char)('a' + i), '\0' };

		make_chain(first, 70, "n", &more);
		buf_put(&want, more.data, more.len);
	}
	assert_string_equal(walked("d"), buf_str(&want));
	opts.follow = true;
	assert_string_equal(walked("d"), buf_str(&want));
	opts.dirfd = open(".", O_RDONLY | O_DIRECTORY);
	assert_string_equal(walked("d"), buf_str(&want));
	close(opts.dirfd);
	buf_release(&more);
	buf_release(&want);
}

static void
replace_segment(void)
{
	assert_int_equal(rename("d/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n",
	    "moved"), 0);
	assert_int_equal(symlink("/", "d/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/n/"
	    "n"), 0);
}

/* A directory that is a link when its turn has come. */
static void
test_segment_is_link_now(void **state)
{
	struct buf want = BUF_INIT;

	(void)state;
	make_chain("d", 30, "n", &want);
	fault.meanwhile = replace_segment;
	assert_non_null(strstr(walked("d"), ": Not a directory\n"));
	assert_int_equal(strlen(buf_str(&text)), 20 * 4 + 2 * 20 * 19 / 2 +
	    strlen("d: Not a directory\n") + 20 * 2);
	buf_release(&want);
}

static int spare_descriptors;

/* Leaves so many descriptors that can be opened. */
static bool
limit_descriptors(void)
{
	int next = dup(0);
	struct rlimit r;

	close(next);
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return false;
	r.rlim_cur = (rlim_t)(next + spare_descriptors);
	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

static void
test_deep_with_few_descriptors(void **state)
{
	static const int spare[] = { 36, 20, 10, 6 };
	struct buf want = BUF_INIT;
	size_t i;

	(void)state;
	make_chain("d", 1000, "n", &want);
	for (i = 0; i < sizeof(spare) / sizeof(spare[0]); i++) {
		spare_descriptors = spare[i];
		assert_string_equal(walked_by_child(limit_descriptors, "d"),
		    buf_str(&want));
	}
	buf_release(&want);
}

static void
test_no_descriptor(void **state)
{
	(void)state;
	make_tree();
	spare_descriptors = 0;
	assert_string_equal(walked_by_child(limit_descriptors, "d"),
	    "d: Too many open files\n");
}

static void
test_max_depth_behind_a_segment(void **state)
{
	struct buf want = BUF_INIT;

	(void)state;
	make_chain("d", 100, "n", &want);
	opts.max_depth = 45;
	assert_int_equal(strlen(walked("d")), 45 * 4 + 2 * 45 * 44 / 2);
	buf_release(&want);
}

/* ---- permissions ------------------------------------------------------------- */

static bool
become_nobody(void)
{
	return geteuid() != 0 || setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

static void
test_unreadable_directory(void **state)
{
	(void)state;
	make("d/closed/f");
	make("d/f");
	assert_int_equal(chmod("d/closed", 0), 0);
	assert_string_equal(walked_by_child(become_nobody, "d"),
	    "d/closed: Permission denied\nd/f\n");
	assert_string_equal(walked_by_child(become_nobody, "d/closed"),
	    "d/closed: Permission denied\n");
	assert_string_equal(walked_by_child(become_nobody, "d/closed/f"),
	    "d/closed/f: Permission denied\n");
	fault.quiet = true;
	assert_string_equal(walked_by_child(become_nobody, "d"),
	    "d/closed: Permission denied\nd/f\n");
	opts.max_depth = 1;
	assert_string_equal(walked_by_child(become_nobody, "d"), "d/f\n");
	opts.max_depth = -1;
	filter_exclude(filter, "closed/");
	assert_string_equal(walked_by_child(become_nobody, "d"), "d/f\n");
	assert_string_equal(walked_by_child(become_nobody, "d/closed"),
	    "d/closed: Permission denied\n");
}

static bool
enter_closed(void)
{
	return geteuid() == 0 && chdir("closed") == 0 && become_nobody();
}

/* Nothing is walked that one could not come back from. */
static void
test_no_way_back(void **state)
{
	char operand[PATH_MAX + 10];
	const char *got;

	(void)state;
	make("d/f");
	assert_int_equal(symlink("d", "link"), 0);
	assert_int_equal(mkdir("closed", 0700), 0);
	snprintf(operand, sizeof(operand), "%s/link", top);
	got = walked_by_child(enter_closed, operand);
	if (!got)
		skip();
	assert_int_equal(strncmp(got, operand, strlen(operand)), 0);
	assert_string_equal(got + strlen(operand), ": Permission denied\n");
}

static void
test_directory_that_can_be_listed_only(void **state)
{
	(void)state;
	make("d/blind/f");
	make("d/blind/s/g");
	make("d/f");
	assert_int_equal(chmod("d/blind", 0444), 0);
	assert_string_equal(walked_by_child(become_nobody, "d"),
	    "d/blind/f: Permission denied\nd/blind/s: Permission denied\n"
	    "d/f\n");
	filter_exclude(filter, "s");
	assert_string_equal(walked_by_child(become_nobody, "d"),
	    "d/blind/f: Permission denied\nd/f\n");
	/* what is not included as a file may be a directory */
	filter_include(filter, "nothing");
	assert_string_equal(walked_by_child(become_nobody, "d"),
	    "d/blind/f: Permission denied\n");
}

static void
test_unreadable_segment(void **state)
{
	struct buf want = BUF_INIT, closed = BUF_INIT;
	const char *got;

	(void)state;
	make_chain("d", 40, "n", &want);
	chain_bottom("d", 30, "n", &closed);
	assert_int_equal(chmod(buf_str(&closed), 0), 0);
	got = walked_by_child(become_nobody, "d");
	buf_puts(&closed, ": Permission denied\n");
	assert_non_null(strstr(got, buf_str(&closed)));
	assert_int_equal(strlen(got),
	    closed.len + 30 * 4 + 2 * 30 * 29 / 2);
	buf_release(&closed);
	buf_release(&want);
}

/* ---- following links --------------------------------------------------------- */

static void
test_follow(void **state)
{
	struct walk_counts before;

	(void)state;
	opts.follow = true;
	make("d/s/f");
	make("outside");
	assert_int_equal(mkfifo("d/fifo", 0600), 0);
	assert_int_equal(symlink("s/f", "d/link"), 0);
	assert_int_equal(symlink("../outside", "d/out"), 0);
	assert_int_equal(symlink("s", "d/t"), 0);
	assert_int_equal(symlink("s", "d/u"), 0);
	assert_int_equal(symlink("fifo", "d/special"), 0);
	assert_int_equal(symlink("nowhere", "d/dangling"), 0);
	assert_int_equal(symlink("s/f/g", "d/dangling too"), 0);
	before = walk_counts();
	assert_string_equal(walked("d"), "d/link linked\nd/out linked\n"
	    "d/s/f\nd/t/f\nd/u/f\n");
	assert_int_equal(walk_counts().links - before.links, 2);
	assert_int_equal(walk_counts().specials - before.specials, 2);
	assert_int_equal(walk_counts().dirs - before.dirs, 4);
}

static void
test_follow_and_filter(void **state)
{
	(void)state;
	opts.follow = true;
	make("d/s/f");
	make("d/g");
	assert_int_equal(symlink("s", "d/t"), 0);
	assert_int_equal(symlink("g", "d/h"), 0);
	assert_int_equal(symlink("i", "d/i"), 0);
	filter_exclude(filter, "t/");
	filter_exclude(filter, "h");
	filter_exclude(filter, "i");
	assert_string_equal(walked("d"), "d/g\nd/s/f\n");
}

static void
test_follow_loops(void **state)
{
	(void)state;
	opts.follow = true;
	make("d/s/f");
	assert_int_equal(symlink(".", "d/self"), 0);
	assert_int_equal(symlink("..", "d/s/up"), 0);
	assert_int_equal(symlink("../s", "d/s/s"), 0);
	assert_int_equal(symlink("ring", "d/ring"), 0);
	assert_string_equal(walked("d"),
	    "d/ring: Too many levels of symbolic links\n"
	    "d/s/f\n"
	    "d/s/s: Too many levels of symbolic links\n"
	    "d/s/up: Too many levels of symbolic links\n"
	    "d/self: Too many levels of symbolic links\n");
}

/* A link that leads above the operand: the loop closes in a directory. */
static void
test_follow_loop_through_a_directory(void **state)
{
	(void)state;
	opts.follow = true;
	make("p/d/f");
	make("p/g");
	assert_int_equal(symlink("..", "p/d/up"), 0);
	assert_string_equal(walked("p/d"),
	    "p/d/f\np/d/up/d: Too many levels of symbolic links\n"
	    "p/d/up/g\n");
}

static void
test_follow_loops_behind_segments(void **state)
{
	struct buf want = BUF_INIT, bottom = BUF_INIT;

	(void)state;
	make_chain("d", 90, "n", &want);
	chain_bottom("d", 90, "n", &bottom);
	buf_puts(&bottom, "/up");
	/* to the tenth directory, in a segment long done */
	assert_int_equal(chdir("d/n/n/n/n/n/n/n/n/n"), 0);
	assert_true(getcwd(buf_reserve(&text, PATH_MAX), PATH_MAX) != NULL);
	assert_int_equal(chdir(top), 0);
	assert_int_equal(symlink(text.data + text.len, buf_str(&bottom)), 0);
	opts.follow = true;
	buf_puts(&bottom, ": Too many levels of symbolic links\n");
	buf_put(&want, bottom.data, bottom.len);
	assert_int_equal(strlen(walked("d")), want.len);
	assert_non_null(strstr(buf_str(&text), buf_str(&bottom)));
	buf_release(&bottom);
	buf_release(&want);
}

/* Each segment has its own directories above it. */
static void
test_follow_loops_beside_each_other(void **state)
{
	struct buf want = BUF_INIT, path = BUF_INIT;
	const char *const first[] = { "d/a", "d/b" };
	char target[PATH_MAX + 10];
	size_t i, expected = 0;

	(void)state;
	opts.follow = true;
	make_dirs("d");
	for (i = 0; i < 2; i++) {
		make_chain(first[i], 40, "n", &want);
		expected += want.len;
		buf_clear(&path);
		chain_bottom(first[i], 40, "n", &path);
		buf_puts(&path, "/up");
		snprintf(target, sizeof(target), "%s/%s", top, first[i]);
		assert_int_equal(symlink(target, buf_str(&path)), 0);
		expected += path.len +
		    strlen(": Too many levels of symbolic links\n");
	}
	assert_int_equal(strlen(walked("d")), expected);
	assert_non_null(strstr(buf_str(&text), "/up: Too many levels"));
	buf_release(&path);
	buf_release(&want);
}

/* Each of a dozen directories has links to all of them: paths without end. */
static void
test_follow_links_behind_links(void **state)
{
	char name[100], target[100];
	struct walk_counts before;
	const char *at;
	int i, j, n = 0;

	(void)state;
	opts.follow = true;
	for (i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		make_dirs(name);
		for (j = 0; j < 12; j++) {
			snprintf(name, sizeof(name), "d/%d/to%d", i, j);
			snprintf(target, sizeof(target), "../%d", j);
			assert_int_equal(symlink(target, name), 0);
		}
	}
	before = walk_counts();
	at = walked("d");
	/* d, 12 directories, 132 links to others in them, and at most 256
	 * ways to each behind those */
	assert_in_range(walk_counts().dirs - before.dirs,
	    1 + 12 + 132 + WALK_MAX_LINKS,
	    1 + 12 + 132 + 12 * WALK_MAX_LINKS);
	while ((at = strstr(at, ": links\n"))) {
		at++;
		n++;
	}
	assert_in_range(n, 1, 12);
}

/* A link that is not behind another one is always followed. */
static void
test_follow_many_links(void **state)
{
	struct walk_counts before;
	char name[100];
	int i, n = WALK_MAX_LINKS + 10;

	(void)state;
	opts.follow = true;
	make("f/f");
	make_dirs("d");
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "d/%d", i);
		assert_int_equal(symlink("../f", name), 0);
	}
	before = walk_counts();
	assert_null(strstr(walked("d"), ": "));
	assert_int_equal(walk_counts().dirs - before.dirs, 1 + n);
	/* the operand is none that they could be behind */
	assert_int_equal(symlink("d", "top"), 0);
	assert_null(strstr(walked("top"), ": "));
	/* behind one they are counted, for each operand */
	assert_int_equal(symlink("../d", "f/d"), 0);
	assert_int_equal(symlink("d", "e"), 0);
	make_dirs("g");
	assert_int_equal(symlink("../e", "g/e"), 0);
	for (i = 0; i < 2; i++) {
		before = walk_counts();
		assert_non_null(strstr(walked("g"), ": links\n"));
		assert_int_equal(walk_counts().dirs - before.dirs,
		    2 + WALK_MAX_LINKS);
	}
}

/* Behind a link, and in a segment further down. */
static void
test_follow_links_far_behind_links(void **state)
{
	struct buf want = BUF_INIT, path = BUF_INIT;
	char target[PATH_MAX + 10];
	size_t bottom;
	int i;

	(void)state;
	opts.follow = true;
	make("f/f");
	make_dirs("g");
	make_chain("d", 30, "n", &want);
	chain_bottom("d", 30, "n", &path);
	bottom = path.len;
	snprintf(target, sizeof(target), "%s/f", top);
	for (i = 0; i < WALK_MAX_LINKS + 10; i++) {
		path.len = bottom;
		buf_printf(&path, "/%d", i);
		assert_int_equal(symlink(target, buf_str(&path)), 0);
	}
	assert_null(strstr(walked("d"), ": "));
	assert_int_equal(symlink("../d", "g/d"), 0);
	assert_non_null(strstr(walked("g"), ": links\n"));
	buf_release(&path);
	buf_release(&want);
}

/* ---- file systems ------------------------------------------------------------ */

static bool
mount_tmpfs(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0 &&
	    mount("none", "d/m", "tmpfs", 0, "") == 0 &&
	    mkdir("d/m/s", 0755) == 0 && mknod("d/m/g", 0644, 0) == 0 &&
	    mknod("d/m/s/h", 0644, 0) == 0;
}

static void
test_one_file_system(void **state)
{
	const char *got;

	(void)state;
	make("d/f");
	make_dirs("d/m");
	make_dirs("d/s");
	assert_int_equal(symlink("../m", "d/s/link"), 0);
	got = walked_by_child(mount_tmpfs, "d");
	if (!got)
		skip();
	assert_string_equal(got, "d/f\nd/m/g\nd/m/s/h\n");
	opts.one_file_system = true;
	assert_string_equal(walked_by_child(mount_tmpfs, "d"), "d/f\n");
	assert_string_equal(walked_by_child(mount_tmpfs, "d/m"),
	    "d/m/g\nd/m/s/h\n");
	opts.follow = true;
	assert_string_equal(walked_by_child(mount_tmpfs, "d"), "d/f\n");
}

static bool
mount_overlay(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0 &&
	    mount("none", "a", "tmpfs", 0, "") == 0 &&
	    mount("none", "b", "tmpfs", 0, "") == 0 &&
	    mkdir("a/low", 0755) == 0 && mknod("a/low/f", 0644, 0) == 0 &&
	    mkdir("a/low/s", 0755) == 0 && mknod("a/low/s/f", 0644, 0) == 0 &&
	    mkdir("b/up", 0755) == 0 && mkdir("b/work", 0755) == 0 &&
	    mount("none", "d", "overlay", 0,
	    "lowerdir=a/low,upperdir=b/up,workdir=b/work") == 0;
}

/* There a file's st_dev is not that of its directory. */
static void
test_one_file_system_of_layers(void **state)
{
	const char *got;

	(void)state;
	make_dirs("a");
	make_dirs("b");
	make_dirs("d");
	opts.one_file_system = true;
	got = walked_by_child(mount_overlay, "d");
	if (!got)
		skip();
	assert_string_equal(got, "d/f\nd/s/f\n");
}

/* ---- an nftw that gives up --------------------------------------------------- */

/* How many callbacks a walk of d takes. */
static int
callbacks(void)
{
	fault.calls = 0;
	(void)walked("d");
	return fault.calls;
}

static void
test_resume_after_every_entry(void **state)
{
	int i, n;

	(void)state;
	make_tree();
	n = callbacks();
	assert_true(n >= 13);
	for (i = 2; i <= n; i++) {
		fault.calls = 0;
		fault.give_up_at = i;
		assert_string_equal(walked("d"), TREE);
	}
}

/* A directory that has become a link when somebody comes to it is not followed, but an
 * operand is. */
static void
test_branch_that_is_a_link(void **state)
{
	struct entry_root root = { .below = 2 };
	struct entry e = { .name = "d/s", .len = 3, .kind = ENTRY_TREE,
	    .root = &root };

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("other", 0755), 0);
	make("other/f");
	assert_int_equal(symlink("../other", "d/s"), 0);
	assert_int_equal(walk_branch(&e, &opts), 0);
	take_lines(&text);
	assert_string_equal(buf_str(&text), "d/s: Not a directory\n");
	assert_int_equal(unlink("d/s"), 0);
	assert_int_equal(walk_branch(&e, &opts), 0);
	take_lines(&text);
	assert_string_equal(buf_str(&text),
	    "d/s: No such file or directory\n");
	assert_int_equal(symlink("other", "link"), 0);
	e.name = "link";
	e.len = 4;
	root.below = 5;
	assert_int_equal(walk_branch(&e, &opts), 0);
	take_lines(&text);
	assert_string_equal(buf_str(&text), "link/f\n");
}

/* Depths are those below the operand. */
static void
test_branch_and_depth(void **state)
{
	struct entry_root root = { .below = 2 };
	struct entry e = { .name = "d/s", .len = 3, .kind = ENTRY_TREE,
	    .root = &root };

	(void)state;
	make_dirs("d/s/t");
	make("d/s/f");
	make("d/s/t/g");
	opts.max_depth = 2;
	assert_int_equal(walk_branch(&e, &opts), 0);
	take_lines(&text);
	assert_string_equal(buf_str(&text), "d/s/f\n");
	opts.max_depth = 3;
	lines.stop_after = 1;
	assert_int_equal(walk_branch(&e, &opts), 7);
	lines.stop_after = 0;
	take_lines(&text);
	assert_int_equal(walk_branch(&e, &opts), 0);
	take_lines(&text);
	assert_string_equal(buf_str(&text), "d/s/f\nd/s/t/g\n");
	opts.one_file_system = true; /* of the operand, which is on none */
	assert_int_equal(walk_branch(&e, &opts), 0);
	take_lines(&text);
	assert_string_equal(buf_str(&text), "");
}

static void
test_resume_in_a_segment(void **state)
{
	struct buf want = BUF_INIT;
	int i, n;

	(void)state;
	make_chain("d", 50, "n", &want);
	n = callbacks();
	for (i = 2; i <= n; i++) {
		fault.calls = 0;
		fault.give_up_at = i;
		(void)walked("d");
		/* the root of a segment that fails has nothing to go on from */
		if (!strstr(buf_str(&text), "Input/output error"))
			assert_string_equal(buf_str(&text), buf_str(&want));
		else
			assert_true(i > 40);
	}
	buf_release(&want);
}

static void
test_resume_with_links(void **state)
{
	int i, n;

	(void)state;
	make_tree();
	opts.follow = true;
	assert_int_equal(symlink("../../c", "d/b/bb/link"), 0);
	assert_int_equal(symlink("../..", "d/b/bb/loop"), 0);
	n = callbacks();
	for (i = 2; i <= n; i++) {
		fault.calls = 0;
		fault.give_up_at = i;
		if (strstr(walked("d"), "d/b/bb/link: Input/output error"))
			continue; /* as the root of a segment */
		assert_string_equal(buf_str(&text), "d/1\nd/a/f\nd/a/g\n"
		    "d/b/bb/f\nd/b/bb/g\nd/b/bb/link/f\n"
		    "d/b/bb/loop: Too many levels of symbolic links\n"
		    "d/b/f\nd/c/f\nd/z\n");
	}
}

static void
test_resume_keeps_the_rules(void **state)
{
	int i, n;

	(void)state;
	make_tree();
	opts.max_depth = 2;
	filter_exclude(filter, "c/");
	filter_exclude(filter, "g");
	n = callbacks();
	for (i = 2; i <= n; i++) {
		fault.calls = 0;
		fault.give_up_at = i;
		assert_string_equal(walked("d"), "d/1\nd/a/f\nd/b/f\nd/z\n");
	}
}

static void
test_what_fails_is_named(void **state)
{
	(void)state;
	make_tree();
	fault.unopenable = "b";
	assert_string_equal(walked("d"), "d/1\nd/a/f\nd/a/g\n"
	    "d/b: Input/output error\nd/c/f\nd/z\n");
	fault.unopenable = "bb";
	assert_string_equal(walked("d"), "d/1\nd/a/f\nd/a/g\n"
	    "d/b/bb: Input/output error\nd/b/f\nd/c/f\nd/z\n");
	fault.unopenable = "d";
	assert_string_equal(walked("d"), "d: Input/output error\n");
}

static void
test_what_fails_and_is_filtered(void **state)
{
	(void)state;
	make_tree();
	fault.unopenable = "b";
	/* a directory is not what an include is about */
	filter_include(filter, "z");
	assert_string_equal(walked("d"), "d/b: Input/output error\nd/z\n");
	opts.max_depth = 1;
	assert_string_equal(walked("d"), "d/z\n");
	opts.max_depth = -1;
	filter_exclude(filter, "b/");
	assert_string_equal(walked("d"), "d/z\n");
	fault.unopenable = "1";
	assert_string_equal(walked("d"), "d/z\n");
}

static void
remove_last(void)
{
	assert_int_equal(unlink(fault.last), 0);
}

/* What came behind an entry that is gone is not known: all comes again. */
static void
test_last_entry_vanishes(void **state)
{
	char first[256], last[256];

	(void)state;
	make("d/x");
	make("d/y");
	first_and_last("d", first, last);
	fault.give_up_at = 3;
	fault.meanwhile = remove_last;
	assert_string_equal(walked("d"), "d/x\nd/y\n");
}

static void
test_resumed_directory_is_unread(void **state)
{
	char first[256], last[256], want[300];

	(void)state;
	make("d/x");
	make("d/y");
	first_and_last("d", first, last);
	fault.readdirs = 0;
	fault.give_up_at = 2;
	fault.readdir_from = fault.readdir_to = 1;
	assert_string_equal(walked("d"), "d: Input/output error\n");
	/* nor before the last entry is found again */
	fault.calls = fault.readdirs = 0;
	fault.give_up_at = 3;
	snprintf(want, sizeof(want), "d/%s\nd: Input/output error\n", first);
	assert_int_equal(strlen(walked("d")), strlen(want));
	assert_non_null(strstr(buf_str(&text), "d: Input/output error\n"));
}

/* ---- a readdir that fails ---------------------------------------------------- */

static void
test_errno_of_no_failure(void **state)
{
	(void)state;
	make_tree();
	make_dirs("d/e/empty");
	fault.noisy = true;
	assert_string_equal(walked("d"), TREE);
	opts.follow = true;
	assert_string_equal(walked("d/."), "d/./1\nd/./a/f\nd/./a/g\n"
	    "d/./b/bb/f\nd/./b/bb/g\nd/./b/f\nd/./c/f\nd/./z\n");
}

/* Whatever directory is cut short, wherever: what follows is walked, once. */
static void
test_unread_directory(void **state)
{
	static const char *const dirs[] = { "d", "d/a", "d/b", "d/b/bb",
	    "d/c" };
	size_t i;
	int kept;

	(void)state;
	make_tree();
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		for (kept = 0; kept < 6; kept++) {
			fault.unread = dirs[i];
			fault.kept = kept;
			assert_string_equal(walked("d"), TREE);
		}
	}
}

/* The errno that is seen is that of the next entry. */
static void
test_unread_before_a_failure(void **state)
{
	char first[256], last[256], want[600];

	(void)state;
	make("d/x/f");
	make("d/y/f");
	first_and_last("d", first, last);
	snprintf(want, sizeof(want), "d/%s", first);
	fault.unread = want;
	fault.next_fails = true;
	(void)walked("d");
	snprintf(want, sizeof(want), "d/%s/f\n", first);
	assert_non_null(strstr(buf_str(&text), want));
	snprintf(want, sizeof(want), "d/%s: Input/output error\n", last);
	assert_non_null(strstr(buf_str(&text), want));
}

static void
test_unread_and_the_rules(void **state)
{
	int kept;

	(void)state;
	make_tree();
	opts.max_depth = 2;
	filter_exclude(filter, "c/");
	filter_exclude(filter, "g");
	for (kept = 0; kept < 6; kept++) {
		fault.unread = "d";
		fault.kept = kept;
		assert_string_equal(walked("d"), "d/1\nd/a/f\nd/b/f\nd/z\n");
	}
}

/* Loops are seen behind what is walked later, too. */
static void
test_unread_and_links(void **state)
{
	int kept;

	(void)state;
	make_tree();
	opts.follow = true;
	assert_int_equal(symlink("../../c", "d/b/bb/link"), 0);
	assert_int_equal(symlink("../..", "d/b/bb/loop"), 0);
	for (kept = 0; kept < 5; kept++) {
		fault.unread = "d/b/bb";
		fault.kept = kept;
		assert_string_equal(walked("d"), "d/1\nd/a/f\nd/a/g\n"
		    "d/b/bb/f\nd/b/bb/g\nd/b/bb/link/f\n"
		    "d/b/bb/loop: Too many levels of symbolic links\n"
		    "d/b/f\nd/c/f\nd/z\n");
	}
}

static void
test_unread_in_a_segment(void **state)
{
	struct buf want = BUF_INIT;
	int kept;

	(void)state;
	make_chain("d", 50, "n", &want);
	for (kept = 0; kept < 2; kept++) {
		fault.unread = "d/n/n/n";
		fault.kept = kept;
		assert_string_equal(walked("d"), buf_str(&want));
	}
	buf_release(&want);
}

/* The directory cannot be read the second and the third time either. */
static void
test_unread_again(void **state)
{
	(void)state;
	make_tree();
	fault.unread = "d/a";
	fault.readdir_from = 1;
	fault.readdir_to = INT_MAX;
	assert_string_equal(walked("d"), "d/1\nd/a: Input/output error\n"
	    "d/b/bb/f\nd/b/bb/g\nd/b/f\nd/c/f\nd/z\n");
	fault.readdirs = 0;
	fault.unread = "d";
	assert_string_equal(walked("d"), "d: Input/output error\n");
}

/* What an earlier walk saw last is of no concern. */
static void
test_stopped_before_a_failure(void **state)
{
	(void)state;
	make_tree();
	make("e/f");
	lines.stop_after = 1;
	assert_int_equal(walk("d/b", &opts), 7);
	take_lines(&text);
	lines.stop_after = 0;
	fault.noisy = true;
	assert_string_equal(walked("e"), "e/f\n");
}

static void
replace_by_a_file(void)
{
	assert_int_equal(rename("d", "moved"), 0);
	make("d");
}

/* ...nor opened. */
static void
test_unread_and_unopenable(void **state)
{
	(void)state;
	make("d/f");
	fault.unread = "d";
	fault.meanwhile = replace_by_a_file;
	assert_string_equal(walked("d"), "d: Not a directory\n");
}

static void
remove_all(void)
{
	assert_int_equal(unlink("d/s/f"), 0);
	assert_int_equal(rmdir("d/s"), 0);
}

/* ...nor is it there any more: then nothing is left out. */
static void
test_unread_and_gone(void **state)
{
	(void)state;
	make("d/s/f");
	fault.noisy = true;
	fault.meanwhile = remove_all;
	assert_string_equal(walked("d"), "d/s/f\n");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_tree),
		CASE(test_spelling),
		CASE(test_root),
		CASE(test_absolute),
		CASE(test_operand_files),
		CASE(test_operand_link_to_directory),
		CASE(test_operand_missing),
		CASE(test_operands_are_not_filtered),
		CASE(test_dirfd),
		CASE(test_special_files_are_counted),
		CASE(test_own_files_are_skipped),
		CASE(test_output_by_another_name),
		CASE(test_own_file_behind_a_segment),
		CASE(test_filter),
		CASE(test_excluded_before_is_operand_now),
		CASE(test_max_depth),
		CASE(test_callback_stops),
		CASE(test_callback_stops_before_a_file),
		CASE(test_long_paths),
		CASE(test_link_at_a_long_path),
		CASE(test_several_segments),
		CASE(test_segment_is_link_now),
		CASE(test_deep_with_few_descriptors),
		CASE(test_no_descriptor),
		CASE(test_max_depth_behind_a_segment),
		CASE(test_unreadable_directory),
		CASE(test_no_way_back),
		CASE(test_directory_that_can_be_listed_only),
		CASE(test_unreadable_segment),
		CASE(test_follow),
		CASE(test_follow_and_filter),
		CASE(test_follow_loops),
		CASE(test_follow_loop_through_a_directory),
		CASE(test_follow_loops_behind_segments),
		CASE(test_follow_loops_beside_each_other),
		CASE(test_follow_links_behind_links),
		CASE(test_follow_many_links),
		CASE(test_follow_links_far_behind_links),
		CASE(test_one_file_system),
		CASE(test_one_file_system_of_layers),
		CASE(test_resume_after_every_entry),
		CASE(test_branch_that_is_a_link),
		CASE(test_branch_and_depth),
		CASE(test_resume_in_a_segment),
		CASE(test_resume_with_links),
		CASE(test_resume_keeps_the_rules),
		CASE(test_what_fails_is_named),
		CASE(test_what_fails_and_is_filtered),
		CASE(test_last_entry_vanishes),
		CASE(test_resumed_directory_is_unread),
		CASE(test_errno_of_no_failure),
		CASE(test_unread_directory),
		CASE(test_unread_before_a_failure),
		CASE(test_unread_and_the_rules),
		CASE(test_unread_and_links),
		CASE(test_unread_in_a_segment),
		CASE(test_unread_again),
		CASE(test_stopped_before_a_failure),
		CASE(test_unread_and_unopenable),
		CASE(test_unread_and_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
