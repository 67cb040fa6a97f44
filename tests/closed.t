#!/usr/bin/env bash
# Standard descriptors that are closed, where there is no /dev/null either.

. "${0%/*}/lib.sh"

if ! strace -o /dev/null true 2>/dev/null; then
	skip 'no /dev/null' 'no strace'
	finish
fi
export ASAN_OPTIONS=detect_leaks=0 # no leak check under ptrace

# try_bare DESC STATUS REDIRECTION... -- CMD...: runs CMD with these, and
# without /dev/null.
try_bare() {
	local desc=$1 status=$2 redirect=
	shift 2
	while [ "$1" != -- ]; do
		redirect+=" $1"
		shift
	done
	shift
	try "$desc" "$status" strace -o "$work/log" -P /dev/null \
		-e trace=openat -e inject=openat:error=ENOENT \
		bash -c "exec \"\$@\"$redirect" - "$@"
}

mkdir t
echo a >t/a
sha512sum --tag t/a >"$work/lines"
try_bare 'stdin' 0 '<&-' -- "$phash" t
same 'is not missed' "$work/lines" "$work/out"
try_bare 'stdin, to be read' 1 '<&-' -- "$phash" - t
err 'is said' <<'END'
phash: -: Bad file descriptor
END
same 'and the rest goes on' "$work/lines" "$work/out"
try_bare 'stdout' 2 '>&-' -- "$phash" t
err 'is said' <<'END'
phash: write error: Bad file descriptor
END
try_bare 'stderr' 1 '2>&-' -- "$phash" t none
same 'is not missed' "$work/lines" "$work/out"
try_bare 'all of them' 0 '<&-' '>&-' '2>&-' -- "$phash" -o list t
same 'and no file takes their places' "$work/lines" list

# It commits stdout before it opens the list.
echo b >t/b
sha512sum --tag t/a t/b >"$work/lines"
try_bare '--update' 1 -- "$phash" --audit=list --update --quiet t
same 'writes the list' "$work/lines" list
out 'and says why' <<'END'
NEW t/b
END

finish
