#!/usr/bin/env bash
# --audit=LIST --list=LIST2: two lists, and no file.

. "${0%/*}/lib.sh" || exit 1

mkdir t
for name in a b c; do
	echo $name >t/$name
done
"$phash" -C t . >old
"$phash" -C t --json . >old.json
echo other >t/b
rm t/c
echo new >t/n
mv t/a t/moved
"$phash" -C t . >new
"$phash" -C t --json . >new.json
rm -r t

try 'every verdict' 1 "$phash" --audit=old --list=new
out 'as of files' <<'END'
MOVED a -> moved
CHANGED b
MISSING c
NEW n
END
err 'and the sums' <<'END'
phash: 3 listed: 0 OK, 1 CHANGED, 1 MISSING, 1 MOVED, 0 UNREADABLE; not listed: 1 NEW, 0 UNREADABLE
END
cp "$work/out" verdicts
for lists in 'old.json new' 'old new.json' 'old.json new.json'; do
	try "sizes: $lists" 1 "$phash" --audit="${lists% *}" --list="${lists#* }"
	same 'count where both have one' verdicts "$work/out"
done
for list in old old.json new new.json; do
	try "the same list: $list" 0 "$phash" --audit=$list --list=$list --quiet
	out 'nothing is told' </dev/null
done
sed 's/"size":2/"size":3/' old.json >other.json
try 'another size' 1 "$phash" --audit=old.json --list=other.json --quiet
ok 'is a change' grep -qx 'CHANGED b' "$work/out"
try 'JSON' 1 "$phash" --audit=old.json --list=new --json
ok 'a size that is not known is not told' bash -c \
	'! grep -F "\"size\"" "$1"' - "$work/out"
try 'JSON, sizes' 1 "$phash" --audit=old.json --list=new.json --json
ok 'and one that is known is' grep -qF '"size":6' "$work/out"

try 'from standard input' 1 bash -c '"$1" --audit=old --list=- <new' - "$phash"
same 'the same' verdicts "$work/out"
try '-E' 1 "$phash" --audit=old --list=new -E a -E moved -E b
out 'leaves out of both' <<'END'
MISSING c
NEW n
END
sed 's,(\./,(/x/../,' old >elsewhere
try 'names of any place' 0 "$phash" --audit=elsewhere --list=elsewhere -q
cat new new >twice
try 'twice the same' 1 "$phash" --audit=old --list=twice
same 'counts once' verdicts "$work/out"
(cat new && sed 's/= ../= 00/' new) >against
try 'twice, and not the same' 1 "$phash" --audit=new --list=against -q
ok 'is said' grep -q '^phash: ./b: listed twice, and not the same$' "$work/err"
(cat new && echo nonsense) >malformed
try 'a malformed line' 1 "$phash" --audit=new --list=malformed -q
ok 'is one' grep -q 'malformed: [0-9]*: improperly formatted' "$work/err"

printf 'WHIRLPOOL (b) = %0128d\n' 0 >unknown
try 'an algorithm that nobody knows' 1 "$phash" --audit=unknown --list=new
ok 'is no verdict' grep -qx 'UNREADABLE b' "$work/out"
ok 'and named' grep -q '^phash: b: .*WHIRLPOOL' "$work/err"
(cat new.json && sed 's/"size":6/"size":7/' new.json) >sizes
try 'twice, with different sizes' 1 "$phash" --audit=new --list=sizes -q
ok 'is said, too' grep -q 'listed twice, and not the same' "$work/err"

sed 's/SHA512/SHA256/; s/= .*/= aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/' old >sha256
try 'another algorithm' 2 "$phash" --audit=old --list=sha256
err 'cannot be compared' <<'END'
phash: entries of several algorithms: with --list there may be one only
END
try 'no such list' 2 "$phash" --audit=old --list=none
err 'is said' <<'END'
phash: none: No such file or directory
END
rm -f verdicts
for more in 'a' '--update' '--archive'; do
	try "$more" 2 "$phash" --audit=old --list=new $more
done
try 'both from standard input' 2 "$phash" --audit=- --list=-
try 'without an audit' 2 "$phash" --list=new
err 'is refused' <<'END'
phash: --list goes with --audit (try 'phash --help')
END

finish
