#!/usr/bin/env bash
# The walk: what it finds, what it passes over, and what it must report.

. "${0%/*}/lib.sh"

# The program where somebody who is not root can run it.
cp "$phash" "$work/phash"

lines() {
	sha512sum --tag -- "$@" >"$work/lines"
}

mkdir -p t/sub/void
echo 1 >t/f
echo 2 >t/sub/g

# Special files: a FIFO that is opened would never end.
mkfifo t/fifo t/sub/fifo
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "t/socket",
	Listen => 1) or die'
ln -s f t/link
ln -s nowhere t/dangling
ln -s sub t/dirlink
ln -s fifo t/fifolink
try 'special files and links' 0 timeout 60 "$phash" t
lines t/f t/sub/g
same 'are passed over' "$work/lines" "$work/out"
err 'in silence' </dev/null
try 'with -v' 0 "$phash" -v t
err 'they are counted' <<'END'
phash: 2 files hashed, 0 names without a digest; in 3 directories, skipped 4 symbolic links, 3 special files, 0 output files
END
if mknod t/null c 1 3 2>/dev/null; then
	try 'devices' 0 "$phash" t
	same 'are passed over' "$work/lines" "$work/out"
	rm t/null
else
	skip 'devices are passed over' 'needs root'
fi
look_inside
if strace -o /dev/null true 2>/dev/null; then
	ASAN_OPTIONS=detect_leaks=0 strace -f -o "$work/trace" \
		-e trace=open,openat "$phash" t >"$work/out"
	same 'under strace too' "$work/lines" "$work/out"
	ok 'regular files are opened' grep -q '"\(t/\)\?f"' "$work/trace"
	ok 'special ones and links are not' bash -c \
		'! grep -e "fifo\"" -e "socket\"" -e "link\"" "$1"' - \
		"$work/trace"
else
	skip 'special files and links are not opened' 'no strace'
fi
rm t/link t/dangling t/dirlink t/fifolink

# What cannot be read is said, and the rest is done.
mkdir -p p/closed p/blind p/open
echo 1 >p/a
echo 2 >p/closed/b
echo 3 >p/blind/c
echo 4 >p/open/d
echo 5 >p/open/e
chmod 000 p/open/e p/closed
try 'an unreadable file and directory' 1 as_user "$work/phash" p
err 'are said' <<'END'
phash: p/closed: Permission denied
phash: p/open/e: Permission denied
END
lines p/a p/blind/c p/open/d
same 'and the rest is done' "$work/lines" "$work/out"
try 'the same, unsorted' 1 as_user "$work/phash" --sort=none p
sort "$work/err" >sorted
printf 'phash: %s: Permission denied\n' p/closed p/open/e >expected
same 'is said too' expected sorted
chmod 755 p/closed
chmod 444 p/blind
try 'a directory that can be listed only' 1 as_user "$work/phash" p/blind
ok 'is said' grep -q '^phash: p/blind.*: Permission denied$' "$work/err"
out 'and has no line' </dev/null
chmod 311 p/blind
try 'a directory that can be searched only' 1 as_user "$work/phash" p/blind p/a
err 'is said' <<'END'
phash: p/blind: Permission denied
END
lines p/a
same 'and the rest is done' "$work/lines" "$work/out"
try 'an unreadable operand' 1 as_user "$work/phash" p/open/e
err 'is said' <<'END'
phash: p/open/e: Permission denied
END
try 'a current directory that cannot be read' 0 as_user bash -c \
	'cd p/blind && "$1" c' - "$work/phash"
out 'does no harm' <<END
SHA512 (c) = $(sha512sum <p/blind/c | cut -c 1-128)
END
chmod 755 p/blind
chmod 644 p/open/e

# --max-depth: directories at the limit are not entered.
mkdir -p m/1/2/3
touch m/f m/1/f m/1/2/f m/1/2/3/f
for depth in 0 1 2 3 4 1000000000; do
	try "--max-depth=$depth" 0 "$phash" --max-depth=$depth m m/f
	find m m/f -maxdepth "$depth" -type f -print0 | sort -zu |
		xargs -0 -r sha512sum --tag -- >"$work/lines"
	same 'is that of find' "$work/lines" "$work/out"
done
chmod 000 m/1/2
try 'a directory below the limit' 0 as_user "$work/phash" --max-depth=2 m
err 'is not even opened' </dev/null
chmod 755 m/1/2

# -L.
mkdir -p l/dir l/other
echo 1 >l/file
echo 2 >l/dir/g
echo 3 >outside
ln -s file l/link
ln -s ../outside l/out
ln -s dir l/dirlink
ln -s ../dir l/other/again
try '-L' 0 "$phash" -L l
lines l/dir/g l/dirlink/g l/file l/link l/other/again/g l/out
same 'follows links' "$work/lines" "$work/out"
err 'in silence' </dev/null
ln -s ../dir l/dir/self
ln -s .. l/other/up
try '--follow, with loops' 1 timeout 60 "$phash" --follow l
err 'says every loop' <<'END'
phash: l/dir/self: Too many levels of symbolic links
phash: l/dirlink/self: Too many levels of symbolic links
phash: l/other/again/self: Too many levels of symbolic links
phash: l/other/up: Too many levels of symbolic links
END
same 'and has all files' "$work/lines" "$work/out"
rm l/dir/self l/other/up
ln -s ring2 l/ring1
ln -s ring1 l/ring2
mkfifo l/dir/fifo
ln -s dir/fifo l/fifolink
try '-L with links to each other and to a FIFO' 1 timeout 60 "$phash" -L l
err 'says the former' <<'END'
phash: l/ring1: Too many levels of symbolic links
phash: l/ring2: Too many levels of symbolic links
END
same 'and has all files' "$work/lines" "$work/out"
rm l/ring1 l/ring2
ln -s nowhere l/dangling
try '-L with a link to nothing' 0 "$phash" -L -v l
err 'counts it' <<'END'
phash: 6 files hashed, 0 names without a digest; in 5 directories, skipped 1 symbolic links, 4 special files, 0 output files
END
same 'and has all files' "$work/lines" "$work/out"
try 'without -L' 0 "$phash" l
lines l/dir/g l/file
same 'only what is there' "$work/lines" "$work/out"

# Each of these has links to all of them: more paths than can be walked.
mkdir -p many/{a,b,c,d,e,f,g,h,i,j,k,l}
for dir in many/*; do
	for other in many/*; do
		ln -s "../${other#*/}" "$dir/to-${other#*/}"
	done
	echo 1 >"$dir/file"
done
try '-L with links behind links' 1 timeout 60 "$phash" -L many
ok 'comes to an end' test "$(wc -l <"$work/out")" -lt 10000
ok 'and has all files' test \
	"$(grep -cE '^SHA512 .many/./file.' "$work/out")" = 12
sed -n 's/: too many ways through symbolic links$//p' "$work/err" >left
ok 'says which directories it did not enter again' test -s left
ok 'each once' test "$(sed 's/.*-//' left | sort | uniq -d)" = ''

# -x: another file system in the tree, mounted where nobody else sees it.
mkdir -p x/mnt/sub x/sub
echo 1 >x/f
mounted() {
	unshare -m bash -c 'mount -t tmpfs none x/mnt && mkdir x/mnt/dir &&
		echo 2 >x/mnt/g && echo 3 >x/mnt/dir/h && exec "$@"' - "$@"
}
echo 2 >two
echo 3 >three
if mounted true 2>/dev/null; then
	try 'a mount point' 0 mounted "$phash" x
	out 'is entered' <<END
SHA512 (x/f) = $(sha512sum <x/f | cut -c 1-128)
SHA512 (x/mnt/dir/h) = $(sha512sum <three | cut -c 1-128)
SHA512 (x/mnt/g) = $(sha512sum <two | cut -c 1-128)
END
	for x in -x --one-file-system; do
		try "a mount point with $x" 0 mounted "$phash" $x x
		lines x/f
		same 'is not entered' "$work/lines" "$work/out"
		err 'in silence' </dev/null
	done
	try '-x, with the mount point as operand' 0 mounted "$phash" -x x/mnt
	out 'stays on that one' <<END
SHA512 (x/mnt/dir/h) = $(sha512sum <three | cut -c 1-128)
SHA512 (x/mnt/g) = $(sha512sum <two | cut -c 1-128)
END
	ln -s mnt x/link
	try '-x -L' 0 mounted "$phash" -x -L x
	lines x/f
	same 'does not go there through a link either' "$work/lines" "$work/out"
else
	skip '-x' 'cannot mount'
fi

# The same directory under several operands, and one inside another.
try 'operands that lie in each other' 0 "$phash" m/1 m m/1/2
find m -type f -print0 | sort -z | xargs -0 sha512sum --tag >"$work/lines"
same 'give each path once' "$work/lines" "$work/out"

# What has become something else between the walk and its opening: the worker
# is stopped before it gets the names, and goes on when all has changed.
state_is() {
	[ "$(ps -o state= -p "$1")" = "$2" ]
}
waits() {
	local sample
	for sample in 1 2 3 4 5; do
		state_is "$1" S || return
		sleep "0.0$sample"
	done
}
mkdir c
for name in a b c d e; do
	echo $name >c/$name
done
mkfifo names
"$phash" -j 1 --walk=parent --files-from=names >"$work/out" 2>"$work/err" &
pid=$!
exec 3>names
echo c/d >&3
until_ok pgrep -P $pid >/dev/null
worker=$(pgrep -P $pid)
kill -STOP "$worker"
until_ok state_is "$worker" T
echo c >&3
exec 3>&-
until_ok waits $pid
rm c/a c/b c/c c/e
ln -s ../two c/a
mkfifo c/b
mkdir c/e
kill -CONT "$worker"
wait $pid
ok 'changed before they are opened: exit status' test $? = 1
err 'they are said, not followed and not waited for' <<'END'
phash: c/a: no longer a regular file
phash: c/b: no longer a regular file
phash: c/c: No such file or directory
phash: c/e: no longer a regular file
END
lines c/d
same 'and the rest is done' "$work/lines" "$work/out"

finish
