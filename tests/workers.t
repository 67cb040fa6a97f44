#!/usr/bin/env bash
# The same bytes whatever the number of workers and the chunks, and whoever of
# them is killed.

. "${0%/*}/lib.sh"

# Many small files, some bigger ones, in a few directories.
mkdir -p t/{1,2,3}/{x,y} t/void
for ((i = 0; i < 300; i++)); do
	echo $i >t/$((i % 3 + 1))/x/$i
done
for ((i = 0; i < 20; i++)); do
	truncate -s $((i * 70001)) t/$((i % 3 + 1))/y/$i
done
find t -type f | sort | xargs sha512sum --tag >"$work/lines"

for jobs in 1 2 3 5 8 16 33 64; do
	try "$jobs workers" 0 "$phash" -j $jobs t
	same 'the same lines' "$work/lines" "$work/out"
	try "$jobs workers, chunks of one" 0 "$phash" -j $jobs --chunk=1 t
	same 'the same lines' "$work/lines" "$work/out"
done
for chunk in 2 7 128 1000000; do
	try "chunks of $chunk" 0 "$phash" -j 4 --chunk=$chunk t
	same 'the same lines' "$work/lines" "$work/out"
done
sort "$work/lines" >sorted
for jobs in 1 4 64; do
	try "$jobs workers, unsorted" 0 "$phash" -j $jobs --sort=none t
	sort "$work/out" >unsorted
	same 'the same lines' sorted unsorted
done
try '-j 0' 0 "$phash" -j 0 t
same 'the same lines' "$work/lines" "$work/out"
try 'more workers than files' 0 "$phash" -j 64 t/1/x/0
grep '/x/0)' "$work/lines" >one
same 'the same line' one "$work/out"

# The number of processes is what was asked for.
mkfifo fifo
"$phash" -j 5 t fifo >"$work/out" 2>"$work/err" &
pid=$!
exec 3>fifo
ok '-j 5 is five workers' test "$(pgrep -c -P $pid)" = 5
exec 3>&-
wait $pid

# What blocks a worker must not block the files beside it.
printf abc >slow
head -c 2000000 /dev/zero >slow2
"$phash" -j 2 --sort=none slow slow2 fifo >"$work/out" &
pid=$!
exec 3>fifo
ok 'a slow stream holds up nothing else' lines_out 2
exec 3>&-
wait $pid
ok 'and is waited for' test "$(wc -l <"$work/out")" = 3

# Killed at random, while there is work for long enough. The shots are apart:
# a file that loses its reader again and again is given up in the end.
mkdir big
for ((i = 0; i < 200; i++)); do
	truncate -s $((500000 + i)) big/$i
done
"$phash" -j 2 -a sha3-512 t big >"$work/lines"
shoot() {
	shot_at 5 0 "$phash" "$@" -a sha3-512 t big || return
	sort -o "$work/sorted" "$work/out"
}
sort -o sorted "$work/lines"
RANDOM=1
for options in '-j 1' '-j 3 --chunk=1' '-j 8 --sort=none'; do
	# shellcheck disable=SC2086 # words are meant
	ok "shot at ($options)" shoot $options
	same 'all lines are there' sorted "$work/sorted"
	err 'and no message' </dev/null
done

# All at once.
massacre() {
	local pid
	"$phash" -j 4 -a sha3-512 t big >"$work/out" 2>"$work/err" &
	pid=$!
	until pkill -KILL -P "$pid"; do
		kill -0 "$pid" || return
	done
	wait "$pid"
}
ok 'all workers shot at once' massacre
same 'all lines are there' "$work/lines" "$work/out"

# Two streams in one worker, the second of which must be read first.
mkfifo first second
(head -c 1000000 /dev/zero >second; echo x >first) &
try 'two streams, in any order' 0 timeout 60 "$phash" -j 1 first second
wait

# The names are kept anyway: the walk does not wait for the workers.
mkdir ahead
(cd ahead && seq 5000 | xargs touch)
mkfifo ready
walk_is_over() {
	! find "/proc/$1/fd" -lname '*/ahead' 2>/dev/null | grep -q .
}
walks_ahead() { # STATUS OPTION...
	local pid worker rc status=$1
	shift
	"$phash" -j 1 --chunk=1 "$@" ready ahead >"$work/out" &
	pid=$!
	exec 3>ready # a worker has opened the other end
	worker=$(pgrep -P "$pid") && kill -STOP "$worker"
	until_ok walk_is_over "$pid"
	rc=$?
	kill -CONT "$worker"
	exec 3>&-
	wait "$pid"
	[ $? = "$status" ] && return "$rc"
}
if [ -e /proc/self/fd ]; then
	ok 'the walk ends while a worker stands still' walks_ahead 0
	ok 'and all is hashed' test "$(wc -l <"$work/out")" = 5001
	grep '1) =' "$work/out" >"$work/list"
	ok 'in an audit too' walks_ahead 1 --audit="$work/list"
	ok 'and all is told' test "$(cut -d' ' -f1 "$work/out" | sort |
		uniq -c | xargs)" = '4501 NEW 500 OK'
else
	skip 'the walk ends while a worker stands still' 'no /proc'
fi

finish
