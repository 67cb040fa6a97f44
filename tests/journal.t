#!/usr/bin/env bash
# --journal: a run that was cut goes on where it was.

. "${0%/*}/lib.sh" || exit 1

# Files of such an age that all may be reused. Their ctime is that of now.
mkdir t
perl -e 'for my $i (1 .. 600) {
		my $dir = sprintf "t/%d", $i % 7;
		mkdir $dir;
		open my $f, ">", "$dir/$i" or die;
		print $f $i x (1 + $i % 1000);
	}'
sleep 4
"$phash" t >true

try 'a run that comes to its end' 0 "$phash" --journal=J t
cp "$work/out" got
same 'prints what it always does' got true
ok 'and leaves no journal' test ! -e J

# What is known is not read: a false digest shows it.
{
	echo '# phash journal'
	"$phash" --sort=none --json --identity t | head -n 300 |
		sed 's/"digest":"..../"digest":"feed/'
} >J
cp J before
try 'what is in the journal is reused' 0 "$phash" -v --journal=J t
ok 'all of it' test "$(grep -c '= feed' "$work/out")" = 300
ok 'it is counted' grep -qx 'phash: 300 files reused, 300 read' "$work/err"
ok 'and then it goes' test ! -e J
cp before J
try 'with --sort=none' 0 "$phash" --sort=none --journal=J t
ok 'too' test "$(grep -c '= feed' "$work/out")" = 300

# A line that was cut, and the next one.
head -c -40 before >J
try 'a half line is passed over' 2 "$phash" --journal=J -o /dev/full t
ok 'it is said' grep -qx 'phash: J: 1 line passed over: cut off, or not understood' \
	"$work/err"
ok 'a run that failed leaves its journal' test -e J
ok 'where a new line begins behind the half one' test \
	"$(grep -c '"read":[0-9]*}$' J)" = 600
ok 'the half one is by itself' test "$(grep -cv '"read":[0-9]*}$' J)" = 2
rm J

# The journal is no file of the tree, by whatever name.
try 'a journal in the tree' 0 "$phash" --journal=t/J t
cp "$work/out" got
same 'is not hashed' got true
try 'by another way' 0 "$phash" -C t --journal="$PWD/t/1/J" .
ok 'neither' test "$(grep -c J "$work/out")" = 0
ok 'it is relative to where phash was started' test ! -e t/J -a ! -e t/1/J
try 'with -z its lines end as always' 1 "$phash" -z --journal=J t nothing
"$phash" -z --journal=J -o /dev/full t 2>/dev/null
ok 'in LF' test "$(grep -c '^{' J),$(tr -dc '\0' <J | wc -c)" = 600,0
rm J
try 'in a sandbox that lets nothing else be read' 0 \
	"$phash" --sandbox --journal=J t
ok 'it goes, too' test ! -e J

# What cannot be one.
try 'a directory' 2 "$phash" --journal=t t
err 'is none' <<'END'
phash: t: Is a directory
END
mkfifo fifo
try 'nor is a FIFO' 2 "$phash" --journal=fifo t
err 'which is said' <<'END'
phash: fifo: not a regular file
END
echo precious >doc
cp true list
for file in doc list; do
	cp $file kept
	try "nor is $file" 2 "$phash" --journal=$file t
	err 'which it would remove' <<END
phash: $file: not a journal of phash
END
	same 'and it is as it was' $file kept
done
for output in J ./J "$PWD/J"; do
	rm -f J
	try "the output is none: $output" 2 "$phash" --journal=J -o "$output" t
	err 'which is said' <<'END'
phash: J: it is the output, too
END
done
rm -f J
: >J
try 'nor is standard output' 2 bash -c '"$1" --journal=J t >J' x "$phash"
rm -f J
ln -s elsewhere link
try 'nor what a symbolic link leads to' 2 "$phash" --journal=link t
err 'which is said, too' <<'END'
phash: link: a symbolic link
END
ok 'and nothing was made' test ! -e elsewhere
try 'nor standard input' 2 "$phash" --journal=- t
if [ "$(id -u)" = 0 ]; then
	echo '# phash journal' >theirs
	chown 4242 theirs
	try 'nor what somebody else has made' 2 "$phash" --journal=theirs t
	err 'is believed' <<'END'
phash: theirs: it belongs to somebody else
END
fi
try 'not with -c' 2 "$phash" -c --journal=J true
try 'nor with archives' 2 "$phash" --archive --journal=J t
: >J
exec 9<J
flock 9
try 'one that another run has' 2 "$phash" --journal=J t
err 'is in use' <<'END'
phash: J: in use by another run
END
exec 9<&-
rm J

# It is removed by a run that has come to its end with it, and by no other.
cp before J
try 'an operand that is not there' 1 "$phash" --journal=J t nothing
ok 'as one that is not mounted: it stays' test -e J
mkdir other
echo x >other/x
cp before J
try 'other files' 0 "$phash" --journal=J other
err 'have another' <<'END'
phash: J: kept: none of its files was found
END
ok 'it stays' test -e J
try 'files of which all changed since' 0 "$phash" --journal=J t other
ok 'it goes' test ! -e J
cp before J.sfv
try 'its name says nothing' 0 "$phash" --journal=J.sfv t
ok 'it is used' test "$(grep -c '= feed' "$work/out")" = 300

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	try 'a disk that is full' 1 strace -o /dev/null -e trace=write \
		-e inject=write:error=ENOSPC:when=2+ -P "$PWD/J" \
		"$phash" --journal=J t
	ok 'is said once' test "$(grep -c 'phash: J: No space left' "$work/err")" = 1
	cp "$work/out" got
	same 'and the run comes to its end' got true
	# it is synced when a second has passed; the run waits for the FIFO until then
	strace -o /dev/null -e trace=fdatasync -e inject=fdatasync:error=EIO \
		"$phash" --journal=J --sort=none t fifo >/dev/null 2>"$work/err" &
	run=$!
	exec 8>fifo
	until_ok grep -qx 'phash: J: Input/output error' "$work/err"
	ok 'a disk that cannot sync is said' test -s "$work/err"
	exec 8>&-
	wait $run
	ok 'and the status' test $? = 1
	rm -f J
else
	skip 'faults of a journal' 'no strace'
fi

# Killed at two hundred moments of a run, each after the last: what the journal has is
# not read again, so that no path is in it twice, and in the end the list is whole.
cat >kill.pl <<'END'
use strict;
use POSIX;
use Time::HiRes qw(usleep time);

my ($phash, $rounds) = @ARGV;
srand 20261130;

sub run {
	my ($out, $limit) = @_;
	my $pid = fork // die;
	if (!$pid) {
		open STDOUT, '>', $out or die;
		open STDERR, '>>', 'errors' or die;
		exec $phash, '-j2', '--chunk=8', '--journal=J', 't';
		POSIX::_exit(99);
	}
	if ($limit) {
		usleep 1e6 * rand $limit;
		kill KILL => $pid;
	}
	waitpid $pid, 0;
	return $?;
}
sub slurp { local (@ARGV, $/) = @_; return <> }

my $begin = time;
run('got');
my $whole = time - $begin;
my ($killed, $twice, $wrong, $left, $lists) = (0, 0, 0, 0, 0);
while ($killed < $rounds) {
	# nine times out of ten it is killed, unless it has ended
	my $status = run('got', rand() < 0.9 ? $whole : 0);
	if ($status == 9) {
		$killed++;
		next if !open my $j, '<', 'J';
		my %seen;
		while (<$j>) {
			$twice++ if /"path":"(.*?)".*"read":\d+}$/ && $seen{$1}++;
		}
		next;
	}
	$wrong += $status != 0 || slurp('got') ne slurp('true');
	$lists++;
	$left += -e 'J';
}
print "$killed killed, $lists lists, $wrong wrong, $twice read twice, $left left\n";
END
perl kill.pl "$phash" 200 >"$work/out"
ok "$(cat "$work/out")" grep -q \
	'killed, [1-9][0-9]* lists, 0 wrong, 0 read twice, 0 left' "$work/out"

finish
