/*
 * phash - digests of trees of files, in parallel
 *
 * THE MAP. The program is a house of rooms, each a folder of src.
 *
 *     main.c            parse, run one mode, exit status
 *     options/          argv in: options, value; conflicts, what does not go
 *                       together; usage, what is said about all that
 *     mode/             what was asked for: hash, check, audit, serve; run, with
 *                       jobs and backlog, operands, spread (a walk that workers
 *                       do), part, confine (the sandbox), machines and slurm;
 *                       of a hash: reuse and journal, what earlier runs know,
 *                       budget, duplicates;
 *                       of those that read lists: readlist and tags, which
 *                       they share; contents,
 *                       members of archives, archives, those that are open,
 *                       and within, those of which lists name members; of an
 *                       audit: absent, what the walk has not found,
 *                       candidates, what may be an archive, found, what is
 *                       found without a walk, newlist, which it writes,
 *                       rephrase, what may have been meant, verdicts, which
 *                       it prints
 *     record/           results on paper: table (rows, sorted), format, json,
 *                       name, code, vis, text; lists back in: manifest, mtree;
 *                       what to think of it: side, scope, moved, compare,
 *                       verdict; many verdicts: summary; reports of them
 *                       (report_github, report_junit, report_html), with
 *                       places, visible and report_ops
 *     source/           where names come from: list, walk, tree (nftw), trail,
 *                       filter, glob, lookup, own, tally
 *     hasher/           entries in, results out: hasher, by a table of what one
 *                       does (ops), whose row is local, the pool, with
 *                       flight, crew and hosts; in the workers: worker
 *                       (slots), reader, dirs, lister, archived and inside,
 *                       an archive; or relay, reach and witness, for another
 *                       machine; on both sides: wire, listing, result, watch
 *     far/              to another machine: channel, talk, launch
 *     archive/          members of archives: unpack, a thread that reads ahead;
 *                       members (handle, links, end; rar, the blocks of one), of
 *                       libarchive; checksum (blake2sp), where that verifies
 *                       none; input (gzip, xz, filter), what decompresses;
 *                       none, without libarchive
 *     sandbox/          island: what a process gives up: sandbox, by landlock
 *                       and calls (seccomp)
 *     digest/           island: bytes to digests: algorithm, digest, engine
 *                       (lanes, evp), message, sha512x
 *     ppool/            island and public library: the process pool
 *     base/             entry diag mem buf quote guess xio line outfile
 *                       progress siphash disk clock little version compat
 *
 * How a name travels:
 *
 *     options -> mode/hash -> source/list -> source/walk (tree) -> entry
 *     -> record/table -> mode/run -> hasher_try -> hasher/local -> ppool
 *     feed -> [socket] -> hasher/worker -> hasher/reader -> digest/engine ->
 *     answer -> [socket] -> hasher/local -> hasher_deliver
 *     -> record/table -> sorted -> record/format -> base/outfile
 *
 * Check mode enters with names from record/manifest instead of source/walk and
 * leaves through record/verdict instead of record/format; audit enters with
 * both, and leaves through record/compare and mode/verdicts too. Nothing else
 * differs: there is one hasher.
 *
 * With --on, a worker is a relay, and there is as much again behind it:
 *
 *     hasher/relay -> far/talk -> [ssh] -> mode/serve -> hasher -> ... ->
 *     mode/serve -> [ssh] -> hasher/relay (witness) -> [socket] -> hasher/local
 *
 * Where workers walk, a directory is an entry whose result is a listing:
 *
 *     source/walk -> mode/spread -> hasher/local -> [socket] -> hasher/lister ->
 *     source/walk_branch -> listing -> [socket] -> mode/spread -> mode/hash
 *
 * An archive is an entry with many results: hasher/inside answers a part for
 * each of its members, and mode/contents names them.
 *
 * Only the parent writes to stdout and stderr. Only workers open the files
 * that are hashed. At the end, names given = results received, or exit 2.
 *
 * rooms, top to bottom; a file includes only its own room and rooms below:
 *     main        -> options mode record source hasher digest ppool base
 *     mode        -> options record source hasher far sandbox digest ppool base
 *     options     -> record digest base
 *     record      -> hasher digest base
 *     hasher      -> source far archive sandbox digest ppool base
 *     source      -> base
 *     far         -> base
 *     archive     ->
 *     sandbox     ->
 *     digest      ->
 *     ppool       ->
 *     base        ->
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "base/xio.h"
#include "mode/mode.h"
#include "options/options.h"

/* Leaves nothing half-written behind, and dies of the signal after all: the
 * shell must see it. The workers die with their parent (ppool.h). */
static void
die_of_signal(int sig)
{
	outfile_abandon();
	progress_abandon();
	(void)raise(sig); /* SA_RESETHAND: delivered by default when we return */
}

/* Also lets SIGCHLD alone: ignored, as it may have been inherited, it would
 * leave no status of a worker that died. */
static void
catch_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT,
	    SIGPIPE, SIGXCPU, SIGXFSZ };
	struct sigaction sa = { .sa_handler = die_of_signal,
	    .sa_flags = (int)SA_RESETHAND };
	struct sigaction old;
	size_t i;

	(void)signal(SIGCHLD, SIG_DFL);
	sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* what nohup(1) or a shell had us ignore stays ignored */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	}
}

/* What --help and --version printed is output too. */
static int
flush_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return PHASH_OK;
	diag_msg("write error: %s", strerror(errno));
	return PHASH_FAILURE;
}

static int
run_mode(const struct options *o)
{
	switch (o->mode) {
	case OPTIONS_SERVE:
		return mode_serve(o);
	case OPTIONS_HASH:
		return mode_hash(o);
	case OPTIONS_CHECK:
		return mode_check(o);
	case OPTIONS_AUDIT:
		return mode_audit(o);
	}
	return PHASH_FAILURE;
}

int
main(int argc, char **argv)
{
	struct options o;
	int status = PHASH_FAILURE;

	if (xio_open_std() < 0)
		return PHASH_FAILURE; /* and no stderr to say so */
	(void)setlocale(LC_CTYPE, "");
	diag_at_die(outfile_abandon);
	catch_signals();
	progress_init();

	if (options_parse(&o, argc, argv) == 0)
		status = o.done ? flush_stdout() : run_mode(&o);
	options_release(&o);
	return status;
}
