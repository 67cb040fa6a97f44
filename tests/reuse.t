#!/usr/bin/env bash
# --identity and --reuse: an unchanged file is not read again, and a changed one is,
# whatever was done to hide it.

. "${0%/*}/lib.sh" || exit 1

# Lists say in $1 that they were made ten seconds later than they were, when no time
# of a file is too near any more, and have false digests of files with bytes: a digest
# that begins with "feed" is one that was reused.
age() {
	perl -pi -e 's/"read":(\d+)/"read":@{[$1 + 10]}/;
		s/"digest":"..../"digest":"feed/ if !/"size":0,/' "$1"
}
# list DIR... >LIST
list() {
	"$phash" --json --identity "$@"
}
# reused LIST DIR...: the paths whose digests were
reused() {
	local list=$1
	shift
	"$phash" --untagged --reuse="$list" "$@" 2>/dev/null | sed -n 's/^feed[^ ]* *//p'
}
# is_reused DESC LIST DIR... <<PATHS
is_reused() {
	local desc=$1
	shift
	reused "$@" >"$work/out"
	out "$desc"
}

mkdir t
for name in a b c; do
	echo "content of $name" >t/$name
	touch -d '2 hours ago' t/$name
done
: >t/empty
list t >plain
cp plain aged
age aged

# What a line has.
perl -MJSON::PP -ne 'BEGIN { $/ = "\n" } my $o = decode_json($_);
	my @s = stat $o->{path};
	my ($mtime, $ctime) = map { int($_ / 1e9) } @$o{qw(mtime ctime)};
	printf "%s %d %d %d %d %d %d\n", $o->{path}, $o->{device} == $s[0],
		$o->{inode} == $s[1], $o->{size} == $s[7], $mtime == $s[9],
		$ctime == $s[10], $o->{read} >= time - 60 && $o->{read} <= time
	' plain >"$work/out"
out 'device, inode, size, mtime, ctime, and when it was read' <<'END'
t/a 1 1 1 1 1 1
t/b 1 1 1 1 1 1
t/c 1 1 1 1 1 1
t/empty 1 1 1 1 1 1
END
ok 'times have nanoseconds' test \
	"$(perl -ne 'print $1 if m{"t/empty".*"mtime":(\d+)}' plain)" = \
	"$(find t/empty -printf '%T@' | perl -pe 's/^(\d+)\.(\d{9})\d*/$1$2/')"
try 'such a list is checked as any other' 0 "$phash" -c plain
touch -d '1960-01-01 00:00:00.25' t/c
list t/c >"$work/out"
ok 'a time before 1970 is negative' grep -q '"mtime":-315619199750000000,' \
	"$work/out"
touch -d '2 hours ago' t/c
list t >plain
cp plain aged
age aged
echo x | "$phash" --json --identity - >"$work/out"
ok 'what is no regular file has none' test "$(grep -c device "$work/out")" = 0
try '--identity needs a form that has it' 2 "$phash" --identity t

# Files that are as they were.
is_reused 'unchanged files are reused, but for one without bytes' aged t <<'END'
t/a
t/b
t/c
END
try 'counted with -v' 0 "$phash" -v --reuse=aged t
ok 'so many' grep -qx 'phash: 3 files reused, 1 read' "$work/err"
"$phash" --sort=none --untagged --reuse=aged t | sort -k 2 >unsorted
"$phash" --untagged --reuse=aged t >sorted
same 'with --sort=none, too' unsorted sorted
is_reused 'a list of other names gives nothing' aged ./t <<'END'
END
# Whoever is reused is not opened.
look_inside
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	strace -f -qq -e trace=openat,openat2,open -o trace "$phash" -j 1 \
		--reuse=aged t >/dev/null 2>&1
	ok 'the one that is read was opened' grep -q '"empty"\|"t/empty"' trace
	ok 'the others were not' test "$(grep -c '"\(t/\)\?[abc]"' trace)" = 0
	# The walk takes a second after the one file that is read.
	mkdir slow
	for ((i = 0; i < 500; i++)); do
		echo $i >slow/$i
	done
	list slow >slow.list
	age slow.list
	echo new >fresh
	strace -f -o /dev/null -e trace=newfstatat,lstat,fstatat64,statx \
		-e inject=newfstatat,lstat,fstatat64,statx:delay_enter=2000 \
		"$phash" --sort=none --untagged --reuse=slow.list fresh \
		slow >order 2>/dev/null
	ok 'what is read does not wait for the end of the walk' \
		test "$(tail -n 1 order | cut -c 1-4)" = feed
	ok 'of all files' test "$(grep -c . order)" = 501
else
	skip 'opened files' 'no strace'
	skip 'results while files are reused' 'no strace'
fi

# -z is for the output: a list has what it was written with.
tr '\n' '\0' <aged >zeros
is_reused 'a list with NULs' zeros t <<'END'
t/a
t/b
t/c
END
try '-z' 0 "$phash" -z --json --reuse=aged t
ok 'reads a list with newlines' test ! -s "$work/err"

# remake: t and its list, as new.
remake() {
	rm -rf t
	mkdir t
	for name in a b c; do
		echo "content of $name" >t/$name
		touch -d '2 hours ago' t/$name
	done
	list t >plain
	cp plain aged
	age aged
}
# breaks DESC COMMAND...: after it, t/b is read, and the others are not.
breaks() {
	local desc=$1
	shift
	remake
	"$@"
	is_reused "$desc" aged t <<'END'
t/a
t/c
END
}
# of_b EXPRESSION: perl changes the line of t/b
of_b() {
	perl -pi -e "if (m{\"t/b\"}) { $1 }" aged
}
# read_after N: it was read N seconds after the second of its ctime
read_after() {
	# shellcheck disable=SC2016 # for perl
	of_b '/"ctime":(\d+)\d{9}/; my $s = $1 + '"$1"'; s/"read":\d+/"read":$s/'
}
set_back() {
	touch -r t/b r
	echo 'CONTENT of b' >t/b
	touch -r r t/b
}
replaced() {
	echo 'CONTENT of b' >new
	touch -r t/b new
	mv new t/b
}
enlarged() {
	echo more >>t/b
	touch -r t/a t/b
}
later_line() {
	printf '{"path":"t/b","digest":"%0128d"}\n' 0 >>aged
}
breaks 'another size' enlarged
breaks 'another mtime' touch t/b
breaks 'another content, the mtime set back' set_back
breaks 'another file by rename, with the same size and mtime' replaced
breaks 'a mere chmod: its ctime is another' chmod 600 t/b
breaks 'a time to come' touch -d tomorrow t/b
# shellcheck disable=SC2016 # for perl
{
	breaks 'another inode' of_b 's/("inode":)(\d+)/$1 . ($2 + 1)/e'
	breaks 'another device' of_b 's/("device":)(\d+)/$1 . ($2 + 1)/e'
	breaks 'another ctime by a nanosecond' \
		of_b 's/("ctime":)(\d+)/$1 . ($2 + 1)/e'
	breaks 'another mtime by a nanosecond' \
		of_b 's/("mtime":)(\d+)/$1 . ($2 - 1)/e'
	breaks 'another size in the list' of_b 's/("size":)(\d+)/$1 . ($2 + 1)/e'
	breaks 'no algorithm' of_b 's/"algorithm":"SHA512",//'
	breaks 'another algorithm' of_b 's/SHA512/SHA3-512/'
	for member in device inode mtime ctime size read; do
		breaks "no $member" of_b "s/,\"$member\":\\d+//"
		breaks "a $member that is none" \
			of_b "s/\"$member\":/\"$member\":1e/"
		breaks "a $member of 65 bits" \
			of_b "s/(\"$member\":)\\d+/\${1}36893488147419103232/"
	done
	breaks 'a line that is cut' of_b 's/....$//'
	breaks 'a digest that is too short' of_b 's/"feed/"/'
	breaks 'an error instead of a digest' of_b 's/"digest":"\w+"/"error":"x"/'
}
breaks 'a later line of the name that does not say which file it was' later_line
# The racy rule.
breaks 'written in the second in which its reading began' read_after 0
breaks 'written in the second before' read_after 1
breaks 'written two seconds before, and not whole ones' read_after 2
breaks 'a clock that was set back' read_after -100000
remake
read_after 3
is_reused 'three are enough' aged t <<'END'
t/a
t/b
t/c
END
list t >now
is_reused 'what was written just now is read again' now t <<'END'
END

# Which line counts, which list.
list t >plain
cp plain aged
age aged
perl -ne 's/feed/beef/; print' aged >later
cat plain aged >both
is_reused 'of two lines of a name the last counts' both t <<'END'
t/a
t/b
t/c
END
cat aged plain >both
"$phash" --untagged --reuse=both t >first
"$phash" --untagged t >true
same 'whichever it is' first true
"$phash" --untagged --reuse=aged --reuse=later t | sed -n 's/^beef[^ ]* *//p' \
	>"$work/out"
out 'and of two lists' <<'END'
t/a
t/b
t/c
END

# Lists that cannot be used.
try 'a list that is not there: the first time' 0 "$phash" --untagged \
	--reuse=none t
cp "$work/out" got
err 'it is said' <<'END'
phash: none: No such file or directory
END
same 'and all is read' got true
try 'a directory is none' 1 "$phash" --reuse=t t
for file in x.sfv deep; do
	case $file in
	x.sfv) echo 'f 00000000' >$file ;;
	deep) echo '%%%% HASHDEEP-1.0' >$file ;;
	esac
	try "a list of another kind: $file" 1 "$phash" --reuse=$file t
done
try 'nothing in it' 0 "$phash" --reuse=/dev/null t
err 'is not worth a word' <<'END'
END
"$phash" t >tagged
try 'a list without identities' 0 "$phash" --untagged --reuse=tagged t
cp "$work/out" got
err 'it is said' <<'END'
phash: tagged: nothing is reused: it does not say which files they were (--identity)
END
same 'and all is read' got true
head -c 300 /dev/urandom >noise
try 'noise' 0 "$phash" --untagged --reuse=noise t
cp "$work/out" got
same 'changes nothing' got true
sed '$s/.\{40\}$//' aged | head -c -1 >half
try 'a last line that is cut off' 0 "$phash" --reuse=half t
err 'is said' <<'END'
phash: half: 1 line passed over: cut off, or not understood
END
is_reused 'the others count' half t <<'END'
t/a
t/b
END
echo '{"path":"t/a","digest":"'"$(printf %0128d 0)"'","mtime":"noon","read":true,
"inode":[1],"ctime":{"x":null}}' | tr -d '\n' >foreign
try 'members of those names may be anything elsewhere' 1 "$phash" -c foreign
ok 'and a list of that kind is well formed' grep -q '^phash: WARNING: 1 computed' \
	"$work/err"
try 'standard input is a list, too' 0 bash -c \
	'"$1" --untagged --reuse=- t <aged >out.stdin' x "$phash"
ok 'which counts' grep -q ^feed out.stdin

# The list that is replaced.
cp aged L
try 'the list that is read may be the one that is written' 0 "$phash" --json \
	--identity --reuse=L -o L t
same 'and has what it had' L aged
rm t/c
echo new >t/d
try 'files that have gone, and new ones' 0 "$phash" --json --identity --reuse=L \
	-o L t
ok 'the list is that of now' test "$(grep -c '"t/c"' L),$(grep -c '"t/d"' L)" = 0,1
ok 'and what is known keeps its time' test \
	"$(sed -n '/"t.a"/s/.*"read"//p' L)" = "$(sed -n '/"t.a"/s/.*"read"//p' aged)"
"$phash" --tree-digest --reuse=L t >tree
"$phash" --untagged --reuse=L t | sha512sum | cut -d ' ' -f 1 >sum
same 'the digest of a tree, from known ones' tree sum

# Specifications of mtree.
remake
for operand in t ./t; do
	"$phash" --format=mtree --identity $operand >plain.mtree
	perl -pe 's/read=(\d+)/"read=" . ($1 + 10)/e; s/digest=..../digest=feed/
		if !/size=0/' plain.mtree >aged.mtree
	try "--format=mtree of $operand is reused" 0 "$phash" --format=mtree \
		--identity --reuse=aged.mtree $operand
	cp "$work/out" got
	same 'and has what it had' got aged.mtree
done
try 'such a specification is checked as any other' 0 "$phash" -c plain.mtree
"$phash" --untagged --reuse=aged.mtree ./t | grep -c ^feed >"$work/out"
out 'three files' <<'END'
3
END
for edit in 's/^# .*/& x/' 's/inode=/inode=x/' 's/ read=.*//' 's/mtime/ctime/'; do
	sed "/^# /$edit" aged.mtree >bad.mtree
	is_reused "a comment of another form says nothing: $edit" bad.mtree ./t <<'END'
END
done
sed '/^# /{p;s/.*//}' aged.mtree >far.mtree
is_reused 'nor does one that is not right before the line' far.mtree ./t <<'END'
END
if command -v mtree >/dev/null; then
	(cd t && "$phash" --format=mtree --identity . >../t.mtree)
	ok 'mtree(8) reads it' mtree -p t -f t.mtree
else
	skip 'mtree(8) reads it' 'no mtree'
fi
if command -v bsdtar >/dev/null; then
	ok 'bsdtar reads it' bsdtar -tf plain.mtree
else
	skip 'bsdtar reads it' 'no bsdtar'
fi

# Standard input is no file of that name.
cp t/a stdin
try 'a file as standard input' 0 bash -c '"$1" --json --identity - <stdin' x "$phash"
ok 'has no identity' test "$(grep -c device "$work/out")" = 0

# A list that would not be one again is not replaced.
cp aged L
for with in --untagged --json '--json --identity --duplicates'; do
	# shellcheck disable=SC2086 # words are meant
	try "$with" 2 "$phash" $with --reuse=L -o L t
done
same 'the list is as it was' L aged

# Where nothing may be reused, and what goes with it.
for mode in -c --audit=L; do
	try "$mode refuses it" 2 "$phash" $mode --reuse=L L
done
try 'not with archives' 2 "$phash" --archive --reuse=L t
try 'not an age without a list' 2 "$phash" --reuse-max-age=1 t
try 'nor a sample' 2 "$phash" --reuse-sample=1 t

# Reading all the same.
list t >true.json
cp true.json aged
age aged
try 'a sample of all' 1 "$phash" --json --identity --reuse=aged \
	--reuse-sample=100 -o L t
err 'what is not as it was is said' <<'END'
phash: t/a: content changed under unchanged times
phash: t/b: content changed under unchanged times
phash: t/c: content changed under unchanged times
END
ok 'and the list has what there is' test "$(grep -c feed L)" = 0
perl -pe 's/"read":(\d+)/"read":@{[$1 + 10]}/' true.json >good
try 'a sample that is as it was' 0 "$phash" --reuse=good --reuse-sample=100 t
err 'nothing is said' <<'END'
END
try 'entries of today are not old' 0 "$phash" --reuse=aged --reuse-max-age=1 t
ok 'they are reused' test "$(grep -c feed "$work/out")" = 3
is_past() {
	test "$(date +%s)" -gt "$(sed -n '/"t.a"/s/.*"read":\([0-9]*\).*/\1/p' "$1")"
}
until_ok is_past aged
try 'none is of this second' 1 "$phash" --reuse=aged --reuse-max-age=0 t
mkdir many
perl -e 'for (1 .. 400) { open my $f, ">", "many/$_"; print $f $_ }'
list many >m
age m
"$phash" --reuse=m --reuse-sample=20 many 2>/dev/null | grep -cv feed >sample
ok "a fifth of 400: $(cat sample)" test "$(cat sample)" -gt 30 -a "$(cat sample)" -lt 140

# Ten thousand edits of all kinds, which begin at once when the list is made: a run
# that reuses it prints what one prints that reads everything.
cat >edit.pl <<'END'
use strict;


my ($seed, $edits, $files) = @ARGV;
srand $seed;
sub name { 'edited/' . int(rand 8) . '/' . int rand $files }
sub content { join '', map { chr 97 + rand 26 } 1 .. rand 40 }
sub put {
	my ($name, $text) = @_;
	open my $f, '>', $name or return;
	print $f $text;
}
mkdir "edited/$_" for 0 .. 7;
for (1 .. $edits) {
	my ($name, $other, $kind) = (name(), name(), int rand 10);
	my @old = stat $name;
	if ($kind == 0) { put($name, content()) }
	elsif ($kind == 1) { unlink $name }
	elsif ($kind == 2) { rename $name, $other }
	elsif ($kind == 3) { unlink $other; link $name, $other }
	elsif ($kind == 4) { chmod 0600 | int rand 0200, $name }
	elsif ($kind == 5) { utime int rand 2e9, int rand 2e9, $name }
	elsif (!@old) { put($name, content()) }
	# the same size, and the times set back
	elsif ($kind == 6) { put($name, 'x' x $old[7]); utime @old[8, 9], $name }
	elsif ($kind == 7) {
		put('new', 'y' x $old[7]);
		utime @old[8, 9], 'new';
		rename 'new', $name;
	}
	elsif ($kind == 8) { open my $f, '>>', $name; print $f 'z' }
	else { truncate $name, int rand $old[7] + 1 }
}
END
mkdir edited
wrong=0 reused=0
for round in 1 2 3 4; do
	perl edit.pl $round 2500 300
	sleep 3
	"$phash" --json --identity edited -o edited.list
	perl edit.pl 1$round 200 300
	"$phash" edited >want
	"$phash" -v --reuse=edited.list edited >got 2>"$work/err"
	cmp -s want got || wrong=$((wrong + 1))
	reused=$((reused + $(sed -n 's/^phash: \([0-9]*\) files reused.*/\1/p' "$work/err")))
done
ok "ten thousand edits: $wrong of 4 lists are wrong" test $wrong = 0
ok "though $reused digests were reused" test $reused -gt 1000

finish
