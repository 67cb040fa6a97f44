#!/usr/bin/env bash
# Operands, stdin, -C, and the order of lines.

. "${0%/*}/lib.sh" || exit 1

# The digests of "a\n", "b\n" and so on are left to coreutils: this test is
# about which lines there are, and where they stand.
lines() {
	sha512sum --tag -- "$@" >"$work/lines"
}

names() {
	sed 's/^SHA512 (\(.*\)) = [0-9a-f]*$/\1/' "$work/out" >"$work/names"
}

printf abc >f
try 'a file' 0 "$phash" f
out 'its line' <<'END'
SHA512 (f) = ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
END
err 'and no message' </dev/null

touch empty
try 'an empty file' 0 "$phash" empty
out 'its line' <<'END'
SHA512 (empty) = cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e
END

# Order: by the bytes of the path, which is not the order of the lines.
mkdir o o/a
for name in o/b 'o/a b' o/a! o/a.b o/a/z o/a-c o/B o/a0 $'o/\303\251' o/~; do
	echo "$name" >"$name"
done
try 'many operands' 0 "$phash" o/~ $'o/\303\251' o/b 'o/a b' o/a! o/a o/a0 \
	o/B o/a.b o/a-c
lines o/B 'o/a b' o/a! o/a-c o/a.b o/a/z o/a0 o/b o/~ $'o/\303\251'
same 'are sorted by path' "$work/lines" "$work/out"
try 'a directory' 0 "$phash" o
same 'has the same lines' "$work/lines" "$work/out"
try 'in another locale' 0 env LC_ALL=C.UTF-8 "$phash" o
same 'has the same lines' "$work/lines" "$work/out"
try 'unsorted' 0 "$phash" --sort=none o
sort "$work/out" >unsorted
sort "$work/lines" >sorted
same 'has them in some order' sorted unsorted
try 'with -r' 0 "$phash" -r --recursive --sort=none --sort=path o
same 'has the same lines' "$work/lines" "$work/out"

mkdir -p d/.hidden/deep d/void
echo 1 >d/f
echo 2 >d/.dot
echo 3 >d/.hidden/deep/g
try 'a tree' 0 "$phash" d
lines d/.dot d/.hidden/deep/g d/f
same 'with its hidden files' "$work/lines" "$work/out"
try 'an empty directory' 0 "$phash" d/void
out 'has no line' </dev/null
err 'and no message' </dev/null

# Paths are spelled as find spells them.
for operand in d d/ ./d . ./ d/. ../d "$PWD/d"; do
	try "the operand $operand" 0 "$phash" "$operand"
	names
	find "$operand" -type f | sort >"$work/want"
	same 'gives the paths of find' "$work/want" "$work/names"
done

try 'the operand /' 0 "$phash" --max-depth=1 /
names
find / -maxdepth 1 -type f | sort >"$work/want"
same 'gives the paths of find' "$work/want" "$work/names"

try 'the operand / without what is in it' 0 "$phash" --max-depth=0 /
out 'gives none' </dev/null

try 'a path given twice' 0 "$phash" f d/f d f d
lines d/.dot d/.hidden/deep/g d/f f
same 'is printed once' "$work/lines" "$work/out"
try 'two spellings of a path' 0 "$phash" ./f f
lines ./f f
same 'are both printed' "$work/lines" "$work/out"

# Standard input.
stdin() {
	local text=$1
	shift
	printf %s "$text" | "$@"
}
abc=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
try 'no operand' 0 stdin abc "$phash"
out 'means stdin' <<END
SHA512 (-) = $abc
END
err 'and says nothing' </dev/null
on_terminal() {
	script -qec "$*" "$work/typescript" >/dev/null </dev/null
	sed '1d;$d' "$work/typescript" | tr -d '\r'
}
says='phash: reading standard input, a terminal'
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	export PHASH=$phash
	for command in '"$PHASH"' '"$PHASH" -c' '"$PHASH" -c -C .'; do
		on_terminal "$command" >typed
		ok "${command//'"$PHASH"'/phash} on a terminal says that it reads it" \
			grep -qxF "$says" typed
	done
	for command in '"$PHASH" -' '"$PHASH" -C .' '"$PHASH" -c -' \
		'"$PHASH" --files-from=-'; do
		on_terminal "$command" >typed
		ok "${command//'"$PHASH"'/phash} does not" \
			bash -c '! grep -qF "$1" typed' - "$says"
	done
	rm typed
else
	skip 'phash on a terminal says that it reads it' \
		'no script(1), or no terminals'
fi
try 'the operand -' 0 stdin abc "$phash" -
out 'means stdin' <<END
SHA512 (-) = $abc
END
try 'the operand - twice' 0 stdin abc "$phash" - f -
out 'is printed once' <<END
SHA512 (-) = $abc
SHA512 (f) = $abc
END
try 'stdin that is a file' 0 bash -c '"$0" <f' "$phash"
out 'is read' <<END
SHA512 (-) = $abc
END
printf xxabc >x
try 'stdin that stands in the middle of a file' 0 bash -c \
	'{ dd bs=2 count=1 status=none of=/dev/null && "$0"; } <x' "$phash"
out 'is read from there' <<END
SHA512 (-) = $abc
END
try 'stdin, closed' 1 bash -c '"$0" <&-' "$phash"
err 'is said' <<'END'
phash: -: Bad file descriptor
END
try 'stdin that is a directory' 1 bash -c '"$0" - f </' "$phash"
err 'is said' <<'END'
phash: -: Is a directory
END
out 'and the rest goes on' <<END
SHA512 (f) = $abc
END

# What the user names is read whatever it is.
try 'a pipe by name' 0 bash -c '"$0" --untagged <(printf abc) | cut -c 1-128' \
	"$phash"
out 'is read' <<END
$abc
END
mkfifo fifo
timeout 60 bash -c 'printf abc >fifo' &
try 'a FIFO by name' 0 "$phash" fifo
out 'is read' <<END
SHA512 (fifo) = $abc
END
wait
try 'a device by name' 0 "$phash" /dev/null
out 'is read' <<'END'
SHA512 (/dev/null) = cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e
END
try 'a file of /proc, of size 0' 0 "$phash" /proc/version
lines /proc/version
same 'is read to its end' "$work/lines" "$work/out"

# Links.
ln -s f to-file
ln -s d to-dir
ln -s nowhere dangling
try 'a link to a file' 0 "$phash" to-file
out 'is followed' <<END
SHA512 (to-file) = $abc
END
try 'a link to a directory' 0 "$phash" to-dir
lines to-dir/.dot to-dir/.hidden/deep/g to-dir/f
same 'is followed' "$work/lines" "$work/out"
try 'a link to nothing' 1 "$phash" dangling f
err 'is said' <<'END'
phash: dangling: No such file or directory
END
out 'and the rest goes on' <<END
SHA512 (f) = $abc
END

try 'an operand that does not exist' 1 "$phash" 'no such' f f/x
err 'is said, in quotes' <<'END'
phash: f/x: Not a directory
phash: 'no such': No such file or directory
END
out 'and the rest goes on' <<END
SHA512 (f) = $abc
END
try 'an empty operand' 1 "$phash" '' f
err 'is said' <<'END'
phash: operand 1: empty name
END
out 'and the rest goes on' <<END
SHA512 (f) = $abc
END

printf abc >-dash
try 'a leading dash after --' 0 "$phash" -- -dash
out 'is a name' <<END
SHA512 (-dash) = $abc
END
printf abc >-
try 'the operand ./-' 0 "$phash" ./-
out 'is a file' <<END
SHA512 (./-) = $abc
END
rm ./- ./-dash

# -C.
try '-C moves operands' 0 "$phash" -C d f .hidden
(cd d && lines .hidden/deep/g f)
same 'and names' "$work/lines" "$work/out"
try '-C twice' 0 "$phash" -C d --directory=.hidden deep
(cd d/.hidden && lines deep/g)
same 'adds up' "$work/lines" "$work/out"
try '-C with .' 0 "$phash" -C d/.hidden .
(cd d/.hidden && lines ./deep/g)
same 'is relative' "$work/lines" "$work/out"
try '-C with an absolute operand' 0 "$phash" -C d "$PWD/f"
lines "$PWD/f"
same 'leaves it alone' "$work/lines" "$work/out"
try '-C without an operand' 0 stdin abc "$phash" -C d
(cd d && lines ./.dot ./.hidden/deep/g ./f)
same 'is the directory' "$work/lines" "$work/out"
try 'and several' 0 "$phash" -j 2 -C d -C .hidden --untagged
(cd d/.hidden && sha512sum ./deep/g) >"$work/lines"
same 'the last' "$work/lines" "$work/out"
echo f >list
try 'but not with a list of operands' 0 "$phash" -C d --files-from=list
(cd d && lines f)
same 'which says what is meant' "$work/lines" "$work/out"
try '-C and stdin' 0 stdin abc "$phash" -C d -
out 'go together' <<END
SHA512 (-) = $abc
END
try '-C to nowhere' 2 "$phash" -C 'not there' f
err 'is said' <<'END'
phash: 'not there': No such file or directory
END
try '-C to a file' 2 "$phash" -C f f
err 'is said' <<'END'
phash: f: Not a directory
END

try 'verbose' 0 "$phash" -v d f
err 'counts' <<'END'
phash: 4 files hashed, 0 names without a digest; in 4 directories, skipped 0 symbolic links, 0 special files, 0 output files
END
try 'debug' 0 "$phash" --debug --engine=libcrypto -j 3 d
said 'names the engine' <<'END'
phash: 3 workers, engine libcrypto
END
try 'one file' 0 "$phash" --debug --engine=libcrypto f
said 'needs one worker' <<'END'
phash: 1 worker, engine libcrypto
END

finish
