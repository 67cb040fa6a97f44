/*
 * options.h - argv to struct options, and what --help prints.
 *
 * Numbers and words are checked here, and choices named by the enums of the
 * rooms below; what they mean is decided by the modes.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/format.h"
#include "record/report.h"

#define OPTIONS_MAX_JOBS 1024
#define OPTIONS_MAX_PARTS 1000000

enum options_mode { OPTIONS_HASH, OPTIONS_CHECK, OPTIONS_AUDIT, OPTIONS_SERVE };
/* --quiet, --status and --warn: the last one counts. */
enum options_told {
	OPTIONS_TELL_ALL,
	OPTIONS_TELL_QUIET,
	OPTIONS_TELL_STATUS,
	OPTIONS_TELL_WARN
};
/* Who looks into directories. */
enum options_walk {
	OPTIONS_WALK_AUTO,
	OPTIONS_WALK_PARENT,
	OPTIONS_WALK_WORKERS  /* but for mode/spread.c's exceptions */
};
enum options_sort { OPTIONS_SORTED, OPTIONS_UNSORTED };
/* Of which files the members are meant. */
enum options_archive {
	OPTIONS_ARCHIVE_NONE,
	OPTIONS_ARCHIVE_OPERANDS,
	OPTIONS_ARCHIVE_RECURSIVE
};
/* What is given up before the work begins. */
enum options_sandbox {
	OPTIONS_SANDBOX_USUAL,
	OPTIONS_SANDBOX_ALL,  /* files outside of the operands, too */
	OPTIONS_SANDBOX_NONE
};
enum options_when { OPTIONS_AUTO, OPTIONS_ALWAYS, OPTIONS_NEVER };

/* Values of a repeatable option, in the order given. */
struct options_values {
	const char **v;
	size_t n;
	size_t cap;
};

/* A list of operands: --files-from or --files0-from. */
struct options_list {
	const char *path;
	bool zero;
};

struct options {
	enum options_mode mode;
	const char *audit;        /* LIST */
	const char *list;         /* the other one; NULL: files are audited */
	bool update;
	bool ignore_missing;
	bool strict;
	enum options_told told;
	enum report_kind report; /* of an audit, in the place of lines */

	int jobs;                 /* 0: auto */
	const char *algorithm;
	bool algorithm_given;
	bool settle;
	int length;               /* of the digest, bits; 0: not given */
	int chunk;                /* 0: adapts */
	const char *engine;       /* digest/engine.h: one of engine_choices */
	enum options_sandbox sandbox;
	int timeout;              /* seconds; 0: never */
	const char *user;         /* of the workers; NULL: whoever runs it */

	struct options_values on; /* hosts, as mode/machines.h reads them */
	const char *rsh;          /* NULL: the usual one */
	const char *remote_path;  /* of phash, there; NULL: by its name */
	int host_timeout;         /* seconds; 0: the usual one */

	enum format_kind format;
	bool format_given;        /* it is not the default */
	bool binary;              /* untagged lines say so */
	bool zero;
	bool base64;
	bool identity;
	bool tree_digest;
	bool duplicates;
	bool oldest_first;
	enum options_sort sort;
	const char *output;       /* NULL: stdout */

	struct options_values reuse; /* lists */
	int reuse_max_age;        /* days; -1: any */
	int reuse_sample;         /* percent */
	const char *journal;      /* NULL: none */
	uint64_t budget_bytes;    /* 0: any number */
	int64_t budget_seconds;   /* 0: for ever */
	unsigned part, parts;     /* 1 to parts; 0: all */

	enum options_archive archive;
	enum options_when archive_prefix;
	uint64_t archive_limit;   /* bytes; 0: not given */

	enum options_walk walk;
	bool one_file_system;
	bool follow;
	int max_depth;            /* -1: no limit */
	struct options_values exclude;
	struct options_values include;
	struct options_values exclude_from; /* files of patterns */
	struct options_values directories; /* -C, one after the other */

	struct options_list *lists;
	size_t nlists;
	size_t listscap;
	char *const *operands;
	size_t noperands;

	enum options_when progress;
	bool verbose;
	bool debug;
	bool done;                /* --help or --version is all there was to
	                           * do; the rest is not checked */
};

/*
 * Fills *o from argv, which is reordered so that operands come last, and
 * which o borrows from. 0, or -1 after one line on stderr about a usage error.
 */
int options_parse(struct options *o, int argc, char **argv);

void options_release(struct options *o);

#endif
