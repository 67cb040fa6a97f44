#!/usr/bin/env bash
# Specifications of mtree(5): what others write is read, and what is written
# others verify.

. "${0%/*}/lib.sh" || exit 1

# has COMMAND DESC: passes over what needs a command that is not there.
has() {
	command -v "$1" >/dev/null && return
	skip "$2" "there is no $1"
	return 1
}

# Names of every byte that a name can have, three together.
mkdir bytes
for n in $(seq 1 255); do
	[ "$n" = 47 ] || # "/"
		echo "$n" >"bytes/$(printf %b "x\\0$(printf %o "$n")y")"
done
mkdir -p t/sub/deep t/empty
echo a >t/a
echo b >'t/sub/x y'
printf '' >t/sub/deep/nothing
echo d >t/sub-x
ln -s a t/link
mkfifo t/fifo

# ---- reading ----

if has mtree 'specifications of mtree'; then
	mtree -c -k sha512,type,size,mode,time -p t >SPEC
	try 'nested' 0 bash -c 'cd t && "$1" -c ../SPEC' - "$phash"
	out 'every file, and nothing else' <<'END'
./a: OK
./sub-x: OK
'./sub/x y': OK
./sub/deep/nothing: OK
END
	mtree -c -k all -p t >ALL
	try 'all that mtree knows' 0 "$phash" -C t --audit=ALL --quiet
	mtree -C -k sha256,type <ALL >FULL
	try 'full paths' 0 "$phash" -C t --audit=FULL --quiet
	mtree -c -k rmd160,md5,type -p t | grep -v '^#' >WEAK
	try 'other digests, and no comments' 0 "$phash" -C t --audit=WEAK -q
	mtree -c -k sha512,type -p bytes >BYTES
	try 'names of every byte' 0 "$phash" -C bytes --audit=BYTES --quiet
	mtree -c -k type,size -p t >BARE
	try 'without digests' 1 "$phash" -C t -c BARE
	ok 'there is nothing to check' grep -qxF "phash: BARE: a file without \
a digest (mtree -K sha512 writes one)" "$work/err"
fi
if has bsdtar 'specifications of bsdtar'; then
	bsdtar -cf SPEC --format=mtree --options='!all,type,sha512' -C t .
	try 'bsdtar' 0 "$phash" -C t --audit=SPEC --quiet
	bsdtar -cf ALL --format=mtree --options=all -C t .
	try 'all that it knows' 0 "$phash" -C t --audit=ALL --quiet
	bsdtar -cf SET --format=mtree --options='use-set,sha256' -C t .
	try 'with /set' 0 "$phash" -C t --audit=SET --quiet
	bsdtar -cf CLASSIC --format=mtree-classic --options='!all,sha512' \
		-C t .
	cp 't/sub/x y' 't/x y'
	echo evil >'t/sub/x y'
	try 'directories that are not said to be some' 1 bash -c \
		'cd t && "$1" -c ../CLASSIC' - "$phash"
	ok 'lend their files no other name' bash -c '! grep "x y.*OK" "$1"' - \
		"$work/out"
	mv 't/x y' 't/sub/x y'
	bsdtar -cf CLASSIC --format=mtree-classic \
		--options='!all,type,sha512' -C t .
	try 'nested' 0 "$phash" -C t --audit=CLASSIC --quiet
	bsdtar -cf BYTES --format=mtree --options='!all,type,md5' -C bytes .
	try 'names of every byte' 0 "$phash" -C bytes --audit=BYTES --quiet
fi

a=$("$phash" --untagged t/a | cut -d ' ' -f 1)
cat >HAND <<END
#mtree
/set type=file size=2 \\
  mode=0644
.  type=dir
a  sha512digest=$a # right
sub-x sha512=$a
sub  type=dir
  gone sha512=$a
  x\\040y size=3 sha512=$a
..
./a md5=00 sha512=$a
END
try 'by hand' 1 bash -c 'cd t && "$1" -c ../HAND' - "$phash"
out 'as every list' <<'END'
./a: OK
./sub-x: FAILED
./sub/gone: FAILED open or read
'./sub/x y': FAILED
./a: OK
END
try 'in an audit' 1 "$phash" -C t --audit=HAND
out 'too' <<'END'
OK a
CHANGED sub-x
NEW sub/deep/nothing
MISSING sub/gone
CHANGED 'sub/x y'
END
try 'a size alone differs' 1 bash -c 'cd t && sed "s/size=2/size=9/" ../HAND |
	"$1" -c --json' - "$phash"
ok 'and is said' grep -qF '"expected_size":9' "$work/out"
printf '%s\n' '#mtree' '. type=dir' "a type=file sha512=$a" \
	"b\\057c type=dir" "a type=file sha512=$a" .. \
	"a type=file sha512=$a" 'c type=file sha512=00' >MALFORMED
try 'malformed lines' 0 bash -c 'cd t && "$1" -c -w ../MALFORMED' - "$phash"
out 'hide no other, and no directory' <<'END'
./a: OK
./a: OK
END
err 'and are said' <<'END'
phash: ../MALFORMED: 4: improperly formatted mtree checksum line
phash: ../MALFORMED: 5: improperly formatted mtree checksum line
phash: ../MALFORMED: 8: improperly formatted mtree checksum line
phash: WARNING: 3 lines are improperly formatted
END
try '--strict' 1 bash -c 'cd t && "$1" -c --strict --quiet ../MALFORMED' - \
	"$phash"
printf '%s' "./a type=file sha512=$a \\" >UNFINISHED
try 'a line that should go on' 0 bash -c 'cd t && "$1" -c ../UNFINISHED' - \
	"$phash"
out 'counts' <<'END'
./a: OK
END
printf '%s\r\n' '#mtree' "./a type=file sha512=$a" >CRLF
try 'lines of DOS' 0 bash -c 'cd t && "$1" -c --strict ../CRLF' - "$phash"
printf '#mtree\n./a type=file sha512=%s sha512=\0\n' "$a" >NUL
printf '. type=dir\nb type=dir \0\na type=file sha512=%s\n' "$a" >>NUL
try 'NUL in a line' 1 bash -c 'cd t && "$1" -c ../NUL' - "$phash"
ok 'hides a directory' bash -c '! grep OK "$1"' - "$work/out"
try '-z' 1 bash -c 'cd t && "$1" -c -z ../HAND' - "$phash"
ok 'has no specifications' grep -q 'no properly formatted' "$work/err"

# ---- writing ----

try 'a tree' 0 "$phash" -C t --format=mtree -o WRITTEN .
try 'without times and digests' 0 cut -d ' ' -f 1-4 WRITTEN
out 'directories are before files, in order of path' <<'END'
#mtree
. type=dir
./a type=file size=2 mode=0644
./sub-x type=file size=2 mode=0644
./sub type=dir
./sub/deep type=dir
./sub/deep/nothing type=file size=0 mode=0644
./sub/x\040y type=file size=2 mode=0644
END
ok 'times to the nanosecond' grep -qF " time=$(stat -c %.9Y t/a) sha512digest=$a" \
	WRITTEN
try 'it can be checked' 0 bash -c 'cd t && "$1" -c --strict -q ../WRITTEN' - \
	"$phash"
try 'and audited' 0 "$phash" -C t --audit=WRITTEN --quiet
"$phash" -C t --format=mtree --sort=none . >UNSORTED
ok 'unsorted the same files' diff \
	<(grep type=file WRITTEN | sort) <(grep type=file UNSORTED | sort)
"$phash" -j 3 --chunk=1 -C t --format=mtree . >OTHER
same 'whatever the workers' WRITTEN OTHER
if has mtree 'mtree verifies'; then
	rm -r t/link t/fifo t/empty
	for list in WRITTEN UNSORTED; do
		try "mtree finds nothing: $list" 0 mtree -f $list -p t
		out 'at all' </dev/null
	done
	cp -a t other
	touch -d '2001-01-01 00:00:00.123456789' other/a
	chmod 600 other/sub-x
	printf x >'other/sub/deep/nothing'
	try 'what has changed' 2 mtree -f WRITTEN -p other
	ok 'a time' grep -q 'modification time' "$work/out"
	ok 'a mode' grep -q 'permissions' "$work/out"
	ok 'a size' grep -q 'size (0, 1)' "$work/out"
	ok 'a digest' grep -q 'sha512 (0xcf83' "$work/out"
	# it takes * ? [ for a pattern, though they are escaped
	: >"$work/found"
	for file in bytes/*; do
		rm -rf one
		mkdir one
		cp -p "$file" one
		"$phash" -C one --format=mtree . >ONE
		mtree -f ONE -p one >>"$work/found"
	done
	ok 'names of every byte' test ! -s "$work/found"
	for name in sha384 sha256 rmd160 sha1 md5; do
		libcrypto=${name/rmd/ripemd}
		if "$phash" -a "$libcrypto" -C t --format=mtree . >ONE 2>/dev/null
		then
			ok "$name" test "$(mtree -f ONE -p t | wc -c)" = 0
			ok "$name is there" grep -q " ${name}digest=" ONE
		else
			skip "$name" 'libcrypto has not got it'
		fi
	done
fi
try 'every byte, there and back' 0 bash -c \
	'"$1" -C bytes --format=mtree . >BYTES; "$1" -C bytes --audit=BYTES -q' \
	- "$phash"
try 'other names' 0 "$phash" --format=mtree "$PWD/t/a" t/../t/a t//a ./t/./a
ok 'from the root' grep -q "^\\\\057${PWD:1}/t/a type=file" "$work/out"
ok 'where mtree knows none, no directory' bash -c \
	'! grep "type=dir" "$1" | grep -qvxF -e ". type=dir" -e "./t type=dir"' \
	- "$work/out"
cp "$work/out" NAMES
try 'all of them are read' 0 "$phash" -c NAMES
ok 'as what they were' test "$(grep -c OK "$work/out")" = 4
touch -d '1969-12-31 23:59:58.25 UTC' t/a
"$phash" --format=mtree t/a >ONE
ok 'before 1970' grep -qF ' time=-2.250000000 ' ONE
touch -d '@0' t/a
"$phash" --format=mtree t/a >ONE
ok 'in 1970' grep -qF ' time=0.000000000 ' ONE
if touch -d '2300-01-01' t/a 2>/dev/null &&
	[ "$(stat -c %Y t/a)" = "$(date -d 2300-01-01 +%s)" ]; then
	"$phash" --format=mtree t/a >ONE
	ok 'too far away to be told' bash -c '! grep -q time= ONE'
else
	skip 'too far away to be told' 'no such times here'
fi
touch t/a
try 'a FIFO' 0 bash -c 'mkfifo f; echo x >f & "$1" --format=mtree f' - "$phash"
ok 'has neither mode nor time' grep -q '^./f type=file size=2 sha512' \
	"$work/out"

# ---- both ----

"$phash" -C t --format=mtree -o LIST .
echo new >t/new
try '--update' 1 "$phash" -C t --audit=LIST --update --quiet
"$phash" -C t --format=mtree . >NOW
same 'writes what a new run would' LIST NOW
"$phash" -C t . >TAGGED
try 'from another list' 0 "$phash" -C t --audit=TAGGED --update --quiet \
	--format=mtree -o FROM
same 'the same' FROM NOW
try 'to another list' 0 "$phash" -C t --audit=NOW --update --quiet --tag \
	-o BACK
same 'the same' BACK TAGGED
"$phash" -C t -a sha3-256 . >SHA3
try 'what mtree has no word for' 2 "$phash" -C t --audit=SHA3 --update -q \
	--format=mtree -o NOT
ok 'is not written' test ! -e NOT
err 'and nothing is read for it' <<'END'
phash: SHA3: a specification of mtree has no keyword for its algorithm
END
try 'nor is base64' 2 "$phash" -C t --audit=NOW --update --base64 -q -o NOT
ok 'written' test ! -e NOT
echo q | "$phash" t/a - >STDIN
try 'standard input' 2 bash -c 'echo q | "$1" --audit=STDIN --update --format=mtree -q \
	-o NOT t/a -' - "$phash"
err 'has no name there' <<'END'
phash: standard input has no name in a specification of mtree
END
try 'nor otherwise' 2 "$phash" -a sha3-256 --format=mtree t
err 'and is said' <<'END'
phash: mtree has no keyword for SHA3-256
END
try 'a failure' 1 "$phash" --format=mtree t/none t/new
ok 'has no line' test "$(grep -c type=file "$work/out")" = 1

for option in tag:tagged untagged:untagged json:json; do
	"$phash" --format="${option#*:}" t >A
	"$phash" --"${option%:*}" t >B
	same "--format=${option#*:}" A B
done
try 'of a check it means nothing' 0 bash -c \
	'"$1" -z t | "$1" -c -z --format=mtree --quiet' - "$phash"
try 'two specifications' 0 bash -c 'cd t && "$1" -c ../NOW ../FROM' - "$phash"
ok 'each from its own beginning' test "$(grep -c OK "$work/out")" = \
	"$((2 * $(grep -c type=file NOW)))"
try 'two sides' 0 "$phash" --audit=NOW --list=TAGGED --quiet
try 'and the other way round' 0 "$phash" --audit=TAGGED --list=NOW --quiet
try 'the last one counts' 0 "$phash" --format=mtree --tag t
ok 'of formats' test "$(grep -c ^SHA512 "$work/out")" = 5
try 'another word' 2 "$phash" --format=xml t
err 'is refused' <<'END'
phash: option --format: 'xml' is not one of tagged, untagged, json, mtree (try 'phash --help')
END
for option in --zero --base64 --tree-digest; do
	try "not with $option" 2 "$phash" --format=mtree $option t
done
try 'not standard input' 2 "$phash" --format=mtree t - </dev/null
try 'not without operands' 2 "$phash" --format=mtree </dev/null

if has_archives; then
	touch -d '2005-05-05 05:05:05 UTC' t/a
	chmod 640 t/a
	tar -C t -cf a.tar .
	"$phash" --archive --format=mtree a.tar >MEMBERS
	ok 'members have their own' grep -qF \
		'./a type=file size=2 mode=0640 time=1115269505.000000000 sha' \
		MEMBERS
	try 'an archive as its tree' 0 "$phash" -C t --audit=MEMBERS --quiet
	try 'a tree as its archive' 0 bash -c '"$1" -C t --format=mtree -o TREE . &&
		"$1" --audit=TREE --archive --quiet a.tar' - "$phash"
	gzip -k t/new
	"$phash" --archive --format=mtree t/new.gz >MEMBERS
	ok 'what is compressed alone has not' grep -q \
		'^./t/new type=file size=4 sha512' MEMBERS
	try 'standard input' 0 bash -c 'cat a.tar |
		"$1" --archive --format=mtree -' - "$phash"
	ok 'that is an archive' grep -q '^./a type=file' "$work/out"
	try 'and one that is not' 1 bash -c 'echo text |
		"$1" --archive --format=mtree -' - "$phash"
	try 'nor is it by compression' 1 bash -c 'echo text | gzip |
		"$1" --archive --format=mtree -' - "$phash"
	printf 'dash\n' >t/-
	tar -C t -cf dash.tar -- -
	try 'a member of that name' 0 "$phash" --archive --format=mtree \
		--sort=none dash.tar
	ok 'is a file' grep -q '^./- type=file size=5 ' "$work/out"
	try 'sorted, too' 0 "$phash" --archive --format=mtree dash.tar
	ok 'it is one' grep -q '^./- type=file size=5 ' "$work/out"
	rm t/-
	try 'a new list, of a compressed stream' 2 bash -c 'echo text | gzip |
		"$1" --audit=/dev/null --update --archive --format=mtree -q \
		-o NEW -' - "$phash"
	ok 'has no name for it, either' grep -qx \
		'phash: .*standard input has no name.*' "$work/err"
	# a name that is deeper than any directory has no line for each
	d=$(printf 'a/%.0s' $(seq 3000))
	printf x >x
	tar -cf deep.tar --transform="s|^x\$|${d}x|" x
	try 'a member that is very deep' 0 "$phash" --archive --format=mtree \
		deep.tar
	ok 'has directories as far as there can be any' test \
		"$(grep -c "^./.* type=dir" "$work/out")" = 2048
else
	skip 'members' 'built without libarchive'
fi

finish
