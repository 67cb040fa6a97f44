# sshd.sh - an sshd of the bench's own on the loopback, for phash-bench.sh and
# hosts-sim.sh:
#
#     loopback_sshd DIR    starts it, with everything in DIR; sets sshd_port and
#                          ssh_config; false where there is none. It ends with
#                          the shell.
# shellcheck shell=bash

loopback_sshd() {
	local own=$1 sshd i
	sshd=$(PATH=$PATH:/usr/sbin command -v sshd) || return
	command -v ssh >/dev/null || return
	rm -rf "$own"
	mkdir -p "$own" && chmod 700 "$own"
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$own/key"
	ssh-keygen -q -t ed25519 -N '' -f "$own/host"
	sshd_port=$((20000 + $$ % 20000))
	cat >"$own/sshd" <<-END
	ListenAddress 127.0.0.1
	Port $sshd_port
	HostKey $own/host
	AuthorizedKeysFile $own/key.pub
	PidFile none
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	MaxStartups 100
	SetEnv HOME=$own
	END
	cat >"$own/config" <<-END
	Host *
	Port $sshd_port
	IdentityFile $own/key
	StrictHostKeyChecking no
	UserKnownHostsFile $own/known
	LogLevel ERROR
	BatchMode yes
	END
	ssh_config=$own/config
	"$sshd" -D -e -f "$own/sshd" 2>"$own/log" &
	sshd_pid=$!
	trap 'kill $sshd_pid 2>/dev/null' EXIT
	for ((i = 0; i < 100; i++)); do
		ssh -F "$ssh_config" 127.0.0.1 true 2>/dev/null && return
		sleep 0.1
	done
	return 1
}
