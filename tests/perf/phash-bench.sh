#!/usr/bin/env bash
# phash-bench.sh [ROW]... - phash against its peers.
#
# Each row runs phash and one peer in alternation, so that what else the
# machine does hits both, and compares medians. What is printed is a ratio:
# times on another machine are other times. tests/perf/README says more.
#
# PHASH          the program (build/phash)
# BENCH_RUNS     runs of each side (5)
# BENCH_JOBS     workers (2)
# BENCH_DIR      where inputs are made and results are written (build/bench)
# BENCH_TREE     a tree to hash; default: the Linux source of Debian's package
#                linux-source-6.1, else a made one of the same distribution
set -u
export LC_ALL=C

top=$(cd "${0%/*}/../.." && pwd)
phash=${PHASH:-$top/build/phash}
read_tree=${READ_TREE:-${phash%/*}/tests/perf/read-tree}
kernel_bench=${KERNEL_BENCH:-${phash%/*}/tests/perf/kernel-bench}
runs=${BENCH_RUNS:-5}
jobs=${BENCH_JOBS:-2}
dir=${BENCH_DIR:-$top/build/bench}
mkdir -p "$dir" && dir=$(cd "$dir" && pwd) || exit 2

. "$top/tests/perf/sshd.sh"

have() { command -v "$1" >/dev/null; }

# What is wanted depends on the widest instructions that the processor has.
if grep -qsw avx512bw /proc/cpuinfo; then
	widest=AVX-512
elif grep -qsw avx2 /proc/cpuinfo; then
	widest=AVX2
else
	widest='no AVX2'
fi
wanted() { # WITH-AVX-512 ELSE
	[ "$widest" = AVX-512 ] && echo "$1" || echo "$2"
}

# ---- inputs -----------------------------------------------------------------

# Made under a name that says "not yet", so that a cut run is not mistaken for
# a whole tree.
make_once() {
	local want=$1
	shift
	[ -e "$want" ] && return
	rm -rf "$want.part"
	mkdir -p "$want.part"
	"$@" "$want.part" && mv "$want.part" "$want"
}

unpack_linux() { tar -xf /usr/src/linux-source-6.1.tar.xz -C "$1" --strip-components=1; }
made_tree() { python3 "$top/tests/perf/make-tree.py" "$1" linux; }
small_10k() { python3 "$top/tests/perf/make-tree.py" "$1" 10000 100; }
small_1m() { python3 "$top/tests/perf/make-tree.py" "$1" 1000000 100; }

tree() {
	if [ -n "${BENCH_TREE-}" ]; then
		tree=$BENCH_TREE
	elif [ -e /usr/src/linux-source-6.1.tar.xz ]; then
		tree=$dir/linux-6.1
		make_once "$tree" unpack_linux
	else
		tree=$dir/made-tree
		make_once "$tree" made_tree
	fi
}

big_files() {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		head -c 256M /dev/urandom >"$1/$i"
	done
}
one_file() { head -c 4G /dev/urandom >"$1/f"; }

# The source of Linux as Debian has it, or the tree; and the same decompressed,
# and by zstd.
archives() {
	local xz=/usr/src/linux-source-6.1.tar.xz
	tree
	[ -e "$dir/tar.zst" ] && return
	if [ -e "$xz" ]; then
		cp "$xz" "$dir/tar.xz"
	else
		tar -C "$tree" -c . | xz -T0 --block-size=16MiB >"$dir/tar.xz"
	fi
	xz -dc "$dir/tar.xz" >"$dir/tar" && zstd -qf "$dir/tar" -o "$dir/tar.zst"
}

# ---- measuring --------------------------------------------------------------

now() { echo "${EPOCHREALTIME/./}"; }

# Seconds of one run of a function, stdout thrown away.
seconds() {
	local t
	t=$(now)
	"$1" >/dev/null || echo "phash-bench: $1 failed" >&2
	awk -v a="$t" -v b="$(now)" 'BEGIN { printf "%.4f\n", (b - a) / 1e6 }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

cold() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

tsv=$dir/results.tsv

# judge A B SENSE GOAL: the ratio, and whether it is as wanted.
judge() {
	awk -v a="$1" -v b="$2" -v s="$3" -v g="$4" 'BEGIN {
		r = s == "faster" ? b / a : s == "more" ? a - b : a / b
		if (s == "most")
			r = a
		met = s == "faster" || s == "rate" ? r >= g : r <= g
		printf "%.*f %s\n", s == "more" ? 4 : 2, r, met ? "met" : "MISSED" }'
}
# say_row NAME PEER A B SENSE GOAL
say_row() {
	local ratio verdict
	read -r ratio verdict < <(judge "${@:3}")
	printf '%-22s %-34s %9.4f %9.4f %8s  %-6s %7s  %s\n' \
		"$1" "$2" "$3" "$4" "$ratio" "$5" "$6" "$verdict"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
		"$1" "$2" "$3" "$4" "$ratio" "$5" "$6" "$verdict" >>"$tsv"
}

# row NAME PEER OURS THEIRS SENSE GOAL [BEFORE]: OURS and THEIRS are functions.
# SENSE "faster": the ratio is theirs/ours and at least GOAL is wanted;
# "within": it is ours/theirs and at most GOAL is wanted; "rate": it is that and at
# least GOAL is wanted, of amounts; "more": seconds more than theirs; "most": ours is
# at most GOAL, whatever theirs.
row() {
	local name=$1 peer=$2 ours=$3 theirs=$4 sense=$5 goal=$6 before=${7:-:}
	local i
	: >"$dir/a"
	: >"$dir/b"
	"$before"; "$ours" >/dev/null
	"$before"; "$theirs" >/dev/null
	for ((i = 0; i < runs; i++)); do
		"$before"; seconds "$ours" >>"$dir/a"
		"$before"; seconds "$theirs" >>"$dir/b"
	done
	say_row "$name" "$peer" "$(median <"$dir/a")" "$(median <"$dir/b")" \
		"$sense" "$goal"
}

# What cannot be undercut: reading without hashing, and then every byte through as
# many kernels at a time as there are workers. Measured in turn with phash.
limit() { # NAME JOBS
	local i name=$1 jobs=$2 bytes rate
	bytes=$(reader | sed 's/.*, \(.*\) bytes/\1/')
	: >"$dir/a"
	: >"$dir/b"
	ours >/dev/null
	for ((i = 0; i < runs; i++)); do
		seconds ours >>"$dir/a"
		rate=$("$kernel_bench" rate "$jobs")
		awk -v read="$(seconds reader)" -v n="$bytes" -v rate="$rate" \
			'BEGIN { printf "%.4f\n", read + n / rate / 1e9 }' >>"$dir/b"
	done
	say_row "$name" "reading, and then the kernels" "$(median <"$dir/a")" \
		"$(median <"$dir/b")" within 1.05
}

# ---- both sides -------------------------------------------------------------

ours() { "$phash" -j "$jobs" "$tree"; }
ours_untagged() { "$phash" -j "$jobs" --untagged "$tree"; }
xargs_sha512sum() { find "$tree" -type f -print0 | xargs -0 -P"$jobs" -n64 sha512sum; }
python_pool() { python3 "$top/tests/perf/pool-sha512.py" "$tree" "$jobs"; }
rhash_tree() { rhash -r --sha512 "$tree"; }
b3sum_tree() { find "$tree" -type f -print0 | xargs -0 b3sum; }
reader() { "$read_tree" "$tree" "$jobs"; }
reader_16() { "$read_tree" "$tree" 16; }
ours_check() { "$phash" -j "$jobs" -c --quiet "$dir/list"; }
sha512sum_check() { sha512sum -c --quiet "$dir/list"; }
ours_big() { "$phash" -j "$jobs" "$dir/big"; }
openssl_big() { printf '%s\0' "$dir"/big/* | xargs -0 -P"$jobs" -n1 openssl dgst -sha512; }
ours_one() { "$phash" -j "$jobs" "$dir/one-4g/f"; }
openssl_one() { openssl dgst -sha512 "$dir/one-4g/f"; }
# A hundred times the tree of ten thousand, against the tree of a million.
ours_10k_100() { local i; for ((i = 0; i < 100; i++)); do "$phash" -j "$jobs" "$dir/small-10k"; done; }
ours_1m() { "$phash" -j "$jobs" "$dir/small-1m"; }
xargs_1m() { find "$dir/small-1m" -type f -print0 | xargs -0 -P"$jobs" -n64 sha512sum; }
ours_reuse() { "$phash" -j "$jobs" --reuse="$dir/reuse.json" "$tree"; }
ours_empty() { "$phash" "$dir/empty"; }
ours_small() { "$phash" "$dir/small"; }
sha512sum_small() { sha512sum "$dir/small"; }
# Twenty starts a run: one is too short to be timed by a shell.
times20() { local i; for ((i = 0; i < 20; i++)); do "$1"; done; }
ours_empty_20() { times20 ours_empty; }
ours_small_20() { times20 ours_small; }
sha512sum_small_20() { times20 sha512sum_small; }

ours_bare() { "$phash" --no-sandbox -j "$jobs" "$tree"; }
ours_small_bare() { "$phash" --no-sandbox "$dir/small"; }
ours_small_bare_20() { times20 ours_small_bare; }

ours_archive_xz() { "$phash" -j "$jobs" --archive "$dir/tar.xz"; }
ours_archive_tar() { "$phash" -j "$jobs" --archive "$dir/tar"; }
ours_archive_zst() { "$phash" -j "$jobs" --archive "$dir/tar.zst"; }
xz_1() { xz -dc -T1 "$dir/tar.xz"; }
bsdtar_mtree() { bsdtar -cf - --format=mtree --options='!all,sha512,type' "@$1"; }
bsdtar_xz() { bsdtar_mtree "$dir/tar.xz"; }
bsdtar_tar() { bsdtar_mtree "$dir/tar"; }
bsdtar_zst() { bsdtar_mtree "$dir/tar.zst"; }

# Two far ends of one worker each, at the other end of the loopback; and jobs of
# GNU parallel there, of as many names as it can hand over at a time.
ours_machines() { "$phash" --on=127.0.0.1:1,127.0.0.1:1 --rsh="ssh -F $ssh_config" --remote-path="$phash" "$tree"; }
ours_two() { "$phash" -j 2 "$tree"; }
parallel_machines() {
	find "$tree" -type f | parallel --will-cite -j 1 --sshlogin "ssh -F $ssh_config 127.0.0.1,ssh -F $ssh_config localhost" -m sha512sum
}

row_warm-xargs() { tree; row "source tree, warm" "find|xargs -P$jobs -n64 sha512sum" ours_untagged xargs_sha512sum faster "$(wanted 4 3.5)"; }
row_warm-python() { tree; row "source tree, warm" "Python Pool, hashlib" ours python_pool faster 5; }
row_warm-rhash() { have rhash || return; tree; row "source tree, warm" "rhash -r --sha512" ours rhash_tree faster 4; }
row_warm-b3sum() { have b3sum || return; tree; row "source tree, warm" "find|xargs b3sum" ours b3sum_tree faster 2.5; }
row_warm-reader() { tree; row "source tree, warm" "read everything, hash nothing" ours reader within 1.6; }
row_limit() {
	tree
	limit "source tree, warm" "$jobs"
	limit "source tree, -j 1" 1
}
# The kernel alone, against one stream of libcrypto.
row_kernel() {
	local lanes one
	read -r lanes one < <("$kernel_bench" kernels | awk '
		$1 == "libcrypto" { one = $2 }
		$2 + 0 > best { best = $2 + 0 }
		END { print best, one }')
	say_row "GB/s of one core" "libcrypto, one stream" "$lanes" "$one" rate "$(wanted 3.45 1.8)"
}
# Microseconds of its own CPU time a file, and what nftw(3) takes of that; and where
# workers walk. What a start takes has rows of its own.
parent_cpu() { # COMMAND... : {} is the tree
	python3 "$top/tests/perf/parent-cpu.py" "$runs" 10000 \
		"$dir/small-10k" "$dir/empty" "$@"
}
row_parent() {
	local nftw
	make_once "$dir/small-10k" small_10k
	mkdir -p "$dir/empty"
	nftw=$(parent_cpu "$read_tree" {} 0)
	say_row "parent, us a file" "nftw alone" \
		"$(parent_cpu "$phash" -j "$jobs" --walk=parent {})" "$nftw" most 2.0
	say_row "...when workers walk" "nftw alone" \
		"$(parent_cpu "$phash" -j "$jobs" --walk=workers {})" "$nftw" most 0.9
}
# Who walks makes no difference to as many workers as there are processors.
ours_walked() { "$phash" -j "$jobs" --walk=workers "$tree"; }
ours_walking() { "$phash" -j "$jobs" --walk=parent "$tree"; }
row_walk() {
	tree
	row "workers walk, warm" "the parent walks" ours_walked ours_walking within 1.0
}
row_check() {
	tree
	"$phash" -j "$jobs" "$tree" >"$dir/list"
	row "check, warm" "sha512sum -c" ours_check sha512sum_check faster 3
}
row_big() { make_once "$dir/big" big_files; row "8 x 256 MiB, warm" "xargs -P$jobs -n1 openssl dgst" ours_big openssl_big faster "$(wanted 3.2 1.9)"; }
row_one() { make_once "$dir/one-4g" one_file; row "4 GiB, warm" "openssl dgst -sha512" ours_one openssl_one within 0.98; }
row_start() {
	mkdir -p "$dir/empty"
	echo small >"$dir/small"
	row "20 starts, empty dir" "sha512sum of a small file" ours_empty_20 sha512sum_small_20 more 0.06
	row "20 starts, small file" "sha512sum of a small file" ours_small_20 sha512sum_small_20 more 0.06
}
row_sandbox() {
	tree
	echo small >"$dir/small"
	row "source tree, warm" "with --no-sandbox" ours ours_bare within 1.01
	row "20 starts, small file" "with --no-sandbox" ours_small_20 ours_small_bare_20 more 0.02
}
row_scale() {
	make_once "$dir/small-10k" small_10k
	make_once "$dir/small-1m" small_1m
	row "1,000,000 files of 100 B" "100 times 10,000 such files" ours_1m ours_10k_100 within 1.2
	row "1,000,000 files of 100 B" "find|xargs -P$jobs -n64 sha512sum" ours_1m xargs_1m faster 4
}
# Workers whose digests sleep need no processor, so that there can be many of them: what
# is left is how they are fed. Eight of them have ten thousand files, 64 eight times as
# many; the other is what one takes for so many, divided.
ours_asleep() {
	LD_PRELOAD=$sleeping DIGEST_SLEEP=4000 "$phash" -j "$sleepers" \
		--walk="$walk" --engine=libcrypto "${trees[@]}"
}
row_scaling() {
	local sleeping=${phash%/*}/tests/perf/sleeping-digest.so
	local sleepers=1 walk=parent trees=() perfect i n
	mkdir -p "$dir/asleep"
	for n in 1 2 3 4 5 6 7 8; do
		make_once "$dir/asleep/$n" small_10k
	done
	trees=("$dir/asleep/1")
	perfect=$(seconds ours_asleep | awk '{ print $1 / 8 }')
	if awk -v s="$perfect" 'BEGIN { exit s >= 5 }'; then
		echo 'phash-bench: its digests do not sleep' >&2
		return
	fi
	for n in 1 2 4 8; do
		mapfile -t trees < <(printf "$dir/asleep/%s\n" $(seq "$n"))
		sleepers=$((8 * n))
		for walk in parent workers; do
			ours_asleep >/dev/null
			: >"$dir/a"
			for ((i = 0; i < runs; i++)); do
				seconds ours_asleep >>"$dir/a"
			done
			say_row "$sleepers asleep, $walk walk" \
				"perfect: one, divided" \
				"$(median <"$dir/a")" "$perfect" within 1.11
		done
	done
}
# An unchanged tree again, with a list of it, and without. Files that were changed just
# before they were read would be read again.
reuse_list() { # DIR LIST
	sleep 3
	"$phash" -j "$jobs" --json --identity -o "$2" "$1"
}
row_reuse() {
	tree
	reuse_list "$tree" "$dir/reuse.json"
	row reuse 'phash without --reuse' ours_reuse ours faster 3
}
row_reuse-cold() {
	[ -w /proc/sys/vm/drop_caches ] || return
	tree
	reuse_list "$tree" "$dir/reuse.json"
	row reuse-cold 'phash without --reuse' ours_reuse ours faster 8 cold
}
# Goal: 160 bytes a file, the old list included.
row_reuse-memory() {
	make_once "$dir/small-1m" small_1m
	reuse_list "$dir/small-1m" "$dir/reuse-1m.json"
	python3 "$top/tests/perf/memory.py" "$phash" "$jobs" "$dir/small-1m" \
		--reuse="$dir/reuse-1m.json"
}

# Peak memory: the parent's beyond the paths, a file; the largest worker's.
row_memory() {
	make_once "$dir/small-1m" small_1m
	python3 "$top/tests/perf/memory.py" "$phash" "$jobs" "$dir/small-1m"
}
row_cold() {
	[ -w /proc/sys/vm/drop_caches ] || return
	tree
	row "source tree, cold" "find|xargs -P$jobs -n64 sha512sum" ours_untagged xargs_sha512sum faster 3.5 cold
	row "source tree, cold" "16 readers, hash nothing" ours reader_16 within 1.15 cold
}

# A phash with libarchive.
row_archive() {
	"$phash" --archive "$dir/versions" >/dev/null 2>&1 || return
	have zstd || return
	archives
	row "source in tar.xz" "xz -dc -T1, no digests" ours_archive_xz xz_1 within 1
	have bsdtar || return
	row "source in tar.xz" "bsdtar, mtree with sha512" ours_archive_xz bsdtar_xz within 0.55
	row "source in tar" "bsdtar, mtree with sha512" ours_archive_tar bsdtar_tar within 0.5
	row "source in tar.zst" "bsdtar, mtree with sha512" ours_archive_zst bsdtar_zst within 0.5
}

huge_archives() (
	set -o pipefail
	python3 "$top/tests/perf/make-tar.py" 10000000000 | zstd -q >"$1/10g.tar.zst" &&
		tar -C "$dir/small-1m" -c . | zstd -q >"$1/1m.tar.zst"
)

# Without the directory that all have in common.
without_top() { sed 's|(\(\./\)\?[^/]*/|(|'; }
# What is in the archive is what is in the tree, to the last line.
row_archive-same() {
	archives
	"$phash" -j "$jobs" "${tree##*/}" -C "${tree%/*}" | without_top | sort >"$dir/of-tree"
	for kind in tar.xz tar tar.zst; do
		"$phash" -j "$jobs" --archive "$dir/$kind" | without_top | sort >"$dir/of-archive"
		cmp -s "$dir/of-tree" "$dir/of-archive" && verdict=identical || verdict=DIFFERENT
		echo "source in $kind: $(wc -l <"$dir/of-archive") lines, $(wc -l <"$dir/of-tree") of the tree: $verdict"
	done
}

# One member of 10 GB, which does not compress to nothing; a million members.
row_archive-memory() {
	make_once "$dir/small-1m" small_1m
	make_once "$dir/huge" huge_archives
	python3 "$top/tests/perf/memory.py" "$phash" "$jobs" "$dir/huge/10g.tar.zst"
	python3 "$top/tests/perf/memory.py" "$phash" "$jobs" "$dir/huge/1m.tar.zst"
}

row_machines() {
	loopback_sshd "$dir/sshd" || return
	tree
	row "source tree, ssh" "-j 2 without" ours_machines ours_two within 1.25
	have parallel || return
	row "source tree, ssh" "parallel --sshlogin sha512sum" ours_machines parallel_machines faster 5
}

# ---- the run ----------------------------------------------------------------

versions() {
	"$phash" --version
	echo "libcrypto: $(openssl version 2>/dev/null)"
	sha512sum --version | head -n 1
	python3 --version
	have rhash && rhash --version
	have b3sum && b3sum --version
	echo "machine: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs, $widest, Linux $(uname -r)"
	echo "date: $(date +%Y-%m-%d); workers: $jobs; medians of $runs"
}

if [ $# = 0 ]; then
	set -- limit kernel parent walk warm-xargs warm-python warm-rhash warm-b3sum warm-reader check big one start sandbox scale scaling archive archive-same memory archive-memory reuse reuse-memory machines cold reuse-cold
fi
versions | tee "$dir/versions"
printf 'row\tpeer\tphash\tother\tratio\tsense\tgoal\tverdict\n' >"$tsv"
printf '%-22s %-34s %9s %9s %8s  %-6s %7s\n' row peer phash other ratio sense goal
for r; do
	"row_$r"
done
if have gnuplot && cut -f 6 "$tsv" | grep -qx faster; then
	gnuplot -e "tsv='$tsv'; svg='$dir/results.svg'" "$top/tests/perf/chart.gp" &&
		echo "chart: $dir/results.svg"
fi
