#!/usr/bin/env bash
# A libcrypto that fails in the middle of its work.

. "${0%/*}/lib.sh" || exit 1

if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null; then
	skip 'a libcrypto that fails' 'sanitizers want to be first'
	finish
fi
cat >failing.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void
say_so(void)
{
	if (getenv("SAY"))
		fputs("loaded", stderr);
}

/* Whether this call of the process fails: FAILS says "function first last". */
static int
fails(const char *function, unsigned long *calls)
{
	const char *fault = getenv("FAILS");
	size_t len = strlen(function);
	char *end;

	if (!fault || strncmp(fault, function, len) || fault[len] != ' ')
		return 0;
	++*calls;
	return *calls >= strtoul(fault + len, &end, 10) &&
	    *calls <= strtoul(end, NULL, 10);
}

#define WRAP(function, parameters, arguments) \
	int function parameters; \
	int \
	function parameters \
	{ \
		static unsigned long calls; \
		static int (*real) parameters; \
		if (!real) \
			*(void **)&real = dlsym(RTLD_NEXT, #function); \
		return fails(#function, &calls) ? 0 : real arguments; \
	}

WRAP(EVP_DigestInit_ex2, (void *c, const void *type, const void *params),
    (c, type, params))
WRAP(EVP_DigestUpdate, (void *c, const void *p, size_t n), (c, p, n))
WRAP(EVP_DigestFinal_ex, (void *c, unsigned char *p, unsigned *n), (c, p, n))
END
# shellcheck disable=SC2086 # CC may be words
ok 'a failing libcrypto is made' ${CC:-cc} -shared -fPIC \
	-o "$work/failing.so" failing.c -ldl
said=$(SAY=1 LD_PRELOAD="$work/failing.so" "$phash" --version 2>&1 >/dev/null)
if [ "${said#loaded}" = "$said" ]; then
	skip 'a libcrypto that fails' 'nothing can be loaded before it'
	finish
fi

mkdir t none
for name in a b c d e; do
	echo $name >t/$name
done
sha512sum --tag t/* >"$work/lines"

# failing 'FUNCTION FIRST LAST' OPTION...: phash with a worker that meets that.
failing() {
	local fails=$1
	shift
	timeout 60 env LD_PRELOAD="$work/failing.so" FAILS="$fails" \
		"$phash" --engine=libcrypto -j 1 "$@"
}

# named_or_hashed N: N files are named on stderr, the others have their lines.
named_or_hashed() {
	sed -n 's/^phash: \(.*\): libcrypto failed$/(\1)/p' "$work/err" \
		>"$work/named"
	lines_are "$work/named" "$1" && lines_are "$work/err" "$1" &&
		grep -vF -f "$work/named" "$work/lines" |
		cmp - "$work/out"
}

for function in EVP_DigestInit_ex2 EVP_DigestUpdate EVP_DigestFinal_ex; do
	try "$function" 0 failing "$function 6 9" t
	same 'does nothing more than that' "$work/lines" "$work/out"
	for calls in '1 1' '3 3' '3 9' '5 5'; do
		first=${calls% *} last=${calls#* }
		n=$(((last > 5 ? 5 : last) - first + 1))
		try "$function fails, $calls" 1 failing "$function $calls" t
		ok "$n named, and the rest is done" named_or_hashed $n
	done
	try "$function always fails" 1 failing "$function 1 9" t
	ok 'each file is named' lines_are "$work/err" 5
	out 'and nothing is printed' </dev/null
	try "$function fails in the second reading" 1 \
		failing "$function 6 6" --settle t
	ok 'one named, and the rest is done' named_or_hashed 1

	try "$function fails in a check" 1 \
		failing "$function 3 3" --quiet -c "$work/lines"
	err 'which says so' <<'END'
phash: t/c: libcrypto failed
phash: WARNING: 1 listed file could not be read
END
	out 'of the file, and is well with the rest' <<'END'
t/c: FAILED open or read
END
	try "$function fails in an audit" 1 \
		failing "$function 3 3" --quiet --audit="$work/lines" t
	ok 'which names the file' grep -q '^phash: t/.: libcrypto failed$' \
		"$work/err"
	ok 'and is well with the rest' grep -q '^UNREADABLE t/.$' "$work/out"
	ok 'which is one line' lines_are "$work/out" 1

	try "$function fails in the tree digest" 2 \
		failing "$function 1 1" --tree-digest none
	err 'which is all that is said' <<'END'
phash: libcrypto failed
END
	out 'and nothing is printed' </dev/null
done

# Ten calls: wherever it stands among the five, the ninth of all is one of them.
head -c $((10 * 128 * 1024)) /dev/zero >t/c
try 'a failure in the middle of a file' 1 failing 'EVP_DigestUpdate 9 9' t
err 'names it' <<'END'
phash: t/c: libcrypto failed
END
grep -v t/c "$work/lines" >"$work/but-c"
same 'and the rest is done' "$work/but-c" "$work/out"

finish
