#!/usr/bin/env bash
# What workers have open: nothing whose end somebody waits for.

. "${0%/*}/lib.sh" || exit 1
look_inside

echo a >a
mkfifo fifo
printf '%s\n' a fifo >list
a=$(sha512sum --tag a)
abc=$(printf abc | sha512sum --tag | sed 's/(-)/(fifo)/')
printf '%s\n' "$a" "$abc" >sums

# What a process has at its descriptors, by name or kind.
descriptors() {
	local fd name
	for fd in "/proc/$1/fd/"*; do
		name=$(readlink "$fd")
		name=${name%%:*}
		[ "${name#"$PWD"}" = "$name" ] || name=.${name#"$PWD"}
		case ${fd##*/} in
		[0-2]) name="${fd##*/} $name" ;;
		esac
		echo "$name"
	done | sort
}

# Becomes a command that has nothing but 0 to 2 and a file at 7.
bare() {
	local fd
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || exec {fd}>&-
	done
	exec "$@" 7<a </dev/null 2>"$work/errors"
}

# Runs phash, with stdout a pipe, and prints what its worker has open as soon as
# that has opened the FIFO.
mkfifo "$work/stdout"
worker_has() {
	local pid
	cat "$work/stdout" >"$work/sink" &
	bare "$phash" -j 1 "$@" >"$work/stdout" &
	pid=$!
	exec 3>fifo
	descriptors "$(pgrep -P "$pid")"
	printf abc >&3
	exec 3>&-
	wait "$pid"
}
has_only() {
	out "$1 has no output, no temporary and no list" <<'END'
.
./a
./fifo
0 /dev/null
1 /dev/null
2 /dev/null
socket
END
}

try 'names from a list, to a file' 0 worker_has -o "$work/o" \
	--files-from=list
has_only 'its worker'
ok 'the file is whole' cmp "$work/o" sums
try 'to a pipe' 0 worker_has --files-from=list
has_only 'its worker'
try 'a check' 0 worker_has -c sums
has_only 'its worker'
try 'an audit that writes a list' 1 worker_has --update --audit=list a fifo
has_only 'its worker'

# What phash was started with stays: a name may lead through it.
a_of() {
	echo "${a/(a)/($1)}"
}
try '/dev/fd/5' 0 "$phash" /dev/fd/5 5<a
out 'is read' < <(a_of /dev/fd/5)
try 'a file below /dev/fd/5' 0 "$phash" /dev/fd/5/a 5<.
out 'is read' < <(a_of /dev/fd/5/a)
substituted() {
	"$phash" --untagged <(cat a) | cut -d' ' -f1
}
try '<(command)' 0 substituted
out 'is read' < <(sha512sum a | cut -d' ' -f1)
piped() {
	# shellcheck disable=SC2002 # a pipe is meant
	cat a | "$phash" -
}
try 'standard input' 0 piped
out 'is read' < <(a_of -)
try 'more than are usual' 0 "$phash" /dev/fd/123 /dev/fd/5 5<a 123<a
out 'are read' < <(a_of /dev/fd/123; a_of /dev/fd/5)

finish
