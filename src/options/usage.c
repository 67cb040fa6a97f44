#include "options/usage.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/diag.h"

/* A string has 4095 bytes at most (C11, 5.2.4.1). */
static const char usage_work[] =
"Usage: phash [OPTION]... [FILE|DIR]...\n"
"       phash -c [OPTION]... [LIST]...\n"
"       phash --audit=LIST [OPTION]... [FILE|DIR]...\n"
"Print the SHA-512 digests of files, and of all files below directories; check\n"
"the files that are listed; or compare a tree with a list.\n"
"Without an operand, or when it is -, read standard input; with -C or in an\n"
"audit, take the current directory.\n"
"\n"
"Work\n"
"  -j, --jobs=N             N worker processes; 0 (default): as many as usable\n"
"                           CPUs\n"
"  -a, --algorithm=NAME     any digest that libcrypto knows; default: sha512\n"
"  -l, --length=BITS        of sha2, sha3, blake2b, shake128 or shake256\n"
"      --engine=NAME        auto (default), libcrypto, lanes: several files at a\n"
"                           time with SIMD instructions, or one kernel of those:\n"
"                           avx2x4, avx512x4, avx512x8\n"
"      --chunk=N            hand N names at a time to a worker; default: adapts\n"
"      --settle             read each file twice: a difference is a failure\n"
"      --archive[=recursive] members of operands that are archives; of archives\n"
"                           below directories, too; with -c, of archives that a\n"
"                           LIST has as ARCHIVE!MEMBER\n"
"      --archive-prefix=auto|always|never\n"
"                           print members as ARCHIVE!MEMBER; auto (default): if\n"
"                           there is more than one operand\n"
"      --archive-limit=BYTES give up an archive that expands to more\n"
"      --timeout=SECONDS    give up a file that makes no progress for so long;\n"
"                           0 (default): never\n"
"      --user=NAME          the workers change to user NAME; for root\n"
"      --sandbox            workers may open nothing but what is below the\n"
"                           operands\n"
"      --no-sandbox         workers do not give up what they do not need\n"
"      --on=HOST[:JOBS],... at other machines, that see the same files, through\n"
"                           ssh; slurm: at those of the allocation\n"
"      --rsh=COMMAND        leads to a HOST instead of ssh\n"
"      --remote-path=PATH   of phash there; default: phash\n"
"      --host-timeout=SECONDS give up a HOST that is silent for so long; default:\n"
"                           30\n"
"\n"
"Output\n"
"      --format=tagged|untagged|json|mtree\n"
"                           of the lines: as the next three say, or mtree(5)\n"
"      --tag                SHA512 (path) = digest (default)\n"
"      --untagged           digest, two spaces, path\n"
"  -b, --binary             with --untagged: a space and * before the path\n"
"  -t, --text               with --untagged: two spaces (default)\n"
"      --json               one JSON object a line, failures included\n"
"  -z, --zero               end lines with NUL and do not escape names\n"
"      --base64             digests in base64, not in hex\n"
"      --identity           with --json: which file it was, for --reuse\n"
"      --sort=path|none     by the bytes of the path (default), or as results\n"
"                           come\n"
"      --tree-digest        one digest, of the sorted --untagged listing\n"
"      --duplicates         groups of files with the same digest\n"
"  -o, --output=FILE        write to FILE, which appears when it is complete; -\n"
"                           is standard output\n"
"\n";

static const char usage_rest[] =
"Again\n"
"      --reuse=LIST         take digests of unchanged files from a LIST that\n"
"                           --json --identity wrote; do not read them\n"
"      --reuse-max-age=DAYS read what was read longer ago all the same\n"
"      --reuse-sample=PERCENT read some of the others, too, at random\n"
"      --oldest-first       read known files as the --budget allows\n"
"      --journal=FILE       keep results in FILE until the run is complete; one\n"
"                           that was cut goes on there\n"
"      --part=K/N           only files whose name falls into part K of N\n"
"      --budget=BYTES|TIME  begin no file after so much: 500G, 90m, 2h\n"
"\n"
"Check and audit\n"
"  -c, --check              read digests from each LIST, and check them\n"
"      --audit=LIST         what is OK, CHANGED, MISSING, NEW, MOVED, UNREADABLE\n"
"      --list=LIST2         audit what LIST2 says, instead of files\n"
"      --update             then write the new list, over LIST or to -o FILE\n"
"      --report=github|junit|html\n"
"                           instead of verdicts: annotations of GitHub, JUnit\n"
"                           XML, or a page of HTML\n"
"  -q, --quiet              do not print OK\n"
"      --status             print nothing: the exit status tells\n"
"  -w, --warn               say which lines are improperly formatted\n"
"      --strict             fail for improperly formatted lines\n"
"      --ignore-missing     do not fail, nor say anything, for missing files\n"
"\n"
"Walk\n"
"  -C, --directory=DIR      change to DIR first\n"
"  -x, --one-file-system    stay on the file system of each DIR\n"
"  -L, --follow             follow symbolic links\n"
"  -E, --exclude=GLOB       leave out what matches, with all that is below it\n"
"      --exclude-from=FILE  the same for each line of FILE; # begins a comment\n"
"      --include=GLOB       only files that match\n"
"      --max-depth=N        not more than N levels below each DIR\n"
"      --walk=WHO           who looks into directories: parent, workers, or auto\n"
"                           (default), which is workers from -j 4 on\n"
"      --files-from=FILE    more operands, one a line; - is standard input\n"
"      --files0-from=FILE   more operands, each ended by NUL\n"
"  -r, --recursive          does nothing: directories are always walked\n"
"\n"
"Messages\n"
"      --progress=WHEN      auto (default: on a terminal), always or never\n"
"  -v, --verbose            name files on the progress line; count on stderr what\n"
"                           was hashed and what was skipped; say which file is\n"
"                           waited for\n"
"      --debug              say on stderr how many workers, which engine, and\n"
"                           what locks them in\n"
"  -h, --help               print this\n"
"      --version            print the version\n"
"\n"
"Exit status: 0 all well; 1 something differs or could not be read; 2 phash\n"
"could not do its job. `sha512sum -c' checks what phash prints, too.\n";

void
usage_print(void)
{
	/* whoever flushes stdout looks */
	(void)fputs(usage_work, stdout);
	(void)fputs(usage_rest, stdout);
}

int
usage_error(const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	diag_msg("%s (try 'phash --help')", buf_str(&b));
	buf_release(&b);
	return -1;
}
