#!/usr/bin/env bash
# Workers that get on with nothing: who is waited for, and --timeout.

. "${0%/*}/lib.sh" || exit 1

mkdir t
for name in a b c d e; do
	echo $name >t/$name
done
sha512sum --tag t/[a-e] >"$work/lines"
grep -v t/c "$work/lines" >"$work/but-c"
mkfifo fifo
abc=$(printf abc | sha512sum --tag | sed 's/(-)/(fifo)/')
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace

# Runs phash in the background, with the other end of the FIFO at 3.
begin() {
	"$phash" "$@" >"$work/out" 2>"$work/err" &
	pid=$!
	exec 3>fifo # waits until a worker has opened it
}
ends() { # STATUS
	wait "$pid"
	[ $? = "$1" ]
}
until_said() { # PATTERN
	until_ok grep -aqE "$1" "$work/err"
}

# A silent stream is waited for, and named; it is not given up.
begin -v --progress=always --timeout=2 fifo
ok '-v: it is said' until_said '^(.*\[K)?phash: fifo: no progress for 5 seconds'
ok 'and shown in the progress line' until_said ', waiting for fifo'
printf abc >&3
exec 3>&-
ok 'a silent stream is not given up' ends 0
ok 'but read to its end' test "$(cat "$work/out")" = "$abc"
ok '-v: it was said once' test "$(grep -ac 'no progress' "$work/err")" = 1

# A stopped worker is.
begin -j 1 --timeout=1 fifo
pkill -STOP -P "$pid"
ok 'a stopped worker' ends 1
err 'is said' <<'END'
phash: fifo: no progress for 1 second
END
exec 3>&-

# Unless the parent was stopped, too, even when it has seen the worker silent.
begin -j 1 --timeout=4 fifo t
pkill -STOP -P "$pid"
sleep 1
kill -STOP "$pid"
sleep 6
kill -CONT "$pid"
pkill -CONT -P "$pid"
(printf abc >&3) # which may die of it
exec 3>&-
ok 'stopped together' ends 0
ok 'nothing is given up' cmp <(echo "$abc"; cat "$work/lines") "$work/out"

# One that is stopped while it has many files: one may be given up for it.
mkdir big
for ((i = 0; i < 100; i++)); do
	truncate -s $((2000000 + i)) big/$i
done
"$phash" -j 2 -a sha3-512 big >"$work/big"
"$phash" -j 2 -a sha3-512 --timeout=3 big >"$work/out" 2>"$work/err" &
pid=$!
until pkill -STOP -o -P "$pid"; do
	kill -0 "$pid" || break
done
wait "$pid"
status=$?
ok 'stopped among many files' test $status = 0 -o $status = 1
ok 'one is missing at most' test "$(comm -23 "$work/big" "$work/out" |
	wc -l)" -le 1
ok 'which is said' test "$(grep -c 'no progress for 3 seconds$' "$work/err")" \
	= "$(comm -23 "$work/big" "$work/out" | wc -l)"

# A file that stops whoever opens it, as a dead file server does.
look_inside
if ! strace -f -o /dev/null true 2>/dev/null; then
	skip 'a file that stops its worker' 'no strace'
	finish
fi
stopped() {
	strace -f --quiet=attach,path-resolution -o "$work/trace" \
		-P t/c -P "$(pwd -P)/t/c" -P c -e trace=openat,open \
		-e inject=openat,open:signal=STOP "$@"
}
for options in '-j 1' '-j 2' '-j 2 --chunk=1'; do
	# shellcheck disable=SC2086 # words are meant
	try "a file that stops its worker ($options)" 1 \
		stopped "$phash" $options --timeout=2 t
	err 'is given up' <<'END'
phash: t/c: no progress for 2 seconds
END
	same 'and all others are read' "$work/but-c" "$work/out"
done
try 'in a check' 1 stopped "$phash" --timeout=2 -c "$work/lines"
out 'it could not be read' <<'END'
t/a: OK
t/b: OK
t/c: FAILED open or read
t/d: OK
t/e: OK
END
try 'in an audit' 1 stopped "$phash" --timeout=2 --quiet \
	--audit="$work/lines" t
out 'it is unreadable' <<'END'
UNREADABLE t/c
END

# A slow file server is not a dead one: each open, and each read, has the whole
# time for itself, though one turn of a worker may be sixteen of them.
mkdir s
for ((i = 10; i < 26; i++)); do
	echo $i >s/$i
done
sha512sum --tag s/* >"$work/lines"
slow() { # INJECTIONS... -- COMMAND
	local file paths=() inject=()
	for file in s/*; do
		paths+=(-P "$file" -P "$(pwd -P)/$file" -P "${file##*/}")
	done
	while [ "$1" != -- ]; do
		inject+=(-e "inject=$1")
		shift
	done
	shift
	strace -f --quiet=attach,path-resolution -o "$work/trace" \
		"${paths[@]}" -e trace=openat,open,read,preadv2 \
		"${inject[@]}" "$@"
}
try 'sixteen slow opens' 0 slow openat,open:delay_enter=400000 -- \
	"$phash" -j 1 --timeout=3 s
same 'are no stall' "$work/lines" "$work/out"
try 'sixteen slow reads that fail' 1 slow preadv2:error=EAGAIN \
	read:error=EIO:delay_enter=400000 -- "$phash" -j 1 --timeout=3 s
ok 'are no stall' cmp "$work/err" \
	<(printf 'phash: s/%d: Input/output error\n' {10..25})

finish
