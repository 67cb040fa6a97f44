#!/usr/bin/env bash
# --on: far ends behind a command, which here is one of this machine.

. "${0%/*}/lib.sh" || exit 1

# The program itself, not one that is called with an --engine.
far=${PHASH:-$top/build/phash}

# Like ssh, but there is one host: the first word is its name.
cat >launch <<'END'
#!/bin/sh
host=$1
shift
case $host in
fails*) echo "no way to $host" >&2; exit 3 ;;
greets*) printf 'Welcome\r\nto %s\n' "$host" ;;
babbles*) yes nonsense ;;
ends*) exit 0 ;;
sleeps*) exec sleep 1000 ;;
slow*) sleep 0.3 ;;
after) # the other host: no launcher but this is left, or it is long over
	for i in $(seq 100); do
		pgrep -f "$0 fails" >/dev/null || break
		sleep 0.05
	done
	sleep 0.5 ;;
shot*) "$@" & far=$!
	exec 0<&- 1>&-
	sleep "${host#shot}"
	kill -9 $far
	wait $far 2>/dev/null
	exit 0 ;;
stopped*) "$@" & far=$!
	exec 0<&- 1>&-
	sleep "${host#stopped}"
	kill -STOP $far
	while kill -0 $far 2>/dev/null && kill -0 $PPID 2>/dev/null; do
		sleep 0.1
	done
	kill -9 $far
	exit 0 ;;
deaf*) exec "$@" </dev/null ;;
dumb*) exec "$@" >/dev/null ;;
esac
exec "$@"
END
chmod +x launch
small_files t 200
mkdir 't/a b'
echo odd >'t/a b/'$'new\nline'
ln -s f1 t/link
"$phash" t >WANT
on() { # HOSTS OPTION...
	local hosts=$1
	shift
	"$phash" --on="$hosts" --rsh="$work/d/launch" --remote-path="$far" "$@"
}
export -f on
export phash work far

for hosts in a:1 a:1,b:2 a:1,b:1,c:1,d:1,e:1 slow:1,b:1; do
	try "at $hosts" 0 on $hosts t
	same 'the same output' "$work/out" WANT
	ok 'and nothing is said' test ! -s "$work/err"
done
try 'by several --on' 0 on a:1 --on=b t
same 'the same, too' "$work/out" WANT
try 'unsorted' 0 on a:1,b:1 --sort=none t
ok 'the same lines' diff <(sort "$work/out") <(sort WANT)
try 'with -C' 0 on a:1,b:1 -C t .
"$phash" -C t . >OF-T
same 'paths are those of -C' "$work/out" OF-T
try 'another algorithm, chunk and engine' 0 on a:1,b:1 -a sha3-256 --chunk=7 \
	--engine=libcrypto --settle t
"$phash" -a sha3-256 t >SHA3
same 'as at home' "$work/out" SHA3
try 'checked' 0 on a:1,b:1 -c WANT
ok 'each line is OK' test "$(grep -c ': OK$' "$work/out")" = 201
try 'several algorithms in a list' 0 bash -c \
	'cat WANT SHA3 | on a:1,b:1 -c --quiet'
try 'an audit' 0 on a:1,b:1 --audit=WANT --quiet t
try 'links, followed' 0 on a:1 -L t
"$phash" -L t >FOLLOWED
same 'as at home' "$work/out" FOLLOWED
try 'a long way' 0 bash -c 'on a:1 "$PWD/t"'
try 'by a name with blanks' 0 bash -c 'cp launch "l a u"
	"$phash" --on=x --rsh="\"$PWD/l a u\"" --remote-path="$far" t >OUT &&
	cmp OUT WANT'
try 'a host in the middle of the command' 0 bash -c '"$phash" --on=x \
	--rsh="$PWD/launch {} env" --remote-path="$far" t >OUT && cmp OUT WANT'

# What only this machine has.
try 'standard input' 0 bash -c 'echo q | on a:1 t - >OUT'
ok 'is hashed here' grep -qF "$(echo q | "$phash" -)" OUT
mkfifo fifo
echo through >fifo &
try 'a FIFO' 0 on a:1,b:1 fifo t/f1
wait
ok 'too' grep -qF "$(echo through | sha512sum | cut -d ' ' -f 1)" "$work/out"

# What cannot be read, and what is not there.
chmod 0 t/f7
mkdir t/locked
echo x >t/locked/x
chmod 0 t/locked
as_user "$phash" t >OUT 2>ERR
status=$?
cp "$far" "$work/reachable" # by anybody
try 'what cannot be read' $status as_user "$work/reachable" --on=a:1,b:1 \
	--rsh="$work/d/launch" --remote-path="$work/reachable" t
same 'the same is missing' "$work/out" OUT
same 'for the same reason' "$work/err" ERR
chmod 700 t/f7 t/locked
rm -r t/locked
try 'what is not there' 1 on a:1 t/f1 t/none
err 'is said' <<'END'
phash: t/none: No such file or directory
END
try 'a list of what is not there' 1 bash -c \
	'sed "s/f10)/f0)/" WANT | on a:1,b:1 -c --quiet'
out 'fails' <<'END'
t/f0: FAILED open or read
END

# Archives.
if has_archives; then
	tar -cf t.tar t
	gzip -k t.tar
	"$phash" --archive t.tar t.tar.gz t/f1 >OF-ARCHIVES
	try 'archives' 0 on a:1,b:1 --archive t.tar t.tar.gz t/f1
	same 'as at home' "$work/out" OF-ARCHIVES
	try 'checked' 0 on a:1,b:1 --archive -c --quiet OF-ARCHIVES
	head -c 30000 t.tar.gz >cut.tgz
	"$phash" --archive cut.tgz >CUT 2>CUT-ERR
	try 'a damaged one' 1 on a:1,b:1 --archive cut.tgz
	same 'as at home' "$work/out" CUT
	same 'for the same reason' "$work/err" CUT-ERR
else
	skip 'archives' 'built without libarchive'
fi

# Hosts that cannot be used are said, and left out.
for host in fails ends babbles deaf dumb nowhere; do
	launcher=$work/d/launch
	[ $host != nowhere ] || launcher=$work/d/nothing-there
	try "a host that $host" 2 on $host -o NOT --host-timeout=5 \
		--rsh="$launcher" t
	ok 'alone is none' grep -qx 'phash: no host is left' "$work/err"
	ok 'its name is said' grep -q "^phash: $host: " "$work/err"
	ok 'and nothing is written' test ! -e NOT
	[ $host != nowhere ] || continue
	try "$host, and another" 0 on $host,b:1 --host-timeout=5 t
	same 'which does it all' "$work/out" WANT
done
# The other one begins when that is seen: it would do it all before.
try 'a host that fails' 0 on fails,after t
err 'what its launcher says' <<END
phash: fails: no way to fails
phash: fails: connection lost: $work/d/launch ended with status 3
END
try 'one that greets' 0 on greets t # another would do it all before
same 'does it all' "$work/out" WANT
ok 'is reminded of it' grep -qxF \
	'phash: greets: printed before phash began: Welcome ...' "$work/err"
try 'one that sleeps' 0 on sleeps,b:1 --host-timeout=3 t
same 'is not waited for' "$work/out" WANT
try 'nor alone' 2 on sleeps --host-timeout=3 t

# Hosts that die, or hang, in the middle of work that takes some time.
large_files big 40
"$phash" big t >BIG
for when in 0.1 0.25; do
	try "one is shot after $when" 0 on shot$when,b:1 big t
	same 'nothing is lost' "$work/out" BIG
	ok 'it is named once, or was done' test "$(grep -c "^phash: shot$when: \
connection lost" "$work/err")" -le 1
	try "one is stopped after $when" 0 on stopped$when,b:1 \
		--host-timeout=3 big t
	same 'nothing is lost, either' "$work/out" BIG
done
try 'all are shot' 2 on shot0.1,shot0.2 -o NOT big big big big t
ok 'which is said' grep -qx 'phash: no host is left' "$work/err"
ok 'once for each' test "$(grep -c '^phash: shot0.*connection lost' \
	"$work/err")" = 2
ok 'and nothing is written' test ! -e NOT
# A relay, which is a child of phash that has one: its host is reached again, and
# what it had in hand is done as quickly as anything.
relay_of() {
	local child
	for child in $(pgrep -P "$1"); do
		pgrep -P "$child" >/dev/null && echo "$child" && return
	done
	false
}
mkdir many
(cd many && seq 4000 | xargs touch)
"$phash" big big big t many >MANY
# A run is not at its end before this is, which is read here.
mkfifo hold
: >hold &
"$phash" big big big t many hold >HELD
wait
for shot in 'KILL 0' 'KILL 0.1' 'KILL 0.2' 'TERM 0.1' 'SEGV 0.1'; do
	"$phash" --on=a:1,b:1 --rsh="$work/d/launch" --remote-path="$far" \
		big big big t many hold >OUT 2>ERR &
	pid=$!
	exec 4>hold
	until_ok relay_of $pid >relay-pid
	sleep "${shot#* }"
	ok "a relay is sent SIG$shot s" kill "-${shot% *}" "$(cat relay-pid)"
	exec 4>&-
	wait $pid
	ok 'nothing is lost' cmp OUT HELD
	ok 'and nobody need know' test ! -s ERR
done
"$phash" --on=a:1,b:1 --rsh="$work/d/launch" --remote-path="$far" big big big \
	t many hold >OUT 2>ERR &
pid=$!
exec 4>hold
until_ok relay_of $pid >relay-pid
pkill -USR1 -P $pid
sleep 0.3
ok 'a relay that is sent SIGUSR1 lives on' test "$(relay_of $pid)" = \
	"$(cat relay-pid)"
exec 4>&-
wait $pid
ok 'a signal that asks for progress is sent to all' cmp OUT HELD
ok 'and kills none' test ! -s ERR

# All of it is stopped for longer than a host may be silent, as by ^Z, and waits
# for who reads: nobody is lost.
cat >stopped <<'END'
set -m
"$@" &
until pgrep -P $! >/dev/null; do sleep 0.02; done
sleep 0.1
kill -STOP -- -$!
sleep 5
kill -CONT -- -$!
wait $!
END
bash stopped "$phash" --on=a:1,b:1 --rsh="$work/d/launch" \
	--remote-path="$far" --host-timeout=3 big big big t many >OUT 2>ERR
ok 'a driver that was stopped goes on' cmp OUT MANY
ok 'with all its hosts' bash -c '! grep . ERR'
try 'a reader that is slow' 0 bash -c '"$phash" --on=a:1,b:1 \
	--rsh="$work/d/launch" --remote-path="$far" --host-timeout=3 \
	--sort=none t many t many t many | { sleep 5; wc -l; }'
ok 'gets everything' test "$(cat "$work/out")" = 12603
ok 'from all hosts' test ! -s "$work/err"

# The far end ends when its driver does.
cp "$far" far-end
"$phash" --on=a:2,b:2 --rsh="$work/d/launch" --remote-path="$work/d/far-end" \
	big big big t >/dev/null 2>&1 &
driver=$!
none_left() { ! pgrep -f "$work/d/far-end" >/dev/null; }
until_ok pgrep -f "$work/d/far-end" >/dev/null
kill -9 $driver
wait $driver 2>/dev/null
until_ok none_left
ok 'no far end is left' none_left

try 'with -v' 0 on a:1,b:1 -v t
ok 'each host has a line' test "$(grep -cE \
	'^phash: [ab]: [0-9]+ files, [0-9]+ bytes, [0-9.]+ seconds$' \
	"$work/err")" = 2
ok 'all files are in them' test "$(sed -n \
	's/^phash: [ab]: \([0-9]*\) files.*/\1/p' "$work/err" |
	awk '{ n += $1 } END { print n }')" = 201
try 'with --debug' 0 on a:3 --debug t
ok 'what a host has' grep -q '^phash: a: 3 workers, engine ' "$work/err"
try 'with --progress' 0 on a:1,b:1 --progress=always t
ok 'the line counts hosts' grep -q '2 hosts' "$work/err"

# What is no host.
for bad in '' ',' 'a,' -x a:0 a:x a:1025 a:1:2 '[a' ':1'; do
	try "--on=$bad" 2 on "$bad" t
	ok 'is said' grep -q '^phash: --on: ' "$work/err"
done
try 'brackets' 0 on '[a:b:c]:1' t
same 'are those of a name with colons' "$work/out" WANT
try '--on=slurm' 2 env -u SLURM_JOB_NODELIST "$phash" --on=slurm t
err 'is inside an allocation' <<'END'
phash: --on=slurm: there is no allocation: SLURM_JOB_NODELIST is not set
END
for alone in --rsh=ssh --remote-path=phash --host-timeout=5; do
	try "$alone alone" 2 "$phash" $alone t
	ok 'is said' grep -q "^phash: ${alone%=*} goes with --on" "$work/err"
done
for bad in '' ' ' 'ssh "x' "ssh 'x"; do
	try "--rsh=$bad" 2 on a --rsh="$bad" t
	ok 'is said' grep -qxF \
		'phash: --rsh: no command, or a quote that is not closed' \
		"$work/err"
done
try '--serve with operands' 2 "$phash" --serve t
try '--serve with an option' 2 "$phash" --serve -a md5
ok 'does not go' grep -q -e '--algorithm does not go with --serve' "$work/err"
try '--serve for nobody' 2 "$phash" --serve
finish
