#!/usr/bin/env bash
# The formats, byte for byte; --tree-digest.

. "${0%/*}/lib.sh"

abc=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
empty=cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e
abc64='3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=='

mkdir d
printf abc >d/abc
touch d/empty
printf abc >$'d/n\nl'
printf abc >'d/back\slash'
printf abc >$'d/c\rr'

try 'tagged' 0 "$phash" --tag d
out 'names with \, LF and CR are escaped' <<END
SHA512 (d/abc) = $abc
\\SHA512 (d/back\\\\slash) = $abc
\\SHA512 (d/c\\rr) = $abc
SHA512 (d/empty) = $empty
\\SHA512 (d/n\\nl) = $abc
END
cp "$work/out" "$work/tagged"
try 'the default' 0 "$phash" d
same 'is tagged' "$work/tagged" "$work/out"
try 'untagged' 0 "$phash" --untagged d
out 'names with \, LF and CR are escaped' <<END
$abc  d/abc
\\$abc  d/back\\\\slash
\\$abc  d/c\\rr
$empty  d/empty
\\$abc  d/n\\nl
END
try '-b --untagged' 0 "$phash" -b --untagged d/abc $'d/n\nl'
out 'has a * before the name' <<END
$abc *d/abc
\\$abc *d/n\\nl
END
cp "$work/out" "$work/binary"
try '--binary -z' 0 "$phash" --binary -z --untagged d/abc
tr '\0' '\n' <"$work/out" >"$work/lines"
same 'likewise' <(head -n 1 "$work/binary") "$work/lines"
for options in '-b -t' --text; do
	# shellcheck disable=SC2086 # words are meant
	try "$options --untagged" 0 "$phash" $options --untagged d/abc
	out 'has two spaces' <<END
$abc  d/abc
END
done
for option in -b -t --binary --text; do
	try "$option, tagged" 0 "$phash" $option d
	same 'means nothing' "$work/tagged" "$work/out"
done
try 'the last format' 0 "$phash" --json --untagged --tag d
same 'is taken' "$work/tagged" "$work/out"
try '-z' 0 "$phash" -z d/abc $'d/n\nl' 'd/back\slash'
tr '\0\n' '\n@' <"$work/out" >"$work/lines"
cp "$work/lines" "$work/out"
out 'ends in NUL and escapes nothing' <<END
SHA512 (d/abc) = $abc
SHA512 (d/back\\slash) = $abc
SHA512 (d/n@l) = $abc
END
try '--zero --untagged' 0 "$phash" --zero --untagged d/abc $'d/n\nl'
tr '\0\n' '\n@' <"$work/out" >"$work/lines"
cp "$work/lines" "$work/out"
out 'likewise' <<END
$abc  d/abc
$abc  d/n@l
END

try '--base64' 0 "$phash" --base64 d/abc $'d/n\nl'
out 'has padded base64' <<END
SHA512 (d/abc) = $abc64
\\SHA512 (d/n\\nl) = $abc64
END
try '--base64 --untagged' 0 "$phash" --base64 --untagged d/abc $'d/n\nl'
out 'likewise' <<END
$abc64  d/abc
\\$abc64  d/n\\nl
END
try '--base64 of other lengths' 0 "$phash" --base64 --untagged -a md5 d/abc
out 'is padded too' <<'END'
kAFQmDzST7DWlj99KOF/cg==  d/abc
END
try '--base64 without padding' 0 "$phash" --base64 --untagged -a sha384 d/abc
out 'has none' <<'END'
ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn  d/abc
END

# The tree's digest: the one that coreutils come to.
listing() {
	(cd "$1" && find . -type f -print0 | LC_ALL=C sort -z |
		xargs -0 sha512sum)
}
listing d | sha512sum | cut -d ' ' -f 1 >"$work/tree"
try '--tree-digest' 0 "$phash" --tree-digest -C d .
same 'is that of the listing' "$work/tree" "$work/out"
"$phash" --untagged -C d . | sha512sum | cut -d ' ' -f 1 >"$work/own"
same 'which is our own' "$work/tree" "$work/own"
try '--tree-digest with one worker' 0 "$phash" --tree-digest -j 1 --chunk=1 -C d .
same 'is the same' "$work/tree" "$work/out"
try '--tree-digest -b' 0 "$phash" --tree-digest -b -C d .
same 'is the same' "$work/tree" "$work/out"
try '--tree-digest, tagged' 0 "$phash" --tree-digest --tag -C d .
same 'is the same' "$work/tree" "$work/out"
try '--tree-digest --base64' 0 "$phash" --tree-digest --base64 -C d .
perl -MMIME::Base64 -ne 'chomp; print encode_base64(pack("H*", $_), ""), "\n"' \
	"$work/tree" >"$work/tree64"
same 'is the same in base64' "$work/tree64" "$work/out"
try '--tree-digest -a' 0 "$phash" --tree-digest -a sha256 -C d .
"$phash" -a sha256 --untagged -C d . | sha256sum | cut -d ' ' -f 1 \
	>"$work/tree256"
same 'is of that algorithm' "$work/tree256" "$work/out"
mkdir void
try '--tree-digest of nothing' 0 "$phash" --tree-digest void
out 'is that of nothing' <<END
$empty
END

# Enough lines for more than one write.
mkdir many
(cd many && seq -f 'a name of some length %05g' 600 | tr '\n' '\0' |
	xargs -0 touch --)
listing many | sha512sum | cut -d ' ' -f 1 >"$work/tree"
try '--tree-digest of many files' 0 "$phash" --tree-digest -C many .
same 'is that of the listing' "$work/tree" "$work/out"
listing many >"$work/many"
try 'many files' 0 "$phash" --untagged -C many .
same 'are all listed' "$work/many" "$work/out"

# A tree that is not whole has no digest.
try '--tree-digest with a bad operand' 1 "$phash" --tree-digest d nothing
out 'prints nothing' </dev/null
err 'and says so' <<'END'
phash: nothing: No such file or directory
phash: no tree digest: 1 name without a digest
END
cp "$phash" "$work/phash"
chmod 000 d/abc
try '--tree-digest with an unreadable file' 1 as_user "$work/phash" \
	--tree-digest d
out 'prints nothing' </dev/null
err 'and says so' <<'END'
phash: d/abc: Permission denied
phash: no tree digest: 1 name without a digest
END
try '--tree-digest -o' 1 "$phash" --tree-digest -o "$work/o" d nothing
ok 'leaves no digest in the file' test ! -s "$work/o"

finish
