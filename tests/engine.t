#!/usr/bin/env bash
# --engine: a kernel by its name, for what it is for and where it is to be had.
# (What each computes: tests/vectors.t, tests/lengths.t.)

. "${0%/*}/lib.sh" || exit 1

for n in 1 2 3 4 5 6 7 8 9; do
	head -c $((n * 1000)) /dev/zero >f$n
done
sha512sum --tag f* >"$work/sha512"
sha256sum --tag f* >"$work/sha256"

has() {
	engines | grep -qx "$1"
}

for engine in libcrypto avx2x4 avx512x4 avx512x8; do
	if ! has $engine; then
		try "$engine is refused" 2 "$phash" --engine=$engine f1
		err 'in one line' <<END
phash: engine $engine: not on this processor
END
		out 'and nothing is printed' </dev/null
		continue
	fi
	try "$engine" 0 "$phash" --engine=$engine --debug -j 1 f*
	same 'the digests of sha512sum' "$work/sha512" "$work/out"
	said 'and no other engine' <<END
phash: 1 worker, engine $engine
END
	try "$engine and another algorithm" 0 "$phash" --engine=$engine \
		--debug -j 1 -a sha256 f*
	same 'the digests of sha256sum' "$work/sha256" "$work/out"
	said 'are computed by libcrypto' <<'END'
phash: 1 worker, engine libcrypto
END
	cat "$work/sha512" "$work/sha256" >list
	try "$engine, a check of both" 0 "$phash" --engine=$engine --quiet -c \
		list
	out 'is well' </dev/null
done
try 'the last one counts' 0 "$phash" --engine=lanes --engine=libcrypto \
	--debug f1
said 'so that it can be overruled' <<'END'
phash: 1 worker, engine libcrypto
END

# A libcrypto that disagrees: it compresses nothing. (EVP stands on the same
# function, so that no digest is right then.)
if grep -q -e -fsanitize "${phash%/*}/flags" 2>/dev/null || ! has avx2x4; then
	skip 'a kernel that errs' 'sanitizers want to be first, or no AVX2'
	finish
fi
cat >wrong.c <<'END'
int SHA512_Update(void *c, const void *p, unsigned long n);

int
SHA512_Update(void *c, const void *p, unsigned long n)
{
	return c && p && n;
}
END
# shellcheck disable=SC2086 # CC may be words
ok 'a wrong libcrypto is made' ${CC:-cc} -shared -fPIC -o "$work/wrong.so" \
	wrong.c
try 'a kernel that errs is refused' 2 \
	env LD_PRELOAD="$work/wrong.so" "$phash" --engine=avx2x4 f1
err 'in one line' <<'END'
phash: engine avx2x4: does not agree with libcrypto
END
out 'and nothing is printed' </dev/null
try 'where it was not asked for, it is not used' 0 \
	env LD_PRELOAD="$work/wrong.so" "$phash" --engine=lanes --debug -j 1 f*
said 'but libcrypto' <<'END'
phash: 1 worker, engine libcrypto
END

finish
