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
# What sha512sum(1) of coreutils 9.1 says of them, which takes a minute to do so.
cat >"$work/expected" <<'END'
4da85b955490901e9a59d53d2b92f77b0fc41a49d0d4e43e626149ab03be9731264d5cbe85819470210d9b7f1ff960094acdb2369d3d4cf5a97e5f542c6ceb51  d/4294967297
adb6459f69ff07ae95952e4b9647fb8a75ef29ec74ec14a9640a8803165309673dbd29ffb9e586de6c5048b2667e7b5a7f8fa90e28a60708ca504ba25d6f65fa  d/536870911
9dd0ed972376046f73ee4e7b72cfd3591850e005cf4847662bf35ff7bd2c15c15ffc9c47d07188b72d364424bcde1f4b46a5efbdaed9a5aa629c45ca48bccb30  d/536870912
0aec27d6f55aa51d36556b70af7e39a427dcafe388f815544b864b9072025b4cc279da1149677db68b0c0260ff4d52ed2c55d325215eb6153b744b043e13070e  d/536870913
END

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
