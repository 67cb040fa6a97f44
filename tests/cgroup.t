#!/usr/bin/env bash
# A cgroup with little memory: the kernel reclaims what was read, and when that is
# not enough ends a process of it, the parent or a worker.

. "${0%/*}/lib.sh" || exit 1

# Where its memory can be limited: a directory to make one in, and the names of the
# files that say how much it has, and who is in it.
for place in /sys/fs/cgroup/memory:memory.limit_in_bytes \
	/sys/fs/cgroup:memory.max; do
	IFS=: read -r above limit <<<"$place"
	group=$above/phash-test.$$
	mkdir "$group" 2>/dev/null || continue
	[ ! -e "$group/$limit" ] || break
	rmdir "$group"
	group=
done
if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null; then
	[ ! -d "$group" ] || rmdir "$group"
	skip 'little memory' 'sanitizers need much'
	finish
	exit
fi
if [ ! -d "$group" ]; then
	skip 'little memory' 'no cgroup can be made, or none with a limit of memory'
	finish
	exit
fi
trap 'rmdir "$group"; cd /; rm -rf "$work"' EXIT

# On a disk, so that what is read can be dropped; more than fits.
mkdir t
for ((i = 0; i < 200; i++)); do
	head -c 3000 /dev/zero | tr '\0' "\\$(printf %o $((i % 64 + 48)))" >"t/$i"
done
for ((i = 0; i < 8; i++)); do
	head -c 12000000 /dev/zero | tr '\0' "\\$(printf %o $((i + 65)))" \
		>"t/big$i"
done
"$phash" t >"$work/want"
sed -n 's/^SHA512 (\(.*\)) = .*/\1/p' "$work/want" >"$work/names"

# limited BYTES OPTION...: in $status what comes of phash there.
limited() {
	local bytes=$1
	shift
	echo "$bytes" >"$group/$limit"
	{ # where the shell says who was killed
		timeout 120 sh -c 'echo $$ >"$0"; exec "$@"' \
			"$group/cgroup.procs" "$phash" "$@" >"$work/out" \
			2>"$work/err"
		status=$?
	} 2>/dev/null
}
# Who is killed may be in the middle of a line.
nothing_wrong() {
	[ "$status" != 137 ] || [ -z "$(tail -c 1 "$work/out")" ] ||
		sed -i '$d' "$work/out"
	! grep -vxFf "$work/want" "$work/out"
}
# What has no line has a reason, unless the run failed as a whole.
all_told() {
	case $status in
	0) cmp "$work/want" "$work/out" ;;
	1) [ "$(sort <(sed -n 's/^SHA512 (\(.*\)) = .*/\1/p' "$work/out") \
		<(sed -n 's/^phash: \(t[^:]*\): .*/\1/p' "$work/err"))" = \
		"$(sort "$work/names")" ] ;;
	2) grep -q '^phash: ' "$work/err" ;;
	*) [ "$status" = 137 ] ;; # the parent was ended
	esac
}
nobody_left() {
	[ -z "$(cat "$group/cgroup.procs")" ]
}

for bytes in 64M 12M 6M 4M 3500K 3M 2500K 2M; do
	for jobs in 1 4 64; do
		limited $bytes -j $jobs t
		ok "$bytes, -j $jobs: it ends" test $status != 124
		ok 'nothing is wrong' nothing_wrong
		ok 'all is told' all_told
		ok 'nobody is left' until_ok nobody_left
		[ $status != 0 ] || done_in+=" $bytes"
	done
done
ok 'some runs are whole' test -n "${done_in:-}"

# A worker that needs more than there is, and one archive that cannot be read then.
if has_archives && command -v xz >/dev/null; then
	head -c 100000000 /dev/zero >zeros
	tar -cf - zeros t/1 | xz -0 --lzma2=preset=0,dict=48MiB >big.tar.xz
	"$phash" --archive --archive-prefix=always big.tar.xz >"$work/members"
	limited 16M -j 2 --archive --archive-prefix=always big.tar.xz t
	ok 'an archive too big: it ends with status 1' test $status = 1
	ok 'it is named' grep -q '^phash: big.tar.xz: ' "$work/err"
	ok 'all else is read' test -z "$(grep -vxFf "$work/out" "$work/want")"
	ok 'nothing is wrong' test -z "$(grep -vxFf "$work/want" "$work/out" |
		grep -vxFf "$work/members")"
	ok 'nobody is left' until_ok nobody_left
	limited 200M -j 2 --archive --archive-prefix=always big.tar.xz t
	ok 'with enough all is read' test $status = 0
	rm zeros big.tar.xz
fi

# The list that was there, or the new one.
echo old >list
for bytes in 12M 6M 4M 3M 2M; do
	limited $bytes -j 4 -o list t
	ok "$bytes, -o: the file is whole" eval \
		'cmp -s list "$work/want" || echo old | cmp -s - list ||
		{ [ $status = 1 ] && ! grep -vxFf "$work/want" list; }'
	# who is killed leaves what has a name; the next run removes it
	if [ $status = 137 ] && ! nameless; then
		"$phash" -o list t
	fi
	ok 'nothing is left beside it' test -z \
		"$(find . -name '.*phash-tmp')"
	ok 'nobody is left' until_ok nobody_left
	echo old >list
done

finish
