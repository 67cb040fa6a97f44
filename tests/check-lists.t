#!/usr/bin/env bash
# Where lists come from: several of them, standard input, -C, formats; lists of
# any length.

. "${0%/*}/lib.sh" || exit 1

with_input() {
	local input=$1
	shift
	"$@" <"$input"
}

mkdir t
echo a >t/a
echo b >t/b
(cd t && sha512sum a b) >good
sed 's/  a$/  b/' good >bad
sed 's/  b$/  nothing/' good >missing
echo malformed >none
cat good none >some

# Several
try 'two good lists' 0 "$phash" -C t -c good good
out 'one after the other' <<'END'
a: OK
b: OK
a: OK
b: OK
END
try 'all kinds of lists' 1 "$phash" -C t -c some bad none missing good
out 'all are read' <<'END'
a: OK
b: OK
b: FAILED
b: OK
a: OK
nothing: FAILED open or read
a: OK
b: OK
END
err 'each has its own sums' <<'END'
phash: WARNING: 1 line is improperly formatted
phash: WARNING: 1 computed checksum did NOT match
phash: none: no properly formatted checksum lines found
phash: nothing: No such file or directory
phash: WARNING: 1 listed file could not be read
END
for lists in 'bad good' 'good bad' 'none good' 'good none' 'missing good' \
	'good missing'; do
	# shellcheck disable=SC2086 # words are meant
	try "$lists" 1 "$phash" -C t -c --status $lists
done
try '--strict' 1 "$phash" -C t -c --strict good some good
try '--ignore-missing and a list without a good file' 1 "$phash" -C t -c \
	--ignore-missing good <(sed 's/$/x/' good)
ok 'names that list' grep -q \
	'^phash: /dev/fd/[0-9]*: no file was verified$' "$work/err"
mkdir dir
try 'a list that is not there' 1 "$phash" -C t -c good nix good
out 'does not stop the others' <<'END'
a: OK
b: OK
a: OK
b: OK
END
err 'and is named' <<'END'
phash: nix: No such file or directory
END
try 'a directory for a list' 1 "$phash" -C t -c dir good
out 'does not stop the others' <<'END'
a: OK
b: OK
END
err 'and is named' <<'END'
phash: dir: read error
END
try '--status' 1 "$phash" -C t -c --status dir good
err 'names it too' <<'END'
phash: dir: read error
END
cp "$phash" "$work/phash"
cp good unreadable
chmod 000 unreadable
try 'a list that may not be read' 1 as_user "$work/phash" -C t -c unreadable good
err 'is named' <<'END'
phash: unreadable: Permission denied
END
cp some 'od d'
try 'a list with an odd name' 0 "$phash" -C t -c -w 'od d'
err 'is quoted' <<'END'
phash: 'od d': 3: improperly formatted SHA512 checksum line
phash: WARNING: 1 line is improperly formatted
END

try 'an endless line' 1 "$phash" -C t -c /dev/zero good
err 'is not waited for' <<'END'
phash: /dev/zero: a line is too long
END

# A list that fails in the middle
if strace -o /dev/null true 2>/dev/null; then
	(cd t && for ((i = 0; i < 60; i++)); do cat ../bad; done) >long
	try 'a read error in a list' 1 env ASAN_OPTIONS=detect_leaks=0 \
		strace -f --quiet=attach,path-resolution -o "$work/trace" \
		-P long -P "$(pwd -P)/long" -e trace=read \
		-e inject=read:error=EIO:when=2 "$phash" -C t -c -w long good
	err 'is said, and nothing else of this list' <<'END'
phash: long: read error
END
	ok 'what was read of it is checked' grep -q '^b: FAILED$' "$work/out"
	tail -n 2 "$work/out" >"$work/tail"
	cp "$work/tail" "$work/out"
	out 'and the next list' <<'END'
a: OK
b: OK
END
else
	skip 'a read error in a list' 'no strace'
fi

# Standard input
try 'standard input' 0 with_input good "$phash" -C t -c
out 'is read' <<'END'
a: OK
b: OK
END
try '-' 0 with_input good "$phash" -C t -c -
out 'is standard input' <<'END'
a: OK
b: OK
END
try 'standard input between lists' 1 with_input bad "$phash" -C t -c good - good
out 'has its turn' <<'END'
a: OK
b: OK
b: FAILED
b: OK
a: OK
b: OK
END
try 'messages about it' 1 with_input some "$phash" -C t -c -w --strict
err 'call it so' <<'END'
phash: 'standard input': 3: improperly formatted SHA512 checksum line
phash: WARNING: 1 line is improperly formatted
END
try 'nothing on standard input' 1 "$phash" -c
err 'is said' <<'END'
phash: 'standard input': no properly formatted checksum lines found
END
closed() {
	"$@" <&-
}
try 'standard input is closed' 1 closed "$phash" -c
err 'is said' <<'END'
phash: 'standard input': read error
END

# -C
try 'two -C' 0 "$phash" -C dir -C ../t -c good
try 'without -C' 1 "$phash" -c good
err 'names are relative to here' <<'END'
phash: a: No such file or directory
phash: b: No such file or directory
phash: WARNING: 2 listed files could not be read
END
cp good t/inside
try '-C and a list in it' 1 "$phash" -C t -c inside
err 'lists are relative to where we started' <<'END'
phash: inside: No such file or directory
END
try '-C without a list' 0 bash -c '"$0" -C dir -C ../t -c <good' "$phash"
ok 'reads one from standard input' grep -qx 'a: OK' "$work/out"
try '-C that is not there' 2 "$phash" -C nix -c good
err 'is a failure' <<'END'
phash: nix: No such file or directory
END

# Formats of our own, and of others
for options in --tag --untagged --json --base64 '--base64 --untagged' \
	'--json --base64' '-a sha256' '-a md5 --json' '-a sha3-512'; do
	# shellcheck disable=SC2086
	"$phash" $options -C t . >list
	try "what $options prints" 0 "$phash" -C t -c --strict list
	out 'is read' <<'END'
./a: OK
./b: OK
./inside: OK
END
	# shellcheck disable=SC2086
	"$phash" -z $options -C t . >list
	try "what -z $options prints" 0 "$phash" -C t -z -c --strict list
	printf './%s: OK\0' a b inside >want
	same 'is read' want "$work/out"
done
"$phash" --json t nix >list 2>/dev/null
try 'JSON with an error in it' 0 "$phash" -c list
err 'is not whole' <<'END'
phash: WARNING: 1 line is improperly formatted
phash: list: an entry without a digest (the file could not be read when the list was made)
END

# A list as long as you like: memory does not grow with it, and each line is
# judged.
lines() {
	perl -e 'my ($n, @lines) = (shift, <STDIN>);
		print $lines[$_ % @lines] for 0 .. $n - 1' "$1" <good
}
lines 120000 | "$phash" -C t -c >"$work/out" 2>"$work/err"
perl -e 'print "a: OK\nb: OK\n" x 60000' >"$work/want"
same '120000 lines' "$work/want" "$work/out"
err 'no message' </dev/null
{ lines 50000; echo bad; lines 50000; cat bad; } | "$phash" -C t -c -w \
	>"$work/out" 2>"$work/err"
err 'one bad line and one bad file of 100000' <<'END'
phash: 'standard input': 50001: improperly formatted SHA512 checksum line
phash: WARNING: 1 line is improperly formatted
phash: WARNING: 1 computed checksum did NOT match
END
# peak N OPTION...: the most memory (kB) that phash has had when it has read
# all but the end of a list of N lines.
peak() {
	local count=$1
	shift
	mkfifo in
	"$phash" -C t -j 2 "$@" -c <in >"$work/out" &
	local pid=$!
	{
		lines "$count" >&9
		# what does not fit the pipe has been read
		memory=$(awk '/^VmHWM/ { print $2 }' /proc/$pid/status)
	} 9>in
	wait $pid
	rm in
}
if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null; then
	skip 'memory' 'sanitizers keep what is freed'
else
	for options in '-j 2' '--chunk=1' '--status' '--quiet'; do
		# shellcheck disable=SC2086
		peak 60000 $options # fills what may wait
		short=$memory
		# shellcheck disable=SC2086
		peak 180000 $options
		ok "$options: $short kB, then $memory kB" test \
			$((memory - short)) -lt 4096 # kept, they would be 12 MB
	done
fi
printf '%0300000d\n' 0 >long
cat good >>long
try 'a long line' 0 "$phash" -C t -c long
err 'is malformed' <<'END'
phash: WARNING: 1 line is improperly formatted
END

finish
