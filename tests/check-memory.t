#!/usr/bin/env bash
# -c takes memory that does not grow with the lines of its lists, neither with
# their number nor with their length.

. "${0%/*}/lib.sh" || exit 1

if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null; then
	skip 'memory of -c' 'sanitizers reserve terabytes'
	finish
fi

abc=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
printf abc >f
mkfifo fifo

# lines COUNT BEFORE PIECE TIMES AFTER: plain lines with the name BEFORE, PIECE
# TIMES times, AFTER.
lines() {
	perl -e 'my ($digest, $n, $before, $piece, $times, $after) = @ARGV;
		my $line = "$digest  $before" . $piece x $times . "$after\n";
		print $line for 1 .. $n' "$abc" "$@"
}
# In 100 MB of address space: less than the names of any list below take.
limited() {
	(ulimit -v 100000 && "$phash" -j 2 -c "$@")
}
long_lines() {
	lines "$@" | limited --status
}
try 'names that are too long' 1 long_lines 200 '' x 1000000 ''
ok 'are said one by one' test "$(grep -c '^phash: x*: File name too long$' \
	"$work/err")" = 200
try 'long names of files' 0 long_lines 1600 . / 80000 f

# Says something after a while; not for ever, if nobody listens.
late() {
	timeout 60 bash -c 'sleep 1; printf abc >fifo'
}
# A silent file holds back the verdicts, and what stands behind it in the list.
behind_a_fifo() {
	{ echo "$abc  fifo"; lines "$@"; } | limited | wc
}
late &
try 'long names behind a silent FIFO' 0 behind_a_fifo 1600 . / 80000 f
out 'get their verdicts after it' <<'END'
   1601    3202 128011209
END
wait
late &
try 'many names behind a silent FIFO' 0 behind_a_fifo 200000 '' ./ 1 f
out 'likewise' <<'END'
 200001  400002 1600009
END
wait

finish
