#!/usr/bin/env bash
# --part=K/N: each name is in one part, the same one everywhere.

. "${0%/*}/lib.sh" || exit 1

mkdir -p t/e
for n in $(seq 60); do
	echo "$n" >"t/f$n"
done
printf x >$'t/e/odd\n\377'
"$phash" t >whole
"$phash" -z t >whole.z

parts() { # N OPTION...: all of them, put together
	local n=$1 k
	shift
	for k in $(seq "$n"); do
		"$phash" --part="$k/$n" "$@"
	done
}
for n in 1 2 3 7 100; do
	parts $n t | LC_ALL=C sort >got
	LC_ALL=C sort whole >want
	same "$n parts are the whole" got want
done
parts 4 --sort=none t | LC_ALL=C sort >got
same 'without order, too' got want
ok 'no part of two is empty' test "$("$phash" --part=1/2 t | wc -l)" -gt 10 -a \
	"$("$phash" --part=2/2 t | wc -l)" -gt 10
ok 'or almost all' test "$("$phash" --part=1/2 t | wc -l)" -lt 51

# FNV-1a of 64 bits, modulo N, as the manual says it.
"$phash" --untagged -z t | perl -Mbigint -0 -ne 's/^\S+  //; chomp;
	my $h = 0xcbf29ce484222325;
	$h = (($h ^ $_) * 0x100000001b3) & 0xffffffffffffffff for unpack "C*";
	print "$_\0" if $h % 5 == 2' >want
"$phash" --part=3/5 --untagged -z t | perl -0 -pe 's/^\S+  //' >got
same 'it is the one that the hash says' got want

# A name has its part by whatever spelling.
for k in 1 2 3; do
	"$phash" --part=$k/3 t | sed 's/(t/(.\/t/; s/^\\\(.*\)(t/\\\1(.\/t/' >want
	"$phash" --part=$k/3 ./t >got
	same "part $k of 3 with ./ before each name" got want
done

# Lists.
for k in 1 2 3; do
	"$phash" --part=$k/3 t >part
	try "-c of part $k" 0 "$phash" -c --part=$k/3 whole
	ok 'reads so many' lines_out "$(wc -l <part)"
	try "--audit of part $k" 0 "$phash" --audit=whole --part=$k/3 t
	ok 'as many' lines_out "$(wc -l <part)"
done
echo changed >t/f7
failed=0
for k in 1 2 3 4; do
	"$phash" -c --part=$k/4 whole >/dev/null 2>&1 || failed=$((failed + 1))
done
ok 'a file that differs does so in one part' test $failed = 1
rm t/f9
"$phash" t >now
missing=0
for k in 1 2 3 4; do
	"$phash" --audit=whole --part=$k/4 t 2>/dev/null |
		grep -c MISSING >n
	missing=$((missing + $(cat n)))
done
ok 'one that is missing is so in one' test $missing = 1
echo new >t/new
new=0
for k in 1 2 3 4; do
	"$phash" --audit=now --part=$k/4 t 2>/dev/null | grep -c NEW >n
	new=$((new + $(cat n)))
done
ok 'and a new one' test $new = 1
try 'a list of which no name is in the part' 0 "$phash" -c --part=1/1000000 whole
out 'has nothing to say' <<'END'
END
err 'and is no malformed one' <<'END'
END
try 'nor for an audit' 0 "$phash" --audit=whole --part=1/1000000 t
mkdir empty
for k in 1 2; do
	try "a tree that is gone, part $k" 1 "$phash" -C empty -c \
		--ignore-missing --part=$k/2 whole
	try 'and for an audit' 1 "$phash" -C empty --audit=whole \
		--ignore-missing --part=$k/2
done
: >none
try 'a list without names still is' 1 "$phash" -c --part=1/2 none

# What cannot be meant.
for bad in 0/3 4/3 1 1/ /3 1/0 x/3 1/3x 1/1000001 ' 1/3' +1/3; do
	try "--part='$bad'" 2 "$phash" --part="$bad" t
done
try 'an update would forget the rest' 2 "$phash" --audit=whole --update --part=1/3 t
try 'a part of a tree has no digest' 2 "$phash" --tree-digest --part=1/3 t
"$phash" --json --identity t >L
try 'nor does a part replace the list' 2 "$phash" --json --identity --reuse=L \
	-o L --part=1/3 t
try 'members have no part' 2 "$phash" --archive --part=1/3 t

finish
