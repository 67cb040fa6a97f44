#!/usr/bin/env bash
# The progress line, and SIGUSR1.

. "${0%/*}/lib.sh"

mkdir t
printf abc >t/a
head -c 2000000 /dev/zero >t/b
sha512sum --tag t/a t/b >"$work/lines"
mkfifo fifo

# One line: percentage, files, bytes, rate, and time left.
bytes='[0-9]+(\.[0-9])? [kMGTP]?B'
line="([0-9]+%, )?[0-9]+(/[0-9]+)? files?, $bytes(/$bytes)?, $bytes/s"
left='(, ([0-9]+:)?[0-9]+:[0-9][0-9] left)?'

# What remains on the terminal of what was written to it.
seen() {
	perl -0777pe 's/^.*\r\e\[K//mg; s/\r\n/\n/g' "$1"
}

try '--progress=never' 0 "$phash" --progress=never t
err 'says nothing' </dev/null
same 'and prints' "$work/lines" "$work/out"
try '--progress=auto' 0 "$phash" --progress=auto t
err 'says nothing to a file' </dev/null
try 'the default' 0 "$phash" t
err 'says nothing to a file' </dev/null

try '--progress=always' 0 "$phash" --progress=always t
same 'prints' "$work/lines" "$work/out"
seen "$work/err" >"$work/seen"
ok 'and leaves one line' test "$(wc -l <"$work/seen")" = 1
ok 'of files, bytes and rate' grep -qxE "2 files, 2\\.0 MB, $bytes/s" \
	"$work/seen"
try 'one file' 0 "$phash" --progress=always t/a
ok 'is one file' bash -c 'grep -qE "^(.*\[K)?1 file, 3 B" "$1"' - "$work/err"

# Messages stand on lines of their own.
try '--progress=always and messages' 1 "$phash" --progress=always t none fifi
seen "$work/err" >"$work/seen"
ok 'messages are whole lines' test "$(grep -c \
	'^phash: [a-z]*: No such file or directory$' "$work/seen")" = 2

# Runs a command on a terminal; what was written to it is in $work/typescript.
on_terminal() {
	script -qefc "$*" "$work/typescript" >/dev/null </dev/null
	sed -i '1d;$d' "$work/typescript"
}
# What stands on it in the end, after a run that showed a line while it waited
# for the FIFO.
waiting_on_terminal() {
	on_terminal "$@" &
	exec 3>fifo # blocks until a worker opens the other end
	until_ok grep -qE '[0-9] files?' "$work/typescript"
	report $? 'a line is drawn while it waits' </dev/null
	${meanwhile-}
	(printf abc >&3) 2>/dev/null # nobody reads it after a signal
	exec 3>&-
	wait $!
	seen "$work/typescript" >"$work/seen"
}
export PHASH=$phash
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	# the line is drawn again until all but the FIFO is done
	two_of_three() {
		until_ok grep -qE '99%, 2/3 files, ' "$work/typescript"
		report $? 'of how much of all is done' </dev/null
	}
	meanwhile=two_of_three
	waiting_on_terminal '"$PHASH" t fifo >list'
	meanwhile=
	ok 'and of how many bytes' grep -q '99%, 2/3 files, 2\.0 MB/2\.0 MB' \
		"$work/typescript"
	ok 'and nothing is left of it' bash -c '! grep -q . "$1"' - "$work/seen"
	ok 'the list is whole' lines_are list 3
	small_job() {
		on_terminal '"$PHASH" t >list2'
		! grep -q . "$work/typescript"
	}
	ok 'a small job draws none' until_ok small_job
	same 'and the list is there' "$work/lines" list2
	on_terminal '"$PHASH" --progress=never t >list2'
	ok 'never on a terminal: none' bash -c '! grep -q . "$1"' - \
		"$work/typescript"
	rm list list2

	# Results and the line, both on the terminal.
	{
		cat "$work/lines"
		printf abc | sha512sum --tag | sed 's/(-)/(fifo)/'
	} >list
	cp list "$work/listed"
	meanwhile=two_of_three
	waiting_on_terminal '"$PHASH" -c list'
	ok '-c: verdicts have lines of their own' test \
		"$(grep -cxE '(t/a|t/b|fifo): OK' "$work/seen")" = 3
	waiting_on_terminal '"$PHASH" --audit=list t fifo'
	meanwhile=
	waiting_on_terminal '"$PHASH" --sort=none t fifo'
	ok '--sort=none: so have digests' test \
		"$(grep -cxFf "$work/listed" "$work/seen")" = 3
	waiting_on_terminal '"$PHASH" --sort=none t fifo none 2>/dev/tty'
	ok 'so have messages, whatever the name of the terminal' grep -qx \
		'phash: none: No such file or directory' "$work/seen"
	ok 'and digests' test "$(grep -cxFf "$work/listed" "$work/seen")" = 3
	on_terminal '"$PHASH" -z --sort=none t fifo' &
	exec 3>fifo
	sleep 1 # for lines that must not be drawn
	printf abc >&3
	exec 3>&-
	wait $!
	seen "$work/typescript" >"$work/seen"
	ok 'what ends in no newline is not wiped either' test \
		"$(tr '\0' '\n' <"$work/seen" | grep -cFf "$work/listed")" = 3

	# Of a long list, by its bytes: a third is judged, the rest is not even
	# read.
	{
		yes "$(grep t/a list)" | head -n 10000
		grep '(fifo)' list
		yes "$(grep t/a list)" | head -n 20000
	} >long
	third() {
		until_ok grep -qE '^(.*K)?33%, [0-9]+ files, ' "$work/typescript"
		report $? '-c: a third of the list' </dev/null
	}
	meanwhile=third
	waiting_on_terminal '"$PHASH" -c --quiet -j 1 long'
	meanwhile=
	rm list long

	# However narrow the terminal is, the line does not reach its last
	# column: parts are left out, and the name is shortened.
	longest_is() {
		perl -0777 -e '$_ = <STDIN>; for (/([^\n\e]*)\r\e\[K/g) {
				s/^\[K//;
				$n = length if length > $n;
			}
			print "longest: $n\n";
			exit !($n == $ARGV[0])' "$1" <"$work/typescript"
	}
	name=$(printf 'x%.0s' {1..50})y
	mkdir wide
	touch "wide/$name"
	narrow() {
		until_ok grep -qE $'(^|K)50%, 1/2 files, 0 B/0 B\r' \
			"$work/typescript"
		report $? '24 columns: no rate, no name' </dev/null
	}
	meanwhile=narrow
	waiting_on_terminal 'stty cols 24; "$PHASH" -v wide fifo 2>&1 >list'
	ok 'and no more' longest_is 23
	wider() {
		until_ok grep -qE 'left, wide/x+\.\.\.x+y' "$work/typescript"
		report $? '80 columns: a part of the name' </dev/null
	}
	meanwhile=wider
	waiting_on_terminal 'stty cols 80; "$PHASH" -v wide fifo 2>&1 >list'
	meanwhile=
	ok 'as much as fits' longest_is 79
	waiting_on_terminal 'stty cols 80; "$PHASH" wide fifo 2>&1 >list'
	ok 'without -v: no name' bash -c '! grep wide "$1"' - "$work/typescript"
	shrink() {
		until_ok grep -q "left, wide/$name" "$work/typescript"
		stty -F "$(cat tty)" cols 24
		until_ok grep -q $'K50%, 1/2 files, 0 B/0 B\r' "$work/typescript"
	}
	meanwhile=shrink
	waiting_on_terminal 'tty >tty; stty cols 200
		"$PHASH" -v wide fifo 2>&1 >list'
	ok 'a window that becomes narrow' grep -q $'K50%, 1/2 files, 0 B/0 B\r' \
		"$work/typescript"

	# Killed, it wipes its line.
	interrupt() {
		kill -TERM "$(cat pid)"
	}
	meanwhile=interrupt
	waiting_on_terminal 'bash -c "echo \$\$ >pid; exec \"\$PHASH\" t fifo"'
	ok 'a signal leaves no line' bash -c '! grep -q files "$1"' - "$work/seen"
	rm -r wide list tty pid
else
	skip 'auto on a terminal' 'no script(1), or no terminals'
fi

# SIGUSR1, while it waits for a FIFO.
begin() {
	"$phash" "$@" t fifo >"$work/out" 2>"$work/err" &
	pid=$!
	# blocks until a worker opens the other end; by then the handler is set
	exec 3>fifo
}
end() {
	printf abc >&3
	exec 3>&-
	wait $pid
}
begin
kill -USR1 $pid
ok 'SIGUSR1: a line' until_ok lines_are "$work/err" 1
kill -USR1 $pid
ok 'and another' until_ok lines_are "$work/err" 2
end
ok 'exit status 0' test $? = 0
ok 'each is of progress' test "$(grep -cxE "$line$left" "$work/err")" = 2
ok 'and there are no others' lines_are "$work/err" 2
ok 'the list is whole' lines_are "$work/out" 3

begin --progress=always
ok 'drawn while it waits' until_ok grep -aqE "2/3 files, 2\\.0 MB" "$work/err"
kill -USR1 $pid
ok 'SIGUSR1 under a drawn line' until_ok lines_are "$work/err" 1
end
seen "$work/err" >"$work/seen"
ok 'leaves both' lines_are "$work/seen" 2
ok 'the last is of all files' bash -c \
	'tail -n 1 "$1" | grep -q "^3 files, 2\.0 MB"' - "$work/seen"

# Storms of signals interrupt whatever can be interrupted.
mkdir many
(cd many && seq 2000 | xargs touch)
find many -type f | sort | xargs sha512sum --tag >"$work/lines"
"$phash" -j 2 --chunk=1 fifo many >"$work/out" 2>"$work/err" &
pid=$!
exec 3>fifo
for ((storm = 0; storm < 1000; storm++)); do
	kill -USR1 $pid
done
exec 3>&-
wait $pid
ok 'a storm of SIGUSR1' test $? = 0
ok 'which did rage' grep -qxE "$line$left" "$work/err"
sed -i 1d "$work/out"
same 'changes nothing' "$work/lines" "$work/out"

finish
