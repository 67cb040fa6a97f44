#!/usr/bin/env bash
# --settle: each regular file is read twice. (That a difference is found:
# tests/unit/settle.c.)

. "${0%/*}/lib.sh" || exit 1

mkdir t
echo a >t/a
: >t/empty
head -c 300000 /dev/zero >t/c
sha512sum --tag t/a t/c t/empty >"$work/lines"
mkfifo fifo

try '--settle' 0 "$phash" --settle t
same 'prints the same lines' "$work/lines" "$work/out"
for options in '--engine=libcrypto' '--engine=lanes -j 1' '-a sha3-256'; do
	# shellcheck disable=SC2086 # words are meant
	"$phash" $options t >"$work/once"
	# shellcheck disable=SC2086
	try "--settle $options" 0 "$phash" --settle $options t
	same 'prints the same lines' "$work/once" "$work/out"
done
try 'a check' 0 "$phash" --settle -c "$work/lines"
out 'is well' <<'END'
t/a: OK
t/c: OK
t/empty: OK
END
try 'an audit' 0 "$phash" --settle --quiet --audit="$work/lines" t
out 'is well' </dev/null

# What can be read only once is.
(printf abc >fifo) &
abc=$(printf abc | sha512sum --tag)
try 'a stream' 0 "$phash" --settle fifo
ok 'is read once' test "$(cat "$work/out")" = "${abc/(-)/(fifo)}"
wait
try 'standard input' 0 bash -c '"$1" --settle <t/a' - "$phash"
ok 'is read once' test "$(cat "$work/out")" = \
	"$(sed -n 's,(t/a),(-),p' "$work/lines")"

look_inside
if ! strace -f -o /dev/null true 2>/dev/null; then
	skip 'two readings' 'no strace'
	finish
fi
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace
readings() {
	strace -f -o "$work/trace" -P t/c -P "$(pwd -P)/t/c" \
		-e trace=read,preadv2 "$phash" -j 1 "$@" >/dev/null 2>&1
	awk '$NF ~ /^[0-9]+$/ { n += $NF } END { print n + 0 }' "$work/trace"
}
ok 'one reading' test "$(readings t)" = 300000
ok 'two readings' test "$(readings --settle t)" = 600000

finish
