#!/usr/bin/env bash
# What is listed and not found costs an audit little, whatever the list says.

. "${0%/*}/lib.sh" || exit 1

mkdir -p t/lp
for name in a lp/f; do
	echo $name >t/$name
done
"$phash" -C t . >L
digest=$(sed -n 's,.*lp/f) = ,,p' L)

# L, and a line for f, COUNT bytes of TEXT below lp. Limits of time are there
# for what would take hours.
long_line() {
	cat L
	printf 'SHA512 (lp/'
	yes "$1" | tr -d '\n' | head -c "$2"
	echo "f) = $digest"
}
long_line ./ $((8 << 20)) | grep lp/././ >long
try 'a name with 8 MiB of ./' 0 timeout 100 "$phash" --audit=long -E a -C t --status
try 'the same with -L' 0 timeout 100 "$phash" -L --audit=long -E a -C t --status
long_line a/ $((8 << 20)) >long
try 'a name with 8 MiB of directories that are not there' 1 \
	timeout 100 "$phash" --audit=long -C t --quiet
ok 'is MISSING' grep -q '^MISSING lp/a/a/a/' "$work/out"
try 'the same with -x' 1 timeout 100 "$phash" -x --audit=long -C t --quiet
ok 'is MISSING' grep -q '^MISSING lp/a/a/a/' "$work/out"

for pattern in x /x 'x/y' 'x/**/y' 'x/'; do
	try "the same with -E '$pattern'" 1 timeout 100 "$phash" -E "$pattern" \
		--audit=long -C t --status
done

# A list of names N to M below a directory.
names() {
	for ((i = $2; i <= $3; i++)); do
		echo "SHA512 ($1/gone$i) = $digest"
	done
}

# How many system calls of an audit have to do with these names.
calls() {
	env ASAN_OPTIONS=detect_leaks=0 strace -o "$work/trace" -e trace=%file \
		"$phash" "$@" >/dev/null 2>&1
	grep -cE 'gone|nix|"d/?"|"t/?"' "$work/trace"
}
if strace -o /dev/null true 2>/dev/null; then
	deep=t/$(printf 'd%.0s/' {1..20})d
	mkdir -p "$deep"
	names "$deep" 101 101 >one
	names "$deep" 101 300 >many
	names "$deep/nix/nix/nix" 101 101 >nix1
	names "$deep/nix/nix/nix" 101 300 >nix2
	names nix 101 101 >operand1
	names nix 101 300 >operand2
	for options in '' -L -x; do
		# shellcheck disable=SC2086
		one=$(calls --audit=one $options t)
		# shellcheck disable=SC2086
		many=$(calls --audit=many $options t)
		ok "a name is looked at once in its directory ($options)" \
			test $((many - one)) = 199
		# shellcheck disable=SC2086
		one=$(calls --audit=nix1 $options t)
		# shellcheck disable=SC2086
		many=$(calls --audit=nix2 $options t)
		ok "a directory that is not there only once ($options)" \
			test "$many" = "$one"
		# shellcheck disable=SC2086
		one=$(calls --audit=operand1 $options nix)
		# shellcheck disable=SC2086
		many=$(calls --audit=operand2 $options nix)
		ok "nor an operand that is not there ($options)" \
			test "$one" -gt 0 -a "$many" = "$one"
	done
else
	skip 'system calls' 'no strace'
fi

finish
