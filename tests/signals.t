#!/usr/bin/env bash
# Death by signal: no worker stays, no partial file, the same signal.

. "${0%/*}/lib.sh"

mkdir t
echo a >t/a
mkfifo fifo

# Only Linux ends a process that is blocked in a FIFO along with its parent; in
# a portable build it notices when the FIFO lets it go.
let_go() {
	if is_portable; then
		: <>fifo
	fi
}
workers() {
	[ "$(pgrep -c -P "$1")" = "$2" ]
}
only_these() {
	[ "$(ls -A)" = "$(printf '%s\n' "$@")" ]
}

# begin OPTION...: starts phash in the background, blocked on a FIFO, as a
# terminal would start it; sets $pid and $children.
begin() {
	env --default-signal=INT,QUIT,HUP,TERM,PIPE \
		"$phash" -j 3 "$@" t fifo >"$work/out" 2>"$work/err" &
	pid=$!
	until_ok workers $pid 3 || echo "# no workers"
	children=$(pgrep -P $pid)
	sleep 0.1
}

for signal in INT TERM HUP; do
	begin -o list
	kill -s $signal $pid
	wait $pid 2>/dev/null
	status=$?
	let_go
	ok "SIG$signal: dies of it" test $status = $((128 + $(kill -l $signal)))
	# shellcheck disable=SC2086 # words are meant
	ok 'the workers are gone' until_ok gone $children
	ok 'there is no list, nor a part of it' only_these fifo t
	err 'and no message' </dev/null
done

echo old >list
begin -o list
kill -TERM $pid
wait $pid 2>/dev/null
let_go
ok 'an old list stays' test "$(cat list)" = old
ok 'and nothing else' only_these fifo list t
rm list

# Ctrl-C goes to the whole group, workers included.
setsid --wait env --default-signal=INT bash -c 'echo $$ >pid; exec "$@"' - \
	"$phash" -j 3 -o list t fifo >"$work/out" 2>"$work/err" &
leader=$!
until_ok test -s pid
pid=$(cat pid)
rm pid
until_ok workers "$pid" 3
children=$(pgrep -P "$pid")
kill -INT -- "-$pid"
wait $leader 2>/dev/null
let_go
# shellcheck disable=SC2086
ok 'Ctrl-C: everything is gone' until_ok gone $pid $children
ok 'there is no list' only_these fifo t
err 'and no message' </dev/null

# In the middle of work, with all sorts of sizes.
mkdir busy
for ((i = 0; i < 40; i++)); do
	truncate -s $((i * 1000000)) busy/$i
done
env --default-signal=INT "$phash" -j 4 -a sha3-512 --progress=always \
	-o list busy >"$work/out" 2>"$work/err" &
pid=$!
until_ok workers $pid 4
children=$(pgrep -P $pid)
kill -INT $pid
wait $pid 2>/dev/null
ok 'in the middle of work: dies of it' test $? = 130
# shellcheck disable=SC2086
ok 'the workers are gone' until_ok gone $children
ok 'there is no list' only_these busy fifo t

# An owner that had no time to say so.
for options in '-o list' --sort=none; do
	# shellcheck disable=SC2086
	begin $options
	kill -KILL $pid
	wait $pid 2>/dev/null
	let_go
	# shellcheck disable=SC2086
	ok "SIGKILL ($options): the workers are gone" until_ok gone $children
	ok 'there is no list' test ! -e list
done
if nameless; then
	ok 'and no temporary file' only_these busy fifo t
else
	skip 'and no temporary file' 'no files without a name here'
fi
rm -f .list*
env "$phash" -j 4 -a sha3-512 busy >"$work/out" 2>"$work/err" &
pid=$!
until_ok workers $pid 4
children=$(pgrep -P $pid)
kill -KILL $pid
wait $pid 2>/dev/null
# shellcheck disable=SC2086
ok 'SIGKILL in the middle of work: they are gone' until_ok gone $children

# An owner that is gone before its workers could say that they end with it: they are
# stopped where they do, by prctl(2), which is not made then. What they were sent lies
# in their sockets already, and is work for hours.
mkdir long
truncate -s 1T long/{1,2,3}
all_stopped() {
	pid=$(pgrep -P "$tracer") && [ -n "$pid" ] &&
		grep -q "^$pid .*sendto(" "$work/trace" &&
		[ "$(grep -c 'stopped by SIGSTOP' "$work/trace")" = 3 ]
}
if is_portable; then
	skip 'SIGKILL before a worker is bound to its owner' 'it never is'
elif strace -f -o /dev/null true 2>/dev/null; then
	strace -f --quiet=attach,path-resolution,exit -o "$work/trace" \
		-e trace=prctl,sendto \
		-e inject=prctl:error=EINVAL:signal=STOP:when=1 "$phash" \
		--no-sandbox -j 3 --chunk=1 -a sha3-512 long >"$work/out" \
		2>"$work/err" &
	tracer=$!
	ok 'all workers are stopped before they are bound to their owner' \
		until_ok all_stopped
	children=$(pgrep -P "$pid")
	kill -KILL "$pid"
	until_ok gone "$pid"
	# shellcheck disable=SC2086
	kill -CONT $children
	# shellcheck disable=SC2086
	ok 'it is killed, and they are continued: none stays' \
		until_ok gone $children
	# shellcheck disable=SC2086
	kill -KILL $children 2>/dev/null
	wait "$tracer" 2>/dev/null
else
	skip 'SIGKILL before a worker is bound to its owner' 'no strace'
fi

# What was ignored when we began stays ignored, as nohup wants it.
(
	trap '' INT HUP
	exec "$phash" --untagged fifo >"$work/out" 2>"$work/err"
) &
pid=$!
until_ok workers $pid 1
kill -INT $pid
kill -HUP $pid
printf abc >fifo
wait $pid
ok 'ignored signals are ignored' test $? = 0
out 'and the work is done' <<'END'
ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f  fifo
END

# Stopped and continued: nothing is lost.
begin
kill -STOP $pid
# shellcheck disable=SC2086
kill -STOP $children
kill -CONT $pid
# shellcheck disable=SC2086
kill -CONT $children
printf abc >fifo
wait $pid
ok 'stopped and continued: exit status' test $? = 0
printf 'abc' >"$work/fifo"
{
	sha512sum "$work/fifo" | sed "s,  .*,  fifo,"
	sha512sum t/a
} | sed 's/\(.*\)  \(.*\)/SHA512 (\2) = \1/' >expected
same 'and all lines' expected "$work/out"

finish
