#!/usr/bin/env bash
# --on through ssh: two machines of the test's own, network namespaces with an
# sshd in each, one of whose links is taken down (make check-machines).

# shellcheck disable=SC2086 # names and numbers of the test's own have no blanks
. "${0%/*}/lib.sh" || exit 1

# Why this machine cannot run it; nothing if it can.
obstacle() {
	[ "$(id -u)" = 0 ] || { echo 'not root'; return; }
	for tool in ip sshd ssh ssh-keygen; do
		command -v $tool >/dev/null || PATH=$PATH:/usr/sbin command -v \
			$tool >/dev/null || { echo "no $tool"; return; }
	done
	ip netns add "ph$$-try" 2>/dev/null || {
		echo 'no network namespaces'
		return
	}
	ip netns del "ph$$-try"
}
PATH=$PATH:/usr/sbin:/sbin
why=$(obstacle)
if [ "$why" ]; then
	skip 'machines behind ssh' "$why"
	finish
fi

far=${PHASH:-$top/build/phash}
net=ph$$
pids=()
clean() {
	kill "${pids[@]}" 2>/dev/null
	for n in 1 2; do
		ip netns del $net-$n 2>/dev/null
		ip link del $net-h$n 2>/dev/null
	done
	cd /
	rm -rf "$work"
}
trap clean EXIT

# Host N is 10.213.N.2, beyond a link of its own.
ssh-keygen -q -t ed25519 -N '' -f key
mkdir -p /run/sshd
machine() { # N
	ip netns add $net-$1
	ip link add $net-h$1 type veth peer name $net-n$1 netns $net-$1
	ip addr add 10.213.$1.1/24 dev $net-h$1
	ip link set $net-h$1 up
	ip -n $net-$1 addr add 10.213.$1.2/24 dev $net-n$1
	ip -n $net-$1 link set $net-n$1 up
	ip -n $net-$1 link set lo up
	ssh-keygen -q -t ed25519 -N '' -f host$1
	cat >sshd$1 <<-END
	ListenAddress 10.213.$1.2
	HostKey $PWD/host$1
	AuthorizedKeysFile $PWD/key.pub
	PidFile none
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	SetEnv HOME=$PWD
	END
	ip netns exec $net-$1 "$(command -v sshd)" -D -e -f "$PWD/sshd$1" \
		2>"sshd$1.log" &
	pids+=($!)
	ssh-keyscan -H 10.213.$1.2 2>/dev/null >>known
}
machine 1
machine 2
answers() { ssh -F config 10.213.$1.2 true; }
cat >config <<END
Host *
	IdentityFile $PWD/key
	StrictHostKeyChecking no
	UserKnownHostsFile $PWD/known
	LogLevel ERROR
	BatchMode yes
END
if ! until_ok answers 1 2>/dev/null || ! until_ok answers 2 2>/dev/null; then
	sed 's/^/# /' sshd?.log | tail -n 20
	skip 'machines behind ssh' 'no sshd answers here'
	finish
fi

small_files t 300
large_files big 60
"$phash" t >WANT
"$phash" big t >BIG
on() { # HOSTS OPTION...
	local hosts=$1
	shift
	"$phash" --on="$hosts" --rsh="ssh -F $work/d/config" \
		--remote-path="$far" "$@"
}
a=10.213.1.2 b=10.213.2.2
try 'one machine' 0 on $a:1 t
same 'the same output' "$work/out" WANT
ok 'and nothing is said' test ! -s "$work/err"
try 'two' 0 on $a:1,$b:1 t
same 'the same output, too' "$work/out" WANT
try 'a list is checked' 0 on $a,$b -c --quiet WANT
try 'a tree is audited' 0 on $a,$b --audit=WANT --quiet t
try 'a user that nobody knows' 0 on nobody-here@$a,$b:1 t
same 'is left out' "$work/out" WANT
ok 'and said' grep -q "^phash: nobody-here@$a: .*Permission denied" "$work/err"
try 'the usual command' 0 "$phash" --on=$a:1 --remote-path="$far" \
	--rsh="ssh -F $work/d/config -o ServerAliveInterval=1" t
same 'is ssh' "$work/out" WANT

# A link goes down in the middle: what was there is done by the other.
for when in 0.3 0.5 0.7; do
	{
		sleep $when
		ip link set $net-h1 down
	} &
	try "a link goes down after $when s" 0 on $a:1,$b:1 --host-timeout=6 \
		big t
	wait %%
	same 'nothing is lost' "$work/out" BIG
	ok 'the machine is named, once' test "$(grep -c "^phash: $a: " \
		"$work/err")" -le 1
	ip link set $net-h1 up
	until_ok answers 1 2>/dev/null
done
ip link set $net-h1 down
ip link set $net-h2 down
try 'no link is up' 2 on $a,$b --host-timeout=6 -o NOT t
ok 'no host is left' grep -qx 'phash: no host is left' "$work/err"
ok 'and nothing is written' test ! -e NOT
ip link set $net-h1 up
ip link set $net-h2 up
until_ok answers 1 2>/dev/null

# Everything there ends with the driver.
cp "$far" far-end
"$phash" --on=$a:1,$b:1 --rsh="ssh -F $work/d/config" \
	--remote-path="$work/d/far-end" big big big t >/dev/null 2>&1 &
driver=$!
until_ok pgrep -f "$work/d/far-end --serve" >/dev/null
kill -9 $driver
wait $driver 2>/dev/null
none_left() { ! pgrep -f "$work/d/far-end" >/dev/null; }
until_ok none_left
ok 'no far end outlives its driver' none_left

# ^C, as a terminal sends it: to all of them.
cat >interrupted <<'END'
set -m
"$@" &
sleep 0.7
kill -INT -- -$!
wait $!
END
try 'an interrupt' 130 bash interrupted "$phash" --on=$a:1,$b:1 \
	--rsh="ssh -F $work/d/config" --remote-path="$far" -o NOT big big big t
ok 'leaves no output' test ! -e NOT
until_ok none_left
finish
