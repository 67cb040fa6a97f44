#!/usr/bin/env bash
# --sort=none takes memory that does not grow with the tree.

. "${0%/*}/lib.sh"

if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null; then
	skip 'memory of --sort=none' 'sanitizers keep what is freed'
	finish
fi

# Files with long paths; links to one file are quicker to make.
name=$(printf %0100d 0)
# shellcheck disable=SC2016 # for perl
perl -e 'my ($name, %n) = @ARGV;
	while (my ($dir, $count) = each %n) {
		for (my $i = 0; $i < $count; $i++) {
			my $sub = sprintf "%s/%03d", $dir, $i / 1000;
			if ($i % 1000 == 0) {
				mkdir $dir; mkdir $sub or die;
				open my $f, ">", "$sub/0" or die;
			} else {
				link "$sub/0", "$sub/$name$i" or die;
			}
		}
	}' "$name" few 2000 many 100000

# peak DIR OPTION...: the most memory (kB) that phash and a worker of it have
# had when all but the last 300 kB of its output are read. It is then stopped
# by the pipe that is full, or soon will be.
peak() {
	local bytes pid
	bytes=$("$phash" --sort=none "$@" | wc -c)
	exec 3< <(exec "$phash" -j 2 --sort=none "$@")
	pid=$!
	head -c $((bytes - 300000)) <&3 >/dev/null
	owner=$(awk '/^VmHWM/ { print $2 }' /proc/$pid/status)
	worker=$(pgrep -P $pid | while read -r child; do
		awk '/^VmHWM/ { print $2 }' "/proc/$child/status"
	done | sort -n | tail -n 1)
	rest=$(wc -c <&3)
	exec 3<&-
}
# The owner has chunks of names wait, 64 of at most 64 KiB, which few do not
# fill; a table of many would take 20 MB.
ahead=8192
for options in --tag --json '-j 4 --chunk=1'; do
	# shellcheck disable=SC2086 # words are meant
	peak few $options
	few=$owner few_worker=$worker
	# shellcheck disable=SC2086
	peak many $options
	ok "$options: it was not at its end" test "$rest" = 300000
	ok "the owner: $few kB, then $owner kB" test $((owner - few)) -lt "$ahead"
	ok "a worker: $few_worker kB, then $worker kB" \
		test $((worker - few_worker)) -lt 1024
done

# A list of names is read as it is needed.
find few -type f >few.list
find many -type f >many.list
peak --files-from=few.list
few=$owner
peak --files-from=many.list
ok "a list: $few kB, then $owner kB" test $((owner - few)) -lt "$ahead"

finish
