#!/usr/bin/env bash
# Paths longer than PATH_MAX and trees deeper than the limit on descriptors.

. "${0%/*}/lib.sh"

cp "$phash" "$work/phash"
abc=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f

# chain TOP LEVELS NAME: directories in each other, a file "f" in each.
chain() {
	# shellcheck disable=SC2016 # for perl
	perl -e 'my ($top, $levels, $name) = @ARGV;
		mkdir $top or die; chdir $top or die;
		for (1 .. $levels) {
			open my $f, ">", "f" or die; print $f "abc"; close $f;
			mkdir $name or die; chdir $name or die;
		}' "$@"
}
# expected TOP LEVELS NAME: the untagged lines, in order of path.
expected() {
	# shellcheck disable=SC2016
	perl -e 'my ($digest, $top, $levels, $name) = @ARGV;
		print "$digest  $_\n" for sort map {
			join "/", $top, ($name) x ($_ - 1), "f" } 1 .. $levels;' \
		"$abc" "$@"
}

long=$(printf %0250d 0)
chain long 42 "$long"
expected long 42 "$long" >"$work/lines"
ok 'there is a path of 10,000 bytes' grep -qE '^.{10000}' "$work/lines"
for options in '-j 2' '-j 1 --chunk=1' -L; do
	# shellcheck disable=SC2086 # words are meant
	try "long paths ($options)" 0 "$phash" --untagged $options long
	same 'are walked' "$work/lines" "$work/out"
	err 'in silence' </dev/null
done
try 'long paths by -C and .' 0 "$phash" --untagged -C long .
sed 's,  long/,  ./,' "$work/lines" >"$work/dot"
same 'are walked' "$work/dot" "$work/out"
try 'an absolute operand' 0 "$phash" --untagged "$PWD/long"
sed "s,  long/,  $PWD/long/," "$work/lines" >"$work/absolute"
same 'is walked' "$work/absolute" "$work/out"
cut -c 131- "$work/lines" | tr '\n' '\0' >names0
try 'long operands' 0 xargs -0 -a names0 "$phash" --untagged
same 'are read' "$work/lines" "$work/out"
try 'long names in a list' 0 "$phash" --untagged --files0-from=names0
same 'are read' "$work/lines" "$work/out"
try 'a long directory as operand' 0 "$phash" --untagged \
	"$(head -zn 1 names0 | tr -d '\0' | sed 's,/f$,,')"
head -n 1 "$work/lines" >"$work/last"
same 'is walked' "$work/last" "$work/out"
try 'a long name that does not exist' 1 "$phash" \
	"$(head -zn 1 names0 | tr -d '\0')x"
ok 'is said' grep -q ': No such file or directory$' "$work/err"
# shellcheck disable=SC2016
perl -e 'chdir "long"; while (chdir $ARGV[0]) { last if ++$n == 30 }
	chmod 0, "f"; chmod 0, $ARGV[0]' "$long"
try 'what cannot be read there' 1 as_user "$work/phash" --untagged long
ok 'is said' test "$(grep -c ': Permission denied$' "$work/err")" = 2
head -n 30 "$work/lines" | sort -k 2 >"$work/readable"
ok 'and the rest is done' test "$(wc -l <"$work/out")" = 30
# shellcheck disable=SC2016
perl -e 'chdir "long"; while (chdir $ARGV[0]) { last if ++$n == 30 }
	chmod 0644, "f"; chmod 0755, $ARGV[0]' "$long"

chain deep 700 d
expected deep 700 d >"$work/lines"
for options in '-j 2' '-j 8' '-j 1 --chunk=1' '-j 2 -L'; do
	# shellcheck disable=SC2086
	try "700 levels, 64 descriptors ($options)" 0 bash -c \
		'ulimit -n 64 && exec "$@"' - "$phash" --untagged $options deep
	same 'are walked' "$work/lines" "$work/out"
	err 'in silence' </dev/null
done
try '--max-depth' 0 "$phash" --untagged --max-depth=300 deep
awk -F / 'NF <= 301' "$work/lines" >"$work/shallow"
same 'is in the middle' "$work/shallow" "$work/out"
try 'a digest of it all' 0 "$phash" --tree-digest deep
sha512sum <"$work/lines" | cut -d ' ' -f 1 >"$work/digest"
same 'is that of the listing' "$work/digest" "$work/out"

# Workers are forked in the middle of the walk, and need what it has open.
low=low
for _ in {1..30}; do
	low+=/d
done
mkdir -p "$low"
for i in {1..200}; do
	head -c 300000 /dev/zero >"$low/$i"
done
find low -type f | LC_ALL=C sort | xargs sha512sum >"$work/lines"
try 'many files 30 levels down, 24 descriptors' 0 bash -c \
	'ulimit -n 24 && exec "$@"' - "$phash" --untagged -j 2 low
same 'are all read' "$work/lines" "$work/out"
err 'in silence' </dev/null
if [ -e /dev/fd ]; then
	mkdir given
	echo x >given/f
	try 'a directory that phash was started with' 0 bash -c \
		'exec 5<given && exec "$1" --untagged /dev/fd/5/f' - "$phash"
	out 'stays open' <<<"$(echo x | sha512sum | cut -c 1-128)  /dev/fd/5/f"
else
	skip 'a directory that phash was started with' 'no /dev/fd'
fi

# Broad as well: many directories open at no time.
mkdir broad
(cd broad && seq 500 | xargs mkdir && seq -f %g/f 500 | xargs touch)
find broad -type f | sort | xargs sha512sum >"$work/lines"
try '500 directories, 64 descriptors' 0 bash -c 'ulimit -n 64 && exec "$@"' - \
	"$phash" --untagged -j 4 broad
same 'are walked' "$work/lines" "$work/out"

# Few descriptors, for walk and worker alike.
chain few 60 d
expected few 60 d >"$work/few"
few() { (ulimit -n 14 && exec "$phash" --untagged -j 1 "$@"); }
try 'fourteen descriptors' 0 few few
same 'are enough' "$work/few" "$work/out"
try 'in an audit' 0 few --audit="$work/few" --quiet few
err 'too' </dev/null

finish
