#!/usr/bin/env bash
# Names in an audit: which are the same, and which lie outside.

. "${0%/*}/lib.sh" || exit 1

here=$(pwd -P)
mkdir -p in t/sub other
for name in a sub/b; do
	echo $name >t/$name
done
echo secret >other/secret
cd in || exit 1

# Operands that are not below the current directory
for operand in "$here/t" ../t "$here//t/" .././t/. "$here/in/../t"; do
	"$phash" "$operand" >L
	try "a list of $operand" 0 "$phash" --audit=L --quiet "$operand"
	err 'is clean' </dev/null
done
"$phash" "$here/t" >L
try 'absolute names' 0 "$phash" --audit=L "$here/t"
out 'are told as they are' <<END
OK $here/t/a
OK $here/t/sub/b
END
"$phash" "$here/t/a" ../t/sub/b >L
try 'operands that are files' 0 "$phash" --audit=L "$here/t/a" ../t/sub/b --quiet
"$phash" ../t >L
mv ../t/a ../t/c
try 'a file that moved above' 1 "$phash" --audit=L --quiet ../t
out 'is MOVED' <<'END'
MOVED ../t/a -> ../t/c
END
mv ../t/c ../t/a
echo new >../t/new
cp L U
try '--update above' 1 "$phash" --audit=U --update --quiet ../t
"$phash" ../t >want
same 'writes the new list' want U
rm ../t/new

# Entries outside of the operands are refused, whatever is there
outside() {
	local operand=$1 name=$2
	"$phash" "$operand" >L
	sed -n "1s,(.*),($name),p" L >O
	cat L >>O
	try "$name is outside of $operand" 1 strace -f -e trace=%file -o "$work/trace" \
		"$phash" --audit=O --quiet "$operand"
	ok 'it is refused' grep -qx \
		"phash: $name: listed, but outside of what is audited" "$work/err"
	ok 'it is not looked at' test "$(grep -c secret "$work/trace")" = 0
}
if strace -o /dev/null true 2>/dev/null; then
	export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace
	outside ../t ../other/secret
	outside ../t ../t/../other/secret
	outside "$here/t" "$here/other/secret"
	outside "$here/t" "$here/t/../other/secret"
	outside "$here/t" "$here/t//.././other/secret"
	outside "$here/t" ../other/secret
	outside ../t "$here/other/secret"
	outside . "$here/other/secret"
else
	skip 'entries outside of the operands' 'no strace'
fi
ln -s ../other ../t/link
"$phash" ../t >L
sed -n '1s,(.*),(../t/link/secret),p' L >O
cat L >>O
try 'behind a link below an operand' 1 "$phash" --audit=O --quiet ../t
out 'nothing is looked at' <<'END'
MISSING ../t/link/secret
END
rm ../t/link
ln -s ../t link
"$phash" link >L
try 'an operand that is a link' 0 "$phash" --audit=L --quiet link
try 'what lies deeper than --max-depth behind it' 0 "$phash" --max-depth=1 \
	--audit=L link
out 'is looked for there' <<'END'
OK link/a
OK link/sub/b
END
rm link

# Other spellings of a name
cd ..
"$phash" t >L
for operand in t//sub t/./sub ./t//./sub/ .//t/sub; do
	"$phash" t/a "$operand" >S
	try "a list with $operand" 0 "$phash" --audit=S --quiet t
	try "an operand $operand" 0 "$phash" --audit=L --quiet t/a "$operand"
done
"$phash" t//sub t/a >L
try 'listed names' 0 "$phash" --audit=L t
out 'are told as they are listed' <<'END'
OK t/a
OK t//sub/b
END
echo new >t/sub/new
try 'new names' 1 "$phash" --audit=L t//sub/. t --quiet
out 'are told as they are found' <<'END'
NEW t//sub/./new
END
try 'one name in two spellings' 1 "$phash" --audit=L t//sub t/sub t --quiet
out 'is one file' <<'END'
NEW t//sub/new
END
cp L U
try '--update of two spellings' 1 "$phash" --update --audit=U --quiet t/./sub t
sed 's/.*(//; s/).*//' U >names
printf '%s\n' t/a t//sub/b t/./sub/new >want
same 'lists each file once' want names
try 'after it' 0 "$phash" --audit=U --quiet t
sed 's,(t/a),(t/./a),' L | cat L - >twice
try 'listed in two spellings' 0 "$phash" --audit=twice -E new --quiet t
sed 's,(t//sub/b),(t/./a),' L | cat L - >twice
try 'listed in two spellings, and not the same' 1 "$phash" --audit=twice -E new \
	--quiet t
ok 'is refused' grep -qx 'phash: t/a: listed twice, and not the same' "$work/err"
sed 's,(t/a),(t/a/),' L >slash
try 'a name with a slash at its end' 1 "$phash" --audit=slash -E new --quiet t
out 'is no file' <<'END'
MOVED t/a/ -> t/a
END

finish
