#!/usr/bin/env bash
# System calls that fail, by strace and by limits.

. "${0%/*}/lib.sh"

mkdir t
for name in a b c d e; do
	echo $name >t/$name
done
sha512sum --tag t/a t/b t/c t/d t/e >"$work/lines"
grep -v t/c "$work/lines" >"$work/but-c"
here=$(pwd -P)
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace

# The answer to a fault may be to go on with less, to name what could not be
# read, or to say so and end in 2; never to leave anything out in silence.
right_or_said() {
	local desc=$1 status=$2
	case $status in
	0)
		same "$desc: all lines" "$work/lines" "$work/out"
		;;
	1)
		ok "$desc: a file is named" grep -q '^phash: t' "$work/err"
		;;
	2)
		ok "$desc: is said" grep -q '^phash: ' "$work/err"
		;;
	*)
		cp "$work/err" "$work/err1"
		ok "$desc: exit status $status" cat "$work/err1" /nonexistent
		;;
	esac
}
run() {
	"$@" >"$work/out" 2>"$work/err" </dev/null
}

# Limits are real faults, as far as they go.
for n in 64 40 24 16; do
	run bash -c "ulimit -n $n"' && exec "$@"' - "$phash" -j 8 t
	right_or_said "8 workers and $n descriptors" $?
done
mkdir many
for ((i = 0; i < 200; i++)); do
	head -c 140000 /dev/zero >many/$i
done
"$phash" many >"$work/many"
for few in '12 1' '14 1' '20 2' '26 4'; do
	try "few descriptors ($few)" 0 bash -c \
		'ulimit -n "${1% *}" && exec "$2" -j "${1#* }" many' - \
		"$few" "$phash"
	same 'are enough for every file' "$work/many" "$work/out"
done
deep=$(printf 'd%.0s/' {1..20})
mkdir -p "audited/$deep"
"$phash" t/a | sed "s,t/a,audited/${deep}gone," >deep-list
try 'few descriptors and what is deep and gone' 1 \
	bash -c 'ulimit -n 20 && exec "$@"' - \
	"$phash" -j 1 --audit=deep-list audited
ok 'are enough to see that' grep -q '^MISSING audited/.*/gone$' "$work/out"
try '64 workers and 256 descriptors' 0 bash -c 'ulimit -n 256 && exec "$@"' - \
	"$phash" -j 64 t
same 'all lines' "$work/lines" "$work/out"
cp "$phash" "$work/phash"
if [ "$(id -u)" = 0 ]; then
	try 'no process may be started' 2 as_user bash -c \
		'ulimit -u 1 && exec "$@"' - "$work/phash" t
	ok 'is said' grep -q '^phash: cannot start workers: ' "$work/err"
	out 'and nothing is printed' </dev/null
else
	skip 'no process may be started' 'others of this user count'
fi

look_inside
if ! strace -f -o /dev/null true 2>/dev/null; then
	skip 'system calls that fail' 'no strace'
	finish
fi
reads=read,pread64,readv,preadv,preadv2
# Some architectures have calls of their own for send(2) and recv(2).
sends=sendto,sendmsg,\?send
receives=recvfrom,recvmsg,\?recv

# faulty CALLS:FAULT PATH CMD...: CMD, whose calls on PATH fail.
faulty() {
	local fault=$1 path=$2
	shift 2
	strace -f --quiet=attach,path-resolution -o "$work/trace" \
		-P "$path" -P "$here/$path" -P "${path##*/}" \
		-e trace="${fault%%:*}" -e inject="$fault" "$@"
}
injected() {
	grep -q INJECTED "$work/trace"
}

# bad_file FAULT REASON: t/c fails with REASON.
bad_file() {
	try "$1" 1 faulty "$1" t/c "$phash" t
	ok 'was injected' injected
	err 'is said' <<END
phash: t/c: $2
END
	same 'and the rest is done' "$work/but-c" "$work/out"
}
bad_file $reads:error=EIO 'Input/output error'
bad_file openat,open:error=EMFILE 'Too many open files'
bad_file openat,open:error=ENFILE 'Too many open files in system'
bad_file openat,open:error=EPERM 'Operation not permitted'
bad_file openat,open:error=ENOMEM 'Cannot allocate memory'

# What others may give back is waited for.
for error in ENFILE EAGAIN; do
	try "$error once" 0 faulty openat,open:error=$error:when=1 \
		t/c "$phash" t
	ok 'was injected' injected
	same 'is tried again' "$work/lines" "$work/out"
done

# It is no reason to have fewer files open from then on.
all=()
for ((i = 0; i < 200; i++)); do
	all+=(-P "$here/many/$i" -P "$i")
done
try 'ENFILE once, among many files' 0 strace -f \
	--quiet=attach,path-resolution -o "$work/trace" "${all[@]}" \
	-e trace=openat,close -e inject=openat:error=ENFILE:when=2 \
	"$phash" -j 1 many
ok 'was injected' injected
same 'all lines' "$work/many" "$work/out"
most=$(awk '/ openat\(.* = [0-9]/ { if (++n > most) most = n }
	/ close\(.* = 0/ { n-- }
	END { print most + 0 }' "$work/trace")
ok 'several are open at a time' test "$most" -gt 4

# For no longer than the kernel waits for a lease, which is long: in a place of
# its own it is one second.
echo 1 >"$work/second"
enter=(unshare -m)
[ "$(id -u)" = 0 ] || enter=(unshare -rm)
in_a_second() {
	"${enter[@]}" sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' \
		"$work/second" /proc/sys/fs/lease-break-time "$@"
}
if in_a_second true 2>/dev/null; then
	try 'a file that stays leased' 1 in_a_second strace -f \
		--quiet=attach,path-resolution -o "$work/trace" \
		-P t/c -P "$here/t/c" -P c -e trace=openat,open \
		-e inject=openat,open:error=EAGAIN "$phash" t
	err 'is said' <<'END'
phash: t/c: in use: another program has a lease on it
END
	same 'and the rest is done' "$work/but-c" "$work/out"
else
	skip 'a file that stays leased' 'no mount namespace'
fi

head -c 300000 /dev/zero >t/c
try 'an error in the middle of a file' 1 faulty \
	$reads:error=EIO:when=2 t/c "$phash" t
err 'is said' <<'END'
phash: t/c: Input/output error
END
same 'and the rest is done' "$work/but-c" "$work/out"
echo c >t/c

try 'interrupted reads' 0 faulty $reads:error=EINTR:when=1..3 \
	t/c "$phash" t
ok 'were injected' injected
same 'are done again' "$work/lines" "$work/out"
for error in EAGAIN EOPNOTSUPP ENOSYS; do
	try "reads that fail with $error where they must not wait" 0 faulty \
		preadv2:error=$error t/c "$phash" t
	same 'are done in another way' "$work/lines" "$work/out"
done
# Which no file system is asked again.
try 'no read that does not wait' 0 strace -f --quiet=attach,path-resolution \
	-o "$work/trace" -e trace=preadv2 -e inject=preadv2:error=EOPNOTSUPP \
	"$phash" -j 1 t
same 'is no fault' "$work/lines" "$work/out"
want=1
! is_portable || want=0
ok 'and tried once' test "$(grep -c preadv2 "$work/trace")" = $want
# About 200 times; once it was waited for, all of the file is.
head -c 3000000 /dev/zero >long
try 'a file that is never there at once' 0 faulty preadv2:error=EAGAIN long \
	"$phash" long
sha512sum --tag long >"$work/want"
same 'is read in another way' "$work/want" "$work/out"
ok 'is not asked for again for each buffer' test \
	"$(grep -c preadv2 "$work/trace")" -lt 300
# What another file is digested meanwhile does not make it asked for again.
head -c 20000000 /dev/zero >big
try 'a file whose bytes are long in coming, and a big one' 0 strace -f \
	--quiet=attach,path-resolution -o "$work/trace" -P t/c -P "$here/t/c" \
	-e trace='preadv2,?fadvise64,?fadvise64_64,?arm_fadvise64_64' \
	-e inject=preadv2:error=EAGAIN "$phash" -j 1 t/c big
asked_once() { # where there is a read that does not wait
	local want=0
	grep -q preadv2 "$work/trace" && want=1
	[ "$(grep -c fadvise "$work/trace")" = "$want" ]
}
sha512sum --tag big t/c >"$work/want"
same 'are both read' "$work/want" "$work/out"
ok 'the disk is asked once for them' asked_once
try 'interrupted opens' 0 faulty openat,open:error=EINTR:when=1..3 \
	t/c "$phash" t
ok 'were injected' injected
same 'are done again' "$work/lines" "$work/out"

mkdir -p within/d/e
echo f | tee within/d/f >within/d/e/f
"$phash" within >"$work/within"
# A worker opens each directory on the way. With a trace for each process no line of
# one is cut by another's.
try 'an interrupted descent' 0 strace -ff --quiet=attach,path-resolution \
	-o "$work/descent" -P d -P e -e trace=openat,open \
	-e inject=openat,open:error=EINTR:when=1..3 "$phash" -j 1 within
ok 'was injected' test \
	"$(cat "$work"/descent.* | grep -c 'O_NOFOLLOW.*EINTR.*INJECTED')" = 3
same 'is done again' "$work/within" "$work/out"

# A file that kills whoever reads it.
try 'a deadly file' 1 faulty $reads:signal=KILL t/c \
	"$phash" -j 2 t
err 'is said' <<'END'
phash: t/c: worker killed by signal 9 (Killed)
END
same 'and the rest is done' "$work/but-c" "$work/out"
try 'a deadly file, SIGCHLD being ignored' 1 faulty $reads:signal=KILL t/c \
	perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$phash" -j 2 t
err 'is said all the same' <<'END'
phash: t/c: worker killed by signal 9 (Killed)
END
try 'a deadly file, in chunks of one' 1 faulty \
	$reads:signal=SEGV t/c "$phash" -j 1 --chunk=1 t
err 'is said' <<'END'
phash: t/c: worker killed by signal 11 (Segmentation fault)
END
same 'and the rest is done' "$work/but-c" "$work/out"

# everywhere FAULT: the calls fail wherever they are made.
everywhere() {
	run strace -f -qq -o "$work/trace" -e trace="${1%%:*}" \
		-e inject="$1" "$phash" -j 3 t
	right_or_said "$1" $?
	ok 'was injected' injected
}
forks=clone,clone3,fork,vfork
everywhere $forks:error=EAGAIN
ok 'no worker is exit status 2' grep -q \
	'^phash: cannot start workers: Resource temporarily unavailable$' \
	"$work/err"
everywhere $forks:error=EAGAIN:when=2+
everywhere $forks:error=ENOMEM:when=3
everywhere socketpair:error=EMFILE
everywhere socketpair:error=ENFILE:when=2+
everywhere poll,ppoll,epoll_wait,epoll_pwait,epoll_pwait2:error=EINTR:when=1..5
everywhere "$receives":error=EINTR:when=4..6
everywhere "$sends",write,writev:error=EINTR:when=1

# Want of memory in the kernel passes, mostly. When it does not, it is said.
sockets=$sends,$receives
for fault in "$sockets:error=ENOBUFS:when=2..6" "$sockets:error=ENOMEM:when=2..6" \
	"$sockets:error=ENOMEM:when=1" \
	poll,ppoll,epoll_wait,epoll_pwait:error=ENOMEM:when=1..5; do
	try "$fault" 0 strace -f -qq -o "$work/trace" \
		-e trace="${fault%%:*}" -e inject="$fault" "$phash" -j 3 t
	ok 'was injected' injected
	same 'is only waited for' "$work/lines" "$work/out"
done
for fault in "$sends:error=ENOBUFS" "$receives:error=ENOMEM"; do
	try "$fault for ever" 2 timeout 60 strace -f -qq -o "$work/trace" \
		-e trace="${fault%%:*}" -e inject="$fault" "$phash" -j 2 t
	ok 'is said' grep -qx 'phash: the workers are gone: out of memory' \
		"$work/err"
done
fault=poll,ppoll,epoll_wait,epoll_pwait:error=ENOMEM
try 'nothing can be waited for' 0 timeout 60 strace -f -qq -o "$work/trace" \
	-e trace="${fault%%:*}" -e inject="$fault" "$phash" -j 2 t
same 'it is done by looking' "$work/lines" "$work/out"

# All workers die before they do anything: that ends, and is said.
run timeout 60 strace -f --quiet=attach,path-resolution -o "$work/trace" -P t/a -P t/b -P t/c -P t/d \
	-P t/e -P a -P b -P c -P d -P e \
	-e trace=openat,open \
	-e inject=openat,open:signal=KILL:when=1+ "$phash" t/a t/b t/c t/d t/e
status=$?
ok 'every worker dies of every file' test $status = 1 -o $status = 2
ok 'and it is said' grep -q '^phash: ' "$work/err"
out 'and nothing is printed' </dev/null

finish
