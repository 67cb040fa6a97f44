#!/usr/bin/env bash
# What stands between a fault in memory and its use, as readelf(1) sees it in
# the program and in the shared library.

. "${0%/*}/lib.sh" || exit 1

build=${BUILD:-$top/build}
flags=$(cat "$build/flags")
library=$build/libppool.so

# has FILE OPTIONS REGEX - readelf OPTIONS FILE prints a line that matches.
has() {
	readelf -W "$2" "$1" | grep -E -e "$3" || { readelf -W "$2" "$1"; return 1; }
}
hasnt() {
	! readelf -W "$2" "$1" | grep -E -e "$3"
}

# claims NAME FILE - what holds for both.
claims() {
	ok "$1: the loader writes no more to relocated data" has "$2" -l GNU_RELRO
	ok "$1: all of it is relocated at the start" has "$2" -d 'FLAGS_1.* NOW'
	ok "$1: its code is never written to" hasnt "$2" -d TEXTREL
	ok "$1: its stack is not executed" has "$2" -l 'GNU_STACK.* RW '
	ok "$1: its stack frames are guarded" has "$2" --dyn-syms \
		'UND __stack_chk_(fail|guard)'
}

# fortified NAME FILE
fortified() {
	if grep -q -e '-D_FORTIFY_SOURCE=[23]' "$build/flags"; then
		ok "$1: calls of the C library are checked" has "$2" --dyn-syms \
			'UND __[a-z_]*_chk[@ ]'
	else
		skip "$1: calls of the C library are checked" \
			'this build has no such flag'
	fi
}

if ! command -v readelf >/dev/null; then
	skip 'hardening' 'no readelf'
elif [ "${flags/relro/}" = "$flags" ]; then
	skip 'hardening' 'built with HARDENING=no'
else
	claims phash "$phash"
	fortified phash "$phash"
	ok 'phash: it is loaded anywhere' has "$phash" -d 'FLAGS_1.* PIE'
	claims libppool.so "$library"
	fortified libppool.so "$library"
	ok 'libppool.so: is no program' hasnt "$library" -d 'FLAGS_1.* PIE'
fi
finish
