#!/usr/bin/env bash
# An audit of the right files by the wrong names says what may have been meant.

. "${0%/*}/lib.sh" || exit 1

mkdir -p d/sub 'o o/d'
echo a >d/a
echo b >d/sub/b
cp -r d/. 'o o/d'
"$phash" -C d . >inside
"$phash" d >outside
"$phash" 'o o/d' >above
here=$(pwd)

# The hint of an audit, and that its command comes out clean.
hint() {
	local means=$1 command=$2
	shift 2
	try "$*" 1 "$phash" --quiet "$@"
	ok "$*: has a hint" grep -qFx \
		"phash: no name is both listed and found: did you mean $means? (phash $command)" \
		"$work/err"
	eval "set -- $command"
	try "$command" 0 "$phash" "$@"
}
hint '-C d' '--audit=inside -C d' --audit=inside d
hint '-C d' '--audit=inside -C . -C d' --audit=inside -C . d
hint "-C $here/d" "--audit=inside -C $here/d" --audit=inside "$here/d"
hint "-C 'o o/d'" "--audit=inside -C 'o o/d'" --audit=inside 'o o/d'
hint 'd without -C' '--audit=outside d' --audit=outside -C d
hint 'd without -C' '--audit=outside d' --audit=outside -C d .
hint 'd without -C' "--audit=outside -C 'o o' d" --audit=outside -C 'o o' -C d
hint "'o o/d' without -C" "--audit=above 'o o/d'" --audit=above -C 'o o' -C d
hint "'o o/d' without -C" "--audit=above 'o o/d'" --audit=above -C 'o o' d
"$phash" d/sub >sub
hint 'd/sub without -C' '--audit=sub d/sub' --audit=sub -C d sub

# The names may be such as are refused.
mkdir w
"$phash" "$here/d" >absolute
hint "$here/d without -C" "--audit=absolute $here/d" --audit=absolute -C "$here/d"
hint "$here/d without -C" "--audit=absolute $here/d" --audit=absolute -C "$here" d
cd w || exit 1
"$phash" ../d >../up
hint '../d without -C' '--audit=../up ../d' --audit=../up -C ../d
cd .. || exit 1

# No hint
no_hint() {
	try "$*" 1 "$phash" "$@"
	ok "$*: has no hint" test "$(grep -c 'did you mean' "$work/err")" = 0
}
no_hint --audit=inside --status d
no_hint --audit=above d
no_hint --audit=inside d/sub 'o o'
no_hint --audit=/dev/null d
no_hint --audit=outside -C d sub a
no_hint --audit=outside -C "$here" "$here/d/a"
echo more >d/more
no_hint --audit=outside d
no_hint --audit=inside -C d
mkdir e e/e
echo x | tee e/x >e/e/x
"$phash" e/x >some
no_hint --audit=some -C e

# More than one
mkdir -p p/q
echo a >p/q/a
{ "$phash" -C p/q a; "$phash" p/q; } >both
try 'two commands that could be meant' 1 "$phash" --quiet --audit=both -C p q
ok 'are one hint' test "$(grep -o 'did you mean -C q?' "$work/err" | wc -l)" = 1 \
	-a "$(grep -o 'did you mean' "$work/err" | wc -l)" = 1

finish
