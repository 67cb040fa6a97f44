#!/usr/bin/env bash
# --duplicates: groups of files with the same digest.

. "${0%/*}/lib.sh" || exit 1

mkdir -p t/d
printf a >t/1
printf a >t/d/2
printf b >t/3
printf b >t/4
ln t/4 t/0
printf c >t/5
ln t/5 t/6
printf d >t/7
printf b >$'t/8\n'
: >t/e1
: >t/e2

{
	"$phash" t/0 t/3 $'t/8\n' | LC_ALL=C sort -t '(' -k 2
	echo
	"$phash" t/1 t/d/2
	echo
	"$phash" t/e1 t/e2
} >want
try 'groups' 0 "$phash" --duplicates t
same 'in order, names of one file once' "$work/out" want
for jobs in 1 3; do
	"$phash" -j $jobs --duplicates t >got
	same "-j $jobs" got want
done
grep -v '^$' want >lines
try 'their lines can be checked' 0 "$phash" -c lines
"$phash" --duplicates --json t | perl -MJSON::PP -ne '
	my $o = decode_json($_);
	print join(" ", $o->{algorithm}, $o->{size}, length $o->{digest},
		map { my $f = $_; join "=", map { s/\n/N/r } $f->{path},
		map { $_->{path} } @{$f->{links} || []} } @{$o->{files}}), "\n"
	' >"$work/out"
out 'JSON has links, too' <<'END'
SHA512 1 128 t/0=t/4 t/3 t/8N
SHA512 1 128 t/1 t/d/2
SHA512 0 128 t/e1 t/e2
END
ok 'links alone are no group' test "$("$phash" --duplicates t/5 t/6 | wc -c)" = 0
try 'none' 0 "$phash" --duplicates t/1 t/3
out 'nothing' <<'END'
END
try 'counts' 0 "$phash" -v --duplicates t
ok 'of what is more than one of each' grep -qx \
	'phash: 3 groups; 4 files, 3 bytes more than one of each' "$work/err"
try '-z' 0 "$phash" -z --duplicates t
ok 'groups end in an empty record' test \
	"$(perl -0 -ne 'chomp; $n++ if $_ eq ""; END { print $n }' "$work/out")" = 2
chmod 0 t/7
try 'a file that cannot be read' 1 as_user "$phash" --duplicates t
err 'is said' <<'END'
phash: t/7: Permission denied
END
chmod 644 t/7

# Digests of a byte: many are the same by chance, and each is a group.
mkdir many
for n in $(seq 300); do
	echo "$n" >"many/$n"
done
"$phash" -a shake128 -l 8 --untagged many | sort | awk '
	{ n[$1]++ } END { for (d in n) if (n[d] > 1) g++; print g }' >want
"$phash" -a shake128 -l 8 --duplicates many | grep -c '^$' >got
ok 'short digests' test "$(cat want)" = $(($(cat got) + 1))

# Against a list that is sorted and looked through.
mkdir tree
perl -e 'srand 5; for my $i (1 .. 500) {
	mkdir "tree/" . $i % 9;
	open my $f, ">", "tree/" . $i % 9 . "/$i";
	print $f int rand 120;
}'
"$phash" --untagged tree | perl -ne '/^(\S+)  (.*)/; push @{$p{$1}}, $2;
	END { for (sort { $p{$a}[0] cmp $p{$b}[0] } grep { @{$p{$_}} > 1 } keys %p) {
		print "\n" if $n++; print "$_\n" for @{$p{$_}} } }' >want
"$phash" --duplicates --untagged tree | sed 's/^[^ ]*  //' >got
same '500 files of 120 contents' got want

for with in --tree-digest --sort=none --format=mtree; do
	try "not with $with" 2 "$phash" --duplicates $with t
done
has_archives && try 'not with --archive' 2 "$phash" --duplicates --archive t

finish
