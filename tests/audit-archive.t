#!/usr/bin/env bash
# --audit with --archive: what an archive has inside, against a list.

. "${0%/*}/lib.sh" || exit 1

if ! has_archives; then
	skip 'archives in an audit' 'built without libarchive'
	finish
fi

mkdir t
for name in a b c; do
	echo $name >t/$name
done
"$phash" -C t . >LIST
tar -C t -czf same.tgz .
tar -C t -cf plain.tar a b c
echo other >t/b
rm t/c
echo new >t/n
mv t/a t/moved
tar -C t -cf changed.tar .

for archive in same.tgz plain.tar; do
	try "as listed: $archive" 0 "$phash" --audit=LIST --archive $archive
	out 'with ./ or without' <<'END'
OK a
OK b
OK c
END
done
try 'not as listed' 1 "$phash" --audit=LIST --archive changed.tar
out 'every verdict' <<'END'
MOVED a -> moved
CHANGED b
MISSING c
NEW n
END
err 'and the sums' <<'END'
phash: 3 listed: 0 OK, 1 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE
END
try 'JSON' 1 "$phash" --audit=LIST --archive --json changed.tar
ok 'says the same' grep -qF '{"verdict":"MISSING","path":"c"}' "$work/out"

# What lies beside the archive is not what is in it.
cp t/b c
echo c >c
try 'a file of a missing name' 1 "$phash" --audit=LIST --archive changed.tar
ok 'is not taken for it' grep -qx 'MISSING c' "$work/out"
rm c

try '--exclude' 0 "$phash" --audit=LIST --archive -E b -E c same.tgz
out 'of members and entries alike' <<'END'
OK a
END
try '--exclude' 1 "$phash" --audit=LIST --archive -E n changed.tar
ok 'of a new member' bash -c '! grep NEW "$1"' - "$work/out"
try 'and without an audit' 0 "$phash" --archive --include=b changed.tar
ok 'one line' test "$(wc -l <"$work/out")" = 1
try 'unsorted' 0 "$phash" --archive --sort=none --include=b changed.tar
ok 'one line, too' test "$(wc -l <"$work/out")" = 1

head -c 150 same.tgz >broken.tgz
try 'a broken archive' 1 "$phash" --audit=LIST --archive broken.tgz
ok 'cannot be read' grep -qx 'UNREADABLE broken.tgz' "$work/out"
ok 'and why' grep -q '^phash: broken.tgz: unexpected end' "$work/err"
try 'no archive' 1 "$phash" --audit=LIST --archive --quiet t/b
ok 'is a file' grep -qx 'NEW t/b' "$work/out"
ok 'beside which others are looked for' grep -qx 'MISSING c' "$work/out"

# Several, or found ones, have their names before those of their members.
"$phash" --archive same.tgz plain.tar >BOTH
try 'two archives' 0 "$phash" --audit=BOTH --archive --quiet same.tgz plain.tar
mkdir d
cp same.tgz d
"$phash" --archive=recursive d >FOUND
try 'recursive' 0 "$phash" --audit=FOUND --archive=recursive --quiet d
rm d/same.tgz
try 'an archive that is gone' 1 "$phash" --audit=FOUND --archive=recursive d
ok 'all that was in it is missing' test \
	"$(grep -c '^MISSING' "$work/out")" = 3
try 'never, and the same names' 1 "$phash" --audit=LIST --archive \
	--archive-prefix=never same.tgz plain.tar
ok 'is said' grep -q '^phash: a: found twice, and counted once$' "$work/err"

# A list of an archive is one for an audit of it, whatever its names.
tar -P -cf absolute.tar "$PWD/t/b" ../d/t/n
"$phash" --archive absolute.tar >ABSOLUTE 2>"$work/err"
try 'names of any place' 0 "$phash" --audit=ABSOLUTE --archive -q absolute.tar
printf 'WHIRLPOOL (b) = %0128d\n' 0 >UNKNOWN
try 'an algorithm that nobody knows' 1 "$phash" --audit=UNKNOWN --archive \
	changed.tar
ok 'is no verdict on the file' grep -qx 'UNREADABLE b' "$work/out"
ok 'and named' grep -q '^phash: b: .*WHIRLPOOL' "$work/err"

# One reading gives digests of one algorithm.
"$phash" -a sha256 -C t . >SHA256
try 'another algorithm' 0 "$phash" --audit=SHA256 --archive --quiet changed.tar
cat LIST SHA256 >MIXED
try 'two algorithms' 2 "$phash" --audit=MIXED --archive same.tgz
err 'is refused' <<'END'
phash: entries of several algorithms: with --archive there may be one only
END

try '--update' 1 "$phash" --audit=LIST --update -o UPDATED --archive changed.tar
"$phash" -C t . | sed 's,(\./,(,' | LC_ALL=C sort >expected
sed 's,(\./,(,' UPDATED | LC_ALL=C sort >updated
same 'has what is in it now' expected updated

for jobs in 1 4; do
	"$phash" -j $jobs --audit=LIST --archive --archive-prefix=always \
		same.tgz changed.tar t/b >"jobs$jobs" 2>&1
done
same 'the same for any number of workers' jobs1 jobs4

finish
