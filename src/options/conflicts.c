#include "options/conflicts.h"

#include <string.h>
#include <strings.h>

#include "options/options.h"
#include "options/usage.h"

/* As cksum(1) has it. given: --length was. With --check each line has a length
 * of its own. */
static int
conflicts_length(const struct options *o, bool given)
{
	int l = o->length;
	bool sized = !strcasecmp(o->algorithm, "sha2") ||
	    !strcasecmp(o->algorithm, "sha3");

	if (sized && (given || o->mode != OPTIONS_CHECK) && l != 224 &&
	    l != 256 && l != 384 && l != 512)
		return usage_error("--algorithm=%s needs --length=224, 256, "
		    "384 or 512", o->algorithm);
	if (l && !sized && strcasecmp(o->algorithm, "blake2b") != 0 &&
	    strcasecmp(o->algorithm, "shake128") != 0 &&
	    strcasecmp(o->algorithm, "shake256") != 0)
		return usage_error("--length is for --algorithm=sha2, sha3, "
		    "blake2b, shake128 and shake256");
	if (l % 8)
		return usage_error("option --length: '%d' is not a multiple "
		    "of 8", l);
	return 0;
}

/* Is it to be hashed, or a list to be checked? Twice is once. */
static bool
conflicts_operand_stdin(const struct options *o)
{
	size_t i;

	for (i = 0; i < o->noperands; i++)
		if (!strcmp(o->operands[i], "-"))
			return true;
	return o->mode == OPTIONS_HASH && !o->noperands && !o->nlists;
}

/* How many different things standard input was asked to be. */
static int
conflicts_stdin(const struct options *o)
{
	int users = o->mode == OPTIONS_AUDIT && !strcmp(o->audit, "-");
	size_t i;

	users += o->list && !strcmp(o->list, "-");
	users += conflicts_operand_stdin(o);
	for (i = 0; i < o->nlists; i++)
		users += !strcmp(o->lists[i].path, "-");
	for (i = 0; i < o->reuse.n; i++)
		users += !strcmp(o->reuse.v[i], "-");
	for (i = 0; i < o->exclude_from.n; i++)
		users += !strcmp(o->exclude_from.v[i], "-");
	return users;
}

/* Of --on and what goes with it. */
static int
conflicts_on(const struct options *o)
{
	if (o->mode == OPTIONS_SERVE && o->noperands)
		return usage_error("--serve is for a phash elsewhere, which "
		    "says what to do: it takes no operands");
	if (!o->on.n && (o->rsh || o->remote_path || o->host_timeout))
		return usage_error("--%s goes with --on", o->rsh ? "rsh" :
		    o->remote_path ? "remote-path" : "host-timeout");
	if (o->on.n && o->user)
		return usage_error("--user is for workers of this machine: it "
		    "does not go with --on");
	if (o->list && o->on.n)
		return usage_error("--list reads no file: it does not go with "
		    "--on");
	return 0;
}

/* Of an audit. */
static int
conflicts_audit(const struct options *o, bool output_given)
{
	if (o->mode == OPTIONS_AUDIT && output_given && !o->update)
		return usage_error("--output is where --update writes: it "
		    "goes with --update");
	if (o->mode == OPTIONS_AUDIT && output_given && !o->output)
		return usage_error("--update does not write to standard "
		    "output, where the verdicts go");
	if (o->update && !o->output && !strcmp(o->audit, "-"))
		return usage_error("--update has no LIST to write over: "
		    "--output says where");
	if (o->report && o->told == OPTIONS_TELL_STATUS)
		return usage_error("--status prints nothing: it does not go "
		    "with --report");
	if (o->report && o->format == FORMAT_JSON && !o->update)
		return usage_error("--report takes the place of the verdicts "
		    "of --json");
	if (o->list && o->noperands)
		return usage_error("--list is compared instead of files: it "
		    "does not go with operands");
	if (o->list && (o->update || o->archive))
		return usage_error("--list reads no file: it does not go with "
		    "%s", o->update ? "--update" : "--archive");
	return 0;
}

/* Of --format=mtree. */
static int
conflicts_mtree(const struct options *o)
{
	/* of a check and an audit, verdicts have no such form */
	if (o->format != FORMAT_MTREE || (o->mode != OPTIONS_HASH &&
	    !o->update))
		return 0;
	if (o->zero || o->base64)
		return usage_error("--format=mtree has lines of text with "
		    "digests in hex: it does not go with --%s", o->zero ?
		    "zero" : "base64");
	if (o->mode == OPTIONS_HASH && !o->archive &&
	    conflicts_operand_stdin(o))
		return usage_error("--format=mtree lists files: it does not "
		    "go with standard input");
	return 0;
}

/* Is the output a list that is reused, and would not be one again? */
static bool
conflicts_replaced(const struct options *o)
{
	size_t i;

	if (o->identity && !o->parts && !o->duplicates)
		return false;
	for (i = 0; o->output && i < o->reuse.n; i++)
		if (!strcmp(o->output, o->reuse.v[i]))
			return true;
	return false;
}

/* Of --identity, --reuse and what goes with them. */
static int
conflicts_reuse(const struct options *o)
{
	bool reuses = o->reuse.n || o->journal;

	if (o->identity && o->format != FORMAT_JSON &&
	    o->format != FORMAT_MTREE)
		return usage_error("--identity goes with --json or "
		    "--format=mtree");
	if (!reuses && (o->reuse_max_age >= 0 || o->reuse_sample))
		return usage_error("--reuse-%s goes with --reuse",
		    o->reuse_sample ? "sample" : "max-age");
	if (o->oldest_first && (!o->reuse.n || o->sort == OPTIONS_UNSORTED ||
	    (!o->budget_bytes && !o->budget_seconds)))
		return usage_error("--oldest-first goes with --reuse and "
		    "--budget, and not with --sort=none");
	if (conflicts_replaced(o))
		return usage_error("--output would replace the list of --reuse "
		    "by one that cannot be reused, or is not of all files: it "
		    "needs --identity, and no --part or --duplicates");
	if (o->journal && !strcmp(o->journal, "-"))
		return usage_error("--journal is a file of its own: it cannot "
		    "be -");
	if (reuses && o->archive)
		return usage_error("--%s knows files, not members of "
		    "archives: it does not go with --archive", o->journal ?
		    "journal" : "reuse");
	return 0;
}

/* Of what takes some files, or prints others than lines. */
static int
conflicts_some(const struct options *o)
{
	bool budget = o->budget_bytes || o->budget_seconds;

	if (o->parts && o->archive)
		return usage_error("--part is of files, not of members of "
		    "archives: it does not go with --archive");
	if (o->parts && o->update)
		return usage_error("--update would forget the other parts: it "
		    "does not go with --part");
	if (o->parts && o->tree_digest)
		return usage_error("--tree-digest is of a whole tree: it does "
		    "not go with --part");
	if (o->duplicates && (o->tree_digest || o->sort == OPTIONS_UNSORTED ||
	    o->archive || o->parts || budget || o->identity))
		return usage_error("--duplicates needs all files, and files "
		    "only, and prints groups: it does not go with "
		    "--tree-digest, --sort=none, --archive, --part, --budget "
		    "or --identity");
	if (o->duplicates && o->format == FORMAT_MTREE)
		return usage_error("--duplicates prints groups: it does not go "
		    "with --format=mtree");
	if (budget && (o->tree_digest || o->archive))
		return usage_error("--budget may leave files out: it does not "
		    "go with %s", o->archive ? "--archive" : "--tree-digest");
	return 0;
}

/* What can each be said alone but not together. */
static int
conflicts_pairs(const struct options *o)
{
	if (conflicts_stdin(o) > 1)
		return usage_error("standard input can be read only once");
	if (!o->archive && (o->archive_limit || o->archive_prefix))
		return usage_error("--archive-%s goes with --archive",
		    o->archive_limit ? "limit" : "prefix");
	if (o->archive == OPTIONS_ARCHIVE_RECURSIVE && o->mode == OPTIONS_CHECK)
		return usage_error("--archive=recursive is about what a walk "
		    "finds: it does not go with --check");
	if (o->archive && o->settle)
		return usage_error("--settle reads files twice, not archives: "
		    "it does not go with --archive");
	if (o->tree_digest && o->sort == OPTIONS_UNSORTED)
		return usage_error("--tree-digest is of the sorted listing: "
		    "it does not go with --sort=none");
	if (o->tree_digest && (o->format != FORMAT_TAGGED || o->zero))
		return usage_error("--tree-digest prints no lines: it does not "
		    "go with --untagged, --json, --format=mtree or --zero");
	return conflicts_mtree(o);
}

int
conflicts_check(const struct options *o, bool length_given, bool output_given)
{
	return conflicts_on(o) < 0 || conflicts_length(o, length_given) < 0 ||
	    conflicts_audit(o, output_given) < 0 ||
	    conflicts_reuse(o) < 0 || conflicts_some(o) < 0 ? -1 : conflicts_pairs(o);
}
