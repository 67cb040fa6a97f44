#!/usr/bin/env bash
# --budget and --oldest-first: so much is read, and what is left is said.

. "${0%/*}/lib.sh" || exit 1

mkdir t
for n in 1 2 3 4 5 6 7 8; do
	head -c 1000 /dev/zero | tr '\0' $n >t/$n
done
"$phash" t >whole

left() { # N BYTES
	grep -qx "phash: the budget is used up: $1 files\{0,1\} of $2 bytes left out" \
		"$work/err"
}
try 'enough for all' 0 "$phash" --budget=8000 t
same 'changes nothing' "$work/out" whole
err 'and says nothing' <<'END'
END
try 'enough for two and a half' 1 "$phash" --budget=2500 t
ok 'three are read' lines_out 3
ok 'and five left' left 5 5000
cp "$work/out" some
try 'those that are there are right' 0 "$phash" -c some
try 'the first is read, whatever its size' 1 "$phash" --budget=1 t
ok 'and no other' lines_out 1
ok 'so the rest is seven' left 7 7000
try 'without order' 1 "$phash" --sort=none --budget=1500 t
ok 'two' lines_out 2
ok 'six' left 6 6000
try 'each is named with -v' 1 "$phash" -v --budget=7000 t
ok 'the one that is left' test "$(grep -c ': left out: the budget is used up$' \
	"$work/err")" = 1
try 'and in JSON' 1 "$phash" --json --budget=3000 t
ok 'as an error' test "$(grep -c '"error":"left out: the budget is used up"' \
	"$work/out")" = 5
try 'K' 0 "$phash" --budget=8K t
try 'an hour' 0 "$phash" --budget=1h t
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	look_inside
	small_files slow 300
	calls=preadv2,pread64
	! is_portable || calls='read'
	try 'a second' 1 strace -f -o /dev/null -e trace=$calls \
		-e inject=$calls:delay_enter=50000 \
		"$phash" --no-sandbox -j 1 --chunk=1 --engine=libcrypto --sort=none \
		--budget=1s slow
	ok 'leaves files out' grep -q 'the budget is used up' "$work/err"
else
	skip 'a second' 'no strace'
fi
for bad in 0 x 1x 0s 1w -1 1KK '' 99999999999999T 5000000000s; do
	try "--budget='$bad'" 2 "$phash" --budget="$bad" t
done

# The next run goes on there.
age() {
	perl -pi -e 's/"read":(\d+)/"read":@{[$1 + 10]}/' "$@"
}
rm -f L
for round in 1 2 3; do
	want=1
	[ $round = 3 ] && want=0
	try "round $round of a list" $want "$phash" -v --json --identity \
		--reuse=/dev/null ${round:+$([ -e L ] && echo --reuse=L)} \
		--budget=3000 -o L t
	age L
	ok 'has more of it' test "$(grep -c '"digest"' L)" = $((round < 3 ? 3 * round : 8))
done
try 'all is known, and nothing need be read' 0 "$phash" --reuse=L --budget=1 t
same 'and is what it is' "$work/out" whole
sleep 4
for round in 1 2; do
	try "round $round of a journal" 1 "$phash" --journal=J --budget=3000 t
	ok 'which stays' test -e J
done
try 'the last one' 0 "$phash" --journal=J --budget=3000 t
same 'is whole' "$work/out" whole
ok 'and its journal goes' test ! -e J

# What does not count is left out, not taken, where the budget ends.
mkdir odd
: >odd/empty
echo b >odd/b
echo c >odd/c
"$phash" --json --identity odd >young
sed 's/"digest":"..../"digest":"feed/' young >racy
try 'entries that are too young' 1 "$phash" --reuse=racy --budget=1 odd
ok 'are left out' test "$(grep -c feed "$work/out")" = 0
age racy
sed '/empty/!d' racy >empty
try 'a file of no bytes' 1 "$phash" --reuse=empty --budget=1 odd/b odd/empty
ok 'is left out, too' test "$(grep -c feed "$work/out")" = 0
sed 's/,"size":[0-9]*//' racy >anonymous
try 'entries that do not say enough' 1 "$phash" --json --reuse=anonymous --budget=1 odd
ok 'are left out' test "$(grep -c '"digest":"\(feed[^"]*\)\{0,1\}"' "$work/out")" = 0
try 'without order, too' 1 "$phash" --sort=none --reuse=anonymous --budget=1 odd
ok 'nothing is taken' test "$(grep -c 'feed\|= $' "$work/out")" = 0

# A scrub: each run reads those again that were read longest ago.
perl -ne 'BEGIN { $now = time + 100 } /"t.(\d)"/; my $read = $now - $1 * 5 % 8;
	s/"read":\d+/"read":$read/; s/"digest":"..../"digest":"feed/; print' L >marked
try 'the oldest three' 1 "$phash" --json --identity --reuse=marked \
	--oldest-first --budget=3000 -o next t
grep -v feed next | grep -o '"path":"[^"]*"' >"$work/out"
out 'are those' <<'END'
"path":"t/1"
"path":"t/3"
"path":"t/6"
END
ok 'of the others the list has what it had' test "$(grep -c feed next)" = 5
ok 'and each that was read is said to differ' test \
	"$(grep -c 'content changed under unchanged times' "$work/err")" = 3
try '--oldest-first needs a list' 2 "$phash" --oldest-first --budget=1 t
try 'and a budget' 2 "$phash" --oldest-first --reuse=L t
try 'and an order' 2 "$phash" --oldest-first --reuse=L --budget=1 --sort=none t
try 'half a tree has no digest' 2 "$phash" --tree-digest --budget=1 t
try 'not with archives' 2 "$phash" --archive --budget=1 t

finish
