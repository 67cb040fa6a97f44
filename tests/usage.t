#!/usr/bin/env bash
# What is wrong on the command line: one line, exit status 2, nothing done.

. "${0%/*}/lib.sh"

touch f

# refused MESSAGE ARGUMENT...
refused() {
	local message=$1
	shift
	try "${*@Q}" 2 "$phash" "$@"
	err 'is said' <<END
phash: $message (try 'phash --help')
END
	out 'and nothing is printed' </dev/null
}

refused "unknown option '--nope'" --nope f
refused "unknown option '--nope=x'" --nope=x f
refused "unknown option '-Q'" -Q f
refused "unknown option '-Q'" -xQ f
refused "unknown option '--'" -q- f
refused "unknown option '--'\$'\\n''x'" $'--\nx' f
refused "unknown option '--in it'" '--in it' f

for option in jobs algorithm length engine chunk sort output directory exclude \
	include max-depth walk files-from files0-from progress; do
	refused "option --$option needs a value" f --$option
done
refused '--output is where --update writes: it goes with --update' \
	--audit=L -o out
refused '--output is where --update writes: it goes with --update' \
	--audit=L -o -
refused '--update does not write to standard output, where the verdicts go' \
	--audit=L --update -o -
refused '--update goes with --audit' --update f
refused '--update goes with --audit' --update -c f
refused '--strict goes with --check' --strict f
refused '--strict goes with --check' --strict --audit=L
refused '--quiet goes with --check or --audit' -q f
refused '--sort does not go with --check' -c --sort=none f
refused '--sort does not go with --audit' --audit=L --sort=none f
refused '--output does not go with --check' -c -o list f
refused 'option --jobs needs a value' f -j
refused 'option --algorithm needs a value' f -a
refused 'option --output needs a value' f -o
refused 'option --user needs a value' f --user
refused 'option --directory needs a value' f -C
refused 'option --exclude needs a value' f -E
for option in tag untagged binary text json zero base64 tree-digest one-file-system follow \
	recursive verbose debug sandbox help version; do
	refused "option --$option takes no value" --$option=x f
done

for value in x '' -1 +1 ' 1' '1 ' 1x 0x10 1.5 1025 18446744073709551616 \
	99999999999999999999999; do
	refused "option --jobs: '$value' is not a number from 0 to 1024" \
		--jobs="$value" f
done
refused "option --jobs: 'f' is not a number from 0 to 1024" -j f
for value in 0 -1 1000001 x; do
	refused "option --chunk: '$value' is not a number from 1 to 1000000" \
		--chunk="$value" f
done
for value in -1 1000000001 x ''; do
	refused "option --max-depth: '$value' is not a number from 0 to \
1000000000" --max-depth="$value" f
done
for value in -1 x 513 ''; do
	refused "option --length: '$value' is not a number from 0 to 512" \
		-a blake2b --length="$value" f
done
refused "option --length: '12' is not a multiple of 8" -a blake2b -l 12 f
for option in '-a sha256 -l 256' '-l 512' '-c -a md5 -l 128'; do
	# shellcheck disable=SC2086 # words are meant
	refused '--length is for --algorithm=sha2, sha3, blake2b, shake128 and shake256' \
		$option f
done
for option in '' '-l 0' '-l 160' '--audit=L' '-c -l 0'; do
	# shellcheck disable=SC2086
	refused '--algorithm=sha3 needs --length=224, 256, 384 or 512' \
		-a sha3 $option f
done
refused "option --sort: 'size' is not one of path, none" --sort=size f
refused "option --sort: '' is not one of path, none" --sort= f
refused "option --walk: 'me' is not one of auto, parent, workers" --walk=me f
refused "option --progress: 'yes' is not one of auto, always, never" \
	--progress=yes f
refused "option --engine: 'sse2' is not one of auto, libcrypto, lanes, avx2x4, \
avx512x4, avx512x8" --engine=sse2 f
refused "option --sort: 'it'\$'\\n''s' is not one of path, none" \
	--sort=$'it\ns' f

refused '--tree-digest is of the sorted listing: it does not go with --sort=none' \
	--tree-digest --sort=none f
for format in --untagged --json --zero; do
	refused '--tree-digest prints no lines: it does not go with --untagged, --json, --format=mtree or --zero' \
		--tree-digest $format f
done

try 'an error after -o' 2 "$phash" -o list f --nope
ok 'leaves no file' test ! -e list

try '--help' 0 "$phash" --help
ok 'begins with the usage' grep -qx 'Usage: phash .*' "$work/out"
err 'and is not on stderr' </dev/null
ok 'fits a terminal' bash -c '! grep -E ".{81}" "$1"' - "$work/out"
cp "$work/out" help
try '-h' 0 "$phash" -h --nope
same 'is --help' help "$work/out"
try '--version' 0 "$phash" --version
ok 'is a line' grep -qxE 'phash [0-9]+\.[0-9]+\.[0-9]+' "$work/out"
ok 'and no more' test "$(wc -l <"$work/out")" = 1

# Abbreviations are those of getopt_long(3).
try 'an abbreviated option' 0 "$phash" --untag f
out 'is that option' <<'END'
cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e  f
END
refused "option '--files=x' is ambiguous: --files-from, --files0-from" \
	--files=x f
refused "option '--i' is ambiguous: --identity, --include, --ignore-missing" f --i

# What was meant, where it is near.
refused "unknown option '--upate'; did you mean --update?" --upate f
refused "unknown option '--max-deph=1'; did you mean --max-depth?" \
	--max-deph=1 f
refused "unknown option '--JSON'; did you mean --json?" --JSON f

# Options may follow operands.
try 'an option after an operand' 0 "$phash" f --untagged
out 'counts' <<'END'
cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e  f
END
try 'limits are allowed' 0 "$phash" -j 0 --chunk=1000000 \
	--max-depth=1000000000 f

try 'standard input twice' 2 "$phash" --files-from=- -
err 'says so' <<'END'
phash: standard input can be read only once (try 'phash --help')
END

# Reports of an audit.
refused "option --report: 'xml' is not one of github, junit, html" \
	--audit=L --report=xml
refused '--report goes with --audit' --report=html t
refused '--report goes with --audit' -c --report=html L
refused '--status prints nothing: it does not go with --report' \
	--audit=L --report=html --status
refused '--report takes the place of the verdicts of --json' \
	--audit=L --report=html --json

finish
