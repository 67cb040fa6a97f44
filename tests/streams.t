#!/usr/bin/env bash
# Streams that say nothing hold back nothing else.

. "${0%/*}/lib.sh" || exit 1

mkdir t
for ((i = 0; i < 40; i++)); do
	mkfifo "fifo$i"
done
for ((i = 0; i < 300; i++)); do
	echo $i >t/$i
done
echo regular >regular
sha512sum --tag regular >"$work/regular"
empty=$(sha512sum --tag /dev/null)

# Runs phash in the background, with forty silent FIFOs and then what is named.
begin() {
	local i
	"$phash" --sort=none "$@" >"$work/out" 2>"$work/err" &
	pid=$!
}
# The status of it, after all FIFOs have come to their ends.
end() {
	local i got
	for ((i = 0; i < 40; i++)); do
		: >"fifo$i" & # waits until it is read
	done
	wait "$pid"
	got=$?
	# those that were not read wait for ever
	jobs -p | xargs -r kill 2>/dev/null
	wait
	[ $got = 0 ] || sed 's/^/# /' "$work/err"
	return "$got"
}
fifos=$(seq -f 'fifo%.0f' 0 39)

for jobs in 1 2; do
	# shellcheck disable=SC2086 # words are meant
	begin -j $jobs $fifos regular
	ok "-j $jobs: a file behind forty silent FIFOs" lines_out 1
	same 'is read' "$work/regular" "$work/out"
	end
	ok 'all goes well in the end' test $? = 0
	ok 'and every FIFO has its line' \
		test "$(grep -c '(fifo.*cf83e1357eefb8bd' "$work/out")" = 40

	# shellcheck disable=SC2086
	begin -j $jobs --files-from=<(printf '%s\n' $fifos t regular)
	ok "-j $jobs: a tree behind forty in a list" lines_out 301
	ok 'is read' test "$(grep -c '(fifo' "$work/out")" = 0
	end
	ok 'all goes well in the end' test $? = 0
done

# With few descriptors some are left for files, and what was inherited takes
# some of them, too.
for n in 14 20 47 '20, seven of them inherited'; do
	# shellcheck disable=SC2086
	(
		[ "$n" = "${n%inherited}" ] || exec 3<regular 4<regular \
			5<regular 6<regular 7<regular 8<regular 9<regular
		ulimit -n "${n%%,*}"
		exec "$phash" --sort=none -j 1 $fifos t
	) >"$work/out" 2>"$work/err" &
	pid=$!
	ok "$n descriptors: a tree behind forty silent FIFOs" lines_out 300
	same 'without a message' /dev/null "$work/err"
	end
	ok 'all goes well in the end' test $? = 0
done

# More of them than may be open.
# shellcheck disable=SC2086
begin -j 1 --chunk=1 t $fifos $fifos $fifos regular
ok 'chunks of one' lines_out 301
# Its worker has FIFOs open until it is gone, too, and would be who reads the next
# that is written.
worker=$(pgrep -P "$pid")
kill "$pid"
wait "$pid" 2>/dev/null
is_gone() {
	! kill -0 "$1" 2>/dev/null
}
until_ok is_gone "$worker"

# In a check verdicts come in the order of the list, but all are read: what is
# the same when it is read does not depend on the FIFOs behind it.
{
	cat "$work/regular"
	for ((i = 0; i < 40; i++)); do
		sed -n "s/(regular.*/(fifo$i) = ${empty##* }/p" "$work/regular"
	done
} >list
"$phash" -c -j 1 list >"$work/out" 2>"$work/err" &
pid=$!
ok 'a check: the first verdict' lines_out 1
end
ok 'a check of forty FIFOs' test $? = 0
ok 'which are OK' test "$(grep -c ': OK$' "$work/out")" = 41

look_inside
if ! strace -f -o /dev/null true 2>/dev/null; then
	skip 'readable, but nothing there' 'no strace'
	finish
fi
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace

# A table of the system that is full for a moment is not waited for until a
# stream ends.
sleep 1000 >fifo1 &
silent=$!
strace -f -o "$work/trace" -P regular -P "$PWD/regular" \
	-e trace=openat,open \
	-e inject=openat,open:error=ENFILE:when=1 \
	"$phash" -j 1 --sort=none fifo1 regular >"$work/out" 2>"$work/err" &
ok 'ENFILE beside a silent FIFO' lines_out 1
ok 'was injected' grep -q INJECTED "$work/trace"
kill "$silent"
wait "$silent" 2>/dev/null
wait
ok 'and all goes well' test "$(wc -l <"$work/out")" = 2

# A descriptor that polls readable and reads as if it were not is asked again
# after a pause. Only a worker that reads a stream makes so many calls of read, and
# who writes counters (make coverage).
head -c 20000000 /dev/zero >zeros
(cat zeros >fifo0) &
try 'readable, but nothing there' 0 strace -f --quiet=attach \
	-o "$work/trace" -e trace=read,\?poll,\?ppoll,\?ppoll_time64 \
	-e inject=read:error=EAGAIN:when=100..109 "$phash" -j 1 fifo0
wait
sha512sum --tag zeros | sed s/zeros/fifo0/ >"$work/lines"
same 'is read to its end' "$work/lines" "$work/out"
ok 'was injected' test "$(grep -c INJECTED "$work/trace")" -ge 10
# what the reader calls after each of them
awk '/INJECTED/ { reader = $1; next }
	$1 == reader && / p?poll(_time64)?\(/ { print; reader = "" }' \
	"$work/trace" >"$work/calls"
# 50 ms, as poll(2) has them or as ppoll(2) has them
pause='poll(_time64)?\((\[\]|NULL), 0, (50\b|\{tv_sec=0, tv_nsec=50000000\})'
ok 'waits for time to pass' test "$(grep -cE "$pause" "$work/calls")" = 10

# A silent stream is not waited for while there are names: before each file is
# opened there may be a wait, but then for the one chunk that all of them came in.
mkdir many
(cd many && seq 500 | xargs touch)
strace -f --quiet=attach -o "$work/trace" \
	-e trace=openat,\?recv,\?recvfrom,\?poll,\?ppoll,\?ppoll_time64 \
	"$phash" --sort=none -j 1 --chunk=1000 --engine=libcrypto fifo0 many \
	>"$work/out" 2>"$work/err" &
pid=$!
ok 'many files beside a silent FIFO' lines_out 500
: >fifo0
wait "$pid"
# by the worker, that is: other waits of the parent may have that length
awk '/openat\([0-9]+, "[0-9]+",/ {
		opened++
		passed += waits[$1]
		waits[$1] = 0
	}
	/ p?poll(_time64)?\(.* (50|{tv_sec=0, tv_nsec=50000000})/ {
		waits[$1]++
		waited = 1
	}
	/recv.* = [1-9][0-9]*$/ { waits[$1] = 0 }
	END { print opened + 0, waited + 0, passed + 0 }' "$work/trace" >"$work/waits"
ok 'all are opened, there are waits, none between them' test \
	"$(<"$work/waits")" = '500 1 0'

# A file whose disk is slow, as far as the kernel says, does not hold back what
# is there sooner. read(2), which waits for it, is the last resort.
echo slow >slow
strace -f -o "$work/trace" -e trace=preadv2 "$phash" slow >/dev/null 2>&1
if grep -q 'preadv2(' "$work/trace"; then
	exec 3< <(echo soon)
	wait $! # its end is there, too
	try 'a slow file before a stream' 0 strace -f \
		--quiet=attach,path-resolution -o "$work/trace" \
		-P "$(pwd -P)/slow" -P slow -e trace=preadv2,read \
		-e inject=preadv2:error=EAGAIN \
		-e inject=read:delay_enter=2s \
		"$phash" --sort=none --untagged -j 1 slow /dev/fd/3
	exec 3<&-
	out 'is read after it' <<END
$(echo soon | sha512sum | sed s,-,/dev/fd/3,)
$(sha512sum slow)
END
else
	# make PORTABLE=1: whether the disk is slow cannot be asked for
	skip 'a slow file before a stream' 'no preadv2'
fi

# A writer that opens all of them before it writes to the first.
x=$(echo x | sha512sum)
for jobs in 1 2; do
	(echo x | timeout 60 tee fifo{0..15} >/dev/null) &
	try "-j $jobs: sixteen streams of one writer" 0 \
		timeout 60 "$phash" --untagged -j $jobs fifo{0..15}
	ok 'are all read' test "$(grep -c "^${x%% *}" "$work/out")" = 16
	wait
done

finish
