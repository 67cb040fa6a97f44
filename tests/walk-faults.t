#!/usr/bin/env bash
# Errors that nftw(3) keeps to itself. Each call of the walk fails in turn, in
# each way: every file must then be printed, or be named on stderr, or lie in a
# directory that is.

unset TEST_WALK # both walk here
. "${0%/*}/lib.sh" || exit 1
export ASAN_OPTIONS=detect_leaks=0 # which cannot be under ptrace

if ! strace -o /dev/null true 2>/dev/null; then
	skip 'faults in the walk' 'strace does not work here'
	finish
fi

mkdir -p d/a d/b/bb d/c
for f in d/1 d/a/f d/a/g d/b/f d/b/bb/f d/b/bb/g d/c/f d/z; do
	echo "$f" >"$f"
done
"$phash" d >"$work/whole"
entries=$(find d -type f | wc -l)
dirs=()
for dir in d d/a d/b d/b/bb d/c; do
	dirs+=(-P "$PWD/$dir" -P "$dir")
done

# Is the file, or a directory above it, named on stderr?
named() {
	local path=$1
	until grep -q "^phash: $path: " "$work/err"; do
		[ "$path" != "${path%/*}" ] || return 1
		path=${path%/*}
	done
}

# Is all that was printed right, and nothing left out in silence?
accounted_for() {
	local file
	grep -vxFf "$work/whole" "$work/out" && return 1
	while read -r file; do
		grep -qF "($file)" "$work/out" || named "$file" || return 1
	done < <(find d -type f)
}

# What looks at an entry has a name of its own on each architecture.
look=\?newfstatat,\?fstatat64,statx
tracer=(strace -qq)

# How many calls of a kind the walk makes.
calls() {
	"${tracer[@]}" -o "$work/calls" -e trace="$1" "${dirs[@]}" "$phash" d \
		>/dev/null
	grep -c '^[0-9 ]*[a-z0-9_]*(' "$work/calls"
}

# Each of these calls in turn fails once, and what it would have told is read
# again.
heals() {
	local n count
	count=$(calls "$1")
	for ((n = 1; n <= count; n++)); do
		"${tracer[@]}" -o /dev/null -e trace="$1" "${dirs[@]}" \
			-e inject="$1:error=$2:when=$n" "$phash" d \
			>"$work/out" 2>"$work/err" </dev/null || break
		cmp "$work/whole" "$work/out" || break
		! grep '^phash' "$work/err" || break
	done
	if [ "$n" -le "$count" ] || [ "$count" = 0 ]; then
		echo "call $n of $count:"
		cat "$work/err" "$work/out"
		return 1
	fi
}

# fails SYSCALL ERROR [+ [OPTION...]]: each of these calls in turn; with + also
# those that follow it, or the walk, which goes on behind what failed, gets
# through.
fails() {
	local n count reported=0
	count=$(calls "$1")
	for ((n = 1; n <= count; n++)); do
		"${tracer[@]}" -o /dev/null -e trace="$1" "${dirs[@]}" \
			-e inject="$1:error=$2:when=$n${3-}" \
			"$phash" "${@:4}" d >"$work/out" 2>"$work/err" </dev/null
		case $? in
		0) [ "$(wc -l <"$work/out")" = "$entries" ] || break ;;
		1) reported=$((reported + 1)) ;;
		*) break ;;
		esac
		if ! accounted_for; then
			break
		fi
	done
	if [ "$n" -le "$count" ] || [ "$reported" = 0 ]; then
		echo "call $n of $count, $reported reported:"
		cat "$work/err" "$work/out"
		return 1
	fi
}

ok 'a directory cannot be read to its end, once' heals getdents64 EIO
ok 'a directory cannot be read to its end' fails getdents64 EIO +
ok 'an entry cannot be looked at: EIO' fails "$look" EIO
ok 'an entry cannot be looked at: EACCES' fails "$look" EACCES
ok 'a directory cannot be opened: EIO' fails openat EIO +
ok 'a directory cannot be opened: EACCES' fails openat EACCES
ok 'a directory vanishes' fails openat ENOENT +
ok 'descriptors run out' fails openat EMFILE +
# What cannot be looked at might be a directory with files that are wanted.
ok 'an include does not hide it' fails "$look" EACCES + '--include=[fgz1]'
ok 'nor what cannot be opened' fails openat EIO + '--include=[fgz1]'

# What could not be come back from is not entered: what lies here, which could
# be read, is not taken for it.
ln -s d link
strace -qq -o "$work/calls" -P . -P "$PWD" -e trace=openat \
	-e inject=openat:error=EIO:when=1..3 "$phash" link \
	>"$work/out" 2>"$work/err" </dev/null
ok 'the current directory cannot be opened' \
	grep -qx 'phash: link: Input/output error' "$work/err"
out 'and nothing is walked in its place' </dev/null

# The same where a worker walks, which fails as the parent does then.
look_inside
always --walk=workers
always --jobs=1
tracer+=(-f)
ok 'a worker cannot read a directory to its end, once' heals getdents64 EIO
ok 'a worker cannot read a directory to its end' fails getdents64 EIO +
ok 'a worker cannot look at an entry: EIO' fails "$look" EIO
ok 'a worker cannot look at an entry: EACCES' fails "$look" EACCES
ok 'a worker cannot open a directory: EIO' fails openat EIO +
ok 'a worker cannot open a directory: EACCES' fails openat EACCES
ok 'a directory vanishes before a worker' fails openat ENOENT +
ok 'a worker has no descriptors' fails openat EMFILE +

finish
