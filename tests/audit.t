#!/usr/bin/env bash
# --audit: a tree against a list, and --update.

. "${0%/*}/lib.sh" || exit 1

with_input() {
	local input=$1
	shift
	"$@" <"$input"
}
counts() {
	err "$1: the counts" <<END
phash: $2
END
}
digest() {
	sha512sum | cut -d ' ' -f 1
}

mkdir -p t/sub t/void
for name in a b c sub/d sub/e; do
	echo $name >t/$name
done
"$phash" -C t . >L
"$phash" t >LT
cp "$phash" "$work/phash"

# Clean
try 'nothing changed' 0 "$phash" --audit=L -C t
out 'all is OK' <<'END'
OK a
OK b
OK c
OK sub/d
OK sub/e
END
counts 'nothing changed' '5 listed: 5 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
cp "$work/out" clean
try 'with an operand' 0 "$phash" --audit=L -C t .
same 'the same' clean "$work/out"
try 'a list with the name of the directory' 0 "$phash" --audit=LT t
sed 's, , t/,' clean >want
same 'the same, with it' want "$work/out"
try 'an operand with ./' 0 "$phash" --audit=LT ./t
same 'the same' want "$work/out"
try 'a list on standard input' 0 with_input L "$phash" --audit=- -C t
same 'is read' clean "$work/out"
"$phash" -C t a b c sub >bare
try 'names without ./' 0 "$phash" --audit=bare -C t
same 'are the same names' clean "$work/out"
try 'an operand more than once' 0 "$phash" --audit=L -C t . sub ./sub/d a
same 'is judged once' clean "$work/out"

# Every verdict
echo changed >t/a
rm t/b
mv t/c t/moved
echo new >t/new
try 'all kinds of changes' 1 "$phash" --audit=L -C t
out 'are told in order of names' <<'END'
CHANGED a
MISSING b
MOVED c -> moved
NEW new
OK sub/d
OK sub/e
END
counts 'all kinds' '5 listed: 2 OK, 1 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE'
cp "$work/out" out1
cp "$work/err" err1
try '--quiet' 1 "$phash" --audit=L -C t --quiet
out 'leaves out what is OK' <<'END'
CHANGED a
MISSING b
MOVED c -> moved
NEW new
END
try '--json' 1 "$phash" --audit=L -C t --json
out 'is objects' <<END
{"verdict":"CHANGED","path":"a","algorithm":"SHA512","digest":"$(digest <t/a)","size":8,"expected_digest":"$(echo a | digest)"}
{"verdict":"MISSING","path":"b"}
{"verdict":"MOVED","old_path":"c","path":"moved"}
{"verdict":"NEW","path":"new"}
{"verdict":"OK","path":"sub/d"}
{"verdict":"OK","path":"sub/e"}
{"summary":{"listed":5,"ok":2,"changed":1,"missing":1,"new":1,"moved":1,"unreadable":0,"refused":0,"malformed":0,"passed":false}}
END
try '-z' 1 "$phash" -z -C t --audit=<(tr '\n' '\0' <L)
tr '\0' '\n' <"$work/out" >lines
cp lines "$work/out"
out 'ends with NUL, which is the arrow too' <<'END'
CHANGED a
MISSING b
MOVED c
moved
NEW new
OK sub/d
OK sub/e
END
for options in -j1 -j4 -j16 '-j1 --chunk=1' '-j4 --chunk=1' '-j16 --chunk=1' \
	'--engine=lanes'; do
	# shellcheck disable=SC2086
	try "$options" 1 "$phash" --audit=L -C t $options
	same 'the same on stdout' out1 "$work/out"
	same 'and on stderr' err1 "$work/err"
done

# Each of them fails on its own.
only() {
	rm -rf one
	mkdir one
	echo a >one/a
	echo b >one/b
	"$phash" -C one . >L1
	(cd one && eval "$2")
	try "only $1" "$3" "$phash" --audit=L1 -C one
	sed -i /^OK/d "$work/out"
	out "only $1: is told" < <(printf '%b' "$4")
	counts "only $1" "$5"
}
only OK : 0 '' '2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
only CHANGED 'echo c >a' 1 'CHANGED a\n' '2 listed: 1 OK, 1 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
only MISSING 'rm a' 1 'MISSING a\n' '2 listed: 1 OK, 0 CHANGED, 1 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
only NEW 'echo c >c' 1 'NEW c\n' '2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE'
only MOVED 'mv a c' 1 'MOVED a -> c\n' '2 listed: 1 OK, 0 CHANGED, 0 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
only copied 'cp a c' 1 'NEW c\n' '2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE'
only exchanged 'mv a x; mv b a; mv x b' 1 'CHANGED a\nCHANGED b\n' '2 listed: 0 OK, 2 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'

# Duplicates move one to one, in order of their names.
mkdir dup
for name in 1 2 3; do
	echo same >dup/$name
done
"$phash" -C dup . >D
mv dup/1 dup/z
mv dup/2 dup/y
try 'moved duplicates' 1 "$phash" --audit=D -C dup
out 'are paired in order' <<'END'
MOVED 1 -> y
MOVED 2 -> z
OK 3
END
cp dup/3 dup/zz
try 'more new than missing' 1 "$phash" --audit=D -C dup
out 'the rest is NEW' <<'END'
MOVED 1 -> y
MOVED 2 -> z
OK 3
NEW zz
END
counts 'more new than missing' '3 listed: 1 OK, 0 CHANGED, 0 MISSING, 2 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE'
rm dup/zz dup/z
try 'more missing than new' 1 "$phash" --audit=D -C dup
out 'the rest is MISSING' <<'END'
MOVED 1 -> y
MISSING 2
OK 3
END
mkdir hundred
for ((i = 0; i < 100; i++)); do
	echo $((i % 5)) >hundred/$i
done
"$phash" -C hundred . >H
for ((i = 0; i < 90; i++)); do
	mv hundred/$i hundred/m$((100 - i))
done
try 'a hundred duplicates' 1 "$phash" --audit=H -C hundred
cp "$work/out" out2
ok 'are all paired' test "$(grep -c '^MOVED' out2)" = 90
ok 'each with one of its own' test "$(sed 's/.* -> //' out2 | sort | uniq -d)" = ''
try 'with a shuffled list' 1 with_input <(sort -R H) "$phash" -j 8 --chunk=1 \
	--audit=- -C hundred
same 'the same' out2 "$work/out"
printf '{"path":"1","digest":"%s","size":6}\n' "$(echo same | sha512sum | cut -c -128)" >S
try 'the same digest, but another size' 1 "$phash" --audit=S -C dup
out 'did not move' <<'END'
MISSING 1
NEW 3
NEW y
END

# The algorithms of the list
for options in '-a sha256' '-a md5 --untagged' '-a blake2b512 --base64'; do
	rm -rf one
	mkdir one
	echo 1 >one/1
	echo 2 >one/2
	# shellcheck disable=SC2086
	"$phash" $options -C one . >L1
	mv one/1 one/3
	# shellcheck disable=SC2086
	try "a list made with $options" 1 "$phash" ${options%--base64} --audit=L1 -C one
	out 'is compared' <<'END'
MOVED 1 -> 3
OK 2
END
done
"$phash" -C one -a sha256 3 >L1
"$phash" -C one -a sha1 2 >>L1
try 'mixed algorithms' 0 "$phash" --audit=L1 -C one
out 'each by its tag' <<'END'
OK 2
OK 3
END


# Files that moved in a list of several algorithms
mkdir mixed
for name in 1 2 3 4 5 6; do
	echo "file $name" >mixed/$name
done
mixed() {
	"$phash" "$@" -C mixed 1 2
	"$phash" "$@" -a sha256 -C mixed 3 4
	"$phash" "$@" -a md5 -C mixed 5 6
}
mixed >M
mixed --json >MJ
tac M >MR # the first algorithm is not the default
for name in 1 2 3 4 5 6; do
	mv mixed/$name mixed/m$name
done
truncate -s 100 mixed/new
for list in M MJ MR; do
	try "moved files of a list of several algorithms ($list)" 1 "$phash" \
		--audit=$list -C mixed
	out 'are MOVED, whichever they have' <<'END'
MOVED 1 -> m1
MOVED 2 -> m2
MOVED 3 -> m3
MOVED 4 -> m4
MOVED 5 -> m5
MOVED 6 -> m6
NEW new
END
	cp "$work/out" out3
	for options in -j1 '-j4 --chunk=1' --engine=libcrypto; do
		# shellcheck disable=SC2086
		try "$options" 1 "$phash" $options --audit=$list -C mixed
		same 'the same' out3 "$work/out"
	done
done
cp mixed/m3 mixed/a3
cp mixed/m1 mixed/m11
rm mixed/m5
try 'copies of them' 1 "$phash" --audit=M -C mixed
out 'are matched once' <<'END'
MOVED 1 -> m1
MOVED 2 -> m2
MOVED 3 -> a3
MOVED 4 -> m4
MISSING 5
MOVED 6 -> m6
NEW m11
NEW m3
NEW new
END
mkdir twins
echo 1 >twins/a
echo 2 >twins/b
"$phash" -C twins a b >T
"$phash" -a sha256 -C twins a b | sed 's/(/(z/' >>T
mv twins/a twins/x
mv twins/b twins/y
try 'one new file for two missing ones' 1 "$phash" --audit=T -C twins
out 'has the place of one of them' <<'END'
MOVED a -> x
MOVED b -> y
MISSING za
MISSING zb
END
mkfifo mixed/fifo
try 'a FIFO as a new name' 1 with_input M timeout 30 bash -c \
	'echo "file 3" >mixed/fifo & "$0" --audit=- -C mixed fifo' "$phash"
ok 'is read once' grep -qx 'NEW fifo' "$work/out"
rm mixed/fifo
reads() {
	env ASAN_OPTIONS=detect_leaks=0 strace -f -o "$work/trace" \
		-e trace=openat "$phash" --audit="$1" -C mixed >/dev/null 2>&1
	grep -c 'new"' "$work/trace"
}
look_inside
if strace -o /dev/null true 2>/dev/null; then
	ok 'what may be a missing file is read again' test "$(reads M)" = 3
	ok 'what has another size is not' test "$(reads MJ)" = 1
	"$phash" -C mixed m3 m4 >M1
	ok 'nor is anything with one algorithm' test "$(reads M1)" = 1
else
	skip 'what is read again' 'no strace'
fi

# Strict
{ cat L; echo bad; } >bad
try 'a malformed line' 1 "$phash" --audit=bad -C t --quiet
same 'does not stop it' <(grep -v ^OK out1) "$work/out"
err 'but is said' <<'END'
phash: bad: 6: improperly formatted SHA512 checksum line
phash: WARNING: 1 line is improperly formatted
phash: 5 listed: 2 OK, 1 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE
END
"$phash" -C one . >L1
{ cat L1; echo bad; } >bad1
try 'a malformed line when all is OK' 1 "$phash" --audit=bad1 -C one
ok 'it is said' grep -q '^phash: WARNING: 1 line is improperly formatted$' "$work/err"
{ echo bad; cat bad1; } >bad2
try 'two of them' 1 "$phash" --audit=bad2 -C one
ok 'are counted' grep -q '^phash: WARNING: 2 lines are improperly formatted$' "$work/err"
try 'a list of nothing' 1 "$phash" --audit=/dev/null -C one --quiet
out 'makes all files NEW' <<'END'
NEW 2
NEW 3
END
err 'and is said' <<'END'
phash: /dev/null: no properly formatted checksum lines found
phash: 0 listed: 0 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 2 NEW, 0 UNREADABLE
END
mkdir void
try 'nothing against nothing' 1 "$phash" --audit=/dev/null -C void
try 'a list for -z' 1 "$phash" --audit=<(tr '\n' '\0' <L1) -C one
ok 'has a hint' grep -q 'NUL in a line (-z reads lists whose lines end with NUL)$' "$work/err"
"$phash" --json -C one . nix >L1 2>/dev/null
try 'a list with errors in it' 1 "$phash" --audit=L1 -C one --quiet
err 'is not whole' <<'END'
phash: L1: 3: improperly formatted SHA512 checksum line
phash: WARNING: 1 line is improperly formatted
phash: L1: an entry without a digest (the file could not be read when the list was made)
phash: 2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END

# Entries that are refused
"$phash" -C one . >L1
{ cat L1; sed -n 's,\./2,../one/2,p' L1; } >outside
try 'an entry with ..' 1 "$phash" --audit=outside -C one
out 'is not judged' <<'END'
OK 2
OK 3
END
err 'but refused' <<'END'
phash: ../one/2: listed, but outside of what is audited
phash: WARNING: 1 entry was refused
phash: 2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
{
	cat L1
	sed "s,\\./,$(pwd)/one/," L1
	sed 's,\./,x/../,' L1
	sed 's,\./2,..,;s,\./3,,' L1
} >outside
try 'all kinds of them' 1 "$phash" --audit=outside -C one --quiet
out 'none is judged' </dev/null
ok 'they are counted' grep -q '^phash: WARNING: 6 entries were refused$' "$work/err"
{ cat L1; sed 's,\./,,' L1; cat L1; } >twice
try 'listed more than once, with the same digest' 0 "$phash" --audit=twice -C one
out 'is judged once' <<'END'
OK 2
OK 3
END
counts 'listed more than once' '2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
{ cat L1; sed -n 's,\./2,3,p' L1; } >twice
try 'with another digest' 1 "$phash" --audit=twice -C one
out 'the first counts' <<'END'
OK 2
OK 3
END
err 'and the other is refused' <<'END'
phash: 3: listed twice, and not the same
phash: WARNING: 1 entry was refused
phash: 2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END

# Several algorithms for a name
{ cat L1; "$phash" -a sha256 -C one .; } >two
{ cat two; cat two; "$phash" -a md5 -C one .; } >three
for list in two three; do
	try "listed with several algorithms ($list)" 0 "$phash" --audit=$list \
		-C one
	out 'is judged once' <<'END'
OK 2
OK 3
END
	counts 'several algorithms' '2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
done
try 'and --update' 1 "$phash" --audit=two -C one -q --update
ok 'writes nothing, which would lose the other' grep -qx \
	'phash: two: not updated: names are listed with several algorithms' \
	"$work/err"
exchanged() {
	"$phash" "$@" -C one . | sed 's,/2,/x,; s,/3,/2,; s,/x,/3,'
}
{ exchanged -a sha256; cat L1; } >two
try 'the first is wrong' 1 "$phash" --audit=two -C one --quiet
out 'and counts' <<'END'
CHANGED 2
CHANGED 3
END
{ cat L1; exchanged -a md5; "$phash" -a sha256 -C one .; exchanged -a sha1; } >two
for options in -j1 '-j4 --chunk=1'; do
	# shellcheck disable=SC2086
	try "the second is wrong ($options)" 1 "$phash" $options --json \
		--audit=two -C one
	out 'and says what differs' <<END
{"verdict":"CHANGED","path":"2","algorithm":"MD5","digest":"$(md5sum <one/2 | cut -c -32)","size":2,"expected_digest":"$(md5sum <one/3 | cut -c -32)"}
{"verdict":"CHANGED","path":"3","algorithm":"MD5","digest":"$(md5sum <one/3 | cut -c -32)","size":2,"expected_digest":"$(md5sum <one/2 | cut -c -32)"}
{"summary":{"listed":2,"ok":0,"changed":2,"missing":0,"new":0,"moved":0,"unreadable":0,"refused":0,"malformed":0,"passed":false}}
END
done
{ cat L1; echo "FOREIGN-1 (2) = $(echo x | sha256sum | cut -c -64)"; } >two
try 'a second that nobody can compute' 1 "$phash" --audit=two -C one
out 'is UNREADABLE' <<'END'
UNREADABLE 2
OK 3
END
err 'and said' <<'END'
phash: 2: algorithm FOREIGN-1 is not known to libcrypto
phash: 2 listed: 1 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 1 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
mkfifo one/fifo
{ cat L1; for sum in sha512 sha256; do
	echo x | "${sum}sum" --tag | sed 's,(-),(fifo),'
done; } >two
try 'a FIFO listed with two algorithms' 1 with_input two timeout 30 bash -c \
	'echo x >one/fifo & "$0" --audit=- -C one . fifo' "$phash"
out 'has one of them only' <<'END'
OK 2
OK 3
UNREADABLE fifo
END
rm one/fifo
"$phash" -C one . >L1
{ cat L1; "$phash" -a sha256 -C one .; } | sed 's,2),x),' >two
mv one/3 one/new
try 'what moved' 1 "$phash" --audit=two -C one --quiet
out 'is known by its first digest' <<'END'
MOVED 3 -> new
MOVED x -> 2
END
mv one/new one/3
{ cat L1; "$phash" -a sha256 -C one ./2; sed -n 's,\./2,3,p' L1; } >two
try 'and a contradiction behind it' 1 "$phash" --audit=two -C one --quiet
ok 'is seen' grep -qx 'phash: 3: listed twice, and not the same' "$work/err"
{ cat L1; "$phash" -a sha256 -C one .; exchanged -a sha256 | grep 3; } >two
try 'and one among the others' 1 "$phash" --audit=two -C one --quiet
ok 'is seen, too' grep -qx 'phash: 3: listed twice, and not the same' "$work/err"

# The list in the tree, and its place
"$phash" -C one . -o one/L
try 'a list in the tree' 0 "$phash" --audit=one/L -C one
out 'is not NEW' <<'END'
OK 2
OK 3
END
ln one/L one/other
try 'a hard link to it' 1 "$phash" --audit=one/L -C one
out 'is' <<'END'
OK 2
OK 3
NEW other
END
cp one/L again
try 'and to the one that --update will write over' 1 \
	"$phash" --update -o one/L --audit=again -C one
ok 'as well' grep -qx 'NEW other' "$work/out"
mkdir one/sub
mv one/other one/sub/L
cp again one/L
try 'a file of the same name elsewhere' 1 "$phash" --audit=one/L -C one
ok 'is NEW as well' grep -qx 'NEW sub/L' "$work/out"
rm -r one/sub
"$phash" -C one . -o one/L
try 'on standard input' 0 with_input one/L "$phash" --audit=- -C one
out 'it is not NEW either' <<'END'
OK 2
OK 3
END
rm one/L
for list in nix one void/x; do
	try "a list that cannot be read ($list)" 2 "$phash" --audit=$list -C one
	out "$list: nothing is told" </dev/null
done
err 'but why' <<'END'
phash: void/x: No such file or directory
END
try 'a directory for a list' 2 "$phash" --audit=one -C one
err 'is said' <<'END'
phash: one: Is a directory
END
cp L1 unreadable
chmod 000 unreadable
try 'a list that may not be read' 2 as_user "$work/phash" --audit=unreadable -C one
err 'is said' <<'END'
phash: unreadable: Permission denied
END
if strace -o /dev/null true 2>/dev/null; then
	try 'a list that fails in the middle' 2 env ASAN_OPTIONS=detect_leaks=0 \
		strace -f --quiet=attach,path-resolution -o "$work/trace" \
		-P H -P "$(pwd -P)/H" -e trace=read \
		-e inject=read:error=EIO:when=2 "$phash" --audit=H -C hundred
	out 'tells nothing' </dev/null
	err 'but why' <<'END'
phash: H: Input/output error
END
else
	skip 'a list that fails in the middle' 'no strace'
fi
try '-C that is not there' 2 "$phash" --audit=L1 -C nix

# Filters apply to both sides.
try '--exclude' 0 "$phash" --audit=L -C t --exclude='/[a-n]*'
out 'neither NEW nor MISSING' <<'END'
OK sub/d
OK sub/e
END
counts '--exclude' '2 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE'
try '--exclude of everything that is listed' 1 "$phash" --audit=L -C t \
	--exclude='*'
err 'is not called a malformed list' <<'END'
phash: L: every entry is left out by --exclude, --include or -x
phash: 0 listed: 0 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
try '--exclude of a directory' 1 "$phash" --audit=L -C t --exclude=sub --quiet
counts '--exclude of a directory' '3 listed: 0 OK, 1 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE'
try '--include' 0 "$phash" --audit=L -C t --include='[de]'
out 'likewise' <<'END'
OK sub/d
OK sub/e
END
try '--include of what moved' 1 "$phash" --audit=L -C t --include=c
out 'sees only the old name' <<'END'
MISSING c
END

mkdir -p x/x/y
for name in f x/f x/y/f; do
	echo $name >x/$name
done
"$phash" x >LX
try '--exclude that matches an operand' 0 "$phash" --audit=LX -E x x
out 'is not for the operand itself' <<'END'
OK x/f
END
try '--exclude that matches one of two operands' 0 "$phash" --audit=LX -E x x x/x
out 'is for it only as a part of the other' <<'END'
OK x/f
OK x/x/f
OK x/x/y/f
END
"$phash" "$PWD/x" >LX
try '--exclude that matches an absolute operand' 0 "$phash" --audit=LX \
	--quiet -E d "$PWD/x"
"$phash" x/f x/x/f >LX
try '--exclude that matches an operand that is a file' 0 "$phash" --audit=LX \
	-E f x/f x/x
out 'is not for the file' <<'END'
OK x/f
END

# An operand that is only a part
try 'a part of the tree' 1 "$phash" --audit=L -C t sub
out 'the rest of the list is looked for' <<'END'
CHANGED a
MISSING b
MISSING c
OK sub/d
OK sub/e
END

# Links, FIFOs and directories in place of files
rm -rf one
mkdir one
for name in dir fifo gone link ok real; do
	echo $name >one/$name
done
mkdir one/deep
echo deep >one/deep/f
"$phash" -C one . >L1
rm one/{dir,fifo,gone,link}
mkdir one/dir
mkfifo one/fifo
ln -s ok one/link
mv one/deep one/elsewhere
ln -s elsewhere one/deep
echo f >one/gone.x
try 'other things in place of files' 1 "$phash" --audit=L1 -C one
out 'are no files' <<'END'
MOVED deep/f -> elsewhere/f
CHANGED dir
CHANGED fifo
MISSING gone
NEW gone.x
CHANGED link
OK ok
OK real
END
err 'which is said' <<'END'
phash: dir: no longer a regular file
phash: fifo: no longer a regular file
phash: link: no longer a regular file
phash: 7 listed: 2 OK, 3 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE
END
try '--status' 1 "$phash" --status --audit=L1 -C one
err 'does not say it' </dev/null
try '-L' 1 "$phash" -L --audit=L1 -C one
out 'follows links' <<'END'
OK deep/f
CHANGED dir
NEW elsewhere/f
CHANGED fifo
MISSING gone
NEW gone.x
CHANGED link
OK ok
OK real
END
try '--json' 1 "$phash" --json --audit=L1 -C one --include=fifo
out 'tells why' <<END
{"verdict":"CHANGED","path":"fifo","algorithm":"SHA512","expected_digest":"$(echo fifo | digest)","error":"no longer a regular file"}
{"summary":{"listed":1,"ok":0,"changed":1,"missing":0,"new":0,"moved":0,"unreadable":0,"refused":0,"malformed":0,"passed":false}}
END
echo in >one/dir/in
cp L1 U
try '--update' 1 "$phash" --update --audit=U -C one
"$phash" -C one . >want
same 'leaves them out, and has what is in the directory' want U
rm -r one/dir one/elsewhere one/ok one/real one/gone.x
cp L1 U
try '--update when nothing else is left' 1 "$phash" --update --audit=U -C one
ok 'is refused' grep -qx 'phash: U: not updated: no file was found' "$work/err"

# What may not be read
rm -rf one
mkdir -p one/locked
for name in a locked/b c; do
	echo $name >one/$name
done
"$phash" -C one . >L1
echo n >one/n
chmod 000 one/c one/n one/locked
try 'what may not be read' 1 as_user "$work/phash" --audit=L1 -C one
out 'is UNREADABLE' <<'END'
OK a
UNREADABLE c
UNREADABLE locked
UNREADABLE locked/b
UNREADABLE n
END
err 'whether it is listed or not' <<'END'
phash: c: Permission denied
phash: locked: Permission denied
phash: locked/b: Permission denied
phash: n: Permission denied
phash: 3 listed: 1 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 2 UNREADABLE; not listed: 0 NEW, 2 UNREADABLE
END
try 'an operand that is not there' 1 "$phash" --audit=L1 -C one . nix
chmod 755 one/locked
chmod 644 one/c one/n

# What comes and goes meanwhile
if strace -o /dev/null true 2>/dev/null; then
	vanishing() {
		env ASAN_OPTIONS=detect_leaks=0 strace -f \
			--quiet=attach,path-resolution -o "$work/trace" \
			-P one/n -P "$(pwd -P)/one/n" -P one/c \
			-P "$(pwd -P)/one/c" -P n -P c \
			-e trace=openat,open \
			-e inject=openat,open:error=ENOENT "$@"
	}
	"$phash" one | grep -v '/n)' >gone
	try 'files that vanish' 1 vanishing "$phash" --audit=gone one
	out 'are MISSING, or could not be read' <<'END'
OK one/a
MISSING one/c
OK one/locked/b
UNREADABLE one/n
END
	err 'the latter are named' <<'END'
phash: one/n: No such file or directory
phash: 3 listed: 2 OK, 0 CHANGED, 1 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 1 UNREADABLE
END
	try 'a file that the walk saw and that is a link by now' 1 env \
		ASAN_OPTIONS=detect_leaks=0 strace -f \
		--quiet=attach,path-resolution -o "$work/trace" -P one/c \
		-P "$(pwd -P)/one/c" -P c -e trace=openat,open \
		-e inject=openat,open:error=ELOOP \
		"$phash" --quiet --audit=gone one
	out 'is CHANGED' <<'END'
CHANGED one/c
NEW one/n
END
	"$phash" one >gone
	grep -v '/n)' gone >want
	mv one/n n
	try 'a file that vanishes, and --update' 1 vanishing "$phash" --update \
		-o left --audit=gone one
	grep -v '/c)' want >want2
	same 'is not in the new list' want2 left
	mv n one/n
else
	skip 'files that vanish' 'no strace'
fi

# Other file systems
if unshare -m mount -t tmpfs none void 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	try '-x' 0 unshare -m sh -c 'mkdir one/fs && mount -t tmpfs none one/fs &&
		echo x >one/fs/x && echo y >one/fs/y && "$0" -C one . >X &&
		echo z >one/fs/z && rm one/fs/y &&
		"$0" -C one --audit=X --quiet >all
		exec "$0" -x -C one --audit=X' "$phash"
	out 'what lies on another file system is not judged' <<'END'
OK a
OK c
OK locked/b
OK n
END
	printf 'MISSING fs/y\nNEW fs/z\n' >want
	same 'without -x it is' want all
	rmdir one/fs
else
	skip '-x' 'no mounts'
fi
mkdir lost
echo f >lost/f
"$phash" lost >X
rm -r lost
try '-x and an operand that is not there' 1 "$phash" -x --audit=X lost
out 'what was in it is not left out' <<'END'
UNREADABLE lost
MISSING lost/f
END
echo f >became
"$phash" "$PWD/became" >X
rm became
mkdir became
try '-x and an operand on another file system than -C' 1 \
	"$phash" -x -C /proc --audit="$PWD/X" "$PWD/became"
out 'is not left out' <<END
CHANGED $PWD/became
END
rmdir became

# --update
cp L1 U
try '--update' 1 "$phash" --update --audit=U -C one --quiet
out 'tells what changed' <<'END'
NEW n
END
"$phash" -C one . >want
same 'and writes the new list' want U
try 'after it' 0 "$phash" --audit=U -C one
ok 'nothing else is left' test -z "$(find . -name '*tmp*' -o -name '.*?' -type f)"
try '--update when all is OK' 0 "$phash" --update --audit=U -C one --quiet
same 'writes the same' want U
cp L1 U
try '--update -o' 1 "$phash" --update -o new --audit=U -C one --quiet
same 'leaves the list alone' L1 U
same 'and writes elsewhere' want new
for options in --untagged --json --base64 -z '-a sha256'; do
	# shellcheck disable=SC2086
	"$phash" $options -C one . >want
	# shellcheck disable=SC2086
	"$phash" $options -C one . | cat >U
	echo more >one/more
	# shellcheck disable=SC2086
	try "--update $options" 1 "$phash" $options --update --audit=U -C one
	# shellcheck disable=SC2086
	"$phash" $options -C one . >want
	same "--update $options: has its format" want U
	rm one/more
done
"$phash" -a md5 -C one . >U
echo more >one/more
try 'a list of another algorithm' 1 "$phash" --update --audit=U -C one --quiet
"$phash" -a md5 -C one . >want
same 'keeps it' want U
"$phash" one >U
try 'a list with the name of the directory' 0 "$phash" --update --audit=U one
"$phash" one >want
same 'keeps it' want U
cp L1 one/U
try 'a list in the tree' 1 "$phash" --update --audit=one/U -C one --quiet
ok 'does not list itself' test "$(grep -c . one/U)" = 5
try 'after it' 0 "$phash" --audit=one/U -C one
try '-o in the tree' 0 "$phash" --update -o one/U2 --audit=one/U -C one
ok 'lists neither' test "$(grep -c U one/U2)" = 0
rm one/U one/U2
{ cat L1; echo bad; } >U
cp U before
try '--update of a list with a malformed line' 1 "$phash" --update --audit=U -C one
same 'does not forget the line' before U
try 'an operand that is empty' 1 "$phash" --audit=L1 -C one '' --quiet
: >U
try '--update of an empty list' 1 "$phash" --update --audit=U -C one
try 'after it' 0 "$phash" --audit=U -C one
cp L1 U
chmod 640 U
"$phash" --update --audit=U -C one >/dev/null 2>&1
ok 'the mode of the list stays' test "$(stat -c %a U)" = 640
ln -s U ln
cp L1 U
"$phash" --update --audit=ln -C one >/dev/null 2>&1
ok 'a link to the list stays' test -L ln
try 'and its list is new' 0 "$phash" --audit=U -C one

# Refused, or lost
cp L1 U
chmod 666 U
chmod 777 .
chmod 000 one/c
try '--update when something is unreadable' 1 as_user "$work/phash" --update \
	--audit=U -C one --quiet
err 'does not' <<'END'
phash: c: Permission denied
phash: 3 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 1 UNREADABLE; not listed: 2 NEW, 0 UNREADABLE
phash: U: not updated: not everything could be read
END
same 'the list is as it was' L1 U
chmod 644 one/c
chmod 000 one/n
try '--update when something that is not listed is unreadable' 1 as_user \
	"$work/phash" --update --audit=U -C one --quiet
same 'nor does that' L1 U
chmod 644 one/n
{ cat L1; echo nonsense; } >U2
cp U2 U
try '--update of a list with a malformed line' 1 "$phash" --update --audit=U \
	-C one --quiet
ok 'says why not' grep -qx \
	'phash: U: not updated: lines of the list were not understood or refused' \
	"$work/err"
same 'and leaves the list alone' U2 U
mkdir none
cp L1 U
try '--update from an empty tree' 1 "$phash" --update --audit=U -C none --quiet
ok 'says why not' grep -qx 'phash: U: not updated: no file was found' \
	"$work/err"
same 'and leaves the list alone' L1 U
try '--update to where nothing can be' 2 "$phash" --update -o nix/new --audit=U -C one --quiet
ok 'is said' grep -q '^phash: nix/new: No such file or directory$' "$work/err"
try '--update of standard input' 2 with_input L1 "$phash" --update --audit=- -C one
if [ -w /dev/full ]; then
	full() {
		"$@" >/dev/full
	}
	try 'a full disk' 2 full "$phash" --audit=U -C one
	ok 'is said' grep -q '^phash: write error: No space left on device$' "$work/err"
	try 'a full disk and --update' 2 full "$phash" --update --audit=U -C one
	same 'the list is as it was' L1 U
	try '--update -o /dev/full' 2 "$phash" --update -o /dev/full --audit=U -C one
	ok 'is said' grep -q '^phash: write error: No space left on device$' "$work/err"
fi
closed() {
	"$@" >&-
}
try 'stdout is closed' 2 closed "$phash" --update --audit=U -C one
ok 'is said' grep -q '^phash: write error: Bad file descriptor$' "$work/err"
same 'the list is as it was' L1 U
if strace -o /dev/null true 2>/dev/null; then
	for fault in rename,renameat,renameat2:error=EIO \
		fsync,fdatasync:error=EIO; do
		"$phash" -C one . | head -n 2 >U
		cp U old
		try "--update and $fault" 2 env ASAN_OPTIONS=detect_leaks=0 strace \
			-f -qq -o "$work/trace" -e trace="${fault%%:*}" \
			-e inject="$fault" "$phash" --update --audit=U -C one
		same "$fault: the list is as it was" old U
		ok "$fault: was injected" grep -q INJECTED "$work/trace"
	done
fi

# Odd names, as they are told
mkdir odd
for name in 'sp ace' "it's" $'nl\nx' 'b\s' $'\377'; do
	echo "$name" >"odd/$name"
done
"$phash" --tag -C odd . >O
(cd odd && mv 'sp ace' 'a -> b' && rm -- "it's" $'nl\nx' 'b\s' $'\377')
try 'odd names' 1 "$phash" --audit=O -C odd
out 'are quoted' <<'END'
MISSING 'b\s'
MISSING "it's"
MISSING 'nl'$'\n''x'
MOVED 'sp ace' -> 'a -> b'
MISSING ''$'\377'
END

# Usage
for options in '-w' '--strict' '--sort=none' '--tree-digest' \
	'--files-from=L' '-c' '-o x'; do
	# shellcheck disable=SC2086
	try "--audit $options" 2 "$phash" --audit=L $options -C t
	out "--audit $options: nothing is done" </dev/null
done
try '--update without --audit' 2 "$phash" --update t
try '--audit without a list' 2 "$phash" --audit

# Killed workers
mkdir big
for ((i = 0; i < 200; i++)); do
	truncate -s $((500000 + i)) big/$i
done
"$phash" -a sha3-512 big | sed '7s/= .../= 000/; 50d' >B
mv big/3 big/x3
"$phash" --audit=B big >"$work/out1" 2>"$work/err1"
RANDOM=1
for options in '-j 1' '-j 3 --chunk=1' '-j 8'; do
	# shellcheck disable=SC2086
	ok "shot at ($options)" shot_at 4 1 \
		"$phash" $options --audit=B big
	same 'the same on stdout' "$work/out1" "$work/out"
	same 'and on stderr' "$work/err1" "$work/err"
done

finish
