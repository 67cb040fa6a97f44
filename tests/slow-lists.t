#!/usr/bin/env bash
# Results do not wait for names: a list that pauses, and what was read of it.

. "${0%/*}/lib.sh" || exit 1

mkdir t
for name in a b c; do
	echo "$name" >"t/$name"
done
sha512sum --tag t/a t/b t/c >sums
head -n 1 sums >"$work/first"
mkfifo names

# begins CMD...: CMD runs, with what is written to 3 as standard input.
begins() {
	"$@" <names >"$work/out" 2>"$work/err" &
	pid=$!
	exec 3>names
}

# ends DESC STATUS: no more input comes.
ends() {
	exec 3>&-
	wait "$pid"
	ok "$1" test $? = "$2"
}

for jobs in 1 2; do
	for list in --files-from=- --files-from=/dev/stdin; do
		begins "$phash" -j $jobs --sort=none $list
		echo t/a >&3
		ok "-j $jobs $list: the first name" lines_out 1
		same 'is printed while the next is not there' \
			"$work/first" "$work/out"
		printf 't/b\nt/' >&3
		ok 'so is the second, with a part of the third' lines_out 2
		echo c >&3
		ok 'and the third' lines_out 3
		ends 'the end is the end' 0
		same 'and all of it was right' sums "$work/out"
	done
done

begins "$phash" --sort=none --files0-from=-
printf 't/a\0' >&3
ok '--files0-from: the first name' lines_out 1
ends 'the end is the end' 0
same 'it is printed' "$work/first" "$work/out"

# A chunk that is not full does not wait either.
begins "$phash" --sort=none --chunk=100 --files-from=-
printf 't/a\nt/b\n' >&3
ok '--chunk=100: two names' lines_out 2
ends 'the end is the end' 0

begins "$phash" -c -
head -n 1 sums >&3
ok '-c: the first verdict' lines_out 1
sed -n 2p sums >&3
ok 'the second' lines_out 2
echo t/a: OK >"$work/want"
echo t/b: OK >>"$work/want"
same 'they are right' "$work/want" "$work/out"
echo 'not a line' >&3
sed -n 3p sums >&3
ok 'the third, behind what is no line' lines_out 3
ends 'the end is the end' 0

# The progress line goes on, and so do messages.
said() {
	grep -q "$1" "$work/err"
}
begins "$phash" --sort=none --files-from=-
printf 't/a\nt/none\n' >&3
ok 'a name without a file' until_ok said 't/none: No such file'
ok 'one with' lines_out 1
kill -USR1 "$pid"
ok 'SIGUSR1 before the end has a line' until_ok said '^[12] files*, 2 B'
ends 'the end is the end' 1

# What was found before the pause is hashed in it, however much it is.
mkdir many
(cd many && seq 3000 | while read -r n; do echo "$n" >"$n"; done)
begins "$phash" -j 1 --chunk=1 --files-from=-
find many -type f >&3
done_are() {
	kill -USR1 "$pid"
	grep -q "^$1," "$work/err"
}
until [ -n "$(pgrep -P "$pid")" ]; do
	sleep 0.02 # the first worker comes after the handler of the signal
done
ok 'in order of path, and no end yet: all is done' until_ok done_are '3000 files'
ends 'the end is the end' 0
ok 'and they are all there' test "$(wc -l <"$work/out")" = 3000

# While nothing comes, hardly anything is done.
if strace -o /dev/null true 2>/dev/null; then
	begins env ASAN_OPTIONS=detect_leaks=0 \
		strace -f -qq -c -o "$work/calls" -U calls,name \
		"$phash" -j 1 --sort=none --files-from=-
	echo t/a >&3
	ok 'a name under strace' lines_out 1
	sleep 1
	ends 'the end is the end' 0
	# of env(1), which may be of another architecture, and of phash; of make
	# coverage a thousand write counters
	few=2000
	! grep -q -e --coverage "${phash%/*}/flags" || few=4000
	ok 'a second of nothing takes a few calls' test "$(awk \
		'$2 == "total" { n += $1 } END { print n }' \
		"$work/calls")" -lt $few

	# Names that wait for room do not make small chunks of those before
	# them: here five files are a chunk, and eighty chunks may wait.
	mkdir heavy
	(cd heavy && seq 800 | xargs truncate -s 400000)
	find heavy -type f >list
	# as a grandchild: what is waited for, and asked, is phash
	begins env ASAN_OPTIONS=detect_leaks=0 \
		strace -D --quiet=attach -o "$work/trace" -e trace=sendto \
		"$phash" -j 1 --chunk=100 --files-from=-
	cat list >&3
	until grep -qs sendto "$work/trace"; do
		sleep 0.02
	done
	for ((i = 0; i < 12; i++)); do
		done_are '800 files' && break
	done
	ends 'eight hundred files, more than may wait' 0
	until grep -qs "exited with" "$work/trace"; do
		sleep 0.02
	done
	ok 'are sent in full chunks' \
		test "$(grep -c 'sendto.*= [0-9]' "$work/trace")" -lt 185

	# A signal while it is asked whether there is something is no yes: who
	# reads then does not see what comes of the name before. The worker, for
	# which nothing is injected, waits for the FIFO until all signals came.
	polls='?poll,?ppoll,?ppoll_time64'
	mkfifo late
	begins env ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$work/trace" \
		-e trace="$polls" -e inject="$polls:error=EINTR:when=1..20" \
		"$phash" -j 1 --sort=none --files-from=-
	echo late >&3
	signals_are() {
		local try
		for ((try = 0; try < 250; try++)); do
			[ "$(grep -cs INJECTED "$work/trace")" = "$1" ] &&
				return
			sleep 0.02
		done
		return 1
	}
	ok 'twenty signals at poll(2)' signals_are 20
	timeout 20 bash -c ': >late' & # waits until it is read
	ok 'and the name before them' lines_out 1
	ends 'the end is the end' 0

	# Nor is there input only because poll(2) says so.
	begins strace -qq -o "$work/trace" -P "$PWD/names" -e trace=read \
		-e inject=read:error=EAGAIN:when=2+ \
		"$phash" -j 1 --sort=none --files-from=-
	echo t/a >&3
	exec 3>&-
	ok 'a list that only looks ready: the first name' lines_out 1
	sleep 1
	kill "$(pgrep -P "$pid")"
	wait "$pid" 2>/dev/null
	ok 'and a second of it takes a few reads' \
		test "$(grep -c EAGAIN "$work/trace")" -lt 500
else
	skip 'what system calls say of a list' 'no strace'
fi

# A worker that dies while nothing comes is replaced.
begins timeout 60 "$phash" -j 1 --sort=none --files-from=-
echo t/a >&3
ok 'a name and its worker' lines_out 1
phash_pid=$(pgrep -P "$pid")
kill -KILL "$(pgrep -P "$phash_pid")"
echo t/b >&3
ok 'which is replaced when it dies' lines_out 2
ends 'the end is the end' 0

finish
