#!/usr/bin/env bash
# The deaths of tests/unit/ppool_death.c on a system without pidfds: what the
# pool learns from its sockets and from waitpid has to do.
. "${0%/*}/lib.sh" || exit 1

build=${BUILD:-$top/build}

# LeakSanitizer cannot work under ptrace.
export ASAN_OPTIONS=detect_leaks=0

no_pidfd=(strace -f -qq --seccomp-bpf -o /dev/null -e trace=pidfd_open
	-e inject=pidfd_open:error=ENOSYS)

if "${no_pidfd[@]}" true 2>/dev/null; then
	try 'every death is survived without pidfds' 0 \
		"${no_pidfd[@]}" "$build/tests/unit/ppool_death"
else
	skip 'every death is survived without pidfds' 'strace cannot inject'
fi

finish
