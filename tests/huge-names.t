#!/usr/bin/env bash
# Names of millions of bytes: below 16 MiB they are read, beyond that each is
# one failed name.

. "${0%/*}/lib.sh" || exit 1

echo a >a
echo b >b
sha512sum --tag a b >"$work/lines"

# name MIB: the name of a, of about so many MiB.
name() {
	perl -e 'print "./" x ($ARGV[0] << 19), "a"' "$1"
}
# As err, with NAME for such a name.
said() {
	sed -i 's,\(\./\)*a: ,NAME: ,' "$work/err"
	err "$1"
}

{ echo a; name 14; echo; } >list
try '14 MiB' 0 "$phash" --sort=none --files-from=list
ok 'is read' test "$(sed 's,(\(\./\)*,(,' "$work/out" | uniq -c)" = \
	"      2 $(head -n 1 "$work/lines")"

{ echo a; name 17; echo; echo b; } >list
try '17 MiB in a list of operands' 1 "$phash" --files-from=list
same 'loses nothing else' "$work/lines" "$work/out"
said 'and is one failed name' <<'END'
phash: NAME: File name too long
END
try '17 MiB, unsorted' 1 "$phash" --sort=none --files-from=list
sort -o "$work/sorted" "$work/out"
same 'loses nothing else' "$work/lines" "$work/sorted"

{
	head -n 1 "$work/lines"
	printf 'SHA512 (%s' "$(name 17)"
	sed -n '1s/SHA512 (a//p' "$work/lines"
	tail -n 1 "$work/lines"
} >list
try '17 MiB in a list of digests' 1 "$phash" -c list
ok 'loses nothing else' test "$(grep -x '.: OK' "$work/out")" = $'a: OK\nb: OK'
said 'and is one failed name' <<'END'
phash: NAME: File name too long
phash: WARNING: 1 listed file could not be read
END

finish
