#include "mode/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/diag.h"
#include "base/guess.h"
#include "base/progress.h"
#include "base/quote.h"
#include "base/version.h"
#include "base/xio.h"
#include "digest/algorithm.h"
#include "digest/engine.h"
#include "hasher/hasher.h"
#include "hasher/result.h"
#include "mode/jobs.h"
#include "mode/operands.h"
#include "options/options.h"
#include "record/side.h"
#include "record/table.h"
#include "source/filter.h"
#include "source/list.h"
#include "source/own.h"

#define RUN_PASSES 64 /* names that are passed between looks at the workers */

/* Appends what -a and -l say, as one name. */
static void
run_algorithm_name(const struct options *o, struct buf *name)
{
	int length = o->length;

	/* where no length is needed (options/conflicts.c), each line has its own */
	if (!length && (!strcasecmp(o->algorithm, "sha2") ||
	    !strcasecmp(o->algorithm, "sha3")))
		length = 512;
	buf_puts(name, o->algorithm);
	if (length)
		buf_printf(name, "-%d", length);
}

/* Says that libcrypto does not know an algorithm, and which of the usual ones
 * was perhaps meant. */
static void
run_unknown_algorithm(const char *quoted, const char *name)
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
run_algorithm_failed(const char *name, int err)
{
	struct buf b = BUF_INIT;

	quote_shell_always(&b, name, strlen(name));
	if (err == EINVAL)
		run_unknown_algorithm(buf_str(&b), name);
	else
		diag_msg("algorithm %s: %s", buf_str(&b), strerror(err));
	buf_release(&b);
}

static int
run_algorithm(struct run *r)
{
	struct buf name = BUF_INIT;
	int n = -1;

	run_algorithm_name(r->o, &name);
	r->algorithms = algorithms_new();
	if (r->algorithms)
		n = algorithms_add(r->algorithms, buf_str(&name));
	if (n < 0)
		run_algorithm_failed(buf_str(&name), errno);
	else
		r->digest = algorithms_digest(r->algorithms, n);
	buf_release(&name);
	return n < 0 ? -1 : 0;
}

/* A kernel that was asked for by name, and cannot compute here. */
static int
run_engine(const struct options *o)
{
	const char *refusal = engine_refusal(o->engine);

	if (refusal)
		diag_msg("engine %s: %s", o->engine, refusal);
	return refusal ? -1 : 0;
}

/* A list that cannot be opened is said, and the others go on. */
static void
run_lists(struct run *r)
{
	const struct options *o = r->o;
	size_t i;

	r->list = list_new(o->operands, o->noperands);
	for (i = 0; i < o->nlists; i++) {
		const char *path = o->lists[i].path;

		if (list_add_file(r->list, path, o->lists[i].zero) < 0) {
			diag_name(path, strlen(path), "%s", strerror(errno));
			r->list_missing = true;
		}
	}
}

/* Opens out on path, NULL for stdout. 0, or -1 after a message. */
static int
run_open_output(struct outfile *out, const char *path)
{
	if (outfile_open(out, path) == 0)
		return 0;
	if (path) /* stdout was open already */
		diag_name(path, strlen(path), "%s", strerror(errno));
	return -1;
}

/* A handle of the current directory; where it cannot be had (a portable build
 * in a directory that is not readable), the current directory itself. */
static int
run_here(void)
{
	int fd = open(".", COMPAT_O_DIRHANDLE);

	return fd < 0 ? AT_FDCWD : fd;
}

/* Moves to where -C says and keeps handles of both places: the walk may be
 * elsewhere while a worker is forked. */
static int
run_directory(struct run *r)
{
	const struct options_values *dirs = &r->o->directories;
	size_t i;

	r->startfd = run_here();
	for (i = 0; i < dirs->n; i++) {
		if (chdir(dirs->v[i]) < 0) {
			diag_name(dirs->v[i], strlen(dirs->v[i]), "%s",
			    strerror(errno));
			return -1;
		}
	}
	r->dirfd = run_here();
	return 0;
}

/* What is ours: in an audit also LIST, and where --update will write. */
static void
run_own(struct run *r)
{
	const struct options *o = r->o;

	r->own = own_new();
	own_add_open(r->own, r->out.fd, true);
	if (o->output)
		own_add(r->own, o->output);
	if (o->mode != OPTIONS_AUDIT)
		return;
	if (strcmp(o->audit, "-") != 0)
		own_add(r->own, o->audit);
	else
		own_add_open(r->own, STDIN_FILENO, false);
}

int
run_init(struct run *r, const struct options *o)
{
	/* an audit prints to stdout; --update writes a list after it */
	const char *output = o->mode == OPTIONS_AUDIT ? NULL : o->output;

	memset(r, 0, sizeof(*r));
	r->o = o;
	r->startfd = r->dirfd = AT_FDCWD;
	r->budget = budget_begin(o);
	if (confine_init(&r->confine, o) < 0 || run_algorithm(r) < 0 ||
	    run_engine(o) < 0)
		return -1;
	r->filter = filter_new();
	if (operands_filter(r->filter, o) < 0)
		return -1;
	run_lists(r);
	if (run_open_output(&r->out, output) < 0)
		return -1;
	run_own(r);
	return run_directory(r);
}

/* For --debug: what the workers do with algorithm number 0. */
static void
run_say_engine(const struct run *r, int jobs)
{
	struct engine *e = engine_new(r->digest, 1, r->o->engine);

	diag_msg("%d worker%s, engine %s", jobs, jobs == 1 ? "" : "s",
	    e ? e->name : "unknown");
	engine_free(e);
}

static void
run_on_result(void *cookie, const struct result *res)
{
	struct run *r = cookie;

	if (res->entry.kind == ENTRY_TREE)
		spread_result(&r->spread, res);
	else
		r->on_result(r->cookie, res);
}

static void
run_on_pause(void *cookie)
{
	const struct run *r = cookie;

	if (r->on_pause)
		r->on_pause(r->cookie);
}

int
run_hasher(struct run *r, void *cookie,
    void (*on_result)(void *cookie, const struct result *r),
    void (*on_pause)(void *cookie))
{
	struct hasher_opts opts = {
		.jobs = jobs_workers(r),
		.algorithms = r->algorithms,
		.chunk = (size_t)r->o->chunk,
		.dirfd = r->dirfd,
		.engine = r->o->engine,
		.twice = r->o->settle,
		.limit = r->o->archive_limit,
		.timeout = r->o->timeout,
		.host_timeout = machines_timeout(r->o),
		.version = PHASH_VERSION,
		.debug = r->o->debug,
		.cookie = r,
		.on_result = run_on_result,
		.on_pause = run_on_pause,
	};

	r->cookie = cookie;
	r->on_result = on_result;
	r->on_pause = on_pause;

	if (machines_init(&r->machines, r->o) < 0)
		return -1;
	r->jobs = opts.jobs;
	opts.hosts = r->machines.v;
	opts.nhosts = (unsigned)r->machines.n;
	opts.directory = r->machines.directory;
	opts.threads = jobs_threads(r, opts.jobs);
	spread_init(&r->spread, r, opts.jobs);
	if (r->spread.on)
		opts.walk = &r->spread.shared;
	confine_prepare(&r->confine, r->o, r->dirfd);
	opts.sandbox = confine_workers(&r->confine);
	r->hasher = hasher_new(&opts);
	if (!r->hasher || confine_enter(&r->confine, r->o, r->out.name ?
	    r->out.dirfd : -1) < 0)
		return -1;
	if (r->o->debug && !opts.nhosts)
		run_say_engine(r, opts.jobs);
	return 0;
}

void
run_release(struct run *r)
{
	hasher_free(r->hasher);
	spread_release(&r->spread);
	backlog_release(&r->backlog);
	confine_release(&r->confine);
	machines_release(&r->machines);
	filter_free(r->filter);
	own_free(r->own);
	list_free(r->list);
	algorithms_free(r->algorithms);
	if (r->dirfd != AT_FDCWD)
		close(r->dirfd);
	if (r->startfd != AT_FDCWD)
		close(r->startfd);
	outfile_release(&r->out);
	buf_release(&r->message);
}

/* ---- names to the workers ----------------------------------------------------- */

static int
run_goes_on(const struct run *r)
{
	return r->stopped || r->out.lost ? -1 : 0;
}

bool
run_opens(const struct run *r, const struct entry *e)
{
	bool found = e->kind == ENTRY_FOUND || e->kind == ENTRY_LINKED;

	if (r->o->mode == OPTIONS_CHECK)
		return e->archive;
	return r->o->archive == OPTIONS_ARCHIVE_RECURSIVE ||
	    (r->o->archive == OPTIONS_ARCHIVE_OPERANDS && !found);
}

/* What the hasher is told of e. */
static struct entry
run_tell(const struct run *r, const struct entry *e)
{
	struct entry told = *e;

	told.archive = run_opens(r, e);
	told.given = (int64_t)time(NULL);
	return told;
}

/* Should no more be handed over now? Of files that became shorter not all is read
 * that was handed over: while there are workers without any, there is room. */
static bool
run_is_ahead(const struct run *r)
{
	return hasher_open(r->hasher) >= (uint64_t)r->jobs &&
	    budget_is_ahead(&r->budget, hasher_bytes(r->hasher), r->jobs);
}

int
run_put(struct run *r, const struct entry *e)
{
	struct entry told = run_tell(r, e);

	while (run_is_ahead(r) && run_wait(r) == 0)
		;
	progress_found(e->id.size);
	budget_spend(&r->budget, e->id.size);
	if (hasher_put(r->hasher, &told) < 0)
		r->stopped = true;
	return run_goes_on(r);
}

int
run_try(struct run *r, const struct entry *dir)
{
	int rc = hasher_try(r->hasher, dir);

	if (rc < 0)
		r->stopped = true;
	return rc;
}

/* Hands over name after name; without wait only as far as there is room. */
static int
run_give(struct run *r, bool wait)
{
	struct result next;
	struct entry told;
	uint64_t n;
	int rc = 1;

	while (backlog_next(&r->backlog, &n) && budget_lasts(&r->budget)) {
		if (run_is_ahead(r)) {
			if (!wait || hasher_wait(r->hasher) < 0) {
				rc = wait ? -1 : 0;
				break;
			}
			continue;
		}
		(void)side_get(r->found, n, &next);
		told = run_tell(r, &next.entry);
		if (!wait)
			rc = hasher_try(r->hasher, &told);
		else if (hasher_put(r->hasher, &told) < 0)
			rc = -1;
		if (rc <= 0)
			break;
		budget_spend(&r->budget, told.id.size);
		backlog_take(&r->backlog);
	}
	if (rc < 0)
		r->stopped = true;
	return run_goes_on(r);
}

int
run_add(struct run *r, uint64_t n, const struct entry *e)
{
	progress_found(e->id.size);
	table_note(r->found->table, n, e);
	backlog_add(&r->backlog, n);
	return run_give(r, false);
}

int
run_pass(struct run *r)
{
	if (++r->passed < RUN_PASSES)
		return run_goes_on(r);
	r->passed = 0;
	if (hasher_attend(r->hasher) < 0)
		r->stopped = true;
	return run_goes_on(r);
}

int
run_put_rest(struct run *r)
{
	return run_give(r, true);
}

int
run_wait(struct run *r)
{
	if (hasher_wait(r->hasher) < 0)
		r->stopped = true;
	return run_goes_on(r);
}

int
run_work(struct run *r)
{
	int rc = r->found ? run_give(r, false) : run_goes_on(r);

	return rc < 0 ? -1 : run_wait(r);
}

int
run_wait_all(struct run *r)
{
	int rc = run_goes_on(r);

	while (rc == 0 && hasher_open(r->hasher))
		rc = run_wait(r);
	return rc;
}

/* What was found need not wait for input. */
static int
run_give_more(void *cookie)
{
	return run_give(cookie, false);
}

int
run_wait_input(void *cookie, int fd)
{
	struct run *r = cookie;

	if (hasher_idle(r->hasher, fd, r->found ? run_give_more : NULL, r) < 0)
		r->stopped = true;
	return run_goes_on(r);
}

/* ---- files of the parent ------------------------------------------------------ */

void
run_say_stdin(void)
{
	if (isatty(STDIN_FILENO))
		diag_msg("reading standard input, a terminal");
}

/* Moves to a directory that run_here opened. 0, or -1 after a message. */
static int
run_move(int fd)
{
	if (fd == AT_FDCWD || fchdir(fd) == 0)
		return 0;
	diag_msg("cannot change directory: %s", strerror(errno));
	return -1;
}

int
run_open_update(const struct run *r, struct outfile *list,
    const char *path)
{
	int rc;

	if (run_move(r->startfd) < 0)
		return -1;
	rc = run_open_output(list, path);
	return run_move(r->dirfd) < 0 ? -1 : rc;
}

/* ---- progress ----------------------------------------------------------------- */

void
run_start_progress(const struct run *r)
{
	const struct options *o = r->o;
	unsigned flags = o->verbose ? PROGRESS_NAMES : 0;

	if (o->progress == OPTIONS_ALWAYS)
		flags |= PROGRESS_SHOW | PROGRESS_KEEP;
	else if (o->progress == OPTIONS_AUTO && isatty(STDERR_FILENO))
		flags |= PROGRESS_SHOW;
	progress_start(flags);
}

/* What is waited for, after some seconds: once with -v, and in the line. */
static void
run_show_stall(const struct run *r)
{
	struct hasher_stall stall;

	if (!hasher_stalled(r->hasher, &stall)) {
		progress_waiting(NULL, 0);
		return;
	}
	progress_waiting(stall.path, stall.len);
	if (stall.is_new && r->o->verbose)
		diag_name(stall.path, stall.len, "no progress for %u seconds",
		    stall.seconds);
}

static void
run_count_hosts(const struct run *r)
{
	struct hasher_report report;
	unsigned n, ready = 0;

	for (n = 0; hasher_report(r->hasher, n, &report); n++)
		ready += report.ready;
	progress_hosts(ready, n);
}

void
run_show_progress(const struct run *r)
{
	run_show_stall(r);
	if (!progress_due())
		return;
	progress_bytes(hasher_bytes(r->hasher));
	run_count_hosts(r);
	progress_tick();
}

/* ---- the end ------------------------------------------------------------------ */

/* What each host has done. */
static void
run_say_hosts(const struct run *r)
{
	struct hasher_report report;
	unsigned n;

	for (n = 0; hasher_report(r->hasher, n, &report); n++)
		diag_name(report.name, strlen(report.name), "%" PRIu64
		    " files, %" PRIu64 " bytes, %.1f seconds", report.files,
		    report.bytes, (double)report.busy_ns / 1e9);
}

void
run_finish(struct run *r)
{
	if (!r->out.lost && hasher_finish(r->hasher) < 0)
		r->stopped = true;
	progress_bytes(hasher_bytes(r->hasher));
	run_count_hosts(r);
	progress_end();
	if (r->o->verbose)
		run_say_hosts(r);
	if (r->o->debug)
		confine_say(&r->confine, r->hasher);
}

int
run_commit(struct run *r, bool differs)
{
	if ((r->stopped && r->o->output) ||
	    outfile_commit(&r->out, NULL) < 0 || r->stopped)
		return PHASH_FAILURE;
	return differs ? PHASH_DIFFERS : PHASH_OK;
}
