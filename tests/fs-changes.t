#!/usr/bin/env bash
# Files that change while they are read, by calls and through a shared mapping,
# on file systems of the test's own: ext4, tmpfs and overlayfs. They are mounted
# as root, where nobody else sees them.

. "${0%/*}/lib.sh" || exit 1
own_mounts
PATH=$PATH:/usr/sbin:/sbin

shared_map=${BUILD:-$top/build}/tests/shared-map

mkdir disk tmpfs overlay
if [ -z "$obstacle" ]; then
	if ! strace -f -o /dev/null true 2>/dev/null; then
		obstacle='no strace'
	elif [ ! -x "$shared_map" ]; then
		obstacle='no shared-map: make test-programs'
	else
		obstacle=$(mount -t tmpfs tmpfs tmpfs 2>&1)
	fi
fi
if [ "$obstacle" ]; then
	skip 'changes on three file systems' "$obstacle"
	finish
fi
export ASAN_OPTIONS=detect_leaks=0 # no leak check under ptrace

# Without a loop device, whatever file system the test is on. The image is in
# memory, so that no other work of a disk is waited for.
truncate -s 64M tmpfs/image
if mkfs.ext4 -qF -b 4096 tmpfs/image 2>/dev/null &&
	mount -o loop tmpfs/image disk 2>/dev/null; then
	disk=ext4
else
	disk="no loop device: $(stat -f -c %T .)"
fi
mkdir disk/{lower,upper,work,d}
overlay=overlayfs
if ! mount -t overlay overlay overlay -o \
	lowerdir=disk/lower,upperdir=disk/upper,workdir=disk/work 2>/dev/null
then
	skip 'changes on overlayfs' 'it cannot be mounted here'
	overlay=''
fi

# A new file f, of four reads, beside another. On overlayfs f lies in the lower
# layer, and is copied up by the first change, or by "upper".
size=450000
nth=0
fresh() { # WHERE [upper]
	nth=$((nth + 1))
	mkdir -p "$work/d/$1/$nth"
	head -c $size /dev/zero >"$work/d/$1/$nth/f"
	echo still >"$work/d/$1/$nth/still"
	cd "$work/d/$at/$nth" || exit 1
	[ $# = 1 ] || touch f
	sync f
}
digest() {
	sha512sum | cut -c 1-128
}
zeros=$(head -c $size /dev/zero | digest)
still=$(echo still | digest)
has() { # DIGEST
	out 'this digest' <<-END
	SHA512 (f) = $1
	SHA512 (still) = $still
	END
	err 'and no message' </dev/null
}
is_said_to_change() {
	err 'is said to change' <<-'END'
	phash: f: file changed as we read it
	END
	out 'has no line, but the rest has' <<-END
	SHA512 (still) = $still
	END
}
hash() { # WHEN CHANGE OPTION...
	local when=$1 change=$2
	shift 2
	at_reads "$when" "$change" timeout 60 "$phash" -j 1 "$@" f still
}

by_calls() {
	local change
	for change in 'truncate -s -1000 f' 'truncate -s 0 f' 'echo more >>f' \
		'printf X | dd of=f conv=notrunc status=none' 'touch f'; do
		fresh "$under"
		try "$what: once: $change" 0 hash 2 "$change"
		has "$(digest <f)"
		[ "${change% 0 f}" != "$change" ] ||
			ok 'that of a second reading' test "$(bytes_read)" -gt $size
		fresh "$under"
		try "$what: always: $change; echo >>f" 1 hash 1+ \
			"$change; echo >>f"
		is_said_to_change
	done
	# what was opened is read, whoever has its name
	for change in 'echo new >new; mv new f' 'rm -f f' \
		'[ -e old ] || mv f old; mkdir -p f'; do
		fresh "$under"
		try "$what: $change" 0 hash 2 "$change"
		has "$zeros"
	done
}

# through_map BEFORE CHANGE OPTION...: as hash, with f mapped, after the second
# read. The words are those of tests/shared-map.c; those of BEFORE are done before.
through_map() {
	local before=$1 words=$2 pid status
	shift 2
	coproc MAP { exec "$shared_map" f; }
	pid=$MAP_PID
	# shellcheck disable=SC2086 # words are meant
	tell_map $before
	hash 2 "[ -e told ] || tell_map $words; : >told" "$@"
	status=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	return "$status"
}
tell_map() { # WORD...
	local word
	for word; do
		echo "$word" >&"${MAP[1]}"
		read -r word <&"${MAP[0]}"
	done
}
last=$((size - 1))

by_mapping() {
	# the first write to a page moves the time
	fresh "$under" upper
	try "$what: a page is written to for the first time" 0 \
		through_map '' "0 $last"
	has "$(digest <f)"
	ok 'that of a second reading' test "$(bytes_read)" -gt $size
	fresh "$under" upper
	try "$what: and synchronised" 0 through_map '' "0 $last sync"
	has "$(digest <f)"
	ok 'that of a second reading' test "$(bytes_read)" -gt $size

	# Later ones do not: what has been read already and what has not yet make
	# bytes that never stood in the file together (CAVEATS).
	for sync in '' sync; do
		fresh "$under" upper
		try "$what: a page that was written to${sync:+, and $sync}" 0 \
			through_map "1 $last 1" "0 $sync"
		has "$({ printf '\0X'; head -c $((size - 3)) /dev/zero; printf X; } |
			digest)"
		ok 'that of what was read' test "$(bytes_read)" -le $size
		ok 'which is not what it is now' test "$(digest <f)" != \
			"$(sed -n 's/^SHA512 (f) = //p' "$work/out")"
		fresh "$under" upper
		try "$what: and --settle" 1 \
			through_map "1 $last 1" "0 $sync" --settle
		is_said_to_change
	done
	[ "$what" = tmpfs ] || clean_pages
	fresh "$under" upper
	try "$what: what has not been read yet, and --settle" 0 \
		through_map "$last" "$((last - 1))" --settle
	has "$(digest <f)"
}

# Where pages are written back, the next write to one is as the first.
clean_pages() {
	fresh "$under" upper
	try "$what: written to, synchronised, written to" 0 \
		through_map "1 $last 1" "0 sync 0"
	has "$(digest <f)"
	ok 'that of a second reading' test "$(bytes_read)" -gt $size
}

# Of a file that was written just now, the pages are there as far as its blocks
# go, which may be smaller: the disk is not asked for them.
small_blocks() {
	cd "$work/d" || exit 1
	mkdir small
	truncate -s 16M tmpfs/small
	if ! mkfs.ext4 -qF -b 1024 tmpfs/small 2>/dev/null ||
		! mount -o loop tmpfs/small small 2>/dev/null; then
		skip 'blocks smaller than a page' 'no mkfs.ext4 or loop device'
		return
	fi
	mkdir small/f
	for n in 1 1024 1500 4096 5000 200000; do
		head -c $n /dev/zero | tr '\0' x >small/f/$n
		head -c $n /dev/zero | tr '\0' x | sha512sum --tag |
			sed "s,(-),(small/f/$n),"
	done >"$work/lines"
	try 'blocks smaller than a page' 0 strace -f -o "$work/trace" \
		-e trace=fadvise64 "$phash" small/f
	same 'what was written just now' <(sort "$work/lines") "$work/out"
	ok 'is read without the disk' test "$(grep -c fadvise "$work/trace")" = 0
	umount small
}
small_blocks

# A strace that stops at each read stops twice where the one that is not to wait
# for a disk is not to be had: changes are such that may be made twice.
changes_on() { # NAME WHERE [LOWER]
	what=$1 at=$2 under=${3:-$2}
	by_calls
	by_mapping
}
changes_on "$disk" disk/d
changes_on tmpfs tmpfs
[ -z "$overlay" ] || changes_on overlayfs overlay disk/lower

finish
