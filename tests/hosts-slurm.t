#!/usr/bin/env bash
# --on=slurm: a slurmctld and two slurmd of the test's own, all on this machine
# (make check-machines).

. "${0%/*}/lib.sh" || exit 1

PATH=$PATH:/usr/sbin:/sbin
obstacle() {
	[ "$(id -u)" = 0 ] || { echo 'not root'; return; }
	for tool in munged slurmctld slurmd srun salloc scontrol; do
		command -v $tool >/dev/null || { echo "no $tool"; return; }
	done
}
why=$(obstacle)
if [ "$why" ]; then
	skip 'machines of Slurm' "$why"
	finish
fi

far=${PHASH:-$top/build/phash}
pids=()
clean() {
	kill "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	pkill -f "slurmstepd: \[.*$work" 2>/dev/null
	cd /
	rm -rf "$work"
}
trap clean EXIT

# Daemons that nobody else talks to: sockets and ports of their own.
host=$(hostname -s)
base=$((20000 + $$ % 20000))
mkdir spool state log run
chmod 755 "$work" .
head -c 1024 /dev/urandom >munge.key
chmod 600 munge.key
if id munge >/dev/null 2>&1; then
	mkdir -m 755 munge
	chown munge munge.key munge
	chmod 711 log run
	chown munge log run
	setpriv --reuid=munge --regid=munge --clear-groups munged --force \
		--key-file="$PWD/munge.key" --socket="$PWD/munge/socket" \
		--pid-file="$PWD/run/munged.pid" --log-file="$PWD/log/munged" \
		--seed-file="$PWD/run/seed" --foreground &
else
	munged --force --key-file="$PWD/munge.key" \
		--socket="$PWD/munge.socket" --foreground &
fi
pids+=($!)
until_ok test -S munge/socket
cat >slurm.conf <<END
ClusterName=phash
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$PWD/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmctldPidFile=$PWD/run/ctld.pid
SlurmdPidFile=$PWD/run/d.%n.pid
SlurmdSpoolDir=$PWD/spool/%n
StateSaveLocation=$PWD/state
SlurmctldLogFile=$PWD/log/ctld
SlurmdLogFile=$PWD/log/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
MpiDefault=none
SlurmctldPort=$base
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 1)) CPUs=1 RealMemory=500
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 2)) CPUs=1 RealMemory=500
PartitionName=p Nodes=n1,n2 Default=YES State=UP
END
export SLURM_CONF=$PWD/slurm.conf
slurmctld -D >log/ctld.out 2>&1 &
pids+=($!)
for n in 1 2; do
	mkdir spool/n$n
	slurmd -D -N n$n >log/n$n.out 2>&1 &
	pids+=($!)
done
up() { [ "$(sinfo -h -o '%t %D' 2>/dev/null)" = 'idle 2' ]; }
if ! until_ok up; then
	sed 's/^/# /' log/ctld.out log/n?.out | tail -n 40
	skip 'machines of Slurm' 'its daemons do not start here'
	finish
fi

small_files t 300
large_files big 60
"$phash" t >WANT
"$phash" big big big t >THRICE
on() { # OPTION...
	salloc -Q -N2 "$phash" --on=slurm --remote-path="$far" "$@"
}
try 'two nodes' 0 on -v t
same 'the same output' "$work/out" WANT
ok 'both of them' test "$(grep -cE '^phash: n[12]: [0-9]+ files' \
	"$work/err")" = 2
try 'a list is checked' 0 on -c --quiet WANT
try 'a tree is audited' 0 on --audit=WANT --quiet t
try 'with --debug' 0 on --debug t
# A node that comes late, when the other has done it all, says nothing.
grep -oE '^phash: n[12]: [0-9]+ workers?,' "$work/err" |
	sed 's/n[12]/N/' | sort -u >"$work/got"
ok 'each has the CPUs that were allocated' test "$(cat "$work/got")" = \
	'phash: N: 1 worker,'
cat >job <<END
#!/bin/sh
#SBATCH -N2 -Q
exec "$phash" --on=slurm --remote-path="$far" -o $PWD/OUT t
END
ok 'a batch job' sbatch -Q --wait -o "$PWD/job.out" job
same 'writes the same' OUT WANT

# A task is killed in the middle: the other node does its work.
for when in 0.1 0.3; do
	{
		until_ok pgrep -f "^$far --serve" >pids
		sleep $when
		pkill -9 -o -f "^$far --serve" && touch shot
	} &
	try "a task is killed after $when s" 0 on big big big t
	wait %%
	ok 'there was one' rm shot
	same 'nothing is lost' "$work/out" THRICE
	ok 'its node is named' grep -q '^phash: n[12]: ' "$work/err"
done
finish
