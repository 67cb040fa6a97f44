#!/usr/bin/env bash
# A short part of `make fault-check`: what makes workers, locks them in and ends
# them fails, and what puts the output in its place.

. "${0%/*}/lib.sh" || exit 1

if ! strace -f -o /dev/null true 2>/dev/null; then
	skip 'system calls that fail' 'no strace'
	finish
fi
if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null; then
	skip 'system calls that fail' 'sanitizers make many of their own'
	finish
fi
# a run that waits for ever is named before this test has had its time
try 'system calls fail' 0 env FAULT_LIMIT=60 "$top/tests/fault-check" "$phash" 1 \
	clone clone3 socketpair epoll_ctl prctl seccomp landlock_restrict_self \
	renameat
ok 'and each failed that there is' grep -qE '^([0-9]+) runs .* \1 faults met' \
	"$work/out"
finish
