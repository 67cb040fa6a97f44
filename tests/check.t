#!/usr/bin/env bash
# What --check says of files and lists, and its exit status: against
# sha512sum -c itself where it agrees in all its versions.

. "${0%/*}/lib.sh" || exit 1

gnu=false
sha512sum --version 2>/dev/null | grep -q 'GNU coreutils' && gnu=true

# compare OPTION...: sha512sum -c with these says the same as phash -a sha512, but
# for its name.
compare() {
	local want
	[ $gnu = true ] || return
	sha512sum -c "$@" 2>&1 >"$work/peer.out" </dev/null |
		sed 's/^sha512sum: /phash: /' >"$work/peer.err"
	want=${PIPESTATUS[0]}
	try "$*: as sha512sum" "$want" "$phash" -a sha512 -c "$@"
	same "$*: its stdout" "$work/peer.out" "$work/out"
	same "$*: its stderr" "$work/peer.err" "$work/err"
}
# With every set of options.
compare_all() {
	local report strict ignore
	for report in '' --quiet --status -w; do
		for strict in '' --strict; do
			for ignore in '' --ignore-missing; do
				# shellcheck disable=SC2086 # none, or one word
				compare $report $strict $ignore "$@"
			done
		done
	done
}

echo a >a
echo b >b
mkdir dir
sha512sum a b >good
{ cat good; echo bad; } >malformed1
{ echo bad; cat good; echo worse; } >malformed2
sed 's/  a$/  b/' good >differ1
sed 's/  a$/  x/; s/  b$/  a/; s/  x$/  b/' good >differ2
{ cat good; sed 's/  a$/  nothing/; s/  b$/  b/' good; } >missing1
{ cat good; sed 's/  a$/  nothing/; s/  b$/  nothing2/' good; } >missing2
sed 's/$/x/' good >all-missing
{ cat differ1; sed 's/$/x/' good; } >differ-missing
{ sed 's/  a$/  b/' good | head -n 1; sed 's/$/x/' good; } >none-good
{ echo bad; cat differ2 missing2; echo bad; cat good; } >all
echo bad >only-malformed
printf '\n#\n' >comments
: >empty
sed 's/  a$/  dir/' good >directory
sed 's/  a$/  a\/x/' good >enotdir

# One of each, then two
try 'a good list' 0 "$phash" -c good
out 'all is OK' <<'END'
a: OK
b: OK
END
err 'and nothing else' </dev/null
try 'one malformed line' 0 "$phash" -c malformed1
out 'is not in the way' <<'END'
a: OK
b: OK
END
err 'but counted' <<'END'
phash: WARNING: 1 line is improperly formatted
END
try 'two malformed lines' 0 "$phash" -c malformed2
err 'are counted' <<'END'
phash: WARNING: 2 lines are improperly formatted
END
try '--strict' 1 "$phash" -c --strict malformed1
out 'still judges the others' <<'END'
a: OK
b: OK
END
err 'and says no more' <<'END'
phash: WARNING: 1 line is improperly formatted
END
try '-w' 0 "$phash" -c -w malformed2
err 'says which' <<'END'
phash: malformed2: 1: improperly formatted SHA512 checksum line
phash: malformed2: 4: improperly formatted SHA512 checksum line
phash: WARNING: 2 lines are improperly formatted
END
try 'one file that differs' 1 "$phash" -c differ1
out 'has failed' <<'END'
b: FAILED
b: OK
END
err 'is counted' <<'END'
phash: WARNING: 1 computed checksum did NOT match
END
try 'two files that differ' 1 "$phash" -c differ2
out 'have failed' <<'END'
b: FAILED
a: FAILED
END
err 'are counted' <<'END'
phash: WARNING: 2 computed checksums did NOT match
phash: differ2: nothing matched as SHA512; digests of this length may also be BLAKE2b, SHA3-512 (-a says which)
END
try 'one missing file' 1 "$phash" -c missing1
out 'has failed' <<'END'
a: OK
b: OK
nothing: FAILED open or read
b: OK
END
err 'is named and counted' <<'END'
phash: nothing: No such file or directory
phash: WARNING: 1 listed file could not be read
END
try 'two missing files' 1 "$phash" -c missing2
err 'are named and counted' <<'END'
phash: nothing: No such file or directory
phash: nothing2: No such file or directory
phash: WARNING: 2 listed files could not be read
END
try 'a list of nothing' 1 "$phash" -c comments
err 'is said' <<'END'
phash: comments: no properly formatted checksum lines found
END
try 'everything' 1 "$phash" -c -w all
out 'has its turn' <<'END'
b: FAILED
a: FAILED
a: OK
b: OK
nothing: FAILED open or read
nothing2: FAILED open or read
a: OK
b: OK
END
err 'and the sums come in their order' <<'END'
phash: all: 1: improperly formatted SHA512 checksum line
phash: nothing: No such file or directory
phash: nothing2: No such file or directory
phash: all: 8: improperly formatted SHA512 checksum line
phash: WARNING: 2 lines are improperly formatted
phash: WARNING: 2 listed files could not be read
phash: WARNING: 2 computed checksums did NOT match
END

# Options
try '--quiet' 1 "$phash" -c --quiet all
out 'leaves out what is OK' <<'END'
b: FAILED
a: FAILED
nothing: FAILED open or read
nothing2: FAILED open or read
END
try '--status' 1 "$phash" -c --status all
out 'prints nothing' </dev/null
err 'but the errors of files' <<'END'
phash: nothing: No such file or directory
phash: nothing2: No such file or directory
END
try '--status and a list of nothing' 1 "$phash" -c --status empty
err 'is said all the same' <<'END'
phash: empty: no properly formatted checksum lines found
END
try '--status when all is well' 0 "$phash" -c --status good
err 'says nothing' </dev/null
try '--quiet when all is well' 0 "$phash" -c --quiet good
out 'prints nothing' </dev/null
try '-q in a bundle' 0 "$phash" -cq good
out 'is --quiet' </dev/null
"$phash" -c good >"$work/verdicts"
try '-v in a bundle' 0 "$phash" -cv good
same 'changes no verdict' "$work/verdicts" "$work/out"
try '--ignore-missing' 0 "$phash" -c --ignore-missing missing2
out 'does not mention what is missing' <<'END'
a: OK
b: OK
END
err 'nor warns' </dev/null
try '--ignore-missing and nothing there' 1 "$phash" -c --ignore-missing all-missing
out 'prints nothing' </dev/null
err 'is not enough' <<'END'
phash: all-missing: no file was verified
END
try '--ignore-missing and nothing good' 1 "$phash" -c --ignore-missing none-good
err 'is not enough either' <<'END'
phash: WARNING: 1 computed checksum did NOT match
phash: none-good: no file was verified
phash: none-good: nothing matched as SHA512; digests of this length may also be BLAKE2b, SHA3-512 (-a says which)
END
try '--ignore-missing and a file in the way' 1 "$phash" -c --ignore-missing enotdir
err 'is not missing' <<'END'
phash: a/x: Not a directory
phash: WARNING: 1 listed file could not be read
END
try 'a directory in a list' 1 "$phash" -c --ignore-missing directory
out 'has failed' <<'END'
dir: FAILED open or read
b: OK
END
err 'and is named' <<'END'
phash: dir: Is a directory
phash: WARNING: 1 listed file could not be read
END
for list in good malformed1 malformed2 differ1 differ2 missing1 missing2 \
	all-missing differ-missing none-good all only-malformed comments empty \
	directory enotdir; do
	compare_all $list
done

# The last of --quiet, --status and -w counts.
for options in '--quiet -w' '-w --quiet' '--status -w' '-w --status' \
	'--quiet --status' '--status --quiet' '-w --status --quiet' \
	'--status --quiet -w'; do
	# shellcheck disable=SC2086 # words are meant
	compare $options all
done
try '--status -w' 0 "$phash" -c --status -w malformed1
out 'is -w' <<'END'
a: OK
b: OK
END
err 'that warns' <<'END'
phash: malformed1: 3: improperly formatted SHA512 checksum line
phash: WARNING: 1 line is improperly formatted
END
try '-w --quiet' 0 "$phash" -c -w --quiet malformed1
out 'is --quiet' </dev/null
err 'that counts' <<'END'
phash: WARNING: 1 line is improperly formatted
END
try '-w --status' 0 "$phash" -c -w --status malformed1
err 'says nothing' </dev/null

# Names are shown as newer coreutils quote them.
odd=('sp ace' "it's" $'nl\nx' 'b\s' $'cr\rx' $'tab\tx' $'\377\376' '*' '"'
	'a:b')
printf '%s\0' "${odd[@]}" | xargs -0 touch --
sha512sum -- "${odd[@]}" >odd
try 'odd names' 0 "$phash" -c odd
out 'are quoted' <<'END'
'sp ace': OK
"it's": OK
'nl'$'\n''x': OK
'b\s': OK
'cr'$'\r''x': OK
'tab'$'\t''x': OK
''$'\377\376': OK
'*': OK
'"': OK
'a:b': OK
END
rm -- "${odd[@]}"
try 'odd names of missing files' 1 "$phash" -c odd
out 'are quoted' <<'END'
'sp ace': FAILED open or read
"it's": FAILED open or read
'nl'$'\n''x': FAILED open or read
'b\s': FAILED open or read
'cr'$'\r''x': FAILED open or read
'tab'$'\t''x': FAILED open or read
''$'\377\376': FAILED open or read
'*': FAILED open or read
'"': FAILED open or read
'a:b': FAILED open or read
END
err 'on stderr too' <<'END'
phash: 'sp ace': No such file or directory
phash: "it's": No such file or directory
phash: 'nl'$'\n''x': No such file or directory
phash: 'b\s': No such file or directory
phash: 'cr'$'\r''x': No such file or directory
phash: 'tab'$'\t''x': No such file or directory
phash: ''$'\377\376': No such file or directory
phash: '*': No such file or directory
phash: '"': No such file or directory
phash: 'a:b': No such file or directory
phash: WARNING: 10 listed files could not be read
END

# What else a name may be
ln -s a link
ln -s nothing dangling
ln -s loop loop
sed 's/  a$/  link/' good >links
try 'a link' 0 "$phash" -c links
out 'is followed' <<'END'
link: OK
b: OK
END
{ sed 's/  a$/  dangling/; s/  b$/  loop/' good; cat good; } >links
try 'links to nowhere' 1 "$phash" -c links
err 'cannot be read' <<'END'
phash: dangling: No such file or directory
phash: loop: Too many levels of symbolic links
phash: WARNING: 2 listed files could not be read
END
compare links
compare --ignore-missing links
mkfifo fifo
sed 's/  a$/  fifo/' good >fifos
cat a >fifo &
try 'a FIFO' 0 "$phash" -c fifos
wait $!
out 'is read' <<'END'
fifo: OK
b: OK
END
{ cat good; sed 's/  a$/  fifo/' good; } >fifos
"$phash" -j 2 -c fifos >"$work/out" 2>"$work/err" &
pid=$!
ok 'what comes before a slow file is printed' lines_out 2
cat a >fifo
wait $pid
ok 'and it is waited for' test $? = 0
out 'in the order of the list' <<'END'
a: OK
b: OK
fifo: OK
b: OK
END
sed 's/  a$/  \/dev\/null/' good >device
try 'a device' 1 "$phash" -c device
out 'is read' <<'END'
/dev/null: FAILED
b: OK
END
sha512sum a a b a >twice
try 'a file that is listed more than once' 0 "$phash" -c twice
out 'is judged each time' <<'END'
a: OK
a: OK
b: OK
a: OK
END
{ cat good; sed 's/  b$/  a/' good; } >twice
try 'with different digests' 1 "$phash" -c twice
out 'each is compared' <<'END'
a: OK
b: OK
a: OK
a: FAILED
END

cp "$phash" "$work/phash"
echo secret >secret
sed 's/  a$/  secret/' good >secrets
chmod 000 secret
try 'an unreadable file' 1 as_user "$work/phash" -c secrets
out 'has failed' <<'END'
secret: FAILED open or read
b: OK
END
err 'and is named' <<'END'
phash: secret: Permission denied
phash: WARNING: 1 listed file could not be read
END
try '--ignore-missing' 1 as_user "$work/phash" -c --ignore-missing secrets
mkdir -p locked/up
chmod 000 locked
sed 's/  a$/  locked\/up\/f/' good >behind
try 'a file behind an unreadable directory' 1 as_user "$work/phash" -c \
	--ignore-missing behind
err 'is not missing' <<'END'
phash: locked/up/f: Permission denied
phash: WARNING: 1 listed file could not be read
END

# Output that is lost
if [ -w /dev/full ]; then
	full() {
		"$@" >/dev/full
	}
	try 'a full disk' 2 full "$phash" -c good
	err 'is said once' <<'END'
phash: write error: No space left on device
END
	try 'a full disk and nothing to print' 0 full "$phash" -c --status good
fi
closed() {
	"$@" >&-
}
try 'stdout is closed' 2 closed "$phash" -c good
err 'is said' <<'END'
phash: write error: Bad file descriptor
END
early() {
	yes "$(cat good)" | head -n 200000 | ("$phash" -c; echo $? >"$work/rc") |
		head -n 1
}
early >/dev/null 2>&1
ok 'a reader that goes away ends it' test "$(cat "$work/rc")" -ne 0

# Order, whatever the workers; messages stand where they belong.
mkdir many
for ((i = 0; i < 150; i++)); do
	echo $i >many/$i
	echo x >many/x$i
done
truncate -s 3000000 many/0 many/50
(cd many && sha512sum -- *) >list
awk '{ print } NR % 7 == 0 { print "bad" }
	NR % 11 == 0 { sub("  .*", "  nothing" NR); print }
	NR % 13 == 0 { sub("^....", "0000"); print }' list >sums
try 'one worker' 1 "$phash" -C many -c -w -j 1 --chunk=1 sums
cp "$work/out" "$work/out1"
cp "$work/err" "$work/err1"
if [ $gnu = true ]; then
	(cd many && sha512sum -c -w ../sums) >"$work/peer.out" 2>"$work/peer.err"
	sed -i 's/^sha512sum: /phash: /; s,\.\./sums,sums,' "$work/peer.err"
	same 'says what sha512sum says' "$work/peer.out" "$work/out1"
	same 'and warns as it does' "$work/peer.err" "$work/err1"
fi
for options in -j4 -j16 '-j1 --chunk=1' '-j4 --chunk=1' '-j16 --chunk=1' \
	'--engine=lanes' '--engine=libcrypto'; do
	# shellcheck disable=SC2086
	try "$options" 1 "$phash" -C many -c -w $options sums
	same 'the same on stdout' "$work/out1" "$work/out"
	same 'and on stderr' "$work/err1" "$work/err"
done
"$phash" -C many -c -w -j 4 sums >both1 2>&1
"$phash" -C many -c -w -j 1 --chunk=1 sums >both2 2>&1
same 'stdout and stderr together' both1 both2
ok 'an error stands right before its line' grep -q -A 1 \
	'^phash: nothing11: No such file or directory$' both1
grep -A 1 '^phash: nothing' both1 | grep -v -e '^--$' | paste - - >pairs
sed -n 's/^phash: \(nothing[0-9]*\): .*\t\(.*\)/\1: FAILED open or read\t\2/p' pairs \
	>shown
awk -F '\t' '$1 != $2 || !NF { exit 1 }' shown
ok 'each of them' test $? = 0 -a -s shown

# Killed workers
mkdir big
for ((i = 0; i < 200; i++)); do
	truncate -s $((500000 + i)) big/$i
done
"$phash" -a sha3-512 big | sed '7s/= .../= 000/; 50s/(big/(nix/' >sums
"$phash" -c sums >"$work/out1" 2>"$work/err1"
RANDOM=1
for options in '-j 1' '-j 3 --chunk=1' '-j 8'; do
	# shellcheck disable=SC2086
	ok "shot at ($options)" shot_at 4 1 \
		"$phash" $options -c sums
	same 'the same on stdout' "$work/out1" "$work/out"
	same 'and on stderr' "$work/err1" "$work/err"
done

# Usage
usage() {
	try "$1" 2 "$phash" "${@:2}"
	out "$1: nothing is done" </dev/null
	ok "$1: one line" test "$(wc -l <"$work/err")" = 1
}
usage '-c --base64' -c --base64 good
usage '-c --sort' -c --sort=none good
usage '-c -o' -c -o o good
usage '-c --audit' -c --audit=good
for option in --quiet --status -w --strict --ignore-missing; do
	usage "$option without -c" $option a
done

finish
