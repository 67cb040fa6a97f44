#!/usr/bin/env bash
# --exclude and --include.

. "${0%/*}/lib.sh"

mkdir -p t/src/build t/src/.git t/build t/lib/src
for name in t/a.c t/a.o t/.hidden.o t/src/b.c t/src/b.o t/src/build/x.o \
	t/src/build/x.c t/src/.git/config t/build/y t/lib/src/z.o t/lib/build; do
	touch "$name"
done

names() {
	sed 's/^SHA512 (\(.*\)) = [0-9a-f]*$/\1/' "$work/out" >"$work/names"
	cp "$work/names" "$work/out"
}

# finds DESC OPTION... <<END: the paths that phash prints with these options.
finds() {
	local desc=$1
	shift
	try "$desc" 0 "$phash" "$@"
	names
	out "$desc: the paths"
}

finds 'nothing' t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/build/y
t/lib/build
t/lib/src/z.o
t/src/.git/config
t/src/b.c
t/src/b.o
t/src/build/x.c
t/src/build/x.o
END
finds 'a pattern for a name' -E '*.o' t <<'END'
t/a.c
t/build/y
t/lib/build
t/src/.git/config
t/src/b.c
t/src/build/x.c
END
finds 'a directory, with all that is below it' --exclude=.git t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/build/y
t/lib/build
t/lib/src/z.o
t/src/b.c
t/src/b.o
t/src/build/x.c
t/src/build/x.o
END
finds 'a pattern with a slash at its end' -E build/ t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/lib/build
t/lib/src/z.o
t/src/.git/config
t/src/b.c
t/src/b.o
END
finds 'a pattern without one' -E build t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/lib/src/z.o
t/src/.git/config
t/src/b.c
t/src/b.o
END
finds 'a pattern of two components' -E 'src/*.o' t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/build/y
t/lib/build
t/src/.git/config
t/src/b.c
t/src/build/x.c
t/src/build/x.o
END
finds 'a pattern that begins in mid-name' -E uild -E '.c' t/src/build <<'END'
t/src/build/x.c
t/src/build/x.o
END
finds 'a pattern from the beginning' -E /t/src t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/build/y
t/lib/build
t/lib/src/z.o
END
finds 'a leading ./ aside' -C t -E '/src/*.o' -E '/?.c' . <<'END'
./.hidden.o
./a.o
./build/y
./lib/build
./lib/src/z.o
./src/.git/config
./src/b.c
./src/build/x.c
./src/build/x.o
END
finds 'several' -E '*.o' -E src/ --exclude=y t <<'END'
t/a.c
t/lib/build
END
finds 'a set of characters' -E '[ab].[!c]' t/src t/a.o <<'END'
t/a.o
t/src/.git/config
t/src/b.c
t/src/build/x.c
t/src/build/x.o
END
finds 'a backslash' -E '\*.o' -E 'b\.c' t/src <<'END'
t/src/.git/config
t/src/b.o
t/src/build/x.c
t/src/build/x.o
END

finds 'any number of levels' -E 't/**/*.o' t <<'END'
t/a.c
t/build/y
t/lib/build
t/src/.git/config
t/src/b.c
t/src/build/x.c
END
finds 'what is below a directory' -E 'src/**' t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/build/y
t/lib/build
END
finds 'alternatives' -E '{*.o,build/,.git}' t <<'END'
t/a.c
t/lib/build
t/src/b.c
END
finds 'a pattern with ./' -C t -E ./src . <<'END'
./.hidden.o
./a.c
./a.o
./build/y
./lib/build
./lib/src/z.o
END

# What can match nothing is an error, and nothing is done.
refused() {
	try "$1 is refused" 2 "$phash" "${@:3}" -o list t
	err "$1: with a reason" <<END
phash: $2
END
	ok "$1: before anything is done" test ! -e list
}
hint="(try 'phash --help')"
refused 'an empty pattern' "option --exclude: '' is not a pattern: there is \
no name in it $hint" -E ''
refused 'an open bracket' "option --include: '[' is not a pattern: a [ lacks \
its ] $hint" --include='['
refused 'a slash' "option --exclude: '/' is not a pattern: there is no name in \
it $hint" --exclude=/
refused 'too many alternatives' "option --exclude: '$(
	printf '{a,b}%.0s' {1..11})' is not a pattern: it has too many \
alternatives $hint" -E "$(printf '{a,b}%.0s' {1..11})"

finds '--include of a directory' --include=build/ --include='*.c' t <<'END'
t/a.c
t/build/y
t/src/b.c
t/src/build/x.c
t/src/build/x.o
END
finds '--include' --include='*.c' t <<'END'
t/a.c
t/src/b.c
t/src/build/x.c
END
finds '--include twice' --include='*.c' --include=y t <<'END'
t/a.c
t/build/y
t/src/b.c
t/src/build/x.c
END
finds '--exclude is stronger' --include='*.c' -E 'b.*' -E build/ t <<'END'
t/a.c
END
finds '--include of what is not there' --include=nothing t </dev/null

finds 'an operand is not filtered' -E '*.o' -E t --include='*.c' t/a.o t/build/y \
	t/src <<'END'
t/a.o
t/build/y
t/src/b.c
t/src/build/x.c
END
finds 'an operand that is a directory is not either' -E t -E src t <<'END'
t/.hidden.o
t/a.c
t/a.o
t/build/y
t/lib/build
END
finds '-L and a link' -E '*.o' -L t/src <<'END'
t/src/.git/config
t/src/b.c
t/src/build/x.c
END

# Files of patterns.
cat >patterns <<'END'
# objects
*.o

{.git,build/}
\#*
END
printf '/t/lib\r\n' >patterns2
touch 't/#x'
finds '--exclude-from' --exclude-from=patterns t <<'END'
t/a.c
t/lib/build
t/src/b.c
END
{ printf '\357\273\277'; cat patterns; } >marked
finds 'a byte order mark' --exclude-from=marked t <<'END'
t/a.c
t/lib/build
t/src/b.c
END
printf '\357\273\277*.[oc]\n\357\273\277*\n' >marked
finds 'which belongs to the first pattern alone' --exclude-from=marked \
	t/src/build t/lib <<'END'
t/lib/build
END
finds 'several' --exclude-from=patterns --exclude-from patterns2 -E b.c t <<'END'
t/a.c
END
try '--exclude-from=-' 0 bash -c '"$@" <patterns' - "$phash" --exclude-from=- t
names
out 'is standard input' <<'END'
t/a.c
t/lib/build
t/src/b.c
END
try '-C' 0 "$phash" -C t --exclude-from=patterns .
ok 'does not move it' test "$(wc -l <"$work/out")" = 3
"$phash" --untagged t >list
try 'in an audit' 0 "$phash" --audit=list --exclude-from=patterns t
ok 'it is the same' test "$(wc -l <"$work/out")" = 3
rm 't/#x' list
refused 'a file that is not there' 'nix: No such file or directory' \
	--exclude-from=nix
refused 'a directory' 't: Is a directory' --exclude-from=t
printf 'a\n# [\n\nb[c\nd\n' >bad
refused 'a line' "bad: line 4: 'b[c' is not a pattern: a [ lacks its ]" \
	--exclude-from=bad
printf 'a\nb\0c\n' >bad
refused 'a NUL' "bad: line 2: 'b'\$'\\000''c' is not a pattern: there is a \
NUL in it" \
	--exclude-from=bad
refused 'standard input twice' \
	"standard input can be read only once $hint" --exclude-from=- -
try 'patterns on standard input and no operand' 2 "$phash" --exclude-from=-
rm patterns patterns2 bad

# What is excluded is not even looked at.
cp "$phash" "$work/phash"
chmod 000 t/src/.git t/a.o
try 'an unreadable directory and file, excluded' 0 as_user "$work/phash" \
	-E .git/ -E a.o t
err 'are not said' </dev/null
try 'an unreadable file, not included' 1 as_user "$work/phash" \
	--include='*.c' t
err 'only the directory is said' <<'END'
phash: t/src/.git: Permission denied
END

finish
