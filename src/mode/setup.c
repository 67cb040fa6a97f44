#include "mode/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compat.h"
#include "base/diag.h"
#include "base/disk.h"
#include "base/guess.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "base/quote.h"
#include "base/xio.h"
#include "digest/algorithm.h"
#include "digest/engine.h"
#include "mode/patterns.h"
#include "options.h"
#include "ppool/ppool.h"
#include "source/filter.h"
#include "source/list.h"
#include "source/own.h"

/* Appends what -a and -l say, as one name. */
static void
setup_algorithm_name(const struct options *o, struct buf *name)
{
	unsigned length = o->length;

	/* where no length is needed (options.c), each line has its own */
	if (!length && (!strcasecmp(o->algorithm, "sha2") ||
	    !strcasecmp(o->algorithm, "sha3")))
		length = 512;
	buf_puts(name, o->algorithm);
	if (length)
		buf_printf(name, "-%u", length);
}

/* Says that libcrypto does not know an algorithm, and which of the usual ones
 * was perhaps meant. */
static void
setup_unknown_algorithm(const char *quoted, const char *name)
{
	static const char *const usual[] = { "sha512", "sha384", "sha256",
	    "sha224", "sha512-256", "sha512-224", "sha3-512", "sha3-384",
	    "sha3-256", "sha3-224", "blake2b", "blake2s", "shake128",
	    "shake256", "sm3", "sha1", "md5", NULL };
	const char *meant = guess_word(name, strlen(name), usual);

	if (meant)
		diag_msg("algorithm %s: not known to libcrypto; did you mean "
		    "%s?", quoted, meant);
	else
		diag_msg("algorithm %s: not known to libcrypto", quoted);
}

static void
setup_algorithm_failed(const char *name, int err)
{
	struct buf b = BUF_INIT;

	quote_shell_always(&b, name, strlen(name));
	if (err == EINVAL)
		setup_unknown_algorithm(buf_str(&b), name);
	else
		diag_msg("algorithm %s: %s", buf_str(&b), strerror(err));
	buf_release(&b);
}

static int
setup_algorithm(struct setup *s)
{
	struct buf name = BUF_INIT;
	int n = -1;

	setup_algorithm_name(s->o, &name);
	s->algorithms = algorithms_new();
	if (s->algorithms)
		n = algorithms_add(s->algorithms, buf_str(&name));
	if (n < 0)
		setup_algorithm_failed(buf_str(&name), errno);
	else
		s->digest = algorithms_digest(s->algorithms, n);
	buf_release(&name);
	return n < 0 ? -1 : 0;
}

/* A kernel that was asked for by name, and cannot compute here. */
static int
setup_engine(const struct options *o)
{
	const char *refusal = engine_refusal(o->engine);

	if (refusal)
		diag_msg("engine %s: %s", o->engine, refusal);
	return refusal ? -1 : 0;
}

/* A list that cannot be opened is said, and the others go on. */
static void
setup_lists(struct setup *s)
{
	const struct options *o = s->o;
	size_t i;

	s->list = list_new(o->operands, o->noperands);
	for (i = 0; i < o->nlists; i++) {
		const char *path = o->lists[i].path;

		if (list_add_file(s->list, path, o->lists[i].zero) < 0) {
			diag_name(path, strlen(path), "%s", strerror(errno));
			s->list_missing = true;
		}
	}
}

/* Opens out on path, NULL for stdout. 0, or -1 after a message. */
static int
setup_open_output(struct outfile *out, const char *path)
{
	if (outfile_open(out, path) == 0)
		return 0;
	diag_name(path, strlen(path), "%s", strerror(errno));
	return -1;
}

/* A handle of the current directory; where it cannot be had (a portable build
 * in a directory that is not readable), the current directory itself. */
static int
setup_here(void)
{
	int fd = open(".", COMPAT_O_DIRHANDLE);

	return fd < 0 ? AT_FDCWD : fd;
}

/* Moves to where -C says and keeps handles of both places: the walk may be
 * elsewhere while a worker is forked. */
static int
setup_directory(struct setup *s)
{
	const struct options_values *dirs = &s->o->directories;
	size_t i;

	s->startfd = setup_here();
	for (i = 0; i < dirs->n; i++) {
		if (chdir(dirs->v[i]) < 0) {
			diag_name(dirs->v[i], strlen(dirs->v[i]), "%s",
			    strerror(errno));
			return -1;
		}
	}
	s->dirfd = setup_here();
	return 0;
}

/* What is ours: in an audit also LIST, and where --update will write. */
static void
setup_own(struct setup *s, const struct outfile *out)
{
	const struct options *o = s->o;

	s->own = own_new();
	own_add_open(s->own, out->fd, true);
	if (o->output)
		own_add(s->own, o->output);
	if (o->mode != OPTIONS_AUDIT)
		return;
	if (strcmp(o->audit, "-"))
		own_add(s->own, o->audit);
	else
		own_add_open(s->own, STDIN_FILENO, false);
}

int
setup_init(struct setup *s, const struct options *o, struct outfile *out)
{
	/* an audit prints to stdout; --update writes a list after it */
	const char *output = o->mode == OPTIONS_AUDIT ? NULL : o->output;

	memset(s, 0, sizeof(*s));
	s->o = o;
	s->startfd = s->dirfd = AT_FDCWD;
	if (setup_algorithm(s) < 0 || setup_engine(o) < 0)
		return -1;
	s->filter = filter_new();
	if (patterns_add(s->filter, o) < 0)
		return -1;
	setup_lists(s);
	if (setup_open_output(out, output) < 0)
		return -1;
	setup_own(s, out);
	return setup_directory(s);
}

/*
 * What the operands say about the number of workers, as far as that can be
 * told at once.
 */
struct operands_facts {
	bool bounded;    /* no list, no directory: not more files than operands */
	int disks;       /* with moving heads, different ones... */
	bool all_disks;  /* ...and every operand is on one of them; only looked
	                  * at without -j */
};

#define SETUP_DISKS 64 /* more than anybody will count */

static void
setup_add_disk(struct operands_facts *f, dev_t disks[SETUP_DISKS], dev_t dev)
{
	dev_t disk;
	int i;

	if (!disk_is_rotational(DISK_SYSFS, dev, &disk)) {
		f->all_disks = false;
		return;
	}
	for (i = 0; i < f->disks; i++)
		if (disks[i] == disk)
			return;
	if (f->disks < SETUP_DISKS)
		disks[f->disks++] = disk;
}

static struct operands_facts
setup_facts(const struct setup *s)
{
	const struct options *o = s->o;
	struct operands_facts f = {
		.bounded = o->mode == OPTIONS_HASH && !o->nlists,
		.all_disks = !o->jobs && o->mode != OPTIONS_CHECK && o->noperands &&
		    o->noperands <= SETUP_DISKS && !o->nlists,
	};
	dev_t disks[SETUP_DISKS];
	struct stat st;
	size_t i;

	/* many operands are looked at by the walk soon enough */
	for (i = 0; i < o->noperands && i < SETUP_DISKS; i++) {
		if (xio_stat(s->dirfd, o->operands[i], &st, 0) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			f.bounded = false;
		if (f.all_disks)
			setup_add_disk(&f, disks, st.st_dev);
	}
	if (o->noperands > SETUP_DISKS)
		f.bounded = false;
	return f;
}

/*
 * -j, or usable CPUs: but one reader for each disk with moving heads, which
 * two would only make seek, and no more workers than there are files.
 */
static int
setup_jobs(const struct setup *s)
{
	struct operands_facts f = setup_facts(s);
	int files = s->o->noperands ? (int)s->o->noperands : 1;
	int jobs;

	if (f.bounded && files == 1)
		return 1;
	jobs = s->o->jobs ? s->o->jobs : ppool_cpus();
	if (f.all_disks && f.disks && f.disks < jobs)
		jobs = f.disks;
	return f.bounded && files < jobs ? files : jobs;
}

/* For --debug: what the workers do with algorithm number 0. */
static void
setup_say_engine(const struct setup *s, int jobs)
{
	struct engine *e = engine_new(s->digest, 1, s->o->engine);

	diag_msg("%d worker%s, engine %s", jobs, jobs == 1 ? "" : "s",
	    e ? engine_name(e) : "unknown");
	engine_free(e);
}

int
setup_hasher(struct setup *s, void *cookie,
    void (*on_result)(void *cookie, const struct result *r),
    void (*on_pause)(void *cookie))
{
	struct hasher_opts opts = {
		.jobs = setup_jobs(s),
		.algorithms = s->algorithms,
		.chunk = s->o->chunk,
		.dirfd = s->dirfd,
		.engine = s->o->engine,
		.twice = s->o->settle,
		.timeout = s->o->timeout,
		.cookie = cookie,
		.on_result = on_result,
		.on_pause = on_pause,
	};

	s->hasher = hasher_new(&opts);
	if (!s->hasher)
		return -1;
	if (s->o->debug)
		setup_say_engine(s, opts.jobs);
	return 0;
}

struct walk_opts
setup_walk(const struct setup *s)
{
	struct walk_opts w = {
		.one_file_system = s->o->one_file_system,
		.follow = s->o->follow,
		.max_depth = s->o->max_depth,
		.filter = s->filter,
		.own = s->own,
		.dirfd = s->dirfd,
	};

	return w;
}

int
setup_open_list(const struct setup *s, const char *path)
{
	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	return xio_open(s->startfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

void
setup_close_list(int fd)
{
	if (fd > STDIN_FILENO)
		(void)close(fd); /* it was only read */
}

void
setup_say_stdin(void)
{
	if (isatty(STDIN_FILENO))
		diag_msg("reading standard input, a terminal");
}

/* Moves to a directory that setup_here opened. 0, or -1 after a message. */
static int
setup_move(int fd)
{
	if (fd == AT_FDCWD || fchdir(fd) == 0)
		return 0;
	diag_msg("cannot change directory: %s", strerror(errno));
	return -1;
}

int
setup_open_update(const struct setup *s, struct outfile *list,
    const char *path)
{
	int rc;

	if (setup_move(s->startfd) < 0)
		return -1;
	rc = setup_open_output(list, path);
	return setup_move(s->dirfd) < 0 ? -1 : rc;
}

void
setup_start_progress(const struct options *o)
{
	unsigned flags = o->verbose ? PROGRESS_NAMES : 0;

	if (o->progress == OPTIONS_ALWAYS)
		flags |= PROGRESS_SHOW | PROGRESS_KEEP;
	else if (o->progress == OPTIONS_AUTO && isatty(STDERR_FILENO))
		flags |= PROGRESS_SHOW;
	progress_start(flags);
}

/* What is waited for, after some seconds: once with -v, and in the line. */
static void
setup_show_stall(const struct setup *s)
{
	struct hasher_stall stall;

	if (!hasher_stalled(s->hasher, &stall)) {
		progress_waiting(NULL, 0);
		return;
	}
	progress_waiting(stall.path, stall.len);
	if (stall.is_new && s->o->verbose)
		diag_name(stall.path, stall.len, "no progress for %u seconds",
		    stall.seconds);
}

void
setup_show_progress(const struct setup *s)
{
	setup_show_stall(s);
	if (!progress_due())
		return;
	progress_bytes(hasher_bytes(s->hasher));
	progress_tick();
}

void
setup_end_progress(const struct setup *s)
{
	progress_bytes(hasher_bytes(s->hasher));
	progress_end();
}

void
setup_release(struct setup *s)
{
	hasher_free(s->hasher);
	filter_free(s->filter);
	own_free(s->own);
	list_free(s->list);
	algorithms_free(s->algorithms);
	if (s->dirfd != AT_FDCWD)
		close(s->dirfd);
	if (s->startfd != AT_FDCWD)
		close(s->startfd);
}
