#!/usr/bin/env bash
# The deaths of tests/unit/ppool_death.c on a system without pidfds: what the
# pool learns from its sockets and from waitpid has to do.
. "${0%/*}/lib.sh" || exit 1

build=${BUILD:-$top/build}

"$build/tests/unit/ppool_death" no-pidfd >"$work/out" 2>&1
status=$?
if [ $status = 77 ]; then
	skip 'every death is survived without pidfds' 'no filter of system calls'
else
	ok 'every death is survived without pidfds' test $status = 0
	[ $status = 0 ] || sed 's/^/# /' "$work/out"
fi

finish
