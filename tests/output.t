#!/usr/bin/env bash
# Where the output goes: -o, stdout inside the tree, and lost output.

. "${0%/*}/lib.sh"

mkdir t
for name in a b c; do
	echo $name >t/$name
done
lines() {
	sha512sum --tag -- "$@" >"$work/lines"
}
# Nothing but the files named is in the directory.
only() {
	local dir=$1
	shift
	[ "$(find "$dir" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)" = \
		"$(printf '%s\n' "$@" | sort)" ]
}
have_strace() {
	strace -o /dev/null true 2>/dev/null
}

lines t/a t/b t/c
try '-o' 0 "$phash" -o list t
out 'leaves stdout alone' </dev/null
same 'and fills the file' "$work/lines" list
ok 'and leaves nothing else' only . t list
try '--output in another directory' 0 "$phash" --output="$PWD/t/../second" t
same 'fills the file' "$work/lines" second
rm second
try 'over an old one' 0 "$phash" -o list t
same 'takes its place' "$work/lines" list
chmod 600 list
try 'over a private one' 0 "$phash" -o list t
ok 'keeps its mode' test "$(stat -c %a list)" = 600
chmod 4755 list
try 'over a set-id one' 0 "$phash" -o list t
ok 'is not set-id' test "$(stat -c %a list)" = 755
(umask 027 && "$phash" -o new t)
ok 'a new one is under the umask' test "$(stat -c %a new)" = 640
ln -s list link
echo old >list
try 'over a link' 0 "$phash" -o link t
ok 'keeps the link' test -L link
same 'and fills its file' "$work/lines" list
rm new link
mkdir sub
ln -s sub/first link
ln -s ../second sub/first
try 'over links to nothing' 0 "$phash" -o link t
ok 'keeps them all' test -L link -a -L sub/first
same 'and makes the file' "$work/lines" second
ln -s circle circle
try 'over a link to itself' 2 "$phash" -o circle t
err 'is said' <<'END'
phash: circle: Too many levels of symbolic links
END
rm -r link second sub circle
if [ "$(id -u)" = 0 ]; then
	cp "$phash" "$work/phash"
	mkdir -m 777 theirs
	touch theirs/list
	chown 65534:65533 theirs/list
	chmod 4755 theirs/list
	try "over somebody else's, as root" 0 "$phash" -o theirs/list t
	ok 'keeps owner and group, and is not set-id' test \
		"$(stat -c %u:%g:%a theirs/list)" = 65534:65533:755
	chown 0:0 theirs/list
	chmod 664 theirs/list
	try 'where the owner cannot be kept' 0 \
		as_user "$work/phash" -o theirs/list t
	ok 'nobody may do more than before' test \
		"$(stat -c %u:%a theirs/list)" = 65534:644
	chown 0:65534 theirs/list
	chmod 640 theirs/list
	try 'where only the group can' 0 \
		as_user "$work/phash" -o theirs/list t
	ok 'it has what it had' test \
		"$(stat -c %u:%g:%a theirs/list)" = 65534:65534:640
	rm -r theirs
else
	skip "over somebody else's" 'not root'
fi
try '-C does not move -o' 0 "$phash" -C t -o list .
(cd t && lines ./a ./b ./c)
same 'it is where we started' "$work/lines" list
try '-o -' 0 "$phash" -C t -o - .
same 'is standard output' "$work/lines" "$work/out"
ok 'and no file' test ! -e - -a ! -e t/-
try 'a device' 0 "$phash" -o /dev/stdout t/a
lines t/a
same 'is written to' "$work/lines" "$work/out"
# what the link of /proc tells, "gone (deleted)", is no name
if [ -e /dev/fd ]; then
	exec 5<>gone
	rm gone
	try 'an open file that has no name' 0 "$phash" -o /dev/fd/5 t/a
	cat /dev/fd/5 >"$work/read"
	same 'is written to' "$work/lines" "$work/read"
	ok 'and no other is made' test -z "$(find . -name 'gone*')"
	exec 5>&-
else
	skip 'an open file that has no name' 'no /dev/fd'
fi
try '-o with a bad operand' 1 "$phash" -o list t/a t/x t/b
lines t/a t/b
same 'has the rest' "$work/lines" list
long=$(printf %0255d 0)
try 'a name of 255 bytes' 0 "$phash" -o "$long" t/a t/b
same 'is no problem' "$work/lines" "$long"
rm "$long"

# The output is not in the list: neither an old one nor the new one.
lines t/a t/b t/c
echo old >t/list
try '-o inside the tree' 0 "$phash" -o t/list t
same 'is not hashed itself' "$work/lines" t/list
try '-o inside the tree, unsorted' 0 "$phash" --sort=none -j 1 -o t/list t
sort -o t/list t/list
same 'is not hashed itself' "$work/lines" t/list
ok 'and leaves nothing else' only t a b c list
mkdir s
ln -s ../t s/up
ln -s t/list link
for path in ./t/list s/../t/list s/up/list link "$PWD/t/list"; do
	try "-o $path" 0 "$phash" -o "$path" t
	same 'is not hashed itself' "$work/lines" t/list
done
rm -r s link

# ...but what has another name is.
mkdir t/list.d
echo old >t/list
ln t/list t/hard
echo other >t/list.d/list
lines t/a t/b t/c t/hard t/list.d/list
try 'a hard link to the old one' 0 "$phash" -o t/list t
same 'and a file of the same name are hashed' "$work/lines" t/list
rm -r t/hard t/list t/list.d

lines t/a t/b t/c
"$phash" t >t/list
same 'stdout inside the tree is not hashed' "$work/lines" t/list
ln t/list t/hard
"$phash" t >t/list 2>"$work/err"
ok 'another name of it is a failure' test $? = 1
same 'which loses nothing else' "$work/lines" t/list
err 'and it is said' <<'END'
phash: t/hard: a hard link to the output
END
rm t/hard t/list
"$phash" t >t/list
"$phash" --sort=none -j 1 -v t 2>"$work/err" >>t/list
ok 'nor when it is appended to' test "$(wc -l <t/list)" = 6
err 'and it is counted' <<'END'
phash: 3 files hashed, 0 names without a digest; in 1 directories, skipped 0 symbolic links, 0 special files, 1 output files
END
rm t/list

# An output that cannot be.
try '-o in no directory' 2 "$phash" -o none/list t
err 'is said' <<'END'
phash: none/list: No such file or directory
END
try '-o that is a directory' 2 "$phash" -o t t
err 'is said' <<'END'
phash: t: Is a directory
END
try '-o with a slash' 2 "$phash" -o none/ t
ok 'is said' grep -q '^phash: none/: ' "$work/err"
cp "$phash" "$work/phash"
mkdir -m 555 readonly
try '-o where we may not write' 2 as_user "$work/phash" -o readonly/list t
err 'is said' <<'END'
phash: readonly/list: Permission denied
END
rmdir readonly

# Lost output.
for options in '' --untagged --json --sort=none --tree-digest -v; do
	# shellcheck disable=SC2086 # words are meant
	try "a full disk ($options)" 2 bash -c '"$@" >/dev/full' - \
		"$phash" $options t
	ok 'is said' grep -qx 'phash: write error: No space left on device' \
		"$work/err"
	# shellcheck disable=SC2086
	try "a closed stdout ($options)" 2 bash -c '"$@" >&-' - \
		"$phash" $options t
	ok 'is said' grep -qx 'phash: write error: Bad file descriptor' \
		"$work/err"
done
try '-o /dev/full' 2 "$phash" -o /dev/full t
err 'is said' <<'END'
phash: write error: No space left on device
END
for option in --help --version; do
	try "$option to a full disk" 2 bash -c '"$@" >/dev/full' - \
		"$phash" $option
	err 'is said' <<'END'
phash: write error: No space left on device
END
	try "$option to a closed stdout" 2 bash -c '"$@" >&-' - \
		"$phash" $option
	err 'is said' <<'END'
phash: write error: Bad file descriptor
END
done
try 'no output to lose' 0 bash -c '"$@" >&-' - "$phash" -o list t
try 'a closed stderr' 1 bash -c '"$@" 2>&-' - "$phash" t none
lines t/a t/b t/c
same 'does not matter' "$work/lines" "$work/out"
try 'a full stderr' 1 bash -c '"$@" 2>/dev/full' - "$phash" t none
same 'does not matter' "$work/lines" "$work/out"

# Which calls these are depends on the machine; none has them all.
renames='?rename,?renameat,?renameat2'
# The calls that make, name and rename the temporary file, to the file calls.
calls_of=(strace -o calls -e "trace=openat,linkat,$renames")

# A disk that fills up, or fails, at each step of -o: the old file stays.
# broken CALL ERROR MESSAGE [WHEN]
broken() {
	local call=$1 error=$2 message=$3 when=${4:-1+}
	echo old >list
	echo old >"$work/old"
	try "-o: $error in $call" 2 strace -o /dev/null \
		-e trace="$call" -e inject="$call:error=$error:when=$when" \
		"$phash" -o list t
	err 'is said' <<END
phash: write error: $message
END
	same 'the old file stays' "$work/old" list
	ok 'and nothing else' only . t list
	rm list
}
if have_strace; then
	export ASAN_OPTIONS=detect_leaks=0 # no leak check under ptrace
	broken fsync EIO 'Input/output error'
	broken "$renames" EXDEV 'Invalid cross-device link'
	"${calls_of[@]}" "$phash" -o list t
	if grep -q ^linkat calls; then
		rm calls
		# the first one is a trial, on an empty file
		broken linkat ENOSPC 'No space left on device' 2
	else
		skip '-o: ENOSPC in linkat' 'no files without names here'
	fi
	rm -f calls list
	lines t/a t/b t/c
	for error in EPERM ENOENT EXDEV EOPNOTSUPP; do
		try "-o where linkat gives $error" 0 strace -o /dev/null \
			-e trace=linkat -e inject=linkat:error=$error \
			"$phash" -o list t
		same 'is written all the same' "$work/lines" list
		ok 'and nothing else' only . t list
		rm -f list
	done
	out=$(realpath "$work")/out
	try 'interrupted writes' 0 strace -o /dev/null -P "$out" \
		-e trace=write,writev \
		-e inject=write,writev:error=EINTR:when=1..3 "$phash" t
	lines t/a t/b t/c
	same 'are done again' "$work/lines" "$work/out"
	try 'a close that fails' 2 strace -o /dev/null -P "$out" \
		-e trace=close -e inject=close:error=EDQUOT "$phash" t
	err 'is said' <<'END'
phash: write error: Disk quota exceeded
END
	"$phash" t/a >list
	cp list "$work/old"
	try 'a close that fails, and --update' 2 strace -o /dev/null \
		-P "$out" -e trace=close -e inject=close:error=EDQUOT \
		"$phash" --audit=list --update t
	err 'is said' <<'END'
phash: 1 listed: 1 OK, 0 CHANGED, 0 MISSING, 0 MOVED, 0 UNREADABLE; not listed: 2 NEW, 0 UNREADABLE
phash: write error: Disk quota exceeded
END
	same 'the list is as it was' "$work/old" list
	rm list
	unset ASAN_OPTIONS
else
	skip 'a disk that fails' 'no strace'
fi

# Killed, it may leave a temporary file. The next run with the same -o removes
# it, and nothing else: not that of a living writer, which holds a lock on it,
# and no file of the user's whose name is only like it.
left='.list.1-0.phash-tmp .list.4194999-12.phash-tmp'
living=.list.2-0.phash-tmp
others='.list.1-0.phash-tmpx .list.-0.phash-tmp .list.1-.phash-tmp
	.list.x-0.phash-tmp .other.1-0.phash-tmp list.1-0.phash-tmp
	.list.1.phash-tmp .list.phash-tmp .list.1-0.tmp .list.2024-11.tmp'
mkdir .list.3-0.phash-tmp
ln -s t/a .list.4-0.phash-tmp
# shellcheck disable=SC2086 # words are meant
touch $left $living $others
exec 4<$living
flock 4
try 'temporary files were left behind' 0 "$phash" -o list t
# shellcheck disable=SC2086
ok 'those of the dead are gone, and only those' only . t list $living $others \
	.list.3-0.phash-tmp .list.4-0.phash-tmp
exec 4<&-
# shellcheck disable=SC2086
rm -rf $left $living $others .list.3-0.phash-tmp .list.4-0.phash-tmp list

# A signal at every call that makes, names or renames the temporary file.
# signalled CALLS: at each of these calls, which are one call under the names
# that machines have for it; the file calls has them all
signalled() {
	local calls=$1 names number numbers
	names=${calls//\?/}
	mapfile -t numbers < <(grep -E "^(${names//,/|})\(" calls |
		grep -nE 'O_TMPFILE|\.phash-tmp"' | cut -d : -f 1)
	if [ ${#numbers[@]} = 0 ] && [ "$calls" = linkat ]; then
		skip 'SIGTERM in linkat' 'no files without names here'
		return
	fi
	ok "$names: there are such" test ${#numbers[@]} != 0
	for number in "${numbers[@]}"; do
		try "SIGTERM in $names number $number" 143 bash -c '"$@"
			exit $?' - env --default-signal=TERM \
			strace -o /dev/null -e "trace=$calls" \
			-e "inject=$calls:signal=TERM:when=$number" \
			"$phash" -o list t
		ok 'leaves no temporary file' test -z \
			"$(find . -name '.list*')"
		rm -f list
	done
}
if have_strace; then
	export ASAN_OPTIONS=detect_leaks=0
	"${calls_of[@]}" "$phash" -o list t
	ok 'a temporary file is made' grep -qE 'O_TMPFILE|O_EXCL' calls
	rm list
	for call in openat linkat "$renames"; do
		signalled "$call"
	done
	rm calls
	unset ASAN_OPTIONS
else
	skip 'signals at every step' 'no strace'
fi

# A disk that is full: a small one of our own, which nobody else sees.
small_disk() {
	unshare -m bash -c 'mount -t tmpfs -o size=4k none disk &&
		cd disk && { echo old >list || echo old >list; } && "$@"
		status=$?
		ls -A >&2
		cat list >&2
		exit $status' - "$@"
}
mkdir disk many
(cd many && seq -f '%0200g' 600 | xargs touch)
if small_disk true 2>/dev/null; then
	try 'a full disk' 2 small_disk "$phash" -o list ../many
	err 'is said, and the old file stays' <<'END'
phash: write error: No space left on device
list
old
END
else
	skip 'a full disk' 'cannot mount'
fi
rmdir disk
try 'a limit on sizes' 2 bash -c 'trap "" XFSZ
	(ulimit -f 0 && exec "$@") 2>&1 | cat >&2
	exit "${PIPESTATUS[0]}"' - "$phash" -o limited t
err 'is said' <<'END'
phash: write error: File too large
END
ok 'and leaves no file' only . many t

# A reader that has had enough: quiet, and dead of the signal.
for sort in path none; do
	try "a closed pipe, --sort=$sort" 0 bash -c \
		'"$@" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"' - \
		env --default-signal=PIPE "$phash" --sort=$sort many
	out 'SIGPIPE' <<'END'
141
END
	err 'in silence' </dev/null
done
try 'a closed pipe with SIGPIPE ignored' 0 bash -c 'trap "" PIPE
	"$@" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"' - "$phash" many
out 'is lost output' <<'END'
2
END
err 'and said' <<'END'
phash: write error: Broken pipe
END

# No name
echo a >a
"$phash" a >L
for options in a '-q --audit=L --update a'; do
	# shellcheck disable=SC2086
	try "an empty name, $options" 2 "$phash" -o '' $options
	err 'is that of no file' <<'END'
phash: '': No such file or directory
END
done

finish
