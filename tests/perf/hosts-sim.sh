#!/usr/bin/env bash
# hosts-sim.sh - how well --on uses many machines, on one: far ends of one worker
# each that sleep instead of hashing, at several distances (sleeping-far.c). Not
# part of make bench: `bash tests/perf/hosts-sim.sh`, some minutes.
#
# PHASH, BENCH_DIR, BENCH_TREE as phash-bench.sh
# SIM_HOSTS      numbers of hosts (1 2 4 8)
# SIM_TRIPS      there and back, microseconds (200 1000 20000)
# SIM_FILE       what a file takes a worker, microseconds (200)
# SIM_RATE       bytes a microsecond that it hashes (500)
#
# Efficiency is the time that the sleeping alone takes, divided among the hosts,
# by the time that the run took.
set -u
export LC_ALL=C

top=$(cd "${0%/*}/../.." && pwd)
phash=${PHASH:-$top/build/phash}
far=${phash%/*}/tests/perf/sleeping-far
dir=${BENCH_DIR:-$top/build/bench}
tree=${BENCH_TREE:-$dir/linux-6.1}
file=${SIM_FILE:-200} rate=${SIM_RATE:-500}
mkdir -p "$dir" && cd "$dir" || exit 2
if [ ! -d "$tree" ]; then
	tree=$dir/made-tree
	[ -d "$tree" ] || python3 "$top/tests/perf/make-tree.py" "$tree" linux
fi

read -r files bytes < <(find "$tree" -type f -printf '%s\n' |
	awk '{ n++; s += $1 } END { print n, s }')
alone=$(awk -v n="$files" -v s="$bytes" -v f="$file" -v r="$rate" \
	'BEGIN { printf "%.3f", (n * f + s / r) / 1e6 }')

cat >far-end <<END
#!/bin/sh
exec "$far" "\$SIM_DELAY" "\$SIM_FILE" "\$SIM_RATE" "\$@"
END
chmod +x far-end
# Seconds of one run: HOSTS TRIP FILE RATE
run() {
	local list t
	list=$(seq -s, "$1")
	t=${EPOCHREALTIME/./}
	SIM_DELAY=$(($2 / 2)) SIM_FILE=$3 SIM_RATE=$4 \
		"$phash" --on="$list" \
		--rsh="$dir/launch" --remote-path="$dir/far-end" --sort=none \
		"$tree" >/dev/null || exit 2
	awk -v a="$t" -v b="${EPOCHREALTIME/./}" \
		'BEGIN { printf "%.3f\n", (b - a) / 1e6 }'
}
printf '#!/bin/sh\nshift\nexec "$@"\n' >launch
chmod +x launch

echo "$files files, $bytes bytes; one worker needs $alone s"
printf 'hosts\ttrip_us\tseconds\tefficiency\n' | tee hosts-sim.tsv
for trip in ${SIM_TRIPS:-200 1000 20000}; do
	for hosts in ${SIM_HOSTS:-1 2 4 8}; do
		seconds=$(run "$hosts" "$trip" "$file" "$rate")
		awk -v h="$hosts" -v t="$trip" -v s="$seconds" -v a="$alone" \
			'BEGIN { printf "%d\t%d\t%.2f\t%.2f\n", h, t, s,
			a / h / s }' | tee -a hosts-sim.tsv
	done
done
# Far ends that need no time: then the one that walks is what limits.
for hosts in 1 2 4; do
	seconds=$(run "$hosts" 200 0 1000000)
	awk -v h="$hosts" -v n="$files" -v s="$seconds" \
		'BEGIN { printf "%d hosts that need no time: %d files a second\n",
		h, n / s }'
done
if command -v gnuplot >/dev/null; then
	gnuplot -e "tsv='hosts-sim.tsv'; svg='hosts-sim.svg'" \
		"$top/tests/perf/hosts.gp" && echo "chart: $dir/hosts-sim.svg"
fi
