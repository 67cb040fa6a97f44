#!/usr/bin/env bash
# A file system that lies about its files, fails, does not answer or dies: the
# digest is that of the bytes that read(2) gave, or the file is named. What it
# says is in the table of tests/lying-fs.c; it is mounted as root, where nobody
# else sees it.

. "${0%/*}/lib.sh" || exit 1
own_mounts

lying_fs=${BUILD:-$top/build}/tests/lying-fs

fs='' # the process that serves the file system at m
mkdir m
perl -e 'print pack("N*", map { $_ * 2654435761 % 4294967296 } 1 .. 125000)' \
	>content
begin() { # [direct]
	"$lying_fs" m content "$@" &
	fs=$!
	until mountpoint -q m; do
		kill -0 "$fs" 2>/dev/null || return
		sleep 0.01
	done
}
end() {
	kill "$fs" 2>/dev/null
	wait "$fs" 2>/dev/null
	umount -l m
}
if [ -z "$obstacle" ]; then
	trap 'kill "$fs" 2>/dev/null; unmount_all' EXIT
	if [ ! -r /dev/fuse ]; then
		obstacle='no /dev/fuse'
	elif [ ! -x "$lying_fs" ]; then
		obstacle='no lying-fs: make test-programs'
	elif ! begin 2>"$work/why"; then
		obstacle=$(cat "$work/why")
	fi
fi
if [ "$obstacle" ]; then
	skip 'a file system that lies' "$obstacle"
	finish
fi
end

line() { # NAME BYTES
	local digest
	digest=$(head -c "$2" content | sha512sum)
	echo "SHA512 (m/$1) = ${digest%% *}"
}
in_time() {
	timeout 100 "$phash" "$@"
}
# What is said and what is printed of NAME, which has a digest of so many bytes
# or else that reason for none; another file has its line in either case.
has() { # MODE NAME BYTES|REASON
	local status=1
	: >"$work/line"
	case $3 in
	[0-9]*)
		status=0
		line "$2" "$3" >"$work/line"
		;;
	*) echo "phash: m/$2: $3" >"$work/said" ;;
	esac
	try "$1: $2" $status in_time m/"$2" m/plain
	out 'has its digest, or none' < <({
		cat "$work/line"
		line plain 3000
	} | sort)
	if [ $status = 0 ]; then
		err 'and no message' </dev/null
	else
		err 'and that message' <"$work/said"
	fi
}

# NAME, and what it has through the page cache, and without it; "-": not tried.
# The cache holds no more than the size says. What it makes of a short answer is
# up to the kernel: there sha512sum(1) says what is read, below.
EIO='Input/output error'
AGAIN='Resource temporarily unavailable'
CHANGED='file changed as we read it'
# Without extensions of Linux the size is believed if the first answer ends there.
first_small=3000
if is_portable; then
	first_small=-
fi
cat >cases <<END
honest|500000|500000
small|5000|500000
large|500000|500000
empty|0|500000
longest|10000|10000
bytes|-|3000
bytes-empty|0|3000
bytes-large|-|3000
bytes-small|-|3000
first-small|-|$first_small
sevens|-|3000
sevens-small|-|3000
most|-|500000
eio-first|$EIO|$EIO
eio-middle|$EIO|$EIO
eio-last|$EIO|$EIO
eio-at-end|-|$EIO
eio-open|$EIO|$EIO
eio-stat|$EIO|$EIO
eio-stat-2|$EIO|$EIO
estale|Stale file handle|Stale file handle
eintr-3|500000|500000
eagain-3|500000|500000
eagain|$AGAIN|$AGAIN
renumbered|500000|500000
moves-once|500000|500000
moves|$CHANGED|$CHANGED
grows-once|500000|500000
grows|$CHANGED|$CHANGED
END

names=()
for name in honest large longest longest2 longest3 bytes bytes-empty \
	bytes-large empty most sevens sevens-small; do
	names+=("m/$name")
done
# Each name is found as it is, under whatever type, and once.
types() {
	local name
	for name in a-unknown b-directory c-fifo d-twice f; do
		line types/$name 500000
	done
}

for mode in '' direct; do
	begin $mode
	what=${mode:-cached}
	while IFS='|' read -r name cached direct; do
		[ "$mode" ] && has=$direct || has=$cached
		[ "$has" = - ] || has "$what" "$name" "$has"
	done <cases

	# The size is no more than a hint.
	sha512sum --tag "${names[@]}" | sort >"$work/lines"
	for engine in $(engines); do
		try "$what: --engine=$engine" 0 in_time --engine="$engine" \
			--progress=always "${names[@]}"
		same 'the digests of sha512sum' "$work/lines" "$work/out"
	done
	try "$what: --settle" 1 in_time --settle m/moves m/moves-once m/large
	out 'the digests are the same' <<-END
	$(line large 500000)
	$(line moves-once 500000)
	END
	err 'and so are messages' <<-END
	phash: m/moves: $CHANGED
	END

	try "$what: types of readdir(3)" 1 in_time m/types
	out 'each file once' < <(types)
	err 'what is not there is named' <<-END
	phash: m/types/e-ghost: No such file or directory
	END
	types >"$work/list"
	try "$what: an audit" 1 in_time --audit="$work/list" --quiet m/types
	out 'has the same' <<-END
	UNREADABLE m/types/e-ghost
	END
	try "$what: --sandbox" 1 in_time --sandbox m/types
	out 'has the same' < <(types)
	try "$what: a directory that fails in the middle" 1 in_time m/half
	out 'has what it named' <<-END
	$(line half/a 500000)
	$(line half/b 500000)
	END
	err 'and is named' <<-END
	phash: m/half: $EIO
	END
	end
done

# No answer. A read that has been sent to such a file system waits for it, even
# when its process is killed: phash ends before that one does.
begin direct
try 'no answer to open and read' 1 in_time -j 3 --chunk=1 --timeout=3 \
	m/hangs m/hangs-open m/honest
out 'another file is read' <<END
$(line honest 500000)
END
err 'these are given up' <<'END'
phash: m/hangs: no progress for 3 seconds
phash: m/hangs-open: no progress for 3 seconds
END
try 'no answer until the reader is killed' 1 in_time -j 2 --chunk=1 \
	--timeout=3 m/yields m/eintr m/honest
out 'another file is read' <<END
$(line honest 500000)
END
err 'these are given up' <<'END'
phash: m/eintr: no progress for 3 seconds
phash: m/yields: no progress for 3 seconds
END

# A worker of this process waits for the file system: it has been in the same
# system call, read(2) or its like (their numbers are those of x86-64), at two looks.
waits() {
	local worker before
	[ "$(uname -m)" = x86_64 ] || { sleep 1; return; }
	for worker in $(pgrep -P "$1"); do
		before=$(grep -E '^(0|17|19|295|327) ' "/proc/$worker/syscall") ||
			continue
		sleep 0.1
		[ "$(cat "/proc/$worker/syscall")" = "$before" ] && return
	done
	return 1
}
dies_of() { # PID SIGNAL
	wait "$1"
	[ $? = $((128 + $(kill -l "$2"))) ]
}
workers=()
for signal in INT TERM; do
	env --default-signal=INT,TERM "$phash" -o list m/honest m/hangs \
		>"$work/out" 2>"$work/err" &
	pid=$!
	until_ok waits $pid || echo '# no worker waits'
	mapfile -t -O ${#workers[@]} workers < <(pgrep -P $pid)
	kill -s $signal $pid
	ok "SIG$signal while a read waits: dies of it" dies_of $pid $signal
	ok 'no list is there' test ! -e list
	err 'and no message' </dev/null
done
end
ok 'workers end with the file system' until_ok gone "${workers[@]}"

# The file system dies. What is said depends on who asks when.
lost='(Transport endpoint is not connected|Software caused connection abort)'
told() { # NAME: it has its digest, or a reason why not
	line "$1" 500000 | grep -qxFf - "$work/out" ||
		grep -qxE "phash: m/$1: $lost" "$work/err"
}
no_other_digest() {
	! grep -vE " = $(sha512sum content | cut -c 1-128)\$" "$work/out"
}
for mode in '' direct; do
	what=${mode:-cached}
	begin $mode
	try "$what: it dies of a read" 1 in_time -j 1 m/dies m/honest m/most
	ok 'that file is named' grep -qxE "phash: m/dies: $lost" "$work/err"
	ok 'and one after it' told honest
	ok 'and another' told most
	ok 'and no digest is wrong' no_other_digest
	ok 'and each once' test "$(cat "$work/out" "$work/err" | wc -l)" = 3
	end
	begin $mode
	try "$what: it dies in the middle of a directory" 1 in_time -j 1 m/lost \
		m/half
	ok 'the directory is named' grep -qxE "phash: m/lost: $lost" \
		"$work/err"
	ok 'and what was found in it' told lost/a
	ok 'all of it' told lost/b
	ok 'and the next operand' grep -qxE "phash: m/half: $lost" "$work/err"
	ok 'and no digest is wrong' no_other_digest
	end
done

finish
