#!/usr/bin/env bash
# --files-from and --files0-from.

. "${0%/*}/lib.sh"

mkdir d
for name in a b c 'two words' d/f; do
	echo "$name" >"$name"
done
lines() {
	sha512sum --tag -- "$@" >"$work/lines"
}
stdin() {
	local text=$1
	shift
	printf %b "$text" | "$@"
}

printf '%s\n' c d 'two words' a >list
printf '%s\0' c d 'two words' a >list0
lines a c d/f 'two words'
try 'a list of lines' 0 "$phash" --files-from=list
same 'is operands' "$work/lines" "$work/out"
try 'a list of NUL-terminated names' 0 "$phash" --files0-from=list0
same 'is operands' "$work/lines" "$work/out"
try 'a list on stdin' 0 stdin 'c\nd\ntwo words\na\n' "$phash" --files-from=-
same 'is operands' "$work/lines" "$work/out"
try 'a list0 on stdin' 0 stdin 'c\0d\0two words\0a\0' "$phash" --files0-from=-
same 'is operands' "$work/lines" "$work/out"
try 'no end of the last name' 0 stdin 'c\nd\ntwo words\na' "$phash" \
	--files-from=-
same 'does not matter' "$work/lines" "$work/out"
try 'nor the last NUL' 0 stdin 'c\0d\0two words\0a' "$phash" --files0-from=-
same 'matters' "$work/lines" "$work/out"
try 'a pipe' 0 bash -c '"$0" --files-from <(printf "c\nd\ntwo words\na\n")' \
	"$phash"
same 'is a list' "$work/lines" "$work/out"

echo b >list-more
lines a b c d/f 'two words'
try 'several lists and an operand' 0 "$phash" --files-from=list a \
	--files0-from=list0 --files-from=list-more
same 'add up' "$work/lines" "$work/out"
try 'unsorted' 0 "$phash" -j 1 --sort=none --files-from=list-more b
lines b b
same 'a name is printed as often as it is named' "$work/lines" "$work/out"

: >empty
try 'an empty list' 0 stdin abc "$phash" --files-from=empty
out 'is no operand, and not stdin' </dev/null
err 'and no error' </dev/null
try 'an empty list0' 0 "$phash" --files0-from=empty
out 'likewise' </dev/null

# Names in lists are names: nothing in them is special.
printf '%s' dash >-
printf x >--help
printf x >$'cr\r'
printf x >$'new\nline'
printf x >' lead'
printf x >'#c'
try 'odd names in a list' 0 stdin '--help\ncr\r\n lead\n#c\n-\n' \
	"$phash" --files-from=-
lines ' lead' '#c' --help ./- $'cr\r'
same 'are names of files' "$work/lines" "$work/out"
try 'a newline in a list0' 0 stdin 'new\nline\0-\0' "$phash" --files0-from=-
lines ./- $'new\nline'
same 'is of the name' "$work/lines" "$work/out"
"$phash" --files0-from=- >L < <(printf '%s\0' -)
try 'the file called -' 0 "$phash" -c L
out 'comes back, and is not stdin' <<'END'
./-: OK
END

# What is wrong in a list is said, with its place, and the rest is done.
lines a b
try 'empty lines' 1 stdin 'a\n\nb\n\n' "$phash" --files-from=-
err 'are said' <<'END'
phash: -: name 2: empty name
phash: -: name 4: empty name
END
same 'and the rest is done' "$work/lines" "$work/out"
printf 'a\0\0b\0' >holes0
try 'empty names' 1 "$phash" --files0-from=holes0
err 'are said' <<'END'
phash: holes0: name 2: empty name
END
same 'and the rest is done' "$work/lines" "$work/out"
try 'a list0 given as a list' 1 stdin 'a\nb\nc\0d\n' "$phash" --files-from=-
err 'is said' <<'END'
phash: -: name 3: NUL in a name (--files0-from reads names that end in NUL)
END
same 'and the rest is done' "$work/lines" "$work/out"
try 'names that do not exist' 1 stdin 'a\nno such\nb\n' "$phash" --files-from=-
err 'are said' <<'END'
phash: 'no such': No such file or directory
END
same 'and the rest is done' "$work/lines" "$work/out"
try 'a list that does not exist' 1 "$phash" --files-from='no list' b \
	--files0-from=gone --files-from=list
err 'is said' <<'END'
phash: 'no list': No such file or directory
phash: gone: No such file or directory
END
lines a b c d/f 'two words'
same 'and the rest is done' "$work/lines" "$work/out"
try 'a list that is a directory' 1 "$phash" --files-from=d b
ok 'is said' grep -q '^phash: d: .*Is a directory$' "$work/err"
lines b
same 'and the rest is done' "$work/lines" "$work/out"
cp "$phash" "$work/phash"
chmod 000 list-more
try 'a list that cannot be read' 1 as_user "$work/phash" --files-from=list-more b
err 'is said' <<'END'
phash: list-more: Permission denied
END
same 'and the rest is done' "$work/lines" "$work/out"
chmod 644 list-more
try 'a list that fails, and no name' 1 "$phash" --files-from=gone
out 'has no line' </dev/null

# -C moves the names in a list, not the list.
printf 'f\n' >inner
try '-C' 0 "$phash" -C d --files-from=inner
out 'moves names' <<END
SHA512 (f) = $(sha512sum <d/f | cut -c 1-128)
END

# Long ones: a name of a megabyte, and a list of many names.
head -c 1000000 /dev/zero | tr '\0' x >long
echo >>long
echo b >>long
try 'a name of a megabyte' 1 "$phash" --files-from=long
ok 'is too long' grep -q '^phash: xxx*: File name too long$' "$work/err"
same 'and the rest is done' "$work/lines" "$work/out"
mkdir many
(cd many && seq 1000 | xargs touch)
find many -type f >names
sort names | xargs sha512sum --tag >"$work/lines"
try 'a list of many names' 0 "$phash" --files-from=names
same 'is taken whole' "$work/lines" "$work/out"

finish
