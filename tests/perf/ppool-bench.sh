#!/usr/bin/env bash
# ppool-bench.sh - imap_unordered over a function that does nothing, the pool
# beside Python's multiprocessing.Pool: items per second, medians of runs taken
# in turn.
#
# BENCH_RUNS     runs of each side (5)
# BENCH_JOBS     workers (2)

set -eu
top=$(cd "${0%/*}/../.." && pwd)
build=${BUILD:-$top/build}
workers=${BENCH_JOBS:-2}
runs=${BENCH_RUNS:-5}

median() {
	sort -n | sed -n "$(((runs + 1) / 2))p"
}

printf '%6s %12s %12s %8s\n' chunk ppool Python ratio
for row in '1 30000 15000' '20 400000 100000' '64 1000000 200000' \
	'200 2000000 400000'; do
	read -r chunk c_items py_items <<<"$row"
	c='' py=''
	for ((i = 0; i < runs; i++)); do
		c+=$("$build/tests/perf/ppool-bench" \
			"$workers" "$chunk" "$c_items")$'\n'
		py+=$(python3 "$top/tests/perf/ppool-bench.py" \
			"$workers" "$chunk" "$py_items")$'\n'
	done
	c=$(printf %s "$c" | median)
	py=$(printf %s "$py" | median)
	printf '%6d %12d %12d %8s\n' "$chunk" "$c" "$py" \
		"$(awk -v a="$c" -v b="$py" 'BEGIN { printf "%.1f", a / b }')"
done
