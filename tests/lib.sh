# lib.sh - what every shell test (tests/*.t) begins with:
#
#     . "${0%/*}/lib.sh" || exit 1
#
# It moves to an empty directory of its own, which is removed at the end, and
# gives these verbs. Each of try, out, err, same and ok is one TAP line.
#
#     try DESC STATUS CMD...   runs CMD, stdout to ../out, stderr to ../err;
#                              passes when its exit status is STATUS
#     out DESC <<'END'         the stdout of the last try, byte for byte
#     err DESC <<'END'         the stderr of the last try, byte for byte
#     same DESC FILE FILE      two files are equal
#     ok DESC CMD...           CMD succeeds; its output is shown when not
#     skip DESC REASON         a case that this machine cannot run
#     shot_at ROUNDS STATUS CMD...   and
#     lines_out N              for use with ok: see there
#     until_ok CMD...          waits until CMD succeeds
#     lines_are FILE N         FILE has N lines
#     at_reads WHEN CHANGE CMD...   and
#     reads                    for changes of a file while it is read
#     engines                  every --engine that this machine has
#     gone PID...              no such process works any more
#     small_files DIR N        makes DIR with N files, of 1, 4, 9 ... random bytes
#     large_files DIR N        likewise of 30 MiB, which are holes
#     has_archives             was phash built with libarchive? for use with if
#     is_portable, nameless    of phash, see there
#     always OPTION            every run from here on has it
#     own_mounts               what is mounted from here on nobody else sees
#     finish                   the plan; the last line of every test
#
# $phash is the program under test, $top the source tree. as_user CMD... runs
# CMD as somebody who is not root. The files out and err lie outside the
# current directory, so that walking it never meets them.
# shellcheck shell=bash

set -u
export LC_ALL=C
unset QUOTING_STYLE POSIXLY_CORRECT

top=$(cd "${0%/*}/.." && pwd)
phash=${PHASH:-$top/build/phash}
work=$(mktemp -d "${TMPDIR:-/tmp}/phash-test.XXXXXX") || exit 1
chmod 755 "$work"
mkdir "$work/d"
cd "$work/d" || exit 1
trap 'cd /; chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT

# From here on every run has this option, unless the test says another.
always() {
	local with=$work/with${1//=/-} # env(1) takes a name with = for a variable
	[ ! -d "$with" ] || return 0 # every run has it already
	mkdir -m 755 "$with"
	ln -s "${phash%/*}"/* "$with" # which tests look for beside it
	rm -f "$with/phash" "$with/as-built"
	cp "$phash" "$with/as-built" # for who cannot come to where it was built
	printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$with/as-built" "$1" \
		>"$with/phash"
	chmod 755 "$with/phash"
	phash=$with/phash
}
# From here on strace(1), say, can look into a worker: root's always can.
look_inside() {
	[ "$(id -u)" = 0 ] || always --no-sandbox
}
[ -z "${TEST_ENGINE:-}" ] || always "--engine=$TEST_ENGINE"
[ -z "${TEST_WALK:-}" ] || always "--walk=$TEST_WALK"

test_count=0
test_failed=0

# A line of TAP; where STATUS is not 0, stdin has what went wrong.
report() { # STATUS DESC
	test_count=$((test_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $test_count - $2"
	else
		test_failed=$((test_failed + 1))
		echo "not ok $test_count - $2"
		head -n 40 | sed 's/^/# /'
	fi
}

# Where all is well, no process is made to say so: there are thousands of cases.
try() {
	local desc=$1 want=$2 got
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	if [ "$got" = "$want" ]; then
		report 0 "$desc"
	else
		report 1 "$desc" < <(
			echo "exit status $got, expected $want: $*"
			head -c 4000 "$work/err"
		)
	fi
}

out() {
	diff -u - "$work/out" >"$work/diff"
	report $? "$1" <"$work/diff"
}

err() {
	diff -u - "$work/err" >"$work/diff"
	report $? "$1" <"$work/diff"
}

# The same, but for what --debug says of the sandbox, which depends on the kernel.
said() {
	sed -i '/^phash: sandbox of the /d' "$work/err"
	err "$1"
}

same() {
	if cmp -s "$2" "$3"; then
		report 0 "$1"
	else
		report 1 "$1" < <(diff -u "$2" "$3" 2>&1)
	fi
}

ok() {
	local desc=$1
	shift
	if "$@" >"$work/ok" 2>&1 </dev/null; then
		report 0 "$desc"
	else
		report 1 "$desc" < <(echo "failed: $*"; cat "$work/ok")
	fi
}

skip() {
	test_count=$((test_count + 1))
	echo "ok $test_count - $1 # SKIP $2"
}

gone() {
	local pid
	for pid; do
		# a zombie is gone too: it waits for its new parent only
		case $(ps -o stat= -p "$pid") in
		'' | Z*) ;;
		*) return 1 ;;
		esac
	done
}

small_files() {
	local i
	mkdir "$1"
	for ((i = 1; i <= $2; i++)); do
		head -c $((i * i)) /dev/urandom >"$1/f$i"
	done
}

large_files() {
	local i
	mkdir "$1"
	for ((i = 1; i <= $2; i++)); do
		truncate -s 30M "$1/$i"
	done
}

has_archives() {
	"$phash" --archive /dev/null >"$work/out" 2>"$work/err"
}

# For a test that mounts something below its directory: first of all, as the test is
# begun once more, with a table of mounts of its own, where nobody else sees it. At
# the end all of it is unmounted. $obstacle is why that cannot be, or nothing.
own_mounts() {
	obstacle=''
	if [ "$(id -u)" != 0 ]; then
		obstacle='not root'
	elif [ "${OWN_MOUNTS-}" ]; then
		trap unmount_all EXIT
		obstacle=$(mount --bind "$work" "$work" 2>&1)
		cd "$work/d" || exit 1
	elif unshare -m true 2>/dev/null; then
		cd /
		rm -r "$work"
		OWN_MOUNTS=yes exec unshare -m bash "$top/tests/${0##*/}"
	else
		# shellcheck disable=SC2034 # tests ask for it
		obstacle='no mount namespaces'
	fi
}
# What is mounted below goes with it.
unmount_all() {
	cd /
	umount -l "$work"
	rm -rf --one-file-system "$work"
}

# Permissions mean nothing to root, so tests of them run as nobody.
as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}

# Runs CMD as try does, in the background, and kills workers of it at random
# until ROUNDS are dead. Passes when CMD ends with STATUS all the same. When it was
# at its end before the first shot, which nothing keeps it from, it is run again.
shot_at() {
	local status=$2 shot=0 got=$2 try
	for ((try = 0; try < 100 && shot == 0 && got == status; try++)); do
		shoot_once "$1" "${@:3}"
	done
	echo "status $got, shot $shot times"
	[ "$got" = "$status" ] && [ "$shot" -gt 0 ]
}

# Its status goes to got, and how many were killed to shot. A sanitizer's check for
# leaks has a child of its own, too, without which it would never end.
shoot_once() { # ROUNDS CMD...
	local rounds=$1 pid victims
	shift
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		"$@" >"$work/out" 2>"$work/err" &
	pid=$!
	while [ "$shot" -lt "$rounds" ] && kill -0 "$pid" 2>/dev/null; do
		mapfile -t victims < <(pgrep -P "$pid")
		[ ${#victims[@]} -gt 0 ] || continue
		kill -KILL "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null &&
			shot=$((shot + 1))
		sleep 0.03
	done
	wait "$pid"
	got=$?
}

engines() {
	local engine
	for engine in auto libcrypto lanes avx2x4 avx512x4 avx512x8; do
		"$phash" --engine="$engine" /dev/null >"$work/engine" 2>&1 &&
			echo "$engine"
	done
}

# Was phash built with PORTABLE=1, without extensions of Linux?
is_portable() {
	grep -q -e -DPHASH_PORTABLE "${phash%/*}/flags" 2>/dev/null
}
# Can it make a file without a name here, so that it leaves none when it is killed?
nameless() {
	[ "$(uname -m)" = x86_64 ] && ! is_portable &&
		perl -e 'use Fcntl; exit !sysopen(F, ".", O_WRONLY | 020200000)'
}

# Waits until CMD succeeds; gives up after long enough.
until_ok() {
	local try
	for ((try = 0; try < 3000; try++)); do
		"$@" && return
		sleep 0.02
	done
	return 1
}

lines_are() { # FILE N
	[ "$(wc -l <"$1")" = "$2" ]
}

# Waits until ../out has N lines.
lines_out() {
	until_ok lines_are "$work/out" "$1"
}

# at_reads WHEN CHANGE CMD...: CMD, whose worker is stopped by strace after
# those reads of the file "f" that WHEN says, until CHANGE has been made.
at_reads() {
	local when=$1 change=$2 reads=read,pread64,readv,preadv,preadv2
	local tracer stops=0 stopped
	shift 2
	: >"$work/trace"
	strace -f --quiet=attach,path-resolution -o "$work/trace" -P "$(pwd -P)/f" \
		-e trace="$reads" -e inject="$reads:signal=STOP:when=$when" \
		"$@" &
	tracer=$!
	while kill -0 "$tracer" 2>/dev/null; do
		mapfile -t stopped < <(sed -n \
			's/^\([0-9]*\) *--- stopped by SIGSTOP ---$/\1/p' \
			"$work/trace")
		if [ ${#stopped[@]} -gt "$stops" ]; then
			eval "$change"
			kill -CONT "${stopped[stops]}"
			stops=$((stops + 1))
		fi
		sleep 0.01
	done
	wait "$tracer"
}

# How many of the reads of the last at_reads had bytes.
reads() {
	grep -c '^[0-9]* *p*read.* = [1-9]' "$work/trace"
}

# The bytes that they had together: where a page is not to be had at once, a read
# ends before it.
bytes_read() {
	sed -n 's/^[0-9]* *p*read.* = \([1-9][0-9]*\).*/\1/p' "$work/trace" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

finish() {
	echo "1..$test_count"
	[ "$test_failed" = 0 ]
	exit
}
