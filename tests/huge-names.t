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
# A list of a, of what 17 MiB of TEXT lead to, and of b.
between() {
	head -n 1 "$work/lines"
	printf 'SHA512 ('
	yes "$1" | tr -d '\n' | head -c $((17 << 20))
	sed -n '1s/SHA512 (//p' "$work/lines"
	tail -n 1 "$work/lines"
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

between ./ >list
try '17 MiB in a list of digests' 1 "$phash" -c list
ok 'loses nothing else' test "$(grep -x '.: OK' "$work/out")" = $'a: OK\nb: OK'
said 'and is one failed name' <<'END'
phash: NAME: File name too long
phash: WARNING: 1 listed file could not be read
END

# audited KIND TEXT [OPTION...]: an audit with such a list, in whose output the
# name is NAME.
audited() {
	between "$2" >list
	try "17 MiB in a list for --audit: $1" 1 \
		timeout 100 "$phash" "${@:3}" --audit=list a b
	perl -i -pe "s,(?:$2)+a,NAME," "$work/out" "$work/err"
}

audited 'a component' x
out 'is one name that cannot be looked at' <<'END'
OK a
OK b
UNREADABLE NAME
END
err 'and loses nothing else' <<'END'
phash: NAME: File name too long
phash: 3 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 1 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
audited 'directories that are not there' nix/
out 'is one name that is missing' <<'END'
OK a
OK b
MISSING NAME
END
err 'and loses nothing else' <<'END'
phash: 3 listed: 2 OK, 0 CHANGED, 1 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END
link=$(printf '%0255d' 0)
ln -s . "$link"
audited 'links to a file that is there' "$link/" -L
out 'is one name that workers are not given' <<'END'
UNREADABLE NAME
OK a
OK b
END
err 'and loses nothing else' <<'END'
phash: NAME: File name too long
phash: 3 listed: 2 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 1 UNREADABLE; not listed: 0 NEW, 0 UNREADABLE
END

finish
