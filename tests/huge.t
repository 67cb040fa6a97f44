#!/usr/bin/env bash
# Messages of which the length in bits does not fit 32 bits, and files of which
# the length in bytes does not: holes, so that no disk is needed.

. "${0%/*}/lib.sh" || exit 1

if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null; then
	skip 'gigabytes' 'sanitizers take minutes for them'
	finish
fi

# 2^32 bits are 512 MiB. The end of each is not a hole: it tells them apart.
mkdir d
for n in 536870911 536870912 536870913 4294967297; do
	truncate -s $((n - 4)) d/$n
	printf 'end\n' >>d/$n
	ok "$n bytes" test "$(stat -c %s d/$n)" = $n
done
find d -type f -print0 | LC_ALL=C sort -z | xargs -0 -n 1 -P 2 sha512sum |
	LC_ALL=C sort -k 2 >"$work/expected"

# One worker has them all in its lanes, where there are any, and the longest
# alone at the end. All kernels are given blocks, and lengths are counted in one
# place: so each has one file, which is long enough to be wrong in 32 bits.
all=$(engines | grep -x lanes || echo auto)
try "engine $all" 0 "$phash" --untagged -j 1 --engine="$all" d
same 'the digests of sha512sum' "$work/expected" "$work/out"
grep 536870913 "$work/expected" >"$work/one"
for engine in $(engines | grep -v -e auto -e libcrypto -e lanes); do
	try "engine $engine" 0 "$phash" --untagged -j 1 --engine="$engine" \
		d/536870913
	same 'the digest of sha512sum' "$work/one" "$work/out"
done

finish
