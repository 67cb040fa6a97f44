#!/usr/bin/env bash
# -c with --archive: lists that name members of archives.

. "${0%/*}/lib.sh" || exit 1

if ! "$phash" --archive /dev/null >"$work/out" 2>"$work/err"; then
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

# Each archive is read once.
cat LIST REVERSE LIST >THRICE
strace -f -e trace=openat,openat2 -o "$work/trace" "$phash" -j 2 -c --archive \
	--status THRICE
ok 'lists thrice as long' test $? = 0
ok 'one open' test "$(grep -c '"r.tgz"' "$work/trace")" = 1
try 'an archive that is standard input' 0 bash -c \
	'"$1" --archive --archive-prefix=always - <r.tgz >OF-STDIN
	"$1" -c --archive --quiet OF-STDIN <r.tgz' - "$phash"
try 'which cannot be the list, too' 1 bash -c \
	'"$1" -c --archive --quiet <OF-STDIN' - "$phash"
ok 'and is no archive then' grep -qxF \
	"phash: '-!./a': No such file or directory" "$work/err"
mkfifo fifo
try 'a FIFO' 0 bash -c 'cat r.tgz >fifo &
	sed "s/-!/fifo!/" OF-STDIN | "$1" -c --archive --quiet' - "$phash"

"$phash" -a sha256 --archive --archive-prefix=always r.tgz >SHA256
try 'two algorithms for the same members' 0 bash -c \
	'cat LIST SHA256 | "$1" -c --archive --quiet' - "$phash"

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
ok 'for one reason' test "$(sed 's/.*: //' "$work/err" | grep -v listed |
	sort -u | wc -l)" = 1
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
head -c 20000 /dev/zero >t/a
tar -C t -cf big.tar a
try '--archive-limit' 1 bash -c \
	'"$1" --archive --archive-prefix=always big.tar |
	"$1" -c --archive --archive-limit=10K' - "$phash"
ok 'holds' grep -q '^phash: big.tar: expands to more' "$work/err"

finish
