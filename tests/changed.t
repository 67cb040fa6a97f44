#!/usr/bin/env bash
# Files that change while they are read.

. "${0%/*}/lib.sh"

echo still >still
still=$(sha512sum <still | cut -c 1-128)

is_what_it_is_now() {
	out 'the digest of what it is now' <<END
SHA512 (f) = $(sha512sum <f | cut -c 1-128)
SHA512 (still) = $still
END
	err 'and no word about it' </dev/null
}
is_said_to_change() {
	err 'is said to change' <<END
phash: $1: file changed as we read it
END
	out 'has no line, but the rest has' <<END
SHA512 (still) = $still
END
}

# Without help: somebody sets the time of a big file over and over.
touching() {
	local pid status
	perl -e 'while (1) { utime undef, undef, "big" }' &
	pid=$!
	"$@"
	status=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	return "$status"
}
truncate -s 60000000 big
try 'a big file that is touched' 1 touching "$phash" big still
is_said_to_change big

look_inside
if ! strace -f -o /dev/null true 2>/dev/null; then
	skip 'changes at a certain read' 'no strace'
	finish
fi
export ASAN_OPTIONS=detect_leaks=0 # no leak check under ptrace

# Some 20 reads in each try.
fresh() {
	rm -f f
	head -c 2500000 /dev/zero >f
}

changes=(
	'echo more >>f'
	'truncate -s -1000 f'
	'printf X | dd of=f conv=notrunc status=none'
	'touch f'
	'chmod g+w f; chmod g-w f'
)
for change in "${changes[@]}"; do
	fresh
	try "once: $change" 0 at_reads 2 "$change" "$phash" -j 1 f still
	is_what_it_is_now
	ok 'is that of a second reading' test "$(reads)" -gt 20

	fresh
	try "always: $change" 1 at_reads 2+7 "$change" "$phash" -j 1 f still
	is_said_to_change f

	fresh
	try "the second reading: $change" 0 at_reads 30 "$change" \
		"$phash" -j 1 --settle f still
	is_what_it_is_now
	ok 'is that of a third and a fourth' test "$(reads)" -gt 60

	fresh
	try "the second and the fourth reading: $change" 1 at_reads 30+30 \
		"$change" "$phash" -j 1 --settle f still
	is_said_to_change f
	ok 'after less than four' test "$(reads)" -lt 80
done

# More comes with each read than a read takes.
head -c 300000 /dev/zero >f
try 'always growing' 1 at_reads 1+ 'head -c 200000 /dev/zero >>f' \
	timeout 60 "$phash" -j 1 f still
is_said_to_change f

# Under other options. The last change at hand is as good as any.
fresh
try 'in JSON' 1 at_reads 2+7 "$change" "$phash" -j 1 --json f
ok 'it is an error' grep -q '"error":"file changed as we read it"' "$work/out"
ok 'without a digest' bash -c '! grep -q digest "$1"' - "$work/out"
try 'a tree digest' 1 at_reads 2+7 "$change" "$phash" -j 1 --tree-digest f still
out 'there is none' </dev/null
try '-o' 1 at_reads 2+7 "$change" "$phash" -j 1 -o list f still
echo "SHA512 (still) = $still" >expected
same 'has the rest' expected list

# Another file in the same place is not a change: what was opened is read.
fresh
old=$(sha512sum <f | cut -c 1-128)
try 'replaced' 0 at_reads 2 'mv f old; echo new >f' "$phash" -j 1 f
ok 'a name given to another file' grep -q "$old" "$work/out"

finish
