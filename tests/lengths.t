#!/usr/bin/env bash
# Every length from 0 to 1,100 bytes, and those around every buffer, against
# sha512sum.

. "${0%/*}/lib.sh" || exit 1

# The bytes of a file repeat after 251, which no block size divides, and begin
# elsewhere in each file: lanes that are exchanged or shifted show.
mkdir d
# shellcheck disable=SC2016 # for perl
perl -e '
	my $period = join "", map { chr } 0 .. 250;
	my @lengths = (0 .. 1100);
	for my $n (2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144,
	    524288, 1048576, 2097152, 4194304) {
		push @lengths, map { $n + $_ } -129, -128, -1, 0, 1, 128, 129;
	}
	for my $n (@lengths) {
		open my $f, ">", sprintf "d/%07d", $n or die;
		my $data = $period x ($n / 251 + 2);
		print $f substr $data, $n % 251, $n;
		close $f or die;
	}'
find d -type f -print0 | sort -z | xargs -0 sha512sum >"$work/expected"
ok 'all lengths are there' test "$(wc -l <"$work/expected")" = 1185

for engine in $(engines); do
	try "engine $engine" 0 "$phash" --untagged --engine="$engine" d
	same 'the digests of sha512sum' "$work/expected" "$work/out"
	err 'and no message' </dev/null
done
try 'one worker, with all the lanes' 0 "$phash" --untagged -j 1 d
same 'the digests of sha512sum' "$work/expected" "$work/out"
try 'one at a time' 0 "$phash" --untagged -j 1 --chunk=1 d
same 'the digests of sha512sum' "$work/expected" "$work/out"

# stdin and FIFOs have no size to be known beforehand, and come in pieces.
piece() {
	local n=$1 half=$((10#$1 / 2))
	{
		head -c "$half" "d/$n"
		sleep 0.05
		tail -c +$((half + 1)) "d/$n"
	} | "$phash" --untagged
}
for n in 0000001 0000128 0131072 0262145; do
	try "$n bytes on stdin, in pieces" 0 piece $n
	sed -n "s,d/$n\$,-,p" "$work/expected" >"$work/one"
	same 'the digest of sha512sum' "$work/one" "$work/out"
done

# A file that is mostly a hole.
truncate -s 33M sparse
echo end >>sparse
sha512sum sparse >"$work/one"
try 'a sparse file' 0 "$phash" --untagged sparse
same 'the digest of sha512sum' "$work/one" "$work/out"

finish
