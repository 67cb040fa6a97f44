#!/usr/bin/env bash
# -c with --archive: lists that name members of archives.

. "${0%/*}/lib.sh" || exit 1

if ! has_archives; then
	skip 'lists that name members' 'built without libarchive'
	finish
fi

mkdir t
for name in a b c; do
	echo $name >t/$name
done
tar -C t -czf r.tgz .
tar -C t -cf 'p!q.tar' a b
gzip -k <t/a >x.gz
"$phash" --archive r.tgz 'p!q.tar' x.gz t/a >LIST

try 'members of three archives, and a file' 0 "$phash" -c --archive LIST
out 'in the order of the list' <<'END'
'p!q.tar!a': OK
'p!q.tar!b': OK
'r.tgz!./a': OK
'r.tgz!./b': OK
'r.tgz!./c': OK
t/a: OK
'x.gz!x': OK
END
sort -r LIST >REVERSE
try 'in another order' 0 "$phash" -c --archive --quiet -j 4 REVERSE
try 'the prefix is in the list' 2 "$phash" -c --archive \
	--archive-prefix=always LIST
ok 'and is not asked for' grep -qF -e "--archive-prefix does not go with" \
	"$work/err"
try 'JSON lists' 0 bash -c '"$1" --archive --json r.tgz x.gz |
	"$1" -c --archive --quiet' - "$phash"
try 'without --archive they are names of files' 1 "$phash" -c --quiet LIST
ok 'that are not there' grep -qxF \
	"phash: 'r.tgz!./a': No such file or directory" "$work/err"
try 'without ./ in front' 0 bash -c 'sed "s|!\./|!|" LIST |
	"$1" -c --archive --quiet' - "$phash"

# Each archive is read once, by whatever name.
{ cat LIST REVERSE; sed 's|(r|(./r|; s|(p|(t/../p|' LIST; } >THRICE
# LeakSanitizer cannot work under ptrace.
look_inside
if ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,open \
	-o "$work/trace" true 2>/dev/null; then
	try 'lists thrice as long' 0 env ASAN_OPTIONS=detect_leaks=0 strace \
		-f -e trace=openat,open -o "$work/trace" "$phash" -j 2 -c \
		--archive --status THRICE
	ok 'one open' test "$(grep -c 'r\.tgz"' "$work/trace")" = 1
	# Nor is it looked for again for each of its members.
	"$phash" --archive --archive-prefix=always r.tgz >OF-ONE
	try 'a list of one archive' 0 env ASAN_OPTIONS=detect_leaks=0 strace \
		-e trace=newfstatat,stat,statx -o "$work/trace" "$phash" -c \
		--archive --status OF-ONE
	ok 'one look' test "$(grep -c '"r\.tgz"' "$work/trace")" = 1
else
	skip 'one open' 'strace cannot trace'
fi
long=$(printf 'x%.0s' {1..300})
sed "s|(t/a)|($long)|" LIST | grep xxx >LONG
try 'a name that is too long' 1 "$phash" -c --archive --status LONG
err 'is called that' <<<"phash: $long: File name too long"
try 'an archive that is standard input' 0 bash -c \
	'"$1" --archive --archive-prefix=always - <r.tgz >OF-STDIN
	"$1" -c --archive --quiet OF-STDIN <r.tgz' - "$phash"
try 'which cannot be the list, too' 1 bash -c \
	'"$1" -c --archive --quiet <OF-STDIN' - "$phash"
ok 'and is no archive then' grep -qxF \
	"phash: '-!./a': No such file or directory" "$work/err"
mkfifo fifo
"$phash" -a sha256 --archive --archive-prefix=always r.tgz >SHA256
for twice in 's/-!/fifo!/' 's/-!/.\/fifo!/'; do
	cat r.tgz >fifo &
	try 'a FIFO' 0 bash -c '{ sed "s/-!/fifo!/" OF-STDIN
		sed "$2" OF-STDIN; } | "$1" -c --archive --quiet' - "$phash" \
		"$twice"
	kill $! 2>/dev/null
	wait $!
done
cat r.tgz >fifo &
try 'a FIFO, with two algorithms' 1 bash -c '{ sed "s/-!/fifo!/" OF-STDIN
	sed "s/r.tgz!/fifo!/" SHA256; } | "$1" -c --archive --quiet' - "$phash"
kill $! 2>/dev/null
wait $!
out 'can be read once only' <<'END'
'fifo!./a': FAILED open or read
'fifo!./b': FAILED open or read
'fifo!./c': FAILED open or read
END
err 'for the first of them' <<'END'
phash: 'fifo!./a': Illegal seek
phash: 'fifo!./b': Illegal seek
phash: 'fifo!./c': Illegal seek
phash: WARNING: 3 listed files could not be read
END
try 'two algorithms for the same members' 0 bash -c \
	'cat LIST SHA256 | "$1" -c --archive --quiet' - "$phash"
try 'an algorithm that nobody knows' 1 bash -c 'sed "s/SHA512 (r/NOPE512 (r/" \
	LIST | "$1" -c --archive --quiet --ignore-missing' - "$phash"
ok 'is no missing member' grep -qxF \
	"phash: 'r.tgz!./a': algorithm NOPE512 is not known to libcrypto" \
	"$work/err"
try '-z and --json' 0 bash -c '"$1" -z --archive --archive-prefix=always r.tgz |
	"$1" -z -c --archive --json | tr "\\0" "\\n"' - "$phash"
ok 'have the names, too' grep -qF '"path":"r.tgz!./a"' "$work/out"
try 'recursive' 2 "$phash" -c --archive=recursive LIST
ok 'means nothing here' grep -qF -e '--archive=recursive' "$work/err"

# What is compressed alone is called after the file by which it is asked for.
ln -s x.gz y.gz
ln x.gz z.gz
"$phash" --archive --archive-prefix=always x.gz y.gz z.gz t/../y.gz >NAMED
try 'one file of several names' 0 "$phash" -c --archive NAMED
out 'has a content for each of them' <<'END'
't/../y.gz!y': OK
'x.gz!x': OK
'y.gz!y': OK
'z.gz!z': OK
END
try 'and for no other' 1 bash -c 'sed "s/y\.gz!y/y.gz!x/" NAMED |
	"$1" -c --archive --status' - "$phash"
rm y.gz z.gz
"$phash" -a sha256 --archive --archive-prefix=always - <r.tgz >SHA256-STDIN
try 'standard input, with two algorithms' 1 bash -c \
	'cat OF-STDIN SHA256-STDIN >TWO; "$1" -c --archive TWO <r.tgz' - "$phash"
ok 'is read once' test "$(grep -c 'OK$' "$work/out")" = 3
try 'by two names' 0 bash -c '{ cat OF-STDIN; sed "s|-!|/dev/stdin!|" \
	OF-STDIN; } >TWO; cat r.tgz | "$1" -c --archive --quiet TWO' - "$phash"

# Marks.
printf 'SHA512 (!%s) = %0128d\n' a 0 '!r.tgz!a' 0 'r.tgz!' 0 >MARKS
sed 's/(!r.tgz!)/(r.tgz!)/' MARKS >MARKS2
try 'marks at the ends' 1 "$phash" -c --archive MARKS2
ok 'divide nothing' test "$(grep -c 'No such file' "$work/err")" = 3
printf 'SHA512 (%s) = %0128d\n' "$(head -c 300000 /dev/zero | tr '\0' '!')" 0 \
	>ONLY-MARKS
try 'nothing but marks' 1 "$phash" -c --archive --status ONLY-MARKS
name=$(printf 'x%.0s' $(seq 250))
try 'a long member of an archive that is gone' 1 bash -c \
	'printf "SHA512 (gone.tar!%s) = %0128d\n" "$2" 0 |
	"$1" -c --archive --ignore-missing' - "$phash" "$name"
ok 'is missing' grep -q 'no file was verified' "$work/err"
out 'and no failure' </dev/null
echo text >p
try 'a name without that one' 1 bash -c '{ printf "SHA512 (p!x) = %0128d\n" 0
	cat LIST; } | "$1" -c --archive 2>/dev/null' - "$phash"
ok 'and a longer one behind it' grep -qx "'p!q.tar!a': OK" "$work/out"
try 'a file of a shorter name' 0 "$phash" -c --archive --quiet LIST
rm p

# More members than are read ahead, of an archive that is long in coming.
mkdir many
(cd many && seq 10000 | xargs touch)
tar -cf many.tar many
"$phash" --archive --archive-prefix=always many.tar >MANY
try '10,000 members' 0 "$phash" -j 3 -c --archive MANY
ok 'in their order' diff <(sed 's/.*(\(.*\)).*/\1/' MANY) \
	<(sed "s/'\(.*\)': OK/\1/" "$work/out")

# What differs.
echo other >t/b
tar -C t -cf 'p!q.tar' a b
try 'a member that differs' 1 "$phash" -c --archive --quiet LIST
out 'failed' <<'END'
'p!q.tar!b': FAILED
END
tar -C t -cf 'p!q.tar' a
try 'one that is gone' 1 "$phash" -c --archive --quiet LIST
out 'cannot be read' <<'END'
'p!q.tar!b': FAILED open or read
END
err 'and is missing' <<'END'
phash: 'p!q.tar!b': No such file or directory
phash: WARNING: 1 listed file could not be read
END
try '--ignore-missing' 0 "$phash" -c --archive --quiet --ignore-missing LIST
ln -sf a t/b
tar -C t -cf 'p!q.tar' a b
try 'one that is a symbolic link' 1 "$phash" -c --archive --quiet LIST
ok 'is no file' grep -qxF "phash: 'p!q.tar!b': not a regular file" "$work/err"
rm 'p!q.tar'
echo text >'p!q.tar'
try 'no archive' 1 "$phash" -c --archive --quiet LIST
ok 'has nothing inside' grep -qxF "phash: 'p!q.tar!a': Not a directory" \
	"$work/err"
rm 'p!q.tar'
mkdir 'p!q.tar'
try 'a directory' 1 "$phash" -c --archive --quiet LIST
ok 'has not, either' grep -qxF \
	"phash: 'p!q.tar!a': No such file or directory" "$work/err"
mkdir 'p!q.tar!'
try 'a name with a slash behind the mark' 0 bash -c \
	'cp t/a "p!q.tar!/a"; "$1" "p!q.tar!/a" | "$1" -c --archive' - "$phash"

# Damage is said once, though nothing that is listed was hit.
grep r.tgz LIST >ONE
gzip -d <r.tgz >r.tar
echo garbage >>r.tar
mv r.tar r.tgz
try 'damage behind the members' 1 "$phash" -c --archive ONE
out 'each of which is as listed' <<'END'
'r.tgz!./a': OK
'r.tgz!./b': OK
'r.tgz!./c': OK
END
ok 'is said once' test "$(grep -c '^phash: r.tgz: ' "$work/err")" = 1
ok 'and nothing else' test "$(wc -l <"$work/err")" = 1
tar -C t -cf - a c | gzip | head -c 40 >r.tgz
try 'damage before them' 1 "$phash" -c --archive ONE
out 'none can be read' <<'END'
'r.tgz!./a': FAILED open or read
'r.tgz!./b': FAILED open or read
'r.tgz!./c': FAILED open or read
END
ok 'for one reason, said once' test "$(grep -vc WARNING "$work/err")" = 1
rm t/[abc]
echo 1 >t/a
echo 2 >t/c
tar -C t -cf twice.tar a c
echo 3 >t/a
tar -C t -rf twice.tar a
try 'a name that comes twice' 0 bash -c \
	'"$1" --archive --archive-prefix=always twice.tar 2>/dev/null |
	"$1" -c --archive' - "$phash"
err 'is checked against the last' <<'END'
phash: 'twice.tar!a': more than one member has this name: the last one counts
END
# The same file by two spellings: the last one is what is extracted.
mkdir two
echo first >two/a
tar -C two -cf spelled.tar a
"$phash" --archive --archive-prefix=always spelled.tar >FIRST
echo second >two/a
tar -C two -rf spelled.tar ./a
try 'the first of two spellings' 1 "$phash" -c --archive FIRST
out 'does not count' <<'END'
'spelled.tar!a': FAILED
END
"$phash" --archive --archive-prefix=always spelled.tar 2>/dev/null |
	sed 's|!\./a|!a|' >SECOND
try 'the last' 0 "$phash" -c --archive --quiet SECOND
ok 'does, with a word' grep -q 'more than one member' "$work/err"
ln -sf /etc/passwd two/a
tar -C two -rf spelled.tar ./a
try 'when it is a symbolic link' 1 "$phash" -c --archive --quiet SECOND
ok 'it is no file' grep -q 'not a regular file' "$work/err"
head -c 20000 /dev/zero >t/a
tar -C t -cf big.tar a
try '--archive-limit' 1 bash -c \
	'"$1" --archive --archive-prefix=always big.tar |
	"$1" -c --archive --archive-limit=10K' - "$phash"
ok 'holds' grep -q '^phash: big.tar: expands to more' "$work/err"

finish
