#!/usr/bin/env bash
# The tests of the walk, where workers walk.

. "${0%/*}/lib.sh" || exit 1

tests=$top/tests
for name in walk filter names deep audit-names swapped; do
	TEST_WALK=workers bash "$tests/$name.t" >"$work/tap" 2>&1
	ok "$name.t: it ends" grep -qx '1\.\.[1-9][0-9]*' "$work/tap"
	ok "$name.t: as when the parent walks" bash -c '! grep "^not ok" "$1"' - \
		"$work/tap"
done

finish
